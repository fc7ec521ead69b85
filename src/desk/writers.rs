//! Partners whose turn it is are asked for a piece: a mail to those who send in texts for them, once for each slot of the newsletter.
//!
//! Nobody is asked by the clock: whom the newsroom wants to hear from, a person says.

use crate::content::look::FixedMail;
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::partner::{Contact, ContactRole, Partner};
use crate::domain::people::Who;
use crate::domain::subscriber::Language;
use crate::domain::time::{SignedDuration, Timestamp, civil};
use crate::render::notice::{Part, date_words, moment_words};
use crate::store::Put;

use super::Desk;
use super::doorstep::Letterhead;
use super::error::{DeskError, Result};
use super::reply::{DueWriter, InviteLine, Reach, RotationRoom, WritersInvited};
use super::request::{InviteToWrite, NextFeatures};
use super::rights::Deed;
use super::shelf::slot_words;

/// As many as one page has boxes for.
const INVITED_MAX: usize = 200;
/// Submitters of one partner who are written to.
const SUBMITTERS_MAX: usize = 20;

/// The first slot for which a piece can still come in time.
#[derive(Clone, Copy)]
struct Turn<'a> {
    newsletter: &'a Newsletter,
    slot: civil::DateTime,
    instant: Timestamp,
    /// The day before its proof is made.
    send_by: civil::Date,
}

impl Desk {
    /// The rotation as its room shows it: what would run, how even it has been, whose turn it is and who can be asked.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Usage`] when the count is not 1 to 12 or a topic is not one.
    pub async fn rotation_room(&self, who: &Who, request: NextFeatures) -> Result<RotationRoom> {
        let fairness = self.fairness(who.clone()).await?;
        let next = self.next_features(request).await?;
        let turn = self.turn_to_write();
        let mut due = Vec::new();
        for line in &fairness.due {
            let Some(partner) = self.partner_of(&line.partner).await? else { continue };
            let may_invite = self.may(who, Deed::InviteToWrite(&partner.id));
            let reach = match turn {
                Some(turn) if may_invite => self.reach(&partner, turn).await?,
                Some(_) | None => Reach::NotYours,
            };
            due.push(DueWriter { line: line.clone(), reach });
        }
        let newsletter = turn.map(|turn| turn.newsletter.title.clone());
        let slot = turn.map(|turn| slot_words(turn.slot, &turn.newsletter.timezone));
        Ok(RotationRoom { next, fairness, due, newsletter, slot, send_by: turn.map(|turn| turn.send_by.to_string()) })
    }

    async fn partner_of(&self, id: &str) -> Result<Option<Partner>> {
        let id = crate::domain::id::PartnerId::parse(id).map_err(super::room::bad_id)?;
        Ok(self.store.find_partner(&id).await?)
    }

    async fn reach(&self, partner: &Partner, turn: Turn<'_>) -> Result<Reach> {
        if !self.may_write_outside() {
            return Ok(Reach::Nobody);
        }
        let (mut asked, submitters) = (0, submitters(partner));
        for contact in &submitters {
            let key = format!("{}.{}", MailPurpose::YourTurn.word(), self.turn_identity(partner, contact, turn));
            let key = OutboxKey::parse(&key).map_err(|error| DeskError::failed("cannot name a mail", error))?;
            asked += usize::from(self.store.has_mail(&key).await?);
        }
        Ok(match (submitters.len(), asked) {
            (0, _) => Reach::Nobody,
            (all, asked) if asked >= all => Reach::Asked,
            _ => Reach::Open,
        })
    }

