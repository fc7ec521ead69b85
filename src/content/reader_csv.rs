//! A table of readers, row by row, in bounded memory: a file of a million rows is never held as rows. Every row that cannot be taken
//! is told with its line and a reason that names the column and never the address.
//!
//! Whether a reader is new, has left or must not be mailed is the store's business.

mod past;

use std::collections::{HashMap, HashSet};
use std::io::Read;

use sha2::{Digest, Sha256};

use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{Topic, slug_of};
use crate::domain::subscriber::{Language, ReaderFields, State};

pub use super::csv_record::BadRow;
use super::csv_record::{Record, Records};
use super::fields::shortened;
use past::Gathered;
pub use past::{Fact, Origin, Past, Stood, memberships_cell, suppression_cell};

/// One reader of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderRow {
    pub address: EmailAddress,
    pub fields: ReaderFields,
    pub past: Past,
}

/// What a column is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    Email,
    Name,
    FirstName,
    LastName,
    Organisation,
    State,
    Topics,
    Language,
    /// Kept as it came, under this name.
    Attribute(String),
    /// Something of the reader's past, in an export of a mailing service or our own.
    Past(Fact),
    /// A column without a name.
    Ignored,
}

impl Column {
    /// By the name in the header, without regard to case, spaces, hyphens and underscores. The names that common mailing services
    /// give their exports are known too.
    fn of(header: &str, origin: Origin) -> Self {
        let folded = folded(header);
        if let Some(fact) = origin.fact(&folded) {
            return Self::Past(fact);
        }
        match folded.as_str() {
            "" => Self::Ignored,
            "email" | "emailaddress" | "mail" => Self::Email,
            "name" | "fullname" => Self::Name,
            "firstname" | "givenname" => Self::FirstName,
            "lastname" | "surname" | "familyname" => Self::LastName,
            "organisation" | "organization" | "company" => Self::Organisation,
            "state" => Self::State,
            "topics" => Self::Topics,
            "language" => Self::Language,
            _ => Self::Attribute(header.to_owned()),
        }
    }
}

fn folded(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

const ATTRIBUTE_LENGTH_MAX: usize = 1_000;
const ATTRIBUTE_NAME_LENGTH_MAX: usize = 100;
const TOPICS_MAX: usize = 100;
const ATTRIBUTES_MAX: usize = 200;

/// The rows of a table, read one at a time.
pub struct Rows<R> {
    records: Records<R>,
    columns: Vec<(Column, String)>,
    origin: Origin,
    /// By the first half of the SHA-256 of an address's key, the line it stands on: 24 bytes a row, however long the addresses.
    seen: HashMap<[u8; 16], u64>,
}

/// Reads the header.
///
/// # Errors
/// [`BadRow`] when the header cannot be read, has no `email` column, or names a known column twice.
pub fn open<R: Read>(input: R) -> Result<Rows<R>, BadRow> {
    let (records, header) = Records::open(input)?;
    let bad = |reason: String| Err(BadRow { line: header.line, reason });
    let mut seen = HashSet::new();
    let mut columns = Vec::new();
    let origin = Origin::of(&header.cells.iter().map(|name| folded(name)).collect::<Vec<_>>());
    for name in &header.cells {
        let is_unsafe = name.chars().any(crate::domain::email::is_unsafe_in_line);
        if is_unsafe || name.chars().count() > ATTRIBUTE_NAME_LENGTH_MAX {
            return bad(format!("a column's name must be 1 to {ATTRIBUTE_NAME_LENGTH_MAX} characters without control characters"));
        }
        let column = Column::of(name, origin);
        let may_repeat = matches!(column, Column::Ignored | Column::Past(_));
        if !may_repeat && !seen.insert(column.clone()) {
            return bad(format!("the column `{}` stands there twice", shortened(name)));
        }
        columns.push((column, name.clone()));
    }
    if !seen.contains(&Column::Email) {
        return bad("there is no column `email`; the first line names the columns, such as email,first_name,state".to_owned());
    }
    Ok(Rows { records, columns, origin, seen: HashMap::new() })
}

impl<R> Rows<R> {
    /// What each column was taken for, with its name in the header, in their order.
    #[must_use]
    pub fn columns(&self) -> &[(Column, String)] {
        &self.columns
    }

    /// Where the table comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    fn row_of(&mut self, record: &Record) -> Result<ReaderRow, String> {
        if record.cells.len() != self.columns.len() {
            return Err(format!("the row has {} cells and the header {}", record.cells.len(), self.columns.len()));
        }
        let mut faults = Vec::new();
        let mut address = None;
        let mut fields = ReaderFields::default();
        let mut past = Gathered::begin(self.origin);
        for ((column, name), cell) in self.columns.iter().zip(&record.cells) {
            let result = match column {
                Column::Email => EmailAddress::parse(cell).map(|parsed| address = Some(parsed)).map_err(|why| why.to_string()),
                Column::Past(_) if cell.is_empty() => Ok(()),
                Column::Past(Fact::Tags) => {
                    fields.topics.extend(tags(cell));
                    Ok(())
                }
                Column::Past(Fact::Attributes) => take_attributes(cell, &mut fields),
                Column::Past(fact @ (Fact::StatusPerhaps | Fact::EndedPerhaps)) => {
                    past.take(*fact, cell).and_then(|()| take_attribute(name, cell, &mut fields))
                }
                Column::Past(fact) => past.take(*fact, cell),
                Column::Name
                | Column::FirstName
                | Column::LastName
                | Column::Organisation
                | Column::State
                | Column::Topics
                | Column::Language
                | Column::Attribute(_)
                | Column::Ignored => take_cell(column, cell, &mut fields),
            };
            faults.extend(result.err().map(|why| format!("column `{name}`: {why}")));
        }
        let Some(address) = address.filter(|_| faults.is_empty()) else { return Err(faults.join("; ")) };
        let digest = Sha256::digest(address.key().as_str().as_bytes());
        let key: [u8; 16] = digest[..16].try_into().expect("a SHA-256 has 32 bytes");
        if let Some(first) = self.seen.get(&key) {
            return Err(format!("the same address as in line {first}"));
        }
        self.seen.insert(key, record.line);
        Ok(ReaderRow { address, fields, past: past.end() })
    }
}

