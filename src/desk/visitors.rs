//! Who comes into the rooms: a link in a mail opens a session, and a session counts as long as the roles stand that it was opened with.
//!
//! Whoever asks for a link is answered the same and as fast, whatever the address: the clock looks it up. Nothing here says what a visitor
//! may do; `rights` does.

use std::sync::atomic::Ordering;

use crate::content::look::FixedMail;
use crate::domain::email::EmailAddress;
use crate::domain::id::PartnerId;
use crate::domain::key::KeyPurpose;
use crate::domain::outbox::MailPurpose;
use crate::domain::partner::{Contact, Partner, PartnerStanding};
use crate::domain::people::{Actor, Staff, Who};
use crate::domain::session::{FormProof, RoomDoor, SIGN_IN_LINK_KEPT, Session, SessionSecret, SignInAsked, Visitor};
use crate::domain::signup::{Link, LinkFor, LinkPurpose, LinkSecret};
use crate::domain::subscriber::Language;
use crate::domain::time::SignedDuration;
use crate::store::{Asking, Cursor, PAGE_ROWS_MAX, PROMISES_EACH_MAX, Promise, SignedIn};

use super::Desk;
use super::doorstep::{Letterhead, key_of};
use super::error::{DeskError, Result};
use super::reply::{LoginLink, WantsIn, WayIn};
use super::request::{AskIn, MakeLoginLink};
use super::rights::Deed;

/// So many are answered in one round.
const PAGE: usize = 100;
/// Longer than any address.
const TYPED_MAX: usize = 300;
/// What has waited longer is not answered: nobody sits before that page any more.
const ASK_IN_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// Somebody in the rooms.
#[derive(Debug, Clone)]
pub struct Visit {
    pub who: Who,
    /// For whom they are here: the alliance, or their organisation.
    pub house: String,
    /// By which they signed in.
    pub address: EmailAddress,
    /// What their forms carry.
    pub proof: FormProof,
}

/// What came of the press of a sign-in link's button.
#[derive(Debug)]
pub enum Entered {
    /// The cookie's secret, and for how long it is good.
    Done(SessionSecret, SignedDuration),
    Used,
    Expired,
}

