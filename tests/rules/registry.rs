//! The registry: what comes in by a table, what staff change, and what of one does not undo the other.

use pressroom::desk::request::{AddPartner, ChangeStanding, ExportPartners, ImportPartners, NewStanding, PartnerFormat};
use pressroom::domain::partner::{Partner, PartnerStanding};
use pressroom::store::Cursor;

use crate::newsroom::{Newsroom, editor};

const FULL: &str = "\
id,name,aliases,level,places,contacts,standing
example-table,Example Table,the Table,state,NM runs 2024-09-01;OR,Ada <ada@table.example.org> [submitter es],active
";

async fn import(room: &Newsroom, csv: &str) -> [u64; 3] {
    let bytes = csv.as_bytes().to_vec();
    let request = ImportPartners { file_name: "t.csv".into(), bytes, format: PartnerFormat::Csv, dry_run: false };
    let imported = room.desk.import_partners(&editor(), request).await.unwrap();
    assert!(imported.bad.is_empty(), "{:?}", imported.bad);
    [imported.created, imported.updated, imported.unchanged]
}

async fn stand(room: &Newsroom, to: NewStanding) -> Result<String, u8> {
    let request = ChangeStanding { partner: "example-table".into(), to, version: None };
    let changed = room.desk.change_standing(&editor(), request).await;
    changed.map(|changed| changed.line.standing).map_err(|error| error.exit_code())
}

async fn table(room: &Newsroom) -> Partner {
    let all = room.store.page_partners(Cursor::start(), 100).await.unwrap().rows;
    all.into_iter().find(|partner| partner.id.as_str() == "example-table").unwrap()
}

fn resting() -> NewStanding {
    NewStanding::Resting { reason: "a merger".into() }
}

#[tokio::test]
async fn a_table_that_says_nothing_of_it_leaves_how_a_partner_stands() {
    let room = Newsroom::open().await;
    assert_eq!(import(&room, FULL).await, [1, 0, 0]);
    assert_eq!(import(&room, FULL).await, [0, 0, 1]);
    let since = table(&room).await.standing.since();
    room.clock.advance(jiff::SignedDuration::from_hours(48));
    assert_eq!(stand(&room, resting()).await.as_deref(), Ok("resting"));
    assert_eq!(import(&room, "id,name,level\nexample-table,Example Table West,state\n").await, [0, 1, 0]);
    let found = table(&room).await;
    assert_eq!(found.standing, PartnerStanding::Resting { since, reason: "a merger".into() });
    assert_eq!((found.name.as_str(), found.version), ("Example Table West", 3));
    assert_eq!(import(&room, FULL).await, [0, 1, 0]);
    assert_eq!(table(&room).await.standing, PartnerStanding::Active { since }, "as old as before");
}

#[tokio::test]
async fn who_is_gone_has_no_contacts_and_comes_back_as_new() {
    let room = Newsroom::open().await;
    import(&room, FULL).await;
    let since = table(&room).await.standing.since();
    assert_eq!(stand(&room, NewStanding::Gone { reason: " ".into() }).await, Err(2));
    assert_eq!(stand(&room, NewStanding::Gone { reason: "closed".into() }).await.as_deref(), Ok("gone"));
    assert!(table(&room).await.contacts.is_empty());
    assert_eq!(stand(&room, resting()).await, Err(1), "who is gone does not rest");
    room.clock.advance(jiff::SignedDuration::from_hours(48));
    assert_eq!(stand(&room, NewStanding::Active).await.as_deref(), Ok("active"));
    assert!(table(&room).await.standing.since() > since);
    let stale = ChangeStanding { partner: "example-table".into(), to: resting(), version: Some(1) };
    assert_eq!(room.desk.change_standing(&editor(), stale).await.unwrap_err().exit_code(), 75);
    let acts: Vec<_> = room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    assert_eq!(acts.iter().filter(|entry| entry.act == "partner.standing").count(), 2);
}

#[tokio::test]
async fn what_is_exported_changes_nothing_when_it_comes_back() {
    let room = Newsroom::open().await;
    import(&room, FULL).await;
    stand(&room, NewStanding::Gone { reason: "=closed; \"for good\"".into() }).await.unwrap();
    for format in [PartnerFormat::Csv, PartnerFormat::Json] {
        let page = room.desk.export_partners(ExportPartners { from: None, rows: 100, format }).await.unwrap();
        let bytes = match format {
            PartnerFormat::Csv => (page.header + &page.csv).into_bytes(),
            PartnerFormat::Json => serde_json::to_vec(&page.json).unwrap(),
        };
        let request = ImportPartners { file_name: "t".into(), bytes, format, dry_run: false };
        let imported = room.desk.import_partners(&editor(), request).await.unwrap();
        assert_eq!((imported.unchanged, imported.bad.len()), (5, 0), "{:?}", imported.bad);
    }
}

#[tokio::test]
async fn a_partner_is_added_once_and_in_networks_that_there_are() {
    let room = Newsroom::open().await;
    let add = async |json: &str| {
        let request = AddPartner { file_name: "p.json".into(), json: json.as_bytes().to_vec() };
        room.desk.add_partner(&editor(), request).await.map(|changed| changed.version).map_err(|error| error.exit_code())
    };
    let json = r#"{"id": "example-guest", "name": "Example Guest", "level": "local"}"#;
    assert_eq!(add(json).await, Ok(1));
    assert_eq!(add(json).await, Err(1));
    assert_eq!(add(&json.replace("\"level\"", "\"networks\": [\"none\"], \"level\"").replace("guest", "other")).await, Err(2));
    assert_eq!(add(&format!("[{json}, {json}]")).await, Err(2));
    assert_eq!(add(&json.replace("example-guest", "map")).await, Err(2), "an address of the directory");
}
