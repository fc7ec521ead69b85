//! A feature file: what a partner sends in. Stricter than an issue: no HTML, nothing filled in, no typed blocks, and the lengths that
//! the alliance asks for. A partner's text can carry neither HTML nor template syntax into a mail, because the tree has no place for it.

use crate::domain::feature::{FeatureKind, FeatureText, PictureRights, words_in};
use crate::domain::id::{FeatureId, PartnerId, Topic};
use crate::domain::prose::{Block, LinkTarget, PictureReference, Span};
use crate::domain::rule::{
    FEATURE001, FEATURE002, FEATURE003, FEATURE004, FEATURE005, FEATURE006, FEATURE007, FEATURE008, FEATURE009, FEATURE010,
    FEATURE011, FEATURE012, TEXT009,
};
use crate::domain::submission::Limits;
use crate::domain::subscriber::State;

mod details;

use super::fields::Key;
use super::findings::Findings;
use super::front;
use super::markdown::{Ground, Headings, Item, Manner, read};
use super::parts::picture_file;
use super::safe_text::check_file;
use super::values::{Placed, Reading};
use super::{FILE_SIZE_BYTES_MAX, Parsed, too_large};

const PARTNER: Key = Key::required("partner", "partner = \"example-partner\"");
const TITLE: Key = Key::required("title", "title = \"A clinic that travels the same road as the bus\"");
const SUMMARY: Key = Key::required("summary", "summary = \"Two districts share one clinic, timed to the late bus.\"");
const LINK: Key =
    Key::optional("link", "link = { url = \"https://health.example.org/road\", text = \"How the timetable was made\" }");
const EXPERTISE: Key = Key::required("expertise", "expertise = [\"school-health\"]");
const PLACES: Key = Key::optional("places", "places = [\"NM\", \"OR\"]");
const IMAGE: Key =
    Key::optional("image", "image = { file = \"bus.jpg\", description = \"A bus behind a gym\", credit = \"Example Partner\" }");
const USEFUL_UNTIL: Key = Key::optional("useful_until", "useful_until = 2027-06-30");

/// Reads a feature file. `stem` is its name without folder and ending; with the partner it makes the feature's id.
#[must_use]
pub fn parse(stem: &str, text: &str, limits: &Limits) -> Parsed<FeatureText> {
    if text.len() > FILE_SIZE_BYTES_MAX {
        return Parsed { value: None, problems: vec![too_large(text.len())] };
    }
    let mut findings = Findings::default();
    let feature = read_file(stem, text, limits, &mut findings);
    let value = feature.filter(|_| !findings.has_errors());
    Parsed { value, problems: findings.into_problems(text) }
}

/// The pictures a file names, whatever else is wrong with it.
pub(super) fn pictures(text: &str) -> Vec<String> {
    let mut findings = Findings::default();
    read_file("any", text, &Limits::none(), &mut findings);
    findings.pictures
}

fn read_file(stem: &str, text: &str, limits: &Limits, findings: &mut Findings) -> Option<FeatureText> {
    check_file(text, findings);
    let front = front::split(text, findings)?;
    let mut reading = front.reading(text, FEATURE009, findings);
    let partner = reading.parsed(PARTNER, PartnerId::parse);
    let title = title(&mut reading, limits);
    let summary = summary(&mut reading, limits);
    let link = reading.table(LINK, link).map(|placed| placed.value);
    let expertise = expertise(&mut reading, limits);
    let places = reading.list(PLACES, State::parse);
    let image = reading.table(IMAGE, |table| image(table, limits));
    if let Some(image) = &image {
        details::check_release(&image.value.1, image.span, &mut reading);
    }
    let useful_until = reading.date(USEFUL_UNTIL).map(|date| date.value);
    let details = details::details(&mut reading);
    reading.finish();
    let ground = Ground { excerpt: &front.body, file: text, manner: Manner::Feature };
    let (brief, story) = read_body(ground, (limits, details.kind), findings);
    let partner = partner?.value;
    let id = feature_id(partner, stem, findings)?;
    let (image, rights) = image.map_or((None, PictureRights::default()), |placed| {
        let (picture, rights) = placed.value;
        (Some(PictureReference { span: placed.span, ..picture }), rights)
    });
    Some(FeatureText {
        id,
        title: title?,
        summary: summary?,
        kind: details.kind,
        link,
        expertise,
        places,
        communities: details.communities,
        changed: details.changed,
        for_whom: details.for_whom,
        evidence: details.evidence,
        principles: details.principles,
        names: details.names,
        takes_position: details.takes_position,
        asks_officials: details.asks_officials,
        event: details.event,
        image,
        rights,
        quote: details.quote,
        contact: details.contact,
        verification: details.verification,
        reprint: details.reprint,
        useful_from: details.useful_from,
        useful_until,
        may_roll_over: details.may_roll_over,
        edits: details.edits,
        authorised_by: details.authorised_by,
        brief,
        story,
    })
}

