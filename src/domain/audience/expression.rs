//! An audience expression as a value: tests joined by `and`, `or` and `not`, and what they mean for one reader. A store works the same
//! out over many readers at once; both must agree.
//!
//! Whether a reader opened or clicked anything is no test and never will be.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::id::{NewsletterId, Topic};
use crate::domain::subscriber::{Language, Membership, MembershipState, Reader, State};
use crate::domain::time::{TimeZone, Timestamp, civil};

/// One question about a reader. A reader of whom the fact is unknown does not meet it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    State(BTreeSet<State>),
    /// Any of these topics.
    Topic(BTreeSet<Topic>),
    Language(BTreeSet<Language>),
    /// Confirmed for any of these newsletters.
    List(BTreeSet<NewsletterId>),
    /// Confirmed for the newsletter on this day or later.
    JoinedSince(Day),
    /// Confirmed for the newsletter before this day.
    JoinedBefore(Day),
}

/// A combination of tests, with at most [`Expression::DEPTH_MAX`] levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    Test(Test),
    Not(Box<Expression>),
    /// At least two.
    All(Vec<Expression>),
    /// At least two.
    Any(Vec<Expression>),
}

/// A day of UTC in the years 2000 to 2150, as the number of days since the first one. What lies outside counts as the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(u16);

impl Day {
    const FIRST: civil::Date = civil::date(2000, 1, 1);
    const LAST: civil::Date = civil::date(2150, 12, 31);

    /// The day that a moment lies in.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        Self::nearest(moment.to_zoned(TimeZone::UTC).date())
    }

    /// `None` outside the years.
    #[must_use]
    pub fn new(date: civil::Date) -> Option<Self> {
        (Self::FIRST..=Self::LAST).contains(&date).then(|| Self::nearest(date))
    }

    fn nearest(date: civil::Date) -> Self {
        let days = date.clamp(Self::FIRST, Self::LAST).since(Self::FIRST).map_or(0, |span| span.get_days());
        Self(u16::try_from(days).expect("a hundred and fifty years have fewer than 65 536 days"))
    }

    /// Days since the first of January 2000.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = crate::domain::time::SignedDuration::from_hours(24 * i64::from(self.0));
        write!(f, "{}", Self::FIRST.checked_add(days).unwrap_or(Self::LAST))
    }
}

impl Expression {
    /// How deep parentheses and `not` may go.
    pub const DEPTH_MAX: usize = 20;

    /// Whether a reader of the newsletter meets it.
    #[must_use]
    pub fn is_met(&self, reader: &Reader, newsletter: &NewsletterId) -> bool {
        match self {
            Self::Test(test) => test.is_met(reader, newsletter),
            Self::Not(inner) => !inner.is_met(reader, newsletter),
            Self::All(parts) => parts.iter().all(|part| part.is_met(reader, newsletter)),
            Self::Any(parts) => parts.iter().any(|part| part.is_met(reader, newsletter)),
        }
    }

    /// Every test in it, in the order in which they are written.
    #[must_use]
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Test(test) => vec![test],
            Self::Not(inner) => inner.tests(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
        }
    }
}

impl Test {
    fn is_met(&self, reader: &Reader, newsletter: &NewsletterId) -> bool {
        let fields = &reader.fields;
        let confirmed =
            |id: &NewsletterId| reader.memberships.get(id).filter(|membership| membership.state == MembershipState::Confirmed);
        let joined = || confirmed(newsletter).map(joined_on);
        match self {
            Self::State(states) => fields.state.as_ref().is_some_and(|state| states.contains(state)),
            Self::Topic(topics) => !topics.is_disjoint(&fields.topics),
            Self::Language(languages) => fields.language.as_ref().is_some_and(|language| languages.contains(language)),
            Self::List(lists) => lists.iter().any(|list| confirmed(list).is_some()),
            Self::JoinedSince(day) => joined().is_some_and(|joined| joined >= *day),
            Self::JoinedBefore(day) => joined().is_some_and(|joined| joined < *day),
        }
    }
}

fn joined_on(membership: &Membership) -> Day {
    Day::of(membership.since)
}

/// As it is written: reading it again gives the same value. The form that a proof's hash binds.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    write!(f, " {word} ")?;
                }
                write_within(f, part)?;
            }
            Ok(())
        };
        match self {
            Self::Test(test) => test.fmt(f),
            Self::Not(inner) => {
                f.write_str("not ")?;
                write_within(f, inner)
            }
            Self::All(parts) => joined(f, parts, "and"),
            Self::Any(parts) => joined(f, parts, "or"),
        }
    }
}

