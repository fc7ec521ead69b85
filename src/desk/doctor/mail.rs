//! What receivers will find in the DNS about the domains in our mail: SPF and MX of the domain that bounces go to, DMARC of the From domain.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::Finding;
use crate::config::Config;
use crate::desk::resolve::bounce_domain;
use crate::domain::newsletter::DkimSigner;
use crate::fetch::{Asked, Dmarc, DmarcPolicy, Dns, MailRoute, Spf, SpfEnding, find_dmarc, find_spf};

const DNS_FIX: &str = "see that this machine reaches a DNS server, or name one with --resolver";

pub(super) async fn examine(config: &Config, dns: &Dns) -> Vec<Finding> {
    // Newsletters often share their domains; each is looked at once.
    let pairs: BTreeSet<(String, String)> = config
        .newsletters
        .iter()
        .map(|newsletter| (newsletter.from.address.domain().into_owned(), bounce_domain(newsletter)))
        .collect();
    let from: BTreeSet<&String> = pairs.iter().map(|(from, _)| from).collect();
    let bounces: BTreeSet<&String> = pairs.iter().map(|(_, bounces)| bounces).collect();
    let only_from = from.iter().filter(|domain| !bounces.contains(*domain));
    let (routes, returns, envelope, plain, policies) = tokio::join!(
        join_all(from.iter().map(|domain| replies(dns, domain))),
        join_all(bounces.iter().map(|domain| returns(dns, domain))),
        join_all(bounces.iter().map(|domain| spf(dns, domain, true))),
        join_all(only_from.map(|domain| spf(dns, domain, false))),
        join_all(pairs.iter().map(|(from, bounces)| dmarc(dns, from, bounces))),
    );
    let mut all: Vec<Finding> = [routes, returns, envelope, plain, policies].into_iter().flatten().collect();
    let by_relay = config.newsletters.iter().filter(|newsletter| newsletter.dkim == DkimSigner::Relay);
    let by_relay: BTreeSet<String> = by_relay.map(|newsletter| newsletter.from.address.domain().into_owned()).collect();
    if !by_relay.is_empty() {
        let domains = by_relay.into_iter().collect::<Vec<_>>().join(", ");
        let fix = format!(
            "send an issue to an address of your own at a large provider and look for `dkim=pass` with d={domains} in its Authentication-Results"
        );
        all.push(Finding::warn("dkim", &domains, "the relay signs, and whether it does cannot be seen from here", fix));
    }
    all
}

pub(super) fn silent(check: &str, domain: &str, why: &str) -> Finding {
    Finding::unasked(check, domain, format!("could not ask: {why}"), DNS_FIX)
}

/// Whether people can answer to the From address, and whether receivers believe that the domain exists.
async fn replies(dns: &Dns, domain: &str) -> Finding {
    let fix = format!("give {domain} an MX record that names your mail server");
    match dns.mail_route(domain).await {
        Asked::Found(MailRoute::Hosts(hosts)) => Finding::ok("mx", domain, format!("mail for it goes to {}", hosts.join(", "))),
        Asked::Found(MailRoute::AddressOnly) => Finding::warn("mx", domain, "it has no MX record; mail goes to its address", fix),
        Asked::Found(MailRoute::NullMx) => Finding::warn(
            "mx",
            domain,
            "it says that it takes no mail (null MX), and some receivers refuse mail from such a domain",
            fix,
        ),
        Asked::Found(MailRoute::Nowhere) | Asked::Nothing => {
            Finding::fail("mx", domain, "it has neither MX nor address; receivers refuse mail from such a domain", fix)
        }
        Asked::NoSuchName => {
            let fix = format!("register {domain}, or mend the `from` of the newsletter");
            Finding::fail("mx", domain, "there is no such domain; receivers refuse mail from it", fix)
        }
        Asked::Silent(why) => silent("mx", domain, &why),
    }
}

