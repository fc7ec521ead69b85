//! The same issue as a web page: golden file, and what must hold for any issue.

use std::collections::BTreeSet;

use pressroom::content::look::Look;
use pressroom::domain::proof::WebEdition;
use pressroom::domain::resolved::{ResolvedIssue, ResolvedPart};
use pressroom::domain::subscriber::Language;
use pressroom::domain::template::{Field, Line, LinePart, Placeholder};
use pressroom::render;

use crate::sample::{self, heading, paragraph, with_parts};

fn edition(issue: &ResolvedIssue) -> WebEdition {
    render::web_edition(issue, &Look::builtin()).unwrap()
}

/// The values of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let begin = format!(" {attribute}=\"");
    html.split(&begin).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn the_sample_page_reads_as_agreed() {
    let edition = edition(&sample::issue());
    insta::assert_snapshot!("page", edition.issue.article.replace("<section", "\n<section").replace("<li>", "\n<li>"));
    assert_eq!(edition.issue.title, "Coordinators at the centre");
    assert_eq!(edition.issue.description, "Six partners, two deadlines and one question for your affiliates.");
    assert!(edition.issue.picture.is_some());
    let stories: Vec<String> = edition.stories.iter().map(|(id, _)| id.to_string()).collect();
    assert_eq!(stories, ["example-health-in-schools/road-clinic", "example-city-united/paying-for-the-person-in-the-middle"]);
}

#[test]
fn a_page_has_no_styles_no_layout_tables_and_no_reader() {
    let edition = edition(&sample::issue());
    for page in edition.stories.iter().map(|(_, page)| page).chain([&edition.issue]) {
        assert!(!page.article.contains("style=") && !page.article.contains("presentation"), "{}", page.article);
        assert!(!page.article.contains("/u/") && !page.article.contains('\u{e000}'), "{}", page.article);
        assert_eq!(page.article.matches("<h1>").count(), 1);
    }
    assert!(!edition.issue.article.contains("Near you"), "a part for some readers is on nobody's page");
}

#[test]
fn the_contents_lead_to_headings_and_every_anchor_is_one_place() {
    let part = |title: &str| ResolvedPart::Prose(vec![heading(2, title), paragraph("Words.")]);
    let issue =
        with_parts(vec![part("Dates"), part("Dates"), part("Contents"), part("2027!"), part("¿Qué?"), part("…"), part("日程")]);
    let page = edition(&issue).issue.article;
    let ids = values(&page, "id");
    assert_eq!(ids, ["contents", "dates", "dates-2", "contents-2", "part-2027", "qué", "part", "日程"]);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let leads: Vec<&str> = values(&page, "href").into_iter().filter_map(|link| link.strip_prefix('#')).collect();
    assert_eq!(leads, &ids[1..]);
    let short = with_parts(vec![part("Only one")]);
    assert!(!edition(&short).issue.article.contains("In this issue"), "one item needs no list");
}

#[test]
fn words_cannot_become_markup() {
    let words = "<script>alert(1)</script> & \"Co\"";
    let mut feature = sample::feature(true);
    feature.title = words.to_owned();
    feature.partner.name = words.to_owned();
    feature.picture.as_mut().unwrap().description = words.to_owned();
    feature.story = vec![paragraph(words)];
    let mut issue = with_parts(vec![ResolvedPart::Prose(vec![heading(2, words)]), ResolvedPart::Feature(Box::new(feature))]);
    issue.subject = Line::text(words);
    issue.newsletter_title = words.to_owned();
    let edition = edition(&issue);
    assert_eq!(edition.issue.title, words, "the title is text, and whoever shows it escapes it");
    for page in [&edition.issue, &edition.stories[0].1] {
        assert!(!page.article.contains("<script") && page.article.contains("&lt;script&gt;"), "{}", page.article);
        assert!(!page.article.contains("\"Co\""), "{}", page.article);
    }
}

#[test]
fn placeholders_take_their_default_and_the_newsletter_its_name() {
    let placeholder = |field| Placeholder { field, default: "partner".to_owned() };
    let mut issue = with_parts(vec![ResolvedPart::Prose(vec![heading(2, "News"), paragraph("Words.")])]);
    let part = |field| LinePart::Placeholder(placeholder(field));
    issue.subject =
        Line(vec![LinePart::Text("For ".into()), part(Field::Organisation), LinePart::Text(": ".into()), part(Field::Newsletter)]);
    assert_eq!(edition(&issue).issue.title, "For partner: Lantern Exchange");
}

#[test]
fn languages_and_directions_stand_where_they_change() {
    let arabic = Language::parse("ar").unwrap();
    let issue = ResolvedIssue { language: arabic, ..sample::issue() };
    let page = edition(&issue).issue.article;
    assert!(page.starts_with("<article lang=\"ar\" dir=\"rtl\">"), "{page}");
    assert!(page.contains("<section lang=\"es\" dir=\"ltr\">"), "{page}");
    assert!(page.contains("<span lang=\"es\" dir=\"ltr\">En breve</span>"), "also in the contents: {page}");
}

#[test]
fn links_to_our_own_pages_begin_with_the_path_of_the_site() {
    let issue = ResolvedIssue { web_url: "https://example.org/exchange".to_owned(), ..sample::issue() };
    let page = edition(&issue).issue.article;
    for part in ["href=\"/exchange/partners/2027-02-partners/event-2.ics\"", "src=\"/exchange/pictures/"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("https://example.org/exchange"), "{page}");
}

#[test]
fn what_is_not_public_has_no_page() {
    let issue = ResolvedIssue { public: false, ..sample::issue() };
    assert_eq!(render::web_edition(&issue, &Look::builtin()), None);
}

#[test]
fn a_picture_nobody_knows_is_told_in_its_words() {
    let mut issue = with_parts(vec![ResolvedPart::Prose(vec![heading(2, "News"), sample::prose_picture()])]);
    assert!(edition(&issue).issue.article.contains("<figure><img src=\"/pictures/"));
    issue.pictures.clear();
    let page = edition(&issue).issue.article;
    assert!(page.contains("<p>Three sticky notes: who, when, what then</p>") && !page.contains("<img"), "{page}");
}
