//! Partners as JSON: an array of objects with the keys of a table's columns, lists as arrays. A logo is told by the hashes of its pictures
//! and by what may be done with it; its bytes go with a backup, so that what is read here never brings one.

use serde::{Deserialize, Serialize};

use super::partner_csv::{BadRow, PartnerTable};
use super::partner_form::{
    AffiliateForm, ContactForm, FieldFault, LinkForm, PartnerForm, PlaceForm, ProfileForm, ResearchForm, SeatForm,
};
use super::safe_text::with_marks;
use crate::domain::partner::{Logo, LogoFile, Partner};
use crate::domain::time::Timestamp;

/// In bytes: some thousand partners.
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A partner.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerJson {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub level: String,
    #[serde(default)]
    pub sectors: Vec<String>,
    #[serde(default)]
    pub places: Vec<PlaceForm>,
    #[serde(default)]
    pub affiliates: Vec<AffiliateForm>,
    #[serde(default)]
    pub expertise: Vec<String>,
    #[serde(default)]
    pub blurb: String,
    #[serde(default)]
    pub links: Vec<LinkForm>,
    #[serde(default)]
    pub research: Vec<ResearchForm>,
    #[serde(default)]
    pub networks: Vec<String>,
    #[serde(default)]
    pub steering: Option<SeatForm>,
    #[serde(default)]
    pub contacts: Vec<ContactForm>,
    #[serde(default)]
    pub standing: String,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub since: String,
    /// Told, and not taken in.
    #[serde(default)]
    pub logo: Option<LogoJson>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogoJson {
    pub light: LogoFileJson,
    #[serde(default)]
    pub dark: Option<LogoFileJson>,
    pub description: String,
    /// `directory`, `newsletter`, `positions`.
    pub scopes: Vec<String>,
    pub from: String,
    #[serde(default)]
    pub until: Option<String>,
    pub given_by: String,
    pub how: String,
}

/// The hashes by which the pictures are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogoFileJson {
    pub picture: String,
    #[serde(default)]
    pub drawing: Option<String>,
}

impl PartnerJson {
    #[must_use]
    pub fn of(partner: &Partner) -> Self {
        let form = PartnerForm::of(partner);
        Self {
            id: form.id,
            name: form.name,
            aliases: form.aliases,
            level: form.level,
            sectors: form.profile.sectors,
            places: form.profile.places,
            affiliates: form.profile.affiliates,
            expertise: form.profile.expertise,
            blurb: form.profile.blurb,
            links: form.profile.links,
            research: form.profile.research,
            networks: form.networks,
            steering: form.steering,
            contacts: form.contacts,
            standing: form.standing,
            reason: form.reason,
            since: form.since,
            logo: partner.logo.as_ref().map(LogoJson::of),
        }
    }

    fn form(self) -> PartnerForm {
        PartnerForm {
            id: self.id,
            name: self.name,
            aliases: self.aliases,
            level: self.level,
            profile: ProfileForm {
                sectors: self.sectors,
                places: self.places,
                affiliates: self.affiliates,
                expertise: self.expertise,
                blurb: self.blurb,
                links: self.links,
                research: self.research,
            },
            contacts: self.contacts,
            networks: self.networks,
            steering: self.steering,
            standing: self.standing,
            reason: self.reason,
            since: self.since,
        }
    }
}

impl LogoJson {
    fn of(logo: &Logo) -> Self {
        let file = |file: &LogoFile| LogoFileJson {
            picture: file.picture.hash.to_string(),
            drawing: file.drawing.as_ref().map(|drawing| drawing.hash.to_string()),
        };
        Self {
            light: file(&logo.light),
            dark: logo.dark.as_ref().map(file),
            description: logo.description.clone(),
            scopes: logo.grant.scopes.iter().map(|scope| scope.word().to_owned()).collect(),
            from: logo.grant.from.to_string(),
            until: logo.grant.until.map(|until| until.to_string()),
            given_by: logo.grant.given_by.clone(),
            how: logo.grant.how.clone(),
        }
    }
}

/// Reads an array of partners, or a single one. The "line" of each is its place in the array, from 1 on.
#[must_use]
pub fn parse(bytes: &[u8], since: Timestamp) -> PartnerTable {
    let mut table = PartnerTable::default();
    let rows = match rows_of(bytes) {
        Ok(rows) => rows,
        Err(reason) => {
            table.bad.push(BadRow { line: 1, reason });
            return table;
        }
    };
    for (line, row) in (1..).zip(rows) {
        let read = serde_json::from_value::<PartnerJson>(row).map_err(|why| why.to_string()).and_then(|json| {
            let form = json.form();
            let partner = form.read(since).map_err(|faults| told(&faults))?;
            Ok((partner, !form.standing.is_empty()))
        });
        table.take(line, read);
    }
    table
}

fn rows_of(bytes: &[u8]) -> Result<Vec<serde_json::Value>, String> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err("the file is longer than 16 MB".to_owned());
    }
    match serde_json::from_slice(bytes) {
        Ok(serde_json::Value::Array(rows)) => Ok(rows),
        Ok(row @ serde_json::Value::Object(_)) => Ok(vec![row]),
        Ok(_) => Err("expected an array of partners".to_owned()),
        Err(why) => Err(with_marks(&format!("this is not JSON: {why}"))),
    }
}

fn told(faults: &[FieldFault]) -> String {
    faults.iter().map(|fault| format!("key {fault}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
