//! Mails of the outbox as they lie in the store: the letter, which never changes, and the row, which says where it waits or how it ended.
//!
//! The letter names its key. So no two mails have the same letter, and a letter that lies in a blob belongs to one row alone.

use crate::domain::email::EmailAddress;
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::time::Timestamp;
use crate::store::sled::codec::{Decoder, Encoder};
use crate::store::{OutboxCounts, Result};

const FORM: u8 = 1;

/// Where a letter lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::sled) enum Place {
    Here(Vec<u8>),
    Blob([u8; 32]),
}

/// How a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sled) enum Ending {
    Sent,
    Refused,
    Expired,
}

/// A mail's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::sled) enum Row {
    Waiting { due: Timestamp, expires: Timestamp, attempts: u16, letter: Place },
    Done { ending: Ending, at: Timestamp },
}

// Tags; never given a second meaning.
const WAITS_HERE: u8 = 1;
const WAITS_IN_BLOB: u8 = 2;
const SENT: u8 = 3;
const REFUSED: u8 = 4;
const EXPIRED: u8 = 5;

impl Row {
    pub(in crate::store::sled) fn encode(&self) -> Vec<u8> {
        let mut value = Encoder::new(FORM);
        match self {
            Self::Waiting { due, expires, attempts, letter } => {
                let (tag, bytes) = match letter {
                    Place::Here(bytes) => (WAITS_HERE, bytes.as_slice()),
                    Place::Blob(hash) => (WAITS_IN_BLOB, hash.as_slice()),
                };
                let length = u32::try_from(bytes.len()).expect("a row is below 64 kB");
                value.byte(tag).moment(*due).moment(*expires).short(*attempts).number(length).raw(bytes);
            }
            Self::Done { ending, at } => {
                value.byte(ending.tag()).moment(*at);
            }
        }
        value.finish()
    }

    pub(in crate::store::sled) fn decode(key: &[u8], value: &[u8]) -> Result<Self> {
        let (_, mut fields) = Decoder::new("a mail's row", key, value, FORM)?;
        let done = |ending, fields: &mut Decoder<'_>| Ok(Self::Done { ending, at: fields.moment()? });
        let row = match fields.byte()? {
            tag @ (WAITS_HERE | WAITS_IN_BLOB) => {
                let (due, expires, attempts) = (fields.moment()?, fields.moment()?, fields.short()?);
                let bytes = sized(&mut fields)?;
                let letter = if tag == WAITS_HERE {
                    Place::Here(bytes.to_vec())
                } else {
                    Place::Blob(bytes.try_into().map_err(|_| fields.damaged("its blob has no name"))?)
                };
                Ok(Self::Waiting { due, expires, attempts, letter })
            }
            SENT => done(Ending::Sent, &mut fields),
            REFUSED => done(Ending::Refused, &mut fields),
            EXPIRED => done(Ending::Expired, &mut fields),
            _ => Err(fields.damaged("a mail is in no state")),
        };
        fields.finish()?;
        row
    }
}

impl Ending {
    fn tag(self) -> u8 {
        match self {
            Self::Sent => SENT,
            Self::Refused => REFUSED,
            Self::Expired => EXPIRED,
        }
    }
}

fn sized<'a>(fields: &mut Decoder<'a>) -> Result<&'a [u8]> {
    let length = fields.number()?;
    fields.raw(usize::try_from(length).expect("usize is at least 32 bits here"))
}

fn purpose_tag(purpose: MailPurpose) -> u8 {
    match purpose {
        MailPurpose::Proof => 1,
        MailPurpose::Piece => 2,
        MailPurpose::Reminder => 3,
        MailPurpose::Held => 4,
        MailPurpose::Broken => 5,
        MailPurpose::Ignored => 6,
        MailPurpose::Empty => 7,
        MailPurpose::Sent => 8,
        MailPurpose::Thanks => 9,
        MailPurpose::Confirm => 10,
        MailPurpose::Welcome => 11,
        MailPurpose::Access => 12,
        MailPurpose::NewAddress => 13,
        MailPurpose::Moved => 14,
        // 15 to 19 belong to partners' rooms.
        MailPurpose::PledgeConfirm => 20,
        MailPurpose::PledgeCopy => 21,
        MailPurpose::Reaffirm => 22,
        MailPurpose::SignIn => 15,
        MailPurpose::Invitation => 16,
        MailPurpose::Consent => 17,
        MailPurpose::YourTurn => 29,
        MailPurpose::Inquiry => 30,
        MailPurpose::DeadLinks => 31,
        // 23 to 28 belong to review.
        MailPurpose::Edited => 23,
        MailPurpose::Declined => 24,
        MailPurpose::Comment => 25,
        MailPurpose::Submitted => 26,
        MailPurpose::Arrived => 27,
        MailPurpose::Answered => 28,
    }
}

