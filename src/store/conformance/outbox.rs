//! Stories of the outbox: a mail is put once by its key, given when it is due, and leaves only its key behind.

use crate::domain::email::EmailAddress;
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::time::Timestamp;
use crate::store::{MAIL_BYTES_MAX, MAIL_PAGE_ROWS_MAX, MailOutcome, Outbox, OutboxCounts, Put, Result, StoreError};

use super::Bench;
use super::books::sample::{address, moment};

/// A mail as large as a proof of an issue with all its parts.
const LARGE: usize = 150_000;

fn key(name: &str) -> OutboxKey {
    OutboxKey::parse(name).expect("a visible key")
}

/// A mail due at second `due`, with a message of `bytes` bytes, which expires an hour later.
#[must_use]
fn mail(name: &str, due: i64, bytes: usize) -> OutboxMail {
    let sender: EmailAddress = address("news");
    OutboxMail {
        key: key(name),
        purpose: MailPurpose::Proof,
        sender,
        to: address("ada"),
        message: format!("Subject: {name}\r\n\r\n").into_bytes().into_iter().chain(vec![b'x'; bytes]).collect(),
        created: moment(0),
        due: moment(due),
        expires: moment(due + 3_600),
        attempts: 0,
    }
}

async fn due(outbox: &impl Outbox, now: Timestamp, rows: usize) -> Result<Vec<String>> {
    Ok(outbox.due_mails(now, rows).await?.into_iter().map(|mail| mail.key.as_str().to_owned()).collect())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_mail_is_put_once_and_read_as_it_was<T: Bench<Store: Outbox>>(bench: &T) -> Result<()> {
    let outbox = bench.open();
    for (name, bytes) in [("small", 10), ("large", LARGE)] {
        let first = mail(name, 0, bytes);
        assert!(!outbox.has_mail(&first.key).await?);
        assert_eq!(outbox.put_mail(first.clone()).await?, Put::New);
        assert_eq!(outbox.put_mail(first.clone()).await?, Put::Known);
        assert_eq!(outbox.put_mail(mail(name, 5, bytes + 1)).await?, Put::Known, "the key decides, not the words");
        assert!(outbox.has_mail(&first.key).await?);
    }
    let (one, other) = tokio::join!(outbox.put_mail(mail("race", 0, LARGE)), outbox.put_mail(mail("race", 0, LARGE + 1)));
    let mut answers = [one?, other?];
    answers.sort_by_key(|answer| *answer == Put::Known);
    assert_eq!(answers, [Put::New, Put::Known]);
    drop(outbox);
    let outbox = bench.open();
    assert_eq!(outbox.put_mail(mail("large", 0, LARGE)).await?, Put::Known);
    let mails = outbox.due_mails(moment(0), 9).await?;
    assert_eq!(mails.len(), 3);
    assert!(mails.contains(&mail("small", 0, 10)) && mails.contains(&mail("large", 0, LARGE)));
    let too_large = outbox.put_mail(mail("huge", 0, MAIL_BYTES_MAX)).await;
    assert!(matches!(too_large, Err(StoreError::TooLarge { .. })));
    assert_eq!(outbox.count_mails().await?, OutboxCounts { waiting: 3, ..OutboxCounts::default() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn mails_are_given_when_they_are_due_the_longest_due_first<T: Bench<Store: Outbox>>(bench: &T) -> Result<()> {
    let outbox = bench.open();
    assert_eq!(outbox.next_mail_due().await?, None);
    for (name, at) in [("b", 20), ("a", 30), ("c", 10), ("d", 40)] {
        outbox.put_mail(mail(name, at, 10)).await?;
    }
    assert_eq!(outbox.next_mail_due().await?, Some(moment(10)));
    assert_eq!(due(&outbox, moment(9), 9).await?, Vec::<String>::new());
    assert_eq!(due(&outbox, moment(30), 9).await?, ["c", "b", "a"]);
    assert_eq!(due(&outbox, moment(30), 2).await?, ["c", "b"]);
    // The clock was put back by an hour and some seconds.
    assert_eq!(due(&outbox, moment(-3_585), 9).await?, ["b", "a", "d"]);
    assert_eq!(due(&outbox, moment(-3_585), 1).await?, ["b"]);
    assert_eq!(due(&outbox, moment(-3_580), 9).await?, ["a", "d"], "an hour is no longer than a mail may rest");
    outbox.record_mail(&key("c"), MailOutcome::Deferred { due: moment(35), attempts: 1 }).await?;
    assert_eq!(outbox.next_mail_due().await?, Some(moment(20)));
    drop(outbox);
    let outbox = bench.open();
    assert_eq!(due(&outbox, moment(40), 9).await?, ["b", "a", "c", "d"]);
    let deferred = outbox.due_mails(moment(40), 9).await?.swap_remove(2);
    assert_eq!(deferred, OutboxMail { due: moment(35), attempts: 1, ..mail("c", 10, 10) });
    for n in 0..MAIL_PAGE_ROWS_MAX {
        outbox.put_mail(mail(&format!("more-{n}"), 0, 10)).await?;
    }
    assert_eq!(due(&outbox, moment(40), usize::MAX).await?.len(), MAIL_PAGE_ROWS_MAX);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_mail_that_is_done_with_keeps_its_key_until_it_is_forgotten<T: Bench<Store: Outbox>>(bench: &T) -> Result<()> {
    let outbox = bench.open();
    for name in ["sent", "refused", "given-up", "waiting"] {
        outbox.put_mail(mail(name, 0, LARGE)).await?;
    }
    outbox.record_mail(&key("sent"), MailOutcome::Sent { at: moment(10) }).await?;
    outbox.record_mail(&key("refused"), MailOutcome::Refused { at: moment(20) }).await?;
    outbox.record_mail(&key("given-up"), MailOutcome::Expired { at: moment(30) }).await?;
    // The first ending stands, and what was never put cannot end.
    outbox.record_mail(&key("sent"), MailOutcome::Refused { at: moment(40) }).await?;
    outbox.record_mail(&key("sent"), MailOutcome::Deferred { due: moment(40), attempts: 1 }).await?;
    outbox.record_mail(&key("nobody"), MailOutcome::Sent { at: moment(40) }).await?;
    assert!(!outbox.has_mail(&key("nobody")).await?);
    assert_eq!(due(&outbox, moment(100), 9).await?, ["waiting"]);
    let counts = OutboxCounts { waiting: 1, sent: 1, refused: 1, expired: 1 };
    assert_eq!(outbox.count_mails().await?, counts);
    drop(outbox);
    let outbox = bench.open();
    assert_eq!(outbox.put_mail(mail("sent", 0, LARGE)).await?, Put::Known);
    assert_eq!(outbox.forget_mails(moment(20), 9).await?, 1, "before, not at");
    assert_eq!(outbox.forget_mails(moment(100), 1).await?, 1);
    assert!(outbox.has_mail(&key("given-up")).await?);
    assert_eq!(outbox.forget_mails(moment(100), 9).await?, 1);
    assert_eq!(outbox.forget_mails(moment(100), 9).await?, 0, "what waits is not forgotten");
    assert_eq!(outbox.count_mails().await?, counts);
    assert_eq!(outbox.put_mail(mail("sent", 0, LARGE)).await?, Put::New);
    assert_eq!(due(&outbox, moment(100), 9).await?, ["sent", "waiting"]);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_mail_whose_time_has_run_out_is_not_given<T: Bench<Store: Outbox>>(bench: &T) -> Result<()> {
    let outbox = bench.open();
    for (name, at) in [("late", 10), ("later", 20), ("in-time", 1_000)] {
        outbox.put_mail(mail(name, at, 10)).await?;
    }
    outbox.record_mail(&key("later"), MailOutcome::Deferred { due: moment(9_999), attempts: 1 }).await?;
    assert_eq!(outbox.expire_mails(moment(3_609), 9).await?, 0);
    assert_eq!(due(&outbox, moment(3_610), 1).await?, ["in-time"], "an expired mail does not stand in the way");
    assert_eq!(outbox.expire_mails(moment(3_620), 1).await?, 1);
    assert_eq!(outbox.expire_mails(moment(3_620), 9).await?, 1, "also one that is not due yet");
    assert_eq!(outbox.expire_mails(moment(3_620), 9).await?, 0);
    assert_eq!(outbox.next_mail_due().await?, Some(moment(1_000)));
    assert_eq!(outbox.count_mails().await?, OutboxCounts { waiting: 1, expired: 2, ..OutboxCounts::default() });
    assert_eq!(outbox.put_mail(mail("late", 10, 10)).await?, Put::Known);
    Ok(())
}
