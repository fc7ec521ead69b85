//! Notices of the sample newsroom, as they come to lie in the outbox.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mail_parser::{Message, MessageParser, MimeHeaders};

use super::*;
use crate::config;
use crate::content::look::Look;
use crate::desk::DeskParts;
use crate::desk::bundle::{FileBundle, PictureFile};
use crate::desk::reply::IssueQueued;
use crate::desk::request::{
    ApproveFeature, ApproveIssue, CheckFiles, ImportPartners, ImportReaders, MakeProof, PartnerFormat, QueueIssue, RecordConsent,
    SubmitFeature, TextSource,
};
use crate::domain::issue::IssueState;
use crate::domain::key::NewsroomKey;
use crate::domain::people::Actor;
use crate::store::sled::{SledOptions, SledStore};
use crate::testing::{FixedClock, fixed_world};

const ISSUE: &str = "2027-02-partners";

struct Room {
    desk: Desk,
    clock: Arc<FixedClock>,
    _folder: tempfile::TempDir,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn actor(name: &str) -> Actor {
    Actor::parse(name).unwrap()
}

fn editor() -> Actor {
    actor("editor@lantern.example.org")
}

fn bundle(path: &str) -> FileBundle {
    let path = root().join(path);
    let bytes = fs::read(&path).unwrap();
    let picture = |name: String| PictureFile { bytes: fs::read(path.with_file_name(&name)).unwrap(), path: name };
    let pictures = crate::content::picture_files(&String::from_utf8_lossy(&bytes)).into_iter().map(picture).collect();
    FileBundle { name: path.file_name().unwrap().to_string_lossy().into_owned(), bytes, pictures }
}

/// The same file with a passage put otherwise.
fn edited(path: &str, from: &str, to: &str) -> FileBundle {
    let mut file = bundle(path);
    let text = String::from_utf8(file.bytes).unwrap();
    assert!(text.contains(from), "{from}");
    file.bytes = text.replace(from, to).into_bytes();
    file
}

impl Room {
    /// The sample newsroom with its partners, features and readers, a month before its first slot.
    async fn open() -> Self {
        Self::with(|toml| toml.to_owned()).await
    }

    async fn with(edit: impl Fn(&str) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FixedClock::at("2027-01-25T12:00:00Z".parse().unwrap());
        let world = fixed_world(&clock, 7);
        let key = NewsroomKey::from_bytes([9; 32]);
        let options = SledOptions { cache_bytes: 8 * 1024 * 1024, address_key: key.subkey(KeyPurpose::Addresses) };
        let store = Arc::new(SledStore::open(&folder.path().join("store"), options, world.clone()).unwrap());
        let toml = edit(&fs::read_to_string(root().join("pressroom.toml")).unwrap());
        let config = config::load(&toml, &|_| None, &|_| Err(std::io::ErrorKind::NotFound.into())).unwrap();
        let desk = Desk::new(DeskParts { store, config, look: Look::builtin(), key, world, links: None });
        let room = Self { desk, clock, _folder: folder };
        let bytes = fs::read(root().join("subscribers/partners.csv")).unwrap();
        let request = ImportPartners { file_name: "partners.csv".into(), bytes, format: PartnerFormat::Csv, dry_run: false };
        room.desk.import_partners(&editor(), request).await.unwrap();
        let request = ImportReaders {
            newsletter: "partners".into(),
            file_name: "readers.csv".into(),
            csv: fs::read(root().join("subscribers/readers.csv")).unwrap(),
            consent: Some("invented".into()),
            dry_run: false,
        };
        room.desk.import_readers(&editor(), request, &|_| {}).await.unwrap();
        let mut features: Vec<_> = fs::read_dir(root().join("issues/features")).unwrap().map(|file| file.unwrap().path()).collect();
        features.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
        features.sort();
        for path in features {
            let file = bundle(path.strip_prefix(root()).unwrap().to_str().unwrap());
            let feature = room.desk.submit_feature(&actor("a partner"), SubmitFeature { file }).await.unwrap().line.id;
            room.desk.approve_feature(&editor(), ApproveFeature { feature, agreement: None }).await.unwrap();
        }
        room
    }

