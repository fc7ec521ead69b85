//! What a partner writes in the portal: a draft that is saved as often as somebody types, and sent in once it is whole. What is sent is the
//! file that the form writes, looked over like any other (`content::feature_form`).
//!
//! A draft is its partner's alone: no history, no audit and no list of staff tells of it before it is sent.

mod page;

use std::collections::BTreeMap;

use crate::content::feature_form::{FeatureForm, Field};
use crate::domain::feature::{
    DRAFT_BYTES_MAX, Draft, DraftRow, Feature, FeatureCard, FeatureEvent, FeatureRow, FeatureState, SourceFile,
};
use crate::domain::id::{FeatureId, PartnerId, PictureHash, RevisionHash, slug_of};
use crate::domain::people::{Actor, Who};
use crate::domain::picture::{Picture, PictureFormat};
use crate::store::Change;

use super::Desk;
use super::error::{DeskError, Result};
use super::features::{Known, is_same_text};
use super::intake::prepared;
use super::pool::read_feature;
use super::reply::FieldChange;
use super::rights::{Deed, Whose};
use super::typed::required;

pub use page::{Counts, DraftPage, DraftProblem};
pub(super) use page::{form_of, readable};

/// Pieces of one partner that were begun and not sent.
const DRAFTS_MAX: usize = 10;
/// How many pieces of one partner may have the same words in their ids.
const NAMESAKES_MAX: usize = 50;
/// What cannot be a piece's id, because the form for a new one stands there.
const RESERVED: &str = "new";
/// The most pieces that a partner's list shows.
const OWN_MAX: usize = 500;

/// What was typed, and what it was typed into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedDraft {
    /// Of the draft, as it was when the form was shown.
    pub version: u64,
    /// The text that was sent before, as it was then; `None`: whatever it is now.
    pub sent: Option<RevisionHash>,
    /// The picture that the form showed, if it showed one.
    pub picture: Option<PictureHash>,
    pub form: FeatureForm,
    pub removes_picture: bool,
}

/// What came of sending a piece in.
#[derive(Debug)]
pub enum Sending {
    Sent,
    /// Something has to be mended first. What was typed is kept.
    Wanting(Box<DraftPage>),
    /// Staff have changed the text that was sent before. What was typed is kept, and the page says what it would replace.
    Overtaken(Box<DraftPage>),
}

/// What came of giving a picture.
#[derive(Debug)]
pub enum PictureEnd {
    Kept,
    /// It cannot be used: what is wrong, and how to mend it. What was typed is kept.
    Refused {
        what: String,
        help: String,
    },
}

/// A piece that somebody may write at, and what was written and not sent.
pub(super) struct OwnPiece {
    pub(super) feature: Feature,
    pub(super) row: DraftRow,
}

impl Desk {
    /// A partner's own pieces, the latest first.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for anybody else.
    pub async fn own_features(&self, who: &Who, partner: &PartnerId) -> Result<Vec<FeatureRow>> {
        let networks = self.networks_of(partner).await?;
        self.allowed(who.clone(), Deed::SeeFeature(Whose { partner, networks: &networks }))?;
        let mut rows = self.cards_of(partner).await?;
        rows.sort_by_key(|row| std::cmp::Reverse((row.state == FeatureState::Draft, row.submitted_at)));
        rows.truncate(OWN_MAX);
        Ok(rows)
    }

