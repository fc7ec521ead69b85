//! What partners and readers are told, in one language: a file of `words/LANG/` for each mail, such as `piece.md` and `confirm.md`. Phrases
//! stand in the front matter; below it, as Markdown, what the mail asks or says at length.

use std::collections::BTreeMap;

use super::words::{Phrase, body_blocks, edit_texts, open, phrase};
use super::{Gaps, table};
use crate::domain::prose::{Block, Inline};
use crate::domain::rule::{Problem, TEXT006};

/// Which mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixedMail {
    /// To a partner, whose piece is set for an issue.
    Piece,
    /// To a partner, whose piece has gone out.
    Thanks,
    /// To who asks for a newsletter.
    Confirm,
    /// To who has confirmed.
    Welcome,
    /// To a reader: their link to what is sensitive.
    Access,
    /// To a reader's new address.
    NewAddress,
    /// To a reader's former address.
    Moved,
    /// To who typed a pledge to the charter.
    PledgeConfirm,
    /// To who has given a pledge.
    PledgeCopy,
    /// To who pledged themselves to an older version of the charter.
    Reaffirm,
    /// To who wants into the rooms.
    SignIn,
    /// To a partner that is asked in.
    Invitation,
    /// To who answers for a partner, before it is named under a position.
    ConsentAsked,
    /// To who answers for a partner, when staff wrote an answer of its down.
    ConsentRecorded,
    /// To a partner that staff would like to hear from.
    YourTurn,
    /// To a partner whose text staff have changed.
    Edited,
    /// To a partner whose text does not run.
    Declined,
    /// To a partner about whose text staff say something.
    Comment,
    /// To a partner whose text has arrived.
    Submitted,
}

