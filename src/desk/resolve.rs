//! From an issue's text to what can be rendered: features chosen, partners and pictures looked up, with every problem on the way.
//! It reads the store and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::audience::AudienceRule;
use crate::domain::event::Event;
use crate::domain::feature::{FeatureState, FeatureText};
use crate::domain::id::{FeatureId, IssueId, PartnerId};
use crate::domain::issue::{IssueState, IssueText, Part, PartKind, PolicyPart};
use crate::domain::newsletter::Newsletter;
use crate::domain::partner::{GrantScope, Partner};
use crate::domain::picture::Picture;
use crate::domain::proof::PlacedFeature;
use crate::domain::prose::Span;
use crate::domain::resolved::{EventPiece, FeaturePiece, PartnerLine, PolicyPiece, ResolvedIssue, ResolvedPart, ShownPicture};
use crate::domain::rotation::{Candidate, Choice, Rotation, Wish};
use crate::domain::rule::{self, Problem};
use crate::domain::time::{TimeZone, Timestamp, civil};

use super::Desk;
use super::error::Result;
use super::pool::{Pool, PoolFeature};

/// An issue to be resolved.
pub(super) struct Unresolved<'a> {
    pub(super) id: &'a IssueId,
    pub(super) text: &'a IssueText,
    pub(super) pictures: &'a BTreeMap<String, Picture>,
    pub(super) slot: civil::DateTime,
    /// What the rotation chose for an earlier proof.
    pub(super) chosen: &'a [FeatureId],
    /// Whether what is not in the store is only worth a warning, because it may still come.
    pub(super) is_draft: bool,
}

/// What came of it.
pub(super) struct Resolution {
    pub(super) issue: ResolvedIssue,
    pub(super) placed: Vec<PlacedFeature>,
    /// What the rotation chose, in order; without those the author named.
    pub(super) chosen: Vec<FeatureId>,
    pub(super) rotation: Rotation,
    pub(super) problems: Vec<Problem>,
}

/// The domain to which refused copies return.
pub(super) fn bounce_domain(newsletter: &Newsletter) -> String {
    newsletter.bounce_domain.clone().unwrap_or_else(|| newsletter.from.address.domain().into_owned())
}

/// Who an issue of this text goes to.
pub(super) fn audience(text: &IssueText) -> AudienceRule {
    AudienceRule { newsletter: text.newsletter.clone(), only: text.audience.clone() }
}

impl Desk {
    pub(super) async fn resolve(&self, unresolved: &Unresolved<'_>) -> Result<Resolution> {
        let newsletter = self.newsletter(&unresolved.text.newsletter)?;
        let pool = self.feature_pool(Some(unresolved.id), newsletter).await?;
        let last_issue = self.last_sent(newsletter).await?;
        let mut work = Work::new(unresolved, &pool, last_issue);
        let parts = work.parts();
        let issue = ResolvedIssue {
            issue: unresolved.id.clone(),
            newsletter: newsletter.id.clone(),
            newsletter_title: newsletter.title.clone(),
            public: newsletter.public,
            alliance: self.config.alliance.clone(),
            from: newsletter.from.clone(),
            reply_to: newsletter.reply_to.clone(),
            bounce_domain: bounce_domain(newsletter),
            audience: audience(unresolved.text),
            subject: unresolved.text.subject.clone(),
            preheader: unresolved.text.preheader.clone(),
            language: unresolved.text.language.clone(),
            date: unresolved.slot,
            timezone: newsletter.timezone.clone(),
            web_url: self.web_url(),
            parts,
            pictures: unresolved.pictures.clone(),
        };
        Ok(Resolution { issue, placed: work.placed, chosen: work.chosen, rotation: work.rotation, problems: work.problems })
    }

    /// Where every link begins, without a slash at the end.
    pub(super) fn web_url(&self) -> String {
        self.config.web.url.as_str().trim_end_matches('/').to_owned()
    }

