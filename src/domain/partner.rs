//! Partners: the organisations of the alliance, and how their names are found in a text.

use super::email::{DisplayName, EmailAddress};
use super::id::{BadId, PartnerId, Topic};
use super::prose::LinkTarget;
use super::subscriber::State;
use super::time::Timestamp;

/// How far a partner reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartnerLevel {
    National,
    State,
    Local,
    Network,
}

impl PartnerLevel {
    pub const ALL: [Self; 4] = [Self::National, Self::State, Self::Local, Self::Network];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::State => "state",
            Self::Local => "local",
            Self::Network => "network",
        }
    }

    /// # Errors
    /// [`BadId`] when the word is not a level.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        Self::ALL.into_iter().find(|level| level.word() == text.trim().to_lowercase()).ok_or_else(|| BadId {
            what: "level",
            given: text.to_owned(),
            rule: "one of national, state, local, network",
        })
    }
}

/// What a contact may do for their organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactRole {
    /// May submit and approve features.
    Submitter,
    /// May let the organisation's name stand under a policy position.
    Consenter,
}

/// A person at a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub name: Option<DisplayName>,
    pub address: EmailAddress,
    pub roles: Vec<ContactRole>,
}

/// An organisation of the alliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub id: PartnerId,
    pub name: DisplayName,
    /// Other names it goes by; each counts as naming it.
    pub aliases: Vec<DisplayName>,
    pub level: PartnerLevel,
    pub sectors: Vec<String>,
    pub states: Vec<State>,
    pub expertise: Vec<Topic>,
    /// One or two sentences for the directory.
    pub blurb: String,
    pub link: Option<LinkTarget>,
    pub contacts: Vec<Contact>,
    pub active: bool,
    pub since: Timestamp,
}

impl Partner {
    /// Whether the text names this partner: its name or an alias, as whole words, without regard to case or to the kind of
    /// space, hyphen and apostrophe.
    #[must_use]
    pub fn is_named_in(&self, text: &str) -> bool {
        let text = folded(text);
        std::iter::once(&self.name).chain(&self.aliases).any(|name| {
            let name = folded(name.as_str());
            name.len() > 2 && text.contains(&name)
        })
    }
}

// Words in lower case with one space before, between and after them, so that `contains` finds whole words only.
fn folded(text: &str) -> String {
    let mut out = String::from(" ");
    for c in text.chars().filter(|c| !matches!(c, '\'' | '’' | '\u{ad}' | '\u{200b}'..='\u{200d}')).flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guild() -> Partner {
        let name = |text: &str| DisplayName::parse(text).unwrap();
        Partner {
            id: PartnerId::parse("example-educators-guild").unwrap(),
            name: name("Example Educators' Guild"),
            aliases: vec![name("EEG"), name("the Guild")],
            level: PartnerLevel::National,
            sectors: vec![],
            states: vec![],
            expertise: vec![],
            blurb: String::new(),
            link: None,
            contacts: vec![],
            active: true,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_partner_is_found_by_name_or_alias_as_whole_words() {
        for text in ["with Example Educators’ Guild.", "EEG signs", "so the\u{a0}guild agrees", "(EEG)"] {
            assert!(guild().is_named_in(text), "{text}");
        }
        for text in ["EEGs are scans", "a guild", "Example Educators", ""] {
            assert!(!guild().is_named_in(text), "{text}");
        }
    }
}
