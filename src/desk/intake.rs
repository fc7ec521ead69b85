//! Taking files in: bytes to text, pictures made ready and kept, problems gathered into a report. What the text means is `content`'s.

use std::collections::BTreeMap;

use tokio::sync::Semaphore;

use crate::content::{self, Parsed, feature_file, issue_file};
use crate::domain::consent::PolicyPosition;
use crate::domain::feature::{FeatureText, SourceFile};
use crate::domain::id::{CharterId, IssueId, NewsletterId};
use crate::domain::issue::{Issue, IssueText};
use crate::domain::picture::{Picture, PictureUse};
use crate::domain::prose::Span;
use crate::domain::rule::{self, Problem};
use crate::domain::subscriber::Language;
use crate::pictures::{self, PictureError};
use crate::render::lint;

use super::Desk;
use super::bundle::{FileBundle, FileReport, PICTURES_MAX};
use super::cross_check::cross_check;
use super::error::{DeskError, Result};
use super::gate;
use super::resolve::unknown_partner;

/// A picture made ready: what it is, and its bytes.
pub(super) type ReadyPictures = BTreeMap<String, (Picture, Vec<u8>)>;

/// What it means that a partner is not in the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    MayCome,
    IsWrong,
}

/// A file read as what it is.
pub(super) struct Intake<T> {
    pub(super) value: Option<T>,
    pub(super) text: String,
    pub(super) pictures: ReadyPictures,
    pub(super) problems: Vec<Problem>,
}

impl<T> Intake<T> {
    pub(super) fn report(&self, name: &str) -> FileReport {
        FileReport::new(name, &self.text, &self.problems)
    }

    /// The value, when no problem is an error.
    pub(super) fn sound(self, name: &str) -> Result<(T, Taken)> {
        let report = self.report(name);
        match self.value {
            Some(value) if !report.has_errors() => Ok((value, Taken { text: self.text, pictures: self.pictures, report })),
            Some(_) | None => Err(DeskError::AuthorFiles { files: vec![report] }),
        }
    }
}

/// The rest of a sound file.
pub(super) struct Taken {
    pub(super) text: String,
    pub(super) pictures: ReadyPictures,
    pub(super) report: FileReport,
}

impl Taken {
    pub(super) fn source(&self, name: &str) -> SourceFile {
        source_of(&self.text, &self.pictures, name)
    }
}

/// A file as the store keeps it.
pub(super) fn source_of(text: &str, pictures: &ReadyPictures, name: &str) -> SourceFile {
    let pictures = pictures.iter().map(|(path, (picture, _))| (path.clone(), picture.clone())).collect();
    SourceFile { name: name.to_owned(), text: text.to_owned(), pictures }
}

impl Desk {
    pub(super) async fn take_issue_file(&self, file: &FileBundle) -> Intake<IssueText> {
        let mut intake = take(file, |text| issue_file::parse(text, &|newsletter| self.zone_of(newsletter))).await;
        let unknown =
            intake.value.iter().flat_map(gate::policies).flat_map(|part| self.charter_problems(&part.position, &intake.text));
        let unknown: Vec<Problem> = unknown.collect();
        intake.problems.extend(unknown);
        intake
    }

    /// What a position rests on and no charter has. A newsroom without charters has nothing to compare with.
    fn charter_problems(&self, position: &PolicyPosition, file: &str) -> Vec<Problem> {
        let charters = &self.look.charters;
        let line = line_of(file, "charter");
        let Some(charter) = charters.values().find(|charter| charter.id.as_str() == position.charter) else {
            let known: Vec<&str> = charters.keys().map(CharterId::as_str).collect();
            let message = format!("there is no charter `{}`", position.charter);
            let help = format!("templates/charter has {}", known.join(", "));
            return if known.is_empty() { Vec::new() } else { vec![Problem::new(rule::CHARTER002, line, message, help)] };
        };
        let known: Vec<&str> = charter.principles.iter().map(|principle| principle.id.as_str()).collect();
        let unknown = position.principles.iter().filter(|id| !charter.has_principle(id));
        let problem = |id: &String| {
            let message = format!("the charter {} has no principle `{id}`", charter.id);
            Problem::new(rule::CHARTER002, line_of(file, "principles"), message, format!("it has {}", known.join(", ")))
        };
        unknown.map(problem).collect()
    }

