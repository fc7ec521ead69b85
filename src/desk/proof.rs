//! Proofs: an issue resolved, rendered, looked over and frozen under one hash. Making one places its features.

use std::collections::BTreeMap;

use crate::domain::event::Event;
use crate::domain::feature::{FeatureEvent, FeatureState, NoteKind};
use crate::domain::id::FeatureId;
use crate::domain::issue::{Approval, Issue, IssueEvent, IssueState, IssueText};
use crate::domain::people::Actor;
use crate::domain::proof::{Proof, ProofContent, WebEdition};
use crate::domain::resolved::ResolvedPart;
use crate::domain::rule::Problem;
use crate::domain::template::Filling;
use crate::render;

use super::Desk;
use super::bundle::FileReport;
use super::error::{DeskError, Result};
use super::notices::Notice;
use super::pool::rotation_reply;
use super::reply::{PolicyLine, ProofDocument, ProofMade};
use super::request::MakeProof;
use super::resolve::{Resolution, Unresolved};
use super::shelf::placed_lines;

/// Who is told of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Staff, and the partners whose pieces stand in it.
    Everyone,
    /// Nobody: whoever asked sends it at once.
    Nobody,
}

/// An issue rendered, with everything that was found on the way.
pub(super) struct Rendered {
    pub(super) resolution: Resolution,
    pub(super) content: ProofContent,
    pub(super) web: Option<WebEdition>,
    pub(super) problems: Vec<Problem>,
}

impl Desk {
    /// Makes a proof of the issue's present text, and tells staff of it and each featured partner of their piece. Errors in the text keep
    /// the proof from being made.
    ///
    /// # Errors
    /// [`DeskError::AuthorFiles`] with every problem; [`DeskError::Refused`] when the issue has been opened;
    /// [`DeskError::Temporary`] when a feature was changed meanwhile.
    pub async fn make_proof(&self, actor: &Actor, request: MakeProof) -> Result<ProofMade> {
        self.proof_made(actor, request, Told::Everyone).await
    }

    pub(super) async fn proof_made(&self, actor: &Actor, request: MakeProof, told: Told) -> Result<ProofMade> {
        let mut issue = self.issue_named(&request.issue).await?;
        let (text, mut problems) = self.read_issue(&issue)?;
        let unresolved = Unresolved {
            id: &issue.id,
            text: &text,
            pictures: &issue.source.pictures,
            slot: issue.slot,
            chosen: &issue.chosen,
            is_draft: false,
        };
        let mut rendered = self.rendered(&unresolved).await?;
        problems.append(&mut rendered.problems);
        if !request.offline {
            problems.extend(self.link_problems(&text, Some(&rendered.resolution)).await?);
        }
        // Links take their time, and meanwhile a person may have cancelled the issue or queued it again: then nobody is told of this proof.
        if self.issue_named(issue.id.as_str()).await?.version != issue.version {
            return Err(DeskError::changed_meanwhile("the issue"));
        }
        let report = FileReport::new(&issue.source.name, &issue.source.text, &problems);
        if report.has_errors() {
            return Err(DeskError::AuthorFiles { files: vec![report] });
        }
        let proof = self.proof_of(&issue, &text, actor, &rendered).await?;
        // The state machine says whether a proof may be made now, before anything is written.
        issue.state.clone().step(IssueEvent::ProofMade, self.world.now())?;
        if issue.proof != Some(proof.hash) && !issue.approvals.is_empty() {
            issue.voided = count_of(&issue.approvals);
        }
        if told == Told::Nobody {
            // It would not be sent, so it does not come to stand on the shelf, where nobody has seen it.
            self.require_consents(&issue, self.newsletter(&issue.newsletter)?, &proof).await?;
        }
        let titles = titles(&rendered.resolution);
        let rotation = rotation_reply(&rendered.resolution.rotation, &titles);
        // Before the proof is on the shelf, so that a crash between the two repeats the call and loses no mail.
        if told == Told::Everyone {
            self.notify(Notice::Proof { issue: &issue, proof: &proof, report: &report, rotation: &rotation }).await?;
            for placed in &proof.features {
                self.notify(Notice::Piece { issue: &issue, proof: &proof, feature: &placed.feature }).await?;
            }
        }
        let issue = self.shelve(issue, &proof, rendered.resolution.chosen).await?;
        self.audit(actor, "issue.proof", issue.id.as_str(), format!("proof {}", proof.hash)).await?;
        let policies = self.policy_lines(&self.positions_of(&text, &issue.newsletter).await?, Some(&issue.id)).await?;
        let nobody = Nobody { web_url: self.web_url(), newsletter: proof.content.newsletter_title.clone() };
        Ok(ProofMade {
            issue: issue.id.to_string(),
            proof: proof.hash.to_string(),
            short: proof.hash.short(),
            subject: issue.subject.clone(),
            audience: self.store.count_audience(&proof.content.audience).await?,
            rotation,
            policies,
            report,
            html: proof.content.html.fill(&nobody),
            text: proof.content.text.fill(&nobody),
        })
    }

