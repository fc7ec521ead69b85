//! The charter's versions, who affirms them, and the drive by which people are asked to affirm a new one. A pledge is never a consent: the
//! gate does not look here.

use std::collections::BTreeSet;

use crate::content::look::FixedMail;
use crate::domain::charter::Charter;
use crate::domain::id::CharterId;
use crate::domain::key::KeyPurpose;
use crate::domain::outbox::{MailPurpose, OutboxMail};
use crate::domain::people::Who;
use crate::domain::pledge::Pledge;
use crate::domain::time::{TimeZone, civil};
use crate::render::notice::Part;
use crate::store::{Cursor, PAGE_ROWS_MAX, Put};

use super::Desk;
use super::doorstep::Letterhead;
use super::error::{DeskError, Result};
use super::reply::{CharterLine, CharterPage, DriveStep, Paged, PledgeLine};
use super::request::{AskReaffirmation, ListPage, RemovePledge};
use super::rights::Deed;
use super::room::{cursor_of, page_rows, paged};

/// How many pledges one step of a drive looks at.
const DRIVE_ROWS: usize = 500;
/// More pledges than an alliance has people; past them the count stands still.
const COUNTED_PAGES_MAX: usize = 100;
/// How many organisations a page names.
const LISTED_MAX: usize = 500;

/// Who affirms a version.
#[derive(Default)]
struct Affirmed {
    people: BTreeSet<String>,
    organisations: BTreeSet<String>,
    /// In lower case, and as first written.
    listed: std::collections::BTreeMap<String, String>,
}

impl Affirmed {
    fn note(&mut self, pledge: &Pledge) {
        let organisation = pledge.signature.organisation.as_str();
        let folded = organisation.to_lowercase();
        self.people.insert(pledge.address.key().as_str().to_owned());
        if pledge.signature.lists_organisation && self.listed.len() < LISTED_MAX {
            self.listed.entry(folded.clone()).or_insert_with(|| organisation.to_owned());
        }
        self.organisations.insert(folded);
    }
}

impl Desk {
    pub(super) fn today(&self) -> civil::Date {
        self.world.now().to_zoned(TimeZone::UTC).date()
    }

