//! A snapshot over many pages that was broken off: whoever goes on writes everybody once, and nobody who stands there already again.

use std::collections::BTreeSet;

use pressroom::desk::request::NameIssue;
use pressroom::domain::audience::AudienceRule;
use pressroom::domain::id::{IssueId, NewsletterId};
use pressroom::domain::issue::IssueState;
use pressroom::store::{Appended, CHUNK_READERS_MAX, Cursor, PAGE_ROWS_MAX, Paused, Which};

use super::newsroom::{Newsroom, approver, editor, issue_file};

/// Several pages, and a last one that is not full.
const READERS: usize = 2 * PAGE_ROWS_MAX + 250;

#[tokio::test]
async fn a_broken_off_snapshot_is_finished_wherever_it_stopped() {
    for chunks_written in [0, 1, 5, 11] {
        let room = Newsroom::open().await;
        room.readers("partners", READERS).await;
        let name = "2027-02-partners";
        let proof = room.proofed(issue_file(name, "partners", "## News\n\nA plain item.\n")).await;
        room.approve(&approver(), name, &proof).await.unwrap();
        let id = IssueId::parse(name).unwrap();
        write_chunks(&room, &id, chunks_written).await;
        let mut issue = room.store.find_issue(&id).await.unwrap().unwrap();
        issue.state = IssueState::Opening;
        issue.version += 1;
        room.store.put_issue(issue).await.unwrap();
        // Nothing is to be sent here, only opened.
        room.store.set_paused(&id, Paused::Yes).await.unwrap();

        room.desk.resume_issue(&editor(), NameIssue { issue: name.into() }).await.unwrap();
        assert!(room.store.sealed_at(&id).await.unwrap().is_some());
        assert_eq!(room.store.tally(&id).await.unwrap().intended(), READERS as u64, "{chunks_written} chunks were written");
        let (mut seen, mut cursor) = (BTreeSet::new(), Some(Cursor::start()));
        while let Some(from) = cursor {
            let page = room.store.page_deliveries(&id, Which::All, from, PAGE_ROWS_MAX).await.unwrap();
            assert!(page.rows.iter().all(|delivery| seen.insert(delivery.reader)), "nobody twice");
            cursor = page.next;
        }
        assert_eq!(seen.len(), READERS, "nobody lost");
    }
}

/// What an opening had written when its process died.
async fn write_chunks(room: &Newsroom, id: &IssueId, chunks: u32) {
    let rule = AudienceRule::all(NewsletterId::parse("partners").unwrap());
    let mut cursor = Some(Cursor::start());
    for chunk in 0..chunks {
        let page = room.store.page_audience(&rule, cursor.take().unwrap(), CHUNK_READERS_MAX).await.unwrap();
        assert_eq!(room.store.append(id, chunk, page.rows).await.unwrap(), Appended::Done);
        cursor = page.next;
    }
}
