//! The story of the number by which one knows that readers have changed: what a send itself writes moves it not.

use crate::domain::delivery::{DeliveryEvent, ReplyText};
use crate::domain::id::Ordinal;
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::people::{Actor, AuditEntry};
use crate::domain::time::SignedDuration;
use crate::store::{
    Audit, Claim, DeliveryLedger, MailOutcome, Outbox, Pace, PaceOf, Paces, Recorded, Result, Settle, Store, SubscriberBook, Turn,
    WorkerId,
};

use super::Bench;
use super::books::sample::{address, confirmed, newsletter};
use super::ledger::{issue, open_issue, take_turns};

const TTL: SignedDuration = SignedDuration::from_mins(10);

/// Who keeps what they looked up need not look again for what a send itself writes.
///
/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn what_is_not_about_readers_counts_as_no_change_of_them<T: Bench<Store: Store>>(bench: &T) -> Result<()> {
    let store = bench.open();
    store.subscribe(&newsletter("partners"), vec![confirmed("ada")]).await?;
    let before = store.reader_changes();
    open_issue(&store, 3, 200).await?;
    let claim = store.claim(&issue(), WorkerId(1), 3, TTL).await?;
    let Claim::Won(lease) = claim else { panic!("a claim was answered {claim:?}") };
    store.begin(&lease, &[Ordinal(0), Ordinal(1)]).await?;
    let reply = ReplyText::new("250 2.0.0 queued");
    let accepted = Recorded { ordinal: Ordinal(0), event: DeliveryEvent::Accepted, reply, relay: "first".to_owned() };
    let turn = Turn { ended: Some((lease.name(), accepted)), next: Some((lease.name(), Ordinal(2))) };
    take_turns(&store, &issue(), vec![turn]).await?;
    store.release(&lease).await?;
    store.settle(&issue(), Settle::Accept).await?;
    let pace = Pace { next: bench.now(), gap: TTL };
    store.note_paces(vec![(PaceOf::Domain("example.org".to_owned()), Some(pace))]).await?;
    let (at, actor) = (bench.now(), Actor::parse("editor").expect("a name"));
    let entry = AuditEntry { at, actor, act: "issue.open".to_owned(), subject: "x".to_owned(), note: String::new() };
    store.append_audit(entry).await?;
    let mail = OutboxMail {
        key: OutboxKey::parse("reminder/one").expect("a key"),
        purpose: MailPurpose::Reminder,
        sender: address("news"),
        to: address("editor"),
        message: b"Subject: soon\r\n\r\nSoon.\r\n".to_vec(),
        created: at,
        due: at,
        expires: at + TTL,
        attempts: 0,
    };
    let key = mail.key.clone();
    store.put_mail(mail).await?;
    store.record_mail(&key, MailOutcome::Sent { at }).await?;
    assert_eq!(store.reader_changes(), before);
    Ok(())
}
