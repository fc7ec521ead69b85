//! The portal's form of a feature. It writes the file that a partner could have sent, and that file is read like any other: so form and
//! file cannot differ, and each rule stands once. A problem in the file is told beside the field that it stands in.

mod changes;
mod field;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::feature::{EditWish, FeatureKind, FeatureText};
use crate::domain::prose::Span;
use crate::domain::time::civil;

use super::findings::Findings;
use super::front;
use super::safe_text::{as_typed, with_lf};

pub use field::Field;

/// The mark between brief and story, as the file has it.
const MORE: &str = "<!-- more -->";

/// What is said of a picture.
const IMAGE: &[Field] = &[
    Field::ImageDescription,
    Field::ImageCredit,
    Field::ImageRights,
    Field::ImageLicence,
    Field::ImagePeople,
    Field::ImageMinors,
    Field::ReleaseHeldBy,
    Field::ReleaseUntil,
];

/// What was typed, by field; what was left empty is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeatureForm(BTreeMap<Field, String>);

/// The file that a form makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFeature {
    pub text: String,
    /// Where each field stands in it.
    places: Vec<(Field, Range<usize>)>,
}

impl WrittenFeature {
    /// The field that a problem is about; `None` when it is about none, or about one that is not there.
    #[must_use]
    pub fn field_at(&self, span: Span) -> Option<Field> {
        let around = self.places.iter().filter(|(_, place)| place.contains(&span.start) || place.start == span.start);
        // What is told of a whole line is about the first field in it.
        let within = || self.places.iter().find(|(_, place)| (span.start..span.start + span.length).contains(&place.start));
        around.min_by_key(|(_, place)| place.len()).or_else(within).map(|(field, _)| *field)
    }
}

