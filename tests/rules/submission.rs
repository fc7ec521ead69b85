//! What partners send in: what they may say of it, what is pointed out, and what is kept of its road.

use pressroom::desk::bundle::FileBundle;
use pressroom::desk::reply::FeatureDetail;
use pressroom::desk::request::{
    ApproveFeature, DeclineFeature, NameFeature, NameIssue, NextFeatures, ReviewFeature, RollOver, SubmitFeature,
};

use crate::newsroom::{Newsroom, editor, feature_file, issue_file};

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