    async fn queue(&self, file: FileBundle) -> IssueQueued {
        self.desk.queue_issue(&editor(), QueueIssue { file, rechoose: false }).await.unwrap()
    }

    async fn proof(&self, issue: &str) -> String {
        self.desk.make_proof(&editor(), MakeProof { issue: issue.into(), offline: true }).await.unwrap().short
    }

    async fn issue(&self, issue: &str) -> Issue {
        self.desk.issue_named(issue).await.unwrap()
    }

    /// Everything that waits: purpose, who it is to, the mail.
    async fn mails(&self) -> Vec<OutboxMail> {
        let mut mails = self.desk.store.due_mails(self.desk.now(), 20).await.unwrap();
        mails.sort_by_key(|mail| (mail.purpose, mail.to.as_typed().to_owned()));
        mails.iter().for_each(|mail| assert_fit_for_smtp(&mail.message));
        mails
    }

    async fn told(&self, purpose: MailPurpose) -> Vec<(String, String)> {
        let mails = self.mails().await;
        let told = mails.iter().filter(|mail| mail.purpose == purpose);
        told.map(|mail| (mail.to.as_typed().to_owned(), text_of(&mail.message))).collect()
    }

    /// What the first mail of this purpose says, after the notice was given.
    async fn said(&self, notice: Notice<'_>, purpose: MailPurpose) -> String {
        self.desk.notify(notice).await.unwrap();
        let (_, text) = self.told(purpose).await.remove(0);
        text
    }
}

/// standards.md A1, A2, A6: CRLF lines of a modest length, ASCII, none that begins with a dot.
fn assert_fit_for_smtp(message: &[u8]) {
    assert!(message.is_ascii() && message.ends_with(b"\r\n"));
    for line in String::from_utf8_lossy(message).split("\r\n") {
        assert!(line.len() <= 78 && !line.starts_with('.') && !line.contains(['\r', '\n', '\0']), "{line}");
    }
}

fn parsed(message: &[u8]) -> Message<'_> {
    MessageParser::default().parse(message).unwrap()
}

/// The subject and the text part.
fn text_of(message: &[u8]) -> String {
    let mail = parsed(message);
    format!("Subject: {}\n\n{}", mail.subject().unwrap(), mail.body_text(0).unwrap().replace("\r\n", "\n"))
}

#[tokio::test]
async fn a_proof_tells_all_staff_what_it_is_and_shows_it() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    let short = room.proof(ISSUE).await;
    let mails = room.mails().await;
    let proofs: Vec<&OutboxMail> = mails.iter().filter(|mail| mail.purpose == MailPurpose::Proof).collect();
    let told: Vec<&str> = proofs.iter().map(|mail| mail.to.as_typed()).collect();
    assert_eq!(told, ["approver@lantern.example.org", "editor@lantern.example.org", "second-approver@lantern.example.org"]);
    let text = text_of(&proofs[0].message);
    let (cover, below) = text.split_once(&"=".repeat(72)).unwrap();
    let cover = cover.replace(&short, "HASHHASH");
    let long = cover.lines().find(|line| line.starts_with("Proof:")).unwrap().to_owned();
    insta::assert_snapshot!("proof_cover", cover.replace(&long, "Proof: (the whole hash)"));
    assert!(below.contains("From the field") && below.contains("Dear partner,"), "{below}");
    let mail = parsed(&proofs[0].message);
    assert!(mail.subject().unwrap().starts_with(&format!("[proof {short}] ")));
    for absent in ["List-Unsubscribe", "List-Id", "Precedence"] {
        assert!(mail.header(absent).is_none(), "{absent}");
    }
    let names: Vec<_> = mail.attachments().map(|part| part.attachment_name().unwrap()).collect();
    assert_eq!(names, ["issue.html", "issue.txt"]);
    let html = mail.body_html(0).unwrap();
    assert!(!html.contains("/u/") && !html.contains("/r/"), "personal links");
    assert_eq!(html.matches("<h1").count(), 1);
}

