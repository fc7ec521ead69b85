//! Files that authors might write, bad ones with the report they get (`tests/issues_bad`), and any text at all.
//!
//! `UPDATE_REPORTS=1 cargo test --test issue_files` writes the reports anew; read the difference before you commit it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use pressroom::content::report::{Colour, render};
use pressroom::content::{FILE_RULES, feature_file, issue_file, partner_csv, picture_files, read_text, reader_csv};
use pressroom::domain::id::NewsletterId;
use pressroom::domain::issue::PartKind;
use pressroom::domain::prose::{Inline, visit_inlines};
use pressroom::domain::rule::Problem;
use pressroom::domain::submission::Limits;
use pressroom::domain::time::{TimeZone, Timestamp};

fn zone_of(id: &NewsletterId) -> Option<TimeZone> {
    ["partners", "steering"].contains(&id.as_str()).then(|| TimeZone::get("America/New_York").unwrap())
}

fn is_feature(stem: &str) -> bool {
    stem.to_lowercase().starts_with("feature")
}

fn problems(stem: &str, bytes: &[u8]) -> Vec<Problem> {
    let text = match read_text(bytes) {
        Ok(text) => text,
        Err(problem) => return vec![problem],
    };
    if !is_feature(stem) {
        return issue_file::parse(text, &zone_of).problems;
    }
    // This rule is about the file's name, which here has to be the rule's.
    let stem = if stem == "FEATURE012" { "¿?" } else { stem };
    feature_file::parse(stem, text, &Limits::default()).problems
}

fn files_in(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    assert!(!files.is_empty(), "no .{extension} in {}", folder.display());
    files.sort();
    files
}

fn bad_files() -> Vec<PathBuf> {
    files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/issues_bad"), "md")
}