impl FeatureForm {
    /// From fields by their names, as a page sends them or a draft keeps them; names of no field are passed over.
    #[must_use]
    pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut form = Self::default();
        for (name, text) in fields {
            if let Some(field) = Field::named(name) {
                form.set(field, &if field.is_markdown() { with_lf(text) } else { as_typed(text) });
            }
        }
        form
    }

    /// The same the other way round.
    #[must_use]
    pub fn to_fields(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(field, text)| (field.name().to_owned(), text.clone())).collect()
    }

    #[must_use]
    pub fn get(&self, field: Field) -> &str {
        self.0.get(&field).map_or("", String::as_str)
    }

    /// Browsers end lines with CR and LF; files do not.
    pub fn set(&mut self, field: Field, text: &str) {
        let text = text.replace("\r\n", "\n");
        if text.trim().is_empty() {
            self.0.remove(&field);
        } else {
            self.0.insert(field, text);
        }
    }

    fn is_yes(&self, field: Field) -> bool {
        self.get(field) == "yes"
    }

    /// What the form asks for and is empty (submissions.md section 1). A file may leave some of it out.
    #[must_use]
    pub fn missing(&self) -> Vec<Field> {
        let mut asked = vec![Field::Title, Field::Summary, Field::Brief, Field::Expertise, Field::AuthorisedBy];
        let kind = FeatureKind::parse(self.get(Field::Kind)).unwrap_or_default();
        if matches!(kind, FeatureKind::Feature | FeatureKind::Story) {
            asked.extend([Field::Changed, Field::ForWhom, Field::Evidence]);
        }
        if !self.get(Field::ImageFile).is_empty() {
            asked.extend([Field::ImageDescription, Field::ImageCredit, Field::ImageRights, Field::ImageLicence]);
        }
        if self.get(Field::ImageFile).is_empty() && IMAGE.iter().any(|field| !self.get(*field).is_empty()) {
            asked.push(Field::ImageFile);
        }
        let together: &[&[Field]] = &[
            &[Field::LinkUrl, Field::LinkText],
            &[Field::EventStarts, Field::EventEnds, Field::EventZone, Field::EventPlace],
            &[Field::QuoteWords, Field::QuoteSpeaker, Field::QuoteTitle, Field::QuoteApprovedOn],
        ];
        for fields in together {
            let is_begun = fields.iter().any(|field| !self.get(*field).is_empty());
            let is_asked = kind == FeatureKind::Event && fields.contains(&Field::EventStarts);
            if is_begun || is_asked {
                asked.extend_from_slice(fields);
            }
        }
        asked.retain(|field| self.get(*field).is_empty());
        // In the order of the form.
        asked.sort_unstable();
        asked
    }

    /// The same with something in each field that is missing, so that the rest of it can be read. What is said of a picture that is not
    /// there is left out.
    #[must_use]
    pub fn filled(&self) -> Self {
        let mut form = self.clone();
        if form.get(Field::ImageFile).is_empty() {
            IMAGE.iter().for_each(|field| form.set(*field, ""));
        }
        for field in form.missing() {
            form.set(field, field.stand_in());
        }
        form
    }

    /// The file.
    #[must_use]
    pub fn write(&self) -> WrittenFeature {
        let mut writer = Writer { form: self, text: "+++\n".to_owned(), places: Vec::new() };
        for (key, field) in field::KEYS {
            writer.key(key, *field);
        }
        for (key, parts) in field::TABLES {
            writer.table(key, parts);
        }
        writer.text.push_str("+++\n");
        writer.body(Field::Brief);
        if !self.get(Field::Story).is_empty() {
            writer.text.push_str(&format!("\n{MORE}\n\n"));
            writer.body(Field::Story);
        }
        WrittenFeature { text: writer.text, places: writer.places }
    }

    /// The form that makes this file again: of a file that was read without an error, and its text.
    #[must_use]
    pub fn of(feature: &FeatureText, file: &str) -> Self {
        let mut form = Self::default();
        form.put_heads(feature);
        form.put_details(feature);
        form.put_rights(feature);
        let (brief, story) = bodies(file);
        form.set(Field::Brief, brief);
        form.set(Field::Story, story);
        form
    }

    fn put(&mut self, field: Field, text: Option<&str>) {
        self.set(field, text.unwrap_or_default());
    }

    fn put_day(&mut self, field: Field, day: Option<civil::Date>) {
        self.set(field, &day.map(|day| day.to_string()).unwrap_or_default());
    }

    fn put_list<'a>(&mut self, field: Field, items: impl Iterator<Item = &'a str>) {
        self.set(field, &items.collect::<Vec<_>>().join(", "));
    }

    fn put_heads(&mut self, feature: &FeatureText) {
        self.set(Field::Partner, feature.id.partner().as_str());
        self.set(Field::Title, &feature.title);
        self.set(Field::Summary, &feature.summary);
        self.set(Field::Kind, feature.kind.word());
        self.put(Field::LinkUrl, feature.link.as_ref().map(|(target, _)| target.as_str()));
        self.put(Field::LinkText, feature.link.as_ref().map(|(_, text)| text.as_str()));
        self.put_list(Field::Expertise, feature.expertise.iter().map(|topic| topic.as_str()));
        self.put_list(Field::Places, feature.places.iter().map(|place| place.as_str()));
        self.put_list(Field::Community, feature.communities.iter().map(|community| community.word()));
        self.put_list(Field::Principles, feature.principles.iter().map(String::as_str));
        self.put_list(Field::Names, feature.names.iter().map(|name| name.as_str()));
        self.put_day(Field::UsefulFrom, feature.useful_from);
        self.put_day(Field::UsefulUntil, feature.useful_until);
    }

    fn put_details(&mut self, feature: &FeatureText) {
        let yes = |yes: bool| if yes { Some("yes") } else { None };
        self.put(Field::Changed, feature.changed.as_deref());
        self.put(Field::ForWhom, feature.for_whom.as_deref());
        self.put(Field::Evidence, feature.evidence.as_deref());
        self.put(Field::Position, yes(feature.takes_position));
        self.put(Field::AsksOfficials, yes(feature.asks_officials));
        self.set(Field::Rollover, if feature.may_roll_over { "yes" } else { "no" });
        self.put(Field::AuthorisedBy, feature.authorised_by.as_deref());
        self.set(
            Field::Edits,
            match feature.edits {
                EditWish::Clear => "clear",
                EditWish::Free => "free",
            },
        );
        if let Some(event) = &feature.event {
            self.set(Field::EventStarts, &event.starts.to_string());
            self.set(Field::EventEnds, &event.ends.to_string());
            self.set(Field::EventZone, &event.zone);
            self.set(Field::EventPlace, &event.place);
            self.set(Field::EventCost, &event.cost);
            self.put_day(Field::EventRegisterBy, event.register_by);
            self.set(Field::EventAccess, &event.access);
        }
        if let Some(quote) = &feature.quote {
            self.set(Field::QuoteWords, &quote.words);
            self.set(Field::QuoteSpeaker, &quote.speaker);
            self.set(Field::QuoteTitle, &quote.title);
            self.put_day(Field::QuoteApprovedOn, Some(quote.approved_on));
        }
        self.put(Field::ContactReaders, feature.contact.as_deref());
        self.put(Field::ContactPrivate, feature.verification.as_ref().map(|private| private.reveal()));
        self.set(Field::ReprintAllowed, if feature.reprint.is_allowed { "yes" } else { "no" });
        self.put(Field::ReprintCredit, feature.reprint.credit.as_deref());
    }

    fn put_rights(&mut self, feature: &FeatureText) {
        let Some(image) = &feature.image else { return };
        let yes = |yes: bool| if yes { Some("yes") } else { None };
        self.set(Field::ImageFile, &image.file);
        self.set(Field::ImageDescription, &image.description);
        self.put(Field::ImageCredit, image.credit.as_deref());
        self.put(Field::ImageRights, feature.rights.rights.as_deref());
        self.put(Field::ImageLicence, feature.rights.licence.as_deref());
        self.put(Field::ImagePeople, yes(feature.rights.people));
        self.put(Field::ImageMinors, yes(feature.rights.minors));
        if let Some(release) = &feature.rights.release {
            self.set(Field::ReleaseHeldBy, release.held_by.reveal());
            self.put_day(Field::ReleaseUntil, release.until);
        }
    }
}

