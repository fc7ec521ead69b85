//! How an organisation comes to be a partner: it asks, staff look, a mail invites it, and its own press takes it in.

use axum::http::StatusCode;
use mail_parser::MessageParser;
use pressroom::domain::id::PartnerId;
use pressroom::domain::time::SignedDuration;
use pressroom::store::Cursor;

use crate::rooms::{Club, Guest, HERE};

const ASKS: &str = "organisation=Example+Readers%27+Circle&level=local&state=NM&contact=Rosa+Example&email=rosa%40circle.example.org\
                    &message=We+read.%0D%0A%0D%0AOften.";

fn nobody() -> Guest {
    Guest { cookie: String::new(), csrf: String::new() }
}

async fn standing(club: &Club, id: &str) -> &'static str {
    club.room.store.find_partner(&PartnerId::parse(id).unwrap()).await.unwrap().unwrap().standing.word()
}

/// Takes the inquiry and invites the partner: the token of the mailed link.
async fn invited(club: &Club, editor: &Guest) -> String {
    let taken = club.post(editor, "/desk/inquiries/1", "what=take&id=example-readers-circle").await;
    assert_eq!(taken.header("location"), "/desk/partners/example-readers-circle");
    assert_eq!(club.post(editor, "/desk/inquiries/1", "what=take&id=another").await.status, StatusCode::NOT_FOUND);
    let version = club.get(editor, "/desk/partners/example-readers-circle").await.field("version");
    let invite = "/desk/partners/example-readers-circle/invite";
    assert_eq!(club.post(editor, invite, "version=99").await.status, StatusCode::CONFLICT, "another page's");
    assert_eq!(club.post(editor, invite, &format!("version={version}")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(standing(club, "example-readers-circle").await, "invited");
    let mails = club.room.store.due_mails(club.room.desk.now(), 9).await.unwrap();
    let mail = MessageParser::default().parse(&mails[0].message).unwrap();
    assert_eq!(mail.subject(), Some("Example Readers' Circle is invited to Lantern Alliance (example)"));
    let text = mail.body_text(0).unwrap().into_owned();
    assert!(text.contains("good for 14 days"), "{text}");
    let rest = text.split(&format!("{HERE}/partner/in/")).nth(1).unwrap();
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[tokio::test]
async fn an_organisation_asks_is_invited_and_joins_by_its_own_press() {
    let club = Club::open().await;
    assert_eq!(club.post(&nobody(), "/join", ASKS).await.status, StatusCode::OK);
    assert_eq!(club.room.mails().await, Vec::<String>::new(), "whoever asks is mailed nothing");
    let editor = club.sign_in("desk@example.org").await;
    assert!(club.get(&editor, "/desk").await.body.contains("One organisation asks to join."));
    let inquiries = club.get(&editor, "/desk/inquiries").await.body;
    assert!(inquiries.contains("<p>Often.</p>") && inquiries.contains("value=\"example-readers-circle\""), "{inquiries}");

    let token = invited(&club, &editor).await;
    club.room.clock.advance(SignedDuration::from_hours(13 * 24));
    let (_, cookie) = club.press(&format!("/partner/in/{token}")).await;
    let guest = Guest { cookie: cookie.unwrap(), csrf: String::new() };
    assert_eq!(standing(&club, "example-readers-circle").await, "invited", "to come in is not to say yes");
    let home = club.get(&guest, "/partner").await;
    let guest = Guest { csrf: home.field("csrf"), ..guest };
    assert_eq!(club.post(&guest, "/partner/accept", "").await.header("location"), "/partner");
    assert_eq!(standing(&club, "example-readers-circle").await, "active");
    assert!(!club.get(&guest, "/partner").await.body.contains("/partner/accept"));
    let audit = club.room.store.page_audit(Cursor::start(), 99).await.unwrap().rows;
    let last = audit.last().unwrap();
    assert_eq!((last.act.as_str(), last.actor.as_str()), ("partner.accept", "Rosa Example, example-readers-circle"));
}

#[tokio::test]
async fn what_cannot_be_read_is_not_kept_and_what_is_kept_is_shown_as_text() {
    let club = Club::open().await;
    for bad in [
        "",
        &ASKS.replace("rosa%40circle.example.org", "rosa"),
        &ASKS.replace("Rosa+Example", ""),
        &ASKS.replace("state=NM", "state=New+Mexico"),
        &ASKS.replace("We+read.", "%E2%80%AEhidden"),
        &ASKS.replace("We+read.", "a%00b"),
        &ASKS.replace("We+read.", &"a".repeat(2_001)),
    ] {
        let page = club.post(&nobody(), "/join", bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(page.body.contains("role=\"alert\""));
    }
    club.post(&nobody(), "/join", &ASKS.replace("We+read.", "%3Cscript%3Ealert(1)%3C/script%3E")).await;
    let trapped = club.post(&nobody(), "/join", &format!("{ASKS}&website=x")).await;
    assert_eq!(trapped.status, StatusCode::OK);
    let editor = club.sign_in("desk@example.org").await;
    let page = club.get(&editor, "/desk/inquiries").await.body;
    assert!(page.contains("One organisation asks") && page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert_eq!(club.post(&editor, "/desk/inquiries/1", "what=drop").await.header("location"), "/desk/inquiries");
    assert!(club.get(&editor, "/desk/inquiries").await.body.contains("Nobody waits for an answer."));
}

#[tokio::test]
async fn a_partner_that_rests_is_out_at_once_and_each_step_needs_its_reason() {
    let club = Club::open().await;
    let (editor, sam) = (club.sign_in("desk@example.org").await, club.sign_in("submitter@family.example.org").await);
    let place = "/desk/partners/example-family-table";
    let version = club.get(&editor, place).await.field("version");
    let form = |more: &str| format!("version={version}&{more}");
    assert_eq!(club.post(&editor, place, &form("to=resting")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no reason");
    assert_eq!(club.post(&editor, place, &form("to=king")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(club.get(&sam, "/partner").await.status, StatusCode::OK);
    assert_eq!(club.post(&editor, place, &form("to=resting&reason=moving+house")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.get(&sam, "/partner").await.status, StatusCode::SEE_OTHER);
    assert!(club.get(&editor, place).await.body.contains("moving house"));
    assert_eq!(club.post(&editor, place, &form("to=active")).await.status, StatusCode::CONFLICT, "the page is older than that");
    let approver = club.sign_in("approver@example.org").await;
    assert!(!club.get(&approver, place).await.body.contains("submitter@"), "an approver sees no contact");
}
