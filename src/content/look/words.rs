//! The fixed words of an issue's mail in one language, from `words/LANG/issue.md`: phrases in the front matter, and below it, as Markdown,
//! why the reader gets the mail.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeTable;

use super::Gaps;
use super::table::{self, Reader};
use crate::content::excerpt::Excerpt;
use crate::content::findings::Findings;
use crate::content::markdown::{self, Ground, Headings, Manner};
use crate::domain::prose::{Block, Inline, Span};
use crate::domain::rule::{FRONT001, Problem, TEXT006, VALUE001};
use crate::domain::time::TimeZone;

macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident $key:literal [$($needed:literal),*] [$($allowed:literal),*])*) => {
        /// Something a mail says by itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Say {
            $($(#[$doc])* $name),*
        }

        impl Say {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The key in the words file.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key),* }
            }

            /// What a translation must fill in, and what else it may.
            fn gaps(self) -> Gaps<'static> {
                match self { $(Self::$name => Gaps { needed: &[$($needed),*], allowed: &[$($allowed),*] }),* }
            }
        }
    };
}

phrases! {
    /// The heading of the list of contents.
    Contents "contents" [] []
    /// An entry of the list in the text part: a title, and who or when it is about.
    ContentsItem "contents_item" ["title", "about"] []
    FullStory "full_story" ["title"] []
    PictureCredit "picture_credit" ["name"] []
    /// A picture in the text part.
    PictureInText "picture_in_text" ["description"] []
    EventWhen "event_when" [] []
    EventWhere "event_where" [] []
    EventCost "event_cost" [] []
    EventRegister "event_register" [] []
    EventAccess "event_access" [] []
    EventDetails "event_details" ["title"] []
    EventCalendar "event_calendar" ["title"] []
    PolicyLabel "policy_label" [] []
    PolicyBasis "policy_basis" ["charter", "principles"] []
    PolicyBasisOnly "policy_basis_only" ["charter"] []
    PolicyPartners "policy_partners" [] []
    NewPartners "new_partners" [] []
    FooterNewsletter "footer_newsletter" ["newsletter", "host"] ["alliance"]
    FooterContact "footer_contact" ["address"] []
    FooterLeave "footer_leave" ["newsletter"] []
    FooterChoose "footer_choose" [] ["newsletter", "alliance"]
    FooterWeb "footer_web" [] ["newsletter"]
    FooterPrivacy "footer_privacy" [] ["alliance", "host"]
    /// The heading of the foot in the text part.
    FooterLabel "footer_label" [] ["newsletter"]
    Date "date" ["day", "month", "year"] ["weekday"]
    Clock "clock" ["minute"] ["hour", "hour24", "half"]
    /// A date and a time.
    Moment "moment" ["date", "clock", "zone"] []
    SameDay "same_day" ["date", "from", "to", "zone"] []
    OverDays "over_days" ["from_date", "from", "to_date", "to", "zone"] []
    /// A time of a day that is already told.
    ClockOnly "clock_only" ["clock", "zone"] []
    ClockRange "clock_range" ["from", "to", "zone"] []
    /// One moment in the event's zone and in the newsletter's.
    AlsoAt "also_at" ["there", "here"] []
    /// A zone without a name of its own, by its city.
    ZoneOf "zone_of" ["place"] []
}

/// A phrase with gaps, known to have all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase(String);

impl Phrase {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// The phrase with its gaps filled. A value is taken as it is: braces in it are not looked at again.
    #[must_use]
    pub fn with(&self, values: &[(&str, &str)]) -> String {
        let mut out = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, gap, after)) = next_gap(rest) {
            out.push_str(before);
            out.push_str(values.iter().find(|(name, _)| *name == gap).map_or("", |(_, value)| *value));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// The text before the first `{gap}`, the gap's name, and the text after it.
fn next_gap(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (gap, after) = rest.split_once('}')?;
    Some((before, gap, after))
}

/// The words of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailWords {
    phrases: BTreeMap<Say, Phrase>,
    /// For the hours before and after noon.
    pub halves: [String; 2],
    /// From Monday.
    pub weekdays: [String; 7],
    pub months: [String; 12],
    /// Link words that say nothing, in lower case.
    pub empty_link_words: Vec<String>,
    /// The names of time zones by their IANA names.
    pub zones: BTreeMap<String, String>,
    /// Why the reader gets the mail, with the gaps `{newsletter}`, `{alliance}` and `{host}`; see [`MailWords::why`].
    why: Vec<Block>,
}

