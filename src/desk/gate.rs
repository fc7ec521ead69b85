//! The gate before approval and before sending: the rules *consent_is_explicit*, *approval_binds_bytes* and
//! *edits_return_to_their_author*, asked of the present state of the store each time. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::consent::{AskId, PolicyClaim, PolicyPosition, Standing, WordsHash};
use crate::domain::feature::FeatureState;
use crate::domain::id::{IssueId, PartnerId, PolicyHash};
use crate::domain::issue::{Issue, IssueText, PartKind, PolicyPart};
use crate::domain::newsletter::Newsletter;
use crate::domain::partner::NameIndex;
use crate::domain::people::{Actor, Role};
use crate::domain::proof::Proof;

use super::Desk;
use super::error::{DeskError, Result};
use super::reply::{PolicyLine, StandingLine};

impl Desk {
    /// The issue's proof, once everything but the number of approvals is in order.
    pub(super) async fn pass_gate(&self, issue: &Issue) -> Result<Proof> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let proof = self.present_proof(issue).await?;
        self.require_same_bytes(issue, &proof)?;
        require_same_sender(newsletter, &proof)?;
        self.require_agreed_features(issue, &proof).await?;
        self.require_consents(issue, newsletter, &proof).await?;
        Ok(proof)
    }

    pub(super) async fn present_proof(&self, issue: &Issue) -> Result<Proof> {
        let no_proof = || {
            let help = format!("make one with `pressroom issue proof {}`", issue.id);
            DeskError::not_approved(format!("issue {} has no proof of its present text", issue.id), help)
        };
        let hash = issue.proof.ok_or_else(no_proof)?;
        self.store.find_proof(&hash).await?.ok_or_else(no_proof)
    }

    /// Rule *approval_binds_bytes*: what lies on the shelf hashes to what people said yes to.
    pub(super) fn require_same_bytes(&self, issue: &Issue, proof: &Proof) -> Result<()> {
        let found = proof.content.hash();
        if found == proof.hash && issue.proof == Some(found) && proof.content.issue == issue.id {
            return Ok(());
        }
        let message =
            format!("expected proof {} of issue {}, found content with hash {}", proof.hash.short(), issue.id, found.short());
        Err(DeskError::not_approved(message, "make a new proof and have it approved"))
    }

    /// Rule *edits_return_to_their_author*, at the last moment: each feature is still placed here, in the revision that was proofed.
    async fn require_agreed_features(&self, issue: &Issue, proof: &Proof) -> Result<()> {
        for placed in &proof.features {
            let feature = self.store.find_feature(&placed.feature).await?;
            let stands = feature.is_some_and(|feature| {
                feature.source.revision() == placed.revision && (feature.state == FeatureState::Placed { issue: issue.id.clone() })
            });
            if !stands {
                let message = format!("feature {} is no longer what stands in proof {}", placed.feature, proof.hash.short());
                return Err(DeskError::not_approved(
                    message,
                    format!("make a new proof with `pressroom issue proof {}`", issue.id),
                ));
            }
        }
        Ok(())
    }

    /// Rule *consent_is_explicit*. The claims are made anew, so that an alias or a visibility that changed since the proof counts.
    pub(super) async fn require_consents(&self, issue: &Issue, newsletter: &Newsletter, proof: &Proof) -> Result<()> {
        let text = self.read_issue_text(issue)?;
        let positions = positions(&text, newsletter, &NameIndex::of(&self.all_partners().await?));
        let texts = positions.iter().map(|position| position.claim.policy);
        let same_texts = texts.eq(proof.policies.iter().map(|claim| claim.policy));
        if !same_texts {
            let message = format!("the policy positions of issue {} are not those of proof {}", issue.id, proof.hash.short());
            return Err(DeskError::not_approved(message, "make a new proof; consents to another text do not count"));
        }
        for (position, proofed) in positions.into_iter().zip(&proof.policies) {
            let now_named = &position.claim.named;
            let gone = proofed.named.iter().filter(|partner| !now_named.contains(partner));
            let (mut partners, mut some_found, mut some_gone) = (Vec::new(), false, false);
            for partner in now_named.iter().chain(gone) {
                match self.named(&position, partner).await? {
                    Named::Signatory(Standing::NoYesRecorded) => partners.push(partner.to_string()),
                    Named::Found { standing: Standing::NoYesRecorded, ruled: false } => {
                        let is_named = now_named.contains(partner);
                        (some_found, some_gone) = (some_found || is_named, some_gone || !is_named);
                        partners.push(partner.to_string());
                    }
                    Named::Signatory(Standing::Yes) | Named::Found { .. } => {}
                }
            }
            if !partners.is_empty() {
                return Err(DeskError::ConsentMissing { title: position.claim.title, partners, some_found, some_gone });
            }
        }
        Ok(())
    }

    /// How a partner stands to a position that names it. A name that was found stands in nobody's way once a person has ruled that it does
    /// not mean the partner; of a signatory that cannot be said.
    pub(super) async fn named(&self, position: &Position, partner: &PartnerId) -> Result<Named> {
        let standing = self.standing(partner, &position.claim.policy).await?;
        if position.signatories.contains(partner) {
            return Ok(Named::Signatory(standing));
        }
        let ruling = self.store.find_ruling(partner, &position.claim.policy, &position.words_about(partner)).await?;
        Ok(Named::Found { standing, ruled: ruling.is_some() })
    }

    /// All that anyone may know of a partner and a text (rule *refusal_is_private*).
    pub(super) async fn standing(&self, partner: &PartnerId, policy: &PolicyHash) -> Result<Standing> {
        Ok(Standing::from_latest(self.store.latest_answer(partner, policy).await?))
    }

    /// The positions of an issue, or of a file that is none yet, with everyone's standing, for people to read.
    pub(super) async fn policy_lines(&self, positions: &[Position], issue: Option<&IssueId>) -> Result<Vec<PolicyLine>> {
        let mut lines = Vec::new();
        for position in positions {
            let mut partners = Vec::new();
            for id in &position.claim.named {
                let name = self.store.find_partner(id).await?.map(|partner| partner.name.as_str().to_owned());
                let (standing, signatory, ruled) = match self.named(position, id).await? {
                    Named::Signatory(standing) => (standing, true, false),
                    Named::Found { standing, ruled } => (standing, false, ruled),
                };
                let asked = match issue {
                    Some(issue) => self.store.find_ask(id, &AskId::of(id, &position.claim.policy, issue)).await?,
                    None => None,
                };
                partners.push(StandingLine {
                    partner: id.to_string(),
                    name: name.unwrap_or_else(|| id.to_string()),
                    standing: standing.word().to_owned(),
                    signatory,
                    names: position.names_of(id).map(str::to_owned).collect(),
                    not_meant: ruled,
                    asked_at: asked.map(|ask| ask.asked_at.to_string()),
                });
            }
            let PolicyClaim { policy, title, .. } = &position.claim;
            lines.push(PolicyLine { policy: policy.to_string(), title: title.clone(), partners });
        }
        Ok(lines)
    }

    /// How many approvals of the present proof count: staff who may approve, each once, the queuer and overrides not.
    pub(super) fn counted_approvals(&self, issue: &Issue) -> u8 {
        let mut people: Vec<&Actor> = Vec::new();
        let queuer = self.person(&issue.queued_by);
        for approval in &issue.approvals {
            let counts = Some(approval.proof) == issue.proof
                && !approval.is_override
                && approval.by != queuer
                && self.may_approve(&approval.by);
            if counts && !people.contains(&&approval.by) {
                people.push(&approval.by);
            }
        }
        u8::try_from(people.len()).unwrap_or(u8::MAX)
    }

    /// Who acts under a name: the member of staff whose system user it is, else whom it names. Whoever takes in an actor from outside asks
    /// this, so that a person is the same at the folder and at the command line.
    #[must_use]
    pub fn person(&self, named: &Actor) -> Actor {
        let staff = self.config.staff.iter().find(|staff| staff.user.as_ref() == Some(named));
        staff.and_then(|staff| Actor::parse(staff.address.as_typed()).ok()).unwrap_or_else(|| named.clone())
    }

    pub(super) fn may_approve(&self, actor: &Actor) -> bool {
        self.config.staff.iter().any(|staff| {
            staff.roles.has(Role::Approver) && staff.address.as_typed().to_lowercase() == actor.as_str().to_lowercase()
        })
    }
}

