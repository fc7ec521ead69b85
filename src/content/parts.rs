//! The typed blocks of an issue: fenced code whose info string is the type and whose body is TOML.

use crate::domain::audience::Condition;
use crate::domain::consent::PolicyPosition;
use crate::domain::event::Event;
use crate::domain::id::{FeatureId, NewsletterId, PartnerId, Topic};
use crate::domain::issue::{FeatureWish, PartKind, PolicyPart, Quotation};
use crate::domain::prose::PictureReference;
use crate::domain::rule::{BLOCK001, BLOCK003, KEY002, NEWSLETTER001, PICTURE001, TEXT007, VALUE001};
use crate::domain::subscriber::{Language, State};
use crate::domain::time::TimeZone;

use super::excerpt::Excerpt;
use super::fields::{Fields, Key, Whole, nearest};
use super::findings::Findings;
use super::markdown::{Fence, Ground, Headings, Manner, check_picture_path, read_blocks};
use super::values::Reading;

/// What blocks need to know of the file and the newsroom.
pub(super) struct Desk<'a> {
    /// The whole file.
    pub(super) file: &'a str,
    /// The newsletter's zone.
    pub(super) zone: TimeZone,
    pub(super) zone_of: &'a dyn Fn(&NewsletterId) -> Option<TimeZone>,
}

const KINDS: [&str; 9] = ["features", "feature", "event", "button", "quote", "policy", "new-partners", "for", "translation"];

/// Reads one block.
pub(super) fn part_of(fence: &Fence, desk: &Desk<'_>, findings: &mut Findings) -> Option<PartKind> {
    let kind = fence.kind.as_str();
    if !KINDS.contains(&kind) {
        let known = || format!("the types are {}; code without a type has nothing after its backticks", KINDS.join(", "));
        let help = nearest(kind, &KINDS).map_or_else(known, |near| format!("did you mean `{near}`?"));
        findings.add(BLOCK001, fence.kind_span, format!("there is no typed block `{kind}`"), help);
        return None;
    }
    let whole = Whole { name: format!("this `{kind}` block"), span: fence.kind_span };
    let fields = Fields::read(&fence.body, whole, BLOCK003, findings);
    let mut reading = Reading { fields, excerpt: &fence.body, file: desk.file, braces: TEXT007, findings };
    let part = match kind {
        "features" => Some(features(&mut reading)),
        "feature" => reading
            .parsed(Key::required("id", "id = \"example-partner/a-title\""), FeatureId::parse)
            .map(|id| PartKind::Feature(id.value)),
        "event" => event(&mut reading, desk),
        "button" => button(&mut reading),
        "quote" => quote(&mut reading),
        "policy" => policy(&mut reading),
        "new-partners" => {
            let since = reading.date(Key::optional("since", "since = 2027-01-01"));
            Some(PartKind::NewPartners { since: since.map(|date| date.value) })
        }
        "for" => only(&mut reading, desk, fence),
        _ => translation(&mut reading, desk),
    };
    reading.finish();
    part
}

const COUNT_DEFAULT: u8 = 1;
const COUNT_MAX: u8 = 12;

fn features(reading: &mut Reading<'_, '_>) -> PartKind {
    let count = reading.count(Key::optional("count", "count = 2"), 1, COUNT_MAX).unwrap_or(COUNT_DEFAULT);
    let topics = reading.list(Key::optional("topics", "topics = [\"school-health\"]"), Topic::parse);
    PartKind::Features(FeatureWish { count, topics })
}

fn zone(name: &str) -> Result<TimeZone, &'static str> {
    // The bundled table, so that one file means the same on every machine.
    jiff::tz::TimeZoneDatabase::bundled().get(name).map_err(|_| "a zone has a name such as America/New_York")
}

fn event(reading: &mut Reading<'_, '_>, desk: &Desk<'_>) -> Option<PartKind> {
    let title = reading.line(Key::required("title", "title = \"Spring meeting\""));
    let starts = reading.moment(Key::required("starts", "starts = 2027-03-04T15:00:00"));
    let ends = reading.moment(Key::optional("ends", "ends = 2027-03-04T16:30:00"));
    let place = reading.line(Key::required("place", "place = \"Online\""));
    let zone = reading.parsed(Key::optional("zone", "zone = \"America/New_York\""), zone);
    let link = reading.link(Key::optional("link", "link = \"https://lantern.example.org/spring\""));
    let link_text = reading.line(Key::optional("link_text", "link_text = \"Register for the spring meeting\""));
    let description = reading.plain_text(Key::optional("description", "description = \"What will be decided.\""));
    let starts = starts?;
    if let Some(ends) = ends.as_ref().filter(|ends| ends.value <= starts.value) {
        reading.findings.add(
            VALUE001,
            ends.span,
            "the event ends before it has begun",
            "check the day and the hour of `starts` and `ends`",
        );
    }
    Some(PartKind::Event(Event {
        title: title?.value,
        starts: starts.value,
        ends: ends.map(|ends| ends.value),
        zone: zone.map_or_else(|| desk.zone.clone(), |zone| zone.value),
        place: place?.value,
        link,
        link_text: link_text.map(|text| text.value),
        description: description.map(|text| text.value),
    }))
}

fn button(reading: &mut Reading<'_, '_>) -> Option<PartKind> {
    let text = reading.line(Key::required("text", "text = \"Send us your news\""));
    let link = reading.link(Key::required("link", "link = \"https://lantern.example.org/send\""));
    Some(PartKind::Button { text: text?.value, link: link? })
}

