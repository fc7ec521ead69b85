//! DMARC (RFC 9989): the record that covers a domain, found by walking up the tree, and how the domain of bounces stands to it.

use super::{Asked, Dns};

/// RFC 9989 §4.10: so many names are asked at most, for one domain.
const NAMES_MAX: usize = 8;

/// What receivers are asked to do with mail that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DmarcPolicy {
    None,
    Quarantine,
    Reject,
}

impl DmarcPolicy {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// The record that covers a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dmarc {
    Found {
        policy: DmarcPolicy,
        /// Whose record it is: the domain or one above it.
        at: String,
        /// The highest domain above it that has a record: names under it belong together.
        organisation: String,
        /// Whether the envelope's domain must be the From domain itself (`aspf=s`).
        strict_spf: bool,
        /// Tags that were there before and mean nothing now: `pct`, `rf`, `ri`.
        outdated: Vec<String>,
    },
    Missing,
    /// Receivers treat it as if it were not there; why, in lower case.
    Faulty(String),
    Silent(String),
}

#[derive(Debug)]
struct Record {
    policy: DmarcPolicy,
    strict_spf: bool,
    outdated: Vec<String>,
}

/// Looks for the record at the domain and, where there is none, above it.
pub async fn find_dmarc(dns: &Dns, domain: &str) -> Dmarc {
    let mut covering: Option<(Record, String)> = None;
    let mut organisation = String::new();
    for name in ancestors(domain) {
        match record(dns, name).await {
            Asked::Found(Ok(found)) => {
                name.clone_into(&mut organisation);
                covering.get_or_insert((found, name.to_owned()));
            }
            Asked::Found(Err(why)) => return Dmarc::Faulty(why),
            Asked::Silent(why) => return Dmarc::Silent(why),
            Asked::Nothing | Asked::NoSuchName => {}
        }
    }
    match covering {
        Some((Record { policy, strict_spf, outdated }, at)) => Dmarc::Found { policy, at, organisation, strict_spf, outdated },
        None => Dmarc::Missing,
    }
}

/// The domain and those above it, but no top-level domain: its record, if it had one, would not be ours.
fn ancestors(domain: &str) -> Vec<&str> {
    let starts = std::iter::once(0).chain(domain.match_indices('.').map(|(at, _)| at + 1));
    let names: Vec<&str> = starts.map(|at| &domain[at..]).filter(|name| name.contains('.')).collect();
    // Of a very deep name: itself and the last ones.
    let skipped = names.len().saturating_sub(NAMES_MAX);
    names.iter().enumerate().filter(|(place, _)| *place == 0 || *place > skipped).map(|(_, name)| *name).collect()
}

async fn record(dns: &Dns, domain: &str) -> Asked<Result<Record, String>> {
    let texts = match dns.texts(&format!("_dmarc.{domain}")).await {
        Asked::Found(texts) => texts,
        Asked::Nothing => return Asked::Nothing,
        Asked::NoSuchName => return Asked::NoSuchName,
        Asked::Silent(why) => return Asked::Silent(why),
    };
    let records: Vec<&String> = texts.iter().filter(|text| is_dmarc(text)).collect();
    match records.as_slice() {
        [] => Asked::Nothing,
        [one] => Asked::Found(parse(one).map_err(|why| format!("_dmarc.{domain}: {why}"))),
        several => Asked::Found(Err(format!("_dmarc.{domain} has {} records, and only one may be there", several.len()))),
    }
}

fn is_dmarc(text: &str) -> bool {
    let first = text.split(';').next().unwrap_or_default();
    first.split_once('=').is_some_and(|(tag, value)| tag.trim() == "v" && value.trim() == "DMARC1")
}

fn parse(text: &str) -> Result<Record, String> {
    let mut record = Record { policy: DmarcPolicy::None, strict_spf: false, outdated: Vec::new() };
    let mut has_policy = false;
    for tag in text.split(';').map(str::trim).filter(|tag| !tag.is_empty()) {
        let (name, value) = tag.split_once('=').ok_or_else(|| format!("`{tag}` is no tag with a value"))?;
        match (name.trim().to_ascii_lowercase().as_str(), value.trim().to_ascii_lowercase().as_str()) {
            ("p", policy) => {
                has_policy = true;
                record.policy = match policy {
                    "none" => DmarcPolicy::None,
                    "quarantine" => DmarcPolicy::Quarantine,
                    "reject" => DmarcPolicy::Reject,
                    other => return Err(format!("its policy is `{other}`, expected none, quarantine or reject")),
                };
            }
            ("aspf", alignment) => record.strict_spf = alignment == "s",
            (old @ ("pct" | "rf" | "ri"), _) => record.outdated.push(old.to_owned()),
            _ => {}
        }
    }
    if has_policy { Ok(record) } else { Err("it names no policy (`p=`)".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::dns::DnsServer;

    #[test]
    fn the_walk_goes_up_and_stops_below_the_top() {
        assert_eq!(ancestors("a.b.example.org"), ["a.b.example.org", "b.example.org", "example.org"]);
        let deep = "a.b.c.d.e.f.g.h.i.j.example.org";
        let walked = ancestors(deep);
        assert_eq!((walked.len(), walked[0], walked[walked.len() - 1]), (NAMES_MAX, deep, "example.org"));
    }

    #[tokio::test]
    async fn the_record_is_the_domains_own_or_the_nearest_above() {
        let server = DnsServer::start(&[
            ("_dmarc.lantern.example.org", "TXT", "v=DMARC1; p=reject; aspf=s; pct=100"),
            ("_dmarc.example.org", "TXT", "v=DMARC1;p=none"),
            ("_dmarc.two.example.net", "TXT", "v=DMARC1; p=none"),
            ("_dmarc.two.example.net", "TXT", "v=DMARC1; p=reject"),
            ("_dmarc.word.example.net", "TXT", "v=DMARC1; p=block"),
            ("_dmarc.none.example.net", "TXT", "v=DMARC1; rua=mailto:d@example.net"),
        ])
        .await;
        let dns = Dns::new(Some(server.address));
        let found = |policy, at: &str, strict_spf, outdated: &[&str]| Dmarc::Found {
            policy,
            at: at.to_owned(),
            organisation: "example.org".to_owned(),
            strict_spf,
            outdated: outdated.iter().map(|tag| (*tag).to_owned()).collect(),
        };
        let own = found(DmarcPolicy::Reject, "lantern.example.org", true, &["pct"]);
        assert_eq!(find_dmarc(&dns, "lantern.example.org").await, own);
        assert_eq!(find_dmarc(&dns, "news.lantern.example.org").await, own);
        assert_eq!(find_dmarc(&dns, "other.example.org").await, found(DmarcPolicy::None, "example.org", false, &[]));
        assert_eq!(find_dmarc(&dns, "nobody.example.com").await, Dmarc::Missing);
        for (name, word) in [("two", "2 records"), ("word", "`block`"), ("none", "no policy")] {
            let found = find_dmarc(&dns, &format!("{name}.example.net")).await;
            assert!(matches!(&found, Dmarc::Faulty(why) if why.contains(word)), "{name}: {found:?}");
        }
        assert!(matches!(find_dmarc(&dns, "broken.example.net").await, Dmarc::Silent(_)));
    }
}
