//! The rules of product.md section 6, each by its name, through the desk, on a real store; where mail matters, over real SMTP.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod checking;
mod clock;
mod clockwork;
mod consents;
mod contacts;
mod crowd;
mod directory;
mod door;
mod events;
mod home;
mod joining;
mod limits;
mod links;
mod lists;
mod mail;
mod matrix;
mod newsroom;
mod opening;
mod outbox;
mod pledge;
mod profile;
mod proofroom;
mod readers;
mod registry;
mod review;
mod rooms;
mod rotation;
mod sample;
mod scale;
mod schedule;
mod sign_in;
mod signing;
mod site;
mod submission;
mod typed;
mod visit;
mod waiting;
mod watched;
mod watching;
mod web;
mod welcome;
mod wishes;
mod writing;

use newsroom::{Newsroom, actor, approver, editor, feature_file, issue_file, policy, second_approver};
use pressroom::desk::DeskError;
use pressroom::desk::bundle::FileBundle;
use pressroom::desk::request::{
    Agreement, ApproveFeature, ListConsents, ListPage, MakeProof, NameFeature, NameIssue, QueueIssue, ReviewFeature, TextSource,
};
use pressroom::domain::id::IssueId;
use pressroom::domain::issue::IssueState;
use pressroom::store::Cursor;

const TEXT: &str = "We ask districts to open their grounds in the evening.";

fn steering(name: &str, body: &str) -> FileBundle {
    issue_file(name, "steering", body)
}

fn missing(error: DeskError) -> Vec<String> {
    assert_eq!(error.exit_code(), 77);
    let DeskError::ConsentMissing { partners, .. } = error else { panic!("expected missing consents, found {error:?}") };
    partners
}

#[tokio::test]
async fn consent_is_explicit() {
    let room = Newsroom::open().await;
    room.readers("steering", 1).await;
    let both = ["example-family-table", "example-city-united"];
    let proof = room.proofed(steering("2027-02-steering", &policy(TEXT, &both))).await;
    let id = "2027-02-steering";

    // Silence is a no, for approving and for sending, and an override of the count does not reach it.
    assert_eq!(missing(room.approve(&approver(), id, &proof).await.unwrap_err()), ["example-city-united", "example-family-table"]);
    assert_eq!(missing(room.send_overriding(id).await.unwrap_err()).len(), 2);

    // A recorded no looks like silence; only a yes counts.
    assert_eq!(room.answer(id, "example-family-table", true).await, "yes");
    assert_eq!(room.answer(id, "example-city-united", false).await, "no yes recorded");
    assert_eq!(missing(room.approve(&approver(), id, &proof).await.unwrap_err()), ["example-city-united"]);

    // The last answer counts, in both directions, up to the moment of sending.
    room.answer(id, "example-city-united", true).await;
    room.approve(&approver(), id, &proof).await.unwrap();
    assert_eq!(room.approve(&second_approver(), id, &proof).await.unwrap(), "approved");
    room.answer(id, "example-city-united", false).await;
    assert_eq!(missing(room.send(id).await.unwrap_err()), ["example-city-united"]);
    assert_eq!(room.report(id).await.intended, 0);
}

#[tokio::test]
async fn a_consent_of_a_partner_that_the_position_does_not_name_is_a_slip() {
    let room = Newsroom::open().await;
    let id = "2027-02-steering";
    room.proofed(steering(id, &policy(TEXT, &["example-family-table"]))).await;
    let error = room.try_answer(id, "example-city-united", true).await.unwrap_err();
    assert_eq!((error.exit_code(), error.to_string().contains("example-city-united is not named in")), (2, true), "{error}");
}

#[tokio::test]
async fn consent_is_explicit_and_a_signatory_can_drop_out_without_voiding_the_others() {
    let room = Newsroom::open().await;
    let id = "2027-02-steering";
    room.proofed(steering(id, &policy(TEXT, &["example-family-table", "example-city-united"]))).await;
    room.answer(id, "example-family-table", true).await;
    // One drops out: the file names the other alone, and the other's yes still holds.
    let proof = room.proofed(steering(id, &policy(TEXT, &["example-family-table"]))).await;
    room.approve(&approver(), id, &proof).await.unwrap();
}

