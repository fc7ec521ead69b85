//! What a table tells of a reader's past: who unsubscribed, whose mailbox is gone, since when, and in our own export all memberships. The
//! tables of Mailchimp, Constant Contact and listmonk are known by columns that only they have.
//!
//! Opens, clicks, ratings and the places of their machines are not taken over: such columns are passed by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::id::NewsletterId;
use crate::domain::subscriber::{Membership, MembershipState, Memberships, Suppression, SuppressionReason};
use crate::domain::time::{TimeZone, Timestamp, civil};

/// Where a table comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A table of people as somebody made it.
    Table,
    /// Our own `subscriber export`.
    Own,
    MailchimpSubscribed,
    MailchimpUnsubscribed,
    MailchimpCleaned,
    ConstantContact,
    Listmonk,
}

impl Origin {
    /// By the names of its columns, folded to small letters and digits.
    pub(super) fn of(columns: &[String]) -> Self {
        let has = |name: &str| columns.iter().any(|column| column == name);
        let any = |names: &[&str]| names.iter().any(|name| has(name));
        if any(&["leid", "euid"]) || any(&["optintime", "confirmtime"]) && has("lastchanged") {
            return if has("cleantime") {
                Self::MailchimpCleaned
            } else if has("unsubtime") {
                Self::MailchimpUnsubscribed
            } else {
                Self::MailchimpSubscribed
            };
        }
        if has("memberships") && has("newsletters") && has("status") {
            Self::Own
        } else if has("uuid") && has("status") && has("attributes") {
            Self::Listmonk
        } else if any(&["emailstatus", "emailpermissionstatus", "emailpermission", "confirmedoptoutdate", "emailoptoutdate"]) {
            Self::ConstantContact
        } else {
            Self::Table
        }
    }

    /// As it is told.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Table => "a table",
            Self::Own => "an export of Pressroom",
            Self::MailchimpSubscribed => "a Mailchimp export: subscribed",
            Self::MailchimpUnsubscribed => "a Mailchimp export: unsubscribed",
            Self::MailchimpCleaned => "a Mailchimp export: cleaned",
            Self::ConstantContact => "a Constant Contact export",
            Self::Listmonk => "a listmonk export",
        }
    }

    /// The service's name, for the evidence of a consent that was given there.
    #[must_use]
    pub fn service(self) -> Option<&'static str> {
        match self {
            Self::Table | Self::Own => None,
            Self::MailchimpSubscribed | Self::MailchimpUnsubscribed | Self::MailchimpCleaned => Some("Mailchimp"),
            Self::ConstantContact => Some("Constant Contact"),
            Self::Listmonk => Some("listmonk"),
        }
    }

    /// What a column of this origin tells of the past; `None`: it is a column like any other.
    pub(super) fn fact(self, folded: &str) -> Option<Fact> {
        match self {
            // Tables are often a service's export that somebody has cut to size: who has left there must not come in as a yes.
            Self::Table => match folded {
                "status" | "subscriptionstatus" | "subscriberstatus" => Some(Fact::StatusPerhaps),
                "unsubtime" | "unsubscribed" | "unsubscribedat" | "unsubscribedon" | "unsubscribeddate" | "unsubscribedate"
                | "unsubscribetime" | "optout" | "optedout" | "optoutdate" | "optouttime" | "optedoutat" | "cleantime" => {
                    Some(Fact::EndedPerhaps)
                }
                _ => None,
            },
            Self::Own => match folded {
                "memberships" => Some(Fact::Memberships),
                "suppression" => Some(Fact::Suppression),
                "pauseduntil" => Some(Fact::PausedUntil),
                "attributes" => Some(Fact::Attributes),
                "status" | "newsletters" => Some(Fact::PassedBy),
                _ => None,
            },
            Self::MailchimpSubscribed | Self::MailchimpUnsubscribed | Self::MailchimpCleaned => match folded {
                "confirmtime" => Some(Fact::Joined),
                "optintime" => Some(Fact::Asked),
                "unsubtime" | "cleantime" => Some(Fact::Ended),
                "unsubreason" | "unsubreasonother" => Some(Fact::Reason),
                "tags" => Some(Fact::Tags),
                "memberrating" | "optinip" | "confirmip" | "latitude" | "longitude" | "gmtoff" | "dstoff" | "timezone" | "cc"
                | "region" | "lastchanged" | "leid" | "euid" | "unsubcampaigntitle" | "unsubcampaignid" | "cleancampaigntitle"
                | "cleancampaignid" => Some(Fact::PassedBy),
                _ => None,
            },
            Self::ConstantContact => match folded {
                "emailstatus" | "emailpermissionstatus" | "emailpermission" => Some(Fact::Status),
                "confirmedoptindate" | "emailconfirmationdate" => Some(Fact::Joined),
                "emailoptindate" | "dateadded" | "createdat" => Some(Fact::Asked),
                "confirmedoptoutdate" | "emailoptoutdate" => Some(Fact::Ended),
                "confirmedoptoutreason" | "emailoptoutreason" => Some(Fact::Reason),
                "tags" => Some(Fact::Tags),
                "updatedat"
                | "emailupdatesource"
                | "confirmedoptoutsource"
                | "emailoptoutsource"
                | "emailpermissionstatusother" => Some(Fact::PassedBy),
                _ => None,
            },
            Self::Listmonk => match folded {
                "status" => Some(Fact::Status),
                "createdat" => Some(Fact::Asked),
                "attributes" => Some(Fact::Attributes),
                "uuid" | "updatedat" => Some(Fact::PassedBy),
                _ => None,
            },
        }
    }
}

