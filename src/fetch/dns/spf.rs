//! SPF (RFC 7208), as far as it can be judged without a sender: is there one record, is it well formed, may it be evaluated within ten
//! lookups, and how does it end. It does not say whether the relay's address is among those it names: only a relay knows from where it sends.

use super::{Asked, Dns};

/// RFC 7208 §4.6.4: more lookups than this, and receivers treat the record as broken.
const LOOKUPS_MAX: u8 = 10;

/// What stands behind the last mechanism that matched nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpfEnding {
    /// `-all`
    Fail,
    /// `~all`
    SoftFail,
    /// `?all`, or no `all`: nothing is said of other senders.
    Neutral,
}

/// What a receiver would make of a domain's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spf {
    Sound {
        ending: SpfEnding,
        lookups: u8,
    },
    Missing,
    /// `+all`: whoever likes may send in the domain's name.
    Open,
    /// Receivers treat it as if it said nothing; why, in lower case.
    Faulty(String),
    Silent(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// With its qualifier.
    All(char),
    Include(String),
    Redirect(String),
    /// `a`, `mx`, `ptr`, `exists`: one lookup each.
    Lookup,
    /// `ip4`, `ip6`, `exp` and modifiers of the future: none.
    Plain,
}

/// Reads a domain's record and those it includes.
pub async fn find_spf(dns: &Dns, domain: &str) -> Spf {
    let mut lookups = 0;
    let mut ending = SpfEnding::Neutral;
    // Included records say who may send; how the whole ends is said by the domain's own, or the one it redirects to.
    let mut waiting = vec![(domain.to_owned(), true)];
    while let Some((name, is_own)) = waiting.pop() {
        let terms = match record(dns, &name).await {
            Asked::Found(Ok(terms)) => terms,
            Asked::Found(Err(why)) => return Spf::Faulty(why),
            Asked::Silent(why) => return Spf::Silent(why),
            Asked::Nothing | Asked::NoSuchName if lookups == 0 => return Spf::Missing,
            Asked::Nothing | Asked::NoSuchName => return Spf::Faulty(format!("it points to {name}, which has no SPF record")),
        };
        let own_all = terms.iter().find_map(|term| if let Term::All(qualifier) = term { Some(*qualifier) } else { None });
        match own_all {
            Some('+') => return Spf::Open,
            Some('-') if is_own => ending = SpfEnding::Fail,
            Some('~') if is_own => ending = SpfEnding::SoftFail,
            Some(_) | None => {}
        }
        for term in terms {
            let further = match term {
                Term::Include(name) => Some((name, false)),
                // RFC 7208 §6.1: beside an `all` it is ignored.
                Term::Redirect(name) if own_all.is_none() => Some((name, is_own)),
                Term::Lookup => None,
                Term::All(_) | Term::Redirect(_) | Term::Plain => continue,
            };
            lookups += 1;
            if lookups > LOOKUPS_MAX {
                return Spf::Faulty(format!("it needs more than {LOOKUPS_MAX} DNS lookups, and receivers stop there"));
            }
            // A name made of macros depends on the sender; it has cost its lookup.
            waiting.extend(further.filter(|(name, _)| !name.contains('%')));
        }
    }
    Spf::Sound { ending, lookups }
}

/// The one record of a name; an error when there are several or it is not well formed.
async fn record(dns: &Dns, name: &str) -> Asked<Result<Vec<Term>, String>> {
    let texts = match dns.texts(name).await {
        Asked::Found(texts) => texts,
        Asked::Nothing => return Asked::Nothing,
        Asked::NoSuchName => return Asked::NoSuchName,
        Asked::Silent(why) => return Asked::Silent(why),
    };
    let is_spf = |text: &&String| {
        let version = text.split(' ').next().unwrap_or_default();
        version.eq_ignore_ascii_case("v=spf1")
    };
    let records: Vec<&String> = texts.iter().filter(is_spf).collect();
    match records.as_slice() {
        [] => Asked::Nothing,
        [one] => Asked::Found(parse(one).map_err(|why| format!("{name}: {why}"))),
        several => Asked::Found(Err(format!("{name} has {} SPF records, and only one may be there", several.len()))),
    }
}

fn parse(text: &str) -> Result<Vec<Term>, String> {
    text.split(' ').skip(1).filter(|word| !word.is_empty()).map(parse_term).collect()
}

