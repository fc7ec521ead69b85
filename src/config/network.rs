//! `[[network]]`: groups of partners that do something together.

use super::reading::{Key, Reading, Section};
use super::value;
use crate::domain::id::{NetworkId, NewsletterId};
use crate::domain::newsletter::Newsletter;
use crate::domain::partner::Network;

/// The networks; `newsletters` are those that one can name as its own.
pub(super) fn all(reading: &mut Reading<'_>, root: &mut Section<'_, '_>, newsletters: &[Newsletter]) -> Option<Vec<Network>> {
    const ID: Key = Key::required("id", "\"coordinators\"");
    const TITLE: Key = Key::required("title", "\"Coordinators' network\"");
    const NEWSLETTER: Key = Key::optional("newsletter", "\"coordinators\"");
    let mut all: Vec<Option<Network>> = Vec::new();
    for mut section in reading.sections(root, "network") {
        let id = reading.take(&mut section, ID, |value| NetworkId::parse(value::text(value)?).map_err(|error| error.to_string()));
        let title = reading.take(&mut section, TITLE, super::newsroom::name);
        let newsletter = reading.take(&mut section, NEWSLETTER, |value| {
            let id = NewsletterId::parse(value::text(value)?).map_err(|error| error.to_string())?;
            let is_known = newsletters.iter().any(|newsletter| newsletter.id == id);
            if is_known { Ok(id) } else { Err(format!("there is no newsletter \"{id}\"")) }
        });
        reading.close(&section);
        if id.is_some() && all.iter().flatten().any(|other| Some(&other.id) == id.as_ref()) {
            super::given_twice(reading, &section, "id", "name each network once");
        }
        all.push(id.zip(title).map(|(id, title)| Network { id, title, newsletter }));
    }
    all.into_iter().collect()
}
