//! The keys with which we sign, against the records that receivers find: a signature is worth what stands in the DNS.

use futures_util::future::join_all;

use super::Finding;
use super::mail::silent;
use crate::config::{Config, DkimDomain, DkimKey};
use crate::domain::dkim::KeyKind;
use crate::domain::newsletter::DkimSigner;
use crate::fetch::{Dkim, Dns, find_dkim};

pub(super) async fn examine(config: &Config, dns: &Dns) -> Vec<Finding> {
    let keys = config.dkim.iter().flat_map(|domain| domain.keys().map(move |(kind, key)| (domain, kind, key)));
    join_all(keys.map(|(domain, kind, key)| one(config, dns, (domain, kind, key)))).await
}

async fn one(config: &Config, dns: &Dns, (domain, kind, key): (&DkimDomain, KeyKind, &DkimKey)) -> Finding {
    let name = key.selector.record_name(&domain.domain).expect("the config has looked at its length");
    let own = config.newsletters.iter().filter(|newsletter| newsletter.dkim == DkimSigner::Own);
    let is_used = own.map(|newsletter| newsletter.from.address.domain()).any(|from| from == domain.domain);
    let found = find_dkim(dns, &name).await;
    let finding = judge(&name, kind, key, found);
    // A key may be made ready before its newsletter turns to it.
    if is_used || finding.unasked {
        return finding;
    }
    let said = format!("{}; no newsletter signs with it yet", finding.said);
    Finding { said, verdict: finding.verdict.min(super::Verdict::Warn), ..finding }
}