    async fn last_sent(&self, newsletter: &Newsletter) -> Result<Option<Timestamp>> {
        let sent = self.all_issues().await?.into_iter().filter(|issue| issue.newsletter == newsletter.id);
        Ok(sent
            .filter_map(|issue| match issue.state {
                IssueState::Sent { at } => Some(at),
                IssueState::Queued
                | IssueState::Proofed
                | IssueState::Approved
                | IssueState::Holding { .. }
                | IssueState::Held { .. }
                | IssueState::Opening
                | IssueState::Sending
                | IssueState::Paused
                | IssueState::Cancelled { .. } => None,
            })
            .max())
    }
}

/// The work in progress on one issue.
struct Work<'a> {
    unresolved: &'a Unresolved<'a>,
    pool: &'a Pool,
    last_issue: Option<Timestamp>,
    /// What stands in the issue so far; no partner twice.
    standing: Vec<Candidate>,
    placed: Vec<PlacedFeature>,
    chosen: Vec<FeatureId>,
    rotation: Rotation,
    problems: Vec<Problem>,
    /// The number of the last calendar file so far: those of the author's own events come first.
    calendars: usize,
}

impl<'a> Work<'a> {
    fn new(unresolved: &'a Unresolved<'a>, pool: &'a Pool, last_issue: Option<Timestamp>) -> Self {
        let mut work = Self {
            unresolved,
            pool,
            last_issue,
            standing: Vec::new(),
            placed: Vec::new(),
            chosen: Vec::new(),
            rotation: Rotation::default(),
            problems: Vec::new(),
            calendars: unresolved.text.parts.iter().filter(|part| matches!(part.kind, PartKind::Event(_))).count(),
        };
        // Whatever the author names by id stands first, wherever it is in the text, so that the rotation does not take it away.
        for part in &unresolved.text.parts {
            if let PartKind::Feature(id) = &part.kind {
                work.standing.extend(pool.ready.get(id).map(|found| found.candidate.clone()));
            }
        }
        work
    }

    fn parts(&mut self) -> Vec<ResolvedPart> {
        let mut parts = Vec::new();
        for part in &self.unresolved.text.parts {
            match &part.kind {
                PartKind::Prose(blocks) => parts.push(ResolvedPart::Prose(blocks.clone())),
                PartKind::Features(wish) => parts.extend(self.rotated(usize::from(wish.count), &wish.topics, part.span)),
                PartKind::Feature(id) => parts.extend(self.named(id, part.span)),
                PartKind::Event(event) => parts.push(ResolvedPart::Event(Box::new(event.clone()))),
                PartKind::Button { text, link } => parts.push(ResolvedPart::Button { text: text.clone(), link: link.clone() }),
                PartKind::Quote(quotation) => parts.push(ResolvedPart::Quote(quotation.clone())),
                PartKind::Policy(policy) => parts.push(self.policy(policy, part)),
                PartKind::NewPartners { since } => parts.push(ResolvedPart::NewPartners(self.new_partners(*since))),
                PartKind::For { when, text } => parts.push(ResolvedPart::Only { when: when.clone(), text: text.clone() }),
                PartKind::Translation { language, text } => {
                    parts.push(ResolvedPart::Translation { language: language.clone(), text: text.clone() });
                }
            }
        }
        parts
    }

    /// A feature the author names.
    fn named(&mut self, id: &FeatureId, span: Span) -> Option<ResolvedPart> {
        if self.pool.ready.get(id).is_some_and(|found| found.candidate.is_position) {
            let message = format!("feature `{id}` takes a position, and nobody is asked for their yes to it here");
            let help = "make a `policy` block of its text, with the partners that stand by it as `signatories`";
            self.problems.push(Problem::new(rule::PLACE004, span, message, help));
            return None;
        }
        let placed = self.pool.ready.get(id).and_then(|found| self.place(found));
        if placed.is_some() {
            return placed;
        }
        let message = match self.pool.others.get(id) {
            None if self.pool.ready.contains_key(id) => format!("this version cannot read the text of feature `{id}` any more"),
            Some(state) => format!("feature `{id}` is {state}, and only one approved by its partner can run"),
            None => format!("there is no feature `{id}`"),
        };
        let rule = if self.unresolved.is_draft { rule::PLACE002 } else { rule::PLACE001 };
        self.problems.push(Problem::new(rule, span, message, "`pressroom feature list` shows where each stands"));
        None
    }

