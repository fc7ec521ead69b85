//! A proof as mail, encoded once: what all readers share is ready bytes, what differs is a slot or a part with a condition.
//!
//! Composing one reader's copy is then copying these pieces (`delivery::compose`); nothing here knows of a reader, a key or a date.
//!
//! ```text
//! headers …  List-Id …  Content-Type: multipart/alternative; boundary="=_<proof>"
//!   text/plain, quoted-printable     literal · slot · literal · only(for NM, OR) · literal
//!   text/html,  quoted-printable     literal · slot · literal …
//! ```

use sha2::{Digest, Sha256};

use crate::domain::audience::Condition;
use crate::domain::id::{IssueNumber, NewsletterId, ProofHash};
use crate::domain::proof::{Proof, ProofContent};
use crate::domain::template::{PersonalLink, Piece, Slot, Template};

pub mod header;
pub mod message;
pub mod quoted_printable;

/// A proof, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledMail {
    pub number: IssueNumber,
    pub newsletter: NewsletterId,
    pub newsletter_title: String,
    /// The domain of the From address, which is also that of Message-IDs.
    pub from_domain: String,
    pub bounce_domain: String,
    pub subject: CompiledSubject,
    /// The header fields that are the same for all readers, each with its CRLF; no empty line after them.
    pub headers: Vec<u8>,
    /// The whole multipart body.
    pub body: Vec<EncodedPiece>,
}

/// The subject: nearly always the same for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompiledSubject {
    /// The whole field with its CRLF.
    Fixed(Vec<u8>),
    /// To be filled for each reader, then encoded.
    Personal(Template),
}

/// A piece of an encoded body. Each starts at the beginning of a line and ends at the end of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodedPiece {
    Bytes(Vec<u8>),
    Slot(Slot),
    Only { when: Condition, pieces: Vec<Self> },
}

/// What `{web.url}/u/{token}` may come to, for sizes.
const LINK_BYTES: usize = 110;
/// A name of some length, for sizes.
const FIELD_BYTES: usize = 30;

/// Compiles a proof.
#[must_use]
pub fn compile(proof: &Proof) -> CompiledMail {
    let content = &proof.content;
    let boundary = boundary(&proof.hash);
    let mut body = Vec::new();
    for (kind, template) in [("plain", &content.text), ("html", &content.html)] {
        let head = format!(
            "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        );
        push_bytes(head.as_bytes(), &mut body);
        encode(&template.0, &mut body);
        if !ends_in_line_break(template) {
            push_bytes(b"\r\n", &mut body);
        }
        // RFC 2046 §5.1.1: the line break before a boundary belongs to the boundary.
        push_bytes(b"\r\n", &mut body);
    }
    push_bytes(format!("--{boundary}--\r\n").as_bytes(), &mut body);
    CompiledMail {
        number: proof.number,
        newsletter: content.newsletter.clone(),
        newsletter_title: content.newsletter_title.clone(),
        from_domain: content.from.address.domain().into_owned(),
        bounce_domain: content.bounce_domain.clone(),
        subject: compile_subject(content),
        headers: headers(content, &boundary),
        body,
    }
}

/// How many bytes the HTML takes as it is sent, with every conditional part and values of usual length.
#[must_use]
pub fn encoded_size(html: &Template) -> usize {
    let mut pieces = Vec::new();
    encode(&html.0, &mut pieces);
    size_of_pieces(&pieces)
}

fn size_of_pieces(pieces: &[EncodedPiece]) -> usize {
    let size = |piece: &EncodedPiece| match piece {
        EncodedPiece::Bytes(bytes) => bytes.len(),
        EncodedPiece::Slot(Slot::Link { link: PersonalLink::Unsubscribe | PersonalLink::Preferences, .. }) => LINK_BYTES,
        EncodedPiece::Slot(Slot::Field { placeholder, .. }) => placeholder.default.len().max(FIELD_BYTES),
        EncodedPiece::Only { pieces, .. } => size_of_pieces(pieces),
    };
    pieces.iter().map(size).sum()
}

// RFC 2045 §6.7: `=_` cannot stand in a quoted-printable body, so this never meets text that looks like it.
fn boundary(hash: &ProofHash) -> String {
    format!("=_{}", &hash.to_string()[..32])
}

fn encode(pieces: &[Piece], out: &mut Vec<EncodedPiece>) {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => {
                let mut bytes = Vec::with_capacity(text.len() + text.len() / 8);
                quoted_printable::encode_literal(text, &mut bytes);
                push_bytes(&bytes, out);
            }
            Piece::Slot(slot) => out.push(EncodedPiece::Slot(slot.clone())),
            Piece::Only { when, pieces } => {
                let mut inner = Vec::new();
                encode(pieces, &mut inner);
                out.push(EncodedPiece::Only { when: when.clone(), pieces: inner });
            }
        }
    }
}

