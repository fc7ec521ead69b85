//! Features, the files people send in, and pictures' facts as they lie in the store.

mod card;
mod note;

use serde::{Deserialize, Serialize};

use super::moment::{Day, Moment};
use super::{Damage, Form, read_form, write_form};
use crate::domain::feature::{Draft, DraftRow, Feature, FeatureState, SourceFile};
use crate::domain::id::{FeatureId, IssueId, PictureHash, RevisionHash};
use crate::domain::people::Actor;
use crate::domain::picture::{Drawing, Picture, PictureFormat};
use crate::store::Result;
use card::CardForm;

pub(in crate::store::sled) use card::{decode_row, encode_row};
pub(in crate::store::sled) use note::{decode_note, encode_note};

#[derive(Serialize, Deserialize)]
struct FeatureForm {
    id: String,
    source: SourceForm,
    before_edit: Option<SourceForm>,
    state: StateForm,
    submitted_by: String,
    submitted_at: Moment,
    agreement: String,
    waits_for: Option<Day>,
    card: CardForm,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct DraftForm {
    fields: Vec<(String, String)>,
    pictures: Vec<(String, PictureForm)>,
    base: [u8; 32],
    saved_at: Moment,
    by: String,
}

#[derive(Serialize, Deserialize)]
struct DraftRowForm {
    version: u64,
    draft: Option<DraftForm>,
}

impl Form for DraftRowForm {
    const WHAT: &'static str = "draft";
    const VERSION: u8 = 1;
}

impl Form for FeatureForm {
    const WHAT: &'static str = "feature";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
pub(super) enum StateForm {
    Draft,
    Submitted,
    InReview,
    Edited,
    Approved,
    Placed(String),
    Published(String, Moment),
    Declined(String),
    Withdrawn,
}

/// A source file within another record.
#[derive(Serialize, Deserialize)]
pub(super) struct SourceForm {
    name: String,
    text: String,
    pictures: Vec<(String, PictureForm)>,
}

/// A picture's facts, within another record or alone.
#[derive(Serialize, Deserialize)]
pub(super) struct PictureForm {
    hash: [u8; 32],
    format: FormatForm,
    width_px: u32,
    height_px: u32,
    size_bytes: u64,
}

impl Form for PictureForm {
    const WHAT: &'static str = "picture";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum FormatForm {
    Jpeg,
    Png,
    Gif,
}

pub(in crate::store::sled) fn encode(feature: &Feature) -> Result<Vec<u8>> {
    write_form(&FeatureForm {
        id: feature.id.to_string(),
        source: SourceForm::of(&feature.source),
        before_edit: feature.before_edit.as_ref().map(SourceForm::of),
        state: state_form(&feature.state),
        submitted_by: feature.submitted_by.as_str().to_owned(),
        submitted_at: Moment::of(feature.submitted_at),
        agreement: feature.agreement.clone(),
        waits_for: feature.waits_for.map(Day::of),
        card: CardForm::of(&feature.card),
        version: feature.version,
    })
}

pub(in crate::store::sled) fn decode(key: &str, bytes: &[u8]) -> Result<Feature> {
    read_form(bytes, &|| key.to_owned(), |form: FeatureForm| {
        Ok(Feature {
            id: FeatureId::parse(&form.id)?,
            source: form.source.file(),
            before_edit: form.before_edit.map(SourceForm::file),
            state: state(form.state)?,
            submitted_by: Actor::parse(&form.submitted_by)?,
            submitted_at: form.submitted_at.timestamp()?,
            agreement: form.agreement,
            waits_for: form.waits_for.map(Day::date).transpose()?,
            card: form.card.card()?,
            version: form.version,
        })
    })
}

pub(in crate::store::sled) fn encode_draft(row: &DraftRow) -> Result<Vec<u8>> {
    write_form(&DraftRowForm { version: row.version, draft: row.draft.as_ref().map(DraftForm::of) })
}

pub(in crate::store::sled) fn decode_draft(key: &str, bytes: &[u8]) -> Result<DraftRow> {
    read_form(bytes, &|| key.to_owned(), |form: DraftRowForm| {
        Ok(DraftRow { version: form.version, draft: form.draft.map(DraftForm::draft).transpose()? })
    })
}

impl DraftForm {
    fn of(draft: &Draft) -> Self {
        Self {
            fields: draft.fields.iter().map(|(name, text)| (name.clone(), text.clone())).collect(),
            pictures: draft.pictures.iter().map(|(name, picture)| (name.clone(), picture_form(picture))).collect(),
            base: *draft.base.as_bytes(),
            saved_at: Moment::of(draft.saved_at),
            by: draft.by.as_str().to_owned(),
        }
    }

