//! What the form shows of a draft: its fields, how long each is, what is missing and what is wrong, beside the field that it is about.

use crate::content::feature_form::{FeatureForm, Field};
use crate::content::{feature_file, picture_files};
use crate::domain::feature::{Draft, Feature, FeatureState, FeatureText, SourceFile, words_in};
use crate::domain::id::{FeatureId, RevisionHash};
use crate::domain::partner::Partner;
use crate::domain::picture::Picture;
use crate::domain::rule::{self, Level, Problem};
use crate::domain::submission::Limits;
use crate::domain::time::Timestamp;

use super::super::Desk;
use super::super::error::Result;
use super::super::intake::Unknown;
use super::super::reply::FieldChange;
use super::{OwnPiece, TypedDraft, beside, draft_of, form_sent, picture_of, typed_over};

/// A piece in the form.
#[derive(Debug)]
pub struct DraftPage {
    pub id: FeatureId,
    pub state: FeatureState,
    /// Of the draft, for what is sent back.
    pub version: u64,
    /// The text that was sent before, likewise.
    pub sent: RevisionHash,
    /// What was typed would change this of what stands now; of what was not taken, or would replace what staff made of the text.
    pub beside: Vec<FieldChange>,
    /// Whether staff have changed the text that was sent since the draft was begun.
    pub is_overtaken: bool,
    pub form: FeatureForm,
    pub picture: Option<Picture>,
    pub saved_at: Timestamp,
    /// Who saved it last.
    pub saved_by: String,
    /// Whether something stands in it that was not sent.
    pub is_unsent: bool,
    pub counts: Counts,
    /// What has to be filled in before it can be sent.
    pub missing: Vec<Field>,
    pub problems: Vec<DraftProblem>,
    /// What would be sent, when nothing is wrong.
    pub(super) whole: Option<(FeatureText, SourceFile)>,
}

/// How long the fields are that have a limit: characters, and words as the rules count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub title: usize,
    pub summary: usize,
    pub description: usize,
    pub brief: usize,
    pub story: usize,
}

/// What is wrong, or could be better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftProblem {
    /// `None`: it is about the whole.
    pub field: Option<Field>,
    pub is_error: bool,
    pub message: String,
    pub help: String,
}

impl DraftPage {
    /// Whether it could be sent as it is, but for the word of who sends it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.whole.is_some()
    }

    /// Shows what the draft would change of what staff made of the text.
    pub(super) fn put_beside(&mut self, feature: &Feature) {
        self.beside = beside(&form_sent(feature), &self.form);
        self.is_overtaken = true;
    }
}

impl Desk {
    /// The principles of the charter in force that a piece can rest on: their ids and titles.
    #[must_use]
    pub fn principles(&self) -> Vec<(String, String)> {
        let charter = self.look.charter_in_force(self.today());
        let all = charter.into_iter().flat_map(|charter| &charter.principles);
        all.map(|principle| (principle.id.clone(), principle.title.clone())).collect()
    }