fn judge(name: &str, kind: KeyKind, key: &DkimKey, found: Dkim) -> Finding {
    let fail = |said: &str, fix: String| Finding::fail("dkim", name, said, fix);
    let publish = match key.key.key() {
        Some(key) => format!("publish as a TXT record at {name}: {}", key.record()),
        None => format!("publish at {name} the record that `pressroom dkim keygen` printed, or see `pressroom dkim record`"),
    };
    let renew = "make a key under a new selector (`pressroom dkim keygen`), publish its record, then name both in [[dkim]]";
    match found {
        Dkim::Silent(why) => silent("dkim", name, &why),
        Dkim::Missing => fail("there is no record, so no receiver can check the signature", publish),
        Dkim::Revoked => fail("the record says that the key has been withdrawn (its p= is empty)", renew.to_owned()),
        Dkim::Several(count) => fail(&format!("there are {count} records, and only one may be there"), publish),
        Dkim::Faulty(why) => fail(&format!("receivers ignore the record: {why}"), publish),
        Dkim::Found { kind: other, .. } if other != kind.word() => {
            fail(&format!("the record is of a key of kind {other}, and this one is {}", kind.word()), publish)
        }
        Dkim::Found { key: published, testing, .. } => {
            let Some(own) = key.key.key() else {
                let said = "there is a record; whether it is this key's cannot be seen, for the key is not readable here";
                return Finding::warn("dkim", name, said, "ask the doctor as the user that may read `key_file`");
            };
            if !own.is_published_as(&published) {
                let fix = format!("{publish}; or put the key back that the record is of");
                return fail("the record is of another key, so every signature fails", fix);
            }
            if testing {
                let said = "the record is this key's, but says that it is only tried out (t=y), so receivers may ignore it";
                return Finding::warn("dkim", name, said, "take t=y out of the record");
            }
            let said = "the record is this key's; when another selector takes its place, leave it there for 7 days more";
            Finding::ok("dkim", name, said)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use data_encoding::BASE64;

    use super::*;
    use crate::desk::doctor::Verdict;
    use crate::domain::dkim::{SigningKey, fresh};
    use crate::domain::time::SystemEntropy;
    use crate::testing::dns::DnsServer;

    const NAME: &str = "2027a._domainkey.lantern.example.org";
    const BESIDE: &str = "2027e._domainkey.lantern.example.org";

    /// The sample newsroom with keys of its own, whose files hold these texts; an empty one cannot be read.
    fn config(own: bool, rsa: &str, ed25519: &str) -> Config {
        let sample = include_str!("../../../pressroom.toml");
        let sample = if own { sample.replace("schedule =", "dkim = \"own\"\nschedule =") } else { sample.to_owned() };
        let text = format!(
            "{sample}\n[[dkim]]\ndomain = \"lantern.example.org\"\nselector = \"2027a\"\nkey_file = \"rsa\"\n\
             ed25519 = {{ selector = \"2027e\", key_file = \"ed25519\" }}\n"
        );
        let read = |path: &Path| match path.to_str() {
            Some("rsa") if !rsa.is_empty() => Ok(rsa.to_owned()),
            Some("ed25519") if !ed25519.is_empty() => Ok(ed25519.to_owned()),
            _ => Err(std::io::ErrorKind::PermissionDenied.into()),
        };
        crate::config::load(&text, &|_| None, &read).unwrap()
    }

    async fn found(config: &Config, records: &[(&str, &str)]) -> Vec<(Verdict, String)> {
        let rows: Vec<_> = records.iter().map(|(name, record)| (*name, "TXT", *record)).collect();
        let server = DnsServer::start(&rows).await;
        let findings = examine(config, &Dns::new(Some(server.address))).await;
        for finding in &findings {
            assert_eq!(finding.fix.is_empty(), finding.verdict == Verdict::Ok, "{finding:?}");
            assert!(!finding.unasked && !format!("{finding:?}").contains("PRIVATE"), "{finding:?}");
        }
        assert_eq!(findings.iter().map(|finding| finding.about.as_str()).collect::<Vec<_>>(), [NAME, BESIDE]);
        findings.into_iter().map(|finding| (finding.verdict, finding.said)).collect()
    }

    #[tokio::test]
    async fn each_key_is_compared_with_its_record() {
        let [rsa, ed25519] = [KeyKind::Rsa, KeyKind::Ed25519].map(|kind| fresh::make(kind, &SystemEntropy));
        let config_own = config(true, &rsa, &ed25519);
        let record = |pem: &str| SigningKey::from_pem(pem).unwrap().record();
        let (own, beside) = (record(&rsa), record(&ed25519));
        let other = record(&fresh::make(KeyKind::Ed25519, &SystemEntropy));
        let bare = BASE64.encode(&SigningKey::from_pem(&rsa).unwrap().public_key()[24..]);
        for (published, verdict, word) in [
            (&[own.as_str()][..], Verdict::Ok, "is this key's"),
            (&[&format!("v=DKIM1; p={bare}")], Verdict::Ok, "is this key's"),
            (&[&own.replace("k=rsa", "k=rsa; t=y")], Verdict::Warn, "only tried out"),
            (&[], Verdict::Fail, "no record"),
            (&["v=DKIM1; p="], Verdict::Fail, "withdrawn"),
            (&[&own.replace("MII", "MIJ")], Verdict::Fail, "another key"),
            (&[&other], Verdict::Fail, "kind ed25519"),
            (&[&own, &own.replace("k=rsa", "k=rsa; t=s")], Verdict::Fail, "2 records"),
            (&["v=DKIM1; k=rsa; p=*"], Verdict::Fail, "not base64"),
        ] {
            let records: Vec<_> = published.iter().map(|record| (NAME, *record)).chain([(BESIDE, beside.as_str())]).collect();
            let found = found(&config_own, &records).await;
            assert_eq!(found[0].0, verdict, "{published:?}: {found:?}");
            assert!(found[0].1.contains(word), "{word}: {found:?}");
            assert_eq!(found[1].0, Verdict::Ok, "{found:?}");
        }
        let crossed = found(&config_own, &[(NAME, &own), (BESIDE, &other)]).await;
        assert_eq!(crossed[1].0, Verdict::Fail, "{crossed:?}");
    }

    #[tokio::test]
    async fn a_key_that_is_not_used_or_not_readable_fails_nothing() {
        let pem = fresh::make(KeyKind::Ed25519, &SystemEntropy);
        let prepared = found(&config(false, "", &pem), &[]).await;
        assert_eq!(prepared.iter().map(|found| found.0).collect::<Vec<_>>(), [Verdict::Warn, Verdict::Warn]);
        assert!(prepared[0].1.ends_with("no newsletter signs with it yet"), "{prepared:?}");
        let record = "v=DKIM1; k=rsa; p=AQID";
        let closed = found(&config(true, "", &pem), &[(NAME, record)]).await;
        assert!(closed[0].0 == Verdict::Warn && closed[0].1.contains("not readable"), "{closed:?}");
    }
}