    /// A feature file, looked over as its brief will be when it runs in a mail.
    pub(super) async fn take_feature(&self, file: &FileBundle, unknown: Unknown) -> Result<Intake<FeatureText>> {
        let intake = take(file, |text| feature_file::parse(file.stem(), text, &self.config.submissions)).await;
        self.looked_over(intake, unknown).await
    }

    /// A changed text of a feature that is here, with the pictures it has: none is encoded anew, and no other can be named.
    pub(super) async fn kept_feature(&self, kept: &SourceFile, text: &str) -> Result<(FeatureText, SourceFile, FileReport)> {
        // Browsers end lines with CR and LF; files do not.
        let text = text.replace("\r\n", "\n");
        let stem = kept.name.rsplit_once('.').map_or(kept.name.as_str(), |(stem, _)| stem);
        let mut intake = match content::read_text(text.as_bytes()) {
            Ok(read) => {
                let Parsed { value, problems } = feature_file::parse(stem, read, &self.config.submissions);
                Intake { value, text: read.to_owned(), pictures: BTreeMap::new(), problems }
            }
            Err(problem) => Intake { value: None, text: String::new(), pictures: BTreeMap::new(), problems: vec![problem] },
        };
        let named = content::picture_files(&intake.text);
        for path in named.iter().filter(|path| !kept.pictures.contains_key(*path)) {
            let span = intake.text.find(path.as_str()).map(|start| Span::new(start, path.len()));
            let message = format!("there is no picture `{path}` with this piece");
            intake.problems.push(Problem::new(rule::PICTURE010, span, message, "name one that its partner has sent, or none"));
        }
        let (value, taken) = self.looked_over(intake, Unknown::IsWrong).await?.sound(&kept.name)?;
        let pictures = kept.pictures.iter().filter(|(path, _)| named.contains(path));
        let pictures = pictures.map(|(path, picture)| (path.clone(), picture.clone())).collect();
        Ok((value, SourceFile { name: kept.name.clone(), text: taken.text, pictures }, taken.report))
    }

    /// A file with what only shows beside the newsroom's partners, and in the look of its mails.
    async fn looked_over(&self, mut intake: Intake<FeatureText>, unknown: Unknown) -> Result<Intake<FeatureText>> {
        let Some(text) = &intake.value else { return Ok(intake) };
        let picture = text.image.as_ref().and_then(|image| intake.pictures.get(&image.file)).map(|(picture, _)| picture);
        let found = self.look_over(text, &intake.text, (unknown, picture)).await?;
        intake.problems.extend(found);
        Ok(intake)
    }

    /// What the newsroom finds in a feature that its file does not show: `file` is its text, with the picture that stands beside it.
    pub(super) async fn look_over(
        &self,
        text: &FeatureText,
        file: &str,
        (unknown, picture): (Unknown, Option<&Picture>),
    ) -> Result<Vec<Problem>> {
        let partners: BTreeMap<_, _> =
            self.all_partners().await?.into_iter().map(|partner| (partner.id.clone(), partner)).collect();
        let mut problems = Vec::new();
        if !partners.contains_key(text.id.partner()) {
            let is_draft = unknown == Unknown::MayCome;
            problems.push(unknown_partner(text.id.partner(), &partners, line_of(file, "partner"), is_draft));
        }
        problems.extend(cross_check(text, file, &partners, self.look.charter_in_force(self.today())));
        let language = Language::english();
        problems.extend(lint::check_feature(text, &language, &self.look, line_of(file, "link")));
        let picture = picture.zip(text.image.as_ref());
        problems.extend(picture.and_then(|(picture, image)| lint::check_sharpness(picture, image.span)));
        Ok(problems)
    }

    /// The text of an issue on the shelf.
    pub(super) fn read_issue_text(&self, issue: &Issue) -> Result<IssueText> {
        self.read_issue(issue).map(|(text, _)| text)
    }

    /// The text of an issue on the shelf, and what its reading had to say.
    pub(super) fn read_issue(&self, issue: &Issue) -> Result<(IssueText, Vec<Problem>)> {
        let parsed = issue_file::parse(&issue.source.text, &|newsletter| self.zone_of(newsletter));
        match parsed.value {
            Some(text) => Ok((text, parsed.problems)),
            None => Err(DeskError::AuthorFiles {
                files: vec![FileReport::new(&issue.source.name, &issue.source.text, &parsed.problems)],
            }),
        }
    }

