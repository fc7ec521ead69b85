//! The sample newsroom, rendered with all its features: what people see first must be worth copying.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pressroom::content::{feature_file, issue_file, look::Look};
use pressroom::domain::issue::PartKind;
use pressroom::domain::resolved::{FeaturePiece, PolicyPiece, ResolvedIssue, ResolvedPart, ShownPicture};
use pressroom::domain::rule::Level;
use pressroom::domain::submission::Limits;
use pressroom::domain::time::{TimeZone, civil};
use pressroom::render;

use crate::sample;

fn markdown_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Every feature of the newsroom, with a partner line of its own.
fn features() -> Vec<ResolvedPart> {
    let piece = |path: PathBuf| {
        let text = feature_file::parse(stem(&path), &fs::read_to_string(&path).unwrap(), &Limits::default()).value.unwrap();
        let shown = |image: pressroom::domain::prose::PictureReference| ShownPicture {
            picture: sample::picture(7, 1200, 750),
            description: image.description,
            credit: image.credit,
        };
        ResolvedPart::Feature(Box::new(FeaturePiece {
            partner: sample::partner(text.id.partner().as_str(), "Example Partner", &["NM"]),
            picture: text.image.map(shown),
            event: None,
            story: text.story,
            pictures: BTreeMap::new(),
            id: text.id,
            title: text.title,
            summary: text.summary,
            brief: text.brief,
            link: text.link,
        }))
    };
    markdown_files("issues/features").into_iter().map(piece).collect()
}

fn resolved(path: &Path) -> ResolvedIssue {
    let zone = TimeZone::get("America/New_York").unwrap();
    let text = issue_file::parse(&fs::read_to_string(path).unwrap(), &|_| Some(zone.clone())).value.unwrap();
    let mut features = Some(features());
    let mut part = |kind: PartKind| match kind {
        PartKind::Prose(blocks) => vec![ResolvedPart::Prose(blocks)],
        PartKind::Features(_) | PartKind::Feature(_) => features.take().unwrap_or_default(),
        PartKind::Event(event) => vec![ResolvedPart::Event(Box::new(event))],
        PartKind::Button { text, link } => vec![ResolvedPart::Button { text, link }],
        PartKind::Quote(quote) => vec![ResolvedPart::Quote(quote)],
        PartKind::Policy(policy) => vec![ResolvedPart::Policy(Box::new(PolicyPiece {
            position: policy.position,
            signatories: vec![sample::partner("example-family-table", "Example Family Table", &["TX"])],
            pictures: vec![],
        }))],
        PartKind::NewPartners { .. } => {
            vec![ResolvedPart::NewPartners(vec![sample::partner("example-mentor-bridge", "Example Mentor Bridge", &[])])]
        }
        PartKind::For { when, text } => vec![ResolvedPart::Only { when, text }],
        PartKind::Translation { language, text } => vec![ResolvedPart::Translation { language, text }],
    };
    let parts = text.parts.into_iter().flat_map(|found| part(found.kind)).collect();
    ResolvedIssue {
        subject: text.subject,
        preheader: text.preheader,
        language: text.language,
        date: text.send.unwrap_or(civil::date(2027, 2, 2).at(10, 0, 0, 0)),
        pictures: BTreeMap::new(),
        ..sample::with_parts(parts)
    }
}

#[test]
fn the_sample_newsroom_keeps_the_rules() {
    let look = Look::builtin();
    let mut findings = Vec::new();
    for path in markdown_files("issues") {
        let issue = resolved(&path);
        let proof = render::mail(&issue, &look);
        crate::write(&format!("{}.html", stem(&path)), &proof.html.fill(&sample::Hostile));
        crate::write(&format!("{}.txt", stem(&path)), &proof.text.fill(&sample::Hostile));
        let found = render::lint::check(&issue, &proof, &look);
        let loud = found.into_iter().filter(|problem| problem.rule.level != Level::Info);
        findings.extend(loud.map(|problem| format!("{}: {} {}", stem(&path), problem.rule.code, problem.message)));
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn the_templates_of_the_newsroom_are_the_built_in_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let read = |path: &str| (path.to_owned(), fs::read_to_string(folder.join(path)).unwrap());
    let files = BTreeMap::from(["theme.toml", "words/en/issue.md", "words/es/issue.md"].map(read));
    let found = Look::parse(&files);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert_eq!(found.look, Look::builtin());
}