#[tokio::test]
async fn each_featured_partner_gets_its_own_piece_once() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    let short = room.proof(ISSUE).await;
    let pieces = room.told(MailPurpose::Piece).await;
    assert_eq!(pieces.len(), 3);
    let health = pieces.iter().find(|(to, _)| to == "features@health.example.org").unwrap();
    insta::assert_snapshot!("piece", health.1);
    // Another text around the same pieces is another proof, and no news for their partners.
    let request = ApproveIssue { issue: ISSUE.into(), proof: short };
    room.desk.approve_issue(&actor("approver@lantern.example.org"), request).await.unwrap();
    room.queue(edited("issues/2027-02-partners.md", "We ask one thing", "We ask just one thing")).await;
    room.proof(ISSUE).await;
    assert_eq!(room.told(MailPurpose::Piece).await.len(), 3);
    let proofs = room.told(MailPurpose::Proof).await;
    assert_eq!(proofs.len(), 6);
    assert_eq!(proofs.iter().filter(|(_, text)| text.contains("One approval given before is void")).count(), 3);
}

#[tokio::test]
async fn what_is_changed_and_changed_back_is_told_of_anew() {
    let room = Room::open().await;
    let path = "issues/2027-02-partners.md";
    let moved = edited(path, "2027-02-02T10:00:00", "2027-02-09T10:00:00");
    let mut told = Vec::new();
    for file in [bundle(path), edited(path, "We ask one thing", "We ask just one thing"), bundle(path), moved, bundle(path)] {
        room.clock.advance(SignedDuration::from_mins(1));
        room.queue(file).await;
        room.proof(ISSUE).await;
        room.proof(ISSUE).await;
        let mails = room.desk.store.due_mails(room.desk.now(), 20).await.unwrap();
        for mail in &mails {
            room.desk.store.record_mail(&mail.key, crate::store::MailOutcome::Sent { at: room.desk.now() }).await.unwrap();
        }
        let count = |purpose| mails.iter().filter(|mail| mail.purpose == purpose).count();
        told.push((count(MailPurpose::Proof), count(MailPurpose::Piece)));
    }
    // Each proof asks for approvals of it; partners are told of words or slots that are not what they were told last.
    assert_eq!(told, [(3, 3), (3, 0), (3, 0), (3, 3), (3, 3)]);
}

#[tokio::test]
async fn a_part_for_some_readers_is_shown_in_a_proof_and_marked() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    room.proof(ISSUE).await;
    let mails = room.mails().await;
    let proof = mails.iter().find(|mail| mail.purpose == MailPurpose::Proof).unwrap();
    let mail = parsed(&proof.message);
    for said in [mail.body_text(0).unwrap(), mail.body_html(0).unwrap()] {
        let (_, after) = said.split_once("In this proof: only for readers in MD").expect("a mark");
        assert!(after.contains("opens its case-coordination desk"), "{after}");
    }
    let file = mail.attachments().next().unwrap().text_contents().unwrap();
    assert!(file.contains("opens its case-coordination desk") && !file.contains("In this proof"));
}

#[tokio::test]
async fn what_was_told_is_not_told_again() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    room.proof(ISSUE).await;
    let before = room.mails().await;
    room.proof(ISSUE).await;
    assert_eq!(room.mails().await, before);
    for mail in before {
        assert!(!mail.key.as_str().contains("example.org"), "{}", mail.key);
        room.desk.store.record_mail(&mail.key, crate::store::MailOutcome::Sent { at: room.desk.now() }).await.unwrap();
    }
    room.proof(ISSUE).await;
    assert_eq!(room.mails().await, []);
}

#[tokio::test]
async fn a_proof_that_is_sent_at_once_is_told_to_nobody() {
    let room = Room::open().await;
    let request = crate::desk::request::SendFile { file: bundle("issues/2027-02-partners.md"), offline: true };
    room.desk.send_file(&editor(), request).await.unwrap();
    assert_eq!(room.mails().await, []);
}

