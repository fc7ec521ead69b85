//! Findings about the lines a reader sees before opening: subject and preheader.

use crate::domain::resolved::ResolvedIssue;
use crate::domain::rule::{MAIL010, MAIL011, MAIL012, MAIL013, MAIL014, MAIL015, Problem};

/// Words that stand where an author has not written yet.
const UNWRITTEN: [&str; 8] = ["lorem ipsum", "tbd", "todo", "xxx", "placeholder", "untitled", "[test]", "subject line"];

/// What a preheader must not be about (email-checklist.md E39).
const ABOUT_THE_MAIL: [&str; 6] =
    ["view in browser", "view online", "view this email", "read online", "ver en el navegador", "ver en línea"];

pub(super) fn check(issue: &ResolvedIssue) -> Vec<Problem> {
    let (subject, preheader) = (issue.subject.with_defaults(), issue.preheader.with_defaults());
    let mut problems = subject_problems(&subject);
    problems.extend(preheader_problems(&preheader, &subject));
    problems
}

fn subject_problems(subject: &str) -> Vec<Problem> {
    let length = subject.chars().count();
    let mut problems = Vec::new();
    if length > 78 {
        let message = format!("the subject has {length} characters");
        problems.push(Problem::new(MAIL010, None, message, "say what the issue is about in at most 78, better 50"));
    } else if length > 50 {
        let message = format!("the subject has {length} characters");
        problems.push(Problem::new(MAIL011, None, message, "put the telling words first, or shorten it to 50"));
    }
    let lower = subject.to_lowercase();
    let as_word = |wanted: &str| lower.split(|c: char| !c.is_alphanumeric()).any(|word| word == wanted);
    let is_there = |wanted: &&&str| if wanted.contains([' ', '[']) { lower.contains(**wanted) } else { as_word(wanted) };
    let shouted = subject.split(|c: char| !c.is_alphanumeric()).any(|word| word == "TEST");
    if let Some(word) = UNWRITTEN.iter().find(is_there).copied().or(shouted.then_some("TEST")) {
        problems.push(Problem::new(
            MAIL012,
            None,
            format!("`{word}` stands in the subject"),
            "write the subject that readers shall see",
        ));
    }
    if emoji_count(subject) > 1 {
        let message = format!("the subject has {} emoji", emoji_count(subject));
        problems.push(Problem::new(MAIL013, None, message, "keep one at most; a screen reader says each by its full name"));
    }
    problems
}

fn preheader_problems(preheader: &str, subject: &str) -> Vec<Problem> {
    let length = preheader.chars().count();
    let mut problems = Vec::new();
    if !(40..=100).contains(&length) {
        let message = format!("the preheader has {length} characters");
        let help = "write 40 to 100: one honest sentence that goes on where the subject stops";
        problems.push(Problem::new(MAIL014, None, message, help));
    }
    let lower = preheader.to_lowercase();
    if let Some(words) = ABOUT_THE_MAIL.iter().find(|words| lower.contains(**words)) {
        let message = format!("the preheader is about the mail (`{words}`)");
        problems.push(Problem::new(MAIL015, None, message, "say what is in the issue"));
    } else if lower.trim() == subject.to_lowercase().trim() {
        problems.push(Problem::new(MAIL015, None, "the preheader repeats the subject", "say something more about the issue"));
    } else if preheader.chars().any(is_filler) {
        problems.push(Problem::new(MAIL015, None, "the preheader has invisible filler", "take it out; words are enough"));
    }
    problems
}

/// Characters that take no room, used to push the mail's first words out of sight.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{200b}'..='\u{200f}' | '\u{2007}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// How many emoji stand in a text; a family joined by U+200D is one.
pub(super) fn emoji_count(text: &str) -> usize {
    let mut count = 0;
    let mut joined = false;
    for c in text.chars() {
        if is_emoji(c) && !joined {
            count += 1;
        }
        joined = c == '\u{200d}';
    }
    count
}

pub(super) fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1f300..=0x1f3fa | 0x1f400..=0x1faff | 0x1f1e6..=0x1f1ff | 0x2600..=0x27bf | 0x2b50 | 0x2b55)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(problems: &[Problem]) -> Vec<&'static str> {
        problems.iter().map(|problem| problem.rule.code).collect()
    }

    #[test]
    fn subjects_are_short_written_and_calm() {
        let cases: [(&str, &[&str]); 8] = [
            ("Coordinators at the centre", &[]),
            ("Test scores are not the whole story", &[]),
            (&"long ".repeat(11), &["MAIL011"]),
            (&"long ".repeat(17), &["MAIL010"]),
            ("TEST: February", &["MAIL012"]),
            ("Subject TBD", &["MAIL012"]),
            ("Two suns ☀ ☀", &["MAIL013"]),
            ("One family 👩\u{200d}👩\u{200d}👧", &[]),
        ];
        for (subject, expected) in cases {
            assert_eq!(codes(&subject_problems(subject)), expected, "{subject}");
        }
    }

    #[test]
    fn preheaders_go_on_where_the_subject_stops() {
        let good = "Six partners, two deadlines and one question for your affiliates.";
        let cases: [(&str, &[&str]); 5] = [
            (good, &[]),
            ("Short.", &["MAIL014"]),
            (&good.repeat(2), &["MAIL014"]),
            ("Trouble with this mail? View in browser, it is quite easy.", &["MAIL015"]),
            (&format!("{good}\u{200c}\u{200c}"), &["MAIL015"]),
        ];
        for (preheader, expected) in cases {
            assert_eq!(codes(&preheader_problems(preheader, "Subject")), expected, "{preheader}");
        }
        assert_eq!(codes(&preheader_problems(good, &good.to_uppercase())), ["MAIL015"]);
    }
}
