//! A table of partners: `id,name,aliases,level,sectors,states,expertise,blurb,link,contacts,active,since`, in any order. Lists are separated
//! by `;`. A contact is written `Name <name@example.org> [submitter consenter]`, with a comma or a space between the roles. A row
//! that has any fault is not taken.

use std::collections::HashMap;

use crate::domain::email::{DisplayName, Mailbox};
use crate::domain::id::{PartnerId, Topic, slug_of};
use crate::domain::partner::{Contact, ContactRole, Partner, PartnerLevel};
use crate::domain::prose::LinkTarget;
use crate::domain::subscriber::State;
use crate::domain::time::{TimeZone, Timestamp, civil};

pub use super::csv_record::BadRow;
use super::csv_record::Records;
use super::fields::{nearest, shortened};
use super::safe_text::with_marks;

/// The columns; the first three are required.
const COLUMNS: [&str; 12] =
    ["id", "name", "level", "aliases", "sectors", "states", "expertise", "blurb", "link", "contacts", "active", "since"];
const REQUIRED: usize = 3;
const BLURB_LENGTH_MAX: usize = 400;
const LIST_MAX: usize = 100;

/// A table after reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerCsv {
    /// Each with the line it begins on.
    pub rows: Vec<(u64, Partner)>,
    pub bad: Vec<BadRow>,
}

/// Reads a table. `since` is the moment from which new partners count as such, where the column `since` names no day.
#[must_use]
pub fn parse(bytes: &[u8], since: Timestamp) -> PartnerCsv {
    let mut table = PartnerCsv::default();
    let (records, header) = match Records::open(bytes) {
        Ok(opened) => opened,
        Err(bad) => {
            table.bad.push(bad);
            return table;
        }
    };
    let columns = match columns_of(&header.cells) {
        Ok(columns) => columns,
        Err(reason) => {
            table.bad.push(BadRow { line: header.line, reason: with_marks(&reason) });
            return table;
        }
    };
    let mut seen: HashMap<PartnerId, u64> = HashMap::new();
    for record in records {
        match record {
            Err(bad) => table.bad.push(bad),
            Ok(record) => {
                let line = record.line;
                let partner =
                    partner_of(&columns, &record.cells, since).and_then(|partner| match seen.insert(partner.id.clone(), line) {
                        Some(first) => Err(format!("the same id as in line {first}")),
                        None => Ok(partner),
                    });
                match partner {
                    Ok(partner) => table.rows.push((line, partner)),
                    // Reasons repeat what was written, and are shown on terminals.
                    Err(reason) => table.bad.push(BadRow { line, reason: with_marks(&reason) }),
                }
            }
        }
    }
    table
}

fn columns_of(header: &[String]) -> Result<Vec<&'static str>, String> {
    let mut columns: Vec<&'static str> = Vec::new();
    for name in header {
        let word = name.to_lowercase();
        let Some(column) = COLUMNS.iter().find(|column| **column == word) else {
            let near = nearest(&word, &COLUMNS)
                .map_or_else(|| format!("the columns are {}", COLUMNS.join(", ")), |near| format!("did you mean `{near}`?"));
            return Err(format!("there is no column `{}`; {near}", shortened(name)));
        };
        if columns.contains(column) {
            return Err(format!("the column `{column}` stands there twice"));
        }
        columns.push(column);
    }
    match COLUMNS[..REQUIRED].iter().find(|column| !columns.contains(column)) {
        Some(missing) => Err(format!("there is no column `{missing}`")),
        None => Ok(columns),
    }
}

/// A row by its columns' names, with the faults found in it.
struct Row<'a> {
    columns: &'a [&'static str],
    cells: &'a [String],
    faults: Vec<String>,
}

impl<'a> Row<'a> {
    fn cell(&self, column: &str) -> &'a str {
        let index = self.columns.iter().position(|name| *name == column);
        // A dash is how people leave a cell of a printed table empty.
        index.and_then(|index| self.cells.get(index)).map(String::as_str).filter(|cell| !matches!(*cell, "-" | "–")).unwrap_or("")
    }

    fn fault(&mut self, column: &str, why: &str) {
        self.faults.push(format!("column `{column}`: {why}"));
    }

    fn parsed<T, E: std::fmt::Display>(&mut self, column: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        match parse(self.cell(column)) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fault(column, &why.to_string());
                None
            }
        }
    }

    fn list<T, E: std::fmt::Display>(&mut self, column: &str, parse: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
        let items: Vec<_> = self.cell(column).split(';').map(str::trim).filter(|item| !item.is_empty()).collect();
        if items.len() > LIST_MAX {
            self.fault(column, "the list is too long");
            return Vec::new();
        }
        let mut values = Vec::new();
        for item in items {
            match parse(item) {
                Ok(value) => values.push(value),
                Err(why) => self.fault(column, &why.to_string()),
            }
        }
        values
    }
}

