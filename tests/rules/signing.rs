//! Mail that the newsroom signs itself: issues and notices, or nothing at all.

use std::fs;
use std::path::Path;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator};
use pressroom::config::RelayTls;
use pressroom::desk::act::{Note, Notes};
use pressroom::desk::request::{DryRun, TextSource};
use pressroom::desk::{DeskError, Posted};
use pressroom::domain::dkim::{KeyKind, SigningKey, fresh};
use pressroom::domain::time::{SignedDuration, SystemEntropy};
use pressroom::store::Cursor;
use pressroom::testing::dns::DnsServer;
use pressroom::testing::smtp::{Script, SmtpServer, Turn};
use tokio::sync::watch;

use super::newsroom::{Newsroom, approver, issue_file};

const ISSUE: &str = "2027-02-partners";

/// A newsroom whose first newsletter signs its own mail, the relay that takes it, and a verifier that finds the key.
struct Signing {
    room: Newsroom,
    server: SmtpServer,
    verifier: MessageAuthenticator,
    key_file: tempfile::NamedTempFile,
    _dns: DnsServer,
}

fn with_key(toml: &str, file: &Path) -> String {
    let own = toml.replacen("title =", "dkim = \"own\"\ntitle =", 1);
    format!("{own}[[dkim]]\ndomain = \"example.org\"\nselector = \"2027a\"\nkey_file = \"{}\"\n", file.display())
}

