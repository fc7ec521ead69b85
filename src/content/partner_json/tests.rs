//! Partners as JSON, there and back.

use proptest::prelude::*;

use super::*;
use crate::content::partner_csv;
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{NetworkId, PartnerId, Topic};
use crate::domain::partner::{
    Affiliate, Contact, ContactRole, LinkKind, PartnerLevel, PartnerLink, PartnerStanding, Place, PlaceRole, Profile, Research,
    Seat,
};
use crate::domain::prose::LinkTarget;
use crate::domain::subscriber::{Language, State};
use crate::domain::time::civil;

/// Words with everything in them that separates, quotes or begins a formula.
fn line() -> impl Strategy<Value = String> {
    "[-=+@'\"<>;,a-cÄ\\[\\] ]{0,12}x".prop_map(|text| text.trim().to_owned())
}

fn name() -> impl Strategy<Value = DisplayName> {
    line().prop_map(|text| DisplayName::parse(&text).unwrap())
}

fn target() -> impl Strategy<Value = LinkTarget> {
    "[a-z0-9/?&=;,\"']{0,10}".prop_map(|path| LinkTarget::parse(&format!("https://a.example.org/{path}")).unwrap())
}

fn day() -> impl Strategy<Value = civil::Date> {
    (1_i16..=28).prop_map(|day| civil::date(2000 + day, 3, i8::try_from(day).unwrap()))
}

fn state() -> impl Strategy<Value = State> {
    "[A-Z]{2}".prop_map(|state| State::parse(&state).unwrap())
}

fn profile() -> impl Strategy<Value = Profile> {
    let role = proptest::sample::select(PlaceRole::ALL.to_vec());
    let kind = proptest::sample::select(LinkKind::ALL.to_vec());
    let places =
        proptest::collection::btree_map(state().prop_map(|s| s.as_str().to_owned()), (role, proptest::option::of(day())), 0..4);
    let places = places.prop_map(|places| {
        let place = |(state, (role, since)): (String, _)| Place { state: State::parse(&state).unwrap(), role, since };
        places.into_iter().map(place).collect::<Vec<_>>()
    });
    let affiliate = (name(), proptest::option::of(target()), proptest::option::of(state()));
    let affiliate = affiliate.prop_map(|(name, link, state)| Affiliate { name, link, state });
    let link = (kind, target(), proptest::option::of(line()));
    let link = link.prop_map(|(kind, target, text)| PartnerLink { kind, target, text: text.unwrap_or_default() });
    let research = (name(), target(), proptest::option::of(1900_i16..2100));
    let research = research.prop_map(|(title, link, year)| Research { title, link, year });
    let few = 0..3_usize;
    let lists = (
        proptest::collection::vec(line(), few.clone()),
        proptest::collection::vec(affiliate, few.clone()),
        proptest::collection::vec(link, few.clone()),
        proptest::collection::vec(research, few),
    );
    (places, lists, proptest::option::of(line())).prop_map(|(places, (sectors, affiliates, links, research), blurb)| Profile {
        sectors,
        places,
        affiliates,
        expertise: vec![Topic::parse("school-health").unwrap()],
        blurb: blurb.unwrap_or_default(),
        links,
        research,
    })
}

fn standing() -> impl Strategy<Value = PartnerStanding> {
    (0..5, 0_i64..2_000_000_000, proptest::option::of(line())).prop_map(|(which, second, reason)| {
        let since = Timestamp::from_second(second - second % 43_200).unwrap();
        let reason = reason.unwrap_or_default();
        match which {
            0 => PartnerStanding::Prospect { since },
            // When it was asked in is not told: it is asked again.
            1 => PartnerStanding::Invited { at: since, since },
            2 => PartnerStanding::Active { since },
            3 => PartnerStanding::Resting { since, reason },
            _ => PartnerStanding::Gone { at: since, reason },
        }
    })
}

fn contact() -> impl Strategy<Value = Contact> {
    let language = proptest::sample::select(vec![None, Some("es"), Some("pt-BR")]);
    (proptest::option::of(name()), 0..4_u8, language).prop_map(|(name, roles, language)| Contact {
        name,
        address: EmailAddress::parse("Zoe+desk@Example.org").unwrap(),
        roles: ContactRole::ALL.into_iter().zip([1, 2]).filter(|(_, bit)| roles & bit != 0).map(|(role, _)| role).collect(),
        language: language.map(|language| Language::parse(language).unwrap()),
    })
}

prop_compose! {
    fn partner()(
        name in name(),
        aliases in proptest::collection::vec(name(), 0..3),
        level in proptest::sample::select(PartnerLevel::ALL.to_vec()),
        profile in profile(),
        contact in proptest::option::of(contact()),
        seat in proptest::option::of((day(), any::<bool>())),
        standing in standing(),
    ) -> Partner {
        let bare = Partner::new(PartnerId::parse("example-guild").unwrap(), name, level, standing);
        let networks = vec![NetworkId::parse("rural").unwrap()];
        let steering = seat.map(|(since, ends)| Seat { since, until: ends.then_some(since) });
        Partner { aliases, profile, contacts: contact.into_iter().collect(), networks, steering, ..bare }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back_as_table_and_as_json(partner in partner()) {
        let csv = partner_csv::header() + &partner_csv::write(&partner);
        let read = partner_csv::parse(csv.as_bytes(), Timestamp::UNIX_EPOCH);
        prop_assert_eq!(&read.bad, &[], "{}", csv);
        prop_assert_eq!(&read.rows[0].partner, &partner, "{}", csv);
        let json = serde_json::to_vec(&[PartnerJson::of(&partner)]).unwrap();
        let read = parse(&json, Timestamp::UNIX_EPOCH);
        prop_assert_eq!(&read.bad, &[]);
        prop_assert_eq!(&read.rows[0].partner, &partner);
    }
}

#[test]
fn what_is_wrong_with_a_partner_is_told_by_its_keys() {
    let bad = |text: &str| parse(text.as_bytes(), Timestamp::UNIX_EPOCH).bad.pop().unwrap().reason;
    assert!(bad("nothing").contains("not JSON"));
    assert!(bad("3").contains("an array of partners"));
    assert!(bad(r#"{"id": "a", "name": "A", "level": "local", "contact": []}"#).contains("`contact`"));
    assert!(bad(r#"[{"id": "a", "name": "A", "level": "regional"}]"#).contains("key `level`"));
    let twice = r#"[{"id": "a", "name": "A", "level": "local"}, {"id": "a", "name": "B", "level": "local"}]"#;
    assert!(bad(twice).contains("the same id"));
    let one = parse(br#"{"id": "a", "name": "A", "level": "local"}"#, Timestamp::UNIX_EPOCH);
    assert!(one.rows[0].partner.is_active() && one.bad.is_empty());
}