    /// Begins a piece under its headline, which also gives it its id for good.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Usage`] without a headline; [`DeskError::Refused`] when too many are begun and not sent.
    pub async fn begin_draft(&self, who: &Who, partner: &PartnerId, title: &str) -> Result<FeatureId> {
        let actor = self.allowed(who.clone(), Deed::WriteFeature(partner))?;
        let title = required("a headline", title)?;
        let own = self.cards_of(partner).await?;
        if own.iter().filter(|row| row.state == FeatureState::Draft).count() >= DRAFTS_MAX {
            let message = format!("{DRAFTS_MAX} pieces are begun and not sent");
            return Err(DeskError::refused(message, "send one of them, or throw one away"));
        }
        let id = self.unused_id(partner, &title).await?;
        let mut form = FeatureForm::default();
        form.set(Field::Partner, partner.as_str());
        form.set(Field::Title, &title);
        let now = self.world.now();
        let feature = Feature {
            source: SourceFile { name: format!("{}.md", id.slug()), text: String::new(), pictures: BTreeMap::new() },
            before_edit: None,
            state: FeatureState::Draft,
            submitted_by: actor.clone(),
            submitted_at: now,
            agreement: String::new(),
            waits_for: None,
            card: FeatureCard { title, ..FeatureCard::default() },
            version: 0,
            id: id.clone(),
        };
        let base = feature.source.revision();
        let draft = Draft { fields: form.to_fields(), pictures: BTreeMap::new(), base, saved_at: now, by: actor };
        self.keep_draft(OwnPiece { feature, row: DraftRow::default() }, Some(draft)).await?;
        Ok(id)
    }

    async fn unused_id(&self, partner: &PartnerId, title: &str) -> Result<FeatureId> {
        let slug = slug_of(title).unwrap_or_else(|| "piece".to_owned());
        for number in 1..=NAMESAKES_MAX {
            let slug = if number == 1 { slug.clone() } else { format!("{slug}-{number}") };
            let id = FeatureId::new(partner.clone(), &slug).ok().filter(|_| slug != RESERVED);
            if let Some(id) = id
                && self.store.find_feature(&id).await?.is_none()
            {
                return Ok(id);
            }
        }
        Err(DeskError::refused("there are many pieces of this headline", "give it another one"))
    }

    /// A piece in the form, as it was saved last or else as it was sent.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Refused`] when it stands in an issue or is published.
    pub async fn open_draft(&self, who: &Who, id: &FeatureId) -> Result<DraftPage> {
        let own = self.own_piece(who, id).await?;
        self.draft_page(&own, None).await
    }

    /// The form with what was typed in it, saved or not.
    ///
    /// # Errors
    /// As [`Desk::open_draft`].
    pub async fn typed_draft(&self, who: &Who, id: &FeatureId, typed: &TypedDraft) -> Result<DraftPage> {
        let own = self.own_piece(who, id).await?;
        self.draft_page(&own, Some(typed)).await
    }

    /// Keeps what was typed, right or not.
    ///
    /// # Errors
    /// As [`Desk::open_draft`]; [`DeskError::Temporary`] when it was changed since the form was shown; [`DeskError::Usage`] when it is too long.
    pub async fn save_draft(&self, who: &Who, id: &FeatureId, typed: &TypedDraft) -> Result<DraftPage> {
        let own = self.saved(who, id, typed).await?;
        self.draft_page(&own, None).await
    }

    async fn saved(&self, who: &Who, id: &FeatureId, typed: &TypedDraft) -> Result<OwnPiece> {
        let mut own = self.own_piece(who, id).await?;
        let mut before = draft_of(&own, &who.actor());
        if let Some(sent) = typed.sent.filter(|_| own.row.draft.is_none()) {
            before.base = sent;
        }
        let draft = Draft { saved_at: self.world.now(), by: who.actor(), ..typed_over(&before, id, typed) };
        let length: usize = draft.fields.values().map(String::len).sum();
        if length > DRAFT_BYTES_MAX {
            let message = format!("the piece has {length} bytes; at most {DRAFT_BYTES_MAX} are kept");
            return Err(DeskError::usage(message, "keep the story on your own pages and link to it"));
        }
        let is_current = typed.version == own.row.version;
        let is_same = before.fields == draft.fields && before.pictures == draft.pictures;
        // Also where the version is an older one: its sender never heard that it was kept. Of the picture only what was shown is known.
        if is_same && (is_current || typed.picture == picture_of(&before).map(|picture| picture.hash)) {
            return Ok(own);
        }
        if !is_current {
            return Err(DeskError::changed_meanwhile("the piece"));
        }
        if own.feature.state == FeatureState::Draft {
            let title = draft.fields.get(Field::Title.name()).cloned().unwrap_or_default();
            own.feature.card = FeatureCard { title, ..FeatureCard::default() };
        }
        self.keep_draft(own, Some(draft)).await
    }