impl Desk {
    /// Writes down that somebody wants in, for the clock to answer.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn ask_in(&self, request: AskIn) -> Result<WantsIn> {
        let mut address = request.address.trim().to_owned();
        address.truncate(address.floor_char_boundary(TYPED_MAX));
        let language = request.language.as_deref().and_then(|tag| Language::parse(tag).ok());
        let asked = SignInAsked { address, door: request.door, language, at: self.world.now() };
        Ok(match self.store.ask_in(asked).await? {
            Asking::Taken => WantsIn::Taken,
            Asking::Full => WantsIn::Full,
        })
    }

    /// Answers who wants in, tells editors who asks to join, and ends sessions that count no more since a role or a contact changed.
    pub(super) async fn keep_doors(&self) -> Result<()> {
        self.answer_ask_in().await?;
        self.tell_of_inquiries().await?;
        if !self.knows_sessions.swap(true, Ordering::Relaxed) {
            self.forget_sessions().await?;
        }
        Ok(())
    }

    /// Sees to it that sessions are looked at anew: a contact may have changed.
    pub(super) fn doubt_sessions(&self) {
        self.knows_sessions.store(false, Ordering::Relaxed);
    }

    /// Mails links to those who want in and may; nobody else hears anything.
    async fn answer_ask_in(&self) -> Result<()> {
        for asked in self.store.page_ask_in(PAGE).await? {
            let is_late = self.world.now().duration_since(asked.at) >= ASK_IN_KEPT;
            let may_write = self.may_write_outside() || asked.door == RoomDoor::Staff;
            let visitors = match EmailAddress::parse(&asked.address) {
                Ok(address) if may_write && !is_late => self.visitors_at(asked.door, &address).await?,
                Ok(_) | Err(_) => Vec::new(),
            };
            let promises = visitors.into_iter().map(|(visitor, house)| {
                let words = (FixedMail::SignIn, MailPurpose::SignIn);
                self.way_in_promise((visitor, &house), words, (asked.language.as_ref(), SIGN_IN_LINK_KEPT))
            });
            let promises = promises.collect::<Result<Vec<_>>>()?;
            self.store.answer_ask_in(asked, promises).await?;
        }
        Ok(())
    }

    /// As whom an address may come in at a door, with the name of the house.
    async fn visitors_at(&self, door: RoomDoor, address: &EmailAddress) -> Result<Vec<(Visitor, String)>> {
        match door {
            RoomDoor::Staff => {
                let staff = self.config.staff.iter().find(|staff| staff.address.key() == address.key());
                Ok(staff.map(|staff| (staff_visitor(staff), self.config.alliance.name.clone())).into_iter().collect())
            }
            RoomDoor::Partner => {
                let partners = self.all_partners().await?;
                let found = partners.iter().filter_map(|partner| {
                    let visitor = contact_visitor(partner, contact_of(partner, address)?)?;
                    Some((visitor, partner.name.as_str().to_owned()))
                });
                Ok(found.take(PROMISES_EACH_MAX).collect())
            }
        }
    }

    /// A link into the rooms of a house, good for so long, and the mail that carries it.
    pub(super) fn way_in_promise(
        &self,
        (visitor, house): (Visitor, &str),
        (mail, purpose): (FixedMail, MailPurpose),
        (language, kept): (Option<&Language>, SignedDuration),
    ) -> Result<Promise> {
        let secret = LinkSecret::new(self.world.random());
        let hash = secret.hash(LinkPurpose::SignIn);
        let english = Language::english();
        let head = Letterhead {
            mail,
            purpose,
            from: self.speaker(None),
            to: visitor.address(),
            language: language.unwrap_or(&english),
            identity: key_of(&hash),
            leave: None,
        };
        let values = [
            ("alliance", self.config.alliance.name.clone()),
            ("host", self.config.alliance.host.clone()),
            ("minutes", kept.as_mins().to_string()),
            ("days", (kept.as_hours() / 24).to_string()),
            ("house", house.to_owned()),
        ];
        let path = format!("{}/in", visitor.door().path().trim_start_matches('/'));
        let mail = self.mail_around(&head, &values, &[(&path, secret.text())])?;
        Ok(Promise { hash, purpose: LinkPurpose::SignIn, link: self.way_in_link(visitor, kept), mail })
    }

    fn way_in_link(&self, visitor: Visitor, kept: SignedDuration) -> Link {
        Link { what: LinkFor::SignIn { visitor }, until: self.hence(kept) }
    }

    /// What the page of a link into the rooms says; `None` when nobody was given it for this door.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn way_in(&self, door: RoomDoor, token: &str) -> Result<Option<WayIn>> {
        let Ok(secret) = LinkSecret::read(token) else { return Ok(None) };
        let Some(link) = self.store.find_link(&secret.hash(LinkPurpose::SignIn)).await? else { return Ok(None) };
        Ok(match link.what {
            LinkFor::Spent { .. } => Some(WayIn::Used),
            LinkFor::SignIn { visitor } if visitor.door() == door => {
                let is_open = link.until > self.world.now() && self.standing_of(&visitor).await?.is_some();
                Some(if is_open { WayIn::Open } else { WayIn::Expired })
            }
            LinkFor::SignIn { .. }
            | LinkFor::Confirm { .. }
            | LinkFor::Own { .. }
            | LinkFor::NewAddress { .. }
            | LinkFor::Pledge { .. }
            | LinkFor::Consent { .. } => None,
        })
    }

    /// Spends a link into the rooms. Whose role is gone since it was mailed stays outside.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn enter(&self, door: RoomDoor, token: &str) -> Result<Option<Entered>> {
        match self.way_in(door, token).await? {
            Some(WayIn::Open) => {}
            Some(WayIn::Used) => return Ok(Some(Entered::Used)),
            Some(WayIn::Expired) => return Ok(Some(Entered::Expired)),
            None => return Ok(None),
        }
        let Ok(link) = LinkSecret::read(token) else { return Ok(None) };
        let (secret, life) = (SessionSecret::new(self.world.random()), self.config.web.session);
        let (hash, until) = (link.hash(LinkPurpose::SignIn), self.hence(life));
        Ok(match self.store.sign_in(&hash, &secret.hash(), until, self.world.now()).await? {
            SignedIn::Done(_) => Some(Entered::Done(secret, life)),
            SignedIn::Used => Some(Entered::Used),
            SignedIn::Expired => Some(Entered::Expired),
            SignedIn::Unknown => None,
        })
    }

    /// Who holds a session's secret at a door, if it counts now. It writes nothing.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn visit(&self, door: RoomDoor, secret: &SessionSecret) -> Result<Option<Visit>> {
        let hash = secret.hash();
        let Some(session) = self.store.find_session(&hash).await? else { return Ok(None) };
        if session.visitor.door() != door || session.until <= self.world.now() {
            return Ok(None);
        }
        let Some((who, house)) = self.standing_of(&session.visitor).await? else { return Ok(None) };
        let address = session.visitor.address().clone();
        Ok(Some(Visit { who, house, address, proof: hash.proof(&self.key.subkey(KeyPurpose::Rooms)) }))
    }

    /// Who a visitor is now; `None` when the roles they came with are not theirs any more, or are others.
    async fn standing_of(&self, visitor: &Visitor) -> Result<Option<(Who, String)>> {
        Ok(match visitor {
            Visitor::Staff { address, .. } => {
                let staff = self.config.staff.iter().find(|staff| staff.address.key() == address.key());
                staff.filter(|staff| is_same(&staff_visitor(staff), visitor)).and_then(|staff| {
                    let actor = Actor::parse(staff.address.as_typed()).ok()?;
                    let who = Who::Staff { actor, roles: staff.roles, network: staff.network.clone() };
                    Some((who, self.config.alliance.name.clone()))
                })
            }
            Visitor::Contact { partner, address, .. } => {
                let Some(partner) = self.store.find_partner(partner).await? else { return Ok(None) };
                contact_of(&partner, address).and_then(|contact| {
                    let same = contact_visitor(&partner, contact).is_some_and(|now| is_same(&now, visitor));
                    let who =
                        Who::Contact { actor: actor_of(contact, &partner.id), partner: partner.id.clone(), roles: contact.roles };
                    same.then(|| (who, partner.name.as_str().to_owned()))
                })
            }
        })
    }

    /// Ends a session, or every one of its visitor.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn leave_rooms(&self, secret: &SessionSecret, everywhere: bool) -> Result<()> {
        let hash = secret.hash();
        match self.store.find_session(&hash).await? {
            Some(session) if everywhere => {
                self.store.end_sessions(session.visitor.address()).await?;
            }
            Some(_) | None => {
                self.store.end_session(&hash).await?;
            }
        }
        Ok(())
    }

    /// Makes a link into the rooms that no mail carries, for whoever has the machine to hand on.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when nobody with a role has this address.
    pub async fn make_login_link(&self, actor: &Actor, request: MakeLoginLink) -> Result<LoginLink> {
        let actor = self.allowed(&self.person(actor), Deed::MakeLoginLink)?;
        let address = super::email(&request.address)?;
        let wanted = request.partner.as_deref().map(|id| self.partner_named_id(id)).transpose()?;
        let mut found = match wanted {
            None => self.visitors_at(RoomDoor::Staff, &address).await?,
            Some(_) => Vec::new(),
        };
        found.extend(self.visitors_at(RoomDoor::Partner, &address).await?);
        let is_wanted = |visitor: &Visitor| match (visitor, &wanted) {
            (Visitor::Contact { partner, .. }, Some(wanted)) => partner == wanted,
            (Visitor::Contact { .. } | Visitor::Staff { .. }, _) => true,
        };
        let (visitor, house) = found.into_iter().find(|(visitor, _)| is_wanted(visitor)).ok_or_else(nobody)?;
        let (door, secret) = (visitor.door(), LinkSecret::new(self.world.random()));
        let subject = match &visitor {
            Visitor::Staff { .. } => "staff".to_owned(),
            Visitor::Contact { partner, .. } => partner.to_string(),
        };
        self.store.put_link(&secret.hash(LinkPurpose::SignIn), self.way_in_link(visitor, SIGN_IN_LINK_KEPT)).await?;
        self.audit(&actor, "rooms.login-link", subject, format!("good for {} minutes", SIGN_IN_LINK_KEPT.as_mins())).await?;
        let address = format!("{}{}/in/{}", self.web_url(), door.path(), secret.text());
        Ok(LoginLink { address, house, minutes: SIGN_IN_LINK_KEPT.as_mins().unsigned_abs() })
    }

    fn partner_named_id(&self, id: &str) -> Result<PartnerId> {
        PartnerId::parse(id).map_err(|error| DeskError::usage(error.to_string(), "`pressroom partner list` names them"))
    }

    /// Ends the sessions that are over or count no more; answers how many.
    pub(super) async fn forget_sessions(&self) -> Result<u64> {
        let mut forgotten = 0;
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_sessions(cursor, PAGE_ROWS_MAX).await?;
            for (hash, Session { visitor, until, .. }) in &page.rows {
                if *until <= self.world.now() || self.standing_of(visitor).await?.is_none() {
                    forgotten += u64::from(self.store.end_session(hash).await?);
                }
            }
            from = page.next;
        }
        Ok(forgotten)
    }
}