#[tokio::test]
async fn an_order_to_send_that_fails_leaves_no_proof_that_nobody_saw() {
    let room = Room::open().await;
    let id = "2027-03-steering";
    let request = crate::desk::request::SendFile { file: bundle("issues/2027-03-steering.md"), offline: true };
    let error = room.desk.send_file(&editor(), request).await.unwrap_err();
    assert!(matches!(error, DeskError::ConsentMissing { .. }), "{error:?}");
    let issue = room.issue(id).await;
    assert_eq!((issue.state.word(), issue.proof), ("queued", None));
    // Those that it would name are asked all the same.
    assert!(room.mails().await.iter().all(|mail| mail.purpose == MailPurpose::Consent));
    assert_eq!(room.told(MailPurpose::Consent).await.len(), 6);

    let room = Room::with(|toml| toml.replace("100 Sample Street, Springfield", "")).await;
    let request = crate::desk::request::SendFile { file: bundle("issues/2027-02-partners.md"), offline: true };
    assert_eq!(room.desk.send_file(&editor(), request).await.unwrap_err().exit_code(), 78);
    assert_eq!(room.issue(ISSUE).await.proof, None);
}

#[tokio::test]
async fn the_proof_of_an_issue_that_was_to_go_at_once_and_did_not_is_shown() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    let make = MakeProof { issue: ISSUE.into(), offline: true };
    room.desk.proof_made(&editor(), make, crate::desk::proof::Told::Nobody).await.unwrap();
    let before = room.issue(ISSUE).await;
    assert_eq!(room.mails().await, []);
    room.desk.tell_of_unsent(&editor(), ISSUE).await;
    assert_eq!((room.told(MailPurpose::Proof).await.len(), room.told(MailPurpose::Piece).await.len()), (3, 3));
    assert_eq!(room.issue(ISSUE).await, before);
}

#[tokio::test]
async fn what_breaks_off_on_its_way_out_is_told_each_time() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    room.proof(ISSUE).await;
    let mut issue = room.issue(ISSUE).await;
    let report = IssueReport { intended: 200, accepted: 60, pending: 140, ..room.desk.report_of(&issue).await.unwrap() };
    let why = "the relay refuses the newsletter's sender address: `550 5.1.8 bad sender`";
    for _ in 0..2 {
        let said = room.said(Notice::BrokenOff { issue: &issue, why, report: &report }, MailPurpose::Held).await;
        insta::assert_snapshot!("broken_off", said);
    }
    assert_eq!(room.told(MailPurpose::Held).await.len(), 3);
    issue.version += 2;
    room.desk.notify(Notice::BrokenOff { issue: &issue, why, report: &report }).await.unwrap();
    assert_eq!(room.told(MailPurpose::Held).await.len(), 6);
}

#[tokio::test]
async fn without_a_postal_address_nobody_outside_is_written_to() {
    let room = Room::with(|toml| toml.replace("100 Sample Street, Springfield", "")).await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    room.proof(ISSUE).await;
    assert_eq!(room.told(MailPurpose::Piece).await, []);
    let (_, proof) = room.told(MailPurpose::Proof).await.remove(0);
    assert!(proof.contains("Partners are not told yet"), "{proof}");
}

#[tokio::test]
async fn only_approvers_whose_yes_would_count_are_reminded() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    let short = room.proof(ISSUE).await;
    let issue = room.issue(ISSUE).await;
    let text = room.said(Notice::ApprovalsWanted { issue: &issue, have: 0, want: 1, which: "day" }, MailPurpose::Reminder).await;
    insta::assert_snapshot!("approvals_wanted", text.replace(&short, "HASHHASH"));
    let request = ApproveIssue { issue: ISSUE.into(), proof: short };
    room.desk.approve_issue(&actor("Approver@Lantern.example.org"), request).await.unwrap();
    let issue = room.issue(ISSUE).await;
    room.desk.notify(Notice::ApprovalsWanted { issue: &issue, have: 1, want: 2, which: "hour" }).await.unwrap();
    let told: Vec<String> = room.told(MailPurpose::Reminder).await.into_iter().map(|(to, _)| to).collect();
    let second = "second-approver@lantern.example.org";
    assert_eq!(told, ["approver@lantern.example.org", second, second]);
}