/// A change of the sender or the newsletter in the config after the proof voids what was approved. Which readers of the newsletter get
/// the issue stands in its text, and so in the proof's hash.
fn require_same_sender(newsletter: &Newsletter, proof: &Proof) -> Result<()> {
    let content = &proof.content;
    let same = content.from == newsletter.from
        && content.reply_to == newsletter.reply_to
        && content.newsletter_title == newsletter.title
        && content.bounce_domain == super::resolve::bounce_domain(newsletter)
        && content.audience.newsletter == newsletter.id;
    if same {
        return Ok(());
    }
    let message = format!("the sender or audience of newsletter {} has changed since proof {}", newsletter.id, proof.hash.short());
    Err(DeskError::not_approved(message, format!("make a new proof with `pressroom issue proof {}`", content.issue)))
}

/// A policy block of an issue: whose yes it needs, and which words were looked through for names.
pub(super) struct Position {
    pub(super) claim: PolicyClaim,
    pub(super) signatories: Vec<PartnerId>,
    pub(super) position: PolicyPosition,
    words: Vec<String>,
    /// Which of their names were found in the words.
    names: BTreeMap<PartnerId, BTreeSet<String>>,
}

impl Position {
    /// The partner's names that stand in the words.
    pub(super) fn names_of(&self, partner: &PartnerId) -> impl Iterator<Item = &str> {
        self.names.get(partner).into_iter().flatten().map(String::as_str)
    }