impl<R: Read> Iterator for Rows<R> {
    /// A row with its line.
    type Item = Result<(u64, ReaderRow), BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match self.records.next()? {
            Ok(record) => record,
            Err(bad) => return Some(Err(bad)),
        };
        let line = record.line;
        Some(self.row_of(&record).map(|row| (line, row)).map_err(|reason| BadRow { line, reason }))
    }
}

fn take_cell(column: &Column, cell: &str, fields: &mut ReaderFields) -> Result<(), String> {
    if cell.is_empty() {
        return Ok(());
    }
    let name = || DisplayName::parse(cell).map(Some).map_err(|why| why.to_string());
    match column {
        Column::Name => fields.name = name()?,
        Column::FirstName => fields.first_name = name()?,
        Column::LastName => fields.last_name = name()?,
        Column::Organisation => fields.organisation = name()?,
        Column::State => fields.state = Some(State::parse(cell).map_err(|_| "a state is two letters, such as NM".to_owned())?),
        Column::Language => {
            let parsed = Language::parse(cell).map_err(|_| "a language is a tag such as en, es or pt-BR".to_owned())?;
            fields.language = Some(parsed);
        }
        Column::Topics => {
            let topics: Vec<_> = cell.split([';', '|', ',']).map(str::trim).filter(|topic| !topic.is_empty()).collect();
            if topics.len() > TOPICS_MAX {
                return Err(format!("there are more than {TOPICS_MAX} topics"));
            }
            let topic = |text: &str| slug_of(text).and_then(|slug| Topic::parse(&slug).ok());
            let parsed: Option<_> = topics.into_iter().map(topic).collect();
            fields.topics = parsed.ok_or_else(|| "a topic is words such as school-health, separated by `;`".to_owned())?;
        }
        Column::Attribute(key) => take_attribute(key, cell, fields)?,
        Column::Email | Column::Past(_) | Column::Ignored => {}
    }
    Ok(())
}

fn take_attribute(key: &str, value: &str, fields: &mut ReaderFields) -> Result<(), String> {
    let is_fit = value.chars().count() <= ATTRIBUTE_LENGTH_MAX;
    if !is_fit || value.chars().any(|c| c != '\n' && crate::domain::email::is_unsafe_in_line(c)) {
        return Err(format!("a value is at most {ATTRIBUTE_LENGTH_MAX} characters, without control characters"));
    }
    fields.attributes.insert(key.to_owned(), value.to_owned());
    Ok(())
}

