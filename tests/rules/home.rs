//! The first page for staff says what waits, and to each no more than their roles let them see; editors are told by mail of who asks to join
//! and of addresses that lead nowhere.

use axum::http::StatusCode;
use pressroom::desk::request::SubmitFeature;
use pressroom::domain::id::{IssueId, NetworkId, PartnerId};
use pressroom::domain::outbox::MailPurpose;
use pressroom::domain::partner::{LinkHealth, Partner};
use pressroom::domain::prose::LinkTarget;
use pressroom::domain::time::SignedDuration;
use pressroom::store::Change;
use tokio::sync::watch;

use super::newsroom::{Newsroom, editor, feature_file, issue_file, policy};
use super::rooms::{Club, Guest};

const STEERING: &str = "2027-02-steering";
const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn asks(club: &Club, organisation: &str) {
    let nobody = Guest { cookie: String::new(), csrf: String::new() };
    let form = format!("organisation={organisation}&contact=Rosa&email=rosa%40circle.example.org&message=We+read.");
    assert_eq!(club.post(&nobody, "/join", &form).await.status, StatusCode::OK);
}

/// The mails of a purpose that wait, once everything that is due to be written is: to whom, and their words.
async fn told(room: &Newsroom, purpose: MailPurpose) -> Vec<(String, String)> {
    room.desk.post_due(watch::channel(false).1).await.unwrap();
    let later = room.desk.now() + SignedDuration::from_hours(2);
    let mails = room.store.due_mails(later, 100).await.unwrap();
    let read = |mail: &pressroom::domain::outbox::OutboxMail| {
        let text = mail_parser::MessageParser::default().parse(&mail.message).unwrap().body_text(0).unwrap().into_owned();
        (mail.to.local_part().to_owned(), text)
    };
    let mut told: Vec<_> = mails.iter().filter(|mail| mail.purpose == purpose).map(read).collect();
    told.sort();
    told
}

async fn dies(room: &Newsroom, partner: &str, link: &str) {
    let (partner, link) = (PartnerId::parse(partner).unwrap(), LinkTarget::parse(link).unwrap());
    let week = SignedDuration::from_hours(7 * 24);
    let first = LinkHealth::after_look(None, room.desk.now() - week, Some("status 410".to_owned()));
    let health = LinkHealth::after_look(Some(&first), room.desk.now(), Some("status 410".to_owned()));
    room.store.note_link(&partner, &link, health).await.unwrap();
}

#[tokio::test]
async fn the_first_page_says_to_each_what_waits_for_them() {
    let club = Club::open().await;
    let quiet = club.sign_in("desk@example.org").await;
    assert!(club.get(&quiet, "/desk").await.body.contains("Nothing waits"));

    asks(&club, "Example+Circle").await;
    let file = feature_file("example-educators-guild", "open-door", "An open door");
    club.room.desk.submit_feature(&editor(), SubmitFeature { file }).await.unwrap();
    club.room.proofed(issue_file(STEERING, "steering", &policy("We ask for gymnasiums.", &["example-family-table"]))).await;
    dies(&club.room, "example-city-united", "https://city.example.org/").await;

    let lines = [
        ("One piece waits for a review", "/desk/features"),
        ("One proof waits for approval", "/desk/issues"),
        ("For one name under a position no yes is recorded", "/desk/consents"),
        ("One organisation asks to join.", "/desk/inquiries"),
        ("One partner&#39;s address leads nowhere", "/desk/partners?links=dead"),
    ];
    for (person, seen) in [
        ("desk@example.org", [true, true, true, true, true]),
        ("approver@example.org", [false, true, true, false, true]),
        // An approver who queued it has no yes to give, and edits as well.
        ("editor@example.org", [true, false, true, true, true]),
        ("operator@example.org", [false, false, false, true, true]),
        ("network@example.org", [false; 5]),
    ] {
        let guest = club.sign_in(person).await;
        let page = club.get(&guest, "/desk").await.body;
        let main = page.split("<main").nth(1).unwrap();
        for ((said, path), is_seen) in lines.iter().zip(seen) {
            let said = said.replace("&#39;", "'");
            let line = format!("href=\"{path}\">{said}</a>");
            assert_eq!(main.contains(&line), is_seen, "{person}: {line}\n{main}");
            if is_seen {
                assert_eq!(club.get(&guest, path).await.status, StatusCode::OK, "{person} {path}");
            }
        }
    }
}

