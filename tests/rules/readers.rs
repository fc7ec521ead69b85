//! What the desk promises about tables of readers.

use pressroom::desk::request::{ImportReaders, ListReaders, NameReader, RemoveReader};

use super::newsroom::{Newsroom, editor};

fn table(csv: &str, consent: Option<&str>, dry_run: bool) -> ImportReaders {
    ImportReaders {
        newsletter: "partners".into(),
        file_name: "readers.csv".into(),
        csv: csv.as_bytes().to_vec(),
        consent: consent.map(str::to_owned),
        dry_run,
    }
}

#[tokio::test]
async fn who_left_is_never_revived_and_a_dry_run_changes_nothing() {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    let reader = "reader0@example.org".to_owned();
    room.desk.remove_reader(&editor(), RemoveReader { reader: reader.clone(), newsletter: None }).await.unwrap();
    let csv = "email\nreader0@example.org\nnew@example.org\nno address\n";
    let dry = room.desk.import_readers(&editor(), table(csv, Some("a fair"), true), &|_| {}).await.unwrap();
    assert_eq!((dry.rows, dry.created, dry.kept_left, dry.bad.len(), dry.bad[0].line), (3, 1, 1, 1, 4));
    assert_eq!(room.store.count_all().await.unwrap(), 1);
    let real = room.desk.import_readers(&editor(), table(csv, Some("a fair"), false), &|_| {}).await.unwrap();
    assert_eq!((real.created, real.kept_left), (dry.created, dry.kept_left));
    let shown = room.desk.show_reader(NameReader { reader }).await.unwrap();
    assert_eq!(shown.line.newsletters["partners"], "left");
}

#[tokio::test]
async fn without_consent_words_people_are_pending() {
    let room = Newsroom::open().await;
    let imported = room.desk.import_readers(&editor(), table("email\na@example.org\n", Some("  "), false), &|_| {}).await.unwrap();
    assert!(imported.pending);
    let shown = room.desk.show_reader(NameReader { reader: "a@example.org".into() }).await.unwrap();
    assert_eq!(shown.line.newsletters["partners"], "pending");
}

#[tokio::test]
async fn an_export_is_harmless_to_a_spreadsheet_and_can_be_imported_again() {
    let room = Newsroom::open().await;
    let csv = "email,name,state\na@example.org,\"=HYPERLINK(\"\"https://x.example\"\")\",NM\nb@example.org,\"Park, Zoë\",\n";
    room.desk.import_readers(&editor(), table(csv, Some("a fair"), false), &|_| {}).await.unwrap();
    let mut from = None;
    let mut lines = Vec::new();
    loop {
        let page = room.desk.export_readers(ListReaders { from, rows: 1, ..ListReaders::default() }).await.unwrap();
        lines.push(page.csv);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let text = lines.concat();
    assert!(text.starts_with("a@example.org,\"'=HYPERLINK"), "{text}");
    assert!(text.contains("b@example.org,\"Park, Zoë\","), "{text}");
}
