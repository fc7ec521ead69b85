//! Reads an audience expression. What is wrong with one is told with its place and how to mend it; one fault at a time, for after the
//! first the rest is guesswork. Whether a newsletter exists, and whether anybody has a topic, is known elsewhere.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::domain::id::{NewsletterId, Topic, slug_of};
use crate::domain::subscriber::{Language, State};
use crate::domain::time::civil;

use super::expression::{Day, Expression, Test};

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadExpression {
    /// In bytes of the text.
    pub range: Range<usize>,
    pub message: String,
    pub help: String,
}

const LENGTH_MAX: usize = 2_000;
const VALUES_MAX: usize = 200;
const FIELDS: [&str; 5] = ["state", "topic", "language", "list", "joined"];
const FORM: &str = "write for example: state in [\"NM\", \"TX\"] and topic = \"school-health\"";

type Result<T> = std::result::Result<T, BadExpression>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A word, or a date.
    Word,
    /// A text in quotes.
    Value,
    /// `= [ ] ( ) ,`
    Sign,
    End,
}

#[derive(Debug, Clone)]
struct Token<'a> {
    kind: Kind,
    /// Without its quotes.
    text: &'a str,
    /// With its quotes.
    range: Range<usize>,
}

fn bad<T>(range: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Result<T> {
    Err(BadExpression { range, message: message.into(), help: help.into() })
}

/// The known word that was most likely meant.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(&word.to_lowercase(), known);
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.5).then_some(best)
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length, inner) = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' | '\'' => match rest[1..].find(c) {
                Some(end) => (Kind::Value, end + 2, 1..end + 1),
                None => return bad(at..text.len(), "this quotation mark is not closed", "put another one behind the value"),
            },
            '=' | '[' | ']' | '(' | ')' | ',' => (Kind::Sign, 1, 0..1),
            c if c.is_alphanumeric() => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(rest.len());
                (Kind::Word, end, 0..end)
            }
            '“' | '”' | '‘' | '’' => {
                return bad(at..at + c.len_utf8(), "a curved quotation mark", "use the straight ones: \" or '");
            }
            '!' | '<' | '>' | '&' | '|' => {
                return bad(
                    at..at + 1,
                    format!("`{c}` is not known here"),
                    "join tests with `and`, `or` and `not`; compare with `=` and `in`",
                );
            }
            other => return bad(at..at + other.len_utf8(), "this sign is not known here", FORM),
        };
        found.push(Token { kind, text: &rest[inner], range: at..at + length });
        at += length;
    }
    Ok(found)
}

impl Expression {
    /// # Errors
    /// [`BadExpression`] says what is wrong, where, and how to mend it.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > LENGTH_MAX {
            return bad(0..text.len(), format!("the expression has more than {LENGTH_MAX} bytes"), "make it shorter");
        }
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return bad(0..text.len(), "the expression is empty", FORM);
        }
        let mut reader = Reader { tokens: &tokens, at: 0, end: text.len(), values: 0 };
        let expression = reader.any(0)?;
        let rest = reader.peek();
        match rest.kind {
            Kind::End => Ok(expression),
            Kind::Sign if rest.text == ")" => bad(rest.range, "this parenthesis closes nothing", "take it out, or open it before"),
            Kind::Word | Kind::Value | Kind::Sign => {
                let near = nearest(rest.text, &["and", "or"]).filter(|_| rest.kind == Kind::Word);
                let help =
                    near.map_or_else(|| "put `and` or `or` between two tests".to_owned(), |near| format!("did you mean `{near}`?"));
                bad(rest.range, "here the test before has ended", help)
            }
        }
    }
}

