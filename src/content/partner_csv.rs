//! A table of partners, read and written: the columns below, in any order. Lists are separated by `;`; how an item of each is written
//! is in `partner_items`. `states` is the short form of `places`, `link` of the first of `links`, `active` of `standing`. A row that has
//! any fault is not taken. A logo is no matter for a table.

use std::collections::HashMap;

use crate::domain::id::PartnerId;
use crate::domain::partner::Partner;
use crate::domain::time::Timestamp;

pub use super::csv_record::BadRow;
use super::csv_record::{Records, csv_cell};
use super::fields::{nearest, shortened};
use super::partner_form::{FieldFault, LinkForm, PartnerForm, PlaceForm, ProfileForm, SeatForm};
use super::partner_items as items;
use super::safe_text::with_marks;

/// The columns; the first three are required.
const COLUMNS: [&str; 20] = [
    "id",
    "name",
    "level",
    "aliases",
    "sectors",
    "states",
    "places",
    "affiliates",
    "expertise",
    "blurb",
    "link",
    "links",
    "research",
    "networks",
    "steering",
    "contacts",
    "active",
    "standing",
    "reason",
    "since",
];
const REQUIRED: usize = 3;
/// What is written: every column but the short forms.
const WRITTEN: [&str; 17] = [
    "id",
    "name",
    "aliases",
    "level",
    "sectors",
    "places",
    "affiliates",
    "expertise",
    "blurb",
    "links",
    "research",
    "networks",
    "steering",
    "contacts",
    "standing",
    "reason",
    "since",
];
/// More items than any list may have: what each may have is said with the record.
const LIST_MAX: usize = 100;

/// A row that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// The line it begins on, or its place in a list.
    pub line: u64,
    pub partner: Partner,
    /// Whether it says how the partner stands; if not, a new one is active and a known one stays as it is.
    pub says_standing: bool,
}

/// A table after reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerTable {
    pub rows: Vec<TableRow>,
    pub bad: Vec<BadRow>,
    /// Where each id stands first.
    seen: HashMap<PartnerId, u64>,
}

/// Reads a table. `since` is the moment from which new partners count as such, where the column `since` names no day.
#[must_use]
pub fn parse(bytes: &[u8], since: Timestamp) -> PartnerTable {
    let mut table = PartnerTable::default();
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
    for record in records {
        match record {
            Err(bad) => table.bad.push(bad),
            Ok(record) => table.take(record.line, partner_of(&columns, &record.cells, since)),
        }
    }
    table
}

impl PartnerTable {
    /// Takes a row in, if it is whole and the first of its id. With it stands whether it says how the partner stands.
    pub(super) fn take(&mut self, line: u64, read: Result<(Partner, bool), String>) {
        let row = read.and_then(|(partner, says_standing)| match self.seen.get(&partner.id) {
            Some(first) => Err(format!("the same id as in line {first}")),
            None => Ok(TableRow { line, partner, says_standing }),
        });
        match row {
            Ok(row) => {
                self.seen.insert(row.partner.id.clone(), line);
                self.rows.push(row);
            }
            // Reasons repeat what was written, and are shown on terminals.
            Err(reason) => self.bad.push(BadRow { line, reason: with_marks(&reason) }),
        }
    }
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
    faults: Vec<FieldFault>,
}