fn nobody() -> DeskError {
    DeskError::NotFound {
        what: "member of staff or contact with",
        id: "this address".to_owned(),
        help: "look at [[staff]] in pressroom.toml and at `pressroom partner show ID`".to_owned(),
    }
}

fn staff_visitor(staff: &Staff) -> Visitor {
    Visitor::Staff { address: staff.address.clone(), roles: staff.roles, network: staff.network.clone() }
}

/// `None` where there is nothing that they might do.
pub(super) fn contact_visitor(partner: &Partner, contact: &Contact) -> Option<Visitor> {
    let lets_in = match partner.standing {
        PartnerStanding::Active { .. } | PartnerStanding::Invited { .. } => !contact.roles.is_empty(),
        PartnerStanding::Prospect { .. } | PartnerStanding::Resting { .. } | PartnerStanding::Gone { .. } => false,
    };
    let (partner, address) = (partner.id.clone(), contact.address.clone());
    lets_in.then_some(Visitor::Contact { partner, address, roles: contact.roles })
}

fn contact_of<'a>(partner: &'a Partner, address: &EmailAddress) -> Option<&'a Contact> {
    partner.contacts.iter().find(|contact| contact.address.key() == address.key())
}

/// However the address is typed.
fn is_same(now: &Visitor, then: &Visitor) -> bool {
    match (now, then) {
        (Visitor::Staff { address: a, roles: b, network: c }, Visitor::Staff { address: x, roles: y, network: z }) => {
            (a.key(), b, c) == (x.key(), y, z)
        }
        (Visitor::Contact { partner: a, address: b, roles: c }, Visitor::Contact { partner: x, address: y, roles: z }) => {
            (a, b.key(), c) == (x, y.key(), z)
        }
        (Visitor::Staff { .. }, Visitor::Contact { .. }) | (Visitor::Contact { .. }, Visitor::Staff { .. }) => false,
    }
}

/// A name that both sides may read, so no address; it is nobody's of the staff.
pub(super) fn actor_of(contact: &Contact, partner: &PartnerId) -> Actor {
    let name = contact.name.as_ref().map_or("somebody", |name| name.as_str());
    let named = Actor::parse(&format!("{name}, {partner}"));
    named.or_else(|_| Actor::parse(&format!("somebody, {partner}"))).expect("an id is short and plain")
}
