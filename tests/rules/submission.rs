//! What partners send in: what they may say of it, what is pointed out, and what is kept of its road.

use axum::http::StatusCode;
use pressroom::desk::DeskError;
use pressroom::desk::bundle::{FileBundle, FileReport};
use pressroom::desk::reply::FeatureDetail;
use pressroom::desk::request::{
    ApproveFeature, CheckFiles, DeclineFeature, MakeProof, NameFeature, NameIssue, NextFeatures, ReviewFeature, RollOver,
    SubmitFeature,
};

use crate::newsroom::{Newsroom, editor, feature_file, issue_file};
use crate::writing::{ID, PLACE, begun, piece};

/// A file that says one thing more of its piece.
fn saying(partner: &str, subject: &str, key: &str) -> FileBundle {
    let file = feature_file(partner, "our-piece", subject);
    let text = String::from_utf8(file.bytes).unwrap().replacen("+++\n", &format!("+++\n{key}\n"), 1);
    FileBundle { bytes: text.into_bytes(), ..file }
}

#[tokio::test]
async fn a_features_road_is_written_down() {
    let room = Newsroom::open().await;
    let feature = room.feature("example-city-united", "paying-for-the-middle").await;
    let shown = room.desk.show_feature(NameFeature { feature: feature.clone() }).await.unwrap();
    let told = |shown: &FeatureDetail| shown.history.iter().map(|note| (note.what.clone(), note.text.clone())).collect::<Vec<_>>();
    let line = |what: &str, text: &str| (what.to_owned(), text.to_owned());
    assert_eq!(told(&shown), [line("submitted", ""), line("approved", "")]);
    let declined = DeclineFeature { feature: feature.clone(), reason: "told before".into() };
    room.desk.decline_feature(&editor(), declined).await.unwrap();
    let shown = room.desk.show_feature(NameFeature { feature: feature.clone() }).await.unwrap();
    assert_eq!(told(&shown).last(), Some(&line("declined", "told before")));
    assert!(shown.history.iter().all(|note| note.side == "staff" && note.shared));
    // What has no meaning leaves no line.
    let again = ReviewFeature { feature: feature.clone(), edited: None };
    assert!(room.desk.review_feature(&editor(), again).await.is_err());
    assert_eq!(told(&room.desk.show_feature(NameFeature { feature }).await.unwrap()).len(), 3);
}

#[tokio::test]
async fn a_position_is_never_chosen_by_the_rotation() {
    let room = Newsroom::open().await;
    room.feature("example-city-united", "paying-for-the-middle").await;
    let file = saying("example-family-table", "attic", "position = true");
    let feature = room.desk.submit_feature(&editor(), SubmitFeature { file }).await.unwrap().line.id;
    room.desk.approve_feature(&editor(), ApproveFeature { feature, agreement: None }).await.unwrap();
    let next = room.desk.next_features(NextFeatures { count: 2, topics: vec![] }).await.unwrap();
    assert_eq!(next.chosen.len(), 1);
    assert!(next.passed_over[0].reason.contains("takes a position"), "{}", next.passed_over[0].reason);
}

/// Nobody is asked for their yes to what stands in a feature block.
#[tokio::test]
async fn consent_is_explicit_and_a_position_stands_in_no_feature_block() {
    let room = Newsroom::open().await;
    let file = saying("example-family-table", "attic", "position = true");
    let feature = room.desk.submit_feature(&editor(), SubmitFeature { file }).await.unwrap().line.id;
    room.desk.approve_feature(&editor(), ApproveFeature { feature: feature.clone(), agreement: None }).await.unwrap();
    let file = issue_file("2027-02-partners", "partners", &format!("## From the field\n\n```feature\nid = \"{feature}\"\n```\n"));
    let codes = |reports: &[FileReport]| -> Vec<String> {
        reports.iter().flat_map(|report| &report.problems).map(|problem| problem.code.clone()).collect()
    };
    let checked = room.desk.check(CheckFiles { files: vec![file.clone()], offline: true }).await.unwrap();
    assert!(codes(&checked).contains(&"PLACE004".to_owned()), "{checked:?}");
    room.queue(file).await;
    let refused = room.desk.make_proof(&editor(), MakeProof { issue: "2027-02-partners".into(), offline: true }).await.unwrap_err();
    assert!(matches!(&refused, DeskError::AuthorFiles { files } if codes(files).contains(&"PLACE004".to_owned())), "{refused:?}");
    assert_eq!(room.feature_state(&feature).await, "approved");
}

