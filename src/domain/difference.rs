//! A readable difference between two texts, word by word. How it is shown is the pages' and the mails'; at the command line it is one text
//! with `[-taken out-]` and `{+put in+}`.

/// The largest table of words against words, in cells of four bytes; beyond it the middle of the texts is shown as replaced whole.
const TABLE_CELLS_MAX: usize = 4_000_000;

/// What became of some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Kept,
    Removed,
    Inserted,
}

/// Words that stand together and of which the same became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffPiece {
    pub mark: Mark,
    pub text: String,
}

/// The difference, or `None` when the texts are the same.
#[must_use]
pub fn word_diff(old: &str, new: &str) -> Option<Vec<DiffPiece>> {
    if old == new {
        return None;
    }
    let (old, new) = (tokens(old), tokens(new));
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let mut pieces: Vec<(Mark, &str)> = old[..head].iter().map(|token| (Mark::Kept, *token)).collect();
    middle(&old[head..old.len() - tail], &new[head..new.len() - tail], &mut pieces);
    pieces.extend(old[old.len() - tail..].iter().map(|token| (Mark::Kept, *token)));
    Some(joined(&pieces))
}

/// Words and the space between them, each a token, so that joining them gives the text again.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut was_space = None;
    for (at, c) in text.char_indices() {
        if was_space.is_some_and(|was| was != c.is_whitespace()) {
            tokens.push(&text[start..at]);
            start = at;
        }
        was_space = Some(c.is_whitespace());
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

/// The longest common subsequence of what differs.
fn middle<'a>(old: &[&'a str], new: &[&'a str], pieces: &mut Vec<(Mark, &'a str)>) {
    if old.len().saturating_mul(new.len()) > TABLE_CELLS_MAX {
        pieces.extend(old.iter().map(|token| (Mark::Removed, *token)));
        pieces.extend(new.iter().map(|token| (Mark::Inserted, *token)));
        return;
    }
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            pieces.push((Mark::Kept, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            pieces.push((Mark::Removed, old[i]));
            i += 1;
        } else {
            pieces.push((Mark::Inserted, new[j]));
            j += 1;
        }
    }
}

fn joined(pieces: &[(Mark, &str)]) -> Vec<DiffPiece> {
    let runs = pieces.chunk_by(|a, b| a.0 == b.0);
    runs.map(|run| DiffPiece { mark: run[0].0, text: run.iter().map(|(_, token)| *token).collect() }).collect()
}

/// The difference as one text.
#[must_use]
pub fn written(pieces: &[DiffPiece]) -> String {
    let mut out = String::new();
    for DiffPiece { mark, text } in pieces {
        match mark {
            Mark::Kept => out.push_str(text),
            Mark::Removed => out.push_str(&format!("[-{text}-]")),
            Mark::Inserted => out.push_str(&format!("{{+{text}+}}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_changed_word_stands_beside_what_it_replaces() {
        let diff = written(&word_diff("The gym is a public room.\n", "The gym is an open room.\n").unwrap());
        assert_eq!(diff, "The gym is [-a-]{+an+} [-public-]{+open+} room.\n");
        assert_eq!(word_diff("same", "same"), None);
        assert_eq!(word_diff("", "new"), Some(vec![DiffPiece { mark: Mark::Inserted, text: "new".to_owned() }]));
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_a_difference(old in "[ab ]{0,30}", new in "[ab ]{0,30}") {
            let diff = word_diff(&old, &new).map_or_else(|| old.clone(), |pieces| written(&pieces));
            let kept = |open: &str, close: &str, gone_open: &str, gone_close: &str| {
                let mut text = diff.clone();
                while let Some(start) = text.find(gone_open) {
                    let end = start + text[start..].find(gone_close).unwrap() + 2;
                    text.replace_range(start..end, "");
                }
                text.replace(open, "").replace(close, "")
            };
            prop_assert_eq!(kept("[-", "-]", "{+", "+}"), old.clone());
            prop_assert_eq!(kept("{+", "+}", "[-", "-]"), new.clone());
        }
    }
}
