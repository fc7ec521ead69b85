//! What the rooms of the registry say: partners, who asks to join, and what their visitor may do about it.

use super::PartnerDetail;

/// What waits for somebody, as far as whoever looks may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StaffHome {
    /// Pieces that wait for staff's word.
    pub reviews: usize,
    /// Issues that wait for an approval.
    pub proofs: usize,
    pub held: usize,
    /// Partners without a yes recorded, one for each position that names them.
    pub consents: usize,
    /// Issues whose text or newsletter cannot be read any more.
    pub unreadable: usize,
    pub inquiries: usize,
    pub dead_links: usize,
}

/// A partner, and what whoever looks may do.
#[derive(Debug, Clone)]
pub struct PartnerRoom {
    pub partner: PartnerDetail,
    pub may_see_contacts: bool,
    pub may_change_standing: bool,
    /// Also its name.
    pub may_change_contacts: bool,
    /// Those it could belong to.
    pub networks: Vec<NetworkLine>,
    /// Whether it can be invited as it stands, and somebody there can be written to.
    pub may_invite: bool,
}

/// A network that the config names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkLine {
    pub id: String,
    pub title: String,
}

/// Somebody who asks to join.
#[derive(Debug, Clone)]
pub struct InquiryLine {
    pub number: u64,
    pub organisation: String,
    pub level: Option<String>,
    pub states: Vec<String>,
    pub contact: String,
    pub address: String,
    pub message: String,
    pub at: String,
    /// An id that is free, made of the name.
    pub suggested: String,
    pub may_take: bool,
}

/// What became of somebody's wish to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inquired {
    Taken,
    /// Something that is needed is not there, or cannot be read.
    Unclear,
    /// More ask at this moment than staff can look at.
    Full,
}
