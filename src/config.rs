//! `pressroom.toml` and the environment, read once into a [`Config`] that needs no further checks.
//!
//! All faults are reported together, each with its place and how to mend it. A value comes from the environment if a variable sets it
//! (`PRESSROOM_` and the key's path in capitals, for the keys of `[alliance]`, `[web]`, `[store]` and `[links]`: `PRESSROOM_WEB_URL`),
//! else from the file, else it is the default. A secret comes from a file that `password_file` or `key_file` names, or for the first relay
//! from `PRESSROOM_RELAY_PASSWORD`. This module opens no file itself and looks at nothing that can change while the program runs.

mod dkim;
mod fault;
mod network;
mod newsletter;
mod newsroom;
mod reading;
mod relay;
mod secret;
mod submissions;
mod value;

use std::fmt;
use std::io;
use std::path::Path;

use toml::de::DeTable;

pub use dkim::{DkimDomain, DkimKey, KeyAtHand};
pub use fault::{ConfigFault, ConfigFaults, Place};
pub use newsroom::{KeptNetwork, LinkRules, Probes, SignupRules, StorePlace, Web};
pub use relay::{Deadlines, Login, Password, Rate, Relay, RelayTls};
pub use secret::Secret;
pub use value::{WebUrl, parse_duration};

use crate::domain::id::NewsletterId;
use crate::domain::newsletter::{Alliance, Newsletter};
use crate::domain::partner::Network;
use crate::domain::people::Staff;
use crate::domain::rule;
use crate::domain::submission::Limits;
use reading::{Reading, Section};

/// The config's name in a newsroom.
pub const FILE_NAME: &str = "pressroom.toml";

/// Everything that is set for a newsroom.
#[derive(Debug, Clone)]
pub struct Config {
    pub alliance: Alliance,
    pub web: Web,
    /// At least one; no two share an id or a tag.
    pub newsletters: Vec<Newsletter>,
    /// In the order of the file, which is that of their ranks unless they have ranks of their own; may be empty where nothing is sent.
    pub relays: Vec<Relay>,
    /// The domains in whose name we can sign; no two are the same. Each newsletter with `dkim = "own"` finds its From domain here.
    pub dkim: Vec<DkimDomain>,
    pub store: StorePlace,
    pub links: LinkRules,
    pub signup: SignupRules,
    /// What partners' texts are held to.
    pub submissions: Limits,
    /// No two share an id.
    pub networks: Vec<Network>,
    /// No two share an address.
    pub staff: Vec<Staff>,
    /// Each setting and where it came from, for `config show`.
    pub settings: Vec<Setting>,
    /// Secrets that this process could not read. Only who sends needs them: a daemon's are often the daemon's alone.
    pub unread_secrets: Option<ConfigFaults>,
}

impl Config {
    #[must_use]
    pub fn find_newsletter(&self, id: &NewsletterId) -> Option<&Newsletter> {
        self.newsletters.iter().find(|newsletter| newsletter.id == *id)
    }

    /// The keys for a From domain, as A-label.
    #[must_use]
    pub fn find_dkim(&self, domain: &str) -> Option<&DkimDomain> {
        self.dkim.iter().find(|known| known.domain == domain)
    }

    /// Makes sure that every secret is at hand, as whoever signs and talks to the relays must.
    ///
    /// # Errors
    /// [`ConfigFaults`]: all that could not be read.
    pub fn require_secrets(&self) -> Result<(), ConfigFaults> {
        self.unread_secrets.clone().map_or(Ok(()), Err)
    }
}

/// A setting as `config show` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// For example `newsletter[partners].hold`.
    pub key: String,
    /// As it would stand in the file; a secret is `(set)`.
    pub value: String,
    pub origin: Origin,
}

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// A line of the config file, counted from 1.
    Line(usize),
    /// An environment variable.
    Environment(String),
    /// The file that holds a secret, as the config names it.
    SecretFile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Line(line) => write!(f, "{FILE_NAME} line {line}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::SecretFile(path) => write!(f, "file {path}"),
        }
    }
}

/// Reads a config. `env` looks up an environment variable; `read_file` reads a secret's file, whose relative path begins in the
/// newsroom. A secret that cannot be read is no fault yet; see [`Config::require_secrets`].
///
/// # Errors
/// [`ConfigFaults`]: everything that is wrong, at once.
pub fn load(
    toml_text: &str,
    env: &dyn Fn(&str) -> Option<String>,
    read_file: &dyn Fn(&Path) -> io::Result<String>,
) -> Result<Config, ConfigFaults> {
    let (table, errors) = DeTable::parse_recoverable(toml_text);
    let mut reading = Reading::new(toml_text, env, read_file);
    reading.syntax(&errors);
    let mut root = Section::root(table.get_ref());
    let config = read_all(&mut reading, &mut root);
    let (config, settings, unread_secrets) = reading.finish(config)?;
    Ok(Config { settings, unread_secrets, ..config })
}

fn read_all(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<Config> {
    let alliance = newsroom::alliance(reading, root);
    let web = newsroom::web(reading, root);
    let dkim = dkim::all(reading, root);
    let newsletters = newsletter::all(reading, root, &dkim.domains);
    let relays = relay::all(reading, root, web.as_ref());
    let store = newsroom::store(reading, root);
    let links = newsroom::links(reading, root);
    let signup = newsroom::signup(reading, root);
    let submissions = submissions::limits(reading, root);
    let networks = network::all(reading, root, newsletters.as_deref().unwrap_or_default());
    let staff = newsroom::staff(reading, root);
    reading.close(root);
    Some(Config {
        alliance: alliance?,
        web: web?,
        newsletters: newsletters?,
        relays: relays?,
        dkim: dkim.all?,
        store: store?,
        links: links?,
        signup: signup?,
        submissions: submissions?,
        networks: networks?,
        staff: staff?,
        settings: Vec::new(),
        unread_secrets: None,
    })
}

/// Reports the second of two that should differ.
fn given_twice(reading: &mut Reading<'_>, section: &Section<'_, '_>, key: &str, help: &str) {
    let message = "is given a second time".to_owned();
    reading.fault(rule::CONF008, section.about(key), message, help);
}

#[cfg(test)]
mod tests;