/// A JSON object; what is not text in it is kept as it is written.
fn take_attributes(cell: &str, fields: &mut ReaderFields) -> Result<(), String> {
    let read: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(cell).map_err(|_| "it is not a JSON object".to_owned())?;
    if read.len() > ATTRIBUTES_MAX {
        return Err(format!("there are more than {ATTRIBUTES_MAX} attributes"));
    }
    for (key, value) in read {
        let is_unsafe = key.is_empty() || key.chars().any(crate::domain::email::is_unsafe_in_line);
        if is_unsafe || key.chars().count() > ATTRIBUTE_NAME_LENGTH_MAX {
            return Err(format!(
                "an attribute's name must be 1 to {ATTRIBUTE_NAME_LENGTH_MAX} characters without control characters"
            ));
        }
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        take_attribute(&key, &value, fields)?;
    }
    Ok(())
}

/// The cell of a reader's attributes: a JSON object, or nothing.
#[must_use]
pub fn attributes_cell(attributes: &std::collections::BTreeMap<String, String>) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    serde_json::to_string(attributes).expect("texts are always JSON")
}

/// Topics from the tags of a service; what cannot be one is left out.
fn tags(cell: &str) -> impl Iterator<Item = Topic> {
    let slug = |tag: &str| slug_of(tag.trim().trim_matches('"')).and_then(|slug| Topic::parse(&slug).ok());
    cell.split([';', '|', ',']).filter_map(slug).take(TOPICS_MAX)
}

/// A whole table, for files that are known to be small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReaderCsv {
    /// Each with the line it begins on.
    pub rows: Vec<(u64, ReaderRow)>,
    pub bad: Vec<BadRow>,
}

