//! A proof: a frozen, rendered issue under one hash. What people approve, and what goes out, byte for byte.

use super::audience::{AudienceRule, Condition};
use super::consent::PolicyClaim;
use super::email::{EmailAddress, Mailbox};
use super::event::Event;
use super::id::{FeatureId, FieldHasher, IssueId, IssueNumber, NewsletterId, PictureHash, ProofHash, RevisionHash};
use super::people::Actor;
use super::subscriber::Language;
use super::template::{Escape, PersonalLink, Piece, Slot, Template};
use super::time::{Timestamp, civil};

/// The rendered content and everything else an approval binds. Nothing in it differs between readers except through its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofContent {
    pub issue: IssueId,
    pub newsletter: NewsletterId,
    pub newsletter_title: String,
    /// Whether the issue has a web version: as approved, whatever the newsletter becomes later.
    pub public: bool,
    pub subject: Template,
    pub html: Template,
    pub text: Template,
    pub language: Language,
    pub from: Mailbox,
    pub reply_to: Option<EmailAddress>,
    /// `Name <id.domain>` (RFC 2919), constant for the newsletter's life.
    pub list_id: String,
    pub bounce_domain: String,
    pub audience: AudienceRule,
    /// In the order in which they stand in the mail.
    pub pictures: Vec<PictureHash>,
}

impl ProofContent {
    /// The hash (product.md section 10): SHA-256 over length-prefixed fields. Not in it: Date, tokens, boundary, DKIM.
    #[must_use]
    pub fn hash(&self) -> ProofHash {
        let mut hasher = FieldHasher::for_purpose("pressroom proof v1");
        for text in [self.issue.as_str(), self.newsletter.as_str(), &self.newsletter_title, self.language.as_str()] {
            hasher.field(text.as_bytes());
        }
        hasher.field(&[u8::from(self.public)]);
        for template in [&self.subject, &self.html, &self.text] {
            hash_pieces(&template.0, &mut hasher);
        }
        hasher.field(self.from.name.as_ref().map_or("", |name| name.as_str()).as_bytes());
        hasher.field(self.from.address.for_wire().as_bytes());
        hasher.field(self.reply_to.as_ref().map(EmailAddress::for_wire).unwrap_or_default().as_bytes());
        hasher.field(self.list_id.as_bytes()).field(self.bounce_domain.as_bytes());
        hasher.field(self.audience.newsletter.as_str().as_bytes());
        if let Some(only) = &self.audience.only {
            // Left out where there is none, so that the hashes of earlier proofs hold.
            hasher.field(b"only").field(only.to_string().as_bytes());
        }
        hasher.field(&(self.pictures.len() as u64).to_be_bytes());
        for picture in &self.pictures {
            hasher.field(picture.as_bytes());
        }
        ProofHash::from_bytes(hasher.finish())
    }
}

fn hash_pieces(pieces: &[Piece], hasher: &mut FieldHasher) {
    hasher.field(&(pieces.len() as u64).to_be_bytes());
    for piece in pieces {
        match piece {
            Piece::Literal(text) => {
                hasher.field(b"literal").field(text.as_bytes());
            }
            Piece::Slot(Slot::Field { placeholder, escape }) => {
                hasher.field(b"field").field(placeholder.field.word().as_bytes());
                hasher.field(placeholder.default.as_bytes()).field(escape_word(*escape));
            }
            Piece::Slot(Slot::Link { link, escape }) => {
                let link: &[u8] = match link {
                    PersonalLink::Unsubscribe => b"unsubscribe",
                    PersonalLink::Preferences => b"preferences",
                };
                hasher.field(b"link").field(link).field(escape_word(*escape));
            }
            Piece::Only { when, pieces } => {
                hasher.field(b"only");
                hash_condition(when, hasher);
                hash_pieces(pieces, hasher);
            }
        }
    }
}

fn escape_word(escape: Escape) -> &'static [u8] {
    match escape {
        Escape::Html => b"html",
        Escape::Plain => b"plain",
    }
}

fn hash_condition(condition: &Condition, hasher: &mut FieldHasher) {
    let words = |hasher: &mut FieldHasher, words: Vec<&str>| {
        hasher.field(&(words.len() as u64).to_be_bytes());
        for word in words {
            hasher.field(word.as_bytes());
        }
    };
    words(hasher, condition.states.iter().map(super::subscriber::State::as_str).collect());
    words(hasher, condition.topics.iter().map(super::id::Topic::as_str).collect());
    words(hasher, condition.lists.iter().map(NewsletterId::as_str).collect());
}

/// A feature as it stands in a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFeature {
    pub feature: FeatureId,
    pub revision: RevisionHash,
}

/// What the web shows of a public issue, made from the same value as its mail and kept as it was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebEdition {
    pub issue: WebPiece,
    /// The full stories of its features, in the order of the issue.
    pub stories: Vec<(FeatureId, WebPiece)>,
}

/// One page's content; what stands around it is the site's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebPiece {
    pub title: String,
    /// A sentence or two for whoever links to the page.
    pub description: String,
    /// The first picture.
    pub picture: Option<PictureHash>,
    /// One `article` element. Its links to our own pages begin with the path of `web.url`.
    pub article: String,
}

/// A proof on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub hash: ProofHash,
    pub content: ProofContent,
    pub number: IssueNumber,
    pub features: Vec<PlacedFeature>,
    /// Each policy block and whose yes it needs.
    pub policies: Vec<PolicyClaim>,
    /// The issue's events, from which calendar files are made.
    pub events: Vec<Event>,
    /// `None` when the newsletter is not public. Not in the hash; another edition under the same hash voids approvals all the same.
    pub web: Option<WebEdition>,
    pub slot: civil::DateTime,
    pub made_by: Actor,
    pub made_at: Timestamp,
}