impl Signing {
    async fn new(script: Script) -> Self {
        let server = SmtpServer::start(script).await;
        let mut room = Newsroom::behind(server.relay(RelayTls::None, 1).port).await;
        let pem = fresh::make(KeyKind::Rsa, &SystemEntropy);
        let key_file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&key_file, &pem).unwrap();
        room.with_config(|toml| with_key(toml, key_file.path()));
        let record = SigningKey::from_pem(&pem).unwrap().record();
        let dns = DnsServer::start(&[("2027a._domainkey.example.org", "TXT", &record)]).await;
        let mut way = ConnectionConfig::udp();
        way.port = dns.address.port();
        let config = ResolverConfig::from_name_servers(vec![NameServerConfig::new(dns.address.ip(), true, vec![way])]);
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap();
        Self { room, server, verifier: MessageAuthenticator(resolver), key_file, _dns: dns }
    }

    /// Whether each signature of each mail that the relay has taken holds.
    async fn verdicts(&self) -> Vec<Vec<bool>> {
        let mut verdicts = Vec::new();
        for taken in self.server.taken() {
            let message = AuthenticatedMessage::parse(&taken.bytes).unwrap();
            let outputs = self.verifier.verify_dkim(&message).await;
            verdicts.push(outputs.iter().map(|output| matches!(output.result(), DkimResult::Pass)).collect());
        }
        verdicts
    }

    async fn post(&self) -> Result<Posted, DeskError> {
        self.room.desk.post_due(watch::channel(false).1).await
    }

    async fn opened(&self) {
        self.room.readers("partners", 3).await;
        let proof = self.room.proofed(issue_file(ISSUE, "partners", "Hello.")).await;
        self.room.approve(&approver(), ISSUE, &proof).await.unwrap();
        assert_eq!(self.room.send(ISSUE).await.unwrap(), "sending");
    }

    /// A dry run: its copies, and why they are not signed.
    async fn tried(&self) -> (Vec<Vec<u8>>, Option<String>) {
        let (mut notes, mut heard) = Notes::channel();
        let source = TextSource::File(issue_file("2027-03-partners", "partners", "Hello."));
        let report = self.room.desk.dry_run(DryRun { source }, &mut notes).await.unwrap();
        drop(notes);
        let mut copies = Vec::new();
        while let Some(note) = heard.recv().await {
            let Note::Copy { bytes, .. } = note else { panic!("{note:?}") };
            copies.push(bytes);
        }
        (copies, report.unsigned)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_copy_of_an_issue_is_signed() {
    let signing = Signing::new(Script::pipelining()).await;
    signing.opened().await;
    let mut run = signing.room.desk.run_delivery(ISSUE).await.unwrap();
    assert_eq!(run.ended(&|_| ()).await.unwrap().report.accepted, 3);
    assert_eq!(signing.verdicts().await, vec![vec![true]; 3]);
    let (copies, unsigned) = signing.tried().await;
    assert_eq!((copies.len(), unsigned), (3, None));
    assert!(copies.iter().all(|copy| copy.starts_with(b"DKIM-Signature: v=1; a=rsa-sha256;")));
}

#[tokio::test]
async fn notices_are_signed_once_however_often_they_are_tried() {
    let script = Script::pipelining().turn("editor", &[Turn::Rcpt(b"451 4.2.0 try later\r\n")]);
    let signing = Signing::new(script).await;
    signing.room.proofed(issue_file(ISSUE, "partners", "Hello.")).await;
    assert_eq!(signing.post().await.unwrap().sent, 2);
    signing.room.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(signing.post().await.unwrap().sent, 1);
    assert_eq!(signing.verdicts().await, vec![vec![true]; 3]);
}

#[tokio::test]
async fn a_newsletter_whose_relay_signs_is_left_to_it() {
    let signing = Signing::new(Script::pipelining()).await;
    signing.room.proofed(issue_file("2027-02-steering", "steering", "Hello.")).await;
    signing.post().await.unwrap();
    assert!(signing.verdicts().await.iter().all(Vec::is_empty));
}

#[tokio::test]
async fn a_notice_whose_sender_is_no_newsletters_any_more_is_still_signed() {
    let mut signing = Signing::new(Script::pipelining()).await;
    signing.room.proofed(issue_file(ISSUE, "partners", "Hello.")).await;
    let path = signing.key_file.path().to_owned();
    signing.room.with_config(|toml| with_key(toml, &path).replace("exchange@example.org", "news@example.org"));
    assert_eq!(signing.post().await.unwrap().sent, 3);
    assert_eq!(signing.verdicts().await, vec![vec![true]; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_whose_domain_has_lost_its_key_is_paused_and_told_and_goes_on_once_it_is_back() {
    let mut signing = Signing::new(Script::pipelining()).await;
    signing.opened().await;
    let path = signing.key_file.path().to_owned();
    let moved = |toml: &str| {
        let toml = with_key(toml, &path).replace("exchange@example.org", "exchange@example.net");
        toml.replace("domain = \"example.org\"", "domain = \"example.net\"")
    };
    signing.room.with_config(moved);
    let mut run = signing.room.desk.run_delivery(ISSUE).await.unwrap();
    let fault = run.ended(&|_| ()).await.unwrap_err();
    assert!(fault.message.contains("put the table [[dkim]] with `domain = \"example.org\"` back"), "{fault:?}");
    assert_eq!((signing.room.state(ISSUE).await.as_str(), signing.room.told("held").await), ("paused", 3));
    let audit = signing.room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    assert!(audit.iter().any(|entry| entry.act == "issue.pause" && format!("{entry:?}").contains("example.org")));
    assert!(signing.server.taken().is_empty());

    let table = format!("[[dkim]]\ndomain = \"example.org\"\nselector = \"2027a\"\nkey_file = \"{}\"\n", path.display());
    signing.room.with_config(|toml| format!("{}{table}", moved(toml)));
    assert_eq!(signing.room.resume(ISSUE).await.unwrap(), "sending");
    let mut run = signing.room.desk.run_delivery(ISSUE).await.unwrap();
    assert_eq!(run.ended(&|_| ()).await.unwrap().report.accepted, 3);
    assert_eq!(signing.verdicts().await, vec![vec![true]; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_nothing_of_its_domain_is_sent_and_what_is_only_looked_at_says_so() {
    let mut signing = Signing::new(Script::pipelining()).await;
    signing.opened().await;
    let path = signing.key_file.path().to_owned();
    let pem = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let beside = |toml: &str| with_key(toml, &path).replace("steering@example.org", "steering@example.net");
    signing.room.with_config(beside);
    let mut run = signing.room.desk.run_delivery(ISSUE).await.unwrap();
    assert_eq!(run.ended(&|_| ()).await.unwrap_err().exit_code, 78);
    assert!(signing.server.taken().is_empty());
    // The notices of another newsletter, which lie behind those of this one, do not wait with them.
    signing.room.proofed(issue_file("2027-02-steering", "steering", "Hello.")).await;
    let next = Some(signing.room.desk.now() + SignedDuration::from_mins(1));
    assert_eq!(signing.post().await.unwrap(), Posted { sent: 3, deferred: 3, next, ..Posted::default() });
    assert!(signing.server.taken().iter().all(|mail| mail.sender == "steering@example.net"));
    let (copies, unsigned) = signing.tried().await;
    assert!(unsigned.unwrap().contains("the key of example.org with the selector 2027a is not readable here"));
    assert!(copies.len() == 3 && copies.iter().all(|copy| copy.starts_with(b"To: ")));
    fs::write(&path, pem).unwrap();
    signing.room.with_config(beside);
    signing.room.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(signing.post().await.unwrap().sent, 3);
    assert_eq!(signing.verdicts().await[3..], vec![vec![true]; 3]);
}
