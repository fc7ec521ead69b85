//! An issue file: front matter, Markdown, typed blocks. One pass finds every problem; the value is there when no problem is an error.
//!
//! It knows which newsletters there are only through the function it is given, and nothing of partners and features beyond the form
//! of their ids: whether those exist is the desk's business.

use crate::domain::audience::Expression;
use crate::domain::id::NewsletterId;
use crate::domain::issue::{FrontSpans, IssueText, Part, PartKind};
use crate::domain::prose::{Block, Span};
use crate::domain::rule::{NEWSLETTER001, TEXT007, TEXT009};
use crate::domain::subscriber::Language;
use crate::domain::template::Line;
use crate::domain::time::TimeZone;

use super::audience;
use super::fields::Key;
use super::findings::Findings;
use super::front::{self, Front};
use super::markdown::{Ground, Headings, Item, Manner, read};
use super::parts::{Desk, part_of};
use super::safe_text::check_file;
use super::values::Placed;
use super::{FILE_SIZE_BYTES_MAX, Parsed, too_large};

const NEWSLETTER: Key = Key::required("newsletter", "newsletter = \"partners\"");
const SUBJECT: Key = Key::required("subject", "subject = \"Coordinators at the centre\"");
const PREHEADER: Key = Key::optional("preheader", "preheader = \"Six partners, two deadlines and one question.\"");
const SEND: Key = Key::optional("send", "send = 2027-02-02T10:00:00");
const READY: Key = Key::optional("ready", "ready = true");
const LANGUAGE: Key = Key::optional("language", "language = \"es\"");
const AUDIENCE: Key = Key::optional("audience", "audience = 'state in [\"NM\", \"TX\"]'");

/// Reads an issue file. `zone_of` gives the time zone of a newsletter of this newsroom.
#[must_use]
pub fn parse(text: &str, zone_of: &dyn Fn(&NewsletterId) -> Option<TimeZone>) -> Parsed<IssueText> {
    if text.len() > FILE_SIZE_BYTES_MAX {
        return Parsed { value: None, problems: vec![too_large(text.len())] };
    }
    let mut findings = Findings::default();
    let issue = read_file(text, zone_of, &mut findings);
    let value = issue.filter(|_| !findings.has_errors());
    Parsed { value, problems: findings.into_problems(text) }
}

/// The pictures a file names, whatever else is wrong with it.
pub(super) fn pictures(text: &str) -> Vec<String> {
    let mut findings = Findings::default();
    read_file(text, &|_| Some(TimeZone::UTC), &mut findings);
    findings.pictures
}

fn read_file(text: &str, zone_of: &dyn Fn(&NewsletterId) -> Option<TimeZone>, findings: &mut Findings) -> Option<IssueText> {
    check_file(text, findings);
    let front = front::split(text, findings)?;
    let head = read_front(&front, text, zone_of, findings);
    let zone = head.newsletter.as_ref().and_then(|newsletter| zone_of(&newsletter.value)).unwrap_or(TimeZone::UTC);
    let desk = Desk { file: text, zone, zone_of };
    let parts = read_body(&front, &desk, findings);
    let newsletter = head.newsletter?;
    let subject = head.subject?;
    // An empty one is the mail's checks' business, which know what would be shown in its place.
    let preheader = head.preheader.unwrap_or(Placed { value: Line::default(), span: Span::default() });
    Some(IssueText {
        spans: FrontSpans {
            newsletter: newsletter.span,
            subject: subject.span,
            preheader: preheader.span,
            send: head.send.as_ref().map(|send| send.span).unwrap_or_default(),
        },
        newsletter: newsletter.value,
        subject: subject.value,
        preheader: preheader.value,
        send: head.send.map(|send| send.value),
        ready: head.ready,
        language: head.language,
        audience: head.audience,
        parts,
    })
}