impl<'a> Row<'a> {
    fn cell(&self, column: &str) -> &'a str {
        let index = self.columns.iter().position(|name| *name == column);
        // A dash is how people leave a cell of a printed table empty.
        index.and_then(|index| self.cells.get(index)).map(String::as_str).filter(|cell| !matches!(*cell, "-" | "–")).unwrap_or("")
    }

    fn fault(&mut self, field: &'static str, why: impl Into<String>) {
        self.faults.push(FieldFault { field, why: why.into() });
    }

    fn text(&self, column: &str) -> String {
        self.cell(column).to_owned()
    }

    fn list<T>(&mut self, column: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let items = items::items(self.cell(column));
        if items.len() > LIST_MAX {
            self.fault(column, "the list is too long");
            return Vec::new();
        }
        items.into_iter().filter_map(|item| read(item).map_err(|why| self.fault(column, why)).ok()).collect()
    }

    fn plain_list(&mut self, column: &'static str) -> Vec<String> {
        self.list(column, |item| Ok(items::plain(item)))
    }

    /// `states` in short, or `places` in full.
    fn places(&mut self) -> Vec<PlaceForm> {
        let states = self.list("states", |state| Ok(PlaceForm { state: state.to_owned(), ..PlaceForm::default() }));
        let places = self.list("places", items::place);
        if !states.is_empty() && !places.is_empty() {
            self.fault("states", "`places` names them; leave one of the two empty");
        }
        if places.is_empty() { states } else { places }
    }

    /// `link`, which is its first site, and `links`.
    fn links(&mut self) -> Vec<LinkForm> {
        let own = Some(self.text("link")).filter(|url| !url.is_empty());
        let own = own.map(|url| LinkForm { kind: "site".to_owned(), url, text: String::new() });
        let links = self.list("links", items::link);
        own.into_iter().chain(links).collect()
    }

    /// `2026-01-01`, or `2026-01-01 2026-12-31`.
    fn seat(&mut self) -> Option<SeatForm> {
        let mut days = self.cell("steering").split_whitespace();
        let since = days.next()?.to_owned();
        let until = days.next().map(str::to_owned);
        if days.next().is_some() {
            self.fault("steering", "write the first and the last day of the seat: 2026-01-01 2026-12-31");
        }
        Some(SeatForm { since, until })
    }

    /// `standing`, or in short whether it is active.
    fn standing(&mut self) -> String {
        let standing = self.text("standing").to_lowercase();
        let active = match self.cell("active").to_lowercase().as_str() {
            "" => return standing,
            "yes" | "true" | "1" => "active",
            "no" | "false" | "0" => "resting",
            _ => {
                self.fault("active", "write yes or no");
                return standing;
            }
        };
        if !standing.is_empty() && standing != active {
            self.fault("active", "`standing` says otherwise; leave one of the two empty");
        }
        active.to_owned()
    }
}