#[tokio::test]
async fn refusal_is_private_in_every_notice() {
    let mut told = Vec::new();
    for answer in [None, Some(false)] {
        let room = Room::open().await;
        room.queue(bundle("issues/2027-03-steering.md")).await;
        let named = ["example-planners-commons", "example-city-united"];
        for partner in answer.iter().flat_map(|_| named) {
            let request = RecordConsent {
                source: TextSource::Issue("2027-03-steering".into()),
                policy: None,
                partner: partner.into(),
                yes: answer.unwrap(),
                given_by: "Sample Director".into(),
                given_on: None,
                how: "by telephone".into(),
            };
            room.desk.record_consent(&editor(), request).await.unwrap();
        }
        room.proof("2027-03-steering").await;
        let issue = room.issue("2027-03-steering").await;
        let partners: Vec<PartnerId> = named.iter().map(|id| PartnerId::parse(id).unwrap()).collect();
        let reason = HoldReason::ConsentMissing { partners: partners.clone() };
        room.desk.notify(Notice::ConsentsWanted { issue: &issue, partners: &partners, which: "day" }).await.unwrap();
        room.desk.notify(Notice::Held { issue: &issue, reason: &reason }).await.unwrap();
        let mails = room.mails().await;
        let texts = mails.iter().map(|mail| text_of(&mail.message));
        // Who declined is told what was written down as its own answer.
        told.push(texts.filter(|text| !text.contains("We wrote your answer down")).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].iter().any(|text| text.contains("no yes recorded")), "{told:?}");
}

#[tokio::test]
async fn restricted_stays_restricted_in_what_a_partner_is_shown() {
    let room = Room::open().await;
    let body = "## A secret heading\n\nA secret sentence.\n\n```feature\nid = \"example-health-in-schools/road-clinic\"\n```\n";
    let text = format!(
        "+++\nnewsletter = \"steering\"\nsubject = \"A secret subject\"\npreheader = \"What only the committee reads, and nobody else at all.\"\n+++\n{body}"
    );
    room.queue(FileBundle { name: "2027-04-steering.md".into(), bytes: text.into_bytes(), pictures: vec![] }).await;
    room.proof("2027-04-steering").await;
    let issue = room.issue("2027-04-steering").await;
    let feature = FeatureId::parse("example-health-in-schools/road-clinic").unwrap();
    room.desk.notify(Notice::Thanks { issue: &issue, feature: &feature }).await.unwrap();
    for purpose in [MailPurpose::Piece, MailPurpose::Thanks] {
        for mail in room.mails().await.iter().filter(|mail| mail.purpose == purpose) {
            let read = parsed(&mail.message);
            let all = format!("{}{}{}", read.subject().unwrap(), read.body_text(0).unwrap(), read.body_html(0).unwrap());
            assert!(!all.to_lowercase().contains("secret") && !all.contains("127.0.0.1:8080/steering"), "{all}");
            assert!(!all.contains("2027-04-steering"), "{all}");
        }
    }
    assert_eq!((room.told(MailPurpose::Piece).await.len(), room.told(MailPurpose::Thanks).await.len()), (1, 1));
}

#[tokio::test]
async fn what_is_told_along_the_road() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    let short = room.proof(ISSUE).await;
    let issue = room.issue(ISSUE).await;
    let plain = |text: String| text.replace(&short, "HASHHASH");
    let reason = HoldReason::ApprovalMissing { have: 0, want: 1 };
    let held = room.said(Notice::Held { issue: &issue, reason: &reason }, MailPurpose::Held).await;
    insta::assert_snapshot!("held", plain(held));
    let newsletter = room.desk.newsletter(&issue.newsletter).unwrap();
    let slot = civil::date(2027, 3, 2).at(10, 0, 0, 0);
    let empty = room.said(Notice::EmptySlot { newsletter, slot, passed: false }, MailPurpose::Empty).await;
    insta::assert_snapshot!("empty", empty);
    let report = IssueReport {
        intended: 200,
        accepted: 197,
        refused: 1,
        skipped: 1,
        uncertain: 1,
        ..room.desk.report_of(&issue).await.unwrap()
    };
    let sent = room.said(Notice::Sent { issue: &issue, report: &report }, MailPurpose::Sent).await;
    insta::assert_snapshot!("sent", sent);
    let feature = FeatureId::parse("example-health-in-schools/road-clinic").unwrap();
    let thanks = room.said(Notice::Thanks { issue: &issue, feature: &feature }, MailPurpose::Thanks).await;
    insta::assert_snapshot!("thanks", thanks);
    let revision = issue.source.revision();
    let sending = Issue { state: IssueState::Sending, ..issue };
    let ignored = room.said(Notice::IgnoredChange { issue: &sending, revision }, MailPurpose::Ignored).await;
    insta::assert_snapshot!("ignored", ignored);
}