struct Head {
    newsletter: Option<Placed<NewsletterId>>,
    subject: Option<Placed<Line>>,
    preheader: Option<Placed<Line>>,
    send: Option<Placed<crate::domain::time::civil::DateTime>>,
    ready: bool,
    language: Language,
    audience: Option<Expression>,
}

fn read_front(front: &Front<'_>, text: &str, zone_of: &dyn Fn(&NewsletterId) -> Option<TimeZone>, findings: &mut Findings) -> Head {
    let mut reading = front.reading(text, TEXT007, findings);
    let newsletter = reading.parsed(NEWSLETTER, NewsletterId::parse);
    if let Some(placed) = newsletter.as_ref().filter(|placed| zone_of(&placed.value).is_none()) {
        let message = format!("this newsroom has no newsletter `{}`", placed.value);
        reading.findings.add(NEWSLETTER001, placed.span, message, "the newsletters and their ids stand in pressroom.toml");
    }
    let mut head = Head {
        newsletter,
        subject: reading.filled_line(SUBJECT),
        preheader: reading.filled_line(PREHEADER),
        send: reading.moment(SEND),
        ready: reading.flag(READY).unwrap_or(false),
        language: reading.parsed(LANGUAGE, Language::parse).map_or_else(Language::english, |placed| placed.value),
        audience: None,
    };
    if let Some(text) = reading.text(AUDIENCE) {
        head.audience = audience::read(&text, &|id| zone_of(id).is_some(), reading.findings);
    }
    reading.finish();
    head
}

