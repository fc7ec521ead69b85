//! The mail as a page for everyone: what differs between readers takes its default, parts for some are left out.

use crate::domain::audience::Condition;
use crate::domain::proof::ProofContent;
use crate::domain::template::{Field, Filling, PersonalLink};

/// Someone of whom nothing is known. Links that are a reader's own lead to the newsletter's page, where anyone can begin.
struct Anyone {
    newsletter_page: String,
    newsletter: String,
}

impl Filling for Anyone {
    fn field(&self, field: Field) -> Option<&str> {
        match field {
            Field::Newsletter => Some(&self.newsletter),
            Field::FirstName | Field::Name | Field::Organisation | Field::State => None,
        }
    }

    fn link(&self, link: PersonalLink) -> &str {
        match link {
            PersonalLink::Unsubscribe | PersonalLink::Preferences => &self.newsletter_page,
        }
    }

    fn meets(&self, _: &Condition) -> bool {
        false
    }
}

/// The page. Search engines are asked to leave it: the partners' own pages are the ones to be found.
#[must_use]
pub fn web_version(content: &ProofContent) -> String {
    let anyone = Anyone { newsletter_page: format!("/{}", content.newsletter), newsletter: content.newsletter_title.clone() };
    content.html.fill(&anyone).replacen("<head>", "<head><meta name=\"robots\" content=\"noindex\">", 1)
}
