//! A feature that tells of an event: in the mail, on the web and as a calendar file.

use pressroom::desk::bundle::FileBundle;
use pressroom::desk::request::{ApproveFeature, SubmitFeature};

use crate::newsroom::{Newsroom, approver, editor, feature_file, issue_file};
use crate::visit::{door, get};

const ISSUE: &str = "2027-02-partners";
const EVENT: &str = "kind = \"event\"\nevent = { starts = 2027-03-11T18:00:00, ends = 2027-03-11T20:00:00, zone = \"America/Denver\", \
                     place = \"The library\", cost = \"Free\", register_by = 2027-03-01, access = \"Step-free; captions\" }\n";

fn an_evening() -> FileBundle {
    let file = feature_file("example-city-united", "open-evening", "library");
    let text = String::from_utf8(file.bytes).unwrap().replacen("+++\n", &format!("+++\n{EVENT}"), 1);
    let text = format!("{text}\n<!-- more -->\n\nBring a neighbour.\n");
    FileBundle { bytes: text.into_bytes(), ..file }
}

/// A newsroom whose issue has an event of its own and one that a partner's feature tells of.
async fn gone_out() -> Newsroom {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    let feature = room.desk.submit_feature(&editor(), SubmitFeature { file: an_evening() }).await.unwrap().line.id;
    room.desk.approve_feature(&editor(), ApproveFeature { feature, agreement: None }).await.unwrap();
    let body = "## From the field\n\n```features\ncount = 1\n```\n\n```event\ntitle = \"Spring meeting\"\nstarts = 2027-03-04T15:00:00\nplace = \
                \"Online\"\n```\n";
    let proof = room.proofed(issue_file(ISSUE, "partners", body)).await;
    room.approve(&approver(), ISSUE, &proof).await.unwrap();
    room.send(ISSUE).await.unwrap();
    room
}

#[tokio::test]
async fn an_event_of_a_partner_is_told_with_all_that_people_ask() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let asked =
        ["The library", "11 March 2027", "Free", "1 March 2027", "Step-free; captions", "/partners/2027-02-partners/event-2.ics"];
    for path in [
        "/partners/2027-02-partners",
        "/partners/2027-02-partners/mail",
        "/partners/2027-02-partners/example-city-united/open-evening",
    ] {
        let page = get(&router, path).await.body;
        for fact in asked {
            assert!(page.contains(fact), "{path} does not say {fact}");
        }
        assert!(page.contains("https://city.example.org/"), "{path} does not link its partner");
    }
}

#[tokio::test]
async fn each_event_has_a_calendar_file_by_its_own_number() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let file = async |number: usize| get(&router, &format!("/partners/2027-02-partners/event-{number}.ics")).await;
    let (own, partners) = (file(1).await.body, file(2).await.body);
    assert!(own.contains("SUMMARY:Spring meeting\r\n"), "{own}");
    for line in [
        "SUMMARY:How one library became a public room",
        "LOCATION:The library",
        "DTSTART:20270312T010000Z",
        "DTEND:20270312T030000Z",
    ] {
        assert!(partners.contains(&format!("{line}\r\n")), "{partners}");
    }
    assert_eq!(file(3).await.status, 404);
}