#[tokio::test]
async fn a_broken_file_is_answered_with_every_problem() {
    let room = Room::open().await;
    let file = edited("issues/2027-02-partners.md", "count  = 2", "cout  = 2\ncount = 20");
    let report = room.desk.check(CheckFiles { files: vec![file], offline: true }).await.unwrap().remove(0);
    let text = room.said(Notice::BrokenFile { report: &report, what: Broken::File }, MailPurpose::Broken).await;
    insta::assert_snapshot!("broken", text);
    let told: Vec<String> = room.told(MailPurpose::Broken).await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(told, ["editor@lantern.example.org"]);
}

fn words(letter: &Letter) -> String {
    format!("{}\n{}", letter.lead, notice::lay_out(letter, &Look::builtin()).text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_letter_says_what_is_true_of_its_issue() {
    let room = Room::open().await;
    room.queue(bundle("issues/2027-02-partners.md")).await;
    room.proof(ISSUE).await;
    let issue = room.issue(ISSUE).await;
    let newsletter = room.desk.newsletter(&issue.newsletter).unwrap();
    let in_state = |state| words(&room.desk.ignored_letter(&Issue { state, ..issue.clone() }, newsletter));
    let at = room.desk.now();
    let [sending, sent, cancelled] = [IssueState::Sending, IssueState::Sent { at }, IssueState::Cancelled { at }].map(in_state);
    assert!(sending.contains("is on its way") && sending.contains("issue cancel"), "{sending}");
    assert!(sent.contains("is sent: readers have it") && !sent.contains("issue cancel"), "{sent}");
    assert!(cancelled.contains("does not come back") && !cancelled.contains("readers"), "{cancelled}");

    let file = edited("issues/2027-02-partners.md", "count  = 2", "cout  = 2\ncount = 20");
    let report = room.desk.check(CheckFiles { files: vec![file], offline: true }).await.unwrap().remove(0);
    let queued = words(&room.desk.broken_letter(&report, Broken::Queued(&issue), newsletter));
    assert!(
        queued.contains("It is queued for Tuesday 2 February 2027, 10:00 am") && !queued.contains("cannot be queued"),
        "{queued}"
    );

    let filler =
        Issue { queued_by: clock_actor(), id: crate::domain::id::IssueId::parse("partners-2027-02-02").unwrap(), ..issue.clone() };
    let reason = HoldReason::SlotTaken { by: None };
    let held = words(&room.desk.held_letter(&filler, &reason, newsletter).await.unwrap());
    let broken = words(&room.desk.broken_letter(&report, Broken::Queued(&filler), newsletter));
    for said in [held, broken] {
        assert!(said.contains("queue issues/FILE.md") && !said.contains("issues/2027-02-partners.md"), "{said}");
    }
    let late = HoldReason::ApprovalMissing { have: 0, want: 1 };
    room.clock.advance(SignedDuration::from_hours(24 * 30));
    let held = words(&room.desk.held_letter(&issue, &late, newsletter).await.unwrap());
    assert!(held.contains("issue resume") && !held.contains("by itself"), "{held}");
}

#[tokio::test]
async fn a_partner_is_told_the_moment_that_staff_are_told() {
    let room = Room::open().await;
    let file = edited("issues/2027-02-partners.md", "2027-02-02T10:00:00", "2027-03-14T02:30:00");
    room.queue(file).await;
    room.proof(ISSUE).await;
    for purpose in [MailPurpose::Proof, MailPurpose::Piece] {
        let (_, said) = room.told(purpose).await.remove(0);
        assert!(said.contains("Sunday 14 March 2027, 3:30 am"), "{said}");
    }
}