/// What a column tells of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fact {
    Status,
    /// When they confirmed.
    Joined,
    /// When they asked for it, where no confirming is told of.
    Asked,
    /// When they unsubscribed, or the mailbox was found gone.
    Ended,
    /// In a table of no known service: counts where it says in a service's words that they may not be mailed; an attribute all the same.
    StatusPerhaps,
    /// In a table of no known service: when, or whether, they unsubscribed; an attribute all the same.
    EndedPerhaps,
    Reason,
    /// Topics in the words of the service; what cannot be a topic is left out.
    Tags,
    /// A JSON object.
    Attributes,
    /// JSON, of our own export.
    Memberships,
    Suppression,
    PausedUntil,
    /// Not taken over.
    PassedBy,
}

/// Where a reader stood when the table was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stood {
    /// As whoever imports the table says.
    #[default]
    Unsaid,
    Unconfirmed,
    Left,
    Suppressed(SuppressionReason),
}

/// What one row tells of the past.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    pub stood: Stood,
    pub joined: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// Of our own export.
    pub memberships: BTreeMap<NewsletterId, Membership>,
    /// Of our own export.
    pub suppression: Option<Suppression>,
    /// Of our own export.
    pub paused_until: Option<Timestamp>,
}

/// Gathers the cells of one row.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    past: Past,
    asked: Option<Timestamp>,
    is_complaint: bool,
}

impl Gathered {
    pub(super) fn begin(origin: Origin) -> Self {
        let stood = match origin {
            Origin::MailchimpUnsubscribed => Stood::Left,
            Origin::MailchimpCleaned => Stood::Suppressed(SuppressionReason::NoSuchAddress),
            Origin::Table | Origin::Own | Origin::MailchimpSubscribed | Origin::ConstantContact | Origin::Listmonk => Stood::Unsaid,
        };
        Self { past: Past { stood, ..Past::default() }, ..Self::default() }
    }

    /// Takes a cell that is not empty.
    pub(super) fn take(&mut self, fact: Fact, cell: &str) -> Result<(), String> {
        match fact {
            Fact::Status => self.past.stood = status(cell)?,
            Fact::Joined => self.past.joined = moment(cell),
            Fact::Asked => self.asked = moment(cell),
            Fact::Ended => self.has_ended(cell),
            Fact::EndedPerhaps if is_no(cell) => {}
            Fact::EndedPerhaps => self.has_ended(cell),
            Fact::StatusPerhaps => {
                if let Ok(stood @ (Stood::Unconfirmed | Stood::Left | Stood::Suppressed(_))) = status(cell) {
                    self.past.stood = stood;
                }
            }
            Fact::Reason => self.is_complaint |= is_complaint(cell),
            Fact::Memberships => self.past.memberships = read_memberships(cell)?,
            Fact::Suppression => self.past.suppression = Some(read_suppression(cell)?),
            Fact::PausedUntil => self.past.paused_until = moment(cell),
            Fact::Tags | Fact::Attributes | Fact::PassedBy => {}
        }
        Ok(())
    }

