//! Until when a piece has to be there: the moment at which each public newsletter's next proof is made. It is told, and nothing is refused
//! for it: what comes too late runs later.

use crate::domain::newsletter::Newsletter;
use crate::domain::schedule::ComingSlot;
use crate::domain::subscriber::Language;
use crate::domain::time::Timestamp;
use crate::render::notice::{date_words, moment_words};

use super::Desk;

/// How many slots may lie between now and the first proof that is still to be made.
const SLOTS_LOOKED_AT: usize = 40;

/// A newsletter's next deadline, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    pub newsletter: String,
    /// The moment in the newsletter's zone.
    pub until: String,
    /// The day of the issue that it is for.
    pub issue: String,
    /// The day of the next issue, when its proof is made already.
    pub too_late_for: Option<String>,
}

impl Desk {
    /// The next deadline of each newsletter that everybody may read.
    #[must_use]
    pub fn deadlines(&self, language: &Language) -> Vec<Deadline> {
        self.config
            .newsletters
            .iter()
            .filter(|newsletter| newsletter.public)
            .filter_map(|one| self.deadline(one, language))
            .collect()
    }

    fn deadline(&self, newsletter: &Newsletter, language: &Language) -> Option<Deadline> {
        let (now, zone) = (self.world.now(), &newsletter.timezone);
        let proof_at = |slot: &ComingSlot| slot.instant.saturating_sub(newsletter.proof_lead).unwrap_or(Timestamp::MIN);
        let day = |slot: &ComingSlot| date_words(&self.look, language, slot.slot.date());
        let mut coming = newsletter.schedule.coming(now, zone).take(SLOTS_LOOKED_AT).peekable();
        let next = coming.peek().map(|slot| (proof_at(slot), day(slot)))?;
        let open = coming.find(|slot| proof_at(slot) > now)?;
        let until = proof_at(&open).to_zoned(zone.clone()).datetime();
        Some(Deadline {
            newsletter: newsletter.title.clone(),
            until: moment_words(&self.look, language, until, zone),
            issue: day(&open),
            too_late_for: Some(next.1).filter(|_| next.0 <= now),
        })
    }
}