    /// Keeps what was typed, and a picture for it: of the file nothing but the picture itself.
    ///
    /// # Errors
    /// As [`Desk::save_draft`].
    pub async fn add_picture(&self, who: &Who, id: &FeatureId, (typed, bytes): (&TypedDraft, Vec<u8>)) -> Result<PictureEnd> {
        let own = self.saved(who, id, typed).await?;
        if typed.form.get(Field::ImageDescription).is_empty() {
            let (what, help) = ("the picture is not described", "say in a few words what it shows, for those who cannot see it");
            return Ok(PictureEnd::Refused { what: what.to_owned(), help: help.to_owned() });
        }
        let (picture, bytes) = match prepared(bytes).await {
            Ok(ready) => ready,
            Err((what, help)) => return Ok(PictureEnd::Refused { what, help }),
        };
        self.store.put_picture(&picture, bytes).await?;
        let name = match picture.format {
            PictureFormat::Jpeg => "picture.jpg",
            PictureFormat::Png => "picture.png",
            PictureFormat::Gif => "picture.gif",
        };
        let mut draft = draft_of(&own, &who.actor());
        if let Some(before) = draft.fields.insert(Field::ImageFile.name().to_owned(), name.to_owned()) {
            draft.pictures.remove(&before);
        }
        draft.pictures.insert(name.to_owned(), picture);
        let draft = Draft { saved_at: self.world.now(), by: who.actor(), ..draft };
        self.keep_draft(own, Some(draft)).await?;
        Ok(PictureEnd::Kept)
    }

    /// Keeps what was typed and sends it in, once nothing is missing and nothing is wrong.
    ///
    /// # Errors
    /// As [`Desk::save_draft`]; [`DeskError::Refused`] when the partner has too much in hand.
    pub async fn submit_draft(&self, who: &Who, id: &FeatureId, (typed, is_authorised): (&TypedDraft, bool)) -> Result<Sending> {
        let own = self.saved(who, id, typed).await?;
        let mut page = self.draft_page(&own, None).await?;
        // What staff made of the text meanwhile is looked at before it is replaced.
        if own.feature.state != FeatureState::Draft && typed.sent.is_some_and(|sent| sent != own.feature.source.revision()) {
            page.put_beside(&own.feature);
            return Ok(Sending::Overtaken(Box::new(page)));
        }
        if !is_authorised && !page.missing.contains(&Field::AuthorisedBy) {
            page.missing.push(Field::AuthorisedBy);
        }
        let Some((text, source)) = page.whole.take().filter(|_| page.missing.is_empty()) else {
            return Ok(Sending::Wanting(Box::new(page)));
        };
        if !own.feature.state.is_in_hand() {
            self.require_room(id).await?;
        }
        if own.feature.state.is_in_hand() && is_same_text(&own.feature, &source) {
            self.keep_draft(own, None).await?;
        } else {
            let sent = Some(DraftRow { version: own.row.version + 1, draft: None });
            self.admit_feature(who, Some(Known { feature: own.feature, sent }), (&text, source)).await?;
        }
        Ok(Sending::Sent)
    }