#[tokio::test]
async fn consent_is_explicit_and_a_changed_text_needs_a_new_yes() {
    let room = Newsroom::open().await;
    let id = "2027-02-steering";
    room.proofed(steering(id, &policy(TEXT, &["example-family-table"]))).await;
    room.answer(id, "example-family-table", true).await;
    let changed = TEXT.replace("evening", "evening and at weekends");
    let proof = room.proofed(steering(id, &policy(&changed, &["example-family-table"]))).await;
    assert_eq!(missing(room.approve(&approver(), id, &proof).await.unwrap_err()), ["example-family-table"]);
}

#[tokio::test]
async fn consent_is_explicit_and_making_the_newsletter_public_is_another_text() {
    let mut room = Newsroom::open().await;
    let id = "2027-02-steering";
    let proof = room.proofed(steering(id, &policy(TEXT, &["example-family-table"]))).await;
    room.answer(id, "example-family-table", true).await;
    room.with_config(|toml| toml.replace("public = false", "public = true"));
    let error = room.approve(&approver(), id, &proof).await.unwrap_err();
    assert_eq!(error.exit_code(), 77);
    let proof = room.proof(id).await.proof;
    assert_eq!(missing(room.approve(&approver(), id, &proof).await.unwrap_err()), ["example-family-table"]);
}

#[tokio::test]
async fn consent_is_explicit_also_for_whoever_is_only_named() {
    let room = Newsroom::open().await;
    for (name, text) in [
        ("alias", "The agreement was drawn up with EEG and others."),
        ("genitive", "We follow EEG\u{2019}s agreement."),
        ("spelling", "With EXAMPLE EDUCATORS\u{2019} GUILD we ask districts to open."),
    ] {
        let id = format!("2027-02-{name}");
        let proof = room.proofed(steering(&id, &policy(text, &[]))).await;
        assert_eq!(missing(room.approve(&approver(), &id, &proof).await.unwrap_err()), ["example-educators-guild"], "{name}");
    }
}

#[tokio::test]
async fn consent_is_explicit_and_asked_for_again_when_the_hold_ends() {
    let room = Newsroom::open().await;
    room.readers("steering", 1).await;
    let id = "2027-02-steering";
    let proof = room.proofed(steering(id, &policy(TEXT, &["example-family-table"]))).await;
    room.answer(id, "example-family-table", true).await;
    room.approve(&approver(), id, &proof).await.unwrap();
    assert_eq!(room.state_at("2027-02-01T14:00:00Z", id).await, "held: 1 of 2 approvals of its present proof");
    // Within grace the last approval lets it go on by itself.
    assert_eq!(room.approve(&second_approver(), id, &proof).await.unwrap(), "approved");
    assert_eq!(room.state_at("2027-02-01T14:00:00Z", id).await, "holding");
    // The partner takes its yes back within the hold.
    room.answer(id, "example-family-table", false).await;
    assert_eq!(room.state_at("2027-02-01T14:20:00Z", id).await, "held: no yes recorded for example-family-table");
    assert_eq!(room.report(id).await.intended, 0);
}

#[tokio::test]
async fn consent_is_explicit_also_when_a_broken_off_opening_goes_on() {
    let room = Newsroom::open().await;
    room.readers("steering", 1).await;
    let id = "2027-02-steering";
    let proof = room.proofed(steering(id, &policy(TEXT, &["example-family-table"]))).await;
    room.answer(id, "example-family-table", true).await;
    room.approve(&approver(), id, &proof).await.unwrap();
    room.approve(&second_approver(), id, &proof).await.unwrap();
    // The process died at the beginning of the snapshot, and nothing has gone out when the partner takes its yes back.
    let mut issue = room.store.find_issue(&IssueId::parse(id).unwrap()).await.unwrap().unwrap();
    issue.state = IssueState::Opening;
    issue.version += 1;
    room.store.put_issue(issue).await.unwrap();
    room.answer(id, "example-family-table", false).await;
    let resumed = room.desk.resume_issue(&editor(), NameIssue { issue: id.into() }).await;
    assert_eq!(missing(resumed.unwrap_err()), ["example-family-table"]);
    assert_eq!(missing(room.send(id).await.unwrap_err()), ["example-family-table"]);
    assert_eq!(room.report(id).await.intended, 0);
    room.answer(id, "example-family-table", true).await;
    assert_eq!(room.send(id).await.unwrap(), "sending");
}