    fn has_ended(&mut self, cell: &str) {
        self.past.ended = moment(cell);
        if matches!(self.past.stood, Stood::Unsaid | Stood::Unconfirmed) {
            self.past.stood = Stood::Left;
        }
    }

    pub(super) fn end(mut self) -> Past {
        self.past.joined = self.past.joined.or(self.asked);
        if self.is_complaint && self.past.stood == Stood::Left {
            self.past.stood = Stood::Suppressed(SuppressionReason::Complaint);
        }
        self.past
    }
}

/// The words that services use. One that is not known is no yes.
fn status(cell: &str) -> Result<Stood, String> {
    let word: String = cell.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    match word.as_str() {
        "active" | "enabled" | "subscribed" | "express" | "explicit" | "implied" | "implicit" | "confirmed" => Ok(Stood::Unsaid),
        "pending" | "pendingconfirmation" | "awaitingconfirmation" | "unconfirmed" | "notset" | "nopermissionsset" | "temphold" => {
            Ok(Stood::Unconfirmed)
        }
        "unsubscribed" | "unsubscribe" | "optedout" | "optout" | "removed" | "disabled" | "deleted" => Ok(Stood::Left),
        "bounced" | "bounce" | "hardbounce" | "undeliverable" | "nonexistent" | "cleaned" | "invalid" => {
            Ok(Stood::Suppressed(SuppressionReason::NoSuchAddress))
        }
        "complaint" | "complained" | "spam" | "spamcomplaint" | "abuse" => Ok(Stood::Suppressed(SuppressionReason::Complaint)),
        "blocklisted" | "blacklisted" | "blocked" => Ok(Stood::Suppressed(SuppressionReason::Manual)),
        _ => Err("this status is not known, so whether they may be mailed is not either".to_owned()),
    }
}

fn is_no(cell: &str) -> bool {
    ["no", "n", "false", "f", "0", "-"].iter().any(|word| cell.trim().eq_ignore_ascii_case(word))
}

fn is_complaint(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["abuse", "spam", "complaint"].iter().any(|word| reason.contains(word))
}

/// A moment in one of the forms that the services write; in UTC where no zone is told. What cannot be read is unknown.
fn moment(cell: &str) -> Option<Timestamp> {
    if let Ok(moment) = cell.parse::<Timestamp>() {
        return Some(moment);
    }
    let utc = |at: civil::DateTime| at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    if let Some(at) = cell.get(..19).and_then(|start| start.parse::<civil::DateTime>().ok()) {
        return utc(at);
    }
    if let Some(date) = cell.get(..10).and_then(|start| start.parse::<civil::Date>().ok()) {
        return utc(date.at(0, 0, 0, 0));
    }
    // The American way: month, day, year.
    let mut parts = cell.split([' ', ',']).next()?.split('/').map(str::parse::<i16>);
    let (Some(Ok(month)), Some(Ok(day)), Some(Ok(year)), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let date = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    utc(date.at(0, 0, 0, 0))
}

/// A membership in a cell of our own export.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MembershipCell {
    state: String,
    since: Timestamp,
    consent: Option<String>,
}

/// A suppression in a cell of our own export.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressionCell {
    reason: String,
    since: Timestamp,
    note: String,
}

/// The cell of a reader's memberships: everything about them, as JSON.
#[must_use]
pub fn memberships_cell(memberships: &Memberships) -> String {
    let cell =
        |one: &Membership| MembershipCell { state: one.state.word().to_owned(), since: one.since, consent: one.consent.clone() };
    let cells: BTreeMap<&str, MembershipCell> = memberships.iter().map(|(id, one)| (id.as_str(), cell(one))).collect();
    serde_json::to_string(&cells).expect("texts and moments are always JSON")
}

#[must_use]
pub fn suppression_cell(suppression: &Suppression) -> String {
    let Suppression { reason, since, note } = suppression;
    let cell = SuppressionCell { reason: reason.word().to_owned(), since: *since, note: note.clone() };
    serde_json::to_string(&cell).expect("texts and moments are always JSON")
}

