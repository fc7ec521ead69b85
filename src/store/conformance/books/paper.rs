//! Stories of features, consents, issues, proofs and pictures. Each begins with an empty store.

use sha2::{Digest, Sha256};

use crate::domain::consent::{Answer, Consent, ConsentRoad};
use crate::domain::feature::DraftRow;
use crate::domain::id::{PictureHash, PolicyHash};
use crate::domain::people::Actor;
use crate::domain::picture::{Drawing, Picture, PictureFormat};
use crate::domain::time::civil;
use crate::store::conformance::Bench;
use crate::store::{Change, ConsentBook, Cursor, FeatureBox, IssueShelf, Outbox};

use super::sample::{draft, feature, issue, moment, note, partner, proof, told};
use super::{Books, all_pages};

/// A feature's change names the version it saw; of two who saw the same, one is told of the conflict.
///
/// # Panics
/// When the engine does otherwise.
pub async fn a_features_lost_race_is_a_conflict(store: &(impl FeatureBox + ?Sized)) {
    let put = |version| store.put_feature(feature("example/one", version), Vec::new(), Vec::new());
    assert_eq!(put(2).await.expect("an answer"), Change::Conflict { current: None });
    assert_eq!(put(1).await.expect("an answer"), Change::Done);
    assert_eq!(put(1).await.expect("an answer"), Change::Conflict { current: Some(1) });
    assert_eq!(put(3).await.expect("an answer"), Change::Conflict { current: Some(1) });
    let (first, second) = tokio::join!(put(2), put(2));
    let mut answers = [first.expect("an answer"), second.expect("an answer")];
    answers.sort_by_key(|answer| *answer != Change::Done);
    assert_eq!(answers, [Change::Done, Change::Conflict { current: Some(2) }]);
    let id = feature("example/one", 1).id;
    assert_eq!(store.find_feature(&id).await.expect("it is read").map(|feature| feature.version), Some(2));
    for id in ["example/two", "exam/two"] {
        store.put_feature(feature(id, 1), Vec::new(), Vec::new()).await.expect("it is kept");
    }
    let found = all_pages(1, |from| store.page_features(from, 1)).await;
    let ids: Vec<_> = found.iter().map(|feature| feature.id.to_string()).collect();
    assert_eq!(ids, ["exam/two", "example/one", "example/two"]);
}

/// A feature, its card, its history and the mails that tell of it are written in one act, or not at all.
///
/// # Panics
/// When the engine does otherwise.
pub async fn a_feature_its_card_its_notes_and_its_mails_are_one_act(store: &(impl FeatureBox + Outbox + ?Sized)) {
    let named = |title: &str, version| {
        let mut feature = feature("example/one", version);
        title.clone_into(&mut feature.card.title);
        feature
    };
    let put = |feature, text: &str| store.put_feature(feature, vec![note(text), note(&format!("{text} again"))], vec![told(text)]);
    assert_eq!(put(named("first", 1), "one").await.expect("an answer"), Change::Done);
    assert_eq!(put(named("lost", 1), "lost").await.expect("an answer"), Change::Conflict { current: Some(1) });
    assert_eq!(put(named("second", 2), "two").await.expect("an answer"), Change::Done);
    let mails = store.due_mails(moment(9), 9).await.expect("they are read");
    let keys: Vec<_> = mails.iter().map(|mail| mail.key.as_str()).collect();
    assert_eq!(keys, ["one", "two"], "who came too late told nobody");
    for id in ["exam/one", "example/one-more"] {
        store.put_feature(feature(id, 1), Vec::new(), Vec::new()).await.expect("it is kept");
    }
    let id = feature("example/one", 1).id;
    let notes = all_pages(3, |from| store.page_notes(&id, from, 3)).await;
    let texts: Vec<_> = notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(texts, ["two again", "two", "one again", "one"], "the latest first, and nothing of who came too late");
    assert!(notes.is_sorted_by(|later, earlier| later.number > earlier.number));
    let cards = all_pages(2, |from| store.page_cards(from, 2)).await;
    let titles: Vec<_> = cards.iter().map(|row| (row.id.to_string(), row.card.title.as_str(), row.version)).collect();
    let row = |id: &str, title, version| (id.to_owned(), title, version);
    assert_eq!(
        titles,
        [row("exam/one", "exam/one", 1), row("example/one", "second", 2), row("example/one-more", "example/one-more", 1)]
    );
    let own = all_pages(9, |from| store.cards_of(id.partner(), from, 9)).await;
    assert_eq!(own.len(), 2);
}