fn partner_of(columns: &[&'static str], cells: &[String], since: Timestamp) -> Result<(Partner, bool), String> {
    if cells.len() != columns.len() {
        return Err(format!("the row has {} cells and the header {}", cells.len(), columns.len()));
    }
    let mut row = Row { columns, cells, faults: Vec::new() };
    let form = form_of(&mut row);
    let read = form.read(since);
    let faults = std::mem::take(&mut row.faults);
    match read {
        Ok(partner) if faults.is_empty() => Ok((partner, !form.standing.is_empty())),
        Ok(_) => Err(told(&faults, columns)),
        Err(more) => Err(told(&[faults, more].concat(), columns)),
    }
}

fn told(faults: &[FieldFault], columns: &[&'static str]) -> String {
    // Whoever uses a short form knows the column by its name.
    let named = |field: &'static str| match field {
        "places" if !columns.contains(&"places") => "states",
        "links" if !columns.contains(&"links") => "link",
        "standing" if !columns.contains(&"standing") => "active",
        field => field,
    };
    faults.iter().map(|fault| format!("column `{}`: {}", named(fault.field), fault.why)).collect::<Vec<_>>().join("; ")
}

fn form_of(row: &mut Row<'_>) -> PartnerForm {
    PartnerForm {
        id: row.text("id"),
        name: row.text("name"),
        aliases: row.plain_list("aliases"),
        level: row.text("level"),
        profile: ProfileForm {
            sectors: row.plain_list("sectors"),
            places: row.places(),
            affiliates: row.list("affiliates", |item| Ok(items::affiliate(item))),
            expertise: row.plain_list("expertise"),
            blurb: row.text("blurb"),
            links: row.links(),
            research: row.list("research", |item| Ok(items::research(item))),
        },
        contacts: row.list("contacts", |item| Ok(items::contact(item))),
        networks: row.plain_list("networks"),
        steering: row.seat(),
        standing: row.standing(),
        reason: row.text("reason"),
        since: row.text("since"),
    }
}

/// The header line of what [`write()`] writes.
#[must_use]
pub fn header() -> String {
    format!("{}\n", WRITTEN.join(","))
}

/// A partner as a line of a table, cells that a spreadsheet would run as formulas made harmless. [`parse`] reads it back.
#[must_use]
pub fn write(partner: &Partner) -> String {
    fn list<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
        items.iter().map(write).collect::<Vec<_>>().join(";")
    }
    let plain = |item: &String| items::write_plain(item);
    let form = PartnerForm::of(partner);
    let seat = form.steering.map(|seat| format!("{} {}", seat.since, seat.until.unwrap_or_default())).unwrap_or_default();
    let cells: [String; WRITTEN.len()] = [
        form.id,
        form.name,
        list(&form.aliases, plain),
        form.level,
        list(&form.profile.sectors, plain),
        list(&form.profile.places, items::write_place),
        list(&form.profile.affiliates, items::write_affiliate),
        list(&form.profile.expertise, plain),
        form.profile.blurb,
        list(&form.profile.links, items::write_link),
        list(&form.profile.research, items::write_research),
        list(&form.networks, plain),
        seat.trim_end().to_owned(),
        list(&form.contacts, items::write_contact),
        form.standing,
        form.reason,
        form.since,
    ];
    format!("{}\n", cells.map(|cell| csv_cell(&cell)).join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::partner::{ContactRole, PartnerStanding, PlaceRole};
    use crate::domain::prose::LinkTarget;

    const HEADER: &str = "id,name,aliases,level,sectors,states,expertise,blurb,link,contacts,active\n";

    fn table(rows: &str) -> PartnerTable {
        parse(format!("{HEADER}{rows}").as_bytes(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_row_becomes_a_partner() {
        let row = "example-guild,Example Guild,EEG;the Guild,national,labour;teaching,CA;OH,teacher leadership,A desk.,https://guild.example.org,\"Zoë Núñez <zoe+desk@guild.example.org> [submitter, consenter];b@guild.example.org\",yes\n";
        let table = table(row);
        assert_eq!(table.bad, []);
        let partner = &table.rows[0].partner;
        assert_eq!(partner.aliases.len(), 2);
        assert_eq!(partner.profile.expertise[0].as_str(), "teacher-leadership");
        assert_eq!(partner.profile.link().map(LinkTarget::as_str), Some("https://guild.example.org/"));
        assert!(partner.profile.places.iter().all(|place| place.role == PlaceRole::Supports));
        assert_eq!(partner.contacts[0].roles, ContactRole::ALL.into_iter().collect());
        assert_eq!(partner.contacts[0].address.as_typed(), "zoe+desk@guild.example.org");
        assert!(partner.contacts[1].roles.is_empty() && partner.is_active());
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

    #[test]
    fn short_forms_and_long_ones_do_not_contradict_each_other() {
        let fault = |header: &str, row: &str| parse(format!("{header}\n{row}\n").as_bytes(), Timestamp::UNIX_EPOCH).bad.pop();
        let faults = [
            ("id,name,level,states,places", "a,A,local,NM,OR runs"),
            ("id,name,level,active,standing", "a,A,local,yes,gone"),
            ("id,name,level,places", "a,A,local,NM runs;NM funds"),
            ("id,name,level,steering", "a,A,local,2027-02-01 2027-01-01"),
            ("id,name,level,contacts", "a,A,local,a@example.org;A@Example.org"),
            ("id,name,level,links", "a,A,local,mailto:a@example.org"),
            ("id,name,level", "map,A,local"),
        ];
        for (header, row) in faults {
            assert!(fault(header, row).is_some(), "{row}");
        }
        let row = "a,A,local,https://a.example.org/,feed https://a.example.org/feed;https://b.example.org/,yes,active";
        let table = parse(format!("id,name,level,link,links,active,standing\n{row}\n").as_bytes(), Timestamp::UNIX_EPOCH);
        assert_eq!(table.bad, []);
        assert_eq!(table.rows[0].partner.profile.links.len(), 3);
        assert_eq!(table.rows[0].partner.profile.link().map(LinkTarget::as_str), Some("https://a.example.org/"));
    }

    #[test]
    fn a_table_of_before_says_who_rests() {
        let rests = table("a,A,,local,,,,,,,no\n").rows.remove(0).partner;
        assert_eq!(rests.standing, PartnerStanding::Resting { since: Timestamp::UNIX_EPOCH, reason: String::new() });
    }
}