/// Consent words and notes are as long as people make them, but not longer.
const WORDS_LENGTH_MAX: usize = 2_000;

fn checked(words: String) -> Result<String, String> {
    let is_fit = words.chars().count() <= WORDS_LENGTH_MAX
        && !words.chars().any(|c| c != '\n' && crate::domain::email::is_unsafe_in_line(c));
    if is_fit { Ok(words) } else { Err(format!("words are at most {WORDS_LENGTH_MAX} characters, without control characters")) }
}

fn read_memberships(cell: &str) -> Result<BTreeMap<NewsletterId, Membership>, String> {
    let bad = || "it is not the cell that an export wrote".to_owned();
    let cells: BTreeMap<String, MembershipCell> = serde_json::from_str(cell).map_err(|_| bad())?;
    let read = |(id, cell): (String, MembershipCell)| {
        let state = [MembershipState::Pending, MembershipState::Confirmed, MembershipState::Left];
        let state = state.into_iter().find(|state| state.word() == cell.state).ok_or_else(bad)?;
        let consent = cell.consent.map(checked).transpose()?;
        Ok((NewsletterId::parse(&id).map_err(|_| bad())?, Membership { state, since: cell.since, consent }))
    };
    cells.into_iter().map(read).collect()
}

fn read_suppression(cell: &str) -> Result<Suppression, String> {
    let bad = || "it is not the cell that an export wrote".to_owned();
    let cell: SuppressionCell = serde_json::from_str(cell).map_err(|_| bad())?;
    let reason = SuppressionReason::ALL.into_iter().find(|reason| reason.word() == cell.reason).ok_or_else(bad)?;
    Ok(Suppression { reason, since: cell.since, note: checked(cell.note)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_the_services_write_them() {
        for (cell, expected) in [
            ("2023-05-01 14:03:22", Some("2023-05-01T14:03:22Z")),
            ("2023-05-01T14:03:22-04:00", Some("2023-05-01T18:03:22Z")),
            ("2023-05-01 14:03:22.123456 +0000 UTC", Some("2023-05-01T14:03:22Z")),
            ("2023-05-01", Some("2023-05-01T00:00:00Z")),
            ("5/1/2023 10:00 AM EDT", Some("2023-05-01T00:00:00Z")),
            ("yesterday", None),
            ("13/13/2023", None),
        ] {
            assert_eq!(moment(cell).map(|at| at.to_string()).as_deref(), expected, "{cell}");
        }
    }

    #[test]
    fn only_a_known_status_is_taken_for_a_yes() {
        assert_eq!(status("Active"), Ok(Stood::Unsaid));
        assert_eq!(status("Opted-out"), Ok(Stood::Left));
        assert_eq!(status("Pending confirmation"), Ok(Stood::Unconfirmed));
        assert_eq!(status("blocklisted"), Ok(Stood::Suppressed(SuppressionReason::Manual)));
        assert!(status("sleeping").is_err());
    }

    #[test]
    fn what_an_export_writes_is_read_back() {
        let since: Timestamp = "2027-01-02T03:04:05.678Z".parse().unwrap();
        let membership = |state, consent: Option<&str>| Membership { state, since, consent: consent.map(str::to_owned) };
        let memberships: BTreeMap<_, _> = [
            ("partners", membership(MembershipState::Confirmed, Some("a \"fair\", 3 March; stand 4\nwith tea"))),
            ("steering", membership(MembershipState::Left, None)),
            ("coordinators", membership(MembershipState::Pending, None)),
        ]
        .map(|(id, one)| (NewsletterId::parse(id).unwrap(), one))
        .into();
        assert_eq!(read_memberships(&memberships_cell(&memberships.clone().into_iter().collect())).unwrap(), memberships);
        for reason in SuppressionReason::ALL {
            let suppression = Suppression { reason, since, note: "550 5.1.1 \"no\"".to_owned() };
            assert_eq!(read_suppression(&suppression_cell(&suppression)).unwrap(), suppression);
        }
        assert!(
            read_memberships("{\"a b\":{\"state\":\"confirmed\",\"since\":\"2027-01-01T00:00:00Z\",\"consent\":null}}").is_err()
        );
        assert!(read_suppression("{}").is_err());
    }
}
