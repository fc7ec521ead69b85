//! What staff alone change of a partner: by which names it is known, how far it reaches, where it sits. By its names and its contacts it is
//! decided who may answer for it, so neither is its own to change.

use super::{Faults, FieldFault, SeatForm};
use crate::domain::email::DisplayName;
use crate::domain::id::NetworkId;
use crate::domain::partner::{ALIASES_MAX, NETWORKS_MAX, PartnerLevel, Seat};

/// As typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordForm {
    pub name: String,
    pub aliases: Vec<String>,
    pub level: String,
    pub networks: Vec<String>,
    pub steering: Option<SeatForm>,
}

/// As read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub name: DisplayName,
    pub aliases: Vec<DisplayName>,
    pub level: PartnerLevel,
    pub networks: Vec<NetworkId>,
    pub steering: Option<Seat>,
}

impl RecordForm {
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(&self) -> Result<Record, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.one("name", DisplayName::parse(&self.name));
        let level = faults.one("level", PartnerLevel::parse(&self.level));
        let aliases = faults.each(("aliases", ALIASES_MAX), &self.aliases, |alias| DisplayName::parse(alias));
        let networks = faults.each(("networks", NETWORKS_MAX), &self.networks, |network| NetworkId::parse(network));
        let steering = self.steering.as_ref().and_then(|seat| faults.one("steering", seat.read()));
        let record = name.zip(level).map(|(name, level)| Record { name, aliases, level, networks, steering });
        faults.finish(record)
    }
}
