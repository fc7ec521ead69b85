//! A feature compared with what the newsroom knows: the partners it names against the registry, its principles against the charter in
//! force. What its file says for itself is `content`'s.

use std::collections::BTreeMap;

use crate::domain::charter::Charter;
use crate::domain::feature::FeatureText;
use crate::domain::id::PartnerId;
use crate::domain::partner::{NameIndex, Partner};
use crate::domain::rule::{self, Problem};

use super::intake::line_of;
use super::resolve::unknown_partner;

/// How many partners one finding names.
const TOLD_MAX: usize = 10;

/// What does not fit. `file` is the text's own file, for the places of what is found.
pub(super) fn cross_check(
    text: &FeatureText,
    file: &str,
    partners: &BTreeMap<PartnerId, Partner>,
    charter: Option<&Charter>,
) -> Vec<Problem> {
    let mut problems: Vec<Problem> = unknown_names(text, file, partners).collect();
    problems.extend(unlisted_names(text, file, partners));
    problems.extend(charter.into_iter().flat_map(|charter| unknown_principles(text, file, charter)));
    problems
}

fn unknown_names<'a>(
    text: &'a FeatureText,
    file: &'a str,
    partners: &'a BTreeMap<PartnerId, Partner>,
) -> impl Iterator<Item = Problem> + 'a {
    let unknown = text.names.iter().filter(|named| !partners.contains_key(*named));
    unknown.map(|named| unknown_partner(named, partners, line_of(file, "names"), partners.is_empty()))
}

/// Partners whose name or alias stands in the text and who are not listed under `names`.
fn unlisted_names(text: &FeatureText, file: &str, partners: &BTreeMap<PartnerId, Partner>) -> Option<Problem> {
    let listed = |id: &PartnerId| id == text.id.partner() || text.names.contains(id);
    let index = NameIndex::of(partners.values().filter(|partner| !listed(&partner.id)));
    let mut found: Vec<&PartnerId> = words_of(text).iter().flat_map(|words| index.named_in(words).into_keys()).collect();
    found.sort();
    found.dedup();
    let told: Vec<String> = found.iter().take(TOLD_MAX).map(|id| format!("\"{id}\"")).collect();
    let message = match told.as_slice() {
        [] => return None,
        [one] => format!("the text seems to name {one}, and `names` does not"),
        several => format!("the text seems to name {}, and `names` does not", several.join(", ")),
    };
    let help = format!("if it means them, add `names = [{}]`; if not, leave it as it is", told.join(", "));
    Some(Problem::new(rule::FEATURE015, line_of(file, "names"), message, help))
}

fn words_of(text: &FeatureText) -> Vec<String> {
    let mut words = vec![text.title.clone(), text.summary.clone(), text.plain_words()];
    words.extend([&text.changed, &text.for_whom, &text.evidence].into_iter().flatten().cloned());
    words.extend(text.image.iter().flat_map(|image| [Some(image.description.clone()), image.credit.clone()]).flatten());
    words.extend(text.quote.iter().flat_map(|quote| [quote.words.clone(), quote.speaker.clone(), quote.title.clone()]));
    words
}

fn unknown_principles<'a>(text: &'a FeatureText, file: &'a str, charter: &'a Charter) -> impl Iterator<Item = Problem> + 'a {
    let unknown = text.principles.iter().filter(|id| !charter.has_principle(id));
    unknown.map(|id| {
        let known: Vec<&str> = charter.principles.iter().map(|principle| principle.id.as_str()).collect();
        let message = format!("the charter {} has no principle `{id}`", charter.id);
        Problem::new(rule::FEATURE016, line_of(file, "principles"), message, format!("it has {}", known.join(", ")))
    })
}