/// Whether bounces find their way back.
async fn returns(dns: &Dns, domain: &str) -> Finding {
    let fix = format!("give {domain} an MX record that names the server which takes bounces, or mend `bounce_domain`");
    match dns.mail_route(domain).await {
        Asked::Found(MailRoute::Hosts(hosts)) => Finding::ok("bounces", domain, format!("they go to {}", hosts.join(", "))),
        Asked::Found(MailRoute::AddressOnly) => {
            Finding::warn("bounces", domain, "it has no MX record; they go to its address", fix)
        }
        Asked::Found(MailRoute::NullMx | MailRoute::Nowhere) | Asked::Nothing | Asked::NoSuchName => {
            Finding::fail("bounces", domain, "it takes no mail, so bounces are lost and dead addresses are mailed for ever", fix)
        }
        Asked::Silent(why) => silent("bounces", domain, &why),
    }
}

/// RFC 7208 §2.4: receivers look at the domain of the envelope's sender, which is the bounce domain.
async fn spf(dns: &Dns, domain: &str, is_envelope: bool) -> Finding {
    let example =
        format!("\"v=spf1 include:YOUR-RELAY -all\" as a TXT record at {domain}; your relay's manual has the name to include");
    match find_spf(dns, domain).await {
        Spf::Sound { ending: SpfEnding::Neutral, .. } => {
            let fix = "end the record with -all or ~all";
            Finding::warn("spf", domain, "it says nothing of servers that it does not name, so it proves nothing", fix)
        }
        Spf::Sound { lookups, .. } => Finding::ok("spf", domain, format!("one sound record, {lookups} of 10 lookups")),
        Spf::Missing if is_envelope => {
            let said = "there is no record, and large providers refuse or junk bulk mail without one";
            Finding::fail("spf", domain, said, format!("publish {example}"))
        }
        Spf::Missing => {
            let said = "there is no record; receivers look at the bounce domain's, but others may send in this one's name";
            Finding::warn("spf", domain, said, format!("publish {example}"))
        }
        Spf::Open => Finding::fail("spf", domain, "it lets everybody send in its name (+all)", "end the record with -all"),
        Spf::Faulty(why) => {
            Finding::fail("spf", domain, format!("receivers ignore it: {why}"), format!("publish one record, {example}"))
        }
        Spf::Silent(why) => silent("spf", domain, &why),
    }
}

async fn dmarc(dns: &Dns, from: &str, bounces: &str) -> Finding {
    let example = format!("publish \"v=DMARC1; p=none; rua=mailto:postmaster@{from}\" as a TXT record at _dmarc.{from}");
    match find_dmarc(dns, from).await {
        Dmarc::Found { policy, at, organisation, strict_spf, outdated } => {
            let is_aligned = bounces == from || !strict_spf && (is_within(bounces, &organisation));
            let said = format!("p={} at {at}", policy.word());
            if !is_aligned {
                let said = format!("{said}; the bounce domain {bounces} does not count as {from}, so all hangs on DKIM");
                let fix = format!("let `bounce_domain` be a name under {organisation}, and leave `aspf=s` out of the record");
                return Finding::warn("dmarc", from, said, fix);
            }
            if !outdated.is_empty() {
                let said = format!("{said}; its {} mean nothing any more", outdated.join(", "));
                return Finding::warn("dmarc", from, said, "take them out of the record (RFC 9989)");
            }
            let note = if policy == DmarcPolicy::None { "; reports only, mail in your name is not stopped" } else { "" };
            Finding::ok("dmarc", from, format!("{said}{note}"))
        }
        Dmarc::Missing => {
            Finding::fail("dmarc", from, "there is no record, and large providers refuse bulk mail without one", example)
        }
        Dmarc::Faulty(why) => Finding::fail("dmarc", from, format!("receivers ignore it: {why}"), example),
        Dmarc::Silent(why) => silent("dmarc", from, &why),
    }
}