#[tokio::test]
async fn a_piece_that_looks_like_another_is_pointed_out_and_taken() {
    let room = Newsroom::open().await;
    let submit = async |partner: &str, subject: &str| {
        let file = saying(partner, subject, "");
        room.desk.submit_feature(&editor(), SubmitFeature { file }).await.unwrap()
    };
    assert_eq!(submit("example-city-united", "gym").await.alike, []);
    let second = submit("example-family-table", "gym").await;
    assert_eq!(second.alike.len(), 1);
    assert_eq!(second.alike[0].id, "example-city-united/our-piece");
    assert_eq!(second.line.state, "submitted");
}

#[tokio::test]
async fn limits_of_today_hold_for_what_is_sent_in_today() {
    let room = Newsroom::open().await;
    let feature = room.feature("example-city-united", "paying-for-the-middle").await;
    let strict = room.under("[submissions]\ntitle_max = 21\n");
    let file = feature_file("example-family-table", "too-long", "gym");
    assert_eq!(strict.submit_feature(&editor(), SubmitFeature { file }).await.unwrap_err().exit_code(), 65);
    let next = strict.next_features(NextFeatures { count: 1, topics: vec![] }).await.unwrap();
    assert_eq!(next.chosen[0].feature, feature, "what was taken in before stays what it is");
}

#[tokio::test]
async fn a_piece_that_is_put_off_leaves_its_issue_and_runs_in_a_later_one() {
    let room = Newsroom::open().await;
    let feature = room.feature("example-city-united", "paying-for-the-middle").await;
    let id = "2027-02-partners";
    room.proofed(issue_file(id, "partners", "## From the field\n\n```features\ncount = 1\n```\n")).await;
    assert_eq!(room.feature_state(&feature).await, "placed");
    let later = |version| RollOver { feature: feature.clone(), version };
    assert_eq!(room.desk.roll_over(&editor(), later(Some(1))).await.unwrap_err().exit_code(), 75, "an old version");
    room.desk.roll_over(&editor(), later(None)).await.unwrap();
    assert_eq!(room.feature_state(&feature).await, "approved");
    let issue = room.desk.show_issue(NameIssue { issue: id.into() }).await.unwrap();
    assert_eq!(issue.line.state, "held");
    let next = room.desk.next_features(NextFeatures { count: 1, topics: vec![] }).await.unwrap();
    assert!(next.chosen.is_empty());
    assert!(next.passed_over[0].reason.starts_with("waits for 2027-02-"), "{}", next.passed_over[0].reason);
    room.clock.advance(jiff::SignedDuration::from_hours(24 * 40));
    let next = room.desk.next_features(NextFeatures { count: 1, topics: vec![] }).await.unwrap();
    assert_eq!(next.chosen[0].feature, feature);
}

#[tokio::test]
async fn what_its_partner_wants_now_or_not_at_all_is_not_put_off() {
    let room = Newsroom::open().await;
    for (partner, subject, key) in
        [("example-city-united", "gym", "rollover = false"), ("example-family-table", "attic", "useful_until = 2027-01-20")]
    {
        let file = saying(partner, subject, key);
        let feature = room.desk.submit_feature(&editor(), SubmitFeature { file }).await.unwrap().line.id;
        let refused = room.desk.roll_over(&editor(), RollOver { feature, version: None }).await.unwrap_err();
        assert_eq!(refused.exit_code(), 1, "{refused}");
    }
}

#[tokio::test]
async fn whose_turn_it_is_has_nothing_in_hand() {
    let room = Newsroom::open().await;
    room.feature("example-city-united", "paying-for-the-middle").await;
    let report = room.desk.fairness(&editor()).await.unwrap();
    let due: Vec<_> = report.due.iter().map(|due| (due.partner.as_str(), due.months_since)).collect();
    let never = |partner| (partner, None);
    assert_eq!(due, ["example-educators-guild", "example-family-table", "example-silent"].map(never));
    assert_eq!(
        report.by_level.iter().map(|share| (share.group.as_str(), share.partners)).collect::<Vec<_>>(),
        [("local", 2), ("national", 1), ("state", 1)]
    );
}

/// A PNG that says how large it is, and has nothing behind that.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    // PNG (W3C), annex D.
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ crc >> 1 } else { crc >> 1 };
    let sum = |bytes: &[u8]| !bytes.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)));
    let chunk = |kind: &[u8], data: &[u8]| {
        let body = [kind, data].concat();
        [&u32::try_from(data.len()).unwrap().to_be_bytes(), body.as_slice(), &sum(&body).to_be_bytes()].concat()
    };
    let head: Vec<u8> = width.to_be_bytes().into_iter().chain(height.to_be_bytes()).chain([8, 2, 0, 0, 0]).collect();
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &head), &chunk(b"IDAT", &[0; 10]), &chunk(b"IEND", b"")].concat()
}

