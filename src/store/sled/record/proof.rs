//! Proofs as they lie in the store: everything an approval binds, with the calendar facts beside it.

use serde::{Deserialize, Serialize};

use super::moment::{Moment, WallClock, zone_name, zone_of};
use super::{Damage, Form, read_form, write_form};
use crate::domain::audience::{AudienceRule, Expression};
use crate::domain::consent::PolicyClaim;
use crate::domain::email::{DisplayName, EmailAddress, Mailbox};
use crate::domain::event::Event;
use crate::domain::id::{
    FeatureId, IssueId, IssueNumber, NewsletterId, PartnerId, PictureHash, PolicyHash, ProofHash, RevisionHash,
};
use crate::domain::people::Actor;
use crate::domain::proof::{PlacedFeature, Proof, ProofContent, WebEdition, WebPiece};
use crate::domain::prose::LinkTarget;
use crate::domain::subscriber::Language;
use crate::store::{Result, StoreError};
use template::PieceForm;

mod template;

#[derive(Serialize, Deserialize)]
struct ProofForm {
    hash: [u8; 32],
    content: ContentForm,
    number: u32,
    features: Vec<(String, [u8; 32])>,
    policies: Vec<ClaimForm>,
    events: Vec<EventForm>,
    slot: WallClock,
    made_by: String,
    made_at: Moment,
    web: Option<EditionForm>,
    /// The audience's expression as it is written.
    audience_only: Option<String>,
}

impl Form for ProofForm {
    const WHAT: &'static str = "proof";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct EditionForm {
    issue: PageForm,
    stories: Vec<(String, PageForm)>,
}

#[derive(Serialize, Deserialize)]
struct PageForm {
    title: String,
    description: String,
    picture: Option<[u8; 32]>,
    article: String,
}

