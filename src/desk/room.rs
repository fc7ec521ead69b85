//! What every act needs: the newsletter of an id, the row of a name, the audit, pages read to their end.

use crate::domain::feature::{DraftRow, Feature, FeatureNote, FeatureRow, FeatureState};
use crate::domain::id::{FeatureId, IssueId, NewsletterId, PartnerId, ReaderId};
use crate::domain::issue::{Issue, IssueEvent};
use crate::domain::newsletter::Newsletter;
use crate::domain::outbox::OutboxMail;
use crate::domain::partner::Partner;
use crate::domain::people::{Actor, AuditEntry};
use crate::store::{Change, Cursor, PAGE_ROWS_MAX, Page, ReaderRow};

use super::error::{DeskError, Result};
use super::reply::Paged;
use super::{Desk, email};

impl Desk {
    pub(super) fn newsletter(&self, id: &NewsletterId) -> Result<&Newsletter> {
        self.config.newsletters.iter().find(|newsletter| newsletter.id == *id).ok_or_else(|| {
            let known: Vec<&str> = self.config.newsletters.iter().map(|newsletter| newsletter.id.as_str()).collect();
            DeskError::NotFound { what: "newsletter", id: id.to_string(), help: format!("pressroom.toml has {}", known.join(", ")) }
        })
    }

    pub(super) fn newsletter_named(&self, text: &str) -> Result<&Newsletter> {
        self.newsletter(&NewsletterId::parse(text).map_err(bad_id)?)
    }

    /// An issue by its id, or by the name of its file.
    pub(super) async fn issue_named(&self, text: &str) -> Result<Issue> {
        let file = text.rsplit(['/', '\\']).next().unwrap_or(text);
        let id = IssueId::parse(file.strip_suffix(".md").unwrap_or(file)).map_err(bad_id)?;
        self.store.find_issue(&id).await?.ok_or_else(|| DeskError::NotFound {
            what: "issue",
            id: id.to_string(),
            help: "`pressroom issue list` names those on the shelf; `pressroom issue queue FILE` adds one".to_owned(),
        })
    }

    pub(super) async fn feature_named(&self, text: &str) -> Result<Feature> {
        let id = FeatureId::parse(text).map_err(bad_id)?;
        // What was never sent in is its partner's alone.
        let sent = self.store.find_feature(&id).await?.filter(|feature| feature.state != FeatureState::Draft);
        sent.ok_or_else(|| DeskError::NotFound {
            what: "feature",
            id: id.to_string(),
            help: "`pressroom feature list` names those that are here".to_owned(),
        })
    }

    pub(super) async fn partner_named(&self, text: &str) -> Result<Partner> {
        let id = PartnerId::parse(text).map_err(bad_id)?;
        self.store.find_partner(&id).await?.ok_or_else(|| DeskError::NotFound {
            what: "partner",
            id: id.to_string(),
            help: "`pressroom partner list` names those that are here".to_owned(),
        })
    }

    /// A reader by address or id. The error does not repeat an address.
    pub(super) async fn reader_named(&self, text: &str) -> Result<ReaderRow> {
        let row = if text.contains('@') {
            self.store.find_by_address(&email(text)?).await?
        } else {
            self.store.find_reader(ReaderId::parse(text).map_err(bad_id)?).await?
        };
        row.ok_or_else(|| DeskError::NotFound {
            what: "reader",
            id: if text.contains('@') { "of this address".to_owned() } else { text.to_owned() },
            help: "`pressroom subscriber list` names those that are here".to_owned(),
        })
    }

