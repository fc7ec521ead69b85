//! Whether partners' own addresses still answer. Each is looked at once a week, some at a time; one that meets nothing at two looks a week
//! apart is dead. That is told to staff, and changes nothing of what readers see (rule *every_partner_is_listed*).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::PartnerId;
use crate::domain::partner::{LinkHealth, Partner};
use crate::domain::people::{Role, Who};
use crate::domain::prose::LinkTarget;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::fetch::LinkOutcome;
use crate::store::{Cursor, NotedLink, PAGE_ROWS_MAX};

use super::Desk;
use super::error::Result;
use super::notices::{Notice, who_of};
use super::reply::DeadLink;
use super::rights::Deed;

const LOOK_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Two hundred partners with four addresses each are looked at within a week.
const LOOKS_A_DAY: usize = 120;
/// Together they have two minutes, so that none is given up because others are slow.
const AT_ONCE: usize = 20;

impl Desk {
    /// Looks at some of the addresses whose turn has come, and forgets those that no partner names any more. Answers how many it looked
    /// at; none where the newsroom follows no links.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn look_at_partner_links(&self) -> Result<usize> {
        let Some(checker) = self.links.as_ref().filter(|_| self.config.links.check) else { return Ok(0) };
        let due = self.links_to_look_at().await?;
        for some in due.chunks(AT_ONCE) {
            let urls: Vec<String> = some.iter().map(|(_, target, _)| target.as_str().to_owned()).collect();
            let reports = checker.check(&urls).await;
            for (partner, target, known) in some {
                let Some(report) = reports.iter().find(|report| report.url == target.as_str()) else { continue };
                let health = LinkHealth::after_look(known.as_ref(), self.world.now(), fault_of(&report.outcome));
                self.store.note_link(partner, target, health).await?;
            }
        }
        Ok(due.len())
    }

    async fn links_to_look_at(&self) -> Result<Vec<(PartnerId, LinkTarget, Option<LinkHealth>)>> {
        let (mut due, now, mut noted) = (Vec::new(), self.world.now(), self.noted_links().await?);
        for partner in self.active_partners().await? {
            let (named, known) = (targets(&partner), noted.remove(&partner.id).unwrap_or_default());
            for forgotten in known.keys().filter(|target| !named.contains(target)) {
                self.store.forget_link(&partner.id, forgotten).await?;
            }
            for target in named {
                let health = known.get(&target);
                if health.is_none_or(|health| is_due(health, now)) {
                    due.push((partner.id.clone(), target.clone(), health.cloned()));
                }
            }
        }
        // Who has waited longest comes first.
        due.sort_by_key(|(_, _, known)| known.as_ref().map(|known| known.looked_at));
        due.truncate(LOOKS_A_DAY);
        Ok(due)
    }

    /// The addresses of active partners that are dead, with since when they met nothing; of the partners that somebody may see.
    ///
    /// # Errors
    /// [`super::DeskError::Forbidden`]; [`super::DeskError::Failed`] when the store fails.
    pub async fn dead_links(&self, who: impl Into<Who> + Send) -> Result<Vec<DeadLink>> {
        let who = who.into();
        self.allowed(who.clone(), Deed::SeeRegistry)?;
        self.dead_links_where(|partner| self.may(&who, Deed::SeePartner(partner.into()))).await
    }

    /// Tells editors of dead addresses, once a month as long as there are any; and network editors of those of their partners.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn tell_of_dead_links(&self) -> Result<()> {
        let dead = self.dead_links_where(|_| true).await?;
        if dead.is_empty() {
            return Ok(());
        }
        let month = self.today().strftime("%Y-%m").to_string();
        self.notify(Notice::DeadLinks { dead: &dead, month: &month, only: None }).await?;
        for staff in self.config.staff.iter().filter(|staff| staff.roles.has(Role::NetworkEditor)) {
            let Some(who) = who_of(staff) else { continue };
            let theirs = self.dead_links(who).await?;
            if !theirs.is_empty() {
                self.notify(Notice::DeadLinks { dead: &theirs, month: &month, only: Some(staff) }).await?;
            }
        }
        Ok(())
    }

    async fn dead_links_where(&self, is_meant: impl Fn(&Partner) -> bool + Send) -> Result<Vec<DeadLink>> {
        let (mut dead, mut noted) = (Vec::new(), self.noted_links().await?);
        for partner in self.active_partners().await?.into_iter().filter(|partner| is_meant(partner)) {
            let named = targets(&partner);
            let known = noted.remove(&partner.id).unwrap_or_default();
            for (target, health) in known.iter().filter(|(target, health)| health.is_dead() && named.contains(target)) {
                dead.push(DeadLink {
                    partner: partner.id.to_string(),
                    link: target.as_str().to_owned(),
                    since: health.failing_since.map(|since| since.to_string()).unwrap_or_default(),
                    why: health.why.clone(),
                });
            }
        }
        Ok(dead)
    }

    /// What is noted of everybody's addresses, read once through.
    async fn noted_links(&self) -> Result<BTreeMap<PartnerId, BTreeMap<LinkTarget, LinkHealth>>> {
        let mut noted: BTreeMap<PartnerId, BTreeMap<LinkTarget, LinkHealth>> = BTreeMap::new();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_links(cursor, PAGE_ROWS_MAX).await?;
            for NotedLink { partner, link, health } in page.rows {
                noted.entry(partner).or_default().insert(link, health);
            }
            from = page.next;
        }
        Ok(noted)
    }
}

/// What a page of the directory links to.
fn targets(partner: &Partner) -> BTreeSet<LinkTarget> {
    partner.profile.targets().filter(|target| target.is_web()).cloned().collect()
}

/// A clock that was put back makes a look seem to come.
fn is_due(health: &LinkHealth, now: Timestamp) -> bool {
    now < health.looked_at || now.duration_since(health.looked_at) >= LOOK_EVERY
}

fn fault_of(outcome: &LinkOutcome) -> Option<String> {
    match outcome {
        LinkOutcome::Fine { .. } | LinkOutcome::Moved { .. } => None,
        LinkOutcome::Gone { status } => Some(format!("status {status}")),
        LinkOutcome::Unreachable { why } => Some(why.clone()),
        LinkOutcome::Private { host } => Some(format!("leads to {host}, which readers cannot reach")),
    }
}
