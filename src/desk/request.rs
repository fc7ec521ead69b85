//! What people and clocks can ask of the desk. Plain serialisable structs, so that a command can ask a desk in another process.

use serde::{Deserialize, Serialize};

use super::bundle::{FileBundle, base64};
use crate::content::partner_form::{ContactForm, SeatForm};
use crate::domain::session::RoomDoor;

/// Look through files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckFiles {
    pub files: Vec<FileBundle>,
    /// Do not follow links.
    pub offline: bool,
}

/// Render one issue file as it would go out, without storing or sending anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildFile {
    pub file: FileBundle,
    /// The moment its Date bears, RFC 3339; else its slot.
    pub at: Option<String>,
}

/// Add readers to one newsletter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportReaders {
    /// Empty: those that our own export names.
    pub newsletter: String,
    pub file_name: String,
    #[serde(with = "base64")]
    pub csv: Vec<u8>,
    /// Where and how these people agreed. Without it they are pending.
    pub consent: Option<String>,
    /// Say what would happen, and change nothing.
    pub dry_run: bool,
}

/// Take an import back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct UndoImport {
    /// Its number, as the import told it.
    pub import: u32,
    /// The caller has asked a person.
    pub confirmed: bool,
}

/// A page of readers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListReaders {
    pub newsletter: Option<String>,
    /// `confirmed` (when a newsletter is named without a state), `pending` or `left`.
    pub state: Option<String>,
    /// Where the page begins, from the page before.
    pub from: Option<String>,
    /// At most 1 000.
    pub rows: usize,
}

/// Who an expression would choose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PreviewAudience {
    pub newsletter: String,
    /// All confirmed readers when left out.
    pub expression: Option<String>,
}

/// One reader, by address or id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NameReader {
    pub reader: String,
}

/// Take a reader off one newsletter, or off all.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoveReader {
    pub reader: String,
    pub newsletter: Option<String>,
}

/// Never mail an address again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SuppressAddress {
    pub address: String,
    pub note: String,
}

/// Remove everything about a reader but the hash that keeps the address from being mailed again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EraseReader {
    pub reader: String,
    /// The caller has asked a person.
    pub confirmed: bool,
}

/// Add or update partners.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportPartners {
    pub file_name: String,
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
    pub format: PartnerFormat,
    pub dry_run: bool,
}

/// How partners are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartnerFormat {
    Csv,
    Json,
}

/// Add one partner that is not there yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddPartner {
    pub file_name: String,
    #[serde(with = "base64")]
    pub json: Vec<u8>,
}

/// A page of all partners with everything that is known of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportPartners {
    pub from: Option<String>,
    pub rows: usize,
    pub format: PartnerFormat,
}

/// Say how a partner stands from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeStanding {
    pub partner: String,
    pub to: NewStanding,
    /// The version that was looked at; `None`: whatever is there.
    pub version: Option<u64>,
}

/// What staff may say of a partner's standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewStanding {
    Active,
    Resting { reason: String },
    Gone { reason: String },
}

/// A logo's file: PNG, JPEG, GIF, WebP or SVG.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogoBytes(#[serde(with = "base64")] pub Vec<u8>);

/// Take in a partner's logo, with what it may be used for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SaveLogo {
    pub partner: String,
    /// The version that was looked at; `None`: whatever is there.
    pub version: Option<u64>,
    /// `None`: what is there stays, and the rest changes.
    pub file: Option<LogoBytes>,
    /// It is the variant for dark pages.
    pub dark: bool,
    /// For those who do not see it.
    pub description: String,
    /// Of `directory`, `newsletter` and `positions`.
    pub scopes: Vec<String>,
    /// `2027-01-31`; `None`: from today.
    pub from: Option<String>,
    /// The last day; `None`: until it is taken back.
    pub until: Option<String>,
    pub given_by: String,
    pub how: String,
}

/// Show a partner's logo no longer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoveLogo {
    pub partner: String,
    /// The version that was looked at; `None`: whatever is there.
    pub version: Option<u64>,
}

/// A page of something listed by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListPage {
    pub from: Option<String>,
    pub rows: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NamePartner {
    pub partner: String,
}

