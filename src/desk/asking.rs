//! Partners are asked for their yes: each consenter by mail, with the exact words and a link to a page with two buttons.
//!
//! Signatories are asked by the clock as soon as an issue that names them is queued, for each issue anew as long as no yes is recorded. Who was only found in the words is asked when a person
//! says so, for the words may mean another. A reminder goes to everyone without a yes recorded, whatever they answered and whether they
//! did: a mail tells nobody how another mail was answered (rule *refusal_is_private*).

use crate::content::look::FixedMail;
use crate::domain::consent::{AskId, ConsentAsk, MatchRuling, PolicyPosition, Standing};
use crate::domain::email::EmailAddress;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::outbox::MailPurpose;
use crate::domain::partner::{Contact, ContactRole, Partner};
use crate::domain::people::{Actor, Who};
use crate::domain::signup::{Link, LinkFor, LinkPurpose, LinkSecret};
use crate::domain::subscriber::Language;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::render::notice::Part;
use crate::store::Promise;

use super::Desk;
use super::clock::clock_actor;
use super::consents::chosen;
use super::doorstep::Letterhead;
use super::error::{DeskError, Result};
use super::gate::{Named, Position};
use super::reply::{AskedLine, ConsentsAsked, PolicyLine};
use super::request::{AskConsents, RuleOnMatch};
use super::rights::Deed;
use super::typed::required;

/// How long a link in such a mail is good. The portal takes an answer as long as the issue has not gone out.
const LINK_KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Consenters of one partner who are written to.
const CONSENTERS_MAX: usize = 20;

/// Which of the mails about one text this is.
#[derive(Clone, Copy)]
enum Which<'a> {
    First,
    /// One of the clock's reminders.
    Reminder(&'a str),
    /// A person's.
    Again(Timestamp),
}

impl Which<'_> {
    fn word(self) -> String {
        match self {
            Self::First => "first".to_owned(),
            Self::Reminder(which) => which.to_owned(),
            Self::Again(at) => at.as_second().to_string(),
        }
    }
}

impl Desk {
    /// Asks the signatories of an issue that is on its way, each once about each text.
    pub(super) async fn ask_signatories(&self, issue: &Issue) -> Result<()> {
        self.ask_without_yes(issue, Which::First, &|named| matches!(named, Named::Signatory(Standing::NoYesRecorded))).await?;
        Ok(())
    }

    /// Reminds all who were asked and have no yes recorded.
    pub(super) async fn remind_consenters(&self, issue: &Issue, which: &str) -> Result<()> {
        self.ask_without_yes(issue, Which::Reminder(which), &|named| matches!(named, Named::Signatory(Standing::NoYesRecorded)))
            .await?;
        Ok(())
    }

    async fn ask_without_yes(
        &self,
        issue: &Issue,
        which: Which<'_>,
        is_meant: &(dyn Fn(&Named) -> bool + Sync),
    ) -> Result<Vec<AskedLine>> {
        let text = self.read_issue_text(issue)?;
        let mut asked = Vec::new();
        for position in self.positions_of(&text, &issue.newsletter).await? {
            for partner in &position.claim.named {
                if is_meant(&self.named(&position, partner).await?)
                    && let Some(partner) = self.store.find_partner(partner).await?
                {
                    asked.push(self.ask_partner(issue, (&position, &partner), (which, &clock_actor())).await?);
                }
            }
        }
        Ok(asked)
    }