/// A draft has a version of its own: saving it changes nothing of its feature, and what is done to the feature nothing of the draft. Both are
/// written in one act when it is sent, or neither. What was never sent is dropped with all that is there of it.
///
/// # Panics
/// When the engine does otherwise.
pub async fn a_draft_disturbs_nobody(store: &(impl FeatureBox + Outbox + ?Sized)) {
    let id = feature("example/one", 1).id;
    assert_eq!(store.find_draft(&id).await.expect("it is read"), DraftRow::default());
    let save = |text, version| store.put_draft(&id, draft(text, version));
    assert_eq!(save("of nothing", 1).await.expect("an answer"), Change::Conflict { current: None });
    assert_eq!(store.find_draft(&id).await.expect("it is read"), DraftRow::default());
    let both = |version, row: DraftRow, text: &str| {
        store.put_feature_and_draft(feature("example/one", version), row, vec![note(text)], vec![told(text)])
    };
    assert_eq!(both(1, draft("begun", 1), "begun").await.expect("an answer"), Change::Done);
    let (first, second) = tokio::join!(save("one tab", 2), save("the other", 2));
    let mut answers = [first.expect("an answer"), second.expect("an answer")];
    answers.sort_by_key(|answer| *answer != Change::Done);
    assert_eq!(answers, [Change::Done, Change::Conflict { current: Some(2) }]);
    let long = "word ".repeat(40_000);
    assert_eq!(save(&long, 3).await.expect("an answer"), Change::Done);
    assert_eq!(store.find_draft(&id).await.expect("it is read"), draft(&long, 3));
    assert_eq!(store.find_feature(&id).await.expect("it is read").map(|feature| feature.version), Some(1));
    let put = store.put_feature(feature("example/one", 2), Vec::new(), Vec::new());
    assert_eq!(put.await.expect("an answer"), Change::Done, "the draft stands in nobody's way");
    assert_eq!(store.find_draft(&id).await.expect("it is read"), draft(&long, 3));

    let sent = |version| DraftRow { version, draft: None };
    assert_eq!(both(3, sent(3), "late").await.expect("an answer"), Change::Conflict { current: Some(3) });
    assert_eq!(both(2, sent(4), "late").await.expect("an answer"), Change::Conflict { current: Some(2) });
    assert_eq!(store.find_feature(&id).await.expect("it is read").map(|feature| feature.version), Some(2));
    assert_eq!(store.find_draft(&id).await.expect("it is read"), draft(&long, 3));
    assert_eq!(both(3, sent(4), "sent").await.expect("an answer"), Change::Done);
    assert_eq!(store.find_draft(&id).await.expect("it is read"), sent(4), "its version is never used again");
    let mails = store.due_mails(moment(9), 9).await.expect("they are read");
    assert_eq!(mails.iter().map(|mail| mail.key.as_str()).collect::<Vec<_>>(), ["begun", "sent"]);

    assert_eq!(store.drop_draft(&id, 3).await.expect("an answer"), Change::Conflict { current: Some(4) });
    assert_eq!(store.drop_draft(&id, 4).await.expect("an answer"), Change::Done);
    assert_eq!(store.find_feature(&id).await.expect("it is read"), None);
    assert_eq!(store.find_draft(&id).await.expect("it is read"), DraftRow::default());
    assert!(all_pages(9, |from| store.cards_of(id.partner(), from, 9)).await.is_empty());
}

/// Issues are versioned like features, and their numbers are never given twice.
///
/// # Panics
/// When the engine does otherwise.
pub async fn an_issues_lost_race_is_a_conflict(store: &(impl IssueShelf + ?Sized)) {
    let (first, second) = tokio::join!(store.take_number(), store.take_number());
    assert_ne!(first.expect("a number"), second.expect("a number"));
    let put = |version| store.put_issue(issue("2027-02-partners", version));
    let (first, second) = tokio::join!(put(1), put(1));
    let mut answers = [first.expect("an answer"), second.expect("an answer")];
    answers.sort_by_key(|answer| *answer != Change::Done);
    assert_eq!(answers, [Change::Done, Change::Conflict { current: Some(1) }]);
    let mut long = issue("2027-02-partners", 2);
    long.source.text = "word ".repeat(40_000);
    assert_eq!(store.put_issue(long.clone()).await.expect("an answer"), Change::Done);
    assert_eq!(store.find_issue(&long.id).await.expect("it is read"), Some(long.clone()));
    assert_eq!(put(2).await.expect("an answer"), Change::Conflict { current: Some(2) });
    store.put_issue(issue("2027-01-partners", 1)).await.expect("it is kept");
    let found = all_pages(1, |from| store.page_issues(from, 1)).await;
    assert_eq!(found, [issue("2027-01-partners", 1), long]);
}

