//! What the desk answers. Field names of what scripts rely on (product.md section 9) are the JSON's keys and do not change.

mod consents;
mod directory;
mod door;
mod issues;
mod pledge;
mod review;
mod rooms;
mod rotation;
mod site;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bundle::{FileReport, base64};
use crate::content::partner_form::{AffiliateForm, LinkForm, PlaceForm, ResearchForm, SeatForm};
use crate::content::partner_json::{LogoJson, PartnerJson};
use crate::domain::time::Timestamp;

pub use consents::{AskedLine, AskedText, BoardIssue, BoardTrouble, ConsentRecorded, ConsentsAsked, PolicyLine, StandingLine};
pub use directory::{
    DeadLink, Directory, DirectoryLine, DirectoryQuery, LatestIssues, PartnerPage, PlaceLine, PublishedFeature, ShownLogo,
    StateLine, StatePartner,
};
pub use door::{
    AddressAsked, ConfirmPage, ConfirmState, JoinableLine, LeavePage, Less, LinkState, LoginLink, OwnPage, PreferenceLine,
    PreferencesPage, SignUpPage, SignedUp, WantsIn, WayIn, Wished,
};
pub use issues::{FindingLine, IssueRoom, IssueSteps, IssuesRoom};
pub use pledge::{CharterLine, CharterPage, DriveStep, OwnPledge, PledgeAsked, PledgeFault, PledgeForm, PledgeLine, PledgeLink};
pub use review::{FeatureAct, FeatureRoom, FieldChange, QueueLine, Quota, ReviewQueue};
pub use rooms::{Inquired, InquiryLine, NetworkLine, PartnerRoom, StaffHome};
pub use rotation::{DueWriter, InviteLine, Reach, RotationRoom, WritersInvited};
pub use site::{ArchiveLine, ArchivePage, CorrectionLine, Feed, FrontPage, IssuePage, NewsletterLine, PublicPage};

/// A page of rows, and where the next begins (`None` after the last).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paged<T> {
    pub rows: Vec<T>,
    pub next: Option<String>,
}

/// A rendered issue file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Built {
    pub issue: String,
    pub html: String,
    pub text: String,
    #[serde(with = "base64")]
    pub eml: Vec<u8>,
    /// Why `eml` lacks the signature that a copy which is sent has.
    pub unsigned: Option<String>,
    pub proof: ProofDocument,
    /// What `check` has to say, warnings included.
    pub report: FileReport,
}

/// `proof.json`: what a proof binds, in a form to keep and compare.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProofDocument {
    pub issue: String,
    pub newsletter: String,
    pub hash: String,
    pub subject: String,
    pub from: String,
    pub reply_to: Option<String>,
    pub list_id: String,
    pub audience: String,
    pub slot: String,
    pub language: String,
    pub pictures: Vec<String>,
    pub features: Vec<PlacedLine>,
    pub policies: Vec<PolicyLine>,
    pub html_bytes: usize,
    pub text_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedLine {
    pub feature: String,
    pub revision: String,
}

/// What became of an import of readers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadersImported {
    pub newsletter: String,
    pub dry_run: bool,
    /// By which it can be taken back; `None` when nothing was changed.
    pub import: Option<u32>,
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// People who had left; nothing was changed.
    pub kept_left: u64,
    /// Suppressed addresses; nothing was changed.
    pub kept_suppressed: u64,
    /// Whether the rows are `pending` for want of consent words; pending people get no issue.
    pub pending: bool,
    pub bad: Vec<BadLine>,
    /// Bad rows beyond those listed.
    pub more_bad: u64,
    /// Columns kept as attributes.
    pub attributes: Vec<String>,
    /// What the table was taken for.
    pub origin: String,
    /// Rows that say of their reader that they left.
    pub left: u64,
    /// Rows that say of their address that it must not be mailed.
    pub suppressed: u64,
    /// Rows of our own export without a membership that could be taken.
    pub passed_over: u64,
    /// Newsletters in our own export that this newsroom has not; memberships of them were left out.
    pub unknown_newsletters: Vec<String>,
}