fn feature_id(partner: PartnerId, stem: &str, findings: &mut Findings) -> Option<FeatureId> {
    let id = crate::domain::id::slug_of(stem).and_then(|slug| FeatureId::new(partner, &slug).ok());
    if id.is_none() {
        let help = "name the file with small letters, digits and hyphens, such as road-clinic.md";
        findings.add(FEATURE012, None, "the file's name gives no id", help);
    }
    id
}

fn title(reading: &mut Reading<'_, '_>, limits: &Limits) -> Option<String> {
    let title = reading.line(TITLE)?;
    let length = title.value.chars().count();
    let (from, to) = (limits.title_min, limits.title_max);
    if !(from..=to).contains(&length) {
        let message = format!("the title has {length} characters; it needs {from} to {to}");
        reading.findings.add(FEATURE001, title.span, message, "say in a few plain words what happened and where");
    }
    Some(title.value)
}

fn summary(reading: &mut Reading<'_, '_>, limits: &Limits) -> Option<String> {
    let summary = reading.line(SUMMARY)?;
    let length = summary.value.chars().count();
    if length > limits.summary_max {
        let message = format!("the summary has {length} characters; it may have {}", limits.summary_max);
        reading.findings.add(FEATURE002, summary.span, message, "one sentence; the rest belongs into the brief");
    }
    Some(summary.value)
}

fn link(table: &mut Reading<'_, '_>) -> Option<(LinkTarget, String)> {
    let url = table.link(Key::required("url", "url = \"https://health.example.org/road\""));
    let text = table.line(Key::required("text", "text = \"How the timetable was made\""))?;
    if says_nothing(&text.value) {
        let message = format!("`{}` does not say where the link goes", super::fields::shortened(&text.value));
        table.findings.add(FEATURE007, text.span, message, "name what the reader will find there");
    }
    Some((url?, text.value))
}

// What readers of a list of links would hear ten times over (email-checklist.md E06).
fn says_nothing(text: &str) -> bool {
    const EMPTY: [&str; 14] = [
        "here",
        "click here",
        "click",
        "read more",
        "more",
        "link",
        "this link",
        "learn more",
        "find out more",
        "see more",
        "website",
        "our website",
        "details",
        "continue",
    ];
    let words = text.to_lowercase();
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    EMPTY.contains(&words) || words.starts_with("http") || words.starts_with("www.")
}

fn expertise(reading: &mut Reading<'_, '_>, limits: &Limits) -> Vec<Topic> {
    let Some(expertise) = reading.placed_list(EXPERTISE, Topic::parse) else { return Vec::new() };
    let count = expertise.value.len();
    if !(1..=limits.topics_max).contains(&count) {
        let message = format!("{count} topics of expertise are named; 1 to {} are asked for", limits.topics_max);
        reading.findings.add(FEATURE008, expertise.span, message, "name those a reader would ask you about");
    }
    expertise.value.into_iter().map(|placed| placed.value).collect()
}

