//! `[[relay]]`: the mail servers that take our mail, how they are reached, and in which order and how much they are used.

mod deadlines;
mod login;

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use url::Url;

use super::newsroom::Web;
use super::reading::{Key, Reading, Section};
use super::value::{self, Bad};
use super::{Origin, given_twice};
use crate::domain::rule;

pub use deadlines::Deadlines;
pub use login::{Login, Password};

/// A mail server that takes our mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// `host:port`, unique in the config; for reports and the ledger.
    pub name: String,
    /// A name or an address literal, without brackets.
    pub host: String,
    pub port: u16,
    pub tls: RelayTls,
    pub login: Option<Login>,
    /// Relays of the lowest rank that can be used carry the mail; those of higher ranks stand in for them. 1 to 100.
    pub rank: u16,
    /// Its share of the mail among the relays of its rank, 1 to 1000.
    pub weight: u16,
    /// At once, 1 to 100.
    pub connections: u16,
    /// After so many messages a connection is closed and another opened (standards.md D6).
    pub messages_per_connection: u32,
    pub rate: Option<Rate>,
    pub deadlines: Deadlines,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayTls {
    None,
    /// STARTTLS when it is offered. Never with a login, except to this machine.
    Opportunistic,
    /// STARTTLS, or no mail.
    Required,
    /// TLS from the first byte (`smtps://`).
    Implicit,
}

/// At most so many messages in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub messages: NonZeroU32,
    /// A second, a minute or an hour.
    pub per: Duration,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.messages)
    }
}

// RFC 5321 §4.5.4.2 and RFC 8314 §7.3.
const SMTP_PORT: u16 = 25;
const SMTPS_PORT: u16 = 465;

const URL: Key = Key::required("url", "\"smtp://127.0.0.1:2525\"");
// Its default is not the same for every relay.
const RANK: Key = Key::optional("rank", "1");
const RANK_MAX: u16 = 100;
const WEIGHT: Key = Key::with_default("weight", "1");
const CONNECTIONS: Key = Key::with_default("connections", "8");
const MESSAGES_PER_CONNECTION: Key = Key::with_default("messages_per_connection", "100");
const RATE: Key = Key::optional("rate", "\"50/s\"");

/// A relay's address, as `url` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    host: String,
    port: u16,
    tls: RelayTls,
}

pub(super) fn all(reading: &mut Reading<'_>, root: &mut Section<'_, '_>, web: Option<&Web>) -> Option<Vec<Relay>> {
    let mut all: Vec<Option<Relay>> = Vec::new();
    for (index, mut section) in reading.sections(root, "relay").into_iter().enumerate() {
        let relay = one(reading, &mut section, index + 1);
        reading.close(&section);
        if let Some(relay) = &relay {
            if all.iter().flatten().any(|other| other.name == relay.name) {
                given_twice(reading, &section, "url", "name each relay once; `connections` says how many connections it gets");
            }
            if !value::is_loopback(&relay.host) && web.is_some_and(|web| web.url.is_loopback() || !web.url.is_https()) {
                let message = "this relay takes mail out of this machine, but `web.url` is not a public https address".to_owned();
                let help =
                    "set `url` under [web] to the https address at which readers reach Pressroom, or use a relay on 127.0.0.1";
                reading.fault(rule::CONF006, section.about("url"), message, help);
            }
        }
        all.push(relay);
    }
    all.into_iter().collect()
}

/// `place`: among the relays of the file, from 1.
fn one(reading: &mut Reading<'_>, section: &mut Section<'_, '_>, place: usize) -> Option<Relay> {
    if section.peek_text("url").is_some_and(|url| url.contains('@'))
        && let Some(at) = section.span_of("url")
    {
        reading.hide(at);
    }
    let endpoint = reading.take(section, URL, |value| endpoint(value::text(value)?));
    let rank = rank(reading, section, place);
    let weight = reading.take(section, WEIGHT, |value| small(value, 1000));
    let connections = reading.take(section, CONNECTIONS, |value| small(value, 100));
    let messages_per_connection = reading.take(section, MESSAGES_PER_CONNECTION, |value| small(value, 10_000));
    let rate = reading.take(section, RATE, |value| rate(value::text(value)?));
    let deadlines = deadlines::read(reading, section);
    let login = login::read(reading, section, place == 1);
    let Endpoint { host, port, mut tls } = endpoint?;
    let login = login.ok()?;
    if login.is_some() && !value::is_loopback(&host) {
        match tls {
            RelayTls::None => {
                let message = "a password would go to this relay without TLS".to_owned();
                let help = "remove `?tls=none`, or write smtps://";
                reading.fault(rule::CONF007, section.about("url"), message, help);
            }
            // RFC 3207 §6: a stripped STARTTLS offer would lay the password open.
            RelayTls::Opportunistic => tls = RelayTls::Required,
            RelayTls::Required | RelayTls::Implicit => {}
        }
    }
    let name = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    Some(Relay {
        name,
        host,
        port,
        tls,
        login,
        rank: rank?,
        weight: weight?,
        connections: connections?,
        messages_per_connection: messages_per_connection?.into(),
        rate,
        deadlines: deadlines?,
    })
}