/// A phrase's key, the gaps it needs and those it may have.
type Wanted = (&'static str, &'static [&'static str], &'static [&'static str]);

const WHY: Wanted = ("why", &["partner"], &["host", "alliance", "newsletter"]);
const PIECE: &[Wanted] = &[
    ("subject", &["newsletter"], &["date", "title"]),
    ("title", &[], &["newsletter", "title"]),
    ("lead", &["title", "newsletter"], &["date"]),
    ("newsletter", &[], &[]),
    ("when", &[], &[]),
    ("story", &[], &[]),
    ("story_on_web", &["address"], &[]),
    ("story_nowhere", &[], &[]),
    ("shown", &[], &[]),
    ("story_below", &[], &[]),
    ("no_story", &[], &[]),
    WHY,
];
const THANKS: &[Wanted] = &[
    ("subject", &["newsletter"], &["date", "title"]),
    ("title", &[], &["newsletter", "title"]),
    ("lead", &["title", "newsletter"], &["date"]),
    ("on_the_web", &[], &["newsletter"]),
    ("story", &["title"], &[]),
    WHY,
];
const READER_GAPS: &[&str] = &["newsletters", "alliance", "host", "days", "minutes"];
const ASKING: &[Wanted] = &[
    ("subject", &[], READER_GAPS),
    ("title", &[], READER_GAPS),
    ("lead", &[], READER_GAPS),
    ("link", &[], READER_GAPS),
    ("why", &[], READER_GAPS),
];
const ROOM_GAPS: &[&str] = &["house", "alliance", "host", "minutes", "days"];
const SIGN_IN: &[Wanted] = &[
    ("subject", &["house"], ROOM_GAPS),
    ("title", &[], ROOM_GAPS),
    ("lead", &["house"], ROOM_GAPS),
    ("link", &[], ROOM_GAPS),
    ("why", &[], ROOM_GAPS),
];
const WELCOME: &[Wanted] = &[
    ("subject", &[], READER_GAPS),
    ("title", &[], READER_GAPS),
    ("lead", &[], READER_GAPS),
    ("choose", &[], READER_GAPS),
    ("leave", &["newsletter"], &[]),
    ("why", &[], READER_GAPS),
];
const MOVED: &[Wanted] =
    &[("subject", &[], READER_GAPS), ("title", &[], READER_GAPS), ("lead", &[], READER_GAPS), ("why", &[], READER_GAPS)];
const PLEDGE_GAPS: &[&str] = &["charter", "date", "name", "alliance", "host", "days"];
const PLEDGE_LINK: &[Wanted] = &[
    ("subject", &[], PLEDGE_GAPS),
    ("title", &[], PLEDGE_GAPS),
    ("lead", &["name"], PLEDGE_GAPS),
    ("link", &[], PLEDGE_GAPS),
    ("why", &[], PLEDGE_GAPS),
];
const PLEDGE_COPY: &[Wanted] = &[
    ("subject", &[], PLEDGE_GAPS),
    ("title", &[], PLEDGE_GAPS),
    ("lead", &["date"], PLEDGE_GAPS),
    ("who", &[], &[]),
    ("role", &[], &[]),
    ("organisation", &[], &[]),
    ("dated", &[], &[]),
    ("principles", &[], PLEDGE_GAPS),
    ("why", &[], PLEDGE_GAPS),
];
const CONSENT_GAPS: &[&str] = &["partner", "newsletter", "title", "alliance", "host", "days"];
const CONSENT_ASKED: &[Wanted] = &[
    ("subject", &["partner"], CONSENT_GAPS),
    ("title", &[], CONSENT_GAPS),
    ("lead", &["partner"], CONSENT_GAPS),
    ("who_reads", &[], &[]),
    ("for_everyone", &[], CONSENT_GAPS),
    ("for_readers", &["newsletter"], CONSENT_GAPS),
    ("charter", &[], &[]),
    ("principles", &[], &[]),
    ("link", &[], CONSENT_GAPS),
    ("why", &["partner"], CONSENT_GAPS),
];
const RECORDED_GAPS: &[&str] = &["partner", "newsletter", "title", "alliance", "host"];
const CONSENT_RECORDED: &[Wanted] = &[
    ("subject", &["partner"], RECORDED_GAPS),
    ("title", &[], RECORDED_GAPS),
    ("lead", &["partner"], RECORDED_GAPS),
    ("answer", &[], &[]),
    ("yes", &["partner"], RECORDED_GAPS),
    ("no", &[], &[]),
    ("given_by", &[], &[]),
    ("given_on", &[], &[]),
    ("how", &[], &[]),
    ("link", &[], RECORDED_GAPS),
    ("why", &["partner"], RECORDED_GAPS),
];
const TURN_GAPS: &[&str] = &["partner", "newsletter", "date", "by", "alliance", "host"];
const YOUR_TURN: &[Wanted] = &[
    ("subject", &["partner"], TURN_GAPS),
    ("title", &[], TURN_GAPS),
    ("lead", &["partner", "newsletter"], TURN_GAPS),
    ("newsletter", &[], &[]),
    ("when", &[], &[]),
    ("send_by", &[], &[]),
    ("link", &[], TURN_GAPS),
    ("why", &["partner"], TURN_GAPS),
];
const REVIEW_GAPS: &[&str] = &["partner", "title", "alliance", "host"];
const EDITED: &[Wanted] = &[
    ("subject", &[], REVIEW_GAPS),
    ("title", &[], REVIEW_GAPS),
    ("lead", &["title"], REVIEW_GAPS),
    ("link", &[], REVIEW_GAPS),
    ("long", &[], &[]),
    ("file", &[], &[]),
    ("why", &["partner"], REVIEW_GAPS),
];
const DECLINED: &[Wanted] = &[
    ("subject", &[], REVIEW_GAPS),
    ("title", &[], REVIEW_GAPS),
    ("lead", &["title"], REVIEW_GAPS),
    ("reason", &[], &[]),
    ("link", &[], REVIEW_GAPS),
    ("why", &["partner"], REVIEW_GAPS),
];
const COMMENT: &[Wanted] = &[
    ("subject", &[], REVIEW_GAPS),
    ("title", &[], REVIEW_GAPS),
    ("lead", &["title"], REVIEW_GAPS),
    ("link", &[], REVIEW_GAPS),
    ("why", &["partner"], REVIEW_GAPS),
];
const SUBMITTED: &[Wanted] = &[
    ("subject", &[], REVIEW_GAPS),
    ("title", &[], REVIEW_GAPS),
    ("lead", &["title"], REVIEW_GAPS),
    ("in_time", &["newsletter", "until", "issue"], &[]),
    ("too_late", &["newsletter", "issue"], &[]),
    ("link", &[], REVIEW_GAPS),
    ("why", &["partner"], REVIEW_GAPS),
];
/// What the Markdown may be filled in with.
const PARTNER_GAPS: &[&str] = &["newsletter", "title", "partner", "alliance", "host", "date"];

impl FixedMail {
    pub const ALL: [Self; 19] = [
        Self::Piece,
        Self::Thanks,
        Self::Confirm,
        Self::Welcome,
        Self::Access,
        Self::NewAddress,
        Self::Moved,
        Self::PledgeConfirm,
        Self::PledgeCopy,
        Self::Reaffirm,
        Self::SignIn,
        Self::Invitation,
        Self::ConsentAsked,
        Self::ConsentRecorded,
        Self::YourTurn,
        Self::Edited,
        Self::Declined,
        Self::Comment,
        Self::Submitted,
    ];

    /// The file's name, in the folder of its language.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Piece => "piece.md",
            Self::Thanks => "thanks.md",
            Self::Confirm => "confirm.md",
            Self::Welcome => "welcome.md",
            Self::Access => "access.md",
            Self::NewAddress => "new-address.md",
            Self::Moved => "moved.md",
            Self::PledgeConfirm => "pledge-confirm.md",
            Self::PledgeCopy => "pledge-copy.md",
            Self::Reaffirm => "reaffirm.md",
            Self::SignIn => "sign-in.md",
            Self::Invitation => "invitation.md",
            Self::ConsentAsked => "consent-asked.md",
            Self::ConsentRecorded => "consent-recorded.md",
            Self::YourTurn => "your-turn.md",
            Self::Edited => "edited.md",
            Self::Declined => "declined.md",
            Self::Comment => "comment.md",
            Self::Submitted => "submitted.md",
        }
    }

    fn wanted(self) -> &'static [Wanted] {
        match self {
            Self::Piece => PIECE,
            Self::Thanks => THANKS,
            Self::Confirm | Self::Access | Self::NewAddress => ASKING,
            Self::Welcome => WELCOME,
            Self::Moved => MOVED,
            Self::PledgeConfirm | Self::Reaffirm => PLEDGE_LINK,
            Self::PledgeCopy => PLEDGE_COPY,
            Self::SignIn | Self::Invitation => SIGN_IN,
            Self::ConsentAsked => CONSENT_ASKED,
            Self::ConsentRecorded => CONSENT_RECORDED,
            Self::YourTurn => YOUR_TURN,
            Self::Edited => EDITED,
            Self::Declined => DECLINED,
            Self::Comment => COMMENT,
            Self::Submitted => SUBMITTED,
        }
    }

    fn body_gaps(self) -> &'static [&'static str] {
        match self {
            Self::Piece | Self::Thanks => PARTNER_GAPS,
            Self::Confirm | Self::Welcome | Self::Access | Self::NewAddress | Self::Moved => READER_GAPS,
            Self::PledgeConfirm | Self::PledgeCopy | Self::Reaffirm => PLEDGE_GAPS,
            Self::SignIn | Self::Invitation => ROOM_GAPS,
            Self::ConsentAsked => CONSENT_GAPS,
            Self::ConsentRecorded => RECORDED_GAPS,
            Self::YourTurn => TURN_GAPS,
            Self::Edited | Self::Declined | Self::Comment | Self::Submitted => REVIEW_GAPS,
        }
    }
}