/// Appends bytes to the last piece when that is bytes too: a copy has as few pieces as there are differences.
fn push_bytes(bytes: &[u8], out: &mut Vec<EncodedPiece>) {
    if let Some(EncodedPiece::Bytes(last)) = out.last_mut() {
        last.extend_from_slice(bytes);
    } else if !bytes.is_empty() {
        out.push(EncodedPiece::Bytes(bytes.to_vec()));
    }
}

/// Without a line break at the end, the last soft break would stand before a boundary with nothing to join.
fn ends_in_line_break(template: &Template) -> bool {
    match template.0.last() {
        Some(Piece::Literal(text)) => text.ends_with(['\r', '\n']),
        Some(Piece::Slot(_) | Piece::Only { .. }) | None => false,
    }
}

fn compile_subject(content: &ProofContent) -> CompiledSubject {
    let mut fixed = String::new();
    for piece in &content.subject.0 {
        match piece {
            Piece::Literal(text) => fixed.push_str(text),
            Piece::Slot(_) | Piece::Only { .. } => return CompiledSubject::Personal(content.subject.clone()),
        }
    }
    let mut field = Vec::new();
    subject_field(&fixed, &content.newsletter_title, &mut field);
    CompiledSubject::Fixed(field)
}

/// Appends the Subject field. A subject that comes to nothing, because a reader's value is unknown, takes the newsletter's title.
pub fn subject_field(subject: &str, newsletter_title: &str, out: &mut Vec<u8>) {
    let subject = if header::in_one_line(subject).is_empty() { newsletter_title } else { subject };
    header::unstructured("Subject", subject, out);
}

fn headers(content: &ProofContent, boundary: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(600);
    let from_name = content.from.name.as_ref().map(|name| name.as_str());
    header::mailbox("From", from_name, &content.from.address.for_wire(), &mut out);
    if let Some(reply_to) = &content.reply_to {
        header::mailbox("Reply-To", None, &reply_to.for_wire(), &mut out);
    }
    // RFC 2919 §3: `Name <id.domain>`, the name as a phrase.
    let (name, id) = content.list_id.rsplit_once('<').unwrap_or(("", &content.list_id));
    header::mailbox("List-Id", Some(name), id, &mut out);
    out.extend_from_slice(b"Precedence: bulk\r\n");
    out.extend_from_slice(feedback_id(content).as_bytes());
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    out.extend_from_slice(format!("Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n").as_bytes());
    out
}

/// `issue:newsletter:type:sender` (standards.md F8), nothing of a reader in it. The sender id must be 5 to 15 characters that never change: it
/// comes from the From address's domain.
fn feedback_id(content: &ProofContent) -> String {
    let digest = Sha256::digest(content.from.address.domain().as_bytes());
    let sender = data_encoding::HEXLOWER.encode(&digest[..5]);
    format!("Feedback-ID: {}:{}:issue:{sender}\r\n", content.issue, content.newsletter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::{Escape, Field, Placeholder};

    fn slot(default: &str) -> Piece {
        let placeholder = Placeholder { field: Field::Name, default: default.into() };
        Piece::Slot(Slot::Field { placeholder, escape: Escape::Html })
    }

    #[test]
    fn neighbouring_literals_become_one_piece() {
        let mut out = Vec::new();
        encode(&[Piece::Literal("a\n".into()), Piece::Literal("b".into()), slot(""), Piece::Literal(String::new())], &mut out);
        assert_eq!(out.len(), 2);
        assert_eq!(out[0], EncodedPiece::Bytes(b"a\r\nb=\r\n".to_vec()));
    }

    #[test]
    fn the_size_counts_encoding_and_every_conditional_part() {
        let only = Piece::Only { when: Condition::default(), pieces: vec![Piece::Literal("é\n".into())] };
        let template = Template(vec![Piece::Literal("=\n".into()), only, slot(&"x".repeat(50))]);
        assert_eq!(encoded_size(&template), 5 + 8 + 50);
    }
}
