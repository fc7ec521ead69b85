//! Staff say in a partner's room who acts for it and what it is called. Whoever is taken off is out at once.

use axum::http::StatusCode;
use pressroom::desk::request::{ChangeStanding, ListConsents, NewStanding, TextSource};
use pressroom::domain::id::PartnerId;
use pressroom::domain::partner::Partner;

use super::newsroom::{editor, issue_file, policy};
use super::rooms::{Club, Guest};

const FAMILY: &str = "example-family-table";

async fn family(club: &Club) -> Partner {
    club.room.store.find_partner(&PartnerId::parse(FAMILY).unwrap()).await.unwrap().unwrap()
}

/// Sends one of the room's forms, at the version there is.
async fn send(club: &Club, guest: &Guest, what: &str, form: &str) -> StatusCode {
    let version = family(club).await.version;
    club.post(guest, &format!("/desk/partners/{FAMILY}/{what}"), &format!("version={version}&{form}")).await.status
}

async fn people(club: &Club) -> Vec<String> {
    let said = |contact: &pressroom::domain::partner::Contact| {
        let roles: Vec<&str> = contact.roles.iter().map(pressroom::domain::partner::ContactRole::word).collect();
        format!("{} {}", contact.address.local_part(), roles.join("+"))
    };
    family(club).await.contacts.iter().map(said).collect()
}

#[tokio::test]
async fn a_contact_that_is_taken_off_or_changed_in_the_room_is_out() {
    let club = Club::open().await;
    let desk = club.sign_in("desk@example.org").await;
    let (sam, cora) = (club.sign_in("submitter@family.example.org").await, club.sign_in("consenter@family.example.org").await);
    let page = club.get(&desk, &format!("/desk/partners/{FAMILY}")).await.body;
    assert!(page.contains("Sam, submitter@family.example.org: sends in texts"), "{page}");

    assert_eq!(send(&club, &desk, "contacts", "what=remove&email=SUBMITTER%40family.example.org").await, StatusCode::SEE_OTHER);
    assert_eq!(club.get(&sam, "/partner").await.status, StatusCode::SEE_OTHER, "Sam is out");
    assert_eq!(club.get(&cora, "/partner").await.status, StatusCode::OK, "and nobody else");
    let both = "what=save&email=consenter%40family.example.org&role=consenter&role=submitter&name=Cora&language=es";
    assert_eq!(send(&club, &desk, "contacts", both).await, StatusCode::SEE_OTHER);
    assert_eq!(club.get(&cora, "/partner").await.status, StatusCode::SEE_OTHER, "other roles are another session");
    let new = "what=add&email=dora%40family.example.org&role=submitter&name=&language=";
    assert_eq!(send(&club, &desk, "contacts", new).await, StatusCode::SEE_OTHER);
    assert_eq!(people(&club).await, ["consenter submitter+consenter", "dora submitter"]);
    assert_eq!(family(&club).await.contacts[0].language.as_ref().unwrap().as_str(), "es");
    assert_eq!(club.get(&club.sign_in("dora@family.example.org").await, "/partner").await.status, StatusCode::OK);
    let audit = club.room.store.page_audit(pressroom::store::Cursor::start(), 1_000).await.unwrap().rows;
    let told: Vec<&str> = audit.iter().filter(|entry| entry.act == "partner.contacts").map(|entry| entry.note.as_str()).collect();
    assert!(told.len() == 3 && told.iter().all(|note| !note.contains('@')), "{told:?}");
}

