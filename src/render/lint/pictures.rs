//! Findings about pictures: their words and their weight.

use super::words::{Passage, passages};
use crate::domain::picture::{Picture, PictureFormat};
use crate::domain::prose::{Block, Inline, Span, plain_words, visit_inlines};
use crate::domain::resolved::{ResolvedIssue, ResolvedPart};
use crate::domain::rule::{A11Y002, IMG001, IMG002, IMG003, IMG004, IMG005, Problem};

// email-checklist.md E31.
const PICTURE_BYTES_MAX: u64 = 200_000;
const ALL_PICTURES_BYTES_MAX: u64 = 800_000;
const WIDTH_PX_WANTED: u32 = 1072;
/// Below this many words, a mail with pictures is one of pictures.
const WORDS_MIN: usize = 40;

/// A picture as the mail shows it.
struct Shown<'a> {
    picture: &'a Picture,
    description: &'a str,
    named: String,
    span: Option<Span>,
}

pub(super) fn check(issue: &ResolvedIssue) -> Vec<Problem> {
    let shown = shown_pictures(issue);
    let mut problems: Vec<Problem> = shown.iter().flat_map(picture_problems).collect();
    let total: u64 = shown.iter().map(|shown| shown.picture.size_bytes).sum();
    if total > ALL_PICTURES_BYTES_MAX {
        let message = format!("the pictures weigh {} kB together", total / 1000);
        problems.push(Problem::new(IMG002, None, message, "leave some out, or make them smaller; 800 kB is the most"));
    }
    if !shown.is_empty() && word_count(issue) < WORDS_MIN {
        let message = "the mail is little more than pictures";
        problems.push(Problem::new(IMG003, None, message, "say in words what the pictures say; many readers do not load them"));
    }
    problems.extend(linked_without_words(issue));
    problems
}

fn picture_problems(shown: &Shown<'_>) -> Vec<Problem> {
    let named = &shown.named;
    let mut problems = Vec::new();
    if let Some(fault) = description_fault(shown.description) {
        let help = "say what there is to see, as you would on the telephone";
        problems.push(Problem::new(A11Y002, shown.span, format!("the description of {named} {fault}"), help));
    }
    let size_bytes = shown.picture.size_bytes;
    if size_bytes > PICTURE_BYTES_MAX {
        let message = format!("{named} weighs {} kB", size_bytes / 1000);
        problems.push(Problem::new(IMG001, shown.span, message, "use a calmer picture or a smaller one; 200 kB is plenty"));
    }
    problems.extend(sharpness_problem(shown.picture, shown.span, named));
    if shown.picture.format == PictureFormat::Gif {
        let message = format!("{named} is a GIF, which may move");
        problems.push(Problem::new(
            IMG005,
            shown.span,
            message,
            "its first frame must say all, and it must stop after three rounds",
        ));
    }
    problems
}

/// Whether a picture has the pixels for screens that show it finely.
pub(super) fn sharpness_problem(picture: &Picture, span: Option<Span>, named: &str) -> Option<Problem> {
    let message = format!("{named} is {} pixels wide", picture.width_px);
    let help = "a picture of 1200 pixels is sharp on every screen";
    (picture.width_px < WIDTH_PX_WANTED).then(|| Problem::new(IMG004, span, message, help))
}

/// What is wrong with a description. An empty one says that the picture only decorates.
fn description_fault(description: &str) -> Option<&'static str> {
    let lower = description.trim().to_lowercase();
    let endings = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg"];
    let openings = ["image of", "picture of", "photo of", "photograph of", "imagen de", "foto de", "fotografía de"];
    let placeholders = ["alt", "alt text", "image", "picture", "photo", "description", "tbd", "todo", "imagen", "foto"];
    if endings.iter().any(|ending| lower.ends_with(ending)) {
        Some("is a file name")
    } else if placeholders.contains(&lower.as_str()) {
        Some("says nothing")
    } else if openings.iter().any(|opening| lower.starts_with(opening)) {
        Some("begins by saying that it is a picture")
    } else if lower.chars().count() > 150 {
        Some("is longer than 150 characters")
    } else {
        None
    }
}

fn shown_pictures(issue: &ResolvedIssue) -> Vec<Shown<'_>> {
    let mut shown = Vec::new();
    for passage in passages(issue) {
        visit_inlines(passage.blocks, &mut |inline| {
            let Inline::Picture(reference) = inline else { return };
            let Some(picture) = issue.pictures.get(&reference.file) else { return };
            let span = passage.feature.is_none().then_some(reference.span);
            let named = format!("the picture {}{}", reference.file, passage.named());
            shown.push(Shown { picture, description: &reference.description, named, span });
        });
    }
    for part in &issue.parts {
        match part {
            ResolvedPart::Feature(feature) => shown.extend(feature.picture.iter().map(|found| Shown {
                picture: &found.picture,
                description: &found.description,
                named: format!("the picture of the feature {}", feature.id),
                span: None,
            })),
            ResolvedPart::Policy(policy) => shown.extend(policy.pictures.iter().map(|found| Shown {
                picture: &found.picture,
                description: &found.description,
                named: format!("a picture of the position “{}”", policy.position.title),
                span: None,
            })),
            ResolvedPart::Prose(_)
            | ResolvedPart::Event(_)
            | ResolvedPart::Button { .. }
            | ResolvedPart::Quote(_)
            | ResolvedPart::NewPartners(_)
            | ResolvedPart::Only { .. }
            | ResolvedPart::Translation { .. } => {}
        }
    }
    shown
}

/// A picture that is all there is of a link must say where it leads.
fn linked_without_words(issue: &ResolvedIssue) -> Vec<Problem> {
    let mut problems = Vec::new();
    for passage in passages(issue) {
        visit_inlines(passage.blocks, &mut |inline| {
            let Inline::Link { target, text, span } = inline else { return };
            let is_picture = text.iter().any(|inline| matches!(inline, Inline::Picture(_)));
            if is_picture && plain_words(text).trim().is_empty() {
                let message = format!("the picture that links to {} has no description", target.as_str());
                let span = passage.feature.is_none().then_some(*span);
                problems.push(Problem::new(A11Y002, span, message, "describe where it leads"));
            }
        });
    }
    problems
}

fn word_count(issue: &ResolvedIssue) -> usize {
    let of_passage = |passage: &Passage<'_>| {
        let mut count = 0;
        visit_inlines(passage.blocks, &mut |inline| {
            if let Inline::Text(text) = inline {
                count += text.split_whitespace().count();
            }
        });
        count + passage.blocks.iter().filter(|block| matches!(block, Block::Code(_))).count()
    };
    passages(issue).iter().map(of_passage).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_describes() {
        for good in ["A bus and a small clinic van behind a gym", ""] {
            assert_eq!(description_fault(good), None, "{good}");
        }
        for bad in ["road-clinic.jpg", "Image of a bus", "photo", "Foto de un autobús", &"long ".repeat(40)] {
            assert!(description_fault(bad).is_some(), "{bad}");
        }
    }
}
