//! The fields of the form: what each is called, and how what was typed in it is written.

use super::FeatureForm;
use crate::domain::time::civil;

/// How a field's text becomes a value of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Line,
    /// Words with a comma, a semicolon or a line's end between them.
    List,
    Day,
    Moment,
    /// `yes` or `no`.
    Switch,
    /// The text below the front matter.
    Body,
}

macro_rules! fields {
    ($($field:ident $name:literal $shape:ident,)*) => {
        /// A field of the form.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($field,)*
        }

        impl Field {
            pub const ALL: &[Self] = &[$(Self::$field),*];

            /// Its name in a page's form and in a draft.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }

            fn shape(self) -> Shape {
                match self {
                    $(Self::$field => Shape::$shape,)*
                }
            }
        }
    };
}

fields! {
    Partner "partner" Line,
    Kind "kind" Line,
    Title "title" Line,
    Summary "summary" Line,
    Brief "brief" Body,
    Story "story" Body,
    Changed "changed" Line,
    ForWhom "for_whom" Line,
    Evidence "evidence" Line,
    LinkUrl "link_url" Line,
    LinkText "link_text" Line,
    Expertise "expertise" List,
    Places "places" List,
    Community "community" List,
    Principles "principles" List,
    Names "names" List,
    Position "position" Switch,
    AsksOfficials "asks_officials" Switch,
    EventStarts "event_starts" Moment,
    EventEnds "event_ends" Moment,
    EventZone "event_zone" Line,
    EventPlace "event_place" Line,
    EventCost "event_cost" Line,
    EventRegisterBy "event_register_by" Day,
    EventAccess "event_access" Line,
    ImageFile "image_file" Line,
    ImageDescription "image_description" Line,
    ImageCredit "image_credit" Line,
    ImageRights "image_rights" Line,
    ImageLicence "image_licence" Line,
    ImagePeople "image_people" Switch,
    ImageMinors "image_minors" Switch,
    ReleaseHeldBy "release_held_by" Line,
    ReleaseUntil "release_until" Day,
    QuoteWords "quote_words" Line,
    QuoteSpeaker "quote_speaker" Line,
    QuoteTitle "quote_title" Line,
    QuoteApprovedOn "quote_approved_on" Day,
    ContactReaders "contact_readers" Line,
    ContactPrivate "contact_private" Line,
    ReprintAllowed "reprint_allowed" Switch,
    ReprintCredit "reprint_credit" Line,
    UsefulFrom "useful_from" Day,
    UsefulUntil "useful_until" Day,
    Rollover "rollover" Switch,
    Edits "edits" Line,
    AuthorisedBy "authorised_by" Line,
}

/// The keys of the file that one field fills.
pub(super) const KEYS: &[(&str, Field)] = &[
    ("partner", Field::Partner),
    ("kind", Field::Kind),
    ("title", Field::Title),
    ("summary", Field::Summary),
    ("changed", Field::Changed),
    ("for_whom", Field::ForWhom),
    ("evidence", Field::Evidence),
    ("expertise", Field::Expertise),
    ("places", Field::Places),
    ("community", Field::Community),
    ("principles", Field::Principles),
    ("names", Field::Names),
    ("position", Field::Position),
    ("asks_officials", Field::AsksOfficials),
    ("useful_from", Field::UsefulFrom),
    ("useful_until", Field::UsefulUntil),
    ("rollover", Field::Rollover),
    ("edits", Field::Edits),
    ("authorised_by", Field::AuthorisedBy),
];

/// What the parts of `image.release` begin with in [`TABLES`].
pub(super) const RELEASE: &str = "release.";

/// The keys that are tables, with their parts.
pub(super) const TABLES: &[(&str, &[(&str, Field)])] = &[
    ("link", &[("url", Field::LinkUrl), ("text", Field::LinkText)]),
    (
        "event",
        &[
            ("starts", Field::EventStarts),
            ("ends", Field::EventEnds),
            ("zone", Field::EventZone),
            ("place", Field::EventPlace),
            ("cost", Field::EventCost),
            ("register_by", Field::EventRegisterBy),
            ("access", Field::EventAccess),
        ],
    ),
    (
        "image",
        &[
            ("file", Field::ImageFile),
            ("description", Field::ImageDescription),
            ("credit", Field::ImageCredit),
            ("rights", Field::ImageRights),
            ("licence", Field::ImageLicence),
            ("people", Field::ImagePeople),
            ("minors", Field::ImageMinors),
            ("release.held_by", Field::ReleaseHeldBy),
            ("release.until", Field::ReleaseUntil),
        ],
    ),
    (
        "quote",
        &[
            ("words", Field::QuoteWords),
            ("speaker", Field::QuoteSpeaker),
            ("title", Field::QuoteTitle),
            ("approved_on", Field::QuoteApprovedOn),
        ],
    ),
    ("contact", &[("readers", Field::ContactReaders), ("private", Field::ContactPrivate)]),
    ("reprint", &[("allowed", Field::ReprintAllowed), ("credit", Field::ReprintCredit)]),
];

impl Field {
    /// The field of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// Whether it is Markdown, in which tabs have a meaning.
    #[must_use]
    pub fn is_markdown(self) -> bool {
        self.shape() == Shape::Body
    }

    /// Whether its partner tells it staff alone, for those who review.
    #[must_use]
    pub fn is_private(self) -> bool {
        matches!(self, Self::ContactPrivate | Self::ReleaseHeldBy | Self::ReleaseUntil)
    }

    /// What stands in the field's place where a text is read before it is whole.
    pub(super) fn stand_in(self) -> &'static str {
        match self.shape() {
            Shape::Day => "2027-01-01",
            Shape::Moment => "2027-01-01T00:00",
            Shape::List => "x",
            Shape::Switch => "no",
            Shape::Line if self == Self::LinkUrl => "https://example.org/",
            Shape::Line if self == Self::EventZone => "UTC",
            Shape::Line if self == Self::ImageRights => "own",
            Shape::Line => "…",
            Shape::Body => "The words come here.",
        }
    }
}

/// A field's value as the file has it. What has not the form that it should have is written as a text, and the reader of the file says
/// what was expected.
pub(super) fn value(field: Field, form: &FeatureForm) -> String {
    let text = form.get(field).trim();
    match field.shape() {
        Shape::Line | Shape::Body => quoted(text),
        Shape::List => {
            let items: Vec<String> =
                text.split([',', ';', '\n']).map(str::trim).filter(|item| !item.is_empty()).map(quoted).collect();
            format!("[{}]", items.join(", "))
        }
        Shape::Day => text.parse::<civil::Date>().map_or_else(|_| quoted(text), |day| day.to_string()),
        Shape::Moment => text.parse::<civil::DateTime>().map_or_else(|_| quoted(text), |moment| moment.to_string()),
        Shape::Switch => form.is_yes(field).to_string(),
    }
}

/// A text on one line. TOML's writer may lay a text out over several lines, one of which could end the front matter; JSON's never does,
/// and its strings are TOML's but for DEL.
// TOML 1.0, "String": basic strings have the escapes of JSON's; DEL must be escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