/// What became of the readers of an import that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTakenBack {
    pub import: u32,
    /// They were new, and are removed.
    pub removed: u64,
    /// They were there before, and are as they were.
    pub reverted: u64,
    /// Something has changed about them since; they stay as they are.
    pub kept: u64,
    /// They had been erased or removed before.
    pub gone: u64,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadLine {
    pub line: u64,
    pub reason: String,
}

/// A reader, one JSON object a line in `subscriber list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderLine {
    pub email: String,
    /// `active` or `suppressed`.
    pub state: String,
    /// `pending`, `confirmed` or `left` by newsletter.
    pub newsletters: BTreeMap<String, String>,
}

/// Who an audience expression chooses now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudiencePreview {
    pub newsletter: String,
    /// In the form in which a proof binds it; `None`: everyone.
    pub expression: Option<String>,
    pub count: u64,
    /// How many it would be without the expression.
    pub confirmed: u64,
    /// A few of them, evenly spread.
    pub sample: Vec<SampledReader>,
    /// Against whom the newsletter's last issue went to; `None` before the first.
    pub since_last: Option<SinceLastIssue>,
    /// Tests in the expression that nobody meets.
    pub nobody: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampledReader {
    pub email: String,
    pub name: Option<String>,
    pub us_state: Option<String>,
    pub language: Option<String>,
    pub topics: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinceLastIssue {
    pub issue: String,
    /// Would get it now and were not in the last one.
    pub added: u64,
    /// Were in the last one and would not get it now.
    pub gone: u64,
}

/// All that is known of a reader.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReaderDetail {
    #[serde(flatten)]
    pub line: ReaderLine,
    pub id: String,
    pub name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub organisation: Option<String>,
    pub us_state: Option<String>,
    pub topics: Vec<String>,
    pub language: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub memberships: Vec<MembershipLine>,
    pub suppression: Option<SuppressionLine>,
    /// Until when they wish no issue.
    pub paused_until: Option<String>,
    /// Each step that they took themselves, with the words they were shown.
    pub evidence: Vec<serde_json::Value>,
    pub created: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MembershipLine {
    pub newsletter: String,
    pub state: String,
    pub since: String,
    pub consent: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SuppressionLine {
    pub reason: String,
    pub since: String,
    pub note: String,
}

/// How leaving went, by newsletter: `left`, `had already left` or `not a member`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReaderRemoved {
    pub newsletters: BTreeMap<String, String>,
}

/// A page of `subscriber export`: CSV rows, cells that a spreadsheet would run as formulas made harmless.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportedReaders {
    /// The header line, to be written once.
    pub header: String,
    pub csv: String,
    pub next: Option<String>,
}

/// What became of an import of partners.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PartnersImported {
    pub dry_run: bool,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub bad: Vec<BadLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerLine {
    pub id: String,
    pub name: String,
    pub level: String,
    pub states: Vec<String>,
    pub expertise: Vec<String>,
    pub link: Option<String>,
    pub active: bool,
    /// `prospect`, `invited`, `active`, `resting` or `gone`.
    pub standing: String,
    pub networks: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartnerDetail {
    #[serde(flatten)]
    pub line: PartnerLine,
    pub aliases: Vec<String>,
    pub sectors: Vec<String>,
    pub blurb: String,
    pub contacts: Vec<ContactLine>,
    pub since: String,
    pub features: Vec<FeatureLine>,
    pub places: Vec<PlaceForm>,
    pub affiliates: Vec<AffiliateForm>,
    pub links: Vec<LinkForm>,
    pub research: Vec<ResearchForm>,
    /// The seat in the Steering Committee.
    pub steering: Option<SeatForm>,
    pub logo: Option<LogoJson>,
    /// Why it rests or is gone.
    pub reason: Option<String>,
    pub version: u64,
}

/// A page of `partner export`, in the form that was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportedPartners {
    /// The header line of a table, to be written once.
    pub header: String,
    pub csv: String,
    pub json: Vec<PartnerJson>,
    pub next: Option<String>,
}

