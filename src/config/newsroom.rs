//! The sections that are there once: `[alliance]`, `[web]`, `[store]`, `[links]`, `[signup]`; and the `[[staff]]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use toml::de::DeValue;

use super::reading::{Key, Reading, Section};
use super::value::{self, Bad, WebUrl};
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{NetworkId, Topic};
use crate::domain::newsletter::Alliance;
use crate::domain::people::{Actor, Role, Roles, Staff};
use crate::domain::rule;
use crate::domain::time::SignedDuration;

/// Where the newsroom is on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// Every link in mail starts with this.
    pub url: WebUrl,
    pub listen: SocketAddr,
    pub probes: Probes,
    /// How long somebody is signed in to the rooms.
    pub session: SignedDuration,
}

/// Who may ask for `/livez`, `/readyz` and `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probes {
    /// This machine, and nobody through a proxy that says for whom it asks.
    Loopback,
    /// Whoever reaches the address.
    Open,
}

/// Which store, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorePlace {
    /// sled, in this folder; a relative path begins in the newsroom.
    Sled(PathBuf),
}

/// How links are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkRules {
    /// Whether links into private address ranges are followed.
    pub allow_private: bool,
    /// Whether `check` follows links at all.
    pub check: bool,
}

/// What people are asked who come by themselves, and what is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignupRules {
    /// What readers can choose among; with none, no form asks.
    pub topics: Vec<Topic>,
    pub network: KeptNetwork,
}

/// What the evidence of an agreement keeps of where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptNetwork {
    Nothing,
    /// The first three numbers of an IPv4 address, the first three groups of an IPv6 address.
    Truncated,
}

pub(super) fn name(value: &DeValue<'_>) -> Result<String, Bad> {
    let text = value::text(value)?;
    DisplayName::parse(text).map(|name| name.as_str().to_owned()).map_err(|error| error.to_string())
}

pub(super) fn address(value: &DeValue<'_>) -> Result<EmailAddress, Bad> {
    EmailAddress::parse(value::text(value)?).map_err(|error| error.to_string())
}

fn postal_address(value: &DeValue<'_>) -> Result<String, Bad> {
    if value::text(value)?.trim().is_empty() { Ok(String::new()) } else { name(value) }
}

