//! A partner's record as people fill it in: plain words, checked all at once. Tables, JSON and the pages' forms all come through here, so
//! that each rule of the registry stands once.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::fields::shortened;
use super::safe_text::as_typed;
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::PartnerId;
use crate::domain::partner::{CONTACTS_MAX, Contact, ContactRole, Partner, PartnerStanding, Seat};
use crate::domain::subscriber::Language;
use crate::domain::time::{TimeZone, Timestamp, civil};

pub use profile::{AffiliateForm, LinkForm, PlaceForm, ProfileForm, ProfileLines, ResearchForm};
pub use record::{Record, RecordForm};

mod profile;
mod record;

/// What is wrong with a field, in words for whoever filled it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name, as in a table's header.
    pub field: &'static str,
    pub why: String,
}

impl std::fmt::Display for FieldFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.field, self.why)
    }
}

/// The faults met while fields are read.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<FieldFault>);

impl Faults {
    pub(super) fn add(&mut self, field: &'static str, why: impl std::fmt::Display) {
        self.0.push(FieldFault { field, why: why.to_string() });
    }

    fn one<T, E: std::fmt::Display>(&mut self, field: &'static str, read: Result<T, E>) -> Option<T> {
        read.map_err(|why| self.add(field, why)).ok()
    }

    /// Each of a bounded list; what is wrong with one is told and the others are read.
    fn each<F, T, E: std::fmt::Display>(
        &mut self,
        (field, most): (&'static str, usize),
        forms: &[F],
        read: impl Fn(&F) -> Result<T, E>,
    ) -> Vec<T> {
        if forms.len() > most {
            self.add(field, format_args!("expected at most {most}, found {}", forms.len()));
            return Vec::new();
        }
        forms.iter().filter_map(|form| self.one(field, read(form))).collect()
    }

    fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FieldFault>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(self.0),
        }
    }
}

/// A person at a partner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactForm {
    #[serde(default)]
    pub name: Option<String>,
    pub email: String,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub language: Option<String>,
}

/// The days of a seat in the Steering Committee.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatForm {
    pub since: String,
    #[serde(default)]
    pub until: Option<String>,
}

/// A partner as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerForm {
    pub id: String,
    pub name: String,
    pub aliases: Vec<String>,
    pub level: String,
    pub profile: ProfileForm,
    pub contacts: Vec<ContactForm>,
    pub networks: Vec<String>,
    pub steering: Option<SeatForm>,
    /// `prospect`, `invited`, `active`, `resting` or `gone`; empty: active.
    pub standing: String,
    /// Why it rests or is gone.
    pub reason: String,
    /// A day, or a moment; empty: from now on.
    pub since: String,
}

impl PartnerForm {
    #[must_use]
    pub fn of(partner: &Partner) -> Self {
        Self {
            id: partner.id.as_str().to_owned(),
            name: partner.name.as_str().to_owned(),
            aliases: partner.aliases.iter().map(|alias| alias.as_str().to_owned()).collect(),
            level: partner.level.word().to_owned(),
            profile: ProfileForm::of(&partner.profile),
            contacts: partner.contacts.iter().map(ContactForm::of).collect(),
            networks: partner.networks.iter().map(|network| network.as_str().to_owned()).collect(),
            steering: partner
                .steering
                .map(|seat| SeatForm { since: seat.since.to_string(), until: seat.until.map(|until| until.to_string()) }),
            standing: partner.standing.word().to_owned(),
            reason: partner.standing.reason().unwrap_or_default().to_owned(),
            since: moment_words(partner.standing.since()),
        }
    }

    /// The partner it describes, not written yet and without a logo. `since` is the moment from which it counts where the form names
    /// none.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(&self, since: Timestamp) -> Result<Partner, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let id = faults.one("id", partner_id(&self.id));
        let record = self.record().read().map_err(|found| faults.0.extend(found)).ok();
        let contacts = contacts(&self.contacts, &mut faults);
        let standing = self.standing(since, &mut faults);
        let profile = self.profile.read().map_err(|found| faults.0.extend(found)).ok();
        let whole = || {
            let (id, record, profile, standing) = (id?, record?, profile?, standing?);
            let Record { name, aliases, level, networks, steering } = record;
            let bare = Partner::new(id, name, level, standing);
            Some(Partner { aliases, profile, contacts, networks, steering, ..bare })
        };
        let partner = whole();
        faults.finish(partner)
    }

    fn record(&self) -> RecordForm {
        RecordForm {
            name: self.name.clone(),
            aliases: self.aliases.clone(),
            level: self.level.clone(),
            networks: self.networks.clone(),
            steering: self.steering.clone(),
        }
    }

    fn standing(&self, otherwise: Timestamp, faults: &mut Faults) -> Option<PartnerStanding> {
        let since = match self.since.as_str() {
            "" => Some(otherwise),
            text => faults.one("since", moment_of(text)),
        };
        let reason = faults.one("reason", read_reason(&self.reason));
        let (since, reason) = (since?, reason?);
        match self.standing.trim() {
            "" | "active" => Some(PartnerStanding::Active { since }),
            "resting" => Some(PartnerStanding::Resting { since, reason }),
            "prospect" => Some(PartnerStanding::Prospect { since }),
            "invited" => Some(PartnerStanding::Invited { at: since, since }),
            "gone" => Some(PartnerStanding::Gone { at: since, reason }),
            other => {
                let why = format_args!("expected prospect, invited, active, resting or gone, found `{}`", shortened(other));
                faults.add("standing", why);
                None
            }
        }
    }
}

