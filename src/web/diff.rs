//! What was changed in a text, so that it can be read, heard and printed: insertions and removals are marked by more than their colour.

use maud::{Markup, html};

use crate::content::look::PageWords;
use crate::desk::reply::FieldChange;
use crate::domain::difference::{DiffPiece, Mark};

/// Each field that differs, under its name.
pub(super) fn changes(changes: &[FieldChange], words: &PageWords) -> Markup {
    html! {
        @for change in changes {
            h3 { (change.field.map_or_else(|| words.text("whole-file"), |field| words.field(field))) }
            p.diff { (pieces(&change.pieces, words)) }
        }
    }
}

fn pieces(pieces: &[DiffPiece], words: &PageWords) -> Markup {
    // Screen readers pass over `ins` and `del` as if they were not there.
    let said = |word: String| html! { span.unseen { " " (word) " " } };
    html! {
        @for piece in pieces {
            @match piece.mark {
                Mark::Kept => { (piece.text) }
                Mark::Removed => { del { (said(words.text("diff-removed"))) (piece.text) } }
                Mark::Inserted => { ins { (said(words.text("diff-inserted"))) (piece.text) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::look::Look;
    use crate::domain::difference::word_diff;

    #[test]
    fn a_change_is_marked_and_said_and_what_looks_like_markup_is_text() {
        let changed = FieldChange { field: None, pieces: word_diff("a <b>old</b> gym", "a <i>new</i> gym").unwrap() };
        let page = changes(&[changed], Look::builtin().english_page_words()).into_string();
        assert!(page.contains("<del><span class=\"unseen\"> removed: </span>&lt;b&gt;old&lt;/b&gt;</del>"), "{page}");
        assert!(page.contains("<ins><span class=\"unseen\"> inserted: </span>&lt;i&gt;new&lt;/i&gt;</ins>"), "{page}");
    }
}