/// The latest answer of a partner to exactly one text counts.
///
/// # Panics
/// When the engine does otherwise.
pub async fn the_latest_answer_counts(store: &(impl ConsentBook + ?Sized)) {
    let text = PolicyHash::from_bytes([1; 32]);
    let other_text = PolicyHash::from_bytes([2; 32]);
    let consent = |answer| Consent {
        partner: partner("example").id,
        policy: text,
        answer,
        given_by: "Ada Example".to_owned(),
        given_on: civil::date(2027, 1, 31),
        road: ConsentRoad::RecordedByStaff,
        how: "by letter".to_owned(),
        recorded_by: Actor::parse("editor").expect("a name"),
        // In the morning of 14 February 2027.
        recorded_at: moment(30 * 24 * 3_600),
    };
    let latest = async |policy| store.latest_answer(&partner("example").id, policy).await.expect("it is read");
    assert_eq!(latest(&text).await, None);
    for answer in [Answer::Yes, Answer::No, Answer::Yes, Answer::No] {
        store.record_consent(consent(answer), Vec::new()).await.expect("it is kept");
        assert_eq!(latest(&text).await, Some(answer));
    }
    let of_day = |answer, day| Consent { given_on: civil::date(2027, 2, day), ..consent(answer) };
    store.record_consent(of_day(Answer::No, 3), Vec::new()).await.expect("it is kept");
    store.record_consent(of_day(Answer::Yes, 1), Vec::new()).await.expect("it is kept");
    assert_eq!(latest(&text).await, Some(Answer::No), "a yes that is recorded late does not undo a later no");
    store.record_consent(of_day(Answer::Yes, 4), Vec::new()).await.expect("it is kept");
    assert_eq!(latest(&text).await, Some(Answer::Yes));
    let own = Consent { road: ConsentRoad::GivenByConsenter, ..of_day(Answer::No, 14) };
    store.record_consent(own, Vec::new()).await.expect("it is kept");
    store.record_consent(of_day(Answer::Yes, 15), Vec::new()).await.expect("it is kept");
    assert_eq!(latest(&text).await, Some(Answer::No), "a day that has not come does not outdo the partner's own word");
    assert_eq!(latest(&other_text).await, None);
    assert_eq!(store.latest_answer(&partner("exam").id, &text).await.expect("it is read"), None);
}

/// Proofs of any size and pictures are found by their hashes, and keeping one twice changes nothing.
///
/// # Panics
/// When the engine does otherwise.
pub async fn proofs_and_pictures_are_found_by_their_hashes(store: &(impl IssueShelf + ?Sized)) {
    for html_bytes in [10, 64 * 1024, 300_000] {
        let proof = proof(html_bytes);
        assert_eq!(store.find_proof(&proof.hash).await.expect("it is read"), None);
        store.put_proof(proof.clone()).await.expect("it is kept");
        store.put_proof(proof.clone()).await.expect("it is kept again");
        assert_eq!(store.find_proof(&proof.hash).await.expect("it is read"), Some(proof));
    }
    let bytes = b"the bytes of a picture".to_vec();
    let hash = PictureHash::from_bytes(Sha256::digest(&bytes).into());
    let picture = Picture { hash, format: PictureFormat::Png, width_px: 1200, height_px: 600, size_bytes: 22 };
    assert_eq!(store.find_picture(&hash).await.expect("it is read"), None);
    for _ in 0..2 {
        store.put_picture(&picture, bytes.clone()).await.expect("it is kept");
    }
    assert_eq!(store.find_picture(&hash).await.expect("it is read"), Some((picture.clone(), bytes)));
    assert!(store.put_picture(&picture, b"other bytes".to_vec()).await.is_err(), "a picture is named by its hash");
    let bytes = b"<svg/>".to_vec();
    let drawing = Drawing { hash: PictureHash::from_bytes(Sha256::digest(&bytes).into()), size_bytes: 6 };
    for _ in 0..2 {
        store.put_drawing(&drawing, bytes.clone()).await.expect("it is kept");
    }
    assert_eq!(store.find_picture(&drawing.hash).await.expect("it is read"), None, "a drawing is no picture");
    assert_eq!(store.find_drawing(&drawing.hash).await.expect("it is read"), Some((drawing.clone(), bytes)));
    assert_eq!(store.find_drawing(&hash).await.expect("it is read"), None);
    assert!(store.put_drawing(&drawing, b"other bytes".to_vec()).await.is_err(), "a drawing is named by its hash");
}

/// Opened anew, the store has everything it acknowledged, and goes on counting where it was.
///
/// # Panics
/// When the engine does otherwise.
pub async fn paper_outlives_reopening(bench: &impl Bench<Store: Books>) {
    let store = bench.open();
    let number = store.take_number().await.expect("a number");
    store.put_feature(feature("example/one", 1), vec![note("kept")], Vec::new()).await.expect("it is kept");
    store.put_draft(&feature("example/one", 1).id, draft("kept", 1)).await.expect("it is kept");
    store.put_issue(issue("2027-02-partners", 1)).await.expect("it is kept");
    let large = proof(200_000);
    store.put_proof(large.clone()).await.expect("it is kept");
    drop(store);
    let store = bench.open();
    assert!(store.take_number().await.expect("a number") > number);
    assert_eq!(store.page_features(Cursor::start(), 9).await.expect("a page").rows, [feature("example/one", 1)]);
    let notes = store.page_notes(&feature("example/one", 1).id, Cursor::start(), 9).await.expect("a page").rows;
    assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["kept"]);
    assert_eq!(store.page_cards(Cursor::start(), 9).await.expect("a page").rows, [feature("example/one", 1).row()]);
    assert_eq!(store.find_draft(&feature("example/one", 1).id).await.expect("it is read"), draft("kept", 1));
    assert_eq!(store.page_issues(Cursor::start(), 9).await.expect("a page").rows, [issue("2027-02-partners", 1)]);
    assert_eq!(store.find_proof(&large.hash).await.expect("it is read"), Some(large));
}
