//! What editors are told of a partner's answers.

use crate::domain::feature::Feature;
use crate::domain::newsletter::Newsletter;
use crate::domain::people::Actor;
use crate::render::notice::{Letter, Part};

use super::super::Desk;

impl Desk {
    pub(super) fn arrived_letter(&self, feature: &Feature, newsletter: &Newsletter) -> Letter {
        let title = &feature.card.title;
        let lead = format!("\u{201c}{title}\u{201d} waits for review.");
        let summary = Part::Paragraph(feature.card.summary.clone());
        let parts = vec![self.who_and_what(feature, &feature.submitted_by), summary, self.way_to(feature)];
        self.staff_letter(newsletter, format!("A piece has come: {title}"), ["A piece has come".to_owned(), lead], parts)
    }

    pub(super) fn answered_letter(&self, feature: &Feature, (by, why): (&Actor, Option<&str>), newsletter: &Newsletter) -> Letter {
        let title = &feature.card.title;
        let (subject, head, lead) = match why {
            None => (
                format!("Agreed: {title}"),
                "The partner agrees to your changes",
                format!("\u{201c}{title}\u{201d} may run as you changed it."),
            ),
            Some(_) => (
                format!("Not agreed: {title}"),
                "The partner would rather have its own text",
                format!("\u{201c}{title}\u{201d} is in review again, with the words its partner sent."),
            ),
        };
        let mut parts = vec![self.who_and_what(feature, by)];
        parts.extend(why.map(|why| Part::Verbatim(why.to_owned())));
        parts.push(self.way_to(feature));
        self.staff_letter(newsletter, subject, [head.to_owned(), lead], parts)
    }

    pub(super) fn said_letter(&self, feature: &Feature, (by, text): (&Actor, &str), newsletter: &Newsletter) -> Letter {
        let title = &feature.card.title;
        let lead =
            format!("A partner says something about \u{201c}{title}\u{201d}. At most one such mail an hour is written of each.");
        let parts = vec![self.who_and_what(feature, by), Part::Verbatim(text.to_owned()), self.way_to(feature)];
        let head = "A word of a partner's".to_owned();
        self.staff_letter(newsletter, format!("A word about {title}"), [head, lead], parts)
    }

    fn who_and_what(&self, feature: &Feature, by: &Actor) -> Part {
        Part::Facts(vec![("Piece".to_owned(), feature.id.to_string()), ("By".to_owned(), by.to_string())])
    }

    fn way_to(&self, feature: &Feature) -> Part {
        Part::Link { text: "Look at it".to_owned(), address: format!("{}/desk/features/{}", self.web_url(), feature.id) }
    }
}