pub(super) fn alliance(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<Alliance> {
    const NAME: Key = Key::required("name", "\"Lantern Alliance\"").or_environment();
    const HOST: Key = Key::required("host", "\"Example Institute for Learning\"").or_environment();
    const POSTAL_ADDRESS: Key = Key::with_default("postal_address", "\"\"").or_environment();
    let mut section = reading.section(root, "alliance");
    let alliance_name = reading.take(&mut section, NAME, name);
    let host = reading.take(&mut section, HOST, name);
    let postal_address = reading.take(&mut section, POSTAL_ADDRESS, postal_address);
    reading.close(&section);
    Some(Alliance { name: alliance_name?, host: host?, postal_address: postal_address? })
}

pub(super) fn web(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<Web> {
    const URL: Key = Key::with_default("url", "\"http://127.0.0.1:8080\"").or_environment();
    const LISTEN: Key = Key::with_default("listen", "\"127.0.0.1:8080\"").or_environment();
    let listen_form = |value: &DeValue<'_>| {
        let text = value::text(value)?;
        text.parse::<SocketAddr>().map_err(|_| format!("expected an address and a port such as 127.0.0.1:8080, found \"{text}\""))
    };
    const PROBES: Key = Key::with_default("probes", "\"loopback\"").or_environment();
    const SESSION: Key = Key::with_default("session", "\"12h\"").or_environment();
    let mut section = reading.section(root, "web");
    let url = reading.take(&mut section, URL, |value| WebUrl::parse(value::text(value)?));
    let listen = reading.take(&mut section, LISTEN, listen_form);
    let probes =
        reading.take(&mut section, PROBES, |value| value::choice(value, &[("loopback", Probes::Loopback), ("open", Probes::Open)]));
    let session = reading.take(&mut section, SESSION, session_life);
    reading.close(&section);
    Some(Web { url: url?, listen: listen?, probes: probes?, session: session? })
}

fn session_life(value: &DeValue<'_>) -> Result<SignedDuration, Bad> {
    let life = value::duration(value)?;
    let fits = (SignedDuration::from_hours(1)..=SignedDuration::from_hours(30 * 24)).contains(&life);
    if fits { Ok(life) } else { Err("expected 1h to 30d".to_owned()) }
}

pub(super) fn store(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<StorePlace> {
    const PATH: Key = Key::with_default("path", "\"subscribers/store\"").or_environment();
    const URL: Key = Key::optional("url", "\"postgres://…\"").or_environment();
    let mut section = reading.section(root, "store");
    let path = reading.take(&mut section, PATH, |value| value::filled(value).map(PathBuf::from));
    if reading.take(&mut section, URL, |value| value::text(value).map(str::to_owned)).is_some() {
        let help = "remove it; the store is sled, in the folder that `path` names";
        let message = "PostgreSQL is not in this version yet".to_owned();
        reading.fault(rule::CONF009, section.about("url"), message, help);
        // A PostgreSQL address often has a password in it.
        if let Some(at) = section.span_of("url") {
            reading.hide(at);
        }
    }
    reading.close(&section);
    path.map(StorePlace::Sled)
}

pub(super) fn links(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<LinkRules> {
    const ALLOW_PRIVATE: Key = Key::with_default("allow_private", "false").or_environment_switch();
    const CHECK: Key = Key::with_default("check", "true").or_environment_switch();
    let mut section = reading.section(root, "links");
    let allow_private = reading.take(&mut section, ALLOW_PRIVATE, value::switch);
    let check = reading.take(&mut section, CHECK, value::switch);
    reading.close(&section);
    Some(LinkRules { allow_private: allow_private?, check: check? })
}

pub(super) fn signup(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<SignupRules> {
    const TOPICS: Key = Key::with_default("topics", "[]");
    const NETWORK: Key = Key::with_default("ip", "\"none\"");
    let topic = |value: &DeValue<'_>| Topic::parse(value::text(value)?).map_err(|error| error.to_string());
    let mut section = reading.section(root, "signup");
    let topics = reading.take(&mut section, TOPICS, |value| value::list(value, topic));
    let network = reading.take(&mut section, NETWORK, |value| {
        value::choice(value, &[("none", KeptNetwork::Nothing), ("truncated", KeptNetwork::Truncated)])
    });
    reading.close(&section);
    Some(SignupRules { topics: topics?, network: network? })
}

fn role(value: &DeValue<'_>) -> Result<Role, Bad> {
    value::choice(value, &Role::ALL.map(|role| (role.word(), role)))
}

fn roles(value: &DeValue<'_>) -> Result<Roles, Bad> {
    let roles = value::list(value, role)?.into_iter().collect::<Roles>();
    if roles.is_empty() { Err("is empty".to_owned()) } else { Ok(roles) }
}

/// An address would make one member of staff another.
fn user(value: &DeValue<'_>) -> Result<Actor, Bad> {
    let name = value::filled(value)?;
    if name.contains('@') {
        return Err("expected the name of a user of this system, found an address".to_owned());
    }
    Actor::parse(name).map_err(|error| error.to_string())
}

pub(super) fn staff(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<Vec<Staff>> {
    const EMAIL: Key = Key::required("email", "\"editor@lantern.example.org\"");
    const ROLES: Key = Key::required("roles", "[\"editor\", \"approver\"]");
    const USER: Key = Key::optional("user", "\"sample\"");
    const NETWORK: Key = Key::optional("network", "\"southwest\"");
    let network_id = |value: &DeValue<'_>| NetworkId::parse(value::text(value)?).map_err(|error| error.to_string());
    let mut all: Vec<Option<Staff>> = Vec::new();
    for mut section in reading.sections(root, "staff") {
        let email = reading.take(&mut section, EMAIL, address);
        let roles = reading.take(&mut section, ROLES, roles);
        let user = reading.take(&mut section, USER, user);
        let network = reading.take(&mut section, NETWORK, network_id);
        reading.close(&section);
        let is_for_one = roles.is_some_and(|roles| roles.has(Role::NetworkEditor));
        if roles.is_some() && is_for_one != section.has("network") {
            let message = if is_for_one { "a network editor edits for a network" } else { "only a network editor has a network" };
            let help = "name `network = \"…\"` with the role \"network-editor\", and without it neither";
            reading.fault(rule::CONF013, section.about("network"), message.to_owned(), help);
        }
        let is_known = |email: &EmailAddress| all.iter().flatten().any(|other| other.address.key() == email.key());
        if email.as_ref().is_some_and(is_known) {
            super::given_twice(reading, &section, "email", "name each person once, with all roles");
        }
        if user.is_some() && all.iter().flatten().any(|other| other.user == user) {
            super::given_twice(reading, &section, "user", "a system user is one person");
        }
        all.push(email.zip(roles).map(|(address, roles)| Staff { address, roles, network, user }));
    }
    all.into_iter().collect()
}