/// The brief and the story of a file, as written.
fn bodies(file: &str) -> (&str, &str) {
    let Some(front) = front::split(file, &mut Findings::default()) else { return ("", "") };
    let whole = front.body.whole();
    let body = file.get(whole.start..whole.start + whole.length).unwrap_or("");
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if line.trim() == MORE {
            return (body[..at].trim(), body[at + line.len()..].trim());
        }
        at += line.len();
    }
    (body.trim(), "")
}

struct Writer<'a> {
    form: &'a FeatureForm,
    text: String,
    places: Vec<(Field, Range<usize>)>,
}

impl Writer<'_> {
    fn key(&mut self, key: &str, field: Field) {
        if !self.form.get(field).is_empty() {
            self.text.push_str(&format!("{key} = "));
            self.value(field);
            self.text.push('\n');
        }
    }

    fn value(&mut self, field: Field) {
        let start = self.text.len();
        self.text.push_str(&field::value(field, self.form));
        self.places.push((field, start..self.text.len()));
    }

    /// An inline table of those of its parts that are filled in.
    fn table(&mut self, key: &str, parts: &[(&str, Field)]) {
        let (release, own): (Vec<_>, Vec<_>) = parts.iter().partition(|(part, _)| part.starts_with(field::RELEASE));
        if !self.is_filled(&own) && !self.is_filled(&release) {
            return;
        }
        self.text.push_str(&format!("{key} = "));
        self.braces(&own, &release);
        self.text.push('\n');
    }

    fn is_filled(&self, parts: &[&(&str, Field)]) -> bool {
        parts.iter().any(|(_, field)| !self.form.get(*field).is_empty())
    }

    fn braces(&mut self, parts: &[&(&str, Field)], nested: &[&(&str, Field)]) {
        self.text.push('{');
        let mut joint = " ";
        for (part, field) in parts {
            if !self.form.get(*field).is_empty() {
                self.text.push_str(&format!("{joint}{} = ", part.trim_start_matches(field::RELEASE)));
                self.value(*field);
                joint = ", ";
            }
        }
        if self.is_filled(nested) {
            self.text.push_str(&format!("{joint}release = "));
            self.braces(nested, &[]);
        }
        self.text.push_str(" }");
    }

    fn body(&mut self, field: Field) {
        let start = self.text.len();
        self.text.push_str(self.form.get(field).trim());
        self.text.push('\n');
        self.places.push((field, start..self.text.len()));
    }
}
