//! The issues' rooms: the proof is looked at and approved in the browser, by the hash that was shown.

use axum::http::StatusCode;

use super::newsroom::{issue_file, policy};
use super::rooms::Club;

const ID: &str = "2027-02-partners";
const STEERING: &str = "2027-02-steering";
const HEADING: &str = "## Agenda\n\nOne item.";

#[tokio::test]
async fn approval_binds_bytes_also_in_the_browser() {
    let club = Club::open().await;
    club.room.queue(issue_file(ID, "partners", HEADING)).await;
    let guest = club.sign_in("approver@example.org").await;
    let place = format!("/desk/issues/{ID}");
    let list = club.get(&guest, "/desk/issues").await.body;
    assert!(list.contains(&format!("href=\"{place}\"")), "{list}");
    let page = club.get(&guest, &place).await;
    assert!(page.status == StatusCode::OK && page.body.contains("no proof yet") && !page.body.contains("<iframe"), "{}", page.body);
    assert_eq!(club.get(&guest, &format!("{place}/proof/mail")).await.status, StatusCode::NOT_FOUND);

    club.room.proof(ID).await;
    let page = club.get(&guest, &place).await.body;
    assert!(page.contains(&format!("<iframe title=\"The proof\" src=\"{place}/proof/mail\" sandbox=\"allow-popups\">")), "{page}");
    let shown = page.split("name=\"proof\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mail = club.get(&guest, &format!("{place}/proof/mail")).await;
    assert!(mail.body.contains("One item.") && mail.header("content-security-policy").starts_with("sandbox"), "{}", mail.body);
    assert_eq!((mail.header("cache-control"), mail.header("x-frame-options")), ("no-store", "SAMEORIGIN"));

    // The text changes after they have looked: what they saw is not what there is.
    club.room.proofed(issue_file(ID, "partners", "## Agenda\n\nAnother item.")).await;
    let form = format!("proof={shown}");
    assert_eq!(club.post(&guest, &format!("{place}/approve"), &form).await.status, StatusCode::CONFLICT);
    assert_eq!(club.post(&guest, &format!("{place}/approve"), "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(club.room.state(ID).await, "proofed");

    let now = club.get(&guest, &place).await.field("proof");
    assert_eq!(club.post(&guest, &format!("{place}/approve"), &format!("proof={now}")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.room.state(ID).await, "approved");
    let page = club.get(&guest, &place).await.body;
    assert!(page.contains("1 of 1") && page.contains("Your yes is noted") && !page.contains("/approve\""), "{page}");
}

#[tokio::test]
async fn approval_needs_another_also_in_the_browser() {
    let club = Club::open().await;
    let proof = club.room.proofed(issue_file(ID, "partners", HEADING)).await;
    // Who queued it is an approver too, and is told why theirs does not count.
    let queuer = club.sign_in("editor@example.org").await;
    let page = club.get(&queuer, &format!("/desk/issues/{ID}")).await.body;
    assert!(page.contains("cannot approve it") && !page.contains("/approve\""), "{page}");
    let form = format!("proof={proof}");
    assert_eq!(club.post(&queuer, &format!("/desk/issues/{ID}/approve"), &form).await.status, StatusCode::CONFLICT);
    // An editor looks, and has no yes to give; for the others the issue is not there to see.
    let editor = club.sign_in("desk@example.org").await;
    assert_eq!(club.get(&editor, &format!("/desk/issues/{ID}")).await.status, StatusCode::OK);
    assert_eq!(club.post(&editor, &format!("/desk/issues/{ID}/approve"), &form).await.status, StatusCode::FORBIDDEN);
    for person in ["operator@example.org", "network@example.org"] {
        let guest = club.sign_in(person).await;
        for path in ["/desk/issues".to_owned(), format!("/desk/issues/{ID}"), format!("/desk/issues/{ID}/proof/mail")] {
            assert_eq!(club.get(&guest, &path).await.status, StatusCode::FORBIDDEN, "{person} {path}");
        }
    }
    assert_eq!(club.room.state(ID).await, "proofed");
}

#[tokio::test]
async fn consent_is_explicit_in_the_room_where_an_issue_is_approved() {
    let club = Club::open().await;
    let text = policy("We ask districts to open gymnasiums.", &["example-family-table"]);
    let proof = club.room.proofed(issue_file(STEERING, "steering", &text)).await;
    let guest = club.sign_in("approver@example.org").await;
    let place = format!("/desk/issues/{STEERING}");
    let page = club.get(&guest, &place).await.body;
    assert!(page.contains("1 partner has no yes recorded") && page.contains("It cannot be approved now"), "{page}");
    assert!(!page.contains("/approve\""), "{page}");
    let form = format!("proof={proof}");
    assert_eq!(club.post(&guest, &format!("{place}/approve"), &form).await.status, StatusCode::CONFLICT);
    club.room.answer(STEERING, "example-family-table", true).await;
    assert_eq!(club.post(&guest, &format!("{place}/approve"), &form).await.status, StatusCode::SEE_OTHER);
    assert!(club.get(&guest, &place).await.body.contains("1 of 2"));
}

#[tokio::test]
async fn an_issue_is_stopped_let_go_on_and_given_up_in_its_room() {
    let club = Club::open().await;
    let proof = club.room.proofed(issue_file(ID, "partners", HEADING)).await;
    let place = format!("/desk/issues/{ID}");
    let way = |step: &str| format!("action=\"{place}/{step}\"");
    let (editor, approver) = (club.sign_in("desk@example.org").await, club.sign_in("approver@example.org").await);
    // Nothing to stop yet, and nothing to let go on.
    let page = club.get(&editor, &place).await.body;
    assert!(!page.contains(&way("pause")) && !page.contains(&way("resume")) && !page.contains(&way("correct")), "{page}");
    assert!(page.contains(&way("cancel")), "{page}");
    assert_eq!(club.post(&editor, &format!("{place}/pause"), "").await.status, StatusCode::CONFLICT);

    assert_eq!(club.post(&approver, &format!("{place}/approve"), &format!("proof={proof}")).await.status, StatusCode::SEE_OTHER);
    let page = club.get(&approver, &place).await.body;
    assert!(page.contains(&way("pause")) && !page.contains(&way("resume")) && !page.contains(&way("cancel")), "{page}");
    // To look at a stop does not stop it.
    assert_eq!(club.get(&approver, &format!("{place}/pause")).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(club.post(&approver, &format!("{place}/pause"), "").await.status, StatusCode::SEE_OTHER);
    assert!(club.room.state(ID).await.starts_with("held"), "{}", club.room.state(ID).await);
    let page = club.get(&editor, &place).await.body;
    assert!(!page.contains(&way("pause")) && page.contains(&way("resume")), "{page}");
    assert_eq!(club.post(&editor, &format!("{place}/resume"), "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.room.state(ID).await, "approved");

    // It is final, so it is an editor's, who has to mean it.
    assert_eq!(club.post(&approver, &format!("{place}/cancel"), "sure=1").await.status, StatusCode::FORBIDDEN);
    assert_eq!(club.post(&editor, &format!("{place}/cancel"), "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(club.room.state(ID).await, "approved");
    assert_eq!(club.post(&editor, &format!("{place}/cancel"), "sure=1").await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.room.state(ID).await, "cancelled");
    let page = club.get(&editor, &place).await.body;
    assert!(["pause", "resume", "cancel", "correct"].iter().all(|step| !page.contains(&way(step))), "{page}");
}

#[tokio::test]
async fn an_issue_that_is_being_sent_is_stopped_and_corrected_in_its_room() {
    let club = Club::open().await;
    let proof = club.room.proofed(issue_file(ID, "partners", HEADING)).await;
    let place = format!("/desk/issues/{ID}");
    let (editor, approver) = (club.sign_in("desk@example.org").await, club.sign_in("approver@example.org").await);
    assert_eq!(club.post(&approver, &format!("{place}/approve"), &format!("proof={proof}")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.room.send(ID).await.unwrap(), "sending");
    assert_eq!(club.post(&approver, &format!("{place}/pause"), "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.room.state(ID).await, "paused");

    let page = club.get(&editor, &place).await.body;
    assert!(page.contains(&format!("action=\"{place}/correct\"")), "{page}");
    assert!(!club.get(&approver, &place).await.body.contains("/correct\""), "a page is an editor's to correct");
    assert_eq!(club.post(&editor, &format!("{place}/correct"), "note=").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let spoilt = club.post(&editor, &format!("{place}/correct"), "note=It+is%07+on+Friday.").await;
    assert!(spoilt.status == StatusCode::UNPROCESSABLE_ENTITY && spoilt.body.contains("readonly>\nIt is"), "{}", spoilt.body);
    let said = club.post(&editor, &format!("{place}/correct"), "note=It+is+on+Friday.").await;
    assert_eq!(said.status, StatusCode::SEE_OTHER);
    let page = club.get(&editor, &format!("/partners/{ID}")).await.body;
    assert!(page.contains("It is on Friday."), "{page}");
    assert_eq!(club.post(&editor, &format!("{place}/resume"), "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.room.state(ID).await, "sending");
}