/// A partner's text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubmitFeature {
    pub file: FileBundle,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NameFeature {
    pub feature: String,
}

/// Take a feature into review; with a file, put staff's edit in its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReviewFeature {
    pub feature: String,
    pub edited: Option<FileBundle>,
}

/// Approve a partner's own text, or record the partner's agreement to staff's edit of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApproveFeature {
    pub feature: String,
    /// Needed for an edited text.
    pub agreement: Option<Agreement>,
}

/// A partner's word on an edited text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Agreement {
    /// The person at the partner.
    pub by: String,
    /// How it reached us.
    pub how: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeclineFeature {
    pub feature: String,
    pub reason: String,
}

/// Which pieces of the queue are looked for. What is empty is not asked.
#[derive(Debug, Clone, Default)]
pub struct QueueQuery {
    /// A state's word, or `all`; empty: those that wait for somebody's word.
    pub state: String,
    pub partner: String,
    pub find: String,
    /// From 1.
    pub page: usize,
}

/// A feature, as it was looked at.
#[derive(Debug, Clone)]
pub struct Seen {
    pub feature: String,
    /// `None`: whatever is there.
    pub version: Option<u64>,
}

impl Seen {
    /// Whatever is there.
    #[must_use]
    pub fn any(feature: &str) -> Self {
        Self { feature: feature.to_owned(), version: None }
    }
}

/// Change one contact of a partner.
#[derive(Debug, Clone)]
pub struct ChangeContact {
    pub partner: String,
    /// The version that was looked at.
    pub version: u64,
    pub change: ContactChange,
}

#[derive(Debug, Clone)]
pub enum ContactChange {
    /// Nobody has that address yet.
    Add(ContactForm),
    /// What is known of who has that address is said anew.
    Change(ContactForm),
    Remove {
        address: String,
    },
}

/// Change what a partner is called, how far it reaches, and where it sits.
#[derive(Debug, Clone)]
pub struct ChangeRecord {
    pub partner: String,
    /// The version that was looked at.
    pub version: u64,
    pub name: String,
    pub aliases: Vec<String>,
    pub level: String,
    pub networks: Vec<String>,
    pub steering: Option<SeatForm>,
}

/// Put a piece off to a later issue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RollOver {
    pub feature: String,
    /// The version that was looked at; `None`: whatever is there.
    pub version: Option<u64>,
}

/// Ask partners for a piece, each once for the next slot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InviteToWrite {
    pub partners: Vec<String>,
}

/// What the rotation would choose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NextFeatures {
    /// 1 to 12.
    pub count: u8,
    pub topics: Vec<String>,
}

/// Compose every copy, and send none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DryRun {
    pub source: TextSource,
}

/// A text: an issue on the shelf (for a dry run: its proof), or a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum TextSource {
    Issue(String),
    File(FileBundle),
}

/// A partner's answer to one exact text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordConsent {
    pub source: TextSource,
    /// The position's title, or the first digits of its hash; may be left out where there is only one.
    pub policy: Option<String>,
    pub partner: String,
    pub yes: bool,
    pub given_by: String,
    /// The day, `2027-02-01`; today when left out.
    pub given_on: Option<String>,
    pub how: String,
}

/// Ask partners for their yes by mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AskConsents {
    pub issue: String,
    /// `None`: every signatory without a yes recorded. A partner whose name was only found in the words is asked when it is named here.
    pub partner: Option<String>,
}

/// A partner's own answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct AnswerConsent {
    pub yes: bool,
    /// Of the person who answers.
    pub name: String,
}

/// Say that a name found in a position does not mean a partner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleOnMatch {
    pub issue: String,
    /// The position's title, or the first digits of its hash; may be left out where there is only one.
    pub policy: Option<String>,
    pub partner: String,
    pub why: String,
}

/// Who has said yes to what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListConsents {
    pub source: TextSource,
}

/// Put an issue file on the shelf.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueueIssue {
    pub file: FileBundle,
    /// Let the rotation choose anew.
    pub rechoose: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NameIssue {
    pub issue: String,
}

