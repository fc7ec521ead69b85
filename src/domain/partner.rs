//! Partners: the organisations of the alliance, and those on the way there.
//!
//! What a partner may say of itself is its [`Profile`]; the rest of its record is for staff to change.

pub mod inquiry;
pub mod profile;

mod contact;
mod logo;
mod naming;
mod place;
mod standing;

use super::email::DisplayName;
use super::id::{BadId, NetworkId, NewsletterId, PartnerId};
use super::time::civil;

pub use contact::{Contact, ContactRole, ContactRoles};
pub use inquiry::Inquiry;
pub use logo::{Grant, GrantScope, Logo, LogoFile};
pub use naming::NameIndex;
pub use place::{Place, PlaceRole};
pub use profile::{Affiliate, LinkHealth, LinkKind, PartnerLink, Profile, Research};
pub use standing::{PartnerEvent, PartnerStanding, StandingRefusal};

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

/// Partners that do something together, as the config names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    pub id: NetworkId,
    pub title: String,
    /// The newsletter that is its own.
    pub newsletter: Option<NewsletterId>,
}

/// A seat in the Steering Committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    pub since: civil::Date,
    /// The last day; `None`: it has no end yet.
    pub until: Option<civil::Date>,
}

pub const ALIASES_MAX: usize = 20;
pub const CONTACTS_MAX: usize = 20;
pub const NETWORKS_MAX: usize = 20;

/// An organisation of the alliance, or one that may become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub id: PartnerId,
    pub name: DisplayName,
    /// Other names it goes by; each counts as naming it.
    pub aliases: Vec<DisplayName>,
    pub level: PartnerLevel,
    pub profile: Profile,
    pub logo: Option<Logo>,
    /// Each address once.
    pub contacts: Vec<Contact>,
    pub networks: Vec<NetworkId>,
    pub steering: Option<Seat>,
    pub standing: PartnerStanding,
    /// How often it was written.
    pub version: u64,
}

impl Partner {
    /// One of which nothing more is known yet, not written either.
    #[must_use]
    pub fn new(id: PartnerId, name: DisplayName, level: PartnerLevel, standing: PartnerStanding) -> Self {
        Self {
            id,
            name,
            aliases: Vec::new(),
            level,
            profile: Profile::default(),
            logo: None,
            contacts: Vec::new(),
            networks: Vec::new(),
            steering: None,
            standing,
            version: 0,
        }
    }

    #[must_use]
    pub fn is_active(&self) -> bool {
        self.standing.is_active()
    }
}
