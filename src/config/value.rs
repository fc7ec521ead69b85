//! The forms of single values: durations, rates, choices, addresses. Each reader says what was expected and what stood there instead.
//!
//! Nothing here knows where a value came from; `reading` adds the place.

use std::net::IpAddr;

use toml::de::DeValue;
use url::{Host, Url};

use crate::domain::time::SignedDuration;

/// What is wrong with a value: a message without place, in lower case.
pub(super) type Bad = String;

pub(super) fn text<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Bad> {
    value.as_str().ok_or_else(|| format!("expected text in double quotes, found {}", kind(value)))
}

pub(super) fn filled<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Bad> {
    let text = text(value)?.trim();
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text) }
}

pub(super) fn switch(value: &DeValue<'_>) -> Result<bool, Bad> {
    value.as_bool().ok_or_else(|| format!("expected true or false, found {}", kind(value)))
}

pub(super) fn number(value: &DeValue<'_>, least: i64, most: i64) -> Result<i64, Bad> {
    let Some(integer) = value.as_integer() else {
        return Err(format!("expected a whole number, found {}", kind(value)));
    };
    let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| format!("expected {least} to {most}, found {integer}"))
}

pub(super) fn list<'v, T>(value: &'v DeValue<'_>, item: impl Fn(&'v DeValue<'_>) -> Result<T, Bad>) -> Result<Vec<T>, Bad> {
    let Some(items) = value.as_array() else {
        return Err(format!("expected a list in square brackets, found {}", kind(value)));
    };
    items.iter().map(|spanned| item(spanned.get_ref())).collect()
}

pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// One of a closed set of words.
pub(super) fn choice<T: Copy>(value: &DeValue<'_>, words: &[(&str, T)]) -> Result<T, Bad> {
    let given = text(value)?;
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == given) {
        return Ok(*meaning);
    }
    let known: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    Err(format!("expected {}, found \"{given}\"", known.join(" or ")))
}

/// The longest duration a config may name: a year.
const DURATION_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

pub(super) fn duration(value: &DeValue<'_>) -> Result<SignedDuration, Bad> {
    parse_duration(text(value)?)
}

/// `30s`, `20m`, `6h`, `2d` (of 24 hours each).
///
/// # Errors
/// What was expected, and what stood there instead.
pub fn parse_duration(given: &str) -> Result<SignedDuration, String> {
    let bad = || format!("expected a duration such as 30s, 20m, 6h or 2d, found \"{given}\"");
    let digits = given.len() - given.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let count: i64 = given[..digits].parse().map_err(|_| bad())?;
    let unit_seconds = match &given[digits..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return Err(bad()),
    };
    let duration = count.checked_mul(unit_seconds).map(SignedDuration::from_secs);
    duration.filter(|duration| *duration <= DURATION_MAX).ok_or_else(|| format!("expected at most 366d, found \"{given}\""))
}

/// The name that is most like `given`, when one is near enough to be meant.
pub(super) fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const NEAR_ENOUGH: f64 = 0.8;
    let likeness = |name: &str| strsim::jaro_winkler(&given.to_lowercase(), &name.to_lowercase());
    let ranked = known.into_iter().map(|name| (likeness(name), name));
    ranked.filter(|(likeness, _)| *likeness >= NEAR_ENOUGH).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Whether a host name or address literal means this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// The address every link in mail starts with: `http` or `https`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebUrl {
    text: String,
    https: bool,
    loopback: bool,
}

impl WebUrl {
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn parse(given: &str) -> Result<Self, Bad> {
        let url = Url::parse(given).map_err(|error| format!("expected an address such as https://news.example.org ({error})"))?;
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(format!("expected http:// or https://, found {other}:")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("expected an address without a user name".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("expected an address without `?` or `#`, since paths are put behind it".to_owned());
        }
        let loopback = match url.host() {
            Some(Host::Domain(name)) => is_loopback(name),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
            None => return Err("expected an address with a host".to_owned()),
        };
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), https, loopback })
    }

    /// Without a slash at its end; a path is put straight behind it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether only this machine can open it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toml(text: &str) -> DeValue<'_> {
        DeValue::parse(text).unwrap().into_inner()
    }

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, seconds) in [("30s", 30), ("20m", 1200), ("6h", 21_600), ("2d", 172_800), ("0m", 0)] {
            assert_eq!(duration(&toml(&format!("\"{text}\""))), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for bad in [
            "\"20\"",
            "\"m\"",
            "\"\"",
            "\"20 m\"",
            "\"-5m\"",
            "\"1.5h\"",
            "\"20min\"",
            "\"367d\"",
            "\"99999999999999999999d\"",
            "20",
        ] {
            assert!(duration(&toml(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(number(&toml("9"), 0, 9), Ok(9));
        assert_eq!(number(&toml("0x9"), 0, 9), Ok(9));
        assert_eq!(number(&toml("10"), 0, 9), Err("expected 0 to 9, found 10".to_owned()));
        assert!(number(&toml("99999999999999999999"), 0, 9).is_err());
        assert_eq!(number(&toml("\"1\""), 0, 9), Err("expected a whole number, found text".to_owned()));
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["postal_address", "name", "host"];
        assert_eq!(nearest("postal_adress", known), Some("postal_address"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn this_machine_has_many_names() {
        for host in ["localhost", "LOCALHOST.", "mail.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.org", "localhost.example.org", "10.0.0.1", "0177.0.0.1", "::"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_web_address_is_a_base_for_paths() {
        let url = WebUrl::parse("https://News.Example.ORG/exchange/").unwrap();
        assert_eq!((url.as_str(), url.is_https(), url.is_loopback()), ("https://news.example.org/exchange", true, false));
        assert!(WebUrl::parse("http://0x7f.1:8080").unwrap().is_loopback(), "an unusual spelling is still loopback");
        for bad in [
            "news.example.org",
            "ftp://example.org",
            "https://a@example.org",
            "https://example.org/?a",
            "https://example.org/#a",
            "http://",
        ] {
            assert!(WebUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