    fn draft(self) -> std::result::Result<Draft, Damage> {
        Ok(Draft {
            fields: self.fields.into_iter().collect(),
            pictures: self.pictures.into_iter().map(|(name, form)| (name, picture(form))).collect(),
            base: RevisionHash::from_bytes(self.base),
            saved_at: self.saved_at.timestamp()?,
            by: Actor::parse(&self.by)?,
        })
    }
}

fn state_form(state: &FeatureState) -> StateForm {
    match state {
        FeatureState::Draft => StateForm::Draft,
        FeatureState::Submitted => StateForm::Submitted,
        FeatureState::InReview => StateForm::InReview,
        FeatureState::Edited => StateForm::Edited,
        FeatureState::Approved => StateForm::Approved,
        FeatureState::Placed { issue } => StateForm::Placed(issue.as_str().to_owned()),
        FeatureState::Published { issue, at } => StateForm::Published(issue.as_str().to_owned(), Moment::of(*at)),
        FeatureState::Declined { reason } => StateForm::Declined(reason.clone()),
        FeatureState::Withdrawn => StateForm::Withdrawn,
    }
}

fn state(form: StateForm) -> std::result::Result<FeatureState, Damage> {
    Ok(match form {
        StateForm::Draft => FeatureState::Draft,
        StateForm::Submitted => FeatureState::Submitted,
        StateForm::InReview => FeatureState::InReview,
        StateForm::Edited => FeatureState::Edited,
        StateForm::Approved => FeatureState::Approved,
        StateForm::Placed(issue) => FeatureState::Placed { issue: IssueId::parse(&issue)? },
        StateForm::Published(issue, at) => FeatureState::Published { issue: IssueId::parse(&issue)?, at: at.timestamp()? },
        StateForm::Declined(reason) => FeatureState::Declined { reason },
        StateForm::Withdrawn => FeatureState::Withdrawn,
    })
}

impl SourceForm {
    pub(super) fn of(file: &SourceFile) -> Self {
        Self {
            name: file.name.clone(),
            text: file.text.clone(),
            pictures: file.pictures.iter().map(|(path, picture)| (path.clone(), picture_form(picture))).collect(),
        }
    }

    pub(super) fn file(self) -> SourceFile {
        let pictures = self.pictures.into_iter().map(|(path, form)| (path, picture(form))).collect();
        SourceFile { name: self.name, text: self.text, pictures }
    }
}

pub(in crate::store::sled) fn encode_picture(picture: &Picture) -> Result<Vec<u8>> {
    write_form(&picture_form(picture))
}

pub(in crate::store::sled) fn decode_picture(hash: &PictureHash, bytes: &[u8]) -> Result<Picture> {
    read_form(bytes, &|| hash.to_string(), |form: PictureForm| Ok(picture(form)))
}

#[derive(Serialize, Deserialize)]
struct DrawingForm {
    size_bytes: u64,
}

impl Form for DrawingForm {
    const WHAT: &'static str = "drawing";
    const VERSION: u8 = 1;
}

pub(in crate::store::sled) fn encode_drawing(drawing: &Drawing) -> Result<Vec<u8>> {
    write_form(&DrawingForm { size_bytes: drawing.size_bytes })
}

pub(in crate::store::sled) fn decode_drawing(hash: &PictureHash, bytes: &[u8]) -> Result<Drawing> {
    read_form(bytes, &|| hash.to_string(), |form: DrawingForm| Ok(Drawing { hash: *hash, size_bytes: form.size_bytes }))
}

pub(super) fn picture_form(picture: &Picture) -> PictureForm {
    PictureForm {
        hash: *picture.hash.as_bytes(),
        format: match picture.format {
            PictureFormat::Jpeg => FormatForm::Jpeg,
            PictureFormat::Png => FormatForm::Png,
            PictureFormat::Gif => FormatForm::Gif,
        },
        width_px: picture.width_px,
        height_px: picture.height_px,
        size_bytes: picture.size_bytes,
    }
}

pub(super) fn picture(form: PictureForm) -> Picture {
    Picture {
        hash: PictureHash::from_bytes(form.hash),
        format: match form.format {
            FormatForm::Jpeg => PictureFormat::Jpeg,
            FormatForm::Png => PictureFormat::Png,
            FormatForm::Gif => PictureFormat::Gif,
        },
        width_px: form.width_px,
        height_px: form.height_px,
        size_bytes: form.size_bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_feature_in_every_state_comes_back_as_it_was() {
        let issue = IssueId::parse("2027-02-partners").unwrap();
        let at = Timestamp::new(1_800_000_000, 7).unwrap();
        for state in [
            FeatureState::Draft,
            FeatureState::Submitted,
            FeatureState::InReview,
            FeatureState::Edited,
            FeatureState::Approved,
            FeatureState::Placed { issue: issue.clone() },
            FeatureState::Published { issue: issue.clone(), at },
            FeatureState::Declined { reason: "out of date".into() },
            FeatureState::Withdrawn,
        ] {
            for format in PictureFormat::ALL {
                let picture =
                    Picture { hash: PictureHash::from_bytes([9; 32]), format, width_px: 1200, height_px: 675, size_bytes: 88_000 };
                let source = SourceFile {
                    name: "road-clinic.md".into(),
                    text: "+++\n+++\n".into(),
                    pictures: [("road-clinic.jpg".to_owned(), picture)].into(),
                };
                let feature = Feature {
                    id: FeatureId::parse("example-health-in-schools/road-clinic").unwrap(),
                    before_edit: (state == FeatureState::Edited).then(|| source.clone()),
                    state: state.clone(),
                    submitted_by: Actor::parse("Editor@lantern.example.org").unwrap(),
                    submitted_at: at,
                    waits_for: Some(crate::domain::time::civil::date(2027, 3, 1)),
                    card: crate::domain::feature::FeatureCard { title: "A clinic".to_owned(), ..Default::default() },
                    agreement: "by telephone".into(),
                    source,
                    version: 3,
                };
                assert_eq!(decode("x", &encode(&feature).unwrap()).unwrap(), feature);
                let draft = Draft {
                    fields: [("title".to_owned(), "A clinic".to_owned())].into(),
                    pictures: feature.source.pictures.clone(),
                    base: feature.source.revision(),
                    saved_at: at,
                    by: Actor::parse("Ada").unwrap(),
                };
                for row in [DraftRow { version: 7, draft: Some(draft) }, DraftRow { version: 8, draft: None }] {
                    assert_eq!(decode_draft("x", &encode_draft(&row).unwrap()).unwrap(), row);
                }
            }
        }
    }
}
