//! What `check` says about a rendered issue.

use pressroom::content::look::Look;
use pressroom::domain::prose::{Block, Inline, Span};
use pressroom::domain::resolved::{ResolvedIssue, ResolvedPart};
use pressroom::domain::rule::{Level, Problem};
use pressroom::domain::subscriber::Language;
use pressroom::domain::template::{Line, Template};
use pressroom::render;

use crate::sample::{self, heading, link, linked, paragraph, with_parts};

fn problems(issue: &ResolvedIssue) -> Vec<Problem> {
    let look = Look::builtin();
    render::lint::check(issue, &render::mail(issue, &look), &look)
}

fn codes(issue: &ResolvedIssue) -> Vec<&'static str> {
    let mut codes: Vec<_> = problems(issue).iter().map(|problem| problem.rule.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn the_sample_has_no_error() {
    let found: Vec<_> = problems(&sample::issue()).into_iter().filter(|problem| problem.rule.level == Level::Error).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_finding_in_a_feature_names_the_feature_and_no_place_of_the_issue() {
    let mut feature = sample::feature(false);
    feature.brief = vec![Block::Paragraph(vec![linked("read more", "https://example.org/x")])];
    let found = problems(&with_parts(vec![ResolvedPart::Feature(Box::new(feature))]));
    let finding = found.iter().find(|problem| problem.rule.code == "A11Y001").unwrap();
    assert!(finding.message.contains("example-health-in-schools/road-clinic"), "{finding:?}");
    assert_eq!(finding.span, None);
}

#[test]
fn each_rule_is_found_where_it_is_broken() {
    let here =
        |address: &str| Inline::Link { target: link(address), text: vec![Inline::Text("here".into())], span: Span::new(3, 4) };
    let prose = |blocks| with_parts(vec![ResolvedPart::Prose(blocks)]);
    let with = |change: &dyn Fn(&mut ResolvedIssue)| {
        let mut issue = prose(vec![paragraph("Words.")]);
        change(&mut issue);
        issue
    };
    let cases = [
        ("A11Y001", prose(vec![Block::Paragraph(vec![here("https://example.org/")])])),
        ("A11Y001", with_parts(vec![ResolvedPart::Button { text: "Click here".into(), link: link("https://example.org/") }])),
        ("A11Y004", prose(vec![heading(2, "Empty")])),
        ("A11Y005", prose(vec![paragraph("✅ Done")])),
        (
            "IMG001",
            with(&|issue| {
                issue.parts = vec![ResolvedPart::Prose(vec![sample::prose_picture()])];
                issue.pictures.values_mut().for_each(|picture| picture.size_bytes = 300_000);
            }),
        ),
        (
            "IMG002",
            with(&|issue| {
                issue.parts = vec![ResolvedPart::Prose(vec![sample::prose_picture()])];
                issue.pictures.values_mut().for_each(|picture| picture.size_bytes = 900_000);
            }),
        ),
        ("IMG003", prose(vec![sample::prose_picture()])),
        ("IMG004", prose(vec![sample::prose_picture()])),
        ("LINK002", prose(vec![Block::Paragraph(vec![linked("The agenda", "http://example.org/")])])),
        ("LINK003", prose(vec![Block::Paragraph(vec![linked("The agenda", "https://bit.ly/x")])])),
        ("MAIL003", with(&|issue| issue.alliance.postal_address.clear())),
        ("MAIL004", with(&|issue| issue.language = Language::parse("fr").unwrap())),
        ("MAIL005", with(&|issue| issue.web_url = "https://news.example.net".into())),
        ("MAIL010", with(&|issue| issue.subject = Line::text("long ".repeat(20)))),
        ("MAIL014", with(&|issue| issue.preheader = Line::text("Short."))),
        ("SIZE002", prose(vec![paragraph(&"word ".repeat(20_000))])),
        ("TEXT004", prose(vec![paragraph(&"word ".repeat(30))])),
        ("TEXT011", prose(vec![paragraph("The FSM began.")])),
    ];
    for (code, issue) in cases {
        let found = codes(&issue);
        assert!(found.contains(&code), "{code}: {found:?}");
    }
    let quiet = codes(&prose(vec![paragraph("Words.")]));
    assert_eq!(quiet, [""; 0], "a calm issue has no findings");
}

#[test]
fn a_mail_that_lost_something_is_noticed() {
    let look = Look::builtin();
    let issue = sample::issue();
    let whole = render::mail(&issue, &look);
    let mut broken = whole.clone();
    broken.text = Template::literal("nothing");
    let found = render::lint::check(&issue, &broken, &look);
    assert!(found.iter().any(|problem| problem.rule.code == "MAIL002"), "{found:?}");
    let mut broken = whole;
    broken.html = Template::literal("<html><body><table></table></body></html>");
    let found = render::lint::check(&issue, &broken, &look);
    assert!(found.iter().any(|problem| problem.rule.code == "MAIL001"), "{found:?}");
}
