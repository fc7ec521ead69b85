//! Notes: what an act tells whoever asked while it is under way. They are bounded: news of progress that nobody has time for is dropped,
//! data waits until it is taken.

use std::io;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::desk::bundle::base64;
use crate::domain::delivery::Tally;

/// How many notes may wait to be heard.
const WAITING_MAX: usize = 16;

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// How far a run of deliveries is.
    Tally(TallyNote),
    /// How many rows of a table have been taken.
    Rows(u64),
    /// One reader's copy of a dry run: its place in the audience, from 0, and its bytes.
    Copy {
        place: u64,
        #[serde(with = "base64")]
        bytes: Vec<u8>,
    },
    /// The next bytes of a backup.
    Block {
        #[serde(with = "base64")]
        bytes: Vec<u8>,
    },
}

/// A tally as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyNote {
    accepted: u64,
    refused: u64,
    deferred: u64,
    skipped: u64,
    uncertain: u64,
    pending: u64,
}

impl From<Tally> for TallyNote {
    fn from(tally: Tally) -> Self {
        let Tally { accepted, refused, deferred, skipped, uncertain, pending } = tally;
        Self { accepted, refused, deferred, skipped, uncertain, pending }
    }
}

impl From<TallyNote> for Tally {
    fn from(note: TallyNote) -> Self {
        let TallyNote { accepted, refused, deferred, skipped, uncertain, pending } = note;
        Self { accepted, refused, deferred, skipped, uncertain, pending }
    }
}

/// Where an act leaves its notes.
#[derive(Debug, Clone)]
pub struct Notes(mpsc::Sender<Note>);

impl Notes {
    /// Notes, and the end at which they are heard.
    #[must_use]
    pub fn channel() -> (Self, mpsc::Receiver<Note>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self(sender), receiver)
    }

    /// Tells how far the act is. Never waits: when nobody keeps up, the news is dropped, and the next is newer.
    pub fn tell(&self, note: Note) {
        // Full or no longer heard: either way there is nothing to do about it.
        let _ = self.0.try_send(note);
    }

    /// Hands over data, and waits until there is room for it.
    ///
    /// # Errors
    /// `BrokenPipe` when nobody listens any more.
    pub async fn give(&self, note: Note) -> io::Result<()> {
        self.0.send(note).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn news_is_dropped_when_nobody_keeps_up_and_data_is_not() {
        let (notes, mut heard) = Notes::channel();
        for rows in 0..100 {
            notes.tell(Note::Rows(rows));
        }
        let giving = notes.give(Note::Copy { place: 0, bytes: vec![1] });
        let hearing = async {
            let mut all = Vec::new();
            while let Some(note) = heard.recv().await {
                let is_data = matches!(note, Note::Copy { .. });
                all.push(note);
                if is_data {
                    break;
                }
            }
            all
        };
        let (given, all) = tokio::join!(giving, hearing);
        given.unwrap();
        assert_eq!(all.len(), WAITING_MAX + 1);
        assert_eq!(all[0], Note::Rows(0));
        drop(heard);
        assert_eq!(notes.give(Note::Rows(1)).await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