fn image(table: &mut Reading<'_, '_>, limits: &Limits) -> Option<(PictureReference, PictureRights)> {
    let file = picture_file(table, Key::required("file", "file = \"bus.jpg\""));
    let description = table.line(Key::required("description", "description = \"A bus and a small clinic van behind a gym\""));
    let credit = table.line(Key::optional("credit", "credit = \"Example Partner\""));
    let rights = details::rights(table);
    let description = description?;
    if let Some(fault) = description_fault(&description, limits.description_max) {
        table.findings.add(FEATURE006, description.span, fault, "say what there is to see, as you would on the telephone");
    }
    let picture = PictureReference {
        file: file?,
        description: description.value,
        credit: credit.map(|credit| credit.value),
        span: Span::default(),
    };
    Some((picture, rights))
}

fn description_fault(description: &Placed<String>, length_max: usize) -> Option<String> {
    let words = description.value.to_lowercase();
    let length = words.chars().count();
    let is_file_name =
        !words.contains(' ') && [".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg"].iter().any(|end| words.ends_with(end));
    let says_picture =
        ["image of", "picture of", "photo of", "photograph of", "an image of", "a picture of", "a photo of", "a photograph of"];
    if length > length_max {
        Some(format!("the picture's description has {length} characters; it may have {length_max}"))
    } else if is_file_name {
        Some("the picture's description is the name of a file".to_owned())
    } else if says_picture.iter().any(|start| words.starts_with(start)) {
        Some("those who hear the description know already that it is a picture".to_owned())
    } else {
        None
    }
}

/// The brief and the story.
fn read_body(ground: Ground<'_>, limits: (&Limits, FeatureKind), findings: &mut Findings) -> (Vec<Block>, Vec<Block>) {
    let items = read(ground, &mut Headings::START.clone(), findings);
    let whole = ground.excerpt.whole();
    let mut marks: Vec<Span> = Vec::new();
    let (mut brief, mut story) = (Vec::new(), Vec::new());
    for (item, span) in items {
        match item {
            Item::Block(Block::Heading { .. }) if marks.is_empty() => {
                let help = "the title stands above it already; begin with a sentence";
                findings.add(FEATURE011, span, "a brief has no headings", help);
            }
            Item::Block(block) if marks.is_empty() => brief.push(block),
            Item::Block(block) => story.push(block),
            Item::More => marks.push(span),
            Item::Fence(_) => {}
        }
    }
    for second in marks.iter().skip(1) {
        findings.add(FEATURE010, *second, "this mark stands here a second time", "keep the one between brief and story");
    }
    let brief_end = marks.first().map_or(whole.start + whole.length, |mark| mark.start);
    let brief_span = Span::new(whole.start, brief_end - whole.start);
    check_brief(&brief, first_line(ground.file, brief_span), limits.0, findings);
    check_story(&story, marks.first().copied(), limits.0.story_of(limits.1), findings);
    (brief, story)
}

// A whole brief underlined would fill the screen; its first line shows where it stands.
fn first_line(file: &str, span: Span) -> Span {
    let text = file.get(span.start..span.start + span.length).unwrap_or("");
    let blank = text.len() - text.trim_start().len();
    let line = text[blank..].lines().next().unwrap_or("").trim_end();
    Span::new(span.start + blank, line.len())
}

fn check_brief(brief: &[Block], span: Span, limits: &Limits, findings: &mut Findings) {
    let words = words_in(brief);
    let (from, to, most) = (limits.brief_min, limits.brief_wanted_max, limits.brief_max);
    if words == 0 {
        let help = "write 60 to 100 words below the second +++ line: what changed, for whom, and how do you know?";
        findings.add(TEXT009, span, "the feature has no brief", help);
    } else if words > most {
        let message = format!("the brief has {words} words; the mail takes {most} at most");
        let help = format!("put a line `<!-- more -->` after the first {from} to {to} words; the rest is the story");
        findings.add(FEATURE004, span, message, help);
    } else if !(from..=to).contains(&words) {
        let message = format!("the brief has {words} words; {from} to {to} are asked for");
        findings.add(FEATURE003, span, message, "what changed, for whom, and how do you know?");
    }
}

fn check_story(story: &[Block], span: Option<Span>, words_max: usize, findings: &mut Findings) {
    let words = words_in(story);
    if words > words_max {
        let message = format!("the story has {words} words; it may have {words_max}");
        findings.add(FEATURE005, span, message, "link to the longer piece instead");
    }
}