fn read_body(front: &Front<'_>, desk: &Desk<'_>, findings: &mut Findings) -> Vec<Part> {
    let ground = Ground { excerpt: &front.body, file: desk.file, manner: Manner::Issue };
    let mut headings = Headings::START;
    let problems_before = findings.count();
    let items = read(ground, &mut headings, findings);
    if items.is_empty() && findings.count() == problems_before {
        findings.add(TEXT009, front.body.whole(), "the issue says nothing", "write its text below the second +++ line");
    }
    let mut parts = Vec::new();
    let mut prose: Vec<Block> = Vec::new();
    let mut prose_span: Option<Span> = None;
    let close_prose = |prose: &mut Vec<Block>, span: &mut Option<Span>, parts: &mut Vec<Part>| {
        if let Some(span) = span.take() {
            parts.push(Part { kind: PartKind::Prose(std::mem::take(prose)), span });
        }
    };
    for (item, span) in items {
        match item {
            Item::Block(block) => {
                prose.push(block);
                prose_span = Some(prose_span.map_or(span, |first| Span::new(first.start, span.start + span.length - first.start)));
            }
            Item::Fence(fence) => {
                close_prose(&mut prose, &mut prose_span, &mut parts);
                parts.extend(part_of(&fence, desk, findings).map(|kind| Part { kind, span }));
            }
            Item::More => {}
        }
    }
    close_prose(&mut prose, &mut prose_span, &mut parts);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prose::Inline;
    use crate::domain::template::{Field, LinePart};

    fn zone_of(id: &NewsletterId) -> Option<TimeZone> {
        (id.as_str() == "partners").then(|| TimeZone::get("America/New_York").unwrap())
    }

    fn issue(body: &str) -> Parsed<IssueText> {
        let front = "+++\nnewsletter = \"partners\"\nsubject = \"Dear {{ first_name | default(\\\"all\\\") }}\"\npreheader = \"Six partners.\"\n+++\n";
        parse(&format!("{front}{body}"), &zone_of)
    }

    fn codes(body: &str) -> Vec<&'static str> {
        issue(body).problems.iter().map(|problem| problem.rule.code).collect()
    }

    #[test]
    fn the_front_matter_becomes_values_with_their_places() {
        let text = "+++\nnewsletter = 'partners'\nsubject = 'S'\npreheader = 'P'\nsend = 2027-02-02T10:00:00\nready = true\nlanguage = 'es'\naudience = \"state = 'NM'\"\n+++\nHola.\n";
        let issue = parse(text, &zone_of).value.unwrap();
        assert_eq!(issue.send.unwrap().to_string(), "2027-02-02T10:00:00");
        assert!(issue.ready);
        assert_eq!(issue.language.as_str(), "es");
        assert_eq!(issue.audience, Expression::parse("state = 'NM'").ok());
        let span = issue.spans.subject;
        assert_eq!(&text[span.start..span.start + span.length], "S");
    }

    #[test]
    fn a_subject_keeps_its_placeholders() {
        let subject = issue("Hello.").value.unwrap().subject;
        assert_eq!(subject.with_defaults(), "Dear all");
        assert!(matches!(&subject.0[1], LinePart::Placeholder(placeholder) if placeholder.field == Field::FirstName));
    }

    #[test]
    fn prose_and_typed_blocks_come_in_the_order_of_the_file() {
        let body = "Hello {{ name | default(\"you\") }}, see https://example.org/a.\n\n## News\n\n```features\ncount = 2\ntopics = [\"school-health\"]\n```\n\nBye.\n\n```event\ntitle = \"Spring\"\nstarts = 2027-03-04T15:00:00\nplace = \"Online\"\n```\n";
        let parsed = issue(body);
        assert_eq!(parsed.problems, []);
        let parts = parsed.value.unwrap().parts;
        assert_eq!(parts.len(), 4);
        let PartKind::Prose(blocks) = &parts[0].kind else { panic!("prose first") };
        let Block::Paragraph(text) = &blocks[0] else { panic!("a paragraph first") };
        assert!(matches!(text[1], Inline::Placeholder(_)), "{text:?}");
        assert!(matches!(&text[3], Inline::Link { target, .. } if target.as_str() == "https://example.org/a"), "{text:?}");
        assert!(matches!(&parts[1].kind, PartKind::Features(wish) if wish.count == 2 && wish.topics.len() == 1));
        assert!(matches!(&parts[3].kind, PartKind::Event(event) if event.zone.iana_name() == Some("America/New_York")));
    }

    #[test]
    fn what_would_be_unsafe_or_lost_is_a_problem() {
        for (body, code) in [
            ("<b>x</b>", "TEXT001"),
            ("a <!-- note -->", "TEXT001"),
            ("<script>alert(1)</script>", "TEXT001"),
            ("[x](javascript:alert(1))", "LINK001"),
            ("[x](/relative)", "LINK001"),
            ("[x](https://example.org/{{ name }})", "TEXT007"),
            ("https://example.org/{{ name | default(\"x\") }}", "TEXT007"),
            ("`{{ name | default(\"x\") }}`", "TEXT007"),
            ("![x](../../etc/passwd)", "PICTURE001"),
            ("![x](https://example.org/a.png)", "PICTURE001"),
            ("# Title", "HEAD001"),
            ("## a\n\n#### b", "HEAD001"),
            ("### a", "HEAD002"),
            ("Hi {{ name }}", "TEXT005"),
            ("Hi {{ nmae }}", "TEXT002"),
            ("Hi {{ name", "TEXT010"),
            ("a\u{202e}b", "TEXT003"),
            ("a&#x202e;b", "TEXT003"),
            ("a\u{e000}b", "TEXT003"),
            ("a&#xe000;b", "TEXT003"),
            ("", "TEXT009"),
            ("```festures\n```", "BLOCK001"),
            ("> ```event\n> title = 'x'\n> ```", "BLOCK002"),
        ] {
            assert!(codes(body).contains(&code), "{body:?}: {:?}", codes(body));
        }
    }

    #[test]
    fn deep_nesting_ends_in_a_problem_and_not_in_a_crash() {
        for body in [">".repeat(10_000) + " a", "*a **b ".repeat(5_000), "- ".repeat(200) + "a"] {
            let parsed = issue(&body);
            assert!(parsed.problems.len() <= 101);
        }
        assert!(codes(&(">".repeat(10_000) + " a")).contains(&"TEXT008"));
    }
}