    /// Resolves and renders a text and looks the result over. Nothing is stored.
    pub(super) async fn rendered(&self, unresolved: &Unresolved<'_>) -> Result<Rendered> {
        let resolution = self.resolve(unresolved).await?;
        let content = render::mail(&resolution.issue, &self.look);
        let mut problems = resolution.problems.clone();
        problems.extend(render::lint::check(&resolution.issue, &content, &self.look));
        let web = render::web_edition(&resolution.issue, &self.look);
        Ok(Rendered { resolution, content, web, problems })
    }

    pub(super) async fn proof_of(&self, issue: &Issue, text: &IssueText, actor: &Actor, rendered: &Rendered) -> Result<Proof> {
        let positions = self.positions_of(text, &issue.newsletter).await?;
        Ok(Proof {
            hash: rendered.content.hash(),
            content: rendered.content.clone(),
            number: issue.number,
            features: rendered.resolution.placed.clone(),
            policies: positions.into_iter().map(|position| position.claim).collect(),
            events: events(&rendered.resolution.issue.parts),
            web: rendered.web.clone(),
            slot: issue.slot,
            made_by: actor.clone(),
            made_at: self.world.now(),
        })
    }

    /// Stores a proof and places its features. The issue is written last: a crash before leaves it without the new proof, and the next
    /// one starts from features that are placed here already.
    async fn shelve(&self, mut issue: Issue, proof: &Proof, chosen: Vec<FeatureId>) -> Result<Issue> {
        let is_same = issue.proof == Some(proof.hash)
            && self.store.find_proof(&proof.hash).await?.is_some_and(|known| known.web == proof.web);
        if !is_same && issue.proof == Some(proof.hash) {
            // Only the web edition differs. What was approved is not what the page would show, so the yeses go before it comes.
            issue.approvals.clear();
            issue = self.step_issue(issue, IssueEvent::ProofMade).await?;
        }
        self.store.put_proof(proof.clone()).await?;
        self.place_features(&issue, proof).await?;
        self.require_not_cancelled(&issue).await?;
        let is_standing = matches!(issue.state, IssueState::Proofed | IssueState::Approved | IssueState::Holding { .. });
        if is_same && is_standing {
            return Ok(issue);
        }
        issue.proof = Some(proof.hash);
        issue.approvals.clear();
        issue.chosen = chosen;
        let issue = self.step_issue(issue, IssueEvent::ProofMade).await?;
        // A newsletter that asks nobody has its approval by its own rule; consent is asked for all the same when it opens.
        if self.newsletter(&issue.newsletter)?.approvals == 0 {
            self.step_issue(issue, IssueEvent::Approved).await
        } else {
            Ok(issue)
        }
    }

