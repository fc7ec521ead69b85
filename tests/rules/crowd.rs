//! An alliance of the size that Pressroom is made for, after years: 200 partners, 2 000 features in some 230 issues, 5 000 consents.

use pressroom::desk::bundle::FileBundle;
use pressroom::desk::request::{ApproveFeature, AskConsents, Inquire, SubmitFeature};
use pressroom::domain::consent::{Answer, Consent, ConsentRoad, PolicyPosition};
use pressroom::domain::feature::{Feature, FeatureNote, FeatureState, NoteKind, Side, SourceFile};
use pressroom::domain::id::{FeatureId, IssueId, PartnerId};
use pressroom::domain::issue::{Issue, IssueState};
use pressroom::domain::proof::{PlacedFeature, Proof};
use pressroom::domain::time::SignedDuration;
use tokio::task::JoinSet;

use crate::newsroom::{Newsroom, actor, approver, editor, feature_file, issue_file, policy};
use crate::rooms::Club;

pub(crate) const PARTNERS: usize = 200;
pub(crate) const FEATURES: usize = 2_000;
pub(crate) const CONSENTS: usize = 5_000;

/// How many features stood in each issue.
const OF_ISSUE: usize = 6;
/// How many of a partner's ten features have been published.
const PUBLISHED: usize = 7;
const FIRST: &str = "2027-02-partners";
const POSITION: &str = "2027-10-steering";

fn partner(number: usize) -> PartnerId {
    PartnerId::parse(&format!("example-{number:03}")).unwrap()
}

/// Fills a newsroom that has people of every role.
pub(crate) async fn fill(club: &Club) {
    partners(club).await;
    let room = &club.room;
    let (issue, proof) = first_issue(room).await;
    features(room, &issue, &proof).await;
    consents(room).await;
    for number in 0..60 {
        let request = Inquire {
            organisation: format!("Example Hopeful {number}"),
            level: "local".into(),
            state: "NM".into(),
            contact: "Sample Person".into(),
            address: format!("person@hopeful{number}.example.org"),
            message: "We run three school gardens and would like to learn.".into(),
        };
        club.front.desk().inquire(request).await.unwrap();
    }
}

async fn partners(club: &Club) {
    let mut table = "id,name,aliases,level,sectors,places,expertise,blurb,link,contacts\n".to_owned();
    for number in 0..PARTNERS {
        let (state, other) = (["NM", "TX", "OH", "WV"][number % 4], ["CA", "NY", "MD", "OR"][number % 4]);
        table.push_str(&format!(
            "example-{number:03},Example Partner {number:03},The {number:03} Group,state,education,{state} runs 2024-09-01;{other} supports,\
             topic-{number};joint-use,Brings rooms and people together in place {number}.,https://p{number:03}.example.org/,\
             Sample Person <person@p{number:03}.example.org> [submitter consenter]\n"
        ));
    }
    club.contacts(&table).await;
}

/// An issue that really went out, after which the others are made.
async fn first_issue(room: &Newsroom) -> (Issue, Proof) {
    room.readers("partners", 1).await;
    let file = feature_file("example-city-united", "public-gym", "gym");
    let bytes = [file.bytes.as_slice(), b"\n<!-- more -->\n\nIt took a year, and a key for each neighbour.\n"].concat();
    let request = SubmitFeature { file: FileBundle { bytes, ..file } };
    let feature = room.desk.submit_feature(&editor(), request).await.unwrap().line.id;
    room.desk.approve_feature(&editor(), ApproveFeature { feature, agreement: None }).await.unwrap();
    let proof = room.proofed(issue_file(FIRST, "partners", "## From the field\n\n```features\ncount = 1\n```\n")).await;
    room.approve(&approver(), FIRST, &proof).await.unwrap();
    room.send(FIRST).await.unwrap();
    let issue = room.store.find_issue(&IssueId::parse(FIRST).unwrap()).await.unwrap().unwrap();
    let proof = room.store.find_proof(&issue.proof.unwrap()).await.unwrap().unwrap();
    (issue, proof)
}

