//! What people ask of an event before they come, as pairs of a name and its answer: when, where, what it costs, until when to register,
//! and who can take part.

use super::moment;
use crate::content::look::{MailWords, Say};
use crate::domain::event::Event;
use crate::domain::resolved::EventPiece;
use crate::domain::time::TimeZone;

pub(super) type Facts = Vec<(String, String)>;

/// When and where. `home` is the newsletter's zone.
pub(super) fn of_event(words: &MailWords, event: &Event, home: &TimeZone) -> Facts {
    let when = (words.say(Say::EventWhen, &[]), moment::of_event(words, event, home));
    vec![when, (words.say(Say::EventWhere, &[]), event.place.clone())]
}

/// Also what else its partner says of it.
pub(super) fn of_piece(words: &MailWords, held: &EventPiece, home: &TimeZone) -> Facts {
    let register_by = held.register_by.map(|day| moment::date(words, day));
    let more = [(Say::EventCost, &held.cost), (Say::EventRegister, &register_by), (Say::EventAccess, &held.access)];
    let said = more.into_iter().filter_map(|(name, value)| Some((words.say(name, &[]), value.clone()?)));
    of_event(words, &held.event, home).into_iter().chain(said).collect()
}