/// The words of one mail in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedWords {
    phrases: BTreeMap<&'static str, Phrase>,
    body: Vec<Block>,
}

impl FixedWords {
    /// A phrase with its gaps filled.
    #[must_use]
    pub fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.phrases.get(key).map(|phrase| phrase.with(values)).unwrap_or_default()
    }

    /// What the mail asks or says at length: paragraphs and lists.
    #[must_use]
    pub fn body(&self, values: &[(&str, &str)]) -> Vec<Block> {
        let mut blocks = self.body.clone();
        edit_texts(&mut blocks, &|text| *text = Phrase::new(std::mem::take(text)).with(values));
        blocks
    }
}

/// Reads a file: the words unless something is wrong, and every problem.
pub(super) fn parse(mail: FixedMail, text: &str) -> (Option<FixedWords>, Vec<Problem>) {
    let (document, offset, body) = match open(text) {
        Ok(opened) => opened,
        Err(problem) => return (None, vec![problem]),
    };
    let mut reader = table::Reader::new(document.get_ref(), offset);
    let read = |(key, needed, allowed): &Wanted| {
        let phrase = phrase(&mut reader, key, Gaps { needed, allowed })?;
        Some((*key, phrase))
    };
    let phrases: BTreeMap<_, _> = mail.wanted().iter().filter_map(read).collect();
    let (blocks, found) = body_blocks(text, body, Gaps { needed: &[], allowed: mail.body_gaps() });
    reader.problems.extend(found);
    if blocks.iter().any(|block| !is_plain(block)) {
        let help = "write paragraphs and lists; a heading, picture or table has no place in a mail this short";
        reader.problems.push(Problem::new(
            TEXT006,
            None,
            "the text below the front matter has more than paragraphs and lists",
            help,
        ));
    }
    let problems = reader.finish();
    (problems.is_empty().then_some(FixedWords { phrases, body: blocks }), problems)
}

