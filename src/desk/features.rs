//! Features: a partner's text comes in, and is listed and shown. What staff and partner do to it then is `review`'s; what the rotation does
//! with those that may run is `pool`'s and `resolve`'s.

use crate::domain::difference::{word_diff, written};
use crate::domain::feature::{
    DraftRow, Feature, FeatureCard, FeatureEvent, FeatureNote, FeatureRefusal, FeatureRow, FeatureState, FeatureText, NoteKind,
    Side, SourceFile,
};
use crate::domain::id::{NetworkId, PartnerId};
use crate::domain::likeness::likeness;
use crate::domain::people::{Actor, Who};
use crate::store::Cursor;

use super::Desk;
use super::bundle::{FileBundle, FileReport};
use super::error::{DeskError, Result};
use super::intake::{Taken, Unknown};
use super::notices::Notice;
use super::pool::read_feature;
use super::reply::{AlikeLine, FeatureChanged, FeatureDetail, FeatureLine, NoteLine, Paged, Quota};
use super::request::{ListPage, NameFeature, SubmitFeature};
use super::review::mails::Told;
use super::rights::{Deed, Whose};
use super::room::{cursor_of, page_rows, paged};

/// What is here already of a text that comes in.
pub(super) struct Known {
    pub(super) feature: Feature,
    /// What is left of its draft, where the text was written there.
    pub(super) sent: Option<DraftRow>,
}

impl Desk {
    /// Takes a partner's text in. Sending it again replaces the text before, as long as it stands in no proof.
    ///
    /// # Errors
    /// [`DeskError::AuthorFiles`] with every problem; [`DeskError::Refused`] when the feature is placed or published.
    pub async fn submit_feature(&self, actor: &Actor, request: SubmitFeature) -> Result<FeatureChanged> {
        let (text, taken) = self.sound_feature(&request.file).await?;
        let source = taken.source(&request.file.name);
        let known = self.store.find_feature(&text.id).await?;
        if let Some(known) = known.as_ref().filter(|known| is_same_text(known, &source)) {
            return Ok(changed(known, Some(taken.report), None));
        }
        self.keep_pictures(taken.pictures).await?;
        let known = known.map(|feature| Known { feature, sent: None });
        let admitted = self.admit_feature(&Who::from(actor), known, (&text, source)).await?;
        let over_quota = Some(self.quota_beside(&text.id).await?).filter(Quota::is_used_up);
        Ok(FeatureChanged { report: Some(taken.report), over_quota, ..admitted })
    }

    /// Writes a sound text down as sent in: by whoever may write it, by whatever way it came. Its pictures are kept already.
    pub(super) async fn admit_feature(
        &self,
        who: &Who,
        known: Option<Known>,
        (text, source): (&FeatureText, SourceFile),
    ) -> Result<FeatureChanged> {
        let (actor, now) = (who.actor(), self.world.now());
        let (state, sent, waits_for, version) = match known {
            Some(Known { feature, sent }) => {
                (feature.state.step(FeatureEvent::Submitted, now)?, sent, feature.waits_for, feature.version)
            }
            None => (FeatureState::Submitted, None, None, 0),
        };
        let feature = Feature {
            id: text.id.clone(),
            source,
            before_edit: None,
            state,
            submitted_by: actor.clone(),
            submitted_at: now,
            agreement: String::new(),
            waits_for,
            card: FeatureCard::of(text),
            version,
        };
        let note = self.note(who, NoteKind::Submitted, "", Some(&feature));
        // Whoever types it in at the command line is staff, and knows.
        let mails = match note.side {
            Side::Partner => {
                let receipts = self.partner_mails(&feature, Told::Submitted).await?;
                let told = self.notice_mails(Notice::FeatureArrived { feature: &feature }).await?;
                receipts.into_iter().chain(told).collect()
            }
            Side::Staff => Vec::new(),
        };
        let feature = match sent {
            Some(draft) => self.write_sent(feature, draft, (note, mails)).await?,
            None => self.write_telling(feature, note, mails).await?,
        };
        self.audit(&actor, "feature.submit", feature.id.to_string(), revision_note(&feature)).await?;
        let alike = self.alike(who, &feature).await?;
        Ok(FeatureChanged { alike, ..changed(&feature, None, None) })
    }

    /// Other pieces that look like this one, of those that somebody may see. It points out; nothing is refused for it.
    pub(super) async fn alike(&self, who: &Who, feature: &Feature) -> Result<Vec<AlikeLine>> {
        let others = self.all_cards().await?.into_iter().filter(|row| row.id != feature.id && row.state != FeatureState::Draft);
        let alike = others.filter_map(|row| likeness(&feature.card, &row.card).map(|why| (row, why)));
        let mut found = Vec::new();
        for (row, why) in alike {
            let (partner, networks) = (row.id.partner(), self.networks_of(row.id.partner()).await?);
            if self.may(who, Deed::SeeFeature(Whose { partner, networks: &networks })) {
                found.push(AlikeLine { id: row.id.to_string(), state: row.state.word().to_owned(), why: why.word().to_owned() });
            }
            if found.len() == ALIKE_MAX {
                break;
            }
        }
        Ok(found)
    }

