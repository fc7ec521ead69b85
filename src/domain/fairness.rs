//! How evenly partners have been featured: by level, sector and state, and whose turn it is. It counts; it judges nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::id::PartnerId;
use super::partner::Partner;
use super::time::civil;

/// A piece that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Featured {
    pub partner: PartnerId,
    pub on: civil::Date,
}

/// A group of partners and how much of the newsletters was theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub group: String,
    /// Active partners in it, and those of them that have been featured.
    pub partners: usize,
    pub featured: usize,
    pub features: usize,
}

/// A partner whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub partner: PartnerId,
    pub name: String,
    /// Whole months since it was last featured; `None`: never.
    pub months_since: Option<i32>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fairness {
    pub by_level: Vec<Share>,
    pub by_sector: Vec<Share>,
    pub by_state: Vec<Share>,
    /// Active partners with nothing in hand: never featured first, then longest ago.
    pub due: Vec<Due>,
}

/// Counts. `in_hand` are the partners with a piece that is on its way.
#[must_use]
pub fn report(partners: &[Partner], featured: &[Featured], in_hand: &BTreeSet<PartnerId>, on: civil::Date) -> Fairness {
    let mut counts: BTreeMap<&PartnerId, (usize, civil::Date)> = BTreeMap::new();
    for piece in featured {
        let count = counts.entry(&piece.partner).or_insert((0, piece.on));
        *count = (count.0 + 1, count.1.max(piece.on));
    }
    let active: Vec<&Partner> = partners.iter().filter(|partner| partner.is_active()).collect();
    let shares = |groups: &dyn Fn(&Partner) -> Vec<String>| {
        let mut shares: BTreeMap<String, Share> = BTreeMap::new();
        for partner in &active {
            let features = counts.get(&partner.id).map_or(0, |count| count.0);
            for group in groups(partner).into_iter().collect::<BTreeSet<_>>() {
                let new = Share { group: group.clone(), partners: 0, featured: 0, features: 0 };
                let share = shares.entry(group).or_insert(new);
                share.partners += 1;
                share.featured += usize::from(features > 0);
                share.features += features;
            }
        }
        shares.into_values().collect()
    };
    let idle = active.iter().filter(|partner| !in_hand.contains(&partner.id));
    let mut due: Vec<Due> = idle
        .map(|partner| Due {
            partner: partner.id.clone(),
            name: partner.name.as_str().to_owned(),
            months_since: counts.get(&partner.id).map(|count| months_between(count.1, on)),
        })
        .collect();
    due.sort_by_key(|due| (due.months_since.is_some(), due.months_since.map(|months| -months), due.partner.clone()));
    Fairness {
        by_level: shares(&|partner| vec![partner.level.word().to_owned()]),
        by_sector: shares(&|partner| partner.profile.sectors.iter().map(|sector| sector.to_lowercase()).collect()),
        by_state: shares(&|partner| partner.profile.states().map(|state| state.as_str().to_owned()).collect()),
        due,
    }
}

/// Whole months by the calendar; none when the first day is the later one.
fn months_between(first: civil::Date, last: civil::Date) -> i32 {
    let months = (i32::from(last.year()) - i32::from(first.year())) * 12 + i32::from(last.month()) - i32::from(first.month());
    (months - i32::from(last.day() < first.day())).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::DisplayName;
    use crate::domain::partner::{PartnerLevel, PartnerStanding, Place};
    use crate::domain::subscriber::State;
    use crate::domain::time::Timestamp;

    fn partner(id: &str, sectors: &[&str], states: &[&str]) -> Partner {
        let standing = PartnerStanding::Active { since: Timestamp::UNIX_EPOCH };
        let bare = Partner::new(PartnerId::parse(id).unwrap(), DisplayName::parse(id).unwrap(), PartnerLevel::Local, standing);
        let mut partner = bare;
        partner.profile.sectors = sectors.iter().map(|sector| (*sector).to_owned()).collect();
        partner.profile.places = states.iter().map(|state| Place::in_state(State::parse(state).unwrap())).collect();
        partner
    }

    fn id(text: &str) -> PartnerId {
        PartnerId::parse(text).unwrap()
    }

    #[test]
    fn shares_are_counted_by_group_and_turns_by_time() {
        let resting = PartnerStanding::Resting { since: Timestamp::UNIX_EPOCH, reason: String::new() };
        let partners = [
            partner("a", &["Health", "health"], &["NM", "OR"]),
            partner("b", &["health"], &["NM"]),
            partner("c", &[], &[]),
            partner("d", &[], &[]),
            Partner { standing: resting, ..partner("e", &["health"], &["NM"]) },
        ];
        let piece = |partner: &str, month| Featured { partner: id(partner), on: civil::date(2026, month, 15) };
        let featured = [piece("a", 3), piece("a", 7), piece("c", 1), piece("e", 1)];
        let report = report(&partners, &featured, &[id("d")].into(), civil::date(2027, 2, 14));
        let share = |group: &str, partners, featured, features| Share { group: group.to_owned(), partners, featured, features };
        assert_eq!(report.by_level, [share("local", 4, 2, 3)]);
        assert_eq!(report.by_sector, [share("health", 2, 1, 2)]);
        assert_eq!(report.by_state, [share("NM", 2, 1, 2), share("OR", 1, 1, 2)]);
        let due: Vec<_> = report.due.iter().map(|due| (due.partner.as_str(), due.months_since)).collect();
        assert_eq!(due, [("b", None), ("c", Some(12)), ("a", Some(6))], "never first, then longest ago");
    }

    #[test]
    fn months_are_whole_ones() {
        let day = |year, month, day| civil::date(year, month, day);
        assert_eq!(months_between(day(2026, 1, 31), day(2026, 2, 28)), 0);
        assert_eq!(months_between(day(2026, 1, 15), day(2027, 1, 15)), 12);
        assert_eq!(months_between(day(2027, 1, 1), day(2026, 1, 1)), 0);
    }
}
