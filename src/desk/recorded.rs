//! Who answers for a partner is told what staff wrote down as its answer, whatever that was: no yes stands that its partner does not
//! know of, and no word is tried on a partner's behalf without its hearing of it.

use crate::content::look::FixedMail;
use crate::domain::consent::{Answer, Consent, PolicyPosition};
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::outbox::{MailPurpose, OutboxMail};
use crate::domain::partner::{Contact, Partner};
use crate::domain::subscriber::Language;
use crate::render::notice::Part;

use super::Desk;
use super::asking::consenters;
use super::doorstep::Letterhead;
use super::error::Result;

impl Desk {
    /// The mails that tell of a consent which staff record; none where nothing may be written to partners yet.
    pub(super) fn recorded_mails(
        &self,
        partner: &Partner,
        (position, newsletter): (&PolicyPosition, &Newsletter),
        consent: &Consent,
    ) -> Result<Vec<OutboxMail>> {
        let to = if self.may_write_outside() { consenters(partner) } else { Vec::new() };
        to.into_iter().map(|contact| self.recorded_mail((partner, contact), (position, newsletter), consent)).collect()
    }

    fn recorded_mail(
        &self,
        (partner, contact): (&Partner, &Contact),
        (position, newsletter): (&PolicyPosition, &Newsletter),
        consent: &Consent,
    ) -> Result<OutboxMail> {
        let english = Language::english();
        let language = contact.language.as_ref().unwrap_or(&english);
        let who = self.key.subkey(KeyPurpose::Addresses).mac(contact.address.key().as_str().as_bytes());
        let who = data_encoding::HEXLOWER.encode(&who[..8]);
        let head = Letterhead {
            mail: FixedMail::ConsentRecorded,
            purpose: MailPurpose::Consent,
            from: newsletter,
            to: &contact.address,
            language,
            identity: format!("{}.{who}.{}", consent.policy, consent.recorded_at.as_nanosecond()),
            leave: None,
        };
        let (words, language) = self.look.fixed_words(head.mail, language);
        let alliance = &self.config.alliance;
        let values = [
            ("alliance", alliance.name.as_str()),
            ("host", &alliance.host),
            ("partner", partner.name.as_str()),
            ("newsletter", &newsletter.title),
            ("title", &position.title),
        ];
        let said = |key: &str| words.say(key, &values);
        let answer = match consent.answer {
            Answer::Yes => said("yes"),
            Answer::No => said("no"),
        };
        let facts = vec![
            (said("answer"), answer),
            (said("given_by"), consent.given_by.clone()),
            (said("given_on"), consent.given_on.to_string()),
            (said("how"), consent.how.clone()),
        ];
        let parts = vec![
            Part::Heading(position.title.clone()),
            Part::Verbatim(position.text.clone()),
            Part::Facts(facts),
            Part::Link { text: said("link"), address: format!("{}/partner/consents", self.web_url()) },
            Part::Prose(words.body(&values)),
        ];
        self.reader_mail(&head, (words, language), (&values, parts))
    }
}
