//! A partner is asked for its yes: about which words, for which issue, and by which name the asking goes in addresses.

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};

use super::PolicyPosition;
use crate::domain::id::{BadId, FieldHasher, IssueId, NewsletterId, PartnerId, PolicyHash};
use crate::domain::people::Actor;
use crate::domain::time::Timestamp;

/// Names the asking of one partner about one text for one issue, 26 letters and digits in addresses. It follows from the three, so a text
/// that is queued anew unchanged is asked about once, and asked anew where another issue carries it. It opens nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId([u8; 16]);

impl AskId {
    #[must_use]
    pub fn of(partner: &PartnerId, policy: &PolicyHash, issue: &IssueId) -> Self {
        let mut hasher = FieldHasher::for_purpose("pressroom consent ask v1");
        hasher.field(partner.as_str().as_bytes()).field(policy.as_bytes()).field(issue.as_str().as_bytes());
        let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hasher.finish();
        Self(head)
    }

    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads it in letters of either case.
    ///
    /// # Errors
    /// [`BadId`] when the text is not 26 letters and digits.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let bytes = BASE32_NOPAD_NOCASE.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| BadId { what: "asking", given: text.to_owned(), rule: "26 letters and digits" })
    }
}

impl fmt::Display for AskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

/// What a partner is asked: exactly the words that its yes would bind to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentAsk {
    pub partner: PartnerId,
    pub newsletter: NewsletterId,
    /// The issue that made us ask. A yes is to the text and holds wherever exactly that stands before the same public.
    pub issue: IssueId,
    /// Without its signatories and pictures: who else is asked is not this partner's to know.
    pub position: PolicyPosition,
    /// Whether the world will read it, or the newsletter's readers alone.
    pub public: bool,
    pub asked_at: Timestamp,
    pub asked_by: Actor,
}

impl ConsentAsk {
    #[must_use]
    pub fn policy(&self) -> PolicyHash {
        self.position.hash(self.public)
    }

    #[must_use]
    pub fn id(&self) -> AskId {
        AskId::of(&self.partner, &self.policy(), &self.issue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asking_is_named_by_its_partner_its_text_and_its_issue() {
        let (march, april) = (IssueId::parse("2027-03-partners").unwrap(), IssueId::parse("2027-04-partners").unwrap());
        let (one, other) = (PartnerId::parse("example-one").unwrap(), PartnerId::parse("example-other").unwrap());
        let (text, changed) = (PolicyHash::from_bytes([1; 32]), PolicyHash::from_bytes([2; 32]));
        let id = AskId::of(&one, &text, &march);
        assert_eq!(id, AskId::of(&one, &text, &march));
        assert_ne!(id, AskId::of(&other, &text, &march));
        assert_ne!(id, AskId::of(&one, &changed, &march));
        assert_ne!(id, AskId::of(&one, &text, &april));
        assert_eq!(AskId::parse(&id.to_string()).unwrap(), id);
        assert_eq!(AskId::parse(&id.to_string().to_uppercase()).unwrap(), id);
        for bad in ["", "a", &format!("{id}a"), "ä"] {
            assert!(AskId::parse(bad).is_err(), "{bad}");
        }
    }
}