/// A partner after a change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartnerChanged {
    #[serde(flatten)]
    pub line: PartnerLine,
    pub version: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ContactLine {
    pub name: Option<String>,
    pub address: String,
    pub roles: Vec<String>,
    pub language: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureLine {
    pub id: String,
    pub partner: String,
    pub title: String,
    pub state: String,
    /// The issue it is placed or published in.
    pub issue: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FeatureDetail {
    #[serde(flatten)]
    pub line: FeatureLine,
    pub summary: String,
    pub text: String,
    pub revision: String,
    /// Why it was declined.
    pub reason: Option<String>,
    pub submitted_by: String,
    pub submitted_at: String,
    /// Who agreed to an edited text, and how; empty for unedited ones.
    pub agreement: String,
    /// Staff's edit against the partner's own words, where there is one.
    pub diff: Option<String>,
    pub useful_until: Option<String>,
    /// The day it waits for, after it was put off.
    pub waits_for: Option<String>,
    /// What happened to it, in order.
    pub history: Vec<NoteLine>,
}

/// A line of a feature's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteLine {
    pub at: String,
    pub by: String,
    /// `staff` or `partner`.
    pub side: String,
    pub what: String,
    pub text: String,
    /// Whether both sides see it.
    pub shared: bool,
}

/// A piece that looks like another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlikeLine {
    pub id: String,
    pub state: String,
    pub why: String,
}

/// A feature after an act on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FeatureChanged {
    #[serde(flatten)]
    pub line: FeatureLine,
    pub revision: String,
    /// What the author's file still has: warnings.
    pub report: Option<FileReport>,
    /// Staff's edit as a readable diff: `[-taken out-]` and `{+put in+}`.
    pub diff: Option<String>,
    /// Other pieces that look like it.
    pub alike: Vec<AlikeLine>,
    /// How much its partner has in hand beside it, where that is as much as it may.
    pub over_quota: Option<Quota>,
}

/// How evenly partners were featured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FairnessReply {
    pub by_level: Vec<ShareLine>,
    pub by_sector: Vec<ShareLine>,
    pub by_state: Vec<ShareLine>,
    /// Active partners with nothing in hand: never featured first, then longest ago.
    pub due: Vec<DueLine>,
}

/// A group of active partners, how many of them were featured, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLine {
    pub group: String,
    pub partners: usize,
    pub featured: usize,
    pub features: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueLine {
    pub partner: String,
    pub name: String,
    /// Whole months since it was last featured; `null`: never.
    pub months_since: Option<i32>,
}

/// What the rotation would choose, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationReply {
    pub chosen: Vec<ChoiceLine>,
    pub passed_over: Vec<ChoiceLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceLine {
    pub feature: String,
    pub title: String,
    pub reason: String,
}

/// An issue was queued, or why not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IssueQueued {
    #[serde(flatten)]
    pub line: IssueLine,
    /// `new`, `unchanged`, `requeued`, or `ignored` once sending has begun.
    pub outcome: String,
    /// How many approvals the change voided.
    pub voided_approvals: usize,
    /// What the author's file still has: warnings.
    pub report: FileReport,
}

/// One issue, as in `issue list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueLine {
    pub id: String,
    pub newsletter: String,
    pub subject: String,
    pub state: String,
    /// Wall-clock in the newsletter's zone, with its offset.
    pub slot: String,
    /// Why it is held.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IssueDetail {
    #[serde(flatten)]
    pub line: IssueLine,
    pub queued_by: String,
    pub queued_at: String,
    pub proof: Option<String>,
    pub approvals: Vec<ApprovalLine>,
    pub approvals_wanted: u8,
    pub features: Vec<PlacedLine>,
    pub policies: Vec<PolicyLine>,
    /// How many readers it would go to now.
    pub audience: u64,
    /// Which of the newsletter's readers, as an expression; `None`: all.
    pub audience_only: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApprovalLine {
    pub by: String,
    pub at: String,
    pub is_override: bool,
}

/// A proof was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProofMade {
    pub issue: String,
    pub proof: String,
    /// The hash's first eight digits.
    pub short: String,
    pub subject: String,
    /// How many readers it would go to now.
    pub audience: u64,
    pub rotation: RotationReply,
    pub policies: Vec<PolicyLine>,
    pub report: FileReport,
    pub html: String,
    pub text: String,
}

/// An approval was counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IssueApproved {
    pub issue: String,
    pub proof: String,
    pub have: u8,
    pub want: u8,
    pub state: String,
}

/// An issue after an act on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IssueChanged {
    #[serde(flatten)]
    pub line: IssueLine,
    /// Deliveries the act touched: skipped by a cancel, settled by a settle.
    pub deliveries: u64,
}

