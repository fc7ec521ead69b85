//! E-mail addresses and mailboxes, kept as their owners typed them, and the key by which an address is found again.

use std::borrow::Cow;
use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("an address needs one `@` between a name and a domain")]
    NoAt,
    #[error("the part before `@` must be 1 to 64 characters of a plain address, such as `first.last+news`")]
    LocalPart,
    #[error("the part before `@` has letters that most mail systems cannot carry; ask for an address in plain letters")]
    LocalPartNotAscii,
    #[error("the domain after `@` must be a name with a dot, such as `example.org`")]
    Domain,
    #[error("an address may be at most 254 characters long")]
    TooLong,
}

/// An address we may write to, kept as its owner typed it (without surrounding space).
///
/// Local parts are case sensitive (RFC 5321 §2.4), so lower-casing belongs to [`AddressKey`], not here.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

// RFC 5321 §4.5.3.1.3: a path is at most 256 octets with its angle brackets.
const ADDRESS_LENGTH_MAX: usize = 254;
// RFC 5321 §4.5.3.1.1.
const LOCAL_LENGTH_MAX: usize = 64;

impl EmailAddress {
    /// # Errors
    /// [`BadAddress`] says which part is wrong. Quoted local parts and address literals are refused: no newsletter reader has one,
    /// and each is a known way to smuggle a second address.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let at = text.rfind('@').ok_or(BadAddress::NoAt)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if text.len() > ADDRESS_LENGTH_MAX {
            return Err(BadAddress::TooLong);
        }
        if !local.is_ascii() && !local.chars().any(char::is_control) {
            return Err(BadAddress::LocalPartNotAscii);
        }
        if !is_dot_atom(local) || local.len() > LOCAL_LENGTH_MAX {
            return Err(BadAddress::LocalPart);
        }
        a_label(domain).ok_or(BadAddress::Domain)?;
        Ok(Self { text: text.to_owned(), at })
    }

    /// The address as typed.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.text
    }

    /// The local part as typed.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    /// The domain as lower-case A-label, the form in which it goes over the wire and picks a lane.
    #[must_use]
    pub fn domain(&self) -> Cow<'_, str> {
        let domain = &self.text[self.at + 1..];
        // What is ASCII has passed the rules of the encoding already, which would only lower its case.
        if !domain.is_ascii() {
            return a_label(domain).expect("the constructor has encoded this domain before");
        }
        if domain.bytes().any(|byte| byte.is_ascii_uppercase()) { domain.to_ascii_lowercase().into() } else { domain.into() }
    }

    /// `local@a-label`: what stands in RCPT TO and in the To header.
    #[must_use]
    pub fn for_wire(&self) -> String {
        [self.local_part(), "@", &self.domain()].concat()
    }

    /// Where this address is looked up.
    #[must_use]
    pub fn key(&self) -> AddressKey {
        let mut key = self.for_wire();
        key.make_ascii_lowercase();
        AddressKey(key)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(***)")
    }
}

/// An address in the form that two spellings of one mailbox share: local part in lower case, domain as lower-case A-label, plus tags kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressKey(String);

impl AddressKey {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressKey(***)")
    }
}

// RFC 5322 §3.2.3: atext, joined by single dots.
fn is_dot_atom(text: &str) -> bool {
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    !text.is_empty() && text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext))
}

/// By the rules for names of hosts (UTS 46 §4.2, strict).
fn a_label(domain: &str) -> Option<Cow<'_, str>> {
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify).ok()?;
    let label_ok = |label: &str| !label.is_empty() && label.len() <= 63;
    let last_ok = ascii.rsplit('.').next().is_some_and(|last| last.chars().any(|c| c.is_ascii_alphabetic()));
    (ascii.contains('.') && ascii.split('.').all(label_ok) && last_ok).then_some(ascii)
}

/// A name and an address, as in a From header: `Lantern Exchange <exchange@lantern.example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<DisplayName>,
    pub address: EmailAddress,
}

impl Mailbox {
    /// Reads `Name <address>`, `"Name" <address>` or a bare address.
    ///
    /// # Errors
    /// [`BadAddress`] when the address is wrong; a name that cannot stand in a header counts as [`BadAddress::NoAt`].
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let Some(rest) = text.strip_suffix('>') else {
            return Ok(Self { name: None, address: EmailAddress::parse(text)? });
        };
        let (name, address) = rest.rsplit_once('<').ok_or(BadAddress::NoAt)?;
        let name = name.trim().trim_matches('"').trim();
        let name = if name.is_empty() { None } else { Some(DisplayName::parse(name).map_err(|_| BadAddress::NoAt)?) };
        Ok(Self { name, address: EmailAddress::parse(address)? })
    }
}