    /// A line for a feature's history.
    pub(super) fn note(&self, who: &Who, kind: NoteKind, text: &str, of: Option<&Feature>) -> FeatureNote {
        let side = match who {
            Who::Contact { .. } => Side::Partner,
            Who::Command(_) | Who::Clock | Who::Staff { .. } | Who::Visitor => Side::Staff,
        };
        FeatureNote {
            number: 0,
            at: self.world.now(),
            by: who.actor(),
            side,
            kind,
            text: text.to_owned(),
            is_shared: true,
            revision: of.map(|feature| feature.source.revision()),
        }
    }

    /// A line of what the newsroom does by itself.
    pub(super) fn house_note(&self, kind: NoteKind, text: &str) -> FeatureNote {
        self.note(&Who::Clock, kind, text, None)
    }

    /// The networks that a partner belongs to; none when nobody knows it any more.
    pub(super) async fn networks_of(&self, partner: &PartnerId) -> Result<Vec<NetworkId>> {
        Ok(self.store.find_partner(partner).await?.map(|partner| partner.networks).unwrap_or_default())
    }

    /// A feature file without errors, from a partner that is known.
    pub(super) async fn sound_feature(&self, file: &FileBundle) -> Result<(FeatureText, Taken)> {
        self.take_feature(file, Unknown::IsWrong).await?.sound(&file.name)
    }

    /// A page of features, by id.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when the page's beginning is damaged.
    pub async fn list_features(&self, request: ListPage) -> Result<Paged<FeatureLine>> {
        let mut page = self.store.page_cards(cursor_of(request.from.as_deref())?, page_rows(request.rows)).await?;
        page.rows.retain(|row| row.state != FeatureState::Draft);
        Ok(paged(page, |row| feature_line(&row)))
    }

    /// A feature in full.
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub async fn show_feature(&self, request: NameFeature) -> Result<FeatureDetail> {
        let feature = self.feature_named(&request.feature).await?;
        let text = read_feature(&feature);
        let reason = match &feature.state {
            FeatureState::Declined { reason } => Some(reason.clone()),
            FeatureState::Draft
            | FeatureState::Submitted
            | FeatureState::InReview
            | FeatureState::Edited
            | FeatureState::Approved
            | FeatureState::Placed { .. }
            | FeatureState::Published { .. }
            | FeatureState::Withdrawn => None,
        };
        let notes = self.store.page_notes(&feature.id, Cursor::start(), HISTORY_MAX).await?;
        Ok(FeatureDetail {
            history: notes.rows.iter().rev().map(note_line).collect(),
            waits_for: feature.waits_for.map(|day| day.to_string()),
            line: feature_line(&feature.row()),
            summary: text.as_ref().map(|text| text.summary.clone()).unwrap_or_default(),
            useful_until: text.and_then(|text| text.useful_until).map(|day| day.to_string()),
            revision: feature.source.revision().to_string(),
            reason,
            submitted_by: feature.submitted_by.to_string(),
            submitted_at: feature.submitted_at.to_string(),
            diff: feature
                .before_edit
                .as_ref()
                .and_then(|before| word_diff(&before.text, &feature.source.text))
                .map(|pieces| written(&pieces)),
            agreement: feature.agreement,
            text: feature.source.text,
        })
    }
}

/// Whether a text is what the partner sent before, and nobody has changed it since.
pub(super) fn is_same_text(known: &Feature, source: &SourceFile) -> bool {
    known.state != FeatureState::Draft && known.source.revision() == source.revision() && known.before_edit.is_none()
}

/// How many other pieces are pointed out.
const ALIKE_MAX: usize = 5;
/// How many lines of a history are shown: the latest.
pub(super) const HISTORY_MAX: usize = 200;

pub(super) fn note_line(note: &FeatureNote) -> NoteLine {
    NoteLine {
        at: note.at.to_string(),
        by: note.by.to_string(),
        side: note.side.word().to_owned(),
        what: note.kind.word().to_owned(),
        text: note.text.clone(),
        shared: note.is_shared,
    }
}

impl From<FeatureRefusal> for DeskError {
    fn from(refusal: FeatureRefusal) -> Self {
        Self::refused(refusal.to_string(), "`pressroom feature show` says where it stands")
    }
}

pub(super) fn revision_note(feature: &Feature) -> String {
    format!("revision {}", feature.source.revision().short())
}

pub(super) fn feature_line(feature: &FeatureRow) -> FeatureLine {
    let issue = match &feature.state {
        FeatureState::Placed { issue } | FeatureState::Published { issue, .. } => Some(issue.to_string()),
        FeatureState::Draft
        | FeatureState::Submitted
        | FeatureState::InReview
        | FeatureState::Edited
        | FeatureState::Approved
        | FeatureState::Declined { .. }
        | FeatureState::Withdrawn => None,
    };
    FeatureLine {
        id: feature.id.to_string(),
        partner: feature.id.partner().to_string(),
        title: feature.card.title.clone(),
        state: feature.state.word().to_owned(),
        issue,
    }
}

pub(super) fn changed(feature: &Feature, report: Option<FileReport>, diff: Option<String>) -> FeatureChanged {
    let line = feature_line(&feature.row());
    FeatureChanged { line, revision: feature.source.revision().to_string(), report, diff, alike: Vec::new(), over_quota: None }
}