#[derive(Serialize, Deserialize)]
struct ContentForm {
    issue: String,
    newsletter: String,
    newsletter_title: String,
    public: bool,
    subject: Vec<PieceForm>,
    html: Vec<PieceForm>,
    text: Vec<PieceForm>,
    language: String,
    from_name: Option<String>,
    from_address: String,
    reply_to: Option<String>,
    list_id: String,
    bounce_domain: String,
    audience_newsletter: String,
    pictures: Vec<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
struct ClaimForm {
    policy: [u8; 32],
    title: String,
    named: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct EventForm {
    title: String,
    starts: WallClock,
    ends: Option<WallClock>,
    zone: String,
    place: String,
    link: Option<String>,
    link_text: Option<String>,
    description: Option<String>,
}

pub(in crate::store::sled) fn encode(proof: &Proof) -> Result<Vec<u8>> {
    let refused = |source: Damage| StoreError::Backend { act: "write a proof to", source: source.into() };
    let events: std::result::Result<_, Damage> = proof.events.iter().map(event_form).collect();
    write_form(&ProofForm {
        hash: *proof.hash.as_bytes(),
        content: content_form(&proof.content).map_err(refused)?,
        number: proof.number.get(),
        features: proof.features.iter().map(|placed| (placed.feature.to_string(), *placed.revision.as_bytes())).collect(),
        policies: proof.policies.iter().map(claim_form).collect(),
        events: events.map_err(refused)?,
        slot: WallClock::of(proof.slot),
        made_by: proof.made_by.as_str().to_owned(),
        made_at: Moment::of(proof.made_at),
        web: proof.web.as_ref().map(edition_form),
        audience_only: proof.content.audience.only.as_ref().map(ToString::to_string),
    })
}

pub(in crate::store::sled) fn decode(hash: &ProofHash, bytes: &[u8]) -> Result<Proof> {
    read_form(bytes, &|| hash.to_string(), |form: ProofForm| {
        let placed = |(id, revision): (String, [u8; 32])| -> std::result::Result<_, Damage> {
            Ok(PlacedFeature { feature: FeatureId::parse(&id)?, revision: RevisionHash::from_bytes(revision) })
        };
        let mut content = content(form.content)?;
        content.audience.only = form.audience_only.as_deref().map(Expression::parse).transpose()?;
        Ok(Proof {
            hash: ProofHash::from_bytes(form.hash),
            content,
            number: IssueNumber::new(form.number).ok_or_else(|| Damage::new("its number is past 24 bits"))?,
            features: form.features.into_iter().map(placed).collect::<std::result::Result<_, _>>()?,
            policies: form.policies.into_iter().map(claim).collect::<std::result::Result<_, _>>()?,
            events: form.events.into_iter().map(event).collect::<std::result::Result<_, _>>()?,
            slot: form.slot.time()?,
            made_by: Actor::parse(&form.made_by)?,
            made_at: form.made_at.timestamp()?,
            web: form.web.map(edition).transpose()?,
        })
    })
}

fn edition_form(edition: &WebEdition) -> EditionForm {
    EditionForm {
        issue: page_form(&edition.issue),
        stories: edition.stories.iter().map(|(feature, piece)| (feature.to_string(), page_form(piece))).collect(),
    }
}

fn edition(form: EditionForm) -> std::result::Result<WebEdition, Damage> {
    let story = |(feature, form): (String, PageForm)| Ok((FeatureId::parse(&feature)?, page(form)));
    Ok(WebEdition {
        issue: page(form.issue),
        stories: form.stories.into_iter().map(story).collect::<std::result::Result<_, Damage>>()?,
    })
}

fn page_form(piece: &WebPiece) -> PageForm {
    PageForm {
        title: piece.title.clone(),
        description: piece.description.clone(),
        picture: piece.picture.as_ref().map(|hash| *hash.as_bytes()),
        article: piece.article.clone(),
    }
}

fn page(form: PageForm) -> WebPiece {
    let PageForm { title, description, picture, article } = form;
    WebPiece { title, description, picture: picture.map(PictureHash::from_bytes), article }
}

fn content_form(content: &ProofContent) -> std::result::Result<ContentForm, Damage> {
    Ok(ContentForm {
        issue: content.issue.as_str().to_owned(),
        newsletter: content.newsletter.as_str().to_owned(),
        newsletter_title: content.newsletter_title.clone(),
        public: content.public,
        subject: template::forms(&content.subject)?,
        html: template::forms(&content.html)?,
        text: template::forms(&content.text)?,
        language: content.language.as_str().to_owned(),
        from_name: content.from.name.as_ref().map(|name| name.as_str().to_owned()),
        from_address: content.from.address.as_typed().to_owned(),
        reply_to: content.reply_to.as_ref().map(|address| address.as_typed().to_owned()),
        list_id: content.list_id.clone(),
        bounce_domain: content.bounce_domain.clone(),
        audience_newsletter: content.audience.newsletter.as_str().to_owned(),
        pictures: content.pictures.iter().map(|hash| *hash.as_bytes()).collect(),
    })
}

fn content(form: ContentForm) -> std::result::Result<ProofContent, Damage> {
    Ok(ProofContent {
        issue: IssueId::parse(&form.issue)?,
        newsletter: NewsletterId::parse(&form.newsletter)?,
        newsletter_title: form.newsletter_title,
        public: form.public,
        subject: template::template(form.subject)?,
        html: template::template(form.html)?,
        text: template::template(form.text)?,
        language: Language::parse(&form.language)?,
        from: Mailbox {
            name: form.from_name.as_deref().map(DisplayName::parse).transpose()?,
            address: EmailAddress::parse(&form.from_address)?,
        },
        reply_to: form.reply_to.as_deref().map(EmailAddress::parse).transpose()?,
        list_id: form.list_id,
        bounce_domain: form.bounce_domain,
        audience: AudienceRule::all(NewsletterId::parse(&form.audience_newsletter)?),
        pictures: form.pictures.into_iter().map(PictureHash::from_bytes).collect(),
    })
}

fn claim_form(claim: &PolicyClaim) -> ClaimForm {
    ClaimForm {
        policy: *claim.policy.as_bytes(),
        title: claim.title.clone(),
        named: claim.named.iter().map(|id| id.as_str().to_owned()).collect(),
    }
}

fn claim(form: ClaimForm) -> std::result::Result<PolicyClaim, Damage> {
    Ok(PolicyClaim {
        policy: PolicyHash::from_bytes(form.policy),
        title: form.title,
        named: form.named.iter().map(|id| PartnerId::parse(id)).collect::<std::result::Result<_, _>>()?,
    })
}

fn event_form(event: &Event) -> std::result::Result<EventForm, Damage> {
    Ok(EventForm {
        title: event.title.clone(),
        starts: WallClock::of(event.starts),
        ends: event.ends.map(WallClock::of),
        zone: zone_name(&event.zone)?,
        place: event.place.clone(),
        link: event.link.as_ref().map(|link| link.as_str().to_owned()),
        link_text: event.link_text.clone(),
        description: event.description.clone(),
    })
}

fn event(form: EventForm) -> std::result::Result<Event, Damage> {
    Ok(Event {
        title: form.title,
        starts: form.starts.time()?,
        ends: form.ends.map(WallClock::time).transpose()?,
        zone: zone_of(&form.zone)?,
        place: form.place,
        link: form.link.as_deref().map(LinkTarget::parse).transpose()?,
        link_text: form.link_text,
        description: form.description,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audience::Condition;
    use crate::domain::id::Topic;
    use crate::domain::subscriber::State;
    use crate::domain::template::{Escape, Field, PersonalLink, Piece, Placeholder, Slot, Template};
    use crate::domain::time::{Timestamp, civil};

    fn every_piece() -> Template {
        let condition = Condition {
            states: [State::parse("NM").unwrap()].into(),
            topics: [Topic::parse("school-health").unwrap()].into(),
            lists: [NewsletterId::parse("steering").unwrap()].into(),
        };
        let mut pieces = vec![Piece::Literal("Dear ".into())];
        for field in Field::ALL {
            for escape in [Escape::Html, Escape::Plain] {
                pieces.push(Piece::Slot(Slot::Field { placeholder: Placeholder { field, default: "partner".into() }, escape }));
            }
        }
        for link in [PersonalLink::Unsubscribe, PersonalLink::Preferences] {
            pieces.push(Piece::Slot(Slot::Link { link, escape: Escape::Html }));
        }
        pieces.push(Piece::Only { when: condition, pieces: vec![Piece::Literal("only you".into())] });
        Template(pieces)
    }

    fn a_page(picture: Option<PictureHash>) -> WebPiece {
        let article = "<article><h1>Coordinators at the centre</h1></article>".to_owned();
        WebPiece { title: "Coordinators at the centre".into(), description: "Three partners.".into(), picture, article }
    }

    fn a_proof() -> Proof {
        let content = ProofContent {
            issue: IssueId::parse("2027-02-partners").unwrap(),
            newsletter: NewsletterId::parse("partners").unwrap(),
            newsletter_title: "Lantern Exchange".into(),
            public: true,
            subject: Template::literal("Coordinators at the centre"),
            html: every_piece(),
            text: every_piece(),
            language: Language::parse("es").unwrap(),
            from: Mailbox::parse("Lantern Exchange <exchange@lantern.example.org>").unwrap(),
            reply_to: Some(EmailAddress::parse("editor@lantern.example.org").unwrap()),
            list_id: "Lantern Exchange <partners.lantern.example.org>".into(),
            bounce_domain: "bounces.lantern.example.org".into(),
            audience: AudienceRule {
                newsletter: NewsletterId::parse("partners").unwrap(),
                only: Some(
                    Expression::parse("state in ['NM', 'TX'] and not (language = 'es' or joined since 2027-01-01)").unwrap(),
                ),
            },
            pictures: vec![PictureHash::from_bytes([4; 32])],
        };
        Proof {
            hash: content.hash(),
            content,
            number: IssueNumber::new(7).unwrap(),
            features: vec![PlacedFeature {
                feature: FeatureId::parse("example-family-table/chair").unwrap(),
                revision: RevisionHash::from_bytes([5; 32]),
            }],
            policies: vec![PolicyClaim {
                policy: PolicyHash::from_bytes([6; 32]),
                title: "Joint use".into(),
                named: vec![PartnerId::parse("example-family-table").unwrap()],
            }],
            events: vec![Event {
                title: "Spring meeting".into(),
                starts: civil::datetime(2027, 3, 4, 15, 0, 0, 0),
                ends: Some(civil::datetime(2027, 3, 4, 16, 30, 0, 0)),
                zone: zone_of("America/New_York").unwrap(),
                place: "Online".into(),
                link: Some(LinkTarget::parse("https://lantern.example.org/spring").unwrap()),
                link_text: None,
                description: Some("Bring a question.".into()),
            }],
            web: Some(WebEdition {
                issue: a_page(Some(PictureHash::from_bytes([4; 32]))),
                stories: vec![(FeatureId::parse("example-family-table/chair").unwrap(), a_page(None))],
            }),
            slot: civil::datetime(2027, 2, 2, 10, 0, 0, 0),
            made_by: Actor::parse("editor").unwrap(),
            made_at: Timestamp::new(1_800_000_000, 3).unwrap(),
        }
    }

    #[test]
    fn a_proof_with_every_kind_of_piece_comes_back_with_its_hash() {
        let proof = a_proof();
        let back = decode(&proof.hash, &encode(&proof).unwrap()).unwrap();
        assert_eq!(back.content.hash(), proof.hash);
        assert_eq!(back, proof);
    }

    #[test]
    fn a_condition_within_a_condition_is_refused() {
        let mut proof = a_proof();
        let inner = proof.content.html.0.pop().unwrap();
        proof.content.html.0.push(Piece::Only { when: Condition::default(), pieces: vec![inner] });
        assert!(encode(&proof).is_err());
    }
}