/// In characters.
const REASON_LENGTH_MAX: usize = 300;

/// Why a partner rests or is gone; may be empty.
///
/// # Errors
/// When it is more than a line.
pub fn read_reason(text: &str) -> Result<String, String> {
    line(text, REASON_LENGTH_MAX)
}

/// The contacts of a form.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read_contacts(forms: &[ContactForm]) -> Result<Vec<Contact>, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let contacts = contacts(forms, &mut faults);
    faults.finish(Some(contacts))
}

fn contacts(forms: &[ContactForm], faults: &mut Faults) -> Vec<Contact> {
    let contacts = faults.each(("contacts", CONTACTS_MAX), forms, ContactForm::read);
    let mut seen = HashSet::new();
    if !contacts.iter().all(|contact| seen.insert(contact.address.key())) {
        faults.add("contacts", "one address stands there twice; name each person once, with all roles");
    }
    contacts
}

impl ContactForm {
    #[must_use]
    pub fn of(contact: &Contact) -> Self {
        Self {
            name: contact.name.as_ref().map(|name| name.as_str().to_owned()),
            email: contact.address.as_typed().to_owned(),
            roles: contact.roles.iter().map(|role| role.word().to_owned()).collect(),
            language: contact.language.as_ref().map(|language| language.as_str().to_owned()),
        }
    }

    fn read(&self) -> Result<Contact, String> {
        let role = |word: &String| {
            let unknown = || format!("there is no role `{}`; a contact is submitter or consenter", shortened(word));
            ContactRole::parse(word).ok_or_else(unknown)
        };
        let written = |why: &dyn std::fmt::Display| format!("a contact is written `Name <address> [submitter]`: {why}");
        Ok(Contact {
            name: self.name.as_deref().map(DisplayName::parse).transpose().map_err(|why| written(&why))?,
            address: EmailAddress::parse(&self.email).map_err(|why| written(&why))?,
            roles: self.roles.iter().map(role).collect::<Result<_, _>>()?,
            language: self.language.as_deref().map(Language::parse).transpose().map_err(|why| why.to_string())?,
        })
    }
}

impl SeatForm {
    fn read(&self) -> Result<Seat, String> {
        let since = day(&self.since)?;
        let until = self.until.as_deref().map(day).transpose()?;
        if until.is_some_and(|until| until < since) {
            return Err("the seat ends before it begins".to_owned());
        }
        Ok(Seat { since, until })
    }
}

/// Words that stand where a partner's id could: `/partners/map` is a page.
const RESERVED: [&str; 7] = ["map", "feed", "new", "features", "profile", "partners", "sign-up"];

/// # Errors
/// When it is no slug, or a word that addresses need for themselves.
pub fn partner_id(text: &str) -> Result<PartnerId, String> {
    let id = PartnerId::parse(text.trim()).map_err(|why| why.to_string())?;
    if RESERVED.contains(&id.as_str()) {
        Err(format!("`{id}` is a word of the addresses on the web; choose another id"))
    } else {
        Ok(id)
    }
}

fn day(text: &str) -> Result<civil::Date, String> {
    text.trim().parse().map_err(|_| format!("expected a day such as 2026-09-01, found `{}`", shortened(text)))
}

/// A moment, or the beginning of a day.
fn moment_of(text: &str) -> Result<Timestamp, &'static str> {
    let text = text.trim();
    let start = |day: civil::Date| day.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp());
    let day = text.parse::<civil::Date>().ok().filter(|_| !text.contains('T')).and_then(start);
    day.or_else(|| text.parse().ok()).ok_or("write the day they joined as 2026-09-01")
}

fn moment_words(moment: Timestamp) -> String {
    let start = moment.to_zoned(TimeZone::UTC);
    let is_midnight = start.time() == civil::Time::midnight();
    if is_midnight { start.date().to_string() } else { moment.to_string() }
}

/// One line of text, tidied; a dash is how people leave a field empty.
fn line(text: &str, length_max: usize) -> Result<String, String> {
    let text = as_typed(text);
    let text = if matches!(text.trim(), "-" | "–") { "" } else { text.trim() };
    let is_fit = text.chars().count() <= length_max && !text.chars().any(crate::domain::email::is_unsafe_in_line);
    if is_fit { Ok(text.to_owned()) } else { Err(format!("expected one line of at most {length_max} characters")) }
}