/// The tally of an issue. `intended` is the sum of the six.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueReport {
    pub issue: String,
    pub proof: Option<String>,
    pub state: String,
    pub intended: u64,
    pub accepted: u64,
    pub refused: u64,
    pub deferred: u64,
    pub skipped: u64,
    pub uncertain: u64,
    pub pending: u64,
}

/// One delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliveryLine {
    pub ordinal: u32,
    /// Empty for a reader who was erased.
    pub email: String,
    /// `accepted`, `refused`, `deferred`, `skipped`, `uncertain` or `pending`.
    pub state: String,
    /// The class of a refusal, the reason of a skip.
    pub reason: Option<String>,
    /// When it came about, or when the next try is.
    pub at: Option<String>,
    pub relay: String,
    pub reply: String,
}

/// What a dry run composed. Nothing was sent, and nothing is stored as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRunReport {
    pub issue: String,
    pub proof: String,
    pub intended: u64,
    pub composed: u64,
    /// Readers whose address SMTP cannot carry, by id.
    pub unaddressable: Vec<String>,
    pub bytes: u64,
    /// Why the copies lack the signature that those which are sent have.
    pub unsigned: Option<String>,
    pub policies: Vec<PolicyLine>,
    /// What `check` has to say of a file; empty for an issue on the shelf.
    pub report: FileReport,
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// The moment whose state it holds.
    pub at: String,
    pub with_key: bool,
    /// Rows, and changes made to them while it was taken.
    pub rows: u64,
    /// Large values: pictures, proofs.
    pub blobs: u64,
    /// Large values that cannot be read in this store either.
    pub missing: u64,
    pub bytes: u64,
}

/// Where a run of deliveries ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverEnd {
    pub report: IssueReport,
    /// When the next retry is due, RFC 3339; `None` when nothing is left to try.
    pub next: Option<String>,
}

impl DeliverEnd {
    /// How long to wait before asking again; `None` when nothing is left to try.
    #[must_use]
    pub fn next_in(&self, now: Timestamp) -> Option<Duration> {
        let next: Timestamp = self.next.as_deref()?.parse().ok()?;
        Some(Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO))
    }
}

/// A picture as it is served.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PictureBytes {
    pub media_type: String,
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
}

/// Whether the process can do its work. Each part is `ok` or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    pub ready: bool,
    pub process: String,
    pub store: String,
    pub clock: String,
    pub relays: String,
    pub config: String,
}

impl HealthReport {
    /// What a part says that is in order.
    pub const OK: &str = "ok";

    /// Each part with what it says.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, &str); 5] {
        [
            ("process", &self.process),
            ("store", &self.store),
            ("clock", &self.clock),
            ("relays", &self.relays),
            ("config", &self.config),
        ]
    }
}

/// A file's issue is being sent; [`super::Desk::run_delivery`] sends what is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendBegun {
    pub issue: String,
    /// What the author's file still has: warnings.
    pub report: FileReport,
    /// `None` when an earlier run had opened it.
    pub proof: Option<ProofMade>,
}

/// The coming slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleReply {
    pub newsletters: Vec<NewsletterSchedule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsletterSchedule {
    pub newsletter: String,
    pub title: String,
    pub timezone: String,
    pub slots: Vec<SlotLine>,
    pub warnings: Vec<ClockWarning>,
}

/// A coming slot and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotLine {
    /// When it is due, in the newsletter's zone, with its offset.
    pub slot: String,
    /// The wall clock as schedule or file say it, also where the zone skips it.
    pub name: String,
    /// When its proof is made.
    pub proof_at: String,
    pub issue: Option<SlotIssue>,
    /// What is to be done before it can go out; empty when it goes by itself.
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotIssue {
    pub id: String,
    pub state: String,
    /// Why it is held.
    pub reason: Option<String>,
    pub subject: String,
    pub proof: Option<String>,
    pub approvals: u8,
    pub approvals_wanted: u8,
    /// Those in its proof.
    pub features: Vec<PlacedLine>,
}

/// A slot that falls where the zone's clock is put forward or back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockWarning {
    pub slot: String,
    pub instant: String,
    pub words: String,
}