#[tokio::test]
async fn refusal_is_private() {
    let room = Newsroom::open().await;
    let id = "2027-02-steering";
    let all = ["example-family-table", "example-city-united", "example-silent"];
    room.proofed(steering(id, &policy(TEXT, &all))).await;
    room.answer(id, "example-family-table", true).await;
    let before = room.desk.list_consents(ListConsents { source: TextSource::Issue(id.into()) }).await.unwrap();
    let refused = room.answer(id, "example-city-united", false).await;
    assert_eq!(refused, "no yes recorded");

    // Who refused and who kept silent look alike, and nothing anyone can list has changed with the refusal.
    let after = room.desk.list_consents(ListConsents { source: TextSource::Issue(id.into()) }).await.unwrap();
    assert_eq!(before, after);
    let standing = |partner: &str| after[0].partners.iter().find(|line| line.partner == partner).unwrap().standing.clone();
    assert_eq!(standing("example-city-united"), standing("example-silent"));
    let shown = room.desk.show_issue(NameIssue { issue: id.into() }).await.unwrap();
    let audit = room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    let words = format!("{}{audit:?}", serde_json::to_string(&shown).unwrap()).to_lowercase();
    for word in ["declin", "refus", "\"no\"", "answer"] {
        assert!(!words.contains(word), "{word} in {words}");
    }
    let about = |partner: &str| audit.iter().filter(|entry| format!("{entry:?}").contains(partner)).count();
    assert_eq!(about("example-city-united"), about("example-silent"));
}

#[tokio::test]
async fn restricted_stays_restricted() {
    let room = Newsroom::open().await;
    let event = "```event\ntitle = \"Spring meeting\"\nstarts = 2027-03-04T15:00:00\nplace = \"Online\"\n```\n";
    let body = format!("## Agenda\n\nThe secret budget of the spring meeting.\n\n{event}");
    room.queue(steering("2027-02-steering", &body)).await;
    let restricted = room.proof("2027-02-steering").await;
    room.queue(issue_file("2027-02-partners", "partners", &format!("## News\n\nA plain item.\n\n{event}"))).await;
    let public = room.proof("2027-02-partners").await;
    // The public mail links to its web version and a calendar file; the restricted one to nothing of its own on the web.
    assert!(public.html.contains("8080/partners/2027-02-partners") && public.html.contains(".ics"));
    for part in [&restricted.html, &restricted.text] {
        assert!(part.contains("secret budget"));
        assert!(!part.contains("8080/steering") && !part.contains(".ics"), "{part}");
    }
    // And nothing of it stands in the other newsletter's issue, nor in what is logged of it.
    for part in [&public.html, &public.text] {
        assert!(!part.contains("secret budget") && !part.to_lowercase().contains("steering"));
    }
    let audit = room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    assert!(!format!("{audit:?}").contains("secret budget"));
}