    /// What the rotation chooses: first what it chose for an earlier proof, as far as that can still run.
    fn rotated(&mut self, count: usize, topics: &[crate::domain::id::Topic], span: Span) -> Vec<ResolvedPart> {
        let mut wish = Wish { count, topics: topics.to_vec(), on: self.unresolved.slot.date(), standing: self.standing.clone() };
        let candidates: Vec<Candidate> = self.pool.ready.values().map(|found| found.candidate.clone()).collect();
        let earlier: Vec<Candidate> = candidates.iter().filter(|one| self.is_kept(&one.feature)).cloned().collect();
        let mut kept = self.pool.choose(earlier, &wish).chosen;
        kept.sort_by_key(|choice| self.unresolved.chosen.iter().position(|id| *id == choice.feature));
        for choice in &mut kept {
            "was chosen for the proof before".clone_into(&mut choice.reason);
        }
        wish.count = count - kept.len();
        wish.standing.extend(kept.iter().filter_map(|choice| self.pool.candidate(&choice.feature)));
        let fresh = self.pool.choose(candidates, &wish);
        let chosen: Vec<Choice> = kept.into_iter().chain(fresh.chosen).collect();

        let mut parts = Vec::new();
        for choice in &chosen {
            if let Some(found) = self.pool.ready.get(&choice.feature) {
                self.standing.push(found.candidate.clone());
                self.chosen.push(choice.feature.clone());
                parts.extend(self.place(found));
            }
        }
        if parts.len() < count {
            let message = format!("the block asks for {count}, and {} can run", parts.len());
            self.problems.push(Problem::new(
                rule::PLACE003,
                span,
                message,
                "`pressroom feature next --explain` says why each other waits",
            ));
        }
        self.note(chosen, fresh.passed_over);
        parts
    }

    fn is_kept(&self, id: &FeatureId) -> bool {
        self.unresolved.chosen.contains(id) && !self.chosen.contains(id)
    }

    /// Joins a block's outcome to the issue's: a feature counts as passed over only when no block took it.
    fn note(&mut self, chosen: Vec<Choice>, passed_over: Vec<Choice>) {
        self.rotation.chosen.extend(chosen);
        let known: BTreeSet<FeatureId> = self.rotation.passed_over.iter().map(|choice| choice.feature.clone()).collect();
        self.rotation.passed_over.extend(passed_over.into_iter().filter(|choice| !known.contains(&choice.feature)));
        let taken: BTreeSet<&FeatureId> = self.placed.iter().map(|placed| &placed.feature).collect();
        self.rotation.passed_over.retain(|choice| !taken.contains(&choice.feature));
    }

    fn place(&mut self, found: &PoolFeature) -> Option<ResolvedPart> {
        let mut piece = found.piece()?;
        let revision = found.feature.source.revision();
        self.placed.push(PlacedFeature { feature: found.candidate.feature.clone(), revision });
        if let Some(held) = &mut piece.event {
            self.calendars += 1;
            held.calendar = Some(self.calendars);
        }
        Some(ResolvedPart::Feature(Box::new(piece)))
    }

    fn policy(&mut self, policy: &PolicyPart, part: &Part) -> ResolvedPart {
        let mut signatories = Vec::new();
        for id in &policy.position.signatories {
            match self.pool.partners.get(id) {
                Some(partner) => signatories.push(partner_line(partner)),
                None => self.problems.push(unknown_partner(id, &self.pool.partners, part.span, self.unresolved.is_draft)),
            }
        }
        let pictures = policy.pictures.iter().filter_map(|picture| shown(self.unresolved.pictures, picture)).collect();
        ResolvedPart::Policy(Box::new(PolicyPiece { position: policy.position.clone(), signatories, pictures }))
    }

    /// Active partners that joined since the day named, else since the newsletter's last issue went out, else all.
    fn new_partners(&self, since: Option<civil::Date>) -> Vec<PartnerLine> {
        let since = match since {
            Some(day) => day.to_zoned(TimeZone::UTC).map(|start| start.timestamp()).ok(),
            None => self.last_issue,
        };
        let is_new = |partner: &&Partner| partner.is_active() && since.is_none_or(|since| partner.standing.since() >= since);
        let on = self.unresolved.slot.date();
        let with_logo = |partner: &Partner| PartnerLine { logo: granted_logo(partner, on), ..partner_line(partner) };
        self.pool.partners.values().filter(is_new).map(with_logo).collect()
    }
}

