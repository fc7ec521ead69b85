//! Text with holes: literal pieces, slots that a reader's own data fills, and pieces that only some readers get.
//!
//! A rendered part of an issue is a [`Template`]; filling one never parses anything.

use super::audience::Condition;

/// What a placeholder may name (product.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    FirstName,
    Name,
    Organisation,
    State,
    Newsletter,
}

impl Field {
    pub const ALL: [Self; 5] = [Self::FirstName, Self::Name, Self::Organisation, Self::State, Self::Newsletter];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::Name => "name",
            Self::Organisation => "organisation",
            Self::State => "state",
            Self::Newsletter => "newsletter",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }
}

/// `{{ field | default("…") }}` as an author writes it. Without a default, an unknown value is filled with nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    pub field: Field,
    pub default: String,
}

/// A link that is a reader's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalLink {
    Unsubscribe,
    Preferences,
}

/// Where a slot stands, which decides how its value is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// In HTML text or a quoted attribute: `& < > " '` become entities.
    Html,
    /// In plain text or a header, as it is.
    Plain,
}

/// A hole in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    Field { placeholder: Placeholder, escape: Escape },
    Link { link: PersonalLink, escape: Escape },
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    Slot(Slot),
    /// For the readers who meet the condition; others get nothing in its place. Never nested.
    Only {
        when: Condition,
        pieces: Vec<Piece>,
    },
}

/// Rendered text with holes, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(pub Vec<Piece>);

/// What fills the holes for one reader. Values are as the reader gave them; the template's slots escape them.
pub trait Filling {
    /// The reader's value, `None` when unknown or empty.
    fn field(&self, field: Field) -> Option<&str>;
    fn link(&self, link: PersonalLink) -> &str;
    fn meets(&self, condition: &Condition) -> bool;
}

impl Template {
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Piece::Literal(text.into())])
    }

    /// The whole text for one reader.
    #[must_use]
    pub fn fill(&self, filling: &dyn Filling) -> String {
        let mut out = String::new();
        fill_into(&self.0, filling, &mut out);
        out
    }

    /// Every slot, including those in conditional pieces.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.0
            .iter()
            .flat_map(|piece| match piece {
                Piece::Only { pieces, .. } => pieces.as_slice(),
                Piece::Literal(_) | Piece::Slot(_) => std::slice::from_ref(piece),
            })
            .filter_map(|piece| match piece {
                Piece::Slot(slot) => Some(slot),
                Piece::Literal(_) | Piece::Only { .. } => None,
            })
    }
}

impl Slot {
    /// The slot's escaped value for one reader.
    #[must_use]
    pub fn value(&self, filling: &dyn Filling) -> String {
        match self {
            Self::Field { placeholder, escape } => escape.apply(filling.field(placeholder.field).unwrap_or(&placeholder.default)),
            Self::Link { link, escape } => escape.apply(filling.link(*link)),
        }
    }
}

impl Escape {
    #[must_use]
    pub fn apply(self, value: &str) -> String {
        match self {
            Self::Plain => value.to_owned(),
            Self::Html => {
                let mut out = String::with_capacity(value.len());
                for c in value.chars() {
                    match c {
                        '&' => out.push_str("&amp;"),
                        '<' => out.push_str("&lt;"),
                        '>' => out.push_str("&gt;"),
                        '"' => out.push_str("&quot;"),
                        '\'' => out.push_str("&#39;"),
                        other => out.push(other),
                    }
                }
                out
            }
        }
    }
}

fn fill_into(pieces: &[Piece], filling: &dyn Filling, out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Slot(slot) => out.push_str(&slot.value(filling)),
            Piece::Only { when, pieces } => {
                if filling.meets(when) {
                    fill_into(pieces, filling, out);
                }
            }
        }
    }
}

/// One line of an author's text with placeholders: a subject or a preheader.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line(pub Vec<LinePart>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinePart {
    Text(String),
    Placeholder(Placeholder),
}

impl Line {
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![LinePart::Text(text.into())])
    }

    /// The line as a template whose literals and values are escaped for the place it goes to.
    #[must_use]
    pub fn template(&self, escape: Escape) -> Template {
        let piece = |part: &LinePart| match part {
            LinePart::Text(text) => Piece::Literal(escape.apply(text)),
            LinePart::Placeholder(placeholder) => Piece::Slot(Slot::Field { placeholder: placeholder.clone(), escape }),
        };
        Template(self.0.iter().map(piece).collect())
    }

    /// The line as someone sees it of whom nothing is known.
    #[must_use]
    pub fn with_defaults(&self) -> String {
        let part = |part: &LinePart| match part {
            LinePart::Text(text) => text.clone(),
            LinePart::Placeholder(placeholder) => placeholder.default.clone(),
        };
        self.0.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ada;

    impl Filling for Ada {
        fn field(&self, field: Field) -> Option<&str> {
            (field == Field::FirstName).then_some("Ada <&>")
        }
        fn link(&self, _: PersonalLink) -> &str {
            "https://example.org/u/x"
        }
        fn meets(&self, condition: &Condition) -> bool {
            condition.states.is_empty()
        }
    }

    #[test]
    fn values_are_escaped_for_where_they_stand() {
        let placeholder = Placeholder { field: Field::FirstName, default: String::new() };
        let line = Line(vec![LinePart::Text("R&D, ".into()), LinePart::Placeholder(placeholder)]);
        assert_eq!(line.template(Escape::Html).fill(&Ada), "R&amp;D, Ada &lt;&amp;&gt;");
        assert_eq!(line.template(Escape::Plain).fill(&Ada), "R&D, Ada <&>");
    }

    #[test]
    fn an_unknown_value_takes_the_default_and_a_part_for_others_is_left_out() {
        let placeholder = Placeholder { field: Field::Organisation, default: "partner".into() };
        let state = crate::domain::subscriber::State::parse("NM").unwrap();
        let template = Template(vec![
            Piece::Slot(Slot::Field { placeholder, escape: Escape::Plain }),
            Piece::Only {
                when: Condition { states: [state].into(), ..Condition::default() },
                pieces: vec![Piece::Literal("x".into())],
            },
        ]);
        assert_eq!(template.fill(&Ada), "partner");
    }
}
