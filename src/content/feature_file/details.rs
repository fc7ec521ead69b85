//! What a feature file may say beside its text: what kind of piece it is, whom it names, by what right its picture is used, when it is of
//! use. All of it is optional in a file; the portal's form asks for more.

use crate::domain::feature::{
    ApprovedQuote, Community, EditWish, FeatureKind, HeldEvent, PictureRights, Private, Release, Reprint,
};
use crate::domain::id::PartnerId;
use crate::domain::rule::{FEATURE013, FEATURE014};
use crate::domain::time::{TimeZone, civil};

use super::super::fields::Key;
use super::super::values::Reading;

const KIND: Key = Key::optional("kind", "kind = \"feature\"");
const COMMUNITY: Key = Key::optional("community", "community = [\"rural\"]");
const CHANGED: Key = Key::optional("changed", "changed = \"Sixty children a week see a nurse\"");
const FOR_WHOM: Key = Key::optional("for_whom", "for_whom = \"Families without a car\"");
const EVIDENCE: Key = Key::optional("evidence", "evidence = \"The clinic's own count, March to June\"");
const PRINCIPLES: Key = Key::optional("principles", "principles = [\"shared-places\"]");
const NAMES: Key = Key::optional("names", "names = [\"example-city-united\"]");
const POSITION: Key = Key::optional("position", "position = false");
const ASKS_OFFICIALS: Key = Key::optional("asks_officials", "asks_officials = false");
const EVENT: Key = Key::optional(
    "event",
    "event = { starts = 2027-03-04T15:00:00, ends = 2027-03-04T16:00:00, zone = \"America/New_York\", place = \"Online\" }",
);
const QUOTE: Key = Key::optional(
    "quote",
    "quote = { words = \"We stopped talking first.\", speaker = \"A parent\", title = \"Site council\", approved_on = 2027-01-04 }",
);
const CONTACT: Key = Key::optional("contact", "contact = { readers = \"desk@example.org\", private = \"Ada, by telephone\" }");
const REPRINT: Key = Key::optional("reprint", "reprint = { allowed = true, credit = \"Example Partner\" }");
const USEFUL_FROM: Key = Key::optional("useful_from", "useful_from = 2027-01-01");
const ROLLOVER: Key = Key::optional("rollover", "rollover = true");
const EDITS: Key = Key::optional("edits", "edits = \"clear\"");
const AUTHORISED_BY: Key = Key::optional("authorised_by", "authorised_by = \"Ada Example\"");

/// As read.
pub(super) struct Details {
    pub(super) kind: FeatureKind,
    pub(super) communities: Vec<Community>,
    pub(super) changed: Option<String>,
    pub(super) for_whom: Option<String>,
    pub(super) evidence: Option<String>,
    pub(super) principles: Vec<String>,
    pub(super) names: Vec<PartnerId>,
    pub(super) takes_position: bool,
    pub(super) asks_officials: bool,
    pub(super) event: Option<HeldEvent>,
    pub(super) quote: Option<ApprovedQuote>,
    pub(super) contact: Option<String>,
    pub(super) verification: Option<Private>,
    pub(super) reprint: Reprint,
    pub(super) useful_from: Option<civil::Date>,
    pub(super) may_roll_over: bool,
    pub(super) edits: EditWish,
    pub(super) authorised_by: Option<String>,
}

pub(super) fn details(reading: &mut Reading<'_, '_>) -> Details {
    let kind = reading.parsed(KIND, FeatureKind::parse);
    let event = reading.table(EVENT, event).map(|placed| placed.value);
    if let Some(kind) = kind.as_ref().filter(|kind| kind.value == FeatureKind::Event && event.is_none()) {
        let help = "add a table `event` with starts, ends, zone and place";
        reading.findings.add(FEATURE013, kind.span, "the event does not say when and where it is", help);
    }
    let (contact, verification) = reading.table(CONTACT, contact).map(|placed| placed.value).unwrap_or_default();
    let no_reprint = Reprint { is_allowed: true, credit: None };
    let mut words = |key| reading.line(key).map(|line| line.value);
    Details {
        kind: kind.map(|kind| kind.value).unwrap_or_default(),
        changed: words(CHANGED),
        for_whom: words(FOR_WHOM),
        evidence: words(EVIDENCE),
        authorised_by: words(AUTHORISED_BY),
        communities: reading.list(COMMUNITY, Community::parse),
        principles: reading.list(PRINCIPLES, |id| crate::domain::id::Topic::parse(id).map(|id| id.as_str().to_owned())),
        names: reading.list(NAMES, PartnerId::parse),
        takes_position: reading.flag(POSITION).unwrap_or(false),
        asks_officials: reading.flag(ASKS_OFFICIALS).unwrap_or(false),
        event,
        quote: reading.table(QUOTE, quote).map(|placed| placed.value),
        contact,
        verification,
        reprint: reading.table(REPRINT, reprint).map_or(no_reprint, |placed| placed.value),
        useful_from: reading.date(USEFUL_FROM).map(|date| date.value),
        may_roll_over: reading.flag(ROLLOVER).unwrap_or(true),
        edits: reading.parsed(EDITS, edit_wish).map_or(EditWish::Clear, |wish| wish.value),
    }
}