/// Everything of a mail that never changes.
pub(in crate::store::sled) fn encode_letter(mail: &OutboxMail) -> Vec<u8> {
    let length = u32::try_from(mail.message.len()).expect("a message is far below 4 GB");
    let mut value = Encoder::new(FORM);
    value.text(mail.key.as_str()).byte(purpose_tag(mail.purpose));
    value.text(mail.sender.as_typed()).text(mail.to.as_typed()).moment(mail.created);
    value.number(length).raw(&mail.message);
    value.finish()
}

/// The mail of a letter, as its row says it waits.
pub(in crate::store::sled) fn decode_letter(key: &[u8], letter: &[u8], row: (Timestamp, Timestamp, u16)) -> Result<OutboxMail> {
    let (_, mut fields) = Decoder::new("a mail", key, letter, FORM)?;
    let name = OutboxKey::parse(fields.text()?).map_err(|_| fields.damaged("its key is none"))?;
    let tag = fields.byte()?;
    let purpose = MailPurpose::ALL.into_iter().find(|purpose| purpose_tag(*purpose) == tag);
    let purpose = purpose.ok_or_else(|| fields.damaged("it has no purpose"))?;
    let sender = EmailAddress::parse(fields.text()?).map_err(|_| fields.damaged("its sender has no address"))?;
    let to = EmailAddress::parse(fields.text()?).map_err(|_| fields.damaged("its recipient has no address"))?;
    let created = fields.moment()?;
    let message = sized(&mut fields)?.to_vec();
    fields.finish()?;
    let (due, expires, attempts) = row;
    Ok(OutboxMail { key: name, purpose, sender, to, message, created, due, expires, attempts })
}

pub(in crate::store::sled) fn encode_counts(counts: &OutboxCounts) -> Vec<u8> {
    let OutboxCounts { waiting, sent, refused, expired } = *counts;
    let mut value = Encoder::new(FORM);
    value.long(waiting).long(sent).long(refused).long(expired);
    value.finish()
}

pub(in crate::store::sled) fn decode_counts(key: &[u8], value: &[u8]) -> Result<OutboxCounts> {
    let (_, mut fields) = Decoder::new("the outbox's counts", key, value, FORM)?;
    let counts = OutboxCounts { waiting: fields.long()?, sent: fields.long()?, refused: fields.long()?, expired: fields.long()? };
    fields.finish()?;
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::new(second, 7).unwrap()
    }

    #[test]
    fn a_row_comes_back_as_it_was() {
        let waiting = |letter| Row::Waiting { due: at(5), expires: at(9), attempts: 3, letter };
        let done = |ending| Row::Done { ending, at: at(7) };
        let waits = [waiting(Place::Here(b"letter".to_vec())), waiting(Place::Blob([9; 32]))];
        let all = waits.into_iter().chain([Ending::Sent, Ending::Refused, Ending::Expired].map(done));
        for row in all {
            let value = row.encode();
            assert_eq!(Row::decode(b"k", &value).unwrap(), row);
            assert!(Row::decode(b"k", &value[..value.len() - 1]).is_err());
        }
    }

    #[test]
    fn a_letter_of_every_purpose_comes_back_as_it_was() {
        for purpose in MailPurpose::ALL {
            let mail = OutboxMail {
                key: OutboxKey::parse("proof/2027-02-partners").unwrap(),
                purpose,
                sender: EmailAddress::parse("news@example.org").unwrap(),
                to: EmailAddress::parse("Ada@example.org").unwrap(),
                message: b"Subject: proof\r\n\r\nHello\r\n".to_vec(),
                created: at(1),
                due: at(2),
                expires: at(3),
                attempts: 4,
            };
            let letter = encode_letter(&mail);
            assert_eq!(decode_letter(b"k", &letter, (at(2), at(3), 4)).unwrap(), mail);
            assert!(decode_letter(b"k", &letter[..letter.len() - 1], (at(2), at(3), 4)).is_err());
        }
    }
}
