//! What `check` says of files as people really make them: of a byte-order mark, of names and moments that cannot be, of what weighs too
//! much; and that queueing says the same.

use pressroom::desk::bundle::{FileBundle, PICTURE_BYTES_MAX, PictureFile};
use pressroom::desk::request::{CheckFiles, ImportReaders, QueueIssue, SubmitFeature};

use crate::newsroom::{Newsroom, editor, feature_file, issue_file};

async fn codes(room: &Newsroom, file: FileBundle) -> Vec<String> {
    let reports = room.desk.check(CheckFiles { files: vec![file], offline: true }).await.unwrap();
    reports[0].problems.iter().filter(|problem| problem.level != "info").map(|problem| problem.code.clone()).collect()
}

fn plain(name: &str) -> FileBundle {
    issue_file(name, "partners", "We met in the gym and agreed on a plan for the spring term.")
}

fn edited(mut file: FileBundle, from: &str, to: &str) -> FileBundle {
    let text = String::from_utf8(file.bytes).unwrap();
    assert!(text.contains(from), "{text}");
    file.bytes = text.replacen(from, to, 1).into_bytes();
    file
}

#[tokio::test]
async fn a_feature_with_a_byte_order_mark_is_still_a_feature() {
    let room = Newsroom::open().await;
    let file = feature_file("example-family-table", "parents-chair", "Parents");
    let before = codes(&room, file.clone()).await;
    assert_eq!(codes(&room, edited(file, "+++", "\u{feff}+++")).await, before);
}

#[tokio::test]
async fn an_issue_file_whose_name_is_no_id_does_not_pass() {
    let room = Newsroom::open().await;
    let mut file = plain("2027-02-partners");
    assert!(!codes(&room, file.clone()).await.contains(&"FILE003".to_owned()));
    file.name = "2027 März (final).md".to_owned();
    assert!(codes(&room, file.clone()).await.contains(&"FILE003".to_owned()));
    let refused = room.desk.queue_issue(&editor(), QueueIssue { file, rechoose: false }).await.unwrap_err();
    assert_eq!(refused.exit_code(), 2);
}

#[tokio::test]
async fn a_moment_that_is_over_is_told_before_and_when_it_is_queued() {
    let room = Newsroom::open().await;
    let with = |send: &str| edited(plain("2027-02-partners"), "subject", &format!("send = {send}\nsubject"));
    assert!(!codes(&room, with("2037-02-02T10:00:00")).await.contains(&"SEND001".to_owned()));
    let past = with("2020-02-02T10:00:00");
    assert!(codes(&room, past.clone()).await.contains(&"SEND001".to_owned()));
    let told = room.queue(past).await.report.problems;
    let send = told.iter().find(|problem| problem.code == "SEND001").unwrap();
    assert!(send.span.is_some());
}

#[tokio::test]
async fn a_picture_that_is_too_heavy_is_said_to_be() {
    let room = Newsroom::open().await;
    let mut file = edited(plain("2027-02-partners"), "We met", "![A boat on the river](boat.png)\n\nWe met");
    // The caller reads one byte more than is allowed.
    file.pictures.push(PictureFile { path: "boat.png".to_owned(), bytes: vec![0x89; PICTURE_BYTES_MAX + 1] });
    let reports = room.desk.check(CheckFiles { files: vec![file], offline: true }).await.unwrap();
    assert!(reports[0].problems.iter().any(|problem| problem.message.contains("more than 5 MB")), "{:?}", reports[0].problems);
}

#[tokio::test]
async fn a_table_without_a_readable_header_is_one_bad_line() {
    let room = Newsroom::open().await;
    for csv in ["", "name\nAda\n", "ada@example.org,Ada\n"] {
        let request = ImportReaders {
            newsletter: "partners".into(),
            file_name: "readers.csv".into(),
            csv: csv.into(),
            consent: Some("a meeting".into()),
            dry_run: false,
        };
        let imported = room.desk.import_readers(&editor(), request, &|_| {}).await.unwrap();
        assert_eq!((imported.created, imported.bad.len(), imported.bad[0].line), (0, 1, 1), "{csv:?}");
    }
}

#[tokio::test]
async fn a_features_links_are_looked_at_when_it_comes_and_not_when_an_issue_waits_for_it() {
    let room = Newsroom::open().await;
    let file = feature_file("example-family-table", "parents-chair", "gym");
    assert_eq!(codes(&room, file.clone()).await, Vec::<String>::new());
    let own = "places = [\"NM\"]\nlink = { url = \"https://bit.ly/gym\", text = \"How the keys are kept\" }";
    let text = "until the last bus has gone, as [the page on keys](https://bit.ly/keys) says. ";
    for hidden in [edited(file.clone(), "places = [\"NM\"]", own), edited(file, "until the last bus has gone. ", text)] {
        assert_eq!(codes(&room, hidden.clone()).await, ["LINK003"]);
        let refused = room.desk.submit_feature(&editor(), SubmitFeature { file: hidden }).await.unwrap_err();
        assert_eq!(refused.exit_code(), 65);
    }
}

#[tokio::test]
async fn a_feature_is_compared_with_the_registry_and_the_charter() {
    let room = Newsroom::open().await;
    let said = |key: &str| edited(feature_file("example-family-table", "parents-chair", "hall"), "+++\n", &format!("+++\n{key}\n"));
    for (key, wanted) in [
        ("names = [\"example-city-united\"]", None),
        ("names = [\"example-city-untied\"]", Some("PARTNER001")),
        ("principles = [\"shared-places\"]", None),
        ("principles = [\"shared-palaces\"]", Some("FEATURE016")),
        ("evidence = \"Counted by Example City United\"", Some("FEATURE015")),
        ("evidence = \"Counted by Example City United\"\nnames = [\"example-city-united\"]", None),
        ("evidence = \"Counted by Example Family Table itself\"", None),
    ] {
        assert_eq!(codes(&room, said(key)).await, wanted.into_iter().collect::<Vec<_>>(), "{key}");
    }
    let unknown = SubmitFeature { file: said("principles = [\"shared-palaces\"]") };
    assert_eq!(room.desk.submit_feature(&editor(), unknown).await.unwrap_err().exit_code(), 65);
    let only_found = SubmitFeature { file: said("evidence = \"Counted by Example City United\"") };
    assert_eq!(room.desk.submit_feature(&editor(), only_found).await.unwrap().line.state, "submitted");
}

#[tokio::test]
async fn a_features_picture_is_wide_enough_to_be_sharp() {
    let room = Newsroom::open().await;
    let table = "+++\nimage = { file = \"hall.png\", description = \"An open door in the evening\" }\n";
    let with = |bytes: Vec<u8>| {
        let file = edited(feature_file("example-family-table", "parents-chair", "hall"), "+++\n", table);
        FileBundle { pictures: vec![PictureFile { path: "hall.png".into(), bytes }], ..file }
    };
    for (width_px, is_sharp) in [(1200, true), (700, false)] {
        let reports = room.desk.check(CheckFiles { files: vec![with(picture_of(width_px))], offline: true }).await.unwrap();
        let codes: Vec<&str> = reports[0].problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes.contains(&"IMG004"), !is_sharp, "{width_px}: {codes:?}");
    }
}

fn picture_of(width_px: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let drawing = image::RgbImage::from_pixel(width_px, 600, image::Rgb([40, 90, 120]));
    drawing.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