#[test]
fn every_bad_file_gets_its_report() {
    let update = std::env::var_os("UPDATE_REPORTS").is_some();
    let mut faults = Vec::new();
    for path in bad_files() {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let report = render(&name, &String::from_utf8_lossy(&bytes), &problems(&stem, &bytes), (Colour::Never, 100));
        let expected = path.with_extension("txt");
        if update {
            fs::write(&expected, &report).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != report {
            faults.push(format!("{name} now gets this report:\n{report}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rule_for_files_has_a_file_that_breaks_it() {
    let files: BTreeSet<_> = bad_files().iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    for rule in FILE_RULES {
        assert!(files.contains(rule.code), "write tests/issues_bad/{}.md", rule.code);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/issues_bad/{}.md", rule.code));
        let found = problems(rule.code, &fs::read(path).unwrap());
        assert!(found.iter().any(|problem| problem.rule == *rule), "{} does not break its rule", rule.code);
    }
}

const ISSUE: &str = r#"+++
newsletter = "partners"
subject    = "Coordinators at the centre"
preheader  = "Six partners, two deadlines and one question for your affiliates."
send       = 2027-02-02T10:00:00
ready      = true
+++
Dear {{ first_name | default("partner") }},

## From the field

```features
count  = 2
topics = ["school-health"]
```

```feature
id = "example-city-united/paying-for-the-person-in-the-middle"
```

```event
title  = "Spring meeting"
starts = 2027-03-04T15:00:00
place  = "Online"
link   = "https://lantern.example.org/spring"
```

```button
text = "Send us your news"
link = "mailto:editor@lantern.example.org"
```

```quote
text    = "We stopped talking first."
speaker = "A parent on the site council"
lang    = "en"
```

```policy
title       = "School grounds are public ground"
text        = "What we stand for."
charter     = "2026-09"
principles  = ["shared-places"]
signatories = ["example-planners-commons"]
logos       = [{ file = "logos/commons.png", description = "Example Planners' Commons" }]
```

```new-partners
since = 2027-01-01
```

```for
states = ["NM", "TX"]
text   = '''
### Near you

Hello {{ state | default("you") }}. ![A bus](bus.jpg "Example Credit")
'''
```

```translation
lang = "es"
text = '''
## En breve

Hola.
'''
```

| What | When |
|------|------|
| Call | {{ name | default("May") }} |

    plain code
"#;

#[test]
fn a_file_with_every_kind_of_part_has_no_problem() {
    let parsed = issue_file::parse(ISSUE, &zone_of);
    assert_eq!(parsed.problems, []);
    let parts = parsed.value.unwrap().parts;
    assert_eq!(parts.len(), 11);
    assert!(matches!(&parts[0].kind, PartKind::Prose(blocks) if blocks.len() == 2));
    assert!(ISSUE[parts[1].span.start..].starts_with("```features"));
    assert!(matches!(&parts[9].kind, PartKind::Translation { language, .. } if language.as_str() == "es"));
    assert_eq!(picture_files(ISSUE), ["bus.jpg", "logos/commons.png"]);
}

#[test]
fn the_sample_newsroom_has_no_problem() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let any_zone = |_: &NewsletterId| Some(TimeZone::UTC);
    for folder in ["issues", "issues/features"] {
        for path in files_in(&root.join(folder), "md") {
            let text = fs::read_to_string(&path).unwrap();
            let stem = path.file_stem().unwrap().to_string_lossy();
            let is_issue = folder == "issues";
            let problems = if is_issue {
                issue_file::parse(&text, &any_zone).problems
            } else {
                feature_file::parse(&stem, &text, &Limits::default()).problems
            };
            assert!(problems.is_empty(), "{}", render(&stem, &text, &problems, (Colour::Never, 100)));
            for picture in picture_files(&text) {
                assert!(path.with_file_name(&picture).exists(), "{stem}: {picture}");
            }
        }
    }
    for path in files_in(&root.join("subscribers"), "csv") {
        let bytes = fs::read(&path).unwrap();
        let bad = match path.file_stem().unwrap().to_string_lossy().as_ref() {
            "partners" => partner_csv::parse(&bytes, Timestamp::UNIX_EPOCH).bad,
            _ => reader_csv::parse(&bytes).bad,
        };
        assert_eq!(bad, [], "{}", path.display());
    }
}

#[test]
fn all_lines_may_end_as_on_windows() {
    let parsed = issue_file::parse(&ISSUE.replace('\n', "\r\n"), &zone_of);
    assert_eq!(parsed.problems, []);
    assert_eq!(parsed.value.unwrap().parts.len(), 11);
}

#[test]
fn a_partners_text_cannot_carry_markup_or_braces() {
    let words = "Two districts share one clinic that follows the late bus from school to school. ".repeat(5);
    let front = "+++\npartner = 'example-health'\ntitle = 'A clinic on the road of the bus'\nsummary = 'One clinic.'\nexpertise = ['health']\n+++\n";
    let file = |body: &str| feature_file::parse("clinic", &format!("{front}{words}{body}\n"), &Limits::default());
    assert_eq!(file("").value.unwrap().id.to_string(), "example-health/clinic");
    for bad in [
        "<img src=x onerror=alert(1)>",
        "<script>x</script>",
        "\n\n<div>\n",
        "{{ name }}",
        "{{",
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "![x](https://example.org/x.png)",
        "&#x202e;x",
        "<!-- more or less -->",
    ] {
        assert!(file(bad).has_errors(), "{bad}");
    }
    // What only looks like markup after its entities are read is text, and is escaped where it is shown.
    let brief = file("&lt;b&gt;").value.unwrap().brief;
    let mut texts = Vec::new();
    visit_inlines(&brief, &mut |inline| texts.push(inline.clone()));
    assert!(texts.iter().any(|inline| matches!(inline, Inline::Text(text) if text.contains("<b>"))));
}

/// Whatever the file, spans lie in it and on letters, and a report can be made.
fn check_any(text: &str) {
    let issue = issue_file::parse(text, &zone_of);
    assert_eq!(issue.value.is_some(), !issue.problems.iter().any(Problem::is_error));
    let feature = feature_file::parse("any", text, &Limits::default());
    assert_eq!(feature.value.is_some(), !feature.problems.iter().any(Problem::is_error));
    for problem in issue.problems.iter().chain(&feature.problems) {
        assert!(!problem.message.is_empty() && !problem.help.is_empty());
        if let Some(span) = problem.span {
            assert!(text.get(span.start..span.start + span.length).is_some(), "{problem:?}");
        }
    }
    let report = render("any.md", text, &issue.problems, (Colour::Never, 100));
    assert_eq!(report.is_empty(), issue.problems.is_empty());
    for picture in picture_files(text) {
        assert!(!picture.contains("..") && !picture.starts_with('/'), "{picture}");
    }
}

/// Pieces from which text grows that comes close to what authors write.
const PIECES: [&str; 48] = [
    "+++\n",
    "newsletter = \"partners\"\n",
    "subject = \"é {{ name }}\"\n",
    "a = \"\"\"\n\\u00e9\\\n  x\n\"\"\"\n",
    "b = '''\r\n",
    "{{",
    "}}",
    "{{ name | default(\"é\") }}",
    "{{ nmae }}",
    "```",
    "```event\n",
    "````for\ntext = '''",
    "\n",
    "\n\n",
    "\r\n",
    "> ",
    "- ",
    "1. ",
    "  ",
    "    ",
    "# ",
    "### ",
    "*",
    "**",
    "_",
    "`",
    "[",
    "](",
    ")",
    "![",
    "https://example.org/",
    "<",
    ">",
    "<!-- more -->",
    "<b>",
    "|",
    "|-|-|\n",
    "~~",
    "\\",
    "&amp;",
    "&#x202e;",
    "\u{202e}",
    "\u{e000}x\u{e001}",
    "\u{e000}",
    "é",
    "🎒",
    "states = [\"NM\"]\n",
    "\0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_crash(text in "\\PC{0,400}") {
        check_any(&text);
    }

    #[test]
    fn any_bytes_are_read_without_a_crash(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(text) = read_text(&bytes) {
            check_any(text);
        }
        check_any(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_made_of_an_authors_pieces_is_read_without_a_crash(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let body: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        check_any(&body);
        check_any(&format!("+++\nnewsletter = 'partners'\nsubject = 'S'\npreheader = 'P'\n+++\n{body}"));
        check_any(&format!("+++\n{body}\n+++\n{body}"));
        check_any(&format!("+++\n+++\n````for\nstates = ['NM']\ntext = '''\n{body}\n'''\n````\n"));
    }

    #[test]
    fn a_damaged_file_is_read_without_a_crash(at in 0..ISSUE.len(), length in 0_usize..40, piece in 0..PIECES.len()) {
        let start = (0..=at).rev().find(|at| ISSUE.is_char_boundary(*at)).unwrap();
        let end = (start + length..).find(|end| *end >= ISSUE.len() || ISSUE.is_char_boundary(*end)).unwrap().min(ISSUE.len());
        check_any(&format!("{}{}{}", &ISSUE[..start], PIECES[piece], &ISSUE[end..]));
    }
}

#[test]
fn large_files_of_one_repeated_piece_are_read_to_their_end() {
    let more = ["*a ", "![](", "{{ name", "{{name}}", "```x\n```\n", "http", "a = 1\n", "> - ", "|", "<!--", "[a][b]", "a\n|-\n"];
    for piece in PIECES.iter().chain(&more) {
        let body = piece.repeat(15_000 / piece.len());
        let issue = format!("+++\nnewsletter = 'partners'\nsubject = 'S'\n+++\n{body}");
        for text in [issue, format!("+++\n{body}\n+++\nx")] {
            let problems = issue_file::parse(&text, &zone_of).problems;
            assert!(problems.len() <= 101, "{piece:?}");
            let report = render("any.md", &text, &problems, (Colour::Never, 100));
            assert!(report.len() < 1_000_000, "{piece:?}: {} bytes", report.len());
        }
    }
}