/// A name that can stand in a header line: no control characters, at most 200 characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(String);

/// The name has line breaks or other control characters, or is empty or too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name must be 1 to 200 characters without line breaks or other control characters")]
pub struct BadName;

const NAME_LENGTH_MAX: usize = 200;

impl DisplayName {
    /// # Errors
    /// [`BadName`]: RFC 5322 §2.2 forbids CR and LF in a header's value, and a NUL makes mail systems drop the message.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= NAME_LENGTH_MAX;
        if fits && !text.chars().any(is_unsafe_in_line) { Ok(Self(text.to_owned())) } else { Err(BadName) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisplayName(***)")
    }
}

/// Characters that must not stand in one line of text: controls, line and paragraph separators, and the marks that re-order
/// what people read (bidirectional overrides and isolates).
#[must_use]
pub fn is_unsafe_in_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_their_spelling_and_share_a_key() {
        let typed = EmailAddress::parse("  Zoe.Park+News@Example.ORG ").unwrap();
        assert_eq!(typed.as_typed(), "Zoe.Park+News@Example.ORG");
        assert_eq!(typed.for_wire(), "Zoe.Park+News@example.org");
        assert_eq!(typed.key(), EmailAddress::parse("zoe.park+news@example.org").unwrap().key());
        assert_ne!(typed.key(), EmailAddress::parse("zoe.park@example.org").unwrap().key());
    }

    #[test]
    fn an_international_domain_goes_out_as_a_label() {
        let address = EmailAddress::parse("a@münchen.example").unwrap();
        assert_eq!(address.for_wire(), "a@xn--mnchen-3ya.example");
    }

    #[test]
    fn a_plain_domain_goes_out_as_the_encoding_would_write_it() {
        for domain in ["Example.ORG", "xn--mnchen-3ya.Example", "a-b.example.net"] {
            let address = EmailAddress::parse(&format!("a@{domain}")).unwrap();
            assert_eq!(Some(address.domain()), a_label(domain));
        }
    }

    #[test]
    fn bad_addresses_say_which_part_is_wrong() {
        for (text, expected) in [
            ("nobody", BadAddress::NoAt),
            ("@example.org", BadAddress::LocalPart),
            ("a..b@example.org", BadAddress::LocalPart),
            ("\"a b\"@example.org", BadAddress::LocalPart),
            ("a\r\nRCPT TO:<x@example.org", BadAddress::LocalPart),
            ("a\nb@example.org", BadAddress::LocalPart),
            ("zoë@example.org", BadAddress::LocalPartNotAscii),
            ("a@localhost", BadAddress::Domain),
            ("a@[127.0.0.1]", BadAddress::Domain),
            ("a@127.0.0.1", BadAddress::Domain),
            ("a@exa mple.org", BadAddress::Domain),
            ("a@-x-.example", BadAddress::Domain),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(expected), "{text}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        assert_eq!(EmailAddress::parse(&long), Err(BadAddress::LocalPart));
    }

    #[test]
    fn an_address_never_prints_itself() {
        let address = EmailAddress::parse("a@example.org").unwrap();
        assert!(!format!("{address:?}{:?}", address.key()).contains("example"));
    }

    #[test]
    fn a_mailbox_is_a_name_and_an_address() {
        let mailbox = Mailbox::parse("Lantern Exchange <exchange@lantern.example.org>").unwrap();
        assert_eq!(mailbox.name.unwrap().as_str(), "Lantern Exchange");
        assert!(Mailbox::parse("exchange@lantern.example.org").unwrap().name.is_none());
        assert!(Mailbox::parse("x\r\nBcc: y <a@example.org>").is_err());
    }

    #[test]
    fn names_that_would_break_a_header_are_refused() {
        for bad in ["", "a\rb", "a\nb", "a\0b", "\u{202e}abc"] {
            assert_eq!(DisplayName::parse(bad), Err(BadName), "{bad:?}");
        }
        assert!(DisplayName::parse("Zoë O’Brien, \"Zo\" 🎒").is_ok());
    }
}