fn edit_wish(text: &str) -> Result<EditWish, &'static str> {
    match text {
        "clear" => Ok(EditWish::Clear),
        "free" => Ok(EditWish::Free),
        _ => Err("write clear or free"),
    }
}

fn event(table: &mut Reading<'_, '_>) -> Option<HeldEvent> {
    let starts = table.moment(Key::required("starts", "starts = 2027-03-04T15:00:00"));
    let ends = table.moment(Key::required("ends", "ends = 2027-03-04T16:00:00"));
    let zone = table.parsed(Key::required("zone", "zone = \"America/New_York\""), |name| {
        TimeZone::get(name).map(|_| name.to_owned()).map_err(|_| "write a zone such as America/New_York")
    });
    let place = table.line(Key::required("place", "place = \"Online\""));
    let cost = table.line(Key::optional("cost", "cost = \"free\""));
    let register_by = table.date(Key::optional("register_by", "register_by = 2027-03-01"));
    let access = table.line(Key::optional("access", "access = \"Captions in English and Spanish\""));
    let (starts, ends) = (starts?, ends?);
    if ends.value <= starts.value {
        table.findings.add(FEATURE013, ends.span, "the event ends before it begins", "mend the later of the two");
    }
    let words = |line: Option<super::super::values::Placed<String>>| line.map(|line| line.value).unwrap_or_default();
    Some(HeldEvent {
        starts: starts.value,
        ends: ends.value,
        zone: zone?.value,
        place: place?.value,
        cost: words(cost),
        register_by: register_by.map(|day| day.value),
        access: words(access),
    })
}

fn quote(table: &mut Reading<'_, '_>) -> Option<ApprovedQuote> {
    let words = table.line(Key::required("words", "words = \"We stopped talking first.\""));
    let speaker = table.line(Key::required("speaker", "speaker = \"A parent\""));
    let title = table.line(Key::required("title", "title = \"Site council\""));
    let approved_on = table.date(Key::required("approved_on", "approved_on = 2027-01-04"));
    Some(ApprovedQuote { words: words?.value, speaker: speaker?.value, title: title?.value, approved_on: approved_on?.value })
}

fn contact(table: &mut Reading<'_, '_>) -> Option<(Option<String>, Option<Private>)> {
    let readers = table.line(Key::optional("readers", "readers = \"desk@example.org\""));
    let private = table.line(Key::optional("private", "private = \"Ada, by telephone\""));
    Some((readers.map(|line| line.value), private.map(|line| Private::new(line.value))))
}

fn reprint(table: &mut Reading<'_, '_>) -> Option<Reprint> {
    let is_allowed = table.flag(Key::optional("allowed", "allowed = true")).unwrap_or(true);
    let credit = table.line(Key::optional("credit", "credit = \"Example Partner\"")).map(|line| line.value);
    Some(Reprint { is_allowed, credit })
}

/// The keys of `image` that are about rights.
pub(super) fn rights(table: &mut Reading<'_, '_>) -> PictureRights {
    let rights = table.parsed(Key::optional("rights", "rights = \"own\""), |text| match text {
        "own" | "licensed" | "permission" => Ok(text.to_owned()),
        _ => Err("write own, licensed or permission"),
    });
    let licence = table.line(Key::optional("licence", "licence = \"CC BY 4.0\"")).map(|line| line.value);
    let people = table.flag(Key::optional("people", "people = false")).unwrap_or(false);
    let minors = table.flag(Key::optional("minors", "minors = false")).unwrap_or(false);
    let release = table.table(Key::optional("release", "release = { held_by = \"Ada Example\", until = 2028-06-30 }"), |table| {
        let held_by = table.line(Key::required("held_by", "held_by = \"Ada Example\""));
        let until = table.date(Key::optional("until", "until = 2028-06-30")).map(|day| day.value);
        Some(Release { held_by: Private::new(held_by?.value), until })
    });
    PictureRights {
        rights: rights.map(|rights| rights.value),
        licence,
        people: people || minors,
        minors,
        release: release.map(|release| release.value),
    }
}

/// Nobody who can be recognised is shown without their leave.
pub(super) fn check_release(rights: &PictureRights, span: crate::domain::prose::Span, reading: &mut Reading<'_, '_>) {
    if rights.people && rights.release.is_none() {
        let help = "say who holds their release: `release = { held_by = \"…\" }`, or choose another picture";
        reading.findings.add(FEATURE014, span, "people can be recognised in the picture, and nobody holds their release", help);
    }
}
