//! Lines of a feature's history.

use serde::{Deserialize, Serialize};

use super::super::moment::Moment;
use super::super::{Form, read_form, write_form};
use crate::domain::feature::{FeatureNote, NoteKind, Side};
use crate::domain::id::RevisionHash;
use crate::domain::people::Actor;
use crate::store::Result;

#[derive(Serialize, Deserialize)]
struct NoteForm {
    number: u64,
    at: Moment,
    by: String,
    by_partner: bool,
    kind: KindForm,
    text: String,
    is_shared: bool,
    revision: Option<[u8; 32]>,
}

impl Form for NoteForm {
    const WHAT: &'static str = "a line of a feature's history";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum KindForm {
    Submitted,
    ReviewBegan,
    Edited,
    Commented,
    Approved,
    Agreed,
    Objected,
    Placed,
    TakenOut,
    RolledOver,
    Published,
    Declined,
    Withdrawn,
}

pub(in crate::store::sled) fn encode_note(note: &FeatureNote) -> Result<Vec<u8>> {
    write_form(&NoteForm {
        number: note.number,
        at: Moment::of(note.at),
        by: note.by.as_str().to_owned(),
        by_partner: match note.side {
            Side::Partner => true,
            Side::Staff => false,
        },
        kind: KindForm::of(note.kind),
        text: note.text.clone(),
        is_shared: note.is_shared,
        revision: note.revision.map(|revision| *revision.as_bytes()),
    })
}

pub(in crate::store::sled) fn decode_note(key: &[u8], bytes: &[u8]) -> Result<FeatureNote> {
    read_form(bytes, &|| data_encoding::HEXLOWER.encode(key), |form: NoteForm| {
        Ok(FeatureNote {
            number: form.number,
            at: form.at.timestamp()?,
            by: Actor::parse(&form.by)?,
            side: if form.by_partner { Side::Partner } else { Side::Staff },
            kind: form.kind.kind(),
            text: form.text,
            is_shared: form.is_shared,
            revision: form.revision.map(RevisionHash::from_bytes),
        })
    })
}

impl KindForm {
    fn of(kind: NoteKind) -> Self {
        match kind {
            NoteKind::Submitted => Self::Submitted,
            NoteKind::ReviewBegan => Self::ReviewBegan,
            NoteKind::Edited => Self::Edited,
            NoteKind::Commented => Self::Commented,
            NoteKind::Approved => Self::Approved,
            NoteKind::Agreed => Self::Agreed,
            NoteKind::Objected => Self::Objected,
            NoteKind::Placed => Self::Placed,
            NoteKind::TakenOut => Self::TakenOut,
            NoteKind::RolledOver => Self::RolledOver,
            NoteKind::Published => Self::Published,
            NoteKind::Declined => Self::Declined,
            NoteKind::Withdrawn => Self::Withdrawn,
        }
    }

    fn kind(self) -> NoteKind {
        match self {
            Self::Submitted => NoteKind::Submitted,
            Self::ReviewBegan => NoteKind::ReviewBegan,
            Self::Edited => NoteKind::Edited,
            Self::Commented => NoteKind::Commented,
            Self::Approved => NoteKind::Approved,
            Self::Agreed => NoteKind::Agreed,
            Self::Objected => NoteKind::Objected,
            Self::Placed => NoteKind::Placed,
            Self::TakenOut => NoteKind::TakenOut,
            Self::RolledOver => NoteKind::RolledOver,
            Self::Published => NoteKind::Published,
            Self::Declined => NoteKind::Declined,
            Self::Withdrawn => NoteKind::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::books::sample;

    #[test]
    fn a_note_of_every_kind_comes_back_as_it_was() {
        for kind in NoteKind::ALL {
            let note = FeatureNote { number: 300, kind, is_shared: kind != NoteKind::Commented, ..sample::note("why") };
            let bare = FeatureNote { side: Side::Staff, revision: None, ..note.clone() };
            for note in [note, bare] {
                assert_eq!(decode_note(&[], &encode_note(&note).unwrap()).unwrap(), note);
            }
        }
    }
}