    /// What a ruling on this partner is about.
    pub(super) fn words_about(&self, partner: &PartnerId) -> WordsHash {
        WordsHash::of(self.words.iter().map(String::as_str), self.names_of(partner))
    }
}

/// How a partner stands to a position that names it.
pub(super) enum Named {
    Signatory(Standing),
    /// Its name or an alias stands in the words. `ruled`: a person has said that it does not mean the partner.
    Found {
        standing: Standing,
        ruled: bool,
    },
}

impl Named {
    pub(super) fn standing(&self) -> Standing {
        match self {
            Self::Signatory(standing) | Self::Found { standing, .. } => *standing,
        }
    }
}

/// Every policy block of an issue and whose yes it needs: each signatory, and every partner whose name or alias stands in its title,
/// text, principles, or in the words and file names of its pictures and logos.
pub(super) fn positions(text: &IssueText, newsletter: &Newsletter, names: &NameIndex<'_>) -> Vec<Position> {
    let position = |part: &PolicyPart| {
        let (words, position) = (words_of(part), part.position.clone());
        let names = found_in(&words, names);
        let signatories = position.signatories.clone();
        let named: BTreeSet<&PartnerId> = names.keys().chain(&signatories).collect();
        let named = named.into_iter().cloned().collect();
        let claim = PolicyClaim { policy: position.hash(newsletter.public), title: position.title.clone(), named };
        Position { claim, signatories, position, words, names }
    };
    policies(text).map(position).collect()
}

pub(super) fn policies(text: &IssueText) -> impl Iterator<Item = &PolicyPart> {
    text.parts.iter().filter_map(|part| match &part.kind {
        PartKind::Policy(policy) => Some(policy),
        PartKind::Prose(_)
        | PartKind::Features(_)
        | PartKind::Feature(_)
        | PartKind::Event(_)
        | PartKind::Button { .. }
        | PartKind::Quote(_)
        | PartKind::NewPartners { .. }
        | PartKind::For { .. }
        | PartKind::Translation { .. } => None,
    })
}

fn found_in(words: &[String], index: &NameIndex<'_>) -> BTreeMap<PartnerId, BTreeSet<String>> {
    let mut found: BTreeMap<PartnerId, BTreeSet<String>> = BTreeMap::new();
    for (partner, names) in words.iter().flat_map(|text| index.named_in(text)) {
        found.entry(partner.clone()).or_default().extend(names.into_iter().map(str::to_owned));
    }
    found
}

fn words_of(part: &PolicyPart) -> Vec<String> {
    let PolicyPosition { title, text, charter, principles, signatories: _, picture_descriptions } = &part.position;
    let mut words = vec![title.clone(), text.clone(), charter.clone()];
    words.extend(principles.iter().chain(picture_descriptions).cloned());
    for picture in &part.pictures {
        words.push(picture.description.clone());
        words.extend(picture.credit.clone());
        // A logo's file is most often named after its owner.
        words.push(picture.file.clone());
    }
    words
}
