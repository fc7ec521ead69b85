//! What editors are told of the registry: who asks to join, and whose addresses lead nowhere. Neither mail holds an address or a message:
//! those are looked at in the rooms.

use crate::domain::newsletter::Newsletter;
use crate::domain::partner::Inquiry;
use crate::render::notice::{Letter, Part};

use super::super::Desk;
use super::super::reply::DeadLink;
use super::proof::counted;

/// So many are named, and of the rest the number.
const NAMED_MAX: usize = 20;

impl Desk {
    pub(super) fn inquiries_letter(&self, waiting: &[Inquiry], newsletter: &Newsletter) -> Letter {
        let count = counted(waiting.len() as u64, "organisation");
        let verb = if waiting.len() == 1 { "asks" } else { "ask" };
        let names = waiting.iter().map(|inquiry| inquiry.organisation.as_str().to_owned());
        let parts = vec![
            Part::List(named(names.collect())),
            Part::Link { text: "Look at them".to_owned(), address: format!("{}/desk/inquiries", self.web_url()) },
            Part::Paragraph(
                "They have been told nothing but that somebody reads it. Making one a prospect mails nobody.".to_owned(),
            ),
        ];
        let lead = format!("{count} {verb} to join {}.", self.config.alliance.name);
        self.staff_letter(newsletter, format!("{count} {verb} to join"), ["Who asks to join".to_owned(), lead], parts)
    }

    pub(super) fn dead_links_letter(&self, dead: &[DeadLink], newsletter: &Newsletter) -> Letter {
        let count = counted(dead.len() as u64, "partner's address").replace("partner's addresss", "partners' addresses");
        let said = |dead: &DeadLink| format!("{}: {} (since {}: {})", dead.partner, dead.link, day(&dead.since), dead.why);
        let parts = vec![
            Part::List(named(dead.iter().map(said).collect())),
            Part::Paragraph(
                "The directory keeps them, for every partner is in it with its link. Please ask who moved where.".to_owned(),
            ),
            Part::Link { text: "All of them".to_owned(), address: format!("{}/desk/partners?links=dead", self.web_url()) },
        ];
        let lead = "Each was looked at twice, a week apart, and led nowhere.".to_owned();
        let verb = if dead.len() == 1 { "leads" } else { "lead" };
        self.staff_letter(newsletter, format!("{count} {verb} nowhere"), ["Addresses that lead nowhere".to_owned(), lead], parts)
    }
}

fn named(mut names: Vec<String>) -> Vec<String> {
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names
}

/// A moment's day.
fn day(moment: &str) -> &str {
    moment.split('T').next().unwrap_or(moment)
}