    /// Asks partners of an issue again, or one that was only found in the words.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Usage`] when the partner is not named there; [`DeskError::Refused`] when the issue is past that,
    /// or no mail may go out to partners.
    pub async fn ask_consents(&self, who: impl Into<Who> + Send, request: AskConsents) -> Result<ConsentsAsked> {
        let issue = self.issue_named(&request.issue).await?;
        let actor = self.person(&self.allowed(who, Deed::AskConsents(&issue.newsletter))?);
        if !can_be_asked_about(&issue.state) {
            return Err(DeskError::refused(
                format!("issue {} has gone out or was given up", issue.id),
                "nothing is asked about it any more",
            ));
        }
        if !self.may_write_outside() {
            let help = "set `postal_address` under [alliance] in pressroom.toml: it stands in every mail to people outside";
            return Err(DeskError::refused("nothing is written to partners yet".to_owned(), help));
        }
        let wanted = match &request.partner {
            Some(id) => Some(self.partner_named(id).await?.id),
            None => None,
        };
        let text = self.read_issue_text(&issue)?;
        let (mut asked, mut is_named) = (Vec::new(), false);
        for position in self.positions_of(&text, &issue.newsletter).await? {
            for id in &position.claim.named {
                let is_wanted = match (&wanted, self.named(&position, id).await?) {
                    (Some(wanted), named) => {
                        is_named |= wanted == id;
                        wanted == id && named.standing() == Standing::NoYesRecorded
                    }
                    (None, named) => matches!(named, Named::Signatory(Standing::NoYesRecorded)),
                };
                if is_wanted && let Some(partner) = self.store.find_partner(id).await? {
                    let which = Which::Again(self.world.now());
                    asked.push(self.ask_partner(&issue, (&position, &partner), (which, &actor)).await?);
                }
            }
        }
        if let Some(wanted) = wanted.filter(|_| !is_named) {
            let message = format!("{wanted} is not named in a position of issue {}", issue.id);
            return Err(DeskError::usage(message, "`pressroom consent list` shows whose yes is needed"));
        }
        Ok(ConsentsAsked { issue: issue.id.to_string(), asked })
    }

    /// A person says that a name found in a position does not mean the partner.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Usage`] when no reason is given, or the partner is not named there; [`DeskError::Refused`] of a
    /// signatory.
    pub async fn rule_on_match(&self, who: impl Into<Who> + Send, request: RuleOnMatch) -> Result<Vec<PolicyLine>> {
        let issue = self.issue_named(&request.issue).await?;
        let by = self.person(&self.allowed(who, Deed::RuleOnMatch(&issue.newsletter))?);
        let why = required("why the name does not mean them", &request.why)?;
        let partner = self.partner_named(&request.partner).await?.id;
        let positions = self.positions_of(&self.read_issue_text(&issue)?, &issue.newsletter).await?;
        let position = chosen(&positions, request.policy.as_deref())?;
        if !position.claim.named.contains(&partner) {
            let message = format!("{partner} is not named in \u{201c}{}\u{201d}", position.claim.title);
            return Err(DeskError::usage(message, "`pressroom consent list` shows whose names were found"));
        }
        if position.signatories.contains(&partner) {
            let message = format!("{partner} is a signatory of \u{201c}{}\u{201d}, so it is meant", position.claim.title);
            return Err(DeskError::refused(message, "its own yes is needed, or take it out of the signatories"));
        }
        let (policy, words, at) = (position.claim.policy, position.words_about(&partner), self.world.now());
        self.store
            .rule_on_match(MatchRuling { partner: partner.clone(), policy, words, why: why.clone(), by: by.clone(), at })
            .await?;
        self.audit(&by, "consent.rule", issue.id.as_str(), format!("{partner} is not meant: {why}")).await?;
        self.policy_lines(&positions, Some(&issue.id)).await
    }

    async fn ask_partner(
        &self,
        issue: &Issue,
        (position, partner): (&Position, &Partner),
        (which, by): (Which<'_>, &Actor),
    ) -> Result<AskedLine> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let ask = ConsentAsk {
            partner: partner.id.clone(),
            newsletter: issue.newsletter.clone(),
            issue: issue.id.clone(),
            position: PolicyPosition { signatories: Vec::new(), picture_descriptions: Vec::new(), ..position.position.clone() },
            public: newsletter.public,
            asked_at: self.world.now(),
            asked_by: by.clone(),
        };
        let consenters: Vec<&Contact> = if self.may_write_outside() { consenters(partner) } else { Vec::new() };
        let mails = consenters.iter().map(|contact| self.ask_promise(&ask, (partner, contact), which));
        let mails = mails.collect::<Result<Vec<_>>>()?;
        let line = AskedLine { partner: partner.id.to_string(), title: position.claim.title.clone(), mails: mails.len() };
        self.store.ask_consent(ask, mails).await?;
        Ok(line)
    }

