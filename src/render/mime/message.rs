//! A whole message for one person, written in one go: what the program itself has to say, as text, as HTML, and with files.
//!
//! Issues do not go this way: they are compiled once for all their readers (see `mime`).

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::{header, quoted_printable};
use crate::domain::email::{DisplayName, EmailAddress, Mailbox};
use crate::domain::time::{TimeZone, Timestamp};

/// Who a message is from and to, and when.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub from: &'a Mailbox,
    pub reply_to: Option<&'a EmailAddress>,
    pub to: &'a EmailAddress,
    pub to_name: Option<&'a DisplayName>,
    pub subject: &'a str,
    pub date: Timestamp,
    /// With its angle brackets.
    pub message_id: &'a str,
    /// The address at which a POST takes the reader off the one newsletter that it is about.
    pub leave: Option<&'a str>,
}

/// A text file that goes with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Plain letters, as the file is to be called.
    pub name: &'static str,
    /// `plain` or `html`.
    pub kind: &'static str,
    pub text: String,
}

/// What a message says, in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    pub text: String,
    pub html: String,
    pub attachments: Vec<Attachment>,
}

// RFC 2045 §6.8: at most 76 characters a line.
const BASE64_COLUMNS: usize = 76;

/// The message: CRLF lines, ASCII, no line that begins with a dot.
#[must_use]
pub fn message(head: &Head<'_>, parts: &Parts) -> Vec<u8> {
    let mut out = Vec::with_capacity((parts.text.len() + parts.html.len()) * 5 / 4 + 2_000);
    write_head(head, &mut out);
    let inner = boundary("alternative", head.message_id);
    if parts.attachments.is_empty() {
        content_type("alternative", &inner, &mut out);
        alternative(parts, &inner, &mut out);
        return out;
    }
    let outer = boundary("mixed", head.message_id);
    content_type("mixed", &outer, &mut out);
    out.extend_from_slice(format!("--{outer}\r\n").as_bytes());
    content_type("alternative", &inner, &mut out);
    alternative(parts, &inner, &mut out);
    for attachment in &parts.attachments {
        out.extend_from_slice(format!("\r\n--{outer}\r\n").as_bytes());
        attach(attachment, &mut out);
    }
    out.extend_from_slice(format!("\r\n--{outer}--\r\n").as_bytes());
    out
}

fn write_head(head: &Head<'_>, out: &mut Vec<u8>) {
    header::mailbox("From", head.from.name.as_ref().map(DisplayName::as_str), &head.from.address.for_wire(), out);
    if let Some(reply_to) = head.reply_to {
        header::mailbox("Reply-To", None, &reply_to.for_wire(), out);
    }
    header::mailbox("To", head.to_name.map(DisplayName::as_str), &head.to.for_wire(), out);
    header::unstructured("Subject", head.subject, out);
    // RFC 5322 §3.3. UTC, so that the header tells nothing of where the sender stands.
    let date = head.date.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000");
    // RFC 3834 §5: written by a program without anybody's mail before it, so that no other program answers.
    let fields =
        format!("Date: {date}\r\nMessage-ID: {}\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n", head.message_id);
    out.extend_from_slice(fields.as_bytes());
    // RFC 8058 §3.1: this exact second field. In one line, for relays that fold break signatures.
    if let Some(leave) = head.leave {
        let fields = format!("List-Unsubscribe: <{leave}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
        out.extend_from_slice(fields.as_bytes());
    }
}

fn content_type(kind: &str, boundary: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n\r\n").as_bytes());
}

// RFC 2045 §6.7: `=_` can stand neither in quoted-printable nor in base64.
fn boundary(kind: &str, message_id: &str) -> String {
    let digest = Sha256::digest(format!("{kind} {message_id}"));
    format!("=_{}", HEXLOWER.encode(&digest[..16]))
}

fn alternative(parts: &Parts, boundary: &str, out: &mut Vec<u8>) {
    for (kind, text) in [("plain", &parts.text), ("html", &parts.html)] {
        let head = format!(
            "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        );
        out.extend_from_slice(head.as_bytes());
        quoted_printable::encode_literal(text, out);
        if !text.ends_with('\n') {
            out.extend_from_slice(b"\r\n");
        }
        // RFC 2046 §5.1.1: the line break before a boundary belongs to the boundary.
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
}

/// A file keeps its bytes: its line ends must not be made anew on the way.
fn attach(attachment: &Attachment, out: &mut Vec<u8>) {
    let Attachment { name, kind, text } = attachment;
    let head = format!(
        "Content-Type: text/{kind}; charset=utf-8; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    for line in BASE64.encode(text.as_bytes()).as_bytes().chunks(BASE64_COLUMNS) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;

    fn written(attachments: Vec<Attachment>) -> Vec<u8> {
        let from = Mailbox::parse("Lantern Exchange <exchange@lantern.example.org>").unwrap();
        let to = EmailAddress::parse("editor@lantern.example.org").unwrap();
        let head = Head {
            from: &from,
            reply_to: Some(&to),
            to: &to,
            to_name: None,
            subject: "[proof 1f3a90c2] Coordinators – a first look",
            date: "2027-02-02T15:00:00Z".parse().unwrap(),
            message_id: "<abc@lantern.example.org>",
            leave: None,
        };
        let text = "first\n.second\nFrom third\nünd".to_owned();
        message(&head, &Parts { text, html: "<p>é=</p>\n".to_owned(), attachments })
    }

    #[test]
    fn a_message_is_read_back_as_it_was_meant() {
        let file = Attachment { name: "issue.txt", kind: "plain", text: "ä\nb\n".repeat(100) };
        let raw = written(vec![file.clone()]);
        let parsed = MessageParser::default().parse(&raw).unwrap();
        assert_eq!(parsed.subject(), Some("[proof 1f3a90c2] Coordinators – a first look"));
        assert_eq!(parsed.header("Auto-Submitted").and_then(|value| value.as_text()), Some("auto-generated"));
        assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), "first\n.second\nFrom third\nünd");
        assert_eq!(parsed.body_html(0).unwrap().trim_end(), "<p>é=</p>");
        let attached = parsed.attachments().next().unwrap();
        assert_eq!(attached.attachment_name(), Some("issue.txt"));
        assert_eq!(attached.text_contents(), Some(file.text.as_str()));
    }

    #[test]
    fn every_line_can_go_over_smtp_as_it_is() {
        for raw in [written(vec![]), written(vec![Attachment { name: "a.html", kind: "html", text: "x".repeat(5_000) }])] {
            assert!(raw.is_ascii() && raw.ends_with(b"\r\n"));
            for line in String::from_utf8(raw).unwrap().split("\r\n") {
                assert!(
                    line.len() <= 78 && !line.starts_with('.') && !line.starts_with("From ") && !line.contains(['\r', '\n']),
                    "{line}"
                );
            }
        }
    }
}