impl MailWords {
    /// Why the reader gets the mail, with the gaps `newsletter`, `alliance` and `host` filled.
    #[must_use]
    pub fn why(&self, values: &[(&str, &str)]) -> Vec<Block> {
        let mut blocks = self.why.clone();
        edit_texts(&mut blocks, &|text| *text = Phrase(std::mem::take(text)).with(values));
        blocks
    }

    /// What the mail says, with its gaps filled.
    #[must_use]
    pub fn say(&self, what: Say, values: &[(&str, &str)]) -> String {
        self.phrases.get(&what).expect("reading refuses a file without every phrase").with(values)
    }
}

/// Reads a words file: the words unless something is wrong, and every problem.
pub(super) fn parse(text: &str) -> (Option<MailWords>, Vec<Problem>) {
    let (document, offset, body) = match open(text) {
        Ok(opened) => opened,
        Err(problem) => return (None, vec![problem]),
    };
    let mut reader = Reader::new(document.get_ref(), offset);
    let phrases: BTreeMap<Say, Phrase> =
        Say::ALL.iter().filter_map(|say| phrase(&mut reader, say.key(), say.gaps()).map(|phrase| (*say, phrase))).collect();
    let halves = names::<2>(&mut reader, "halves");
    let weekdays = names::<7>(&mut reader, "weekdays");
    let months = names::<12>(&mut reader, "months");
    let empty_link_words = reader.texts("empty_link_words").map(|(words, _)| words);
    let zones = reader.table("zones").map(|table| zones(table, &mut reader.problems));
    let why = why(text, body, &mut reader.problems);
    let problems = reader.finish();
    let whole = || {
        let empty_link_words = empty_link_words?.iter().map(|words| words.to_lowercase()).collect();
        Some(MailWords {
            phrases,
            halves: halves?,
            weekdays: weekdays?,
            months: months?,
            empty_link_words,
            zones: zones?,
            why: why?,
        })
    };
    (whole().filter(|_| problems.is_empty()), problems)
}

/// A words file taken apart: its phrases, where they begin, and the text below them.
pub(super) fn open(text: &str) -> Result<(Spanned<DeTable<'_>>, usize, &str), Problem> {
    let Some((front, offset, body)) = split_front_matter(text) else {
        let help = "begin the file with a line +++, the phrases, and another line +++";
        return Err(Problem::new(FRONT001, None, "the file has no front matter", help));
    };
    Ok((table::parse(front, offset)?, offset, body))
}