    /// Throws away what was not sent. A piece that never was is gone; of another, what was sent stays.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Temporary`] when it was changed since the form was shown.
    pub async fn drop_draft(&self, who: &Who, id: &FeatureId, version: u64) -> Result<()> {
        let own = self.own_piece(who, id).await?;
        if own.row.version != version {
            return Err(DeskError::changed_meanwhile("the piece"));
        }
        if own.feature.state != FeatureState::Draft {
            self.keep_draft(own, None).await?;
            return Ok(());
        }
        match self.store.drop_draft(id, version).await? {
            Change::Done => Ok(()),
            Change::Conflict { .. } => Err(DeskError::changed_meanwhile("the piece")),
        }
    }

    /// What somebody has in the form now.
    pub(super) async fn own_draft(&self, who: &Who, id: &FeatureId) -> Result<Draft> {
        let own = self.own_piece(who, id).await?;
        Ok(draft_of(&own, &own.feature.submitted_by))
    }

    /// A piece that somebody may write at now.
    async fn own_piece(&self, who: &Who, id: &FeatureId) -> Result<OwnPiece> {
        self.allowed(who.clone(), Deed::WriteFeature(id.partner()))?;
        let feature = self.store.find_feature(id).await?.ok_or_else(|| DeskError::NotFound {
            what: "piece",
            id: id.to_string(),
            help: "the first page of the room names those that are here".to_owned(),
        })?;
        feature.state.clone().step(FeatureEvent::Submitted, self.world.now())?;
        Ok(OwnPiece { row: self.store.find_draft(id).await?, feature })
    }

    /// A draft leaves no line in the history, and what was sent as it is. Of what was never sent, lists show the headline.
    async fn keep_draft(&self, own: OwnPiece, draft: Option<Draft>) -> Result<OwnPiece> {
        let OwnPiece { mut feature, row } = own;
        let row = DraftRow { version: row.version + 1, draft };
        let change = if feature.state == FeatureState::Draft {
            feature.version += 1;
            self.store.put_feature_and_draft(feature.clone(), row.clone(), Vec::new(), Vec::new()).await?
        } else {
            self.store.put_draft(&feature.id, row.clone()).await?
        };
        match change {
            Change::Done => Ok(OwnPiece { feature, row }),
            Change::Conflict { .. } => Err(DeskError::changed_meanwhile("the piece")),
        }
    }
}

/// What the form begins with: what was saved, else what was sent.
fn draft_of(own: &OwnPiece, actor: &Actor) -> Draft {
    let feature = &own.feature;
    let sent = || Draft {
        fields: form_sent(feature).to_fields(),
        pictures: feature.source.pictures.clone(),
        base: feature.source.revision(),
        saved_at: feature.submitted_at,
        by: actor.clone(),
    };
    own.row.draft.clone().unwrap_or_else(sent)
}

fn picture_of(draft: &Draft) -> Option<&Picture> {
    draft.pictures.get(draft.fields.get(Field::ImageFile.name())?)
}

/// The text that was sent, in the form.
fn form_sent(feature: &Feature) -> FeatureForm {
    read_feature(feature).map(|text| FeatureForm::of(&text, &feature.source.text)).unwrap_or_default()
}

/// What a text would change of another, field by field.
fn beside(stands: &FeatureForm, typed: &FeatureForm) -> Vec<FieldChange> {
    stands.changes(typed).into_iter().map(|(field, pieces)| FieldChange { field: Some(field), pieces }).collect()
}

/// A draft with what was typed in place of what was there. Whose piece it is and which picture it has are not typed.
fn typed_over(before: &Draft, id: &FeatureId, typed: &TypedDraft) -> Draft {
    let mut form = typed.form.clone();
    form.set(Field::Partner, id.partner().as_str());
    let kept = before.fields.get(Field::ImageFile.name()).filter(|_| !typed.removes_picture);
    form.set(Field::ImageFile, kept.map_or("", String::as_str));
    let mut pictures = before.pictures.clone();
    if typed.removes_picture
        && let Some(removed) = before.fields.get(Field::ImageFile.name())
    {
        pictures.remove(removed);
    }
    Draft { fields: form.to_fields(), pictures, ..before.clone() }
}