/// Without a rank of its own a relay has its place in the file, so that relays stand in for those before them.
fn rank(reading: &mut Reading<'_>, section: &mut Section<'_, '_>, place: usize) -> Option<u16> {
    let given = reading.take(section, RANK, |value| small(value, RANK_MAX));
    if section.has("rank") {
        return given;
    }
    let rank = u16::try_from(place).unwrap_or(RANK_MAX).min(RANK_MAX);
    reading.note(section.path_of("rank"), rank.to_string(), Origin::Default);
    Some(rank)
}

/// A whole number from 1 on.
fn small(value: &toml::de::DeValue<'_>, most: u16) -> Result<u16, Bad> {
    value::number(value, 1, most.into()).map(|number| u16::try_from(number).unwrap_or(most))
}

fn endpoint(text: &str) -> Result<Endpoint, Bad> {
    let example = "expected an address such as smtp://127.0.0.1:2525 or smtps://smtp.example.org";
    let url = Url::parse(text).map_err(|error| format!("{example} ({error})"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a login does not stand in the address; use `user` and `password_file`".to_owned());
    }
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(example.to_owned());
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(example)?;
    let mut asked_tls = None;
    for (key, value) in url.query_pairs() {
        match (key.as_ref(), value.as_ref()) {
            ("tls", "required") => asked_tls = Some(RelayTls::Required),
            ("tls", "none") => asked_tls = Some(RelayTls::None),
            ("tls", _) => return Err("expected ?tls=required or ?tls=none, or nothing for STARTTLS when it is offered".to_owned()),
            _ => return Err("only `tls` may stand behind the `?`".to_owned()),
        }
    }
    let (tls, default_port) = match (url.scheme(), asked_tls) {
        ("smtp", asked) => (asked.unwrap_or(RelayTls::Opportunistic), SMTP_PORT),
        ("smtps", None) => (RelayTls::Implicit, SMTPS_PORT),
        ("smtps", Some(_)) => return Err("smtps:// is always TLS; leave `?tls=` out".to_owned()),
        _ => return Err(example.to_owned()),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    Ok(Endpoint { host, port: url.port().unwrap_or(default_port), tls })
}

fn rate(text: &str) -> Result<Rate, Bad> {
    let bad = || format!("expected messages in a time such as 50/s, 600/m or 5000/h, found \"{text}\"");
    let (messages, unit) = text.split_once('/').ok_or_else(bad)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(bad()),
    };
    let digits_only = !messages.is_empty() && messages.bytes().all(|byte| byte.is_ascii_digit());
    let messages = if digits_only { messages.parse::<NonZeroU32>().ok() } else { None };
    Ok(Rate { messages: messages.ok_or_else(bad)?, per: Duration::from_secs(seconds) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_the_connection_is_protected() {
        for (text, host, port, tls) in [
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, RelayTls::Opportunistic),
            ("smtp://Mail.Example.org", "mail.example.org", 25, RelayTls::Opportunistic),
            ("smtp://mail.example.org:587?tls=required", "mail.example.org", 587, RelayTls::Required),
            ("smtp://[::1]:2525/?tls=none", "::1", 2525, RelayTls::None),
            ("smtps://mail.example.org", "mail.example.org", 465, RelayTls::Implicit),
        ] {
            assert_eq!(endpoint(text), Ok(Endpoint { host: host.to_owned(), port, tls }), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_being_repeated() {
        for text in [
            "mail.example.org",
            "mail.example.org:25",
            "http://mail.example.org",
            "smtp://",
            "smtp:mail.example.org",
            "smtp://u:hunter2@mail.example.org",
            "smtp://u@mail.example.org",
            "smtp://mail.example.org/path",
            "smtp://mail.example.org#a",
            "smtp://mail.example.org?tls=maybe",
            "smtp://mail.example.org?verify=no",
            "smtps://mail.example.org?tls=none",
            "smtp://mail.example.org:99999",
        ] {
            let message = endpoint(text).unwrap_err();
            assert!(!message.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_rate_is_messages_in_a_time() {
        for text in ["50/s", "600/m", "1/h"] {
            assert_eq!(rate(text).unwrap().to_string(), text);
        }
        for text in ["50", "0/s", "-1/s", "+5/s", "5/d", "/s", "5/", "5.5/s", "99999999999/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }
}