fn is_plain(block: &Block) -> bool {
    match block {
        Block::Paragraph(said) => said.iter().all(is_plain_inline),
        Block::List { items, .. } => items.iter().flatten().all(is_plain),
        Block::Heading { .. } | Block::Quote(_) | Block::Code(_) | Block::Table { .. } | Block::Rule => false,
    }
}

fn is_plain_inline(inline: &Inline) -> bool {
    match inline {
        Inline::Picture(_) | Inline::Placeholder(_) => false,
        Inline::Emphasis(inside) | Inline::Strong(inside) | Inline::Struck(inside) | Inline::Link { text: inside, .. } => {
            inside.iter().all(is_plain_inline)
        }
        Inline::Text(_) | Inline::Code(_) | Inline::LineBreak => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../../templates/words/en/piece.md");

    #[test]
    fn the_words_are_filled_in() {
        let (words, problems) = parse(FixedMail::Piece, ENGLISH);
        assert_eq!(problems, []);
        let words = words.unwrap();
        let said = words.say("subject", &[("newsletter", "Lantern Exchange"), ("date", "{date}")]);
        assert_eq!(said, "Your piece runs in Lantern Exchange on {date}");
        assert_eq!(words.body(&[]).len(), 2);
    }

    #[test]
    fn a_file_with_faults_is_refused_with_all_of_them() {
        let text = ENGLISH.replace("{partner}, whose", "{partnr}, whose").replace("Please read", "## Please read");
        let (words, problems) = parse(FixedMail::Piece, &text);
        let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(words.is_none());
        assert_eq!(
            messages,
            [
                "`why` lacks {partner}",
                "`why` cannot fill in {partnr}",
                "the text below the front matter has more than paragraphs and lists",
            ]
        );
    }
}
