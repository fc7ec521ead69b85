//! What we sign, before a verifier that is not ours; `tests/checkers` asks three more.

use std::net::SocketAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator};
use proptest::prelude::*;

use super::*;
use crate::domain::dkim::{KeyKind, fresh};
use crate::domain::time::SystemEntropy;
use crate::testing::dns::DnsServer;

const DOMAIN: &str = "lantern.example.org";
const MAIL: &str = "From: Lantern Exchange <exchange@lantern.example.org>\r\n\
    To: =?UTF-8?Q?Zo=C3=AB?= <reader@example.org>\r\n\
    Reply-To: <editor@lantern.example.org>\r\n\
    Subject: Six partners, two deadlines and one question for your affiliates,\r\n with a reply\r\n\
    Date: Tue, 02 Feb 2027 15:00:00 +0000\r\n\
    Message-ID: <abc@lantern.example.org>\r\n\
    List-Id: Lantern Exchange <partners.lantern.example.org>\r\n\
    List-Unsubscribe: <https://news.lantern.example.org/u/abc>\r\n\
    List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
    Feedback-ID: 1:partners:issue:abcde\r\n\
    Precedence: bulk\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    \r\n\
    Dear reader,\r\n\r\n  an  indented line \t\r\nthe end\r\n\r\n";

fn now() -> Timestamp {
    "2026-02-02T15:00:00Z".parse().unwrap()
}

fn named(selector: &str, kind: KeyKind) -> NamedKey {
    let key = SigningKey::from_pem(&fresh::make(kind, &SystemEntropy)).unwrap();
    NamedKey { selector: Selector::parse(selector).unwrap(), key: Arc::new(key) }
}

/// A signer with a key of each kind, and a verifier that finds their records.
struct House {
    signer: Signer,
    verifier: MessageAuthenticator,
    _dns: DnsServer,
}

impl House {
    async fn new() -> Self {
        let (rsa, ed25519) = (named("a", KeyKind::Rsa), named("b", KeyKind::Ed25519));
        let rows = [&rsa, &ed25519].map(|named| (named.selector.record_name(DOMAIN).unwrap(), named.key.record()));
        let rows: Vec<_> = rows.iter().map(|(name, record)| (name.as_str(), "TXT", record.as_str())).collect();
        let dns = DnsServer::start(&rows).await;
        Self { signer: Signer::new(DOMAIN.to_owned(), rsa, Some(ed25519)), verifier: verifier(dns.address), _dns: dns }
    }

    fn signed(&self, message: &str) -> String {
        let mut bytes = message.as_bytes().to_vec();
        self.signer.sign(&mut bytes, now());
        String::from_utf8(bytes).unwrap()
    }

    /// For each signature, whether it holds.
    async fn verdicts(&self, message: &str) -> Vec<bool> {
        let message = AuthenticatedMessage::parse(message.as_bytes()).unwrap();
        let outputs = self.verifier.verify_dkim(&message).await;
        outputs.iter().map(|output| matches!(output.result(), DkimResult::Pass)).collect()
    }
}

fn verifier(address: SocketAddr) -> MessageAuthenticator {
    let mut way = ConnectionConfig::udp();
    way.port = address.port();
    let config = ResolverConfig::from_name_servers(vec![NameServerConfig::new(address.ip(), true, vec![way])]);
    let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    MessageAuthenticator(builder.build().unwrap())
}

#[tokio::test]
async fn both_signatures_hold_together_and_the_first_one_alone() {
    let house = House::new().await;
    let signed = house.signed(MAIL);
    assert!(signed.ends_with(MAIL));
    assert_eq!(house.verdicts(&signed).await, [true, true]);
    let (rsa, rest) = signed.split_at(signed.find("\r\nDKIM-Signature:").unwrap() + 2);
    assert!(rsa.contains(" a=rsa-sha256;") && rest.contains(" a=ed25519-sha256;"));
    assert_eq!(house.verdicts(&format!("{rsa}{MAIL}")).await, [true]);
    assert_eq!(house.signed(MAIL), signed, "the same bytes at the same moment");
    assert!(signed.contains(" t=1770044400;") && !signed.contains("l="));
    assert!(signed.split("\r\n").all(|line| line.len() <= 78 && !line.starts_with('.')), "{signed}");
}