fn write_within(f: &mut fmt::Formatter<'_>, part: &Expression) -> fmt::Result {
    match part {
        Expression::Test(_) | Expression::Not(_) => write!(f, "{part}"),
        Expression::All(_) | Expression::Any(_) => write!(f, "({part})"),
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(states) => write_values(f, "state", states.iter().map(State::as_str)),
            Self::Topic(topics) => write_values(f, "topic", topics.iter().map(Topic::as_str)),
            Self::Language(languages) => write_values(f, "language", languages.iter().map(Language::as_str)),
            Self::List(lists) => write_values(f, "list", lists.iter().map(NewsletterId::as_str)),
            Self::JoinedSince(day) => write!(f, "joined since {day}"),
            Self::JoinedBefore(day) => write!(f, "joined before {day}"),
        }
    }
}

fn write_values<'a>(f: &mut fmt::Formatter<'_>, field: &str, values: impl Iterator<Item = &'a str>) -> fmt::Result {
    let quoted: Vec<String> = values.map(|value| format!("\"{value}\"")).collect();
    match quoted.as_slice() {
        [one] => write!(f, "{field} = {one}"),
        many => write!(f, "{field} in [{}]", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::EmailAddress;
    use crate::domain::id::ReaderId;
    use crate::domain::subscriber::ReaderFields;

    fn partners() -> NewsletterId {
        NewsletterId::parse("partners").unwrap()
    }

    fn reader() -> Reader {
        let fields = ReaderFields {
            state: State::parse("NM").ok(),
            topics: [Topic::parse("school-health").unwrap(), Topic::parse("arts").unwrap()].into(),
            ..ReaderFields::default()
        };
        let since: Timestamp = "2027-01-01T23:59:59Z".parse().unwrap();
        let confirmed = Membership { state: MembershipState::Confirmed, since, consent: None };
        let left = Membership { state: MembershipState::Left, ..confirmed.clone() };
        let memberships = [(partners(), confirmed), (NewsletterId::parse("steering").unwrap(), left)].into_iter().collect();
        Reader {
            id: ReaderId::from_bytes([1; 16]),
            address: EmailAddress::parse("a@example.org").unwrap(),
            fields,
            memberships,
            created: since,
            paused_until: None,
        }
    }

    #[test]
    fn each_test_is_met_by_what_it_asks_and_by_nothing_unknown() {
        for (text, met) in [
            ("state = 'NM'", true),
            ("state in ['TX', 'NM']", true),
            ("state = 'TX'", false),
            ("topic = 'arts'", true),
            ("topic in ['arts', 'music']", true),
            ("topic = 'music'", false),
            ("language = 'en'", false),
            ("not language = 'en'", true),
            ("list = 'partners'", true),
            ("list = 'steering'", false),
            ("joined since 2027-01-01", true),
            ("joined since 2027-01-02", false),
            ("joined before 2027-01-02", true),
            ("joined before 2027-01-01", false),
            ("state = 'NM' and not topic = 'arts'", false),
            ("state = 'TX' or topic = 'arts' and list = 'partners'", true),
            ("(state = 'TX' or topic = 'arts') and list = 'steering'", false),
        ] {
            assert_eq!(Expression::parse(text).unwrap().is_met(&reader(), &partners()), met, "{text}");
        }
        let elsewhere = NewsletterId::parse("steering").unwrap();
        assert!(
            !Expression::parse("joined since 2000-01-01").unwrap().is_met(&reader(), &elsewhere),
            "who has left has not joined"
        );
    }

    #[test]
    fn days_are_of_utc_and_have_an_end() {
        let day = |text: &str| Day::of(text.parse().unwrap());
        assert_eq!(day("2027-01-01T00:00:00Z").to_string(), "2027-01-01");
        assert_eq!(day("2027-01-01T23:30:00-05:00").to_string(), "2027-01-02");
        assert_eq!((day("1970-01-01T00:00:00Z").number(), day("2000-01-02T00:00:00Z").number()), (0, 1));
        assert_eq!(day("2400-01-01T00:00:00Z").to_string(), "2150-12-31");
        assert_eq!(Day::new(civil::date(1999, 12, 31)), None);
        assert_eq!(Day::new(civil::date(2150, 12, 31)).unwrap().number(), 55_151);
    }
}