#[tokio::test]
async fn editors_are_told_of_who_asks_twice_a_day_at_most() {
    let club = Club::open().await;
    for organisation in ["Example+Circle", "Example+Square", "Example+Line"] {
        asks(&club, organisation).await;
    }
    let first = told(&club.room, MailPurpose::Inquiry).await;
    let to: Vec<&str> = first.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["desk", "editor"], "editors, and nobody else");
    assert!(first[0].1.contains("Example Circle") && !first[0].1.contains("Example Square"), "{}", first[0].1);
    assert!(!first[0].1.contains("rosa") && !first[0].1.contains("We read"), "what they wrote is looked at in the room");
    assert_eq!(told(&club.room, MailPurpose::Inquiry).await.len(), 2, "once");
    club.room.clock.advance(DAY);
    let again = told(&club.room, MailPurpose::Inquiry).await;
    assert_eq!(again.len(), 4, "those who still wait are told of when the day is over");
    assert!(again.iter().any(|(_, text)| text.contains("Example Square") && text.contains("Example Line")), "{again:?}");
    club.room.clock.advance(DAY);
    assert_eq!(told(&club.room, MailPurpose::Inquiry).await.len(), 4, "and no more");
}

#[tokio::test]
async fn a_dead_address_is_told_once_a_month_and_stays() {
    let club = Club::open().await;
    let guest = club.sign_in("desk@example.org").await;
    assert!(club.get(&guest, "/desk/partners?links=dead").await.body.contains("Every address that was looked at answers"));
    club.room.desk.tell_of_dead_links().await.unwrap();
    assert!(told(&club.room, MailPurpose::DeadLinks).await.is_empty());
    dies(&club.room, "example-city-united", "https://city.example.org/").await;
    for _ in 0..2 {
        club.room.desk.tell_of_dead_links().await.unwrap();
    }
    let mails = told(&club.room, MailPurpose::DeadLinks).await;
    assert_eq!(mails.len(), 2, "two editors, each once");
    assert!(mails[0].1.contains("https://city.example.org/") && mails[0].1.contains("status 410"), "{}", mails[0].1);
    // A network's editors are told of those of their partners alone.
    let southwest = club.room.store.find_partner(&PartnerId::parse("example-family-table").unwrap()).await.unwrap().unwrap();
    let networks = vec![NetworkId::parse("southwest").unwrap()];
    let southwest = Partner { networks, version: southwest.version + 1, ..southwest };
    let link = southwest.profile.targets().find(|target| target.is_web()).unwrap().as_str().to_owned();
    club.room.store.put_partner(southwest).await.unwrap();
    dies(&club.room, "example-family-table", &link).await;
    club.room.desk.tell_of_dead_links().await.unwrap();
    let mails = told(&club.room, MailPurpose::DeadLinks).await;
    assert_eq!(mails.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["desk", "editor", "network"]);
    assert!(mails[2].1.contains(&link) && !mails[2].1.contains("city.example.org"), "{}", mails[2].1);
    let page = club.get(&guest, "/desk/partners?links=dead").await.body;
    assert!(page.contains("href=\"https://city.example.org/\"") && page.contains("status 410"), "{page}");
    assert!(
        !club.get(&club.sign_in("network@example.org").await, "/desk/partners?links=dead").await.body.contains("city.example.org")
    );
    club.room.clock.advance(SignedDuration::from_hours(31 * 24));
    club.room.desk.tell_of_dead_links().await.unwrap();
    assert_eq!(
        told(&club.room, MailPurpose::DeadLinks).await.len(),
        3,
        "the first ones have run out, and another month has its own"
    );
}

#[tokio::test]
async fn an_issue_that_cannot_be_read_hides_no_other_and_says_how_to_mend_it() {
    let mut club = Club::open().await;
    let asks = policy("We ask for gymnasiums.", &["example-family-table"]);
    club.room.queue(issue_file(STEERING, "steering", &asks)).await;
    for id in ["2027-02-partners", "2027-03-partners"] {
        club.room.queue(issue_file(id, "partners", &asks)).await;
    }
    let broken = IssueId::parse("2027-03-partners").unwrap();
    let mut issue = club.room.store.find_issue(&broken).await.unwrap().unwrap();
    issue.source.text = "+++\nnewsletter = 7\n".to_owned();
    issue.version += 1;
    assert_eq!(club.room.store.put_issue(issue).await.unwrap(), Change::Done);
    club.reload(|toml| toml.replace("id = \"steering\"", "id = \"board\""));
    let desk = club.sign_in("desk@example.org").await;

    let home = club.get(&desk, "/desk").await;
    assert_eq!(home.status, StatusCode::OK, "{}", home.body);
    assert!(home.body.contains("For one name under a position no yes is recorded"), "{}", home.body);
    assert!(home.body.contains("<a href=\"/desk/consents\">2 issues cannot be read</a>"), "{}", home.body);
    let board = club.get(&desk, "/desk/consents").await;
    assert_eq!(board.status, StatusCode::OK, "{}", board.body);
    for told in [
        "there is no newsletter `steering`",
        "pressroom.toml has partners, board",
        "2027-03-partners.md has problems",
        "pressroom check 2027-03-partners.md",
        "name=\"partner\" value=\"example-family-table\"",
    ] {
        assert!(board.body.contains(told), "{told}\n{}", board.body);
    }
}