#[tokio::test]
async fn whatever_is_changed_put_in_or_put_behind_breaks_both() {
    let house = House::new().await;
    let signed = house.signed(MAIL);
    let mut spoilt = vec![("body".to_owned(), format!("{signed}more\r\n")), ("word".to_owned(), signed.replace("Dear", "dear"))];
    for (name, named) in FIELDS {
        let field = format!("\r\n{name}: ");
        if signed.contains(&field) {
            spoilt.push((format!("{name} altered"), signed.replacen(&field, &format!("{field}x"), 1)));
        }
        let is_guarded = match named {
            Named::Guarded => true,
            Named::GuardedWhereItIs => signed.contains(&field),
            Named::AsItIs => false,
        };
        if is_guarded {
            let second = format!("{name}: <other@example.net>\r\n");
            spoilt.push((format!("{name} before"), format!("{second}{signed}")));
            spoilt.push((format!("{name} behind"), signed.replacen("\r\n\r\n", &format!("\r\n{second}\r\n"), 1)));
        }
    }
    assert!(spoilt.len() > 30);
    for (what, message) in spoilt {
        assert_eq!(house.verdicts(&message).await, [false, false], "{what}");
    }
}

#[tokio::test]
async fn what_mail_systems_may_do_on_the_way_breaks_nothing() {
    let house = House::new().await;
    let signed = house.signed(MAIL);
    let (head, body) = signed.split_once("\r\n\r\n").unwrap();
    let refolded = head.replace("\r\n ", " ").replace(", ", ",\r\n\t ").replace("; ", ";\r\n  ");
    let received = "Received: from a by b; Tue, 02 Feb 2027 15:00:01 +0000\r\n";
    for changed in [
        format!("{refolded}\r\n\r\n{body}"),
        format!("{received}{signed}"),
        signed.replacen("\r\nFrom: L", "\r\nFROM:L", 1).replacen("Subject: Six", "subject:  Six", 1),
        signed.replacen("the end\r\n", "the end \t\r\n\r\n\r\n", 1).replacen("an  indented", "an indented", 1),
        signed.replacen("\r\nFeedback-ID: 1:", "\r\nFeedback-ID: 2:relay\r\nFeedback-ID: 1:", 1),
    ] {
        assert_ne!(changed, signed);
        assert_eq!(house.verdicts(&changed).await, [true, true], "{changed}");
    }
}

#[test]
fn the_names_are_those_of_the_message_and_once_more() {
    let names = |message: &str| signed_fields(&canonical::fields(canonical::split(message.as_bytes()).0)).0.join(":");
    assert_eq!(
        names(MAIL),
        "From:From:To:To:Cc:Reply-To:Reply-To:Subject:Subject:Date:Date:Message-ID:Message-ID:MIME-Version:MIME-Version:\
         Content-Type:Content-Type:Content-Transfer-Encoding:List-Id:List-Unsubscribe:List-Unsubscribe:\
         List-Unsubscribe-Post:List-Unsubscribe-Post:Feedback-ID"
    );
    assert_eq!(
        names("From: a\r\nCC: b\r\ncc: c\r\n\r\n"),
        "From:From:To:Cc:Cc:Cc:Reply-To:Subject:Date:Message-ID:MIME-Version:Content-Type:Content-Transfer-Encoding"
    );
}

// A last line of white space alone is left out: mail-auth keeps it, where dkimpy, RFC 6376 §3.4.4 and we do not.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_message_in_crlf_lines_is_signed_as_others_read_it(
        fields in proptest::collection::vec(("(To|Cc|X-Other|List-Id|subject)", "([a-z]{1,4}[ \t]{0,3}){1,6}(\r\n[ \t]+[a-z]{1,5}[ \t]?){0,2}"), 0..6),
        body in "a([a-z.]{0,6}[ \t]{0,3}(\r\n){0,2}){0,12}",
    ) {
        let head: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let message = format!("From: <a@lantern.example.org>\r\n{head}\r\n{body}end\r\n\r\n");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let key = named("b", KeyKind::Ed25519);
            let (name, record) = (key.selector.record_name(DOMAIN).unwrap(), key.key.record());
            let dns = DnsServer::start(&[(name.as_str(), "TXT", record.as_str())]).await;
            let house = House { signer: Signer::new(DOMAIN.to_owned(), key, None), verifier: verifier(dns.address), _dns: dns };
            let signed = house.signed(&message);
            prop_assert_eq!(house.verdicts(&signed).await, [true], "{:?}", signed);
            Ok(())
        })?;
    }
}