    fn ask_promise(&self, ask: &ConsentAsk, (partner, contact): (&Partner, &Contact), which: Which<'_>) -> Result<Promise> {
        let newsletter = self.newsletter(&ask.newsletter)?;
        let secret = LinkSecret::new(self.world.random());
        let english = Language::english();
        let language = contact.language.as_ref().unwrap_or(&english);
        let head = Letterhead {
            mail: FixedMail::ConsentAsked,
            purpose: MailPurpose::Consent,
            from: newsletter,
            to: &contact.address,
            language,
            identity: self.ask_identity(&ask.id(), &contact.address, which),
            leave: None,
        };
        let (words, language) = self.look.fixed_words(head.mail, language);
        let values = self.ask_values(ask, (partner, newsletter));
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let shown = if ask.public { "for_everyone" } else { "for_readers" };
        let mut facts = vec![(words.say("who_reads", &values), words.say(shown, &values))];
        if !ask.position.charter.is_empty() {
            facts.push((words.say("charter", &values), ask.position.charter.clone()));
        }
        if !ask.position.principles.is_empty() {
            facts.push((words.say("principles", &values), ask.position.principles.join(", ").replace('-', " ")));
        }
        let parts = vec![
            Part::Heading(ask.position.title.clone()),
            Part::Verbatim(ask.position.text.clone()),
            Part::Facts(facts),
            Part::Link { text: words.say("link", &values), address: format!("{}/consent/{}", self.web_url(), secret.text()) },
            Part::Prose(words.body(&values)),
        ];
        let mail = self.reader_mail(&head, (words, language), (&values, parts))?;
        let what = LinkFor::Consent { partner: partner.id.clone(), ask: ask.id(), address: contact.address.clone() };
        let link = Link { what, until: self.hence(LINK_KEPT) };
        Ok(Promise { hash: secret.hash(LinkPurpose::Consent), purpose: LinkPurpose::Consent, link, mail })
    }

    fn ask_values(&self, ask: &ConsentAsk, (partner, newsletter): (&Partner, &Newsletter)) -> Vec<(&'static str, String)> {
        vec![
            ("alliance", self.config.alliance.name.clone()),
            ("host", self.config.alliance.host.clone()),
            ("partner", partner.name.as_str().to_owned()),
            ("newsletter", newsletter.title.clone()),
            ("title", ask.position.title.clone()),
            ("days", (LINK_KEPT.as_hours() / 24).to_string()),
        ]
    }

    /// What makes a mail this one: no address stands in it.
    fn ask_identity(&self, ask: &AskId, address: &EmailAddress, which: Which<'_>) -> String {
        let who = self.key.subkey(KeyPurpose::Addresses).mac(address.key().as_str().as_bytes());
        format!("{ask}.{}.{}", data_encoding::HEXLOWER.encode(&who[..8]), which.word())
    }
}

/// Those who may answer for a partner, each address once.
pub(super) fn consenters(partner: &Partner) -> Vec<&Contact> {
    partner.contacts.iter().filter(|contact| contact.roles.has(ContactRole::Consenter)).take(CONSENTERS_MAX).collect()
}

/// Whether an answer can still change what is sent.
pub(super) fn can_be_asked_about(state: &IssueState) -> bool {
    match state {
        IssueState::Queued | IssueState::Proofed | IssueState::Approved | IssueState::Holding { .. } | IssueState::Held { .. } => {
            true
        }
        IssueState::Opening | IssueState::Sending | IssueState::Paused | IssueState::Sent { .. } | IssueState::Cancelled { .. } => {
            false
        }
    }
}

/// Whether one of a partner's contacts may still answer for it.
pub(super) fn answers_for<'a>(partner: &'a Partner, address: &EmailAddress) -> Option<&'a Contact> {
    consenters(partner).into_iter().find(|contact| contact.address.key() == address.key())
}
