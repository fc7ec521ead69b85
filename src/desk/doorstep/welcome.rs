//! The welcome to who has just confirmed. That it is owed is written down with the confirmation, so that it comes once, also after a crash.

use crate::content::look::FixedMail;
use crate::domain::id::NewsletterId;
use crate::domain::outbox::{MailPurpose, OutboxMail};
use crate::domain::time::Timestamp;
use crate::domain::token::TokenPurpose;
use crate::render::notice::Part;
use crate::store::{Newcomer, ReaderRow};

use super::super::Desk;
use super::super::error::Result;
use super::letters::Letterhead;
use super::preferences::takes;
use super::{PAGE, key_of};

impl Desk {
    /// Welcomes some who have confirmed. Answers when to go on; `None`: nobody is left to be welcomed.
    pub(in super::super) async fn welcome_newcomers(&self) -> Result<Option<Timestamp>> {
        if !self.may_write_outside() {
            return Ok(None);
        }
        let newcomers = self.store.page_newcomers(PAGE).await?;
        let is_last = newcomers.len() < PAGE;
        for newcomer in newcomers {
            let row = match self.store.find_reader(newcomer.reader).await {
                Ok(row) => row,
                Err(error) if error.is_of_one_record() => {
                    tracing::error!(%error, reader = %newcomer.reader, "a reader cannot be read and is not welcomed");
                    None
                }
                Err(error) => return Err(error.into()),
            };
            let mail = match &row {
                Some(row) => self.welcome(row, &newcomer)?,
                None => None,
            };
            self.store.welcome(&newcomer.link, mail).await?;
        }
        Ok((!is_last).then(|| self.world.now()))
    }

    /// With the way to choose and the way out. `None` for who has left again.
    fn welcome(&self, row: &ReaderRow, newcomer: &Newcomer) -> Result<Option<OutboxMail>> {
        let newsletters: Vec<&NewsletterId> = newcomer.newsletters.iter().filter(|id| takes(row, id)).collect();
        let Some(first) = newsletters.first() else { return Ok(None) };
        let language = row.reader.fields.language_or_english();
        let (words, said_in) = self.look.fixed_words(FixedMail::Welcome, &language);
        let from = self.speaker(Some(first));
        let values = self.reader_values(&self.titles_of(newsletters.iter().copied()), &said_in);
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let address = |door, purpose, newsletter| {
            format!("{}/{door}/{}", self.web_url(), self.reader_token(purpose, newsletter, row.reader.id).as_str())
        };
        let choose = address("r", TokenPurpose::Preferences, &from.id);
        let mut parts = vec![Part::Prose(words.body(&values)), Part::Link { text: words.say("choose", &values), address: choose }];
        let ways_out: Vec<String> = newsletters.iter().map(|id| address("u", TokenPurpose::Unsubscribe, id)).collect();
        for (id, way_out) in newsletters.iter().zip(&ways_out) {
            let title = self.titles_of([*id]).join("");
            parts.push(Part::Link { text: words.say("leave", &[("newsletter", &title)]), address: way_out.clone() });
        }
        let head = Letterhead {
            mail: FixedMail::Welcome,
            purpose: MailPurpose::Welcome,
            from,
            to: &row.reader.address,
            language: &language,
            identity: key_of(&newcomer.link),
            // A mail program's button leaves one newsletter, so there is none where it could be taken for all.
            leave: ways_out.first().filter(|_| ways_out.len() == 1).map(String::as_str),
        };
        self.reader_mail(&head, (words, said_in), (&values, parts)).map(Some)
    }
}
