//! Readers: list, show, take off a list, suppress, erase. Who left is never revived here.

use std::collections::BTreeMap;

use crate::domain::id::NewsletterId;
use crate::domain::people::Actor;
use crate::domain::subscriber::{MembershipState, Suppression, SuppressionReason};
use crate::store::{Cursor, Leave, Page, ReaderRow};

use super::error::{DeskError, Result};
use super::reply::{MembershipLine, Paged, ReaderDetail, ReaderLine, ReaderRemoved, SuppressionLine};
use super::request::{EraseReader, ListReaders, NameReader, RemoveReader, SuppressAddress};
use super::room::{bad_id, cursor_of, page_rows, paged};
use super::typed::required;
use super::{Desk, email};

impl Desk {
    /// A page of readers, in the order of their arrival.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when a state is named without its newsletter, or is none, or the page's beginning is damaged.
    pub async fn list_readers(&self, request: ListReaders) -> Result<Paged<ReaderLine>> {
        Ok(paged(self.reader_page(&request).await?, |row| reader_line(&row)))
    }

    pub(super) async fn reader_page(&self, request: &ListReaders) -> Result<Page<ReaderRow>> {
        let filter = self.reader_filter(request)?;
        let from: Cursor = cursor_of(request.from.as_deref())?;
        Ok(self.store.page_readers(filter, from, page_rows(request.rows)).await?)
    }

    fn reader_filter(&self, request: &ListReaders) -> Result<Option<(NewsletterId, MembershipState)>> {
        let Some(newsletter) = &request.newsletter else {
            return match request.state {
                None => Ok(None),
                Some(_) => Err(DeskError::usage("a state is one of a newsletter", "name the newsletter as well")),
            };
        };
        let newsletter = self.newsletter_named(newsletter)?.id.clone();
        let state = match request.state.as_deref() {
            None => MembershipState::Confirmed,
            Some(word) => [MembershipState::Pending, MembershipState::Confirmed, MembershipState::Left]
                .into_iter()
                .find(|state| state.word() == word)
                .ok_or_else(|| DeskError::usage(format!("`{word}` is no state"), "use confirmed, pending or left"))?,
        };
        Ok(Some((newsletter, state)))
    }

    /// All that is known of a reader.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Usage`] when it is neither an address nor an id.
    pub async fn show_reader(&self, request: NameReader) -> Result<ReaderDetail> {
        let row = self.reader_named(&request.reader).await?;
        let evidence = self.evidence_of(row.reader.id).await?;
        Ok(reader_detail(row, evidence))
    }

    /// Takes a reader off one newsletter, or off all they take.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Usage`].
    pub async fn remove_reader(&self, actor: &Actor, request: RemoveReader) -> Result<ReaderRemoved> {
        let reader = self.reader_named(&request.reader).await?.reader;
        let newsletters = match &request.newsletter {
            Some(newsletter) => {
                let id = NewsletterId::parse(newsletter).map_err(bad_id)?;
                // A misspelt name must not look like a reader who was never on the list; one that has gone may still have readers.
                if !reader.memberships.contains_key(&id) {
                    self.newsletter(&id)?;
                }
                vec![id]
            }
            None => reader.memberships.keys().cloned().collect(),
        };
        let mut outcome = BTreeMap::new();
        for newsletter in newsletters {
            let left = match self.store.leave(reader.id, &newsletter, self.world.now(), None).await? {
                Leave::Done => {
                    self.audit(actor, "reader.remove", reader.id.to_string(), newsletter.as_str()).await?;
                    "left"
                }
                Leave::AlreadyLeft => "had already left",
                Leave::NotAMember => "not a member",
            };
            outcome.insert(newsletter.to_string(), left.to_owned());
        }
        Ok(ReaderRemoved { newsletters: outcome })
    }

    /// Keeps an address from ever being mailed, known or not. `true`: it was not suppressed before.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when it is no address, or no reason is given.
    pub async fn suppress_address(&self, actor: &Actor, request: SuppressAddress) -> Result<bool> {
        let address = email(&request.address)?;
        let note = required("why the address must not be mailed", &request.note)?;
        let note = crate::domain::delivery::ReplyText::new(&note).as_str().to_owned();
        let suppression = Suppression { reason: SuppressionReason::Manual, since: self.world.now(), note };
        let is_new = self.store.suppress(&address, suppression).await?;
        let subject = self
            .store
            .find_by_address(&address)
            .await?
            .map_or_else(|| "an unknown address".to_owned(), |row| row.reader.id.to_string());
        self.audit(actor, "reader.suppress", subject, if is_new { "new" } else { "suppressed before" }).await?;
        Ok(is_new)
    }

    /// Removes everything about a reader; the address's keyed hash stays, so that it is not mailed again.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when nobody has confirmed it; [`DeskError::NotFound`].
    pub async fn erase_reader(&self, actor: &Actor, request: EraseReader) -> Result<()> {
        let reader = self.reader_named(&request.reader).await?.reader;
        if !request.confirmed {
            return Err(DeskError::usage("erasing a reader cannot be undone", "confirm it with --yes"));
        }
        self.store.erase(reader.id, self.world.now()).await?;
        self.audit(actor, "reader.erase", reader.id.to_string(), "").await
    }
}

pub(super) fn reader_line(row: &ReaderRow) -> ReaderLine {
    let memberships = row.reader.memberships.iter();
    ReaderLine {
        email: row.reader.address.as_typed().to_owned(),
        state: if row.suppression.is_some() { "suppressed" } else { "active" }.to_owned(),
        newsletters: memberships.map(|(id, membership)| (id.to_string(), membership.state.word().to_owned())).collect(),
    }
}

fn reader_detail(row: ReaderRow, evidence: Vec<serde_json::Value>) -> ReaderDetail {
    let line = reader_line(&row);
    let reader = row.reader;
    let name = |name: Option<crate::domain::email::DisplayName>| name.map(|name| name.as_str().to_owned());
    ReaderDetail {
        line,
        id: reader.id.to_string(),
        name: name(reader.fields.name),
        first_name: name(reader.fields.first_name),
        last_name: name(reader.fields.last_name),
        organisation: name(reader.fields.organisation),
        us_state: reader.fields.state.map(|state| state.as_str().to_owned()),
        topics: reader.fields.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
        language: reader.fields.language.map(|language| language.to_string()),
        attributes: reader.fields.attributes,
        memberships: reader
            .memberships
            .into_iter()
            .map(|(id, membership)| MembershipLine {
                newsletter: id.to_string(),
                state: membership.state.word().to_owned(),
                since: membership.since.to_string(),
                consent: membership.consent,
            })
            .collect(),
        suppression: row.suppression.map(|suppression| SuppressionLine {
            reason: suppression.reason.word().to_owned(),
            since: suppression.since.to_string(),
            note: suppression.note,
        }),
        paused_until: reader.paused_until.map(|until| until.to_string()),
        evidence,
        created: reader.created.to_string(),
    }
}