/// Say what was wrong in an issue that has gone out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CorrectIssue {
    pub issue: String,
    /// One sentence or two, for the readers of its page.
    pub note: String,
}

/// Make a proof.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeProof {
    pub issue: String,
    /// Do not follow links.
    pub offline: bool,
}

/// One person's yes to one proof.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApproveIssue {
    pub issue: String,
    /// The proof's hash, or at least its first eight digits.
    pub proof: String,
}

/// Open an issue to its readers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendIssue {
    pub issue: String,
    /// An audited override of the approval count; never of consent.
    pub override_approval: bool,
}

/// The whole road of a file: queue, proof, override of the approval count, opening; or going on with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendFile {
    pub file: FileBundle,
    /// Do not follow links.
    pub offline: bool,
}

/// Decide what is unknown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettleIssue {
    pub issue: String,
    pub how: SettleHow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SettleHow {
    Resend,
    Accept,
}

/// A page of an issue's deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListDeliveries {
    pub issue: String,
    pub uncertain_only: bool,
    pub from: Option<String>,
    pub rows: usize,
}

/// What is coming.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShowSchedule {
    /// All when left out.
    pub newsletter: Option<String>,
    /// How many slots of each, 1 to 100.
    pub count: usize,
}

/// Copy the whole store.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct BackUp {
    /// Take the newsroom's key along.
    pub with_key: bool,
}

/// What somebody had before their eyes when they did something, for the evidence of it.
#[derive(Debug, Clone, Default)]
pub struct SeenWords {
    /// For example `page /sign-up`; no address, no token.
    pub place: String,
    /// The words themselves; `None` where none were shown.
    pub words: Option<String>,
    /// The network it came from, cut short, where the config wants it kept.
    pub network: Option<String>,
}

/// What somebody types at the door. It does not print itself.
#[derive(Clone, Default)]
pub struct SignUp {
    pub address: String,
    /// By their ids; those that nobody can ask for are left out.
    pub newsletters: Vec<String>,
    pub name: Option<String>,
    pub organisation: Option<String>,
    /// Two letters.
    pub state: Option<String>,
    pub topics: Vec<String>,
    /// The language in which to write to them, as a BCP 47 tag.
    pub language: Option<String>,
    pub seen: SeenWords,
}

/// What a reader wishes, from the form of their preferences. All of it replaces what was.
#[derive(Clone, Default)]
pub struct Wishes {
    /// By their ids.
    pub newsletters: Vec<String>,
    pub state: Option<String>,
    pub topics: Vec<String>,
    pub language: Option<String>,
    /// The last day of a pause, `2027-03-31`.
    pub paused_until: Option<String>,
}

/// What somebody typed into the form of a pledge. It does not print itself.
#[derive(Clone)]
pub struct Pledging {
    /// The version that they were shown.
    pub charter: String,
    pub name: String,
    pub title: String,
    pub organisation: String,
    /// The day beside their name, `2027-01-31`.
    pub dated: String,
    pub address: String,
    /// Whether their organisation may be named beside the charter.
    pub lists_organisation: bool,
    /// Of the page, as a BCP 47 tag.
    pub language: String,
}

/// Ask who affirmed an older version of the charter to affirm the one in force; one step of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AskReaffirmation {
    pub charter: String,
    /// Where the step begins, from the step before.
    pub from: Option<String>,
    /// The caller has asked a person.
    pub confirmed: bool,
}

/// Forget a pledge.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct RemovePledge {
    pub number: u64,
    /// The caller has asked a person.
    pub confirmed: bool,
}

/// Somebody wants into the rooms. The address is as typed.
#[derive(Clone)]
pub struct AskIn {
    pub address: String,
    pub door: RoomDoor,
    /// A BCP 47 tag.
    pub language: Option<String>,
}

/// `login-link`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeLoginLink {
    pub address: String,
    /// As whose contact, where the address is more than one's.
    pub partner: Option<String>,
}

/// An organisation asks to join, as its form was filled in. It does not print itself.
#[derive(Clone, Default)]
pub struct Inquire {
    pub organisation: String,
    pub level: String,
    /// Two letters.
    pub state: String,
    pub contact: String,
    pub address: String,
    pub message: String,
}