fn parse_term(word: &str) -> Result<Term, String> {
    let bad = || format!("`{word}` is no term of SPF");
    // RFC 7208 §4.6.1: a modifier has `=` behind its name, a mechanism `:` or `/` or nothing.
    let name_end = word.find([':', '/', '=']).unwrap_or(word.len());
    if word[name_end..].starts_with('=') {
        let (name, value) = (&word[..name_end], &word[name_end + 1..]);
        return match name.to_ascii_lowercase().as_str() {
            "redirect" | "exp" if value.is_empty() => Err(bad()),
            "redirect" => Ok(Term::Redirect(value.to_owned())),
            _ if name.starts_with(|first: char| first.is_ascii_alphabetic()) => Ok(Term::Plain),
            _ => Err(bad()),
        };
    }
    let qualifier = word.chars().next().filter(|first| "+-~?".contains(*first));
    let name_start = qualifier.map_or(0, char::len_utf8);
    let name = word.get(name_start..name_end).ok_or_else(bad)?.to_ascii_lowercase();
    let value = word[name_end..].strip_prefix(':').unwrap_or(&word[name_end..]);
    match name.as_str() {
        "all" if value.is_empty() => Ok(Term::All(qualifier.unwrap_or('+'))),
        "include" if !value.is_empty() => Ok(Term::Include(value.to_owned())),
        "exists" if !value.is_empty() => Ok(Term::Lookup),
        "a" | "mx" | "ptr" => Ok(Term::Lookup),
        "ip4" if is_network::<std::net::Ipv4Addr>(value, 32) => Ok(Term::Plain),
        "ip6" if is_network::<std::net::Ipv6Addr>(value, 128) => Ok(Term::Plain),
        _ => Err(bad()),
    }
}

fn is_network<A: std::str::FromStr>(text: &str, length_max: u8) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    address.parse::<A>().is_ok() && length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= length_max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::dns::DnsServer;

    #[tokio::test]
    async fn a_record_is_followed_as_a_receiver_would() {
        let mut rows = vec![
            ("sound.example.org", "TXT", "v=spf1 mx ip4:192.0.2.0/24 ip6:2001:db8::/32 include:relay.example.net -all"),
            ("relay.example.net", "TXT", "v=spf1 a:out.example.net ?all"),
            ("soft.example.org", "TXT", "V=SPF1 a ~all"),
            ("neutral.example.org", "TXT", "v=spf1 ip4:192.0.2.1"),
            ("moved.example.org", "TXT", "v=spf1 redirect=soft.example.org"),
            ("open.example.org", "TXT", "v=spf1 mx all"),
            ("lent.example.org", "TXT", "v=spf1 include:open.example.org -all"),
            ("two.example.org", "TXT", "v=spf1 -all"),
            ("two.example.org", "TXT", "v=spf1 mx -all"),
            ("typo.example.org", "TXT", "v=spf1 ipv4:192.0.2.1 -all"),
            ("network.example.org", "TXT", "v=spf1 ip4:192.0.2.0/33 -all"),
            ("dangling.example.org", "TXT", "v=spf1 include:nobody.example.org -all"),
            ("loop.example.org", "TXT", "v=spf1 include:loop.example.org -all"),
            ("macro.example.org", "TXT", "v=spf1 include:%{d}._spf.example.org exp=why.example.org -all"),
            ("other.example.org", "TXT", "v=spf10 -all"),
        ];
        rows.push(("greedy.example.org", "TXT", "v=spf1 a mx ptr a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8 -all"));
        let server = DnsServer::start(&rows).await;
        let dns = Dns::new(Some(server.address));
        let sound = |ending, lookups| Spf::Sound { ending, lookups };
        for (name, expected) in [
            ("sound", sound(SpfEnding::Fail, 3)),
            ("soft", sound(SpfEnding::SoftFail, 1)),
            ("neutral", sound(SpfEnding::Neutral, 0)),
            ("moved", sound(SpfEnding::SoftFail, 2)),
            ("macro", sound(SpfEnding::Fail, 1)),
            ("open", Spf::Open),
            ("lent", Spf::Open),
            ("other", Spf::Missing),
            ("nobody", Spf::Missing),
        ] {
            assert_eq!(find_spf(&dns, &format!("{name}.example.org")).await, expected, "{name}");
        }
        for (name, word) in [
            ("two", "2 SPF records"),
            ("typo", "`ipv4:192.0.2.1`"),
            ("network", "192.0.2.0/33"),
            ("dangling", "nobody.example.org"),
            ("loop", "more than 10"),
            ("greedy", "more than 10"),
        ] {
            let found = find_spf(&dns, &format!("{name}.example.org")).await;
            assert!(matches!(&found, Spf::Faulty(why) if why.contains(word)), "{name}: {found:?}");
        }
        assert!(matches!(find_spf(&dns, "broken.example.org").await, Spf::Silent(_)));
    }
}
