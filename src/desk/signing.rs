//! Who signs the mail: the newsroom itself, for newsletters that say `dkim = "own"`, or the relay. What is to be signed by us is never sent
//! unsigned; what is only looked at may be, and says so.

use std::sync::Arc;

use crate::config::DkimKey;
use crate::delivery::compose::{ComposeFacts, Composer};
use crate::delivery::dkim::{NamedKey, Signer};
use crate::domain::email::EmailAddress;
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::DkimSigner;
use crate::domain::proof::Proof;
use crate::domain::time::Timestamp;
use crate::render;

use super::Desk;
use super::error::{DeskError, Result};

impl Desk {
    /// What makes readers' copies of a proof, for sending. The signature bears the mail's date, so that a copy which is tried again is the
    /// same; a date that is still to come would be refused by receivers, so then it is now.
    ///
    /// # Errors
    /// [`DeskError::Config`] when the copies are to be signed by us and the key is not at hand.
    pub(super) fn composer(&self, proof: &Proof, date: Timestamp) -> Result<Composer> {
        let composer = self.unsigned_composer(proof, date);
        Ok(match self.signer_of_proof(proof)? {
            Some(signer) => composer.signed_by(signer, date.min(self.world.now())),
            None => composer,
        })
    }

    /// The same, for looking at: without the key, copies are made that are not signed, and why is told.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is no such newsletter any more.
    pub(super) fn trial_composer(&self, proof: &Proof, date: Timestamp) -> Result<(Composer, Option<String>)> {
        match self.composer(proof, date) {
            Err(DeskError::Config { message, .. }) => Ok((self.unsigned_composer(proof, date), Some(message))),
            other => other.map(|composer| (composer, None)),
        }
    }

    /// Who signs a mail of ours that is not an issue; `None` when the relay does. A mail whose sender is no newsletter's any more was
    /// written before a reload: it is signed where its domain has a key.
    ///
    /// # Errors
    /// [`DeskError::Config`] when the key is not at hand.
    pub(super) fn signer_of_sender(&self, sender: &EmailAddress) -> Result<Option<Arc<Signer>>> {
        let domain = sender.domain();
        let speakers = self.config.newsletters.iter().filter(|newsletter| newsletter.from.address.key() == sender.key());
        let signers: Vec<DkimSigner> = speakers.map(|newsletter| newsletter.dkim).collect();
        let is_ours =
            if signers.is_empty() { self.config.find_dkim(&domain).is_some() } else { signers.contains(&DkimSigner::Own) };
        if is_ours { self.signer(&domain).map(Some) } else { Ok(None) }
    }

    /// The From domain of a proof that is ours to sign and has no key any more, as when the newsletter has moved to another domain.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is no such newsletter any more.
    pub(super) fn domain_without_key(&self, proof: &Proof) -> Result<Option<String>> {
        let domain = proof.content.from.address.domain();
        let is_ours = self.newsletter(&proof.content.newsletter)?.dkim == DkimSigner::Own;
        Ok((is_ours && self.config.find_dkim(&domain).is_none()).then(|| domain.into_owned()))
    }

    fn signer_of_proof(&self, proof: &Proof) -> Result<Option<Arc<Signer>>> {
        match self.newsletter(&proof.content.newsletter)?.dkim {
            DkimSigner::Relay => Ok(None),
            DkimSigner::Own => self.signer(&proof.content.from.address.domain()).map(Some),
        }
    }

    fn signer(&self, domain: &str) -> Result<Arc<Signer>> {
        let keys = self.config.find_dkim(domain).ok_or_else(|| DeskError::Config {
            message: format!("there is no key to sign with for {domain}"),
            help: "add a table [[dkim]] for it, or make the proof anew if the newsletter's `from` has changed".to_owned(),
        })?;
        let named = |key: &DkimKey| -> Result<NamedKey> {
            let at_hand = key.key.key().ok_or_else(|| DeskError::Config {
                message: format!("the key of {domain} with the selector {} is not readable here", key.selector),
                help: "run it as the user that may read `key_file`, or let `pressroom serve` do it".to_owned(),
            })?;
            Ok(NamedKey { selector: key.selector.clone(), key: Arc::clone(at_hand) })
        };
        let beside = keys.ed25519.as_ref().map(named).transpose()?;
        Ok(Arc::new(Signer::new(domain.to_owned(), named(&keys.rsa)?, beside)))
    }

    fn unsigned_composer(&self, proof: &Proof, date: Timestamp) -> Composer {
        let facts = ComposeFacts {
            web_url: self.web_url(),
            date,
            tokens: self.key.subkey(KeyPurpose::Tokens),
            message_ids: self.key.subkey(KeyPurpose::MessageIds),
        };
        Composer::new(render::mime::compile(proof), facts)
    }
}