fn partner_of(columns: &[&'static str], cells: &[String], since: Timestamp) -> Result<Partner, String> {
    if cells.len() != columns.len() {
        return Err(format!("the row has {} cells and the header {}", cells.len(), columns.len()));
    }
    let mut row = Row { columns, cells, faults: Vec::new() };
    let id = row.parsed("id", PartnerId::parse);
    let name = row.parsed("name", DisplayName::parse);
    let level = row.parsed("level", PartnerLevel::parse);
    let aliases = row.list("aliases", DisplayName::parse);
    let sectors = row.list("sectors", |sector| DisplayName::parse(sector).map(|sector| sector.as_str().to_owned()));
    let states = row.list("states", State::parse);
    let expertise = row.list("expertise", |topic| Topic::parse(&slug_of(topic).unwrap_or_default()));
    let blurb = row.parsed("blurb", blurb);
    let link = row.parsed("link", |link| if link.is_empty() { Ok(None) } else { LinkTarget::parse(link).map(Some) });
    let contacts = row.list("contacts", contact);
    let active = row.parsed("active", active);
    let joined = row.parsed("since", |day| joined(day, since));
    let faults = std::mem::take(&mut row.faults).join("; ");
    let whole = || {
        let (id, name, level) = (id?, name?, level?);
        let (blurb, link, active, since) = (blurb?, link?, active?, joined?);
        Some(Partner { id, name, aliases, level, sectors, states, expertise, blurb, link, contacts, active, since })
    };
    if faults.is_empty() { whole().ok_or(faults) } else { Err(faults) }
}

fn blurb(text: &str) -> Result<String, String> {
    let is_fit = text.chars().count() <= BLURB_LENGTH_MAX && !text.chars().any(crate::domain::email::is_unsafe_in_line);
    if is_fit { Ok(text.to_owned()) } else { Err(format!("a blurb is one line of at most {BLURB_LENGTH_MAX} characters")) }
}

/// The beginning of the day a partner joined.
fn joined(day: &str, otherwise: Timestamp) -> Result<Timestamp, &'static str> {
    if day.is_empty() {
        return Ok(otherwise);
    }
    let start = day.parse::<civil::Date>().and_then(|day| day.to_zoned(TimeZone::UTC));
    start.map(|start| start.timestamp()).map_err(|_| "write the day they joined as 2026-09-01")
}

fn active(text: &str) -> Result<bool, &'static str> {
    match text.to_lowercase().as_str() {
        "" | "yes" | "true" | "1" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => Err("write yes or no"),
    }
}

// `Name <name@example.org> [submitter,consenter]`; the roles may be left out.
fn contact(text: &str) -> Result<Contact, String> {
    let (mailbox, roles) = match text.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((mailbox, roles)) => (mailbox, roles),
        None => (text, ""),
    };
    let mailbox = Mailbox::parse(mailbox).map_err(|why| format!("a contact is written `Name <address> [submitter]`: {why}"))?;
    let mut parsed = Vec::new();
    for role in roles.split([',', ' ']).filter(|role| !role.is_empty()) {
        let unknown = || format!("there is no role `{}`; a contact is submitter or consenter", shortened(role));
        parsed.push(ContactRole::parse(role).ok_or_else(unknown)?);
    }
    Ok(Contact { name: mailbox.name, address: mailbox.address, roles: parsed.into_iter().collect(), language: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "id,name,aliases,level,sectors,states,expertise,blurb,link,contacts,active\n";

    fn table(rows: &str) -> PartnerCsv {
        parse(format!("{HEADER}{rows}").as_bytes(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_row_becomes_a_partner() {
        let row = "example-guild,Example Guild,EEG;the Guild,national,labour;teaching,CA;OH,teacher leadership,A desk.,https://guild.example.org,\"Zoë Núñez <zoe+desk@guild.example.org> [submitter, consenter];b@guild.example.org\",yes\n";
        let table = table(row);
        assert_eq!(table.bad, []);
        let partner = &table.rows[0].1;
        assert_eq!(partner.aliases.len(), 2);
        assert_eq!(partner.expertise[0].as_str(), "teacher-leadership");
        assert_eq!(partner.contacts[0].roles, ContactRole::ALL.into_iter().collect());
        assert_eq!(partner.contacts[0].address.as_typed(), "zoe+desk@guild.example.org");
        assert!(partner.contacts[1].roles.is_empty() && partner.active);
    }

    #[test]
    fn all_faults_of_a_row_are_told_at_once() {
        let table =
            table("Example Guild,,,regional,,California,,,/x,nobody [chair],perhaps\na,A,,local,,-,,,,,\na,A,,local,,,,,,,\n");
        assert_eq!(table.rows.len(), 1);
        let reason = &table.bad[0].reason;
        for column in ["id", "name", "level", "states", "link", "contacts", "active"] {
            assert!(reason.contains(&format!("column `{column}`")), "{column}: {reason}");
        }
        assert_eq!(table.bad[1], BadRow { line: 4, reason: "the same id as in line 3".to_owned() });
    }

    #[test]
    fn an_unknown_column_names_the_nearest() {
        let table = parse(b"id,name,level,contact\n", Timestamp::UNIX_EPOCH);
        assert!(table.bad[0].reason.contains("did you mean `contacts`"), "{:?}", table.bad);
        assert!(parse(b"id,name\n", Timestamp::UNIX_EPOCH).bad[0].reason.contains("`level`"));
    }
}