    /// The partners that a piece can name, by name: their ids and names.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn partners_to_name(&self) -> Result<Vec<(String, String)>> {
        let all = self.all_partners().await?.into_iter().filter(Partner::is_active);
        let mut named: Vec<(String, String)> = all.map(|one| (one.id.to_string(), one.name.as_str().to_owned())).collect();
        named.sort_by(|one, other| one.1.cmp(&other.1));
        Ok(named)
    }

    pub(super) async fn draft_page(&self, own: &OwnPiece, typed: Option<&TypedDraft>) -> Result<DraftPage> {
        let feature = &own.feature;
        let kept = draft_of(own, &feature.submitted_by);
        let draft = typed.map_or_else(|| kept.clone(), |typed| typed_over(&kept, &feature.id, typed));
        let form = form_of(&draft);
        let missing = form.missing();
        let (problems, whole) = self.look_over_draft(feature, &draft, &missing).await?;
        let stands = feature.source.revision();
        let mut page = DraftPage {
            id: feature.id.clone(),
            state: feature.state.clone(),
            version: own.row.version,
            // A form that comes back unsaved is still about the text that it was shown with.
            sent: typed.and_then(|typed| typed.sent).unwrap_or(stands),
            is_overtaken: false,
            beside: typed.map(|_| beside(&form_of(&kept), &form)).unwrap_or_default(),
            picture: picture_of(&draft).cloned(),
            saved_at: draft.saved_at,
            saved_by: draft.by.to_string(),
            is_unsent: own.row.draft.is_some(),
            counts: counts_of(&form),
            missing,
            problems,
            whole,
            form,
        };
        if typed.is_none() && own.row.draft.is_some() && feature.state != FeatureState::Draft && kept.base != stands {
            page.put_beside(feature);
        }
        Ok(page)
    }

    /// What is wrong with a draft, and what it makes when nothing is. It is read with something in each field that is missing; what that
    /// is found to be is not told.
    async fn look_over_draft(
        &self,
        feature: &Feature,
        draft: &Draft,
        missing: &[Field],
    ) -> Result<(Vec<DraftProblem>, Option<(FeatureText, SourceFile)>)> {
        let written = form_of(draft).filled().write();
        let parsed = feature_file::parse(feature.id.slug(), &written.text, &self.config.submissions);
        let mut problems = parsed.problems;
        let mut source =
            SourceFile { name: format!("{}.md", feature.id.slug()), text: written.text.clone(), pictures: Default::default() };
        for path in picture_files(&written.text) {
            match draft.pictures.get(&path) {
                Some(picture) => drop(source.pictures.insert(path, picture.clone())),
                None => {
                    let message = format!("there is no picture `{path}` with the piece");
                    problems.push(Problem::new(rule::PICTURE010, None, message, "take its name out of the text"));
                }
            }
        }
        if let Some(text) = &parsed.value {
            let picture = text.image.as_ref().and_then(|image| source.pictures.get(&image.file));
            problems.extend(self.look_over(text, &written.text, (Unknown::IsWrong, picture)).await?);
        }
        let is_sound = !problems.iter().any(Problem::is_error);
        let told = problems.into_iter().filter(|problem| problem.rule.level != Level::Info).map(|problem| DraftProblem {
            field: problem.span.and_then(|span| written.field_at(span)),
            is_error: problem.is_error(),
            message: problem.message,
            help: problem.help,
        });
        let told = told.filter(|problem| problem.field.is_none_or(|field| !missing.contains(&field))).collect();
        Ok((told, parsed.value.filter(|_| is_sound).map(|text| (text, source))))
    }
}

pub(in super::super) fn form_of(draft: &Draft) -> FeatureForm {
    FeatureForm::from_fields(draft.fields.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// The text as far as it can be read before it is whole, under no limits; of a form with much amiss, its headline and its prose.
pub(in super::super) fn readable(form: &FeatureForm, slug: &str) -> Option<FeatureText> {
    let read = |form: &FeatureForm| feature_file::parse(slug, &form.filled().write().text, &Limits::none()).value;
    read(form).or_else(|| {
        let mut prose = FeatureForm::default();
        for field in [Field::Partner, Field::Title, Field::Summary, Field::Brief, Field::Story] {
            prose.set(field, form.get(field));
        }
        read(&prose)
    })
}

fn counts_of(form: &FeatureForm) -> Counts {
    let length = |field: Field| form.get(field).trim().chars().count();
    // What cannot be read as Markdown is counted as typed, as the page's script does.
    let typed = |field: Field| form.get(field).split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    let text = readable(form, "count");
    let words = |field: Field, read: fn(&FeatureText) -> usize| match &text {
        Some(text) if !form.get(field).is_empty() => read(text),
        Some(_) | None => typed(field),
    };
    Counts {
        title: length(Field::Title),
        summary: length(Field::Summary),
        description: length(Field::ImageDescription),
        brief: words(Field::Brief, |text| words_in(&text.brief)),
        story: words(Field::Story, |text| words_in(&text.story)),
    }
}