    fn zone_of(&self, newsletter: &NewsletterId) -> Option<crate::domain::time::TimeZone> {
        self.config.find_newsletter(newsletter).map(|found| found.timezone.clone())
    }

    /// Keeps a file's pictures, so that the source that names them can be stored.
    pub(super) async fn keep_pictures(&self, pictures: ReadyPictures) -> Result<()> {
        for (picture, bytes) in pictures.into_values() {
            self.store.put_picture(&picture, bytes).await?;
        }
        Ok(())
    }
}

/// An issue's id from its file's name.
pub(super) fn issue_id(file: &FileBundle) -> Result<IssueId> {
    IssueId::parse(file.stem()).map_err(|error| DeskError::usage(error.to_string(), "name the file like 2027-02-partners.md"))
}

/// The line of a file's front matter that gives a key.
pub(super) fn line_of(file: &str, key: &str) -> Option<Span> {
    let mut start = 0;
    for line in file.split_inclusive('\n') {
        if line.split_once('=').is_some_and(|(name, _)| name.trim() == key) {
            return Some(Span::new(start, line.trim_end().len()));
        }
        start += line.len();
    }
    None
}

async fn take<T>(file: &FileBundle, parse: impl FnOnce(&str) -> Parsed<T>) -> Intake<T> {
    let text = match content::read_text(&file.bytes) {
        Ok(text) => text,
        Err(problem) => {
            let text = String::from_utf8_lossy(&file.bytes[..file.bytes.len().min(1_000)]).into_owned();
            return Intake { value: None, text, pictures: BTreeMap::new(), problems: vec![problem] };
        }
    };
    let parsed = parse(text);
    let mut problems = parsed.problems;
    let pictures = ready_pictures(text, file, &mut problems).await;
    Intake { value: parsed.value, text: text.to_owned(), pictures, problems }
}

/// Every picture the text names, decoded and encoded again; a problem for each that is missing or cannot be used. Decoding a large
/// photograph takes up to a second, so it runs apart.
async fn ready_pictures(text: &str, file: &FileBundle, problems: &mut Vec<Problem>) -> ReadyPictures {
    let named = content::picture_files(text);
    if named.len() > PICTURES_MAX {
        let message = format!("the file names {} pictures, and at most {PICTURES_MAX} are taken", named.len());
        problems.push(Problem::new(rule::PICTURE010, None, message, "leave some out"));
    }
    let mut ready = BTreeMap::new();
    for path in named.into_iter().take(PICTURES_MAX) {
        let fault = match file.pictures.iter().find(|picture| picture.path == path) {
            None => (format!("there is no picture `{path}` beside the file"), "put the picture there, or mend its name".to_owned()),
            Some(given) => match prepared(given.bytes.clone()).await {
                Ok(picture) => {
                    ready.insert(path, picture);
                    continue;
                }
                Err((what, help)) => (format!("picture `{path}` cannot be used: {what}"), help),
            },
        };
        let span = text.find(&path).map(|start| Span::new(start, path.len()));
        problems.push(Problem::new(rule::PICTURE010, span, fault.0, fault.1));
    }
    ready
}

/// One picture is decoded at a time: the largest takes some 200 MB meanwhile.
static DECODING: Semaphore = Semaphore::const_new(1);

/// A picture for the mail, made ready in its turn.
pub(super) async fn prepared(bytes: Vec<u8>) -> std::result::Result<(Picture, Vec<u8>), (String, String)> {
    decoded(move || pictures::prepare(&bytes, PictureUse::Body)).await
}

/// Decodes in its turn and apart. What is wrong with the file comes with how to mend it.
pub(super) async fn decoded<T: Send + 'static>(
    decode: impl FnOnce() -> std::result::Result<T, PictureError> + Send + 'static,
) -> std::result::Result<T, (String, String)> {
    let _turn = DECODING.acquire().await.expect("the turns are never closed");
    let anew = || "save it anew as JPEG or PNG".to_owned();
    match tokio::task::spawn_blocking(decode).await {
        Ok(Ok(picture)) => Ok(picture),
        // The error says what is wrong; and how to mend it, after a semicolon.
        Ok(Err(error)) => match error.to_string().split_once("; ") {
            Some((what, help)) => Err((what.to_owned(), help.to_owned())),
            None => Err((error.to_string(), anew())),
        },
        Err(_) => Err(("its decoder gave up".to_owned(), anew())),
    }
}
