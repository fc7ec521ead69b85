//! Stories of consents that are asked for: a text is asked about once and each mail goes once, a link answers once, and a ruling binds to the
//! words it was about.

use crate::domain::consent::{Answer, AskId, Consent, ConsentAsk, ConsentRoad, MatchRuling, PolicyPosition, WordsHash};
use crate::domain::id::{IssueId, PartnerId, PolicyHash};
use crate::domain::people::Actor;
use crate::domain::signup::{LinkFor, LinkPurpose};
use crate::domain::time::{SignedDuration, Timestamp, civil};
use crate::store::{ConsentBook, Cursor, Doorstep, Outbox, Result, Spent};

use super::Bench;
use super::books::all_pages;
use super::books::sample::{address, newsletter};
use super::door::{hash, promise};

fn partner(id: &str) -> PartnerId {
    PartnerId::parse(id).expect("an id")
}

fn ask(id: &str, text: &str, at: Timestamp) -> ConsentAsk {
    ConsentAsk {
        partner: partner(id),
        newsletter: newsletter("steering"),
        issue: IssueId::parse("2027-03-steering").expect("an id"),
        position: PolicyPosition {
            title: "Joint use".to_owned(),
            text: text.to_owned(),
            charter: "2026-09".to_owned(),
            principles: vec!["shared-places".to_owned()],
            signatories: Vec::new(),
            picture_descriptions: Vec::new(),
        },
        public: false,
        asked_at: at,
        asked_by: Actor::parse("pressroom").expect("a name"),
    }
}

fn asking(ask: &ConsentAsk) -> (LinkPurpose, LinkFor) {
    (LinkPurpose::Consent, LinkFor::Consent { partner: ask.partner.clone(), ask: ask.id(), address: address("director") })
}

fn answer(ask: &ConsentAsk, answer: Answer, at: Timestamp) -> Consent {
    Consent {
        partner: ask.partner.clone(),
        policy: ask.policy(),
        answer,
        given_by: "Sample Director".to_owned(),
        given_on: civil::date(2027, 2, 1),
        road: ConsentRoad::GivenByConsenter,
        how: "by the link in the mail that asked".to_owned(),
        recorded_by: Actor::parse("Sample Director, guild").expect("a name"),
        recorded_at: at,
    }
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_text_is_asked_about_once_and_each_mail_goes_once<T: Bench<Store: ConsentBook + Doorstep + Outbox>>(
    bench: &T,
) -> Result<()> {
    let book = bench.open();
    let now = bench.now();
    let first = ask("guild", "Grounds are public.", now);
    book.ask_consent(first.clone(), vec![promise(1, asking(&first), "director", now)]).await?;
    let later = ConsentAsk { asked_by: Actor::parse("editor").expect("a name"), ..first.clone() };
    let again = promise(1, asking(&first), "director", now);
    book.ask_consent(later, vec![crate::store::Promise { hash: hash(2), ..again }]).await?;
    assert_eq!(book.find_ask(&partner("guild"), &first.id()).await?, Some(first.clone()), "what was asked first stays");
    assert_eq!(book.due_mails(now, 9).await?.len(), 1, "a mail of a known key is no other mail");
    assert!(book.find_link(&hash(1)).await?.is_some() && book.find_link(&hash(2)).await?.is_none(), "nor does its link come to be");
    book.ask_consent(first.clone(), vec![promise(3, asking(&first), "director", now)]).await?;
    assert_eq!(book.due_mails(now, 9).await?.len(), 2, "a reminder has a key of its own, and no limit holds it back");

    let changed = ask("guild", "Grounds are public!", now);
    book.ask_consent(changed.clone(), Vec::new()).await?;
    book.ask_consent(ask("guild-two", "Grounds are public.", now), Vec::new()).await?;
    let april = ConsentAsk { issue: IssueId::parse("2027-04-steering").expect("an id"), ..first.clone() };
    book.ask_consent(april.clone(), vec![promise(4, asking(&april), "director", now)]).await?;
    assert_eq!(book.due_mails(now, 9).await?.len(), 3, "the same words in another issue are asked about anew");
    let mut found = all_pages(1, |from| book.page_asks(&first.partner, from, 1)).await;
    found.sort_by_key(|one| (one.id() == first.id(), one.id() == april.id()));
    assert_eq!(found, [changed, april, first.clone()], "its own, and no other's");
    let other = partner("guild-two");
    assert_eq!(book.find_ask(&other, &first.id()).await?, None, "an asking is found by its partner only");
    assert_eq!(book.page_asks(&partner("gu"), Cursor::start(), 9).await?.rows, []);
    assert_ne!(AskId::of(&other, &first.policy(), &first.issue), first.id());
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_link_answers_once_and_not_late<T: Bench<Store: ConsentBook + Doorstep + Outbox>>(bench: &T) -> Result<()> {
    let book = bench.open();
    let now = bench.now();
    let asked = ask("guild", "Grounds are public.", now);
    let mails = vec![promise(1, asking(&asked), "director", now), promise(2, asking(&asked), "deputy", now)];
    book.ask_consent(asked.clone(), mails).await?;
    let latest = async || book.latest_answer(&asked.partner, &asked.policy()).await.expect("it is read");
    assert_eq!(book.answer_by_link(&hash(9), answer(&asked, Answer::Yes, now)).await?, Spent::Unknown);
    assert!(latest().await.is_none());
    assert_eq!(book.answer_by_link(&hash(1), answer(&asked, Answer::No, now)).await?, Spent::Done);
    assert!(latest().await == Some(Answer::No));
    assert_eq!(book.answer_by_link(&hash(1), answer(&asked, Answer::Yes, now)).await?, Spent::Used);
    assert!(latest().await == Some(Answer::No), "a link that was used records nothing");
    let late = now.saturating_add(SignedDuration::from_hours(1)).expect("a moment");
    assert_eq!(book.answer_by_link(&hash(2), answer(&asked, Answer::Yes, late)).await?, Spent::Expired);
    assert!(latest().await == Some(Answer::No));
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_ruling_is_found_by_its_words<T: Bench<Store: ConsentBook>>(bench: &T) -> Result<()> {
    let book = bench.open();
    let (policy, words) = (PolicyHash::from_bytes([1; 32]), WordsHash::of(["the guild of masons"], ["the guild"]));
    let by = Actor::parse("editor").expect("a name");
    let ruling = MatchRuling { partner: partner("guild"), policy, words, why: "masons".to_owned(), by, at: bench.now() };
    book.rule_on_match(ruling.clone()).await?;
    let other = WordsHash::of(["the guild of bakers"], ["the guild"]);
    assert_eq!(book.find_ruling(&partner("guild"), &policy, &words).await?, Some(ruling.clone()));
    assert_eq!(book.find_ruling(&partner("guild"), &policy, &other).await?, None);
    assert_eq!(book.find_ruling(&partner("guild-two"), &policy, &words).await?, None);
    assert_eq!(book.find_ruling(&partner("guild"), &PolicyHash::from_bytes([2; 32]), &words).await?, None);
    let better = MatchRuling { why: "another guild".to_owned(), ..ruling };
    book.rule_on_match(better.clone()).await?;
    assert_eq!(book.find_ruling(&partner("guild"), &policy, &words).await?, Some(better));
    Ok(())
}