async fn features(room: &Newsroom, issue: &Issue, proof: &Proof) {
    let known = room.store.find_feature(&proof.features[0].feature).await.unwrap().unwrap();
    let (mut published, mut writes) = (Vec::new(), JoinSet::new());
    for number in 0..FEATURES {
        let (round, of) = (number / PARTNERS, partner(number % PARTNERS));
        let id = FeatureId::new(of, &format!("piece-{round}")).unwrap();
        let text = known.source.text.replace("example-city-united", id.partner().as_str()).replace("gym", &format!("room{number}"));
        let source = SourceFile { name: format!("piece-{round}.md"), text, ..known.source.clone() };
        let state = match round {
            past if past < PUBLISHED => {
                let of_issue = issue_id(published.len() / OF_ISSUE);
                published.push(PlacedFeature { feature: id.clone(), revision: source.revision() });
                FeatureState::Published { issue: of_issue, at: room.desk.now() }
            }
            7 => FeatureState::Submitted,
            8 => FeatureState::Approved,
            _ => FeatureState::Declined { reason: "told before".into() },
        };
        let note = |kind| FeatureNote {
            number: 0,
            at: room.desk.now(),
            by: actor("Sample Person"),
            side: Side::Partner,
            kind,
            text: String::new(),
            is_shared: true,
            revision: None,
        };
        let mut card = known.card.clone();
        card.title = format!("How room {number} became a public room");
        let feature = Feature { id, source, state, card, version: 1, ..known.clone() };
        let notes = [NoteKind::Submitted, NoteKind::ReviewBegan, NoteKind::Commented, NoteKind::Approved].map(note).to_vec();
        let store = room.store.clone();
        writes.spawn(async move { store.put_feature(feature, notes, Vec::new()).await.unwrap() });
    }
    writes.join_all().await;
    for (number, features) in published.chunks(OF_ISSUE).enumerate() {
        past_issue(room, (issue, proof), number, features).await;
    }
}

fn issue_id(number: usize) -> IssueId {
    IssueId::parse(&format!("past-{number:03}-partners")).unwrap()
}

async fn past_issue(room: &Newsroom, (issue, proof): (&Issue, &Proof), number: usize, features: &[PlacedFeature]) {
    let mut proof = Proof { features: features.to_vec(), number: room.store.take_number().await.unwrap(), ..proof.clone() };
    proof.content.issue = issue_id(number);
    proof.hash = proof.content.hash();
    let web = proof.web.as_mut().unwrap();
    let story = web.stories[0].1.clone();
    web.stories = features.iter().map(|placed| (placed.feature.clone(), story.clone())).collect();
    proof.slot = proof.slot.checked_sub(SignedDuration::from_hours(24 * 7 * i64::try_from(number).unwrap())).unwrap();
    let past = Issue {
        id: proof.content.issue.clone(),
        number: proof.number,
        slot: proof.slot,
        proof: Some(proof.hash),
        state: IssueState::Sent { at: room.desk.now() },
        version: 1,
        ..issue.clone()
    };
    room.store.put_proof(proof).await.unwrap();
    room.store.put_issue(past).await.unwrap();
}

/// Positions of the past, each with a yes or a no of every partner, and one that is open under fifty names.
async fn consents(room: &Newsroom) {
    let mut writes = JoinSet::new();
    for past in 0..CONSENTS / PARTNERS {
        let position = PolicyPosition {
            title: format!("Position {past}"),
            text: format!("We ask districts to open {past} gymnasiums."),
            charter: "2026-09".into(),
            principles: vec!["shared-places".into()],
            signatories: vec![],
            picture_descriptions: vec![],
        };
        for number in 0..PARTNERS {
            let consent = Consent {
                partner: partner(number),
                policy: position.hash(false),
                answer: if number % 5 == 0 { Answer::No } else { Answer::Yes },
                given_by: "Sample Person".into(),
                given_on: room.desk.now().to_zoned(pressroom::domain::time::TimeZone::UTC).date(),
                road: ConsentRoad::RecordedByStaff,
                how: "by letter".into(),
                recorded_by: editor(),
                recorded_at: room.desk.now(),
            };
            let store = room.store.clone();
            writes.spawn(async move { store.record_consent(consent, Vec::new()).await.unwrap() });
        }
    }
    writes.join_all().await;
    let names: Vec<String> = (0..50).map(|number| partner(number).to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    room.queue(issue_file(POSITION, "steering", &policy("We ask districts to light the way to school.", &names))).await;
    room.desk.ask_consents(&editor(), AskConsents { issue: POSITION.into(), partner: None }).await.unwrap();
}