#[tokio::test]
async fn a_contact_that_cannot_be_read_changes_nothing() {
    let club = Club::open().await;
    let desk = club.sign_in("desk@example.org").await;
    let before = people(&club).await;
    for (form, status) in [
        ("what=add&email=nobody&role=submitter", 422),
        ("what=add&email=dora%40family.example.org", 422),
        ("what=add&email=dora%40family.example.org&role=owner", 422),
        ("what=add&email=dora%40family.example.org&role=submitter&name=%E2%80%AEadoC", 422),
        ("what=add&email=dora%40family.example.org&role=submitter&language=%3F", 422),
        ("what=save&email=dora%40family.example.org&role=submitter", 422),
        ("what=remove&email=dora%40family.example.org", 422),
        ("what=other&email=dora%40family.example.org", 422),
        ("what=add&role=submitter", 422),
    ] {
        assert_eq!(send(&club, &desk, "contacts", form).await.as_u16(), status, "{form}");
    }
    // Somebody else was quicker; somebody has no right to it; nobody acts for who is gone.
    let old = "version=0&what=add&email=dora%40family.example.org&role=submitter";
    assert_eq!(club.post(&desk, &format!("/desk/partners/{FAMILY}/contacts"), old).await.status, StatusCode::CONFLICT);
    let approver = club.sign_in("approver@example.org").await;
    let good = "what=add&email=dora%40family.example.org&role=submitter";
    assert_eq!(send(&club, &approver, "contacts", good).await, StatusCode::FORBIDDEN);
    assert_eq!(people(&club).await, before);
    let leave = ChangeStanding { partner: FAMILY.into(), to: NewStanding::Gone { reason: "closed".into() }, version: None };
    club.room.desk.change_standing(&editor(), leave).await.unwrap();
    assert_eq!(send(&club, &desk, "contacts", good).await, StatusCode::CONFLICT);
    assert!(people(&club).await.is_empty());
}

#[tokio::test]
async fn who_is_added_again_keeps_their_name_and_roles() {
    let club = Club::open().await;
    let desk = club.sign_in("desk@example.org").await;
    let before = family(&club).await;
    let again = format!("version={}&what=add&email=CONSENTER%40family.example.org&role=submitter&name=Nora", before.version);
    let page = club.post(&desk, &format!("/desk/partners/{FAMILY}/contacts"), &again).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.body);
    assert!(page.body.contains("is a contact already, as consenter"), "{}", page.body);
    assert!(page.body.contains("open them in the list of contacts"), "{}", page.body);
    assert_eq!(family(&club).await, before);
}

#[tokio::test]
async fn a_new_name_is_found_in_positions_from_now_on() {
    let mut club = Club::open().await;
    club.reload(|toml| format!("{toml}\n[[network]]\nid = \"southwest\"\ntitle = \"Southwest\"\n"));
    let desk = club.sign_in("desk@example.org").await;
    let id = "2027-02-steering";
    club.room.queue(issue_file(id, "steering", &policy("The Kitchen Circle asks for gymnasiums.", &[]))).await;
    let named = async || {
        let request = ListConsents { source: TextSource::Issue(id.into()) };
        club.room.desk.list_consents(request).await.unwrap()[0].partners.len()
    };
    assert_eq!(named().await, 0);
    let form = "name=Example+Family+Table&aliases=Kitchen+Circle%0D%0A%0D%0AThe+Table&level=network&network=southwest\
                &seat-since=2026-09-01&seat-until=";
    assert_eq!(send(&club, &desk, "record", form).await, StatusCode::SEE_OTHER);
    assert_eq!(named().await, 1, "it is a name of theirs now");
    let partner = family(&club).await;
    assert_eq!((partner.aliases.len(), partner.level.word(), partner.networks.len()), (2, "network", 1));
    assert_eq!(partner.steering.unwrap().since.to_string(), "2026-09-01");
    assert_eq!(partner.contacts.len(), 2, "who acts for it is as before");
    let page = club.get(&desk, &format!("/desk/partners/{FAMILY}")).await.body;
    assert!(page.contains("value=\"southwest\" checked") && page.contains("value=\"2026-09-01\""), "{page}");

    for wrong in [
        "name=&level=state",
        "name=Table&level=galactic",
        "name=Table&level=state&network=north",
        "name=Table&level=state&seat-until=2027-01-01",
        "name=Table&level=state&seat-since=2027-01-01&seat-until=2026-01-01",
    ] {
        assert_eq!(send(&club, &desk, "record", wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(family(&club).await, partner);
    assert_eq!(send(&club, &desk, "record", "name=Table&level=state").await, StatusCode::SEE_OTHER);
    assert!(family(&club).await.steering.is_none() && family(&club).await.networks.is_empty());
}
