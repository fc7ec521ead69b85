//! The way out, and what lies beside it: the reason a reader gives, less mail instead of none, and the way back, which is a fresh opt-in.
//! All of it by the token of the leave link, and about that link's newsletter; a pause and topics are the reader's as a whole.

use crate::domain::email::is_unsafe_in_line;
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::signup::{Asked, Evidence, Step};
use crate::domain::time::SignedDuration;
use crate::domain::token::{Claims, Token, TokenPurpose};
use crate::store::{Asking, Cursor, PAGE_ROWS_MAX, Preferences, ReaderRow};

use super::super::Desk;
use super::super::error::Result;
use super::super::reply::{LeavePage, Less, SignedUp};
use super::super::request::SeenWords;
use super::preferences::takes;

/// Why somebody leaves, as the page offers it; further words are their own.
pub const REASONS: [&str; 4] = ["too-many", "not-for-me", "never-asked", "other"];
/// For so many days one can pause.
pub const PAUSES_DAYS: [i64; 3] = [30, 90, 180];
/// A reason in the reader's own words is cut at so many characters.
const SAID_MAX: usize = 500;

impl Desk {
    fn leaving(&self, token: &str) -> Option<(Claims, &Newsletter)> {
        let claims = Token::read(token, TokenPurpose::Unsubscribe, &self.key.subkey(KeyPurpose::Tokens)).ok()?;
        let newsletter = self.config.newsletters.iter().find(|newsletter| newsletter.id.tag() == claims.newsletter_tag)?;
        Some((claims, newsletter))
    }

    /// What the page of an unsubscribe link says; `None` when nobody was given this link.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn leave_page(&self, token: &str) -> Result<Option<LeavePage>> {
        let Some((claims, newsletter)) = self.leaving(token) else { return Ok(None) };
        let row = self.store.find_reader(claims.reader).await?;
        Ok(Some(self.leave_words(newsletter, row.as_ref())))
    }

    fn leave_words(&self, newsletter: &Newsletter, row: Option<&ReaderRow>) -> LeavePage {
        let language = row.and_then(|row| row.reader.fields.language.as_ref()).map(ToString::to_string);
        let less = row.filter(|row| takes(row, &newsletter.id)).map(|row| Less {
            topics: self.config.signup.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
            chosen: row.reader.fields.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
        });
        let can_return = row.is_some() && self.may_take(&newsletter.id, row);
        LeavePage { newsletter_title: newsletter.title.clone(), language, less, can_return }
    }

    /// Takes the reader of an unsubscribe link off its newsletter: durable when it returns, the same answer however often it is asked
    /// (RFC 8058 §3.1). `None` when nobody was given this link.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn leave_by_token(&self, token: &str, seen: &SeenWords) -> Result<Option<LeavePage>> {
        let Some((claims, newsletter)) = self.leaving(token) else { return Ok(None) };
        // However it went, the reader is off the list now, and is told so: also one who had left, or was erased.
        let shown = self.shown(seen).await?;
        self.store.leave(claims.reader, &newsletter.id, shown.at, Some(shown)).await?;
        let row = self.store.find_reader(claims.reader).await?;
        Ok(Some(self.leave_words(newsletter, row.as_ref())))
    }

    /// Notes why a reader has left, once for each time.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn reason_by_token(&self, token: &str, (reason, words): (&str, &str), seen: &SeenWords) -> Result<Option<LeavePage>> {
        let Some((claims, newsletter)) = self.leaving(token) else { return Ok(None) };
        let reason = REASONS.iter().find(|known| **known == reason).copied().unwrap_or_default();
        let words: String = words.chars().filter(|c| !is_unsafe_in_line(*c)).take(SAID_MAX).collect();
        let said = format!("{reason} {}", words.trim()).trim().to_owned();
        let steps = self.store.page_evidence(claims.reader, Cursor::start(), PAGE_ROWS_MAX).await?;
        let last = steps.rows.iter().rev().find(|one| one.newsletter.as_ref() == Some(&newsletter.id));
        if !said.is_empty() && last.is_some_and(|last| last.step == Step::Left) {
            let (newsletter, shown) = (Some(newsletter.id.clone()), self.shown(seen).await?);
            self.store.add_evidence(claims.reader, Evidence { newsletter, step: Step::Reason, shown, said }).await?;
        }
        self.leave_page(token).await
    }

    /// Less instead of nothing, for who takes the link's newsletter: no issue of any for some days, or other topics.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn less_by_token(&self, token: &str, pause_days: Option<i64>, topics: &[String]) -> Result<Option<LeavePage>> {
        let Some((claims, newsletter)) = self.leaving(token) else { return Ok(None) };
        let row = self.store.find_reader(claims.reader).await?;
        let Some(row) = row.as_ref().filter(|row| takes(row, &newsletter.id)) else {
            return Ok(Some(self.leave_words(newsletter, row.as_ref())));
        };
        let mut wanted = Preferences::of(&row.reader);
        if let Some(days) = pause_days.filter(|days| PAUSES_DAYS.contains(days)) {
            wanted.paused_until = Some(self.hence(SignedDuration::from_hours(24 * days)));
        }
        wanted.topics = self.topics_with(&row.reader.fields.topics, topics);
        self.store.prefer(claims.reader, wanted).await?;
        self.leave_page(token).await
    }

    /// Somebody who left wants to come back: they are asked by mail, like anybody who signs up.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn back_by_token(&self, token: &str, seen: &SeenWords) -> Result<Option<(LeavePage, SignedUp)>> {
        let Some((claims, newsletter)) = self.leaving(token) else { return Ok(None) };
        let row = self.store.find_reader(claims.reader).await?;
        let asked = match row.as_ref().filter(|row| self.may_take(&newsletter.id, Some(row))) {
            None => SignedUp::NoNewsletter,
            Some(row) => match self.ask_again(row, [newsletter.id.clone()].into(), seen).await? {
                Asking::Taken => SignedUp::Taken,
                Asking::Full => SignedUp::Full,
            },
        };
        Ok(Some((self.leave_words(newsletter, row.as_ref()), asked)))
    }

    /// Asks a known reader, by mail, whether they want newsletters that they do not take.
    pub(super) async fn ask_again(
        &self,
        row: &ReaderRow,
        newsletters: std::collections::BTreeSet<crate::domain::id::NewsletterId>,
        seen: &SeenWords,
    ) -> Result<Asking> {
        let fields = crate::domain::subscriber::ReaderFields {
            language: row.reader.fields.language.clone(),
            ..crate::domain::subscriber::ReaderFields::default()
        };
        let shown = self.shown(seen).await?;
        let address = row.reader.address.as_typed().to_owned();
        Ok(self.store.ask(Asked { address, newsletters, fields, shown }).await?)
    }
}