#[tokio::test]
async fn edits_return_to_their_author() {
    let room = Newsroom::open().await;
    let id = room.feature("example-city-united", "paying-for-the-middle").await;
    let edited = Some(feature_file("example-city-united", "paying-for-the-middle", "hall"));
    let review = ReviewFeature { feature: id.clone(), edited };
    let reviewed = room.desk.review_feature(&editor(), review).await.unwrap();
    assert_eq!(reviewed.line.state, "edited");
    assert!(reviewed.diff.unwrap().contains("[-gym-]{+hall+}"));

    // Staff alone cannot approve it, and no proof takes it.
    let alone = ApproveFeature { feature: id.clone(), agreement: None };
    assert_eq!(room.desk.approve_feature(&editor(), alone).await.unwrap_err().exit_code(), 77);
    let block = "## From the field\n\n```features\ncount = 1\n```\n";
    let queued = room.queue(issue_file("2027-02-partners", "partners", block)).await;
    assert_eq!(room.proof(&queued.line.id).await.rotation.chosen, []);

    // With the partner's word, recorded with who and how, it runs.
    let agreement = Some(Agreement { by: "Sample Director".into(), how: "by mail of 4 January".into() });
    room.desk.approve_feature(&editor(), ApproveFeature { feature: id.clone(), agreement }).await.unwrap();
    let proof = room.proof(&queued.line.id).await;
    assert_eq!(proof.rotation.chosen.iter().map(|choice| choice.feature.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    assert!(proof.text.contains("hall is open"));
    assert!(room.desk.show_feature(NameFeature { feature: id }).await.unwrap().agreement.contains("by mail of 4 January"));
}

#[tokio::test]
async fn approval_binds_bytes() {
    let mut room = Newsroom::open().await;
    room.readers("partners", 2).await;
    let id = "2027-02-partners";
    let file = |words: &str| issue_file(id, "partners", &format!("## News\n\n{words}"));
    let proof = room.proofed(file("The first words.")).await;
    room.approve(&approver(), id, &proof).await.unwrap();

    // An edit after approval voids it: another proof, and the old hash approves nothing.
    let queued = room.queue(file("Other words.")).await;
    assert_eq!((queued.outcome.as_str(), queued.voided_approvals), ("requeued", 1));
    assert_eq!(room.send(id).await.unwrap_err().exit_code(), 77);
    let other = room.proof(id).await.proof;
    assert_ne!(proof, other);
    assert_eq!(room.approve(&approver(), id, &proof).await.unwrap_err().exit_code(), 77);
    assert_eq!(room.send(id).await.unwrap_err().exit_code(), 77);

    // So does another sender, though no file changed.
    room.approve(&approver(), id, &other).await.unwrap();
    room.with_config(|toml| toml.replace("exchange@example.org", "news@example.org"));
    assert_eq!(room.send(id).await.unwrap_err().exit_code(), 77);
    assert_eq!(room.report(id).await.intended, 0);

    // The same bytes again are the same proof, and its approval stands.
    room.with_config(str::to_owned);
    assert_eq!(room.queue(file("Other words.")).await.outcome, "unchanged");
    assert_eq!(room.proof(id).await.proof, other);
    assert_eq!(room.send(id).await.unwrap(), "sending");
    // Once it is opened, a change of the file is reported and ignored.
    assert_eq!(room.queue(file("Words that come too late.")).await.outcome, "ignored");
    assert_eq!(room.report(id).await.proof.unwrap(), other);
}

#[tokio::test]
async fn late_is_held() {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    let late = "2027-02-partners";
    let proof = room.proofed(issue_file(late, "partners", "## News\n\nAn item.")).await;
    room.approve(&approver(), late, &proof).await.unwrap();

    // The slot is 1 February, 10:00 in New York; grace is six hours.
    assert_eq!(room.state_at("2027-02-01T14:59:59Z", late).await, "approved");
    assert_eq!(room.state_at("2027-02-01T21:00:01Z", late).await, "held: it is later than the newsletter's grace allows");
    assert_eq!(room.state_at("2027-02-01T21:00:02Z", late).await, "held: it is later than the newsletter's grace allows");
    assert_eq!(room.report(late).await.intended, 0);
    assert_eq!(room.told("held").await, 3, "each of the staff once");
    // A person may still send it.
    assert_eq!(room.send(late).await.unwrap(), "sending");

    // In time, it waits out its hold and opens.
    let next = "2027-03-partners";
    let proof = room.proofed(issue_file(next, "partners", "## News\n\nAnother item.")).await;
    room.approve(&approver(), next, &proof).await.unwrap();
    assert_eq!(room.state_at("2027-03-01T15:00:00Z", next).await, "holding");
    assert_eq!(room.state_at("2027-03-01T15:19:59Z", next).await, "holding");
    assert_eq!(room.turn_at("2027-03-01T15:20:00Z").await.sending, [late, next]);
}

#[tokio::test]
async fn approval_needs_another() {
    let room = Newsroom::open().await;
    let id = "2027-02-steering";
    let proof = room.proofed(steering(id, "## Agenda\n\nOne item.")).await;
    // The queuer's own yes, however spelt, and a stranger's do not count.
    for who in [editor(), actor("EDITOR@example.org"), actor("stranger@example.org")] {
        assert_eq!(room.approve(&who, id, &proof).await.unwrap_err().exit_code(), 77);
    }
    // One person counts once, and two are asked for.
    assert_eq!(room.approve(&approver(), id, &proof[..8]).await.unwrap(), "proofed");
    assert_eq!(room.approve(&approver(), id, &proof).await.unwrap(), "proofed");
    assert_eq!(room.send(id).await.unwrap_err().exit_code(), 77);
    assert_eq!(room.approve(&second_approver(), id, &proof).await.unwrap(), "approved");
    assert_eq!(room.approve(&approver(), id, "12345").await.unwrap_err().exit_code(), 2);

    // The override is a person's act on record.
    let other = "2027-03-steering";
    room.proofed(steering(other, "## Agenda\n\nAnother item.")).await;
    assert_eq!(room.send_overriding(other).await.unwrap(), "sending");
    let audit = room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    let entry = audit.iter().find(|entry| entry.act == "issue.override").unwrap();
    assert_eq!((entry.subject.as_str(), &entry.actor), (other, &editor()));
}

#[tokio::test]
async fn every_partner_is_listed() {
    let room = Newsroom::open().await;
    let listed = room.desk.list_partners(ListPage::default()).await.unwrap();
    let lines: Vec<_> = listed.rows.iter().map(|partner| (partner.id.as_str(), partner.link.as_deref(), partner.active)).collect();
    assert_eq!(
        lines,
        [
            ("example-city-united", Some("https://city.example.org/"), true),
            ("example-educators-guild", Some("https://guild.example.org/"), true),
            ("example-family-table", Some("https://family.example.org/"), true),
            ("example-silent", None, true),
        ]
    );
}

#[tokio::test]
async fn a_withdrawn_feature_holds_its_issue_until_a_new_proof() {
    let room = Newsroom::open().await;
    let feature = room.feature("example-city-united", "paying-for-the-middle").await;
    let id = "2027-02-partners";
    let proof = room.proofed(issue_file(id, "partners", "## From the field\n\n```features\ncount = 1\n```\n")).await;
    room.approve(&approver(), id, &proof).await.unwrap();
    room.desk.withdraw_feature(&editor(), NameFeature { feature }).await.unwrap();
    let shown = room.desk.show_issue(NameIssue { issue: id.into() }).await.unwrap();
    assert_eq!(shown.line.state, "held");
    // Neither the old approval nor a new one of the old proof, nor an override, sends it.
    assert_eq!(room.approve(&second_approver(), id, &proof).await.unwrap_err().exit_code(), 77);
    assert_eq!(room.send_overriding(id).await.unwrap_err().exit_code(), 77);
    let fresh = room.proof(id).await.proof;
    assert_eq!(room.approve(&approver(), id, &fresh).await.unwrap(), "approved");
}

#[tokio::test]
async fn the_features_of_an_issue_stay_over_a_new_proof_unless_chosen_anew() {
    let room = Newsroom::open().await;
    let first = room.feature("example-city-united", "paying-for-the-middle").await;
    let id = "2027-02-partners";
    let file = |words: &str| issue_file(id, "partners", &format!("## From the field\n\n{words}\n\n```features\ncount = 1\n```\n"));
    room.proofed(file("One.")).await;
    // A piece that would have gone first, had it been here.
    let second = {
        let mut file = feature_file("example-family-table", "when-parents-chair", "table");
        let text = String::from_utf8(file.bytes).unwrap().replace("places", "useful_until = 2027-02-28\nplaces");
        file.bytes = text.into_bytes();
        let submitted =
            room.desk.submit_feature(&editor(), pressroom::desk::request::SubmitFeature { file }).await.unwrap().line.id;
        room.desk.approve_feature(&editor(), ApproveFeature { feature: submitted.clone(), agreement: None }).await.unwrap();
        submitted
    };
    room.queue(file("Two.")).await;
    assert_eq!(room.proof(id).await.rotation.chosen[0].feature, first);
    room.desk.queue_issue(&editor(), QueueIssue { file: file("Two."), rechoose: true }).await.unwrap();
    let proof = room.desk.make_proof(&editor(), MakeProof { issue: id.into(), offline: true }).await.unwrap();
    assert_eq!(proof.rotation.chosen[0].feature, second);
    let freed = room.desk.show_feature(NameFeature { feature: first }).await.unwrap();
    assert_eq!(freed.line.state, "approved");
}