fn shown(pictures: &BTreeMap<String, Picture>, named: &crate::domain::prose::PictureReference) -> Option<ShownPicture> {
    let picture = pictures.get(&named.file)?.clone();
    Some(ShownPicture { picture, description: named.description.clone(), credit: named.credit.clone() })
}

/// A feature as the mail shows it.
pub(super) fn feature_piece(text: &FeatureText, pictures: &BTreeMap<String, Picture>, partner: PartnerLine) -> FeaturePiece {
    FeaturePiece {
        id: text.id.clone(),
        title: text.title.clone(),
        summary: text.summary.clone(),
        partner,
        brief: text.brief.clone(),
        link: text.link.clone(),
        picture: text.image.as_ref().and_then(|image| shown(pictures, image)),
        event: event_piece(text).map(Box::new),
        story: text.story.clone(),
        pictures: pictures.clone(),
    }
}

/// What a feature tells of, when that is held somewhere.
fn event_piece(text: &FeatureText) -> Option<EventPiece> {
    let held = text.event.as_ref()?;
    let said = |words: &String| Some(words.clone()).filter(|words| !words.is_empty());
    Some(EventPiece {
        event: Event {
            title: text.title.clone(),
            starts: held.starts,
            ends: Some(held.ends),
            zone: TimeZone::get(&held.zone).ok()?,
            place: held.place.clone(),
            link: text.link.as_ref().map(|(target, _)| target.clone()),
            link_text: text.link.as_ref().map(|(_, words)| words.clone()),
            description: said(&text.summary),
        },
        cost: said(&held.cost),
        register_by: held.register_by,
        access: said(&held.access),
        calendar: None,
    })
}

/// A partner's logo, where it may stand in a newsletter of that day.
fn granted_logo(partner: &Partner, on: civil::Date) -> Option<ShownPicture> {
    let logo = partner.logo.as_ref().filter(|logo| logo.grant.covers(GrantScope::Newsletter, on))?;
    Some(ShownPicture { picture: logo.light.picture.clone(), description: logo.description.clone(), credit: None })
}

/// A partner as a mail names it.
pub(super) fn partner_line(partner: &Partner) -> PartnerLine {
    PartnerLine {
        id: partner.id.clone(),
        name: partner.name.as_str().to_owned(),
        blurb: partner.profile.blurb.clone(),
        link: partner.profile.link().cloned(),
        states: partner.profile.states().map(|state| state.as_str().to_owned()).collect(),
        logo: None,
    }
}

/// A problem about a partner nobody knows; only a warning in a draft of a newsroom that has no partners yet.
pub(super) fn unknown_partner(
    id: &PartnerId,
    partners: &BTreeMap<PartnerId, Partner>,
    span: impl Into<Option<Span>>,
    is_draft: bool,
) -> Problem {
    let rule = if is_draft && partners.is_empty() { rule::PARTNER002 } else { rule::PARTNER001 };
    let nearest = partners.keys().max_by(|a, b| {
        let near = |other: &PartnerId| strsim::jaro_winkler(other.as_str(), id.as_str());
        near(a).total_cmp(&near(b))
    });
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? `pressroom partner list` names them all"),
        None => "import the partners first: `pressroom partner import subscribers/partners.csv`".to_owned(),
    };
    Problem::new(rule, span, format!("there is no partner `{id}`"), help)
}

/// The states from which a feature may be placed in this issue.
pub(super) fn may_run(state: &FeatureState, issue: Option<&IssueId>) -> bool {
    match state {
        FeatureState::Approved => true,
        FeatureState::Placed { issue: placed } => issue == Some(placed),
        FeatureState::Draft
        | FeatureState::Submitted
        | FeatureState::InReview
        | FeatureState::Edited
        | FeatureState::Published { .. }
        | FeatureState::Declined { .. }
        | FeatureState::Withdrawn => false,
    }
}