/// A descent over the tokens; its depth is bounded.
struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    /// The text's length.
    end: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Token<'a> {
        let end = Token { kind: Kind::End, text: "", range: self.end..self.end };
        self.tokens.get(self.at).cloned().unwrap_or(end)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn takes(&mut self, kind: Kind, text: &str) -> bool {
        let token = self.peek();
        let is_it = token.kind == kind && token.text.eq_ignore_ascii_case(text);
        self.at += usize::from(is_it);
        is_it
    }

    fn any(&mut self, depth: usize) -> Result<Expression> {
        let first = self.all(depth)?;
        let mut parts = vec![first];
        while self.takes(Kind::Word, "or") {
            parts.push(self.all(depth)?);
        }
        Ok(joined(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expression> {
        let first = self.one(depth)?;
        let mut parts = vec![first];
        while self.takes(Kind::Word, "and") {
            parts.push(self.one(depth)?);
        }
        Ok(joined(parts, Expression::All))
    }

    fn one(&mut self, depth: usize) -> Result<Expression> {
        let token = self.peek();
        if depth >= Expression::DEPTH_MAX {
            return bad(
                token.range,
                format!("this is nested more than {} deep", Expression::DEPTH_MAX),
                "say it with fewer parentheses",
            );
        }
        if self.takes(Kind::Word, "not") {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes(Kind::Sign, "(") {
            let inner = self.any(depth + 1)?;
            if !self.takes(Kind::Sign, ")") {
                let help = "put a `)` behind the last test that belongs inside";
                return bad(token.range, "this parenthesis is not closed", help);
            }
            return Ok(inner);
        }
        self.test().map(Expression::Test)
    }

    fn test(&mut self) -> Result<Test> {
        let field = self.next();
        if field.kind != Kind::Word {
            return bad(self.shown(field.range), "a test begins with what is asked about", format!("one of {}", FIELDS.join(", ")));
        }
        match field.text.to_ascii_lowercase().as_str() {
            "state" => Ok(Test::State(self.values(&field, &state)?)),
            "topic" => Ok(Test::Topic(self.values(&field, &topic)?)),
            "language" => {
                Ok(Test::Language(self.values(&field, &|text| Language::parse(text).map_err(|bad| bad.rule.to_owned()))?))
            }
            "list" => Ok(Test::List(self.values(&field, &|text| NewsletterId::parse(text).map_err(|bad| bad.rule.to_owned()))?)),
            "joined" => self.joined(),
            other => {
                let help = nearest(other, &FIELDS)
                    .map_or_else(|| format!("one of {}", FIELDS.join(", ")), |near| format!("did you mean `{near}`?"));
                bad(field.range, format!("readers cannot be chosen by `{}`", field.text), help)
            }
        }
    }

    fn values<T: Ord>(&mut self, field: &Token<'_>, parse: &Parse<'_, T>) -> Result<BTreeSet<T>> {
        if self.takes(Kind::Sign, "=") {
            return Ok([self.value(field, parse)?].into());
        }
        if !self.takes(Kind::Word, "in") {
            let token = self.peek();
            let (range, name) = (self.shown(token.range), field.text);
            return bad(
                range,
                format!("`{name}` is followed by `=` or `in`"),
                format!("write {name} = \"…\" or {name} in [\"…\", \"…\"]"),
            );
        }
        let open = self.peek();
        if !self.takes(Kind::Sign, "[") {
            return bad(self.shown(open.range), "after `in` comes a list", format!("write {} in [\"…\", \"…\"]", field.text));
        }
        let mut found = BTreeSet::new();
        loop {
            found.insert(self.value(field, parse)?);
            let closes = self.takes(Kind::Sign, "]");
            if closes {
                return Ok(found);
            }
            if !self.takes(Kind::Sign, ",") {
                return bad(
                    self.shown(open.range),
                    "this list is not closed",
                    "values stand between [ and ], with commas between them",
                );
            }
            if self.takes(Kind::Sign, "]") {
                return Ok(found);
            }
        }
    }

    fn value<T>(&mut self, field: &Token<'_>, parse: &Parse<'_, T>) -> Result<T> {
        let token = self.next();
        self.values += 1;
        if self.values > VALUES_MAX {
            return bad(token.range, format!("the expression names more than {VALUES_MAX} values"), "name fewer");
        }
        match token.kind {
            Kind::Value => match parse(token.text) {
                Ok(value) => Ok(value),
                Err(rule) => bad(token.range, format!("this is no {}", field.text.to_ascii_lowercase()), rule),
            },
            Kind::Word => bad(token.range, "a value stands in quotes", format!("write \"{}\"", token.text)),
            Kind::Sign | Kind::End => {
                bad(self.shown(token.range), "here a value is missing", format!("write {} = \"…\"", field.text))
            }
        }
    }

    fn joined(&mut self) -> Result<Test> {
        let how = self.next();
        let is_since = match how.text {
            word if word.eq_ignore_ascii_case("since") => true,
            word if word.eq_ignore_ascii_case("before") => false,
            _ => {
                let help = "write joined since 2027-01-01, or joined before 2027-01-01";
                return bad(self.shown(how.range), "`joined` is followed by `since` or `before`", help);
            }
        };
        let date = self.next();
        let day = date.text.parse::<civil::Date>().ok().filter(|_| date.kind == Kind::Word).and_then(Day::new);
        match day {
            Some(day) if is_since => Ok(Test::JoinedSince(day)),
            Some(day) => Ok(Test::JoinedBefore(day)),
            None => bad(self.shown(date.range), "this is no date from 2000 to 2150", "write it without quotes, such as 2027-01-01"),
        }
    }

    /// Something to underline where nothing stands: the last token.
    fn shown(&self, range: Range<usize>) -> Range<usize> {
        let last = self.tokens.last().map(|token| token.range.clone());
        if range.is_empty() { last.unwrap_or(range) } else { range }
    }
}

type Parse<'p, T> = dyn Fn(&str) -> std::result::Result<T, String> + 'p;

fn state(text: &str) -> std::result::Result<State, String> {
    State::parse(text).map_err(|bad| format!("write {}", bad.rule))
}

fn topic(text: &str) -> std::result::Result<Topic, String> {
    Topic::parse(text).map_err(|bad| match slug_of(text) {
        Some(slug) => format!("did you mean \"{slug}\"?"),
        None => format!("a topic is {}", bad.rule),
    })
}

fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_means_what_it_says() {
        for (text, canonical) in [
            ("state=\"nm\"", "state = \"NM\""),
            ("state in ['TX','NM',]", "state in [\"NM\", \"TX\"]"),
            ("STATE = 'NM' AND topic = 'arts'", "state = \"NM\" and topic = \"arts\""),
            ("list = 'a' or list = 'b' and language = 'ES'", "list = \"a\" or (list = \"b\" and language = \"es\")"),
            ("not not joined since 2027-01-01", "not not joined since 2027-01-01"),
            ("not (state = 'NM' or joined before 2027-01-01)", "not (state = \"NM\" or joined before 2027-01-01)"),
            ("((state = 'NM'))", "state = \"NM\""),
            ("not language = 'es' and state = 'NM'", "not language = \"es\" and state = \"NM\""),
        ] {
            let read = Expression::parse(text).unwrap();
            assert_eq!(read.to_string(), canonical, "{text}");
            assert_eq!(Expression::parse(canonical).unwrap(), read, "{text}");
        }
    }

    #[test]
    fn a_fault_points_at_its_place_and_says_how_to_mend_it() {
        for (text, place, help) in [
            ("", "", "write for example"),
            ("sate = 'NM'", "sate", "did you mean `state`?"),
            ("lists = 'a'", "lists", "did you mean `list`?"),
            ("opened = 'x'", "opened", "one of state, topic, language, list, joined"),
            ("state = NM", "NM", "write \"NM\""),
            ("state = 'New Mexico'", "'New Mexico'", "two letters"),
            ("topic = 'School Health'", "'School Health'", "did you mean \"school-health\"?"),
            ("language = 'english'", "'english'", "a tag such as en"),
            ("state 'NM'", "'NM'", "state = "),
            ("state = ", "=", "state = "),
            ("state in 'NM'", "'NM'", "state in ["),
            ("state in ['NM' 'TX']", "[", "commas"),
            ("state in []", "]", "state = "),
            ("state = 'NM", "'NM", "another one behind"),
            ("state = “NM”", "“", "straight"),
            ("state != 'NM'", "!", "`not`"),
            ("state = 'NM' adn topic = 'a'", "adn", "did you mean `and`?"),
            ("state = 'NM' topic = 'a'", "topic", "put `and` or `or`"),
            ("(state = 'NM'", "(", "`)`"),
            ("state = 'NM')", ")", "take it out"),
            ("state = 'NM' and", "and", "one of state"),
            ("joined 2027-01-01", "2027-01-01", "joined since"),
            ("joined since yesterday", "yesterday", "2027-01-01"),
            ("joined since '2027-01-01'", "'2027-01-01'", "without quotes"),
            ("joined since 1066-10-14", "1066-10-14", "2027-01-01"),
        ] {
            let fault = Expression::parse(text).unwrap_err();
            assert_eq!(&text[fault.range.clone()], place, "{text}: {fault:?}");
            assert!(fault.help.contains(help), "{text}: {fault:?}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_refused() {
        let nested = |depth| "(".repeat(depth) + "state = 'NM'" + &")".repeat(depth);
        assert!(Expression::parse(&nested(19)).is_ok());
        assert!(Expression::parse(&nested(20)).unwrap_err().message.contains("nested"));
        assert!(Expression::parse(&"not ".repeat(400)).unwrap_err().message.contains("nested"));
        assert!(Expression::parse(&"x".repeat(3_000)).unwrap_err().message.contains("2000 bytes"));
        let many = format!("state in [{}]", "'NM',".repeat(201));
        assert!(Expression::parse(&many).unwrap_err().message.contains("200 values"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_a_place_is_always_in_the_text(text in "[a-z=\\[\\]()'\", é“!0-9-]{0,60}") {
            if let Err(fault) = Expression::parse(&text) {
                prop_assert!(text.get(fault.range).is_some());
            }
        }
    }
}