fn quote(reading: &mut Reading<'_, '_>) -> Option<PartKind> {
    let text = reading.plain_text(Key::required("text", "text = \"We stopped talking first.\""));
    let speaker = reading.line(Key::required("speaker", "speaker = \"A parent on the site council\""));
    let role = reading.line(Key::optional("role", "role = \"Site council, Springfield\""));
    let language = reading.parsed(Key::optional("lang", "lang = \"es\""), Language::parse);
    Some(PartKind::Quote(Quotation {
        text: text?.value,
        speaker: speaker?.value,
        role: role.map(|role| role.value),
        language: language.map(|language| language.value),
    }))
}

fn policy(reading: &mut Reading<'_, '_>) -> Option<PartKind> {
    let title = reading.line(Key::required("title", "title = \"School grounds are public ground\""));
    let text = reading.plain_text(Key::required("text", "text = \"What the signatories stand for.\""));
    let charter = reading.line(Key::required("charter", "charter = \"2026-09\""));
    let principles = reading.list(Key::required("principles", "principles = [\"shared-places\"]"), one_line);
    let signatories = reading.list(Key::required("signatories", "signatories = [\"example-partner\"]"), PartnerId::parse);
    let mut pictures =
        policy_pictures(reading, Key::optional("logos", "logos = [{ file = \"logo.png\", description = \"Example Partner\" }]"));
    pictures.extend(policy_pictures(
        reading,
        Key::optional("pictures", "pictures = [{ file = \"gym.jpg\", description = \"A gym\" }]"),
    ));
    let position = PolicyPosition {
        title: title?.value,
        text: text?.value,
        charter: charter?.value,
        principles,
        signatories,
        picture_descriptions: pictures.iter().map(|picture| picture.description.clone()).collect(),
    };
    Some(PartKind::Policy(PolicyPart { position, pictures }))
}

fn policy_pictures(reading: &mut Reading<'_, '_>, key: Key) -> Vec<PictureReference> {
    let placed = reading.tables(key, |table| {
        let file = picture_file(table, Key::required("file", "file = \"gym.jpg\""));
        let description = table.line(Key::required("description", "description = \"A gym with its doors open\""));
        Some((file?, description?.value))
    });
    placed
        .into_iter()
        .map(|picture| {
            let (file, description) = picture.value;
            PictureReference { file, description, credit: None, span: picture.span }
        })
        .collect()
}

/// The path of a picture beside the file.
pub(super) fn picture_file(reading: &mut Reading<'_, '_>, key: Key) -> Option<String> {
    let file = reading.line(key)?;
    if let Err(why) = check_picture_path(&file.value) {
        reading.findings.add(PICTURE001, file.span, why, "put the picture beside the text and write its name, such as bus.jpg");
        return None;
    }
    reading.findings.pictures.push(file.value.clone());
    Some(file.value)
}

fn one_line(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.len() > 200 || text.chars().any(crate::domain::email::is_unsafe_in_line) {
        return Err("each is one line of 1 to 200 characters");
    }
    Ok(text.to_owned())
}

const TEXT: Key = Key::required("text", "text = '''\nMarkdown text\n'''");

fn only(reading: &mut Reading<'_, '_>, desk: &Desk<'_>, fence: &Fence) -> Option<PartKind> {
    let problems_before = reading.findings.count();
    let states = reading.list(Key::optional("states", "states = [\"NM\", \"TX\"]"), State::parse);
    let topics = reading.list(Key::optional("topics", "topics = [\"school-health\"]"), Topic::parse);
    let lists = reading.placed_list(Key::optional("lists", "lists = [\"steering\"]"), NewsletterId::parse);
    let lists = lists.map(|lists| lists.value).unwrap_or_default();
    let is_read = reading.findings.count() == problems_before;
    let text = reading.text(TEXT);
    for unknown in lists.iter().filter(|list| (desk.zone_of)(&list.value).is_none()) {
        let message = format!("this newsroom has no newsletter `{}`", unknown.value);
        reading.findings.add(NEWSLETTER001, unknown.span, message, "the newsletters and their ids stand in pressroom.toml");
    }
    let when = Condition {
        states: states.into_iter().collect(),
        topics: topics.into_iter().collect(),
        lists: lists.into_iter().map(|list| list.value).collect(),
    };
    if when == Condition::default() && is_read {
        let help = "add a line such as `states = [\"NM\", \"TX\"]`";
        reading.findings.add(KEY002, fence.kind_span, "this `for` block does not say for whom it is", help);
    }
    let text = insert(&text?, desk, fence.headings, reading.findings);
    Some(PartKind::For { when, text })
}

fn translation(reading: &mut Reading<'_, '_>, desk: &Desk<'_>) -> Option<PartKind> {
    let language = reading.parsed(Key::required("lang", "lang = \"es\""), Language::parse);
    let text = reading.text(TEXT);
    // A parallel section begins anew, as the issue itself does.
    let text = insert(&text?, desk, Headings::START, reading.findings);
    Some(PartKind::Translation { language: language?.value, text })
}

fn insert(
    text: &Excerpt<'_>,
    desk: &Desk<'_>,
    mut headings: Headings,
    findings: &mut Findings,
) -> Vec<crate::domain::prose::Block> {
    read_blocks(Ground { excerpt: text, file: desk.file, manner: Manner::Insert }, &mut headings, findings)
}