#[tokio::test]
async fn hostile_submissions_are_refused_or_harmless() {
    let (club, sam) = begun().await;
    let submit = format!("{PLACE}/submit");
    let line = "a".repeat(100_000);
    // What is written somewhere, the field beside which it is told, and what is said of it.
    for (field, text, told) in [
        ("brief", "<script>window.__owned = 1</script>", "HTML"),
        ("brief", "<img src=x onerror=alert(1)>", "HTML"),
        ("story", "[here it is](javascript:alert(1))", "link"),
        ("story", "{{ env }}", "filled in"),
        ("title", "A gym that is {{ first_name }} and more", "filled in"),
        ("title", "A gym that opens \u{202e}gninepo in the evening", "U+202E"),
        ("image_description", "A gym", "fill it in"),
        ("link_url", "javascript:alert(document.cookie)", "link"),
        ("authorised_by", "Sam\0Example", "U+0000"),
        ("summary", line.as_str(), "one line of 1 to 500 characters"),
        ("names", "example-nobody", "example-nobody"),
    ] {
        let page = club.get(&sam, &format!("{PLACE}/edit")).await;
        let form =
            piece(page.field("version").parse().unwrap(), &[(field, text), ("authorised", "yes"), ("link_text", "The plan")]);
        let answer = club.post(&sam, &submit, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {text:?}");
        // A description without a picture lacks the picture.
        let place = if field == "image_description" { "image_file" } else { field };
        let beside = answer
            .body
            .split(&format!("id=\"{place}-problem\""))
            .nth(1)
            .unwrap_or_else(|| panic!("{field} {text:?}: {}", answer.body));
        let beside = beside.split("</div>").next().unwrap();
        let (shortened, said): (String, String) = (text.chars().take(60).collect(), beside.chars().take(300).collect());
        assert!(beside.contains(told), "{field} {shortened:?}: {said}");
        for page in [answer.body, club.get(&sam, &format!("{PLACE}/preview/mail")).await.body] {
            for live in ["<script>", "<img src=x", "href=\"javascript:"] {
                assert!(!page.contains(live), "{field} {text:?}: {page}");
            }
        }
    }
    assert!(club.room.desk.show_feature(NameFeature { feature: ID.into() }).await.is_err(), "nothing of it was sent");
    // More than a form holds is said in a page.
    let long = club.post(&sam, &submit, &piece(1, &[("story", &"a".repeat(1_000_000))])).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn hostile_pictures_are_refused_or_harmless() {
    let (club, sam) = begun().await;
    let png = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/issues/features/mentor.png")).unwrap();
    let give = async |file: &[u8]| {
        let version = club.get(&sam, &format!("{PLACE}/edit")).await.field("version").parse().unwrap();
        club.post_file(&sam, &format!("{PLACE}/picture"), (&piece(version, &[("image_description", "A gym")]), file)).await
    };
    for (file, told) in [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(), "SVG"),
        (b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0;".to_vec(), "40 million"),
        (claiming(60_000, 60_000), "40 million"),
        (b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), "JPEG or PNG"),
        (png[..png.len() / 2].to_vec(), "damaged"),
        (Vec::new(), "JPEG or PNG"),
    ] {
        let answer = give(&file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let beside = answer.body.split("id=\"picture-problem\"").nth(1).unwrap().split("</p>").next().unwrap();
        assert!(beside.contains(told), "{told}: {beside}");
    }
    // A picture with a page behind it: the page stays behind.
    let polyglot = [png.as_slice(), b"<html><script>alert(1)</script></html>"].concat();
    assert_eq!(give(&polyglot).await.status, StatusCode::SEE_OTHER);
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    let hash = form.body.split("/pictures/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let kept = club.get(&sam, &format!("/pictures/{hash}")).await;
    assert_eq!((kept.header("content-type"), kept.header("x-content-type-options")), ("image/png", "nosniff"));
    assert!(kept.header("content-security-policy").starts_with("sandbox") && !kept.body.contains("<script>"));
    // The file's name and its type are not looked at, and are not kept.
    assert!(!form.body.contains("&lt;b&gt;.html"));
    let heavy = give(&vec![0; 6 * 1024 * 1024]).await;
    assert_eq!(heavy.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(heavy.body.contains("Too large"), "{}", heavy.body);
}

#[tokio::test]
async fn staff_who_send_in_for_a_partner_are_told_that_it_has_much_in_hand() {
    let room = Newsroom::open().await;
    let submit = async |slug: &str| {
        let file = feature_file("example-city-united", slug, slug);
        room.desk.submit_feature(&editor(), SubmitFeature { file }).await.unwrap().over_quota
    };
    for slug in ["one", "two", "three"] {
        assert_eq!(submit(slug).await, None, "{slug}");
    }
    let told = submit("four").await.unwrap();
    assert_eq!((told.open, told.open_max), (3, 3));
    assert_eq!(room.feature_state("example-city-united/four").await, "submitted", "it is pointed out, and taken in");
}