/// Reads a whole table. A bad header is the only bad row then.
#[must_use]
pub fn parse(bytes: &[u8]) -> ReaderCsv {
    let mut table = ReaderCsv::default();
    match open(bytes) {
        Err(bad) => table.bad.push(bad),
        Ok(rows) => {
            for row in rows {
                match row {
                    Ok(row) => table.rows.push(row),
                    Err(bad) => table.bad.push(bad),
                }
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subscriber::SuppressionReason;

    #[test]
    fn columns_are_mapped_by_their_header_and_others_are_kept() {
        let text = "Email Address;FIRST_name;Last Name;State;Topics;language;Shoe size\nZoe@example.org;Zoë;Park;nm;School Health | arts;es;38\n";
        let table = parse(text.as_bytes());
        assert_eq!(table.bad, []);
        let (line, row) = &table.rows[0];
        assert_eq!((*line, row.address.as_typed()), (2, "Zoe@example.org"));
        assert_eq!(row.fields.full_name().as_deref(), Some("Zoë Park"));
        assert_eq!(row.fields.state.as_ref().map(State::as_str), Some("NM"));
        assert_eq!(row.fields.topics.iter().map(Topic::as_str).collect::<Vec<_>>(), ["arts", "school-health"]);
        assert_eq!(row.fields.language.as_ref().map(Language::as_str), Some("es"));
        assert_eq!(row.fields.attributes.get("Shoe size").map(String::as_str), Some("38"));
    }

    #[test]
    fn every_bad_row_is_told_with_its_line_and_never_its_address() {
        let text = "email,state,name\na@example.org,NM,Ada\nnobody,NM,\nb@example.org,New Mexico,\nA@EXAMPLE.org,,\nc@example.org\nd@example.org,,\"x\ny\"\n";
        let table = parse(text.as_bytes());
        assert_eq!(table.rows.len(), 1);
        let bad: Vec<_> = table.bad.iter().map(|bad| (bad.line, bad.reason.as_str())).collect();
        assert_eq!(bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
        assert!(bad[0].1.starts_with("column `email`"));
        assert!(bad[1].1.contains("column `state`: a state is two letters"));
        assert_eq!(bad[2].1, "the same address as in line 2");
        assert!(bad[4].1.contains("column `name`"));
        assert!(bad.iter().all(|(_, reason)| !reason.to_lowercase().contains("example.org")));
    }

    #[test]
    fn a_header_without_email_or_with_a_column_twice_is_refused() {
        for text in ["name,state\n", "email,E-Mail\n", "email,x,x\n", ""] {
            let table = parse(text.as_bytes());
            assert_eq!((table.rows.len(), table.bad.len()), (0, 1), "{text}");
            assert_eq!(table.bad[0].line, 1);
        }
    }

    fn pasts(text: &str) -> (Origin, Vec<Past>) {
        let rows = open(text.as_bytes()).unwrap();
        (rows.origin(), rows.map(|row| row.unwrap().1.past).collect())
    }

    #[test]
    fn a_mailchimp_export_tells_who_unsubscribed_and_whose_mailbox_is_gone() {
        let head = "\"Email Address\",\"First Name\",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LATITUDE,LAST_CHANGED,LEID,EUID,NOTES,TAGS";
        let row = "ada@example.org,Ada,5,\"2020-01-01 10:00:00\",192.0.2.1,\"2020-01-02 10:00:00\",38.9,\"2024-01-01 00:00:00\",1,2,,\"\"\"School Health\"\",\"\"Arts\"\"\"";
        let fields = parse(format!("{head}\n{row}\n").as_bytes()).rows.remove(0).1.fields;
        assert!(fields.attributes.is_empty(), "no rating, address or place of their machine: {:?}", fields.attributes);
        assert_eq!(fields.topics.iter().map(Topic::as_str).collect::<Vec<_>>(), ["arts", "school-health"]);
        let (origin, past) = pasts(&format!("{head}\n{row}\n"));
        assert_eq!((origin, past[0].stood), (Origin::MailchimpSubscribed, Stood::Unsaid));
        assert_eq!(past[0].joined.unwrap().to_string(), "2020-01-02T10:00:00Z");
        let (origin, past) = pasts(&format!(
            "{head},UNSUB_TIME,UNSUB_REASON\n{row},\"2023-01-01 00:00:00\",no longer\n{}\n",
            row.replace("ada@", "ben@") + ",2023-01-01,This is spam"
        ));
        assert_eq!((origin, past[0].stood), (Origin::MailchimpUnsubscribed, Stood::Left));
        assert_eq!(past[0].ended.unwrap().to_string(), "2023-01-01T00:00:00Z");
        assert_eq!(past[1].stood, Stood::Suppressed(SuppressionReason::Complaint));
        let (origin, past) = pasts(&format!("{head},CLEAN_TIME\n{row},\"2023-01-01 00:00:00\"\n"));
        assert_eq!((origin, past[0].stood), (Origin::MailchimpCleaned, Stood::Suppressed(SuppressionReason::NoSuchAddress)));
    }

    #[test]
    fn a_constant_contact_export_tells_by_status_and_by_opt_out() {
        let text = "Email address,First name,Email status,Confirmed Opt-Out Date,Created At\na@example.org,A,Active,,2020-01-01\n\
                    b@example.org,B,Unsubscribed,5/1/2023,2020-01-01\nc@example.org,C,Active,5/1/2023,\nd@example.org,D,Pending confirmation,,\n\
                    e@example.org,E,Bounced,,\n";
        let (origin, past) = pasts(text);
        assert_eq!(origin, Origin::ConstantContact);
        let gone = Stood::Suppressed(SuppressionReason::NoSuchAddress);
        let stood: Vec<_> = past.iter().map(|past| past.stood).collect();
        assert_eq!(stood, [Stood::Unsaid, Stood::Left, Stood::Left, Stood::Unconfirmed, gone]);
        let unknown = parse(b"Email address,Email status\na@example.org,Sleeping\n");
        assert_eq!((unknown.rows.len(), unknown.bad.len()), (0, 1), "an unknown status is no yes");
    }

    #[test]
    fn a_listmonk_export_tells_by_status_and_keeps_attributes() {
        let text = "uuid,email,name,attributes,status,created_at,updated_at\n1,a@example.org,Ada,\"{\"\"city\"\": \"\"Taos\"\", \"\"n\"\": 3}\",enabled,2020-01-01 00:00:00 +0000 UTC,\n\
                    2,b@example.org,,{},disabled,,\n3,c@example.org,,{},blocklisted,,\n";
        let (origin, past) = pasts(text);
        let stood: Vec<_> = past.iter().map(|past| past.stood).collect();
        assert_eq!(origin, Origin::Listmonk);
        assert_eq!(stood, [Stood::Unsaid, Stood::Left, Stood::Suppressed(SuppressionReason::Manual)]);
        let attributes = &parse(text.as_bytes()).rows[0].1.fields.attributes;
        assert_eq!((attributes["city"].as_str(), attributes["n"].as_str(), attributes.len()), ("Taos", "3", 2));
        assert_eq!(parse(text.as_bytes()).rows[0].1.past.joined.unwrap().to_string(), "2020-01-01T00:00:00Z");
    }

    #[test]
    fn rows_come_one_by_one_from_any_input() {
        let mut rows = open("email\na@example.org\nb@example.org\n".as_bytes()).unwrap();
        assert_eq!(rows.columns().len(), 1);
        assert_eq!(rows.by_ref().take(1).count(), 1);
        assert_eq!(rows.next().unwrap().unwrap().0, 3);
        assert!(rows.next().is_none());
    }
}
