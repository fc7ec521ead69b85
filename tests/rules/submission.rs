//! What partners send in: what they may say of it, what is pointed out, and what is kept of its road.

use pressroom::desk::bundle::FileBundle;
use pressroom::desk::reply::FeatureDetail;
use pressroom::desk::request::{ApproveFeature, DeclineFeature, NameFeature, NextFeatures, ReviewFeature, SubmitFeature};

use crate::newsroom::{Newsroom, editor, feature_file};

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