    /// Asks partners for a piece. Who was asked for this slot already gets no second mail.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when nobody is named, or too many; [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Refused`]
    /// when one of them is not active, when no mail may go out to partners, or the newsletter has no slot any more. Nobody is asked then.
    pub async fn invite_to_write(&self, who: impl Into<Who> + Send, request: InviteToWrite) -> Result<WritersInvited> {
        let who = who.into();
        if request.partners.is_empty() || request.partners.len() > INVITED_MAX {
            let message = format!("expected 1 to {INVITED_MAX} partners, found {}", request.partners.len());
            return Err(DeskError::usage(message, "name the partners to ask; the fairness report says whose turn it is"));
        }
        let mut partners: Vec<Partner> = Vec::new();
        for id in &request.partners {
            let partner = self.partner_named(id).await?;
            self.allowed(who.clone(), Deed::InviteToWrite(&partner.id))?;
            if !partner.is_active() {
                let message = format!("{} is not active", partner.id);
                return Err(DeskError::refused(message, "only active partners are featured, so nobody else is asked for a piece"));
            }
            if partners.iter().all(|known| known.id != partner.id) {
                partners.push(partner);
            }
        }
        if !self.may_write_outside() {
            let help = "set `postal_address` under [alliance] in pressroom.toml: it stands in every mail to people outside";
            return Err(DeskError::refused("nothing is written to partners yet".to_owned(), help));
        }
        let turn = self
            .turn_to_write()
            .ok_or_else(|| DeskError::refused("no newsletter has a slot any more", "mend its schedule in pressroom.toml"))?;
        let (mut invited, actor) = (Vec::new(), self.person(&who.actor()));
        for partner in &partners {
            let line = self.invite_one(partner, turn).await?;
            if line.mails > 0 {
                self.audit(&actor, "feature.invite", partner.id.as_str(), format!("for {}", turn.slot.date())).await?;
            }
            invited.push(line);
        }
        let slot = slot_words(turn.slot, &turn.newsletter.timezone);
        Ok(WritersInvited { newsletter: turn.newsletter.id.to_string(), slot, invited })
    }

    async fn invite_one(&self, partner: &Partner, turn: Turn<'_>) -> Result<InviteLine> {
        let submitters = submitters(partner);
        let mut mails = 0;
        for contact in &submitters {
            mails += usize::from(self.store.put_mail(self.turn_mail(partner, contact, turn)?).await? == Put::New);
        }
        Ok(InviteLine {
            partner: partner.id.to_string(),
            name: partner.name.as_str().to_owned(),
            contacts: submitters.len(),
            mails,
        })
    }

    /// What can still be written for: a slot whose proof is not made before tomorrow.
    fn turn_to_write(&self) -> Option<Turn<'_>> {
        let newsletter = self.first_public().ok()?;
        let (zone, lead) = (&newsletter.timezone, newsletter.proof_lead);
        let later = |wait: SignedDuration| self.world.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        let tomorrow = SignedDuration::from_hours(24);
        let coming = newsletter.schedule.coming(later(lead.saturating_add(tomorrow)), zone).next()?;
        let proofed = coming.instant.saturating_sub(lead).ok()?.to_zoned(zone.clone()).date();
        Some(Turn { newsletter, slot: coming.slot, instant: coming.instant, send_by: proofed.yesterday().ok()? })
    }

    /// No address stands in it.
    fn turn_identity(&self, partner: &Partner, contact: &Contact, turn: Turn<'_>) -> String {
        let who = self.key.subkey(KeyPurpose::Addresses).mac(format!("outbox {}", contact.address.key().as_str()).as_bytes());
        let who = data_encoding::HEXLOWER.encode(&who[..8]);
        format!("{}.{}.{}.{who}", partner.id, turn.newsletter.id, turn.slot)
    }

    fn turn_mail(&self, partner: &Partner, contact: &Contact, turn: Turn<'_>) -> Result<OutboxMail> {
        let english = Language::english();
        let language = contact.language.as_ref().unwrap_or(&english);
        let head = Letterhead {
            mail: FixedMail::YourTurn,
            purpose: MailPurpose::YourTurn,
            from: turn.newsletter,
            to: &contact.address,
            language,
            identity: self.turn_identity(partner, contact, turn),
            leave: None,
        };
        let (words, language) = self.look.fixed_words(head.mail, language);
        let alliance = &self.config.alliance;
        // As the clock will see it, also in a night that has one hour too few.
        let there = turn.newsletter.timezone.to_datetime(turn.instant);
        let by = date_words(&self.look, &language, turn.send_by);
        let values = [
            ("partner", partner.name.as_str()),
            ("newsletter", turn.newsletter.title.as_str()),
            ("date", &date_words(&self.look, &language, turn.slot.date())),
            ("by", &by),
            ("alliance", alliance.name.as_str()),
            ("host", alliance.host.as_str()),
        ];
        let parts = vec![
            Part::Facts(vec![
                (words.say("newsletter", &values), turn.newsletter.title.clone()),
                (words.say("when", &values), moment_words(&self.look, &language, there, &turn.newsletter.timezone)),
                (words.say("send_by", &values), by.clone()),
            ]),
            Part::Link { text: words.say("link", &values), address: format!("{}/partner/features/new", self.web_url()) },
            Part::Prose(words.body(&values)),
        ];
        self.reader_mail(&head, (words, language), (&values, parts))
    }
}

fn submitters(partner: &Partner) -> Vec<&Contact> {
    partner.contacts.iter().filter(|contact| contact.roles.has(ContactRole::Submitter)).take(SUBMITTERS_MAX).collect()
}