    /// The version in force, or one by its id; `None` when there is none.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn charter_page(&self, id: Option<&str>) -> Result<Option<CharterPage>> {
        let today = self.today();
        let in_force = self.look.charter_in_force(today);
        let asked = match id {
            None => in_force,
            // A version of the future is not told before its day.
            Some(id) => self.look.charters.values().find(|charter| charter.id.as_str() == id && charter.date <= today),
        };
        let Some(charter) = asked else { return Ok(None) };
        let affirmed = self.affirmed(&charter.id).await?;
        let others = self.charters_of_the_past().filter(|other| other.id != charter.id);
        Ok(Some(CharterPage {
            charter: charter.clone(),
            is_in_force: in_force.is_some_and(|current| current.id == charter.id),
            people: affirmed.people.len() as u64,
            organisations: affirmed.organisations.len() as u64,
            listed: affirmed.listed.into_values().collect(),
            others: others.map(|other| self.charter_line(other, 0)).collect(),
        }))
    }

    /// Every version whose day has come, the newest first.
    pub(super) fn charters_of_the_past(&self) -> impl Iterator<Item = &Charter> {
        let today = self.today();
        let mut begun: Vec<&Charter> = self.look.charters.values().filter(|charter| charter.date <= today).collect();
        begun.sort_by_key(|charter| std::cmp::Reverse((charter.date, &charter.id)));
        begun.into_iter()
    }

    fn charter_line(&self, charter: &Charter, people: u64) -> CharterLine {
        CharterLine {
            charter: charter.id.to_string(),
            title: charter.title.clone(),
            date: charter.date.to_string(),
            in_force: self.look.charter_in_force(self.today()).is_some_and(|current| current.id == charter.id),
            people,
        }
    }

    async fn affirmed(&self, charter: &CharterId) -> Result<Affirmed> {
        let (mut affirmed, mut from) = (Affirmed::default(), Cursor::start());
        for _ in 0..COUNTED_PAGES_MAX {
            let page = self.store.page_pledges(from, PAGE_ROWS_MAX).await?;
            page.rows.iter().filter(|pledge| pledge.signature.charter == *charter).for_each(|pledge| affirmed.note(pledge));
            match page.next {
                Some(next) => from = next,
                None => break,
            }
        }
        Ok(affirmed)
    }

    /// Every version, also those to come, with how many people affirm each.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn list_charters(&self) -> Result<Vec<CharterLine>> {
        let mut lines = Vec::new();
        for charter in self.look.charters.values() {
            let people = self.affirmed(&charter.id).await?.people.len() as u64;
            lines.push(self.charter_line(charter, people));
        }
        Ok(lines)
    }

    /// A page of pledges, in the order in which they were given.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Usage`] when the page's beginning is damaged.
    pub async fn list_pledges(&self, who: impl Into<Who> + Send, request: ListPage) -> Result<Paged<PledgeLine>> {
        self.allowed(who, Deed::SeePledges)?;
        let page = self.store.page_pledges(cursor_of(request.from.as_deref())?, page_rows(request.rows)).await?;
        Ok(paged(page, |pledge| pledge_line(&pledge)))
    }

    /// Forgets a pledge, because who gave it asks for that.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::NotFound`]; [`DeskError::Usage`] when nobody was asked.
    pub async fn remove_pledge(&self, who: impl Into<Who> + Send, request: RemovePledge) -> Result<()> {
        let actor = self.allowed(who, Deed::AskReaffirmation)?;
        if !request.confirmed {
            return Err(DeskError::usage("removing a pledge cannot be undone", "confirm it with --yes"));
        }
        if !self.store.remove_pledge(request.number).await? {
            let help = "`pressroom pledge list` shows them".to_owned();
            return Err(DeskError::NotFound { what: "pledge", id: request.number.to_string(), help });
        }
        self.audit(&actor, "pledge.remove", request.number.to_string(), "").await
    }

    /// Asks everybody who affirmed an older version and not this one to affirm it: one mail each, however often it is asked. A step looks
    /// at some hundred pledges; the next one begins where it stopped.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Usage`] when the version is not the one in force, nobody was asked, or no address can be written to.
    pub async fn ask_reaffirmation(&self, who: impl Into<Who> + Send, request: AskReaffirmation) -> Result<DriveStep> {
        let actor = self.allowed(who, Deed::AskReaffirmation)?;
        let charter = self.look.charter_in_force(self.today()).filter(|charter| charter.id.as_str() == request.charter);
        let Some(charter) = charter else {
            let help = "`pressroom charter list` shows which version is in force; pledges are given to that one alone";
            return Err(DeskError::usage(format!("the charter {} is not in force", request.charter), help));
        };
        if !request.confirmed {
            return Err(DeskError::usage("the drive writes to everybody who affirmed an older version", "confirm it with --yes"));
        }
        if !self.may_write_outside() {
            let help = "set postal_address under [alliance] in pressroom.toml";
            return Err(DeskError::usage("nobody outside is written to without a postal address", help));
        }
        let page = self.store.page_pledges(cursor_of(request.from.as_deref())?, DRIVE_ROWS).await?;
        let mut asked = 0;
        for pledge in page.rows.iter().filter(|pledge| pledge.signature.charter != charter.id) {
            if self.store.find_pledge(&pledge.address, &charter.id).await?.is_none() {
                let put = self.store.put_mail(self.reaffirmation(charter, pledge)?).await?;
                asked += u64::from(put == Put::New);
            }
        }
        if request.from.is_none() {
            self.audit(&actor, "charter.drive", charter.id.to_string(), "").await?;
        }
        Ok(DriveStep { asked, next: paged(page, |_| ()).next })
    }

    fn reaffirmation(&self, charter: &Charter, pledge: &Pledge) -> Result<OutboxMail> {
        let addresses = self.key.subkey(KeyPurpose::Addresses);
        let person = addresses.mac(format!("outbox {}", pledge.address.key().as_str()).as_bytes());
        let head = Letterhead {
            mail: FixedMail::Reaffirm,
            purpose: MailPurpose::Reaffirm,
            from: self.speaker(None),
            to: &pledge.address,
            language: &pledge.signature.language,
            identity: format!("{}.{}", charter.id, data_encoding::HEXLOWER.encode(&person)),
            leave: None,
        };
        let (words, language) = self.look.fixed_words(head.mail, head.language);
        let values = self.pledge_values(charter, pledge.signature.name.as_str(), &language);
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let link = Part::Link { text: words.say("link", &values), address: format!("{}/pledge", self.web_url()) };
        let parts = vec![link, Part::Prose(words.body(&values))];
        self.reader_mail(&head, (words, language), (&values, parts))
    }
}

fn pledge_line(pledge: &Pledge) -> PledgeLine {
    let signature = &pledge.signature;
    PledgeLine {
        number: pledge.number,
        charter: signature.charter.to_string(),
        name: signature.name.as_str().to_owned(),
        title: signature.title.as_str().to_owned(),
        organisation: signature.organisation.as_str().to_owned(),
        email: pledge.address.as_typed().to_owned(),
        dated: signature.dated.to_string(),
        given_at: pledge.given_at.to_string(),
        wording: signature.wording.as_str().to_owned(),
        lists_organisation: signature.lists_organisation,
        reaffirms: pledge.reaffirms,
    }
}