fn is_within(domain: &str, organisation: &str) -> bool {
    domain == organisation || domain.strip_suffix(organisation).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::desk::doctor::Verdict;
    use crate::testing::dns::DnsServer;

    /// The sample newsroom, whose domains are lantern.example.org and bounces.lantern.example.org.
    fn sample() -> Config {
        let text = include_str!("../../../pressroom.toml");
        crate::config::load(text, &|_| None, &|_: &Path| Err(std::io::ErrorKind::NotFound.into())).unwrap()
    }

    const FROM: &str = "lantern.example.org";
    const BOUNCES: &str = "bounces.lantern.example.org";
    const SOUND: &[(&str, &str, &str)] = &[
        (FROM, "MX", "10 mail.lantern.example.org"),
        (FROM, "TXT", "v=spf1 mx -all"),
        (BOUNCES, "MX", "10 mail.lantern.example.org"),
        (BOUNCES, "TXT", "v=spf1 include:_spf.relay.example.net ~all"),
        ("_spf.relay.example.net", "TXT", "v=spf1 ip4:192.0.2.0/24 -all"),
        ("_dmarc.lantern.example.org", "TXT", "v=DMARC1; p=quarantine"),
    ];

    /// The sound records, with the rows of one name and type replaced.
    async fn with(name: &str, kind: &str, data: &[&str]) -> Vec<Finding> {
        let kept = SOUND.iter().copied().filter(|row| (row.0, row.1) != (name, kind));
        let rows: Vec<_> = kept.chain(data.iter().map(|data| (name, kind, *data))).collect();
        let server = DnsServer::start(&rows).await;
        examine(&sample(), &Dns::new(Some(server.address))).await
    }

    #[tokio::test]
    async fn sound_records_leave_only_the_signature_open() {
        let found = with("", "", &[]).await;
        let open: Vec<_> =
            found.iter().filter(|finding| finding.verdict != Verdict::Ok).map(|finding| finding.check.as_str()).collect();
        assert_eq!((open, found.len()), (vec!["dkim"], 6), "{found:?}");
    }

    #[tokio::test]
    async fn every_fault_of_the_dns_has_its_verdict_and_a_fix() {
        let (ok_mx, null) = ("10 mail.lantern.example.org", "0 .");
        for (name, kind, data, check, about, verdict) in [
            (FROM, "MX", &[null][..], "mx", FROM, Verdict::Warn),
            (FROM, "MX", &[], "mx", FROM, Verdict::Fail),
            (BOUNCES, "MX", &[null], "bounces", BOUNCES, Verdict::Fail),
            (BOUNCES, "MX", &[], "bounces", BOUNCES, Verdict::Fail),
            (BOUNCES, "MX", &[ok_mx, ok_mx], "bounces", BOUNCES, Verdict::Ok),
            (FROM, "TXT", &[], "spf", FROM, Verdict::Warn),
            (BOUNCES, "TXT", &[], "spf", BOUNCES, Verdict::Fail),
            (BOUNCES, "TXT", &["v=spf1 +all"], "spf", BOUNCES, Verdict::Fail),
            (BOUNCES, "TXT", &["v=spf1 ip4:nowhere -all"], "spf", BOUNCES, Verdict::Fail),
            (BOUNCES, "TXT", &["v=spf1 mx"], "spf", BOUNCES, Verdict::Warn),
            ("_dmarc.lantern.example.org", "TXT", &[], "dmarc", FROM, Verdict::Fail),
            ("_dmarc.lantern.example.org", "TXT", &["v=DMARC1; p=reject; aspf=s"], "dmarc", FROM, Verdict::Warn),
            ("_dmarc.lantern.example.org", "TXT", &["v=DMARC1; p=reject; pct=50"], "dmarc", FROM, Verdict::Warn),
            ("_dmarc.lantern.example.org", "TXT", &["v=DMARC1; rua=mailto:a@example.org"], "dmarc", FROM, Verdict::Fail),
        ] {
            let found = with(name, kind, data).await;
            let one = found.iter().find(|finding| finding.check == check && finding.about == about).unwrap();
            assert_eq!(one.verdict, verdict, "{name} {kind} {data:?}: {one:?}");
            assert_eq!(one.fix.is_empty(), verdict == Verdict::Ok, "{one:?}");
            assert!(!one.unasked, "{one:?}");
        }
    }

    #[tokio::test]
    async fn without_the_dns_nothing_is_guessed() {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let begun = tokio::time::Instant::now();
        let found = examine(&sample(), &Dns::new(Some(socket.local_addr().unwrap()))).await;
        assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
        for finding in found.iter().filter(|finding| finding.check != "dkim") {
            assert!(finding.unasked && finding.said.starts_with("could not ask"), "{finding:?}");
        }
    }
}
