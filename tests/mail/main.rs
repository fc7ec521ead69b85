//! The mail as readers get it: golden files, what must hold for any issue, and files for the outside checkers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod lint;
mod newsroom;
mod page;
mod sample;

use std::fs;
use std::path::Path;

use pressroom::content::look::Look;
use pressroom::domain::audience::Condition;
use pressroom::domain::issue::Quotation;
use pressroom::domain::prose::{Inline, Span};
use pressroom::domain::resolved::{ResolvedIssue, ResolvedPart};
use pressroom::domain::subscriber::{Language, State};
use pressroom::domain::template::{Field, Filling, Line, LinePart, PersonalLink, Piece, Placeholder, Slot};
use pressroom::render;
use sample::{Hostile, Stranger, heading, linked, paragraph, prose_picture, say, with_parts};

fn html(issue: &ResolvedIssue) -> String {
    render::mail(issue, &Look::builtin()).html.fill(&Stranger)
}

fn text(issue: &ResolvedIssue) -> String {
    render::mail(issue, &Look::builtin()).text.fill(&Stranger)
}

fn write(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

/// A mail in a language that is written from right to left. Its own words are English ones under another name.
fn right_to_left() -> (ResolvedIssue, Look) {
    let arabic = Language::parse("ar").unwrap();
    let mut look = Look::builtin();
    let words = look.words[&Language::english()].clone();
    look.words.insert(arabic.clone(), words);
    (ResolvedIssue { language: arabic, ..sample::issue() }, look)
}

#[test]
fn the_sample_is_written_for_the_outside_checkers() {
    let look = Look::builtin();
    let proof = render::mail(&sample::issue(), &look);
    for (name, reader) in [("stranger", &Stranger as &dyn Filling), ("everything", &Hostile)] {
        write(&format!("{name}.html"), &proof.html.fill(reader));
        write(&format!("{name}.txt"), &proof.text.fill(reader));
    }
    let (issue, look) = right_to_left();
    write("right-to-left.html", &render::mail(&issue, &look).html.fill(&Stranger));
}

#[test]
fn the_sample_looks_as_agreed() {
    let proof = render::mail(&sample::issue(), &Look::builtin());
    insta::assert_snapshot!("html", proof.html.fill(&Stranger).replace("<tr>", "\n<tr>").replace("<p", "\n<p"));
    insta::assert_snapshot!("text", proof.text.fill(&Hostile));
}

#[test]
fn the_same_issue_gives_the_same_bytes() {
    let look = Look::builtin();
    let (first, second) = (render::mail(&sample::issue(), &look), render::mail(&sample::issue(), &look));
    assert_eq!(first, second);
    assert_eq!(first.hash(), second.hash());
}

#[test]
fn a_name_cannot_become_markup() {
    let proof = render::mail(&sample::issue(), &Look::builtin());
    let html = proof.html.fill(&Hostile);
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;"), "{html}");
    assert!(html.contains("/u/token?a&amp;b"), "{html}");
    assert!(proof.text.fill(&Hostile).contains("Dear <script>alert("));
}

#[test]
fn hostile_words_of_authors_and_partners_stay_words() {
    let evil = "</title><script>\u{e000}s0></script>\"'><!--";
    let mut feature = sample::feature(true);
    feature.title = evil.to_owned();
    feature.partner.name = evil.to_owned();
    feature.brief = vec![paragraph(evil)];
    let mut event = sample::event(evil, "America/New_York");
    event.place = evil.to_owned();
    let mut issue = with_parts(vec![
        ResolvedPart::Prose(vec![heading(2, evil), paragraph(evil)]),
        ResolvedPart::Feature(Box::new(feature)),
        ResolvedPart::Event(Box::new(event)),
    ]);
    issue.subject = Line::text(evil);
    issue.alliance.host = evil.to_owned();
    issue.newsletter_title = evil.to_owned();
    let proof = render::mail(&issue, &Look::builtin());
    let html = proof.html.fill(&Stranger);
    assert!(!html.contains("<script"), "{html}");
    assert_eq!(html.matches("<!--").count(), 3, "only our own comments: {html}");
    let slots: Vec<_> = proof.html.slots().collect();
    assert!(slots.iter().all(|slot| matches!(slot, Slot::Link { .. })), "{slots:?}");
}

#[test]
fn both_personal_links_are_in_both_parts() {
    let proof = render::mail(&sample::issue(), &Look::builtin());
    for template in [&proof.html, &proof.text] {
        for wanted in [PersonalLink::Unsubscribe, PersonalLink::Preferences] {
            let found = template.0.iter().any(|piece| matches!(piece, Piece::Slot(Slot::Link { link, .. }) if *link == wanted));
            assert!(found, "{wanted:?}");
        }
    }
}

#[test]
fn a_part_for_some_readers_is_one_condition_in_both_parts() {
    let proof = render::mail(&sample::issue(), &Look::builtin());
    let states = ["NM", "TX", "MD"].into_iter().map(|state| State::parse(state).unwrap()).collect();
    let expected = Condition { states, ..Condition::default() };
    for template in [&proof.html, &proof.text] {
        let conditions: Vec<_> = template
            .0
            .iter()
            .filter_map(|piece| if let Piece::Only { when, pieces } = piece { Some((when, pieces)) } else { None })
            .collect();
        assert_eq!(conditions.len(), 1);
        assert_eq!(conditions[0].0, &expected);
        assert!(conditions[0].1.iter().any(|piece| matches!(piece, Piece::Slot(_))));
    }
    assert!(!proof.text.fill(&Stranger).contains("Near you"));
    assert!(proof.text.fill(&Hostile).contains("Near you"));
}

#[test]
fn html_and_text_say_the_same_in_the_same_order() {
    let proof = render::mail(&sample::issue(), &Look::builtin());
    let (html, text) = (proof.html.fill(&Hostile), proof.text.fill(&Hostile));
    let said = [
        "Coordinators at the centre",
        "forward one item",
        "In this issue",
        "From the field",
        "by turns behind each gym",
        "Four small sources",
        "Near you",
        "Dates",
        "half an hour for your questions",
        "Nobody funds the middle",
        "Robin Sample",
        "On which day?",
        "Three sticky notes",
        "A dashboard nobody opens",
        "keys, insurance and sweeping",
        "Partners who stand by this text",
        "New on the map",
        "Febrero es de quienes",
        "Propose a feature",
        "You get this mail because",
        "100 Sample Street",
    ];
    for whole in [&html, &text] {
        let flat = whole.split_whitespace().collect::<Vec<_>>().join(" ");
        // Titles stand in the contents too: the search goes on after the words before.
        let mut rest = flat.as_str();
        for words in said {
            let at = rest.find(words).unwrap_or_else(|| panic!("`{words}` is missing or too early"));
            rest = &rest[at + words.len()..];
        }
    }
}

#[test]
fn the_text_part_keeps_to_72_columns() {
    let text = text(&sample::issue());
    let long: Vec<_> = text.lines().filter(|line| line.chars().count() > 72 && !line.contains("://")).collect();
    assert_eq!(long, [""; 0]);
    let crowded: Vec<_> = text.lines().filter(|line| line.contains("://") && line.trim().contains(' ')).collect();
    assert_eq!(crowded, [""; 0], "an address stands alone on its line");
}

#[test]
fn a_translation_says_its_language() {
    let arabic = Language::parse("ar").unwrap();
    let quote =
        Quotation { text: "شكرا".to_owned(), speaker: "Robin Sample".to_owned(), role: None, language: Some(arabic.clone()) };
    let translation = |title: &str| vec![heading(2, title), paragraph("…")];
    let html = html(&with_parts(vec![
        ResolvedPart::Translation { language: Language::parse("es").unwrap(), text: translation("En breve") },
        ResolvedPart::Translation { language: arabic, text: translation("باختصار") },
        ResolvedPart::Quote(quote),
    ]));
    assert!(html.contains("<div lang=\"es\" dir=\"ltr\"><h2"), "{html}");
    assert!(html.contains("<div lang=\"ar\" dir=\"rtl\"><h2"), "{html}");
    assert!(html.contains("<blockquote lang=\"ar\" dir=\"rtl\""), "{html}");
    assert!(html.contains("<span lang=\"ar\" dir=\"rtl\">باختصار</span>"), "the contents too: {html}");
}

#[test]
fn a_mail_from_right_to_left_turns_its_edges() {
    let (issue, look) = right_to_left();
    let html = render::mail(&issue, &look).html.fill(&Stranger);
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"), "{html}");
    assert!(html.contains("border-right:4px solid") && !html.contains("border-left:4px solid"), "{html}");
}

#[test]
fn a_button_is_at_least_44_px_high() {
    let html = html(&sample::issue());
    let button = html.split("<td class=\"button\"").nth(1).unwrap();
    // 14 px above and below, and one line of 17 px letters at 1.3: 50 px.
    assert!(button.contains("padding:14px 28px") && button.contains("font-size:17px;line-height:1.3"), "{button}");
    assert!(button.contains("background-color:#"), "{button}");
}

#[test]
fn lists_and_paragraphs_are_real_ones() {
    let html = html(&sample::issue());
    for element in ["<ul ", "<ol ", "<li ", "<p ", "<blockquote ", "<th "] {
        assert!(html.contains(element), "{element}");
    }
    for element in ["<article", "<section", "<nav", "<figure"] {
        assert!(!html.contains(element), "{element}");
    }
}

#[test]
fn the_column_is_600_px_without_any_style_block() {
    let html = html(&sample::issue());
    assert!(html.contains("<!--[if mso]><table role=\"presentation\" align=\"center\" width=\"600\""), "{html}");
    assert!(html.contains("max-width:600px;margin:0 auto"), "{html}");
}

#[test]
fn fonts_are_those_of_the_system() {
    let html = html(&sample::issue());
    assert!(html.contains("font-family:-apple-system,'Segoe UI',"), "{html}");
    for foreign in ["@font-face", "@import", "fonts.g"] {
        assert!(!html.contains(foreign), "{foreign}");
    }
}

#[test]
fn pictures_are_ours_and_named_by_hash() {
    let issue = sample::issue();
    let proof = render::mail(&issue, &Look::builtin());
    let hashes = [sample::picture(7, 1, 1).hash, sample::picture(9, 1, 1).hash];
    assert_eq!(proof.pictures, hashes, "in the order of the mail");
    let html = proof.html.fill(&Stranger);
    for hash in hashes {
        assert!(html.contains(&format!("src=\"https://lantern.example.org/pictures/{hash}\" width=\"536\"")), "{html}");
    }
}

#[test]
fn a_picture_that_is_not_at_hand_is_told_in_words() {
    let mut issue = with_parts(vec![ResolvedPart::Prose(vec![prose_picture()])]);
    issue.pictures.clear();
    let html = html(&issue);
    assert!(html.contains("Three sticky notes") && !html.contains("<img"), "{html}");
}

#[test]
fn the_foot_has_all_that_law_and_courtesy_ask() {
    let issue = sample::issue();
    for part in [html(&issue), text(&issue)] {
        for wanted in [
            "You get this mail because",
            "Unsubscribe from Lantern Exchange",
            "https://lantern.example.org/u/token?a",
            "Choose what we send you",
            "https://lantern.example.org/r/token",
            "editor@lantern.example.org",
            "https://lantern.example.org/privacy",
            "https://lantern.example.org/partners/2027-02-partners",
            "Example Institute for Learning",
            "100 Sample Street, Springfield",
        ] {
            assert!(part.contains(wanted), "{wanted}");
        }
    }
}

#[test]
fn a_restricted_newsletter_has_nothing_on_the_web() {
    let mut issue = sample::issue();
    issue.public = false;
    for part in [html(&issue), text(&issue)] {
        assert!(!part.contains("/partners/2027-02-partners"), "{part}");
        assert!(!part.contains(".ics"), "{part}");
        assert!(!part.contains("Read the full story"), "{part}");
    }
}

#[test]
fn the_web_version_is_the_same_for_everyone() {
    let mut issue = sample::issue();
    issue.subject = Line(vec![
        LinePart::Text("News for ".to_owned()),
        LinePart::Placeholder(Placeholder { field: Field::Organisation, default: "partners".to_owned() }),
    ]);
    let page = render::web_version(&render::mail(&issue, &Look::builtin()));
    assert!(page.contains("<title>News for partners</title>"), "{page}");
    assert!(page.contains("<meta name=\"robots\" content=\"noindex\">"), "{page}");
    assert!(page.contains("href=\"/partners\""), "personal links lead to the newsletter's page: {page}");
    assert!(!page.contains("Near you"), "{page}");
}

#[test]
fn the_contents_list_what_follows_and_headings_bear_its_numbers() {
    let text = text(&sample::issue());
    let (_, rest) = text.split_once("In this issue").unwrap();
    for number in 1..=8 {
        let listed = format!("\n{number}. ");
        assert!(rest.matches(&listed).count() >= 2, "{number} stands in the list and over its item");
    }
    assert!(!text.contains("\n9. "), "{text}");
    let short = with_parts(vec![ResolvedPart::Prose(vec![heading(2, "Only one"), paragraph("Words.")])]);
    assert!(!self::text(&short).contains("In this issue"), "one item needs no list");
}

#[test]
fn an_authors_own_heading_serves_for_new_partners() {
    let partners = vec![sample::partner("example-mentor-bridge", "Example Mentor Bridge", &[])];
    let own = with_parts(vec![ResolvedPart::Prose(vec![heading(2, "Welcome")]), ResolvedPart::NewPartners(partners.clone())]);
    assert!(!html(&own).contains("New on the map"));
    assert!(html(&with_parts(vec![ResolvedPart::NewPartners(partners)])).contains("New on the map"));
}

#[test]
fn two_features_of_one_name_have_two_anchors() {
    let first = sample::feature(false);
    let mut second = sample::feature(false);
    second.id = pressroom::domain::id::FeatureId::parse("example-after-three/road-clinic").unwrap();
    let html = html(&with_parts(vec![ResolvedPart::Feature(Box::new(first)), ResolvedPart::Feature(Box::new(second))]));
    assert!(html.contains("id=\"road-clinic\"") && html.contains("id=\"example-after-three-road-clinic\""), "{html}");
    assert!(html.contains("2027-02-partners/example-after-three/road-clinic\""), "each story has a page of its own: {html}");
}

#[test]
fn every_link_of_a_nested_text_is_in_the_text_part() {
    let nested = Inline::Strong(vec![Inline::Emphasis(vec![linked("deep", "https://example.org/deep?x=1&y=2")])]);
    let table = pressroom::domain::prose::Block::Table {
        head: vec![vec![say("A")]],
        rows: vec![vec![vec![linked("cell", "https://example.org/cell")]]],
    };
    let head = pressroom::domain::prose::Block::Heading {
        level: 2,
        text: vec![linked("title", "https://example.org/title")],
        span: Span::default(),
    };
    let issue = with_parts(vec![ResolvedPart::Prose(vec![
        head,
        pressroom::domain::prose::Block::Quote(vec![pressroom::domain::prose::Block::Paragraph(vec![say("a "), nested])]),
        table,
    ])]);
    let text = text(&issue);
    for address in ["https://example.org/deep?x=1&y=2", "https://example.org/cell", "https://example.org/title"] {
        assert!(text.contains(address), "{address}: {text}");
    }
}