    pub(super) async fn all_partners(&self) -> Result<Vec<Partner>> {
        let mut all = Vec::new();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_partners(cursor, PAGE_ROWS_MAX).await?;
            all.extend(page.rows);
            from = page.next;
        }
        Ok(all)
    }

    /// Every feature without its text, those that were never sent in among them.
    pub(super) async fn all_cards(&self) -> Result<Vec<FeatureRow>> {
        let mut all = Vec::new();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_cards(cursor, PAGE_ROWS_MAX).await?;
            all.extend(page.rows);
            from = page.next;
        }
        Ok(all)
    }

    /// The same of one partner.
    pub(super) async fn cards_of(&self, partner: &PartnerId) -> Result<Vec<FeatureRow>> {
        let mut all = Vec::new();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.cards_of(partner, cursor, PAGE_ROWS_MAX).await?;
            all.extend(page.rows);
            from = page.next;
        }
        Ok(all)
    }

    pub(super) async fn all_issues(&self) -> Result<Vec<Issue>> {
        let mut all = Vec::new();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_issues(cursor, PAGE_ROWS_MAX).await?;
            all.extend(page.rows);
            from = page.next;
        }
        Ok(all)
    }

    /// Takes the issue a step, writes it, and gives it back as written.
    pub(super) async fn step_issue(&self, mut issue: Issue, event: IssueEvent) -> Result<Issue> {
        issue.state = issue.state.step(event, self.world.now())?;
        self.write_issue(issue).await
    }

    pub(super) async fn write_issue(&self, mut issue: Issue) -> Result<Issue> {
        issue.version += 1;
        match self.store.put_issue(issue.clone()).await? {
            Change::Done => Ok(issue),
            Change::Conflict { .. } => Err(DeskError::changed_meanwhile("the issue")),
        }
    }

    /// A feature that a list has just named.
    pub(super) async fn listed_feature(&self, id: &FeatureId) -> Result<Feature> {
        self.store.find_feature(id).await?.ok_or_else(|| DeskError::changed_meanwhile("the feature"))
    }

    /// Writes a feature with a line of its history and the mails that tell of it, in one act.
    pub(super) async fn write_telling(&self, mut feature: Feature, note: FeatureNote, mails: Vec<OutboxMail>) -> Result<Feature> {
        feature.version += 1;
        match self.store.put_feature(feature.clone(), vec![note], mails).await? {
            Change::Done => Ok(feature),
            Change::Conflict { .. } => Err(DeskError::changed_meanwhile("the feature")),
        }
    }

    /// The same of what was written in a draft, with what is left of that.
    pub(super) async fn write_sent(
        &self,
        mut feature: Feature,
        draft: DraftRow,
        (note, mails): (FeatureNote, Vec<OutboxMail>),
    ) -> Result<Feature> {
        feature.version += 1;
        match self.store.put_feature_and_draft(feature.clone(), draft, vec![note], mails).await? {
            Change::Done => Ok(feature),
            Change::Conflict { .. } => Err(DeskError::changed_meanwhile("the piece")),
        }
    }

    /// Records who did what to what. Subjects and notes name things by id, never by address.
    pub(super) async fn audit(
        &self,
        actor: &Actor,
        act: &str,
        subject: impl Into<String> + Send,
        note: impl Into<String> + Send,
    ) -> Result<()> {
        let entry = AuditEntry {
            at: self.world.now(),
            actor: actor.clone(),
            act: act.to_owned(),
            subject: subject.into(),
            note: note.into(),
        };
        Ok(self.store.append_audit(entry).await?)
    }
}

pub(super) fn bad_id(error: crate::domain::id::BadId) -> DeskError {
    DeskError::usage(error.to_string(), "look at its spelling")
}

/// A page's size as asked, within what the store gives at once.
pub(super) fn page_rows(asked: usize) -> usize {
    if asked == 0 { PAGE_ROWS_MAX } else { asked.min(PAGE_ROWS_MAX) }
}

pub(super) fn cursor_of(text: Option<&str>) -> Result<Cursor> {
    let Some(text) = text else { return Ok(Cursor::start()) };
    data_encoding::HEXLOWER
        .decode(text.as_bytes())
        .map(Cursor::from_bytes)
        .map_err(|_| DeskError::usage("the place to begin the page at is damaged", "leave it out to begin at the first row"))
}

pub(super) fn paged<T, U>(page: Page<T>, line: impl FnMut(T) -> U) -> Paged<U> {
    Paged {
        rows: page.rows.into_iter().map(line).collect(),
        next: page.next.map(|next| data_encoding::HEXLOWER.encode(next.as_bytes())),
    }
}