/// The front matter, where it begins, and what follows it.
fn split_front_matter(text: &str) -> Option<(&str, usize, &str)> {
    let rest = text.strip_prefix("+++\n").or_else(|| text.strip_prefix("+++\r\n"))?;
    let offset = text.len() - rest.len();
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "+++" {
            return Some((&rest[..at], offset, &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// A phrase under a key, when it has all that it needs and nothing that cannot be filled in.
pub(super) fn phrase(reader: &mut Reader<'_>, key: &str, gaps: Gaps<'_>) -> Option<Phrase> {
    let (text, span) = reader.text(key)?;
    let faults = gap_faults(text, gaps);
    for fault in &faults {
        let message = format!("`{key}` {fault}");
        let help = format!("it is filled in with {}", listed(gaps));
        reader.problems.push(Problem::new(VALUE001, span, message, help));
    }
    faults.is_empty().then(|| Phrase(text.to_owned()))
}

fn gap_faults(text: &str, Gaps { needed, allowed }: Gaps<'_>) -> Vec<String> {
    let mut gaps = Vec::new();
    let mut rest = text;
    while let Some((_, gap, after)) = next_gap(rest) {
        gaps.push(gap);
        rest = after;
    }
    let lacking = needed.iter().filter(|name| !gaps.contains(name)).map(|name| format!("lacks {{{name}}}"));
    let strange = gaps.iter().filter(|gap| !needed.contains(gap) && !allowed.contains(gap));
    lacking.chain(strange.map(|gap| format!("cannot fill in {{{gap}}}"))).collect()
}

fn listed(Gaps { needed, allowed }: Gaps<'_>) -> String {
    let names: Vec<_> = needed.iter().chain(allowed).map(|name| format!("{{{name}}}")).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn names<const N: usize>(reader: &mut Reader<'_>, key: &str) -> Option<[String; N]> {
    let (names, span) = reader.texts(key)?;
    let count = names.len();
    let array = <[String; N]>::try_from(names).ok();
    if array.is_none() {
        reader.problems.push(Problem::new(VALUE001, span, format!("`{key}` has {count} names"), format!("it needs {N}")));
    }
    array
}

fn zones(mut table: Reader<'_>, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let mut zones = BTreeMap::new();
    for (zone, name, span) in table.free_texts() {
        if TimeZone::get(&zone).is_err() {
            let help = "use an IANA name such as America/New_York";
            table.problems.push(Problem::new(VALUE001, span, format!("`{zone}` is not a time zone"), help));
        }
        zones.insert(zone, name);
    }
    problems.extend(table.finish());
    zones
}

fn why(file: &str, body: &str, problems: &mut Vec<Problem>) -> Option<Vec<Block>> {
    let (blocks, found) = body_blocks(file, body, Gaps { needed: &["newsletter"], allowed: &["alliance", "host"] });
    let is_sound = found.is_empty();
    problems.extend(found);
    is_sound.then_some(blocks)
}

/// The Markdown below the front matter, and what is wrong with it.
pub(super) fn body_blocks(file: &str, body: &str, gaps: Gaps<'_>) -> (Vec<Block>, Vec<Problem>) {
    let offset = file.len() - body.len();
    let mut findings = Findings::default();
    let excerpt = Excerpt::verbatim(body, offset);
    let ground = Ground { excerpt: &excerpt, file, manner: Manner::Feature };
    let blocks = markdown::read_blocks(ground, &mut Headings::START.clone(), &mut findings);
    let mut problems = findings.into_problems(file);
    let faults = if blocks.is_empty() { vec!["is missing".to_owned()] } else { gap_faults(body, gaps) };
    for fault in &faults {
        let message = format!("the text below the front matter {fault}");
        let help = format!("it is filled in with {}", listed(gaps));
        problems.push(Problem::new(TEXT006, Span::new(offset, body.len()), message, help));
    }
    (blocks, problems)
}

/// Changes every text in the blocks.
pub(super) fn edit_texts(blocks: &mut [Block], edit: &dyn Fn(&mut String)) {
    for block in blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => edit_inline_texts(text, edit),
            Block::List { items, .. } => items.iter_mut().for_each(|item| edit_texts(item, edit)),
            Block::Quote(inside) => edit_texts(inside, edit),
            Block::Table { head, rows } => {
                head.iter_mut().chain(rows.iter_mut().flatten()).for_each(|cell| edit_inline_texts(cell, edit));
            }
            Block::Code(_) | Block::Rule => {}
        }
    }
}

fn edit_inline_texts(inlines: &mut [Inline], edit: &dyn Fn(&mut String)) {
    for inline in inlines {
        match inline {
            Inline::Text(text) => edit(text),
            Inline::Emphasis(inside) | Inline::Strong(inside) | Inline::Struck(inside) | Inline::Link { text: inside, .. } => {
                edit_inline_texts(inside, edit);
            }
            Inline::Code(_) | Inline::Picture(_) | Inline::Placeholder(_) | Inline::LineBreak => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        let phrase = Phrase("Read {title} now".to_owned());
        assert_eq!(phrase.with(&[("title", "{title} & {x}")]), "Read {title} & {x} now");
    }

    #[test]
    fn front_matter_ends_at_its_own_line() {
        assert_eq!(split_front_matter("+++\na = 1\n+++\nbody\n"), Some(("a = 1\n", 4, "body\n")));
        assert_eq!(split_front_matter("+++\na = \"+++\"\n"), None);
        assert_eq!(split_front_matter("a = 1"), None);
    }

    #[test]
    fn a_words_file_without_a_reason_for_the_mail_is_refused() {
        let text = super::super::WORDS[0].1;
        let (front, _) = text.rsplit_once("+++\n").unwrap();
        let (words, problems) = parse(&format!("{front}+++\n"));
        assert!(words.is_none());
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].rule.code, "TEXT006");
    }

    #[test]
    fn a_zone_nobody_knows_is_named() {
        let text = super::super::WORDS[0].1.replace("America/Chicago", "America/Chigaco");
        let (_, problems) = parse(&text);
        assert_eq!(problems[0].message, "`America/Chigaco` is not a time zone");
    }
}