    /// Who cancels an issue frees its features after the issue; those that were placed between the two are freed here.
    async fn require_not_cancelled(&self, issue: &Issue) -> Result<()> {
        let now = self.issue_named(issue.id.as_str()).await?;
        if matches!(now.state, IssueState::Cancelled { .. }) {
            self.leave_issue(&now, false).await?;
            return Err(DeskError::changed_meanwhile("the issue"));
        }
        Ok(())
    }

    async fn place_features(&self, issue: &Issue, proof: &Proof) -> Result<()> {
        for row in self.all_cards().await? {
            let stands = proof.features.iter().any(|placed| placed.feature == row.id);
            let placed_here = row.state == FeatureState::Placed { issue: issue.id.clone() };
            let step = match (stands, placed_here) {
                (true, false) => (FeatureEvent::Placed { issue: issue.id.clone() }, NoteKind::Placed),
                (false, true) => (FeatureEvent::TakenOut, NoteKind::TakenOut),
                (true, true) | (false, false) => continue,
            };
            let feature = self.listed_feature(&row.id).await?;
            let note = self.house_note(step.1, issue.id.as_str());
            self.step_feature(feature, step.0, note).await?;
        }
        Ok(())
    }

    /// What a proof binds, in a form to keep.
    pub(super) fn proof_document(&self, proof: &Proof, policies: Vec<PolicyLine>) -> Result<ProofDocument> {
        let content = &proof.content;
        let nobody = Nobody { web_url: self.web_url(), newsletter: content.newsletter_title.clone() };
        let zone = &self.newsletter(&content.newsletter)?.timezone;
        let from = match &content.from.name {
            Some(name) => format!("{} <{}>", name.as_str(), content.from.address.as_typed()),
            None => content.from.address.as_typed().to_owned(),
        };
        Ok(ProofDocument {
            issue: content.issue.to_string(),
            newsletter: content.newsletter.to_string(),
            hash: proof.hash.to_string(),
            subject: content.subject.fill(&nobody),
            from,
            reply_to: content.reply_to.as_ref().map(|address| address.as_typed().to_owned()),
            list_id: content.list_id.clone(),
            audience: content.audience.to_string(),
            slot: super::shelf::slot_words(proof.slot, zone),
            language: content.language.to_string(),
            pictures: content.pictures.iter().map(ToString::to_string).collect(),
            features: placed_lines(proof),
            policies,
            html_bytes: render::mime::encoded_size(&content.html),
            text_bytes: render::mime::encoded_size(&content.text),
        })
    }
}

/// Someone of whom nothing is known, for showing a proof.
pub(super) struct Nobody {
    pub(super) web_url: String,
    pub(super) newsletter: String,
}

impl Filling for Nobody {
    fn field(&self, field: crate::domain::template::Field) -> Option<&str> {
        (field == crate::domain::template::Field::Newsletter).then_some(&self.newsletter)
    }

    fn link(&self, _: crate::domain::template::PersonalLink) -> &str {
        &self.web_url
    }

    fn meets(&self, _: &crate::domain::audience::Condition) -> bool {
        true
    }
}

/// How many approvals there are.
pub(super) fn count_of(approvals: &[Approval]) -> u16 {
    u16::try_from(approvals.len()).unwrap_or(u16::MAX)
}

fn titles(resolution: &Resolution) -> BTreeMap<FeatureId, String> {
    let features = resolution.issue.parts.iter().filter_map(ResolvedPart::feature);
    features.map(|piece| (piece.id.clone(), piece.title.clone())).collect()
}

/// The events that have calendar files, by their numbers: the author's own, then those that features tell of.
fn events(parts: &[ResolvedPart]) -> Vec<Event> {
    let own = parts.iter().filter_map(ResolvedPart::event);
    let told = parts.iter().filter_map(ResolvedPart::feature).filter_map(|piece| piece.event.as_ref()).map(|held| &held.event);
    own.chain(told).cloned().collect()
}
