//! `dkim`: makes a key to sign mail with, and prints the record that receivers check signatures against.
//!
//! The private key goes into its file and nowhere else. Publishing the record is the work of whoever keeps the domain's DNS.

use serde::Serialize;

use super::arguments::{Arguments, DkimCommand, KeygenCommand};
use super::failure::{Done, Failure};
use super::newsroom::{self, KeyWritten};
use super::output::Output;
use crate::domain::dkim::{KeyKind, Selector, SigningKey, TXT_PIECE_LENGTH_MAX, fresh};
use crate::domain::email::EmailAddress;
use crate::domain::time::SystemEntropy;

/// What is to be published of a key.
#[derive(Debug, Serialize)]
struct Record {
    domain: String,
    selector: String,
    /// `rsa` or `ed25519`.
    key: &'static str,
    name: String,
    /// Always `TXT`.
    r#type: &'static str,
    /// The text as a whole.
    value: String,
    /// The same in the pieces of which a TXT record is made.
    strings: Vec<String>,
    /// The same as one line of a zone file.
    zone: String,
}

pub(super) fn run(command: &DkimCommand, arguments: &Arguments, output: &Output) -> Done {
    match command {
        DkimCommand::Keygen(command) => keygen(command, output),
        DkimCommand::Record => record(arguments, output),
    }
}

fn keygen(command: &KeygenCommand, output: &Output) -> Done {
    let domain = domain(&command.domain)?;
    let bad = |why: String| Failure::usage(format!("--selector: {why}"), "write for example --selector 2027a");
    let selector = Selector::parse(&command.selector).map_err(|error| bad(error.to_string()))?;
    let name = selector.record_name(&domain).ok_or_else(|| bad("is too long together with the domain".to_owned()))?;
    let kind = if command.ed25519 { KeyKind::Ed25519 } else { KeyKind::Rsa };
    let pem = fresh::make(kind, &SystemEntropy);
    let key = SigningKey::from_pem(&pem).expect("a fresh key has been read already");
    let file = command.out.display();
    match newsroom::write_secret(&command.out, pem.as_bytes())? {
        KeyWritten::New => {}
        KeyWritten::WasThere => {
            let help = "name a new file: mail may still be signed with the key that lies there";
            return Err(Failure::usage(format!("{file} is there already"), help));
        }
    }
    output.answer(&record_of(&domain, &selector, name, &key), words)?;
    let place = if command.ed25519 { "`ed25519 = { … }` of the domain's [[dkim]]" } else { "a table [[dkim]]" };
    output.note(&format!(
        "the private key is in {file}; only its owner may read it\n\
         1. publish the record\n\
         2. name selector and key_file in {place} of pressroom.toml, and wait until `pressroom doctor` finds the record\n\
         3. reload or restart `pressroom serve`: from then on it signs with this key\n\
         4. leave the record of the selector before this one published for 7 days more: mail on its way bears it"
    ));
    Ok(())
}

fn record(arguments: &Arguments, output: &Output) -> Done {
    let config = newsroom::load_config(&arguments.newsroom)?;
    let mut records = Vec::new();
    for domain in &config.dkim {
        for (_, key) in domain.keys() {
            let name = key.selector.record_name(&domain.domain).expect("the config has looked at its length");
            match key.key.key() {
                Some(signing) => records.push(record_of(&domain.domain, &key.selector, name, signing)),
                None => {
                    output.note(&format!("{name}: the key is not readable here; run this as the user that may read `key_file`"))
                }
            }
        }
    }
    output.answer(&records, |records| records.iter().map(words).collect::<Vec<_>>().join("\n\n"))
}

fn domain(text: &str) -> Result<String, Failure> {
    // What may stand behind the @ of an address is a domain that mail can come from.
    let address = EmailAddress::parse(&format!("a@{text}")).ok().filter(|_| !text.contains('@'));
    let domain = address.map(|address| address.domain().into_owned());
    domain
        .ok_or_else(|| Failure::usage(format!("--domain: `{text}` is no domain"), "write for example --domain lantern.example.org"))
}

fn record_of(domain: &str, selector: &Selector, name: String, key: &SigningKey) -> Record {
    let value = key.record();
    let strings: Vec<String> =
        value.as_bytes().chunks(TXT_PIECE_LENGTH_MAX).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect();
    let quoted = quoted(&strings);
    let zone = format!("{name}. IN TXT ( {quoted} )");
    Record {
        domain: domain.to_owned(),
        selector: selector.to_string(),
        key: key.kind().word(),
        name,
        r#type: "TXT",
        value,
        strings,
        zone,
    }
}

fn quoted(strings: &[String]) -> String {
    strings.iter().map(|piece| format!("\"{piece}\"")).collect::<Vec<_>>().join(" ")
}

fn words(record: &Record) -> String {
    let Record { name, strings, zone, .. } = record;
    format!("name:   {name}\ntype:   TXT\nvalue:  {}\nin a zone file:\n{zone}", quoted(strings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_record_is_cut_into_pieces_that_the_dns_takes() {
        let key = SigningKey::from_pem(&fresh::make(KeyKind::Rsa, &SystemEntropy)).unwrap();
        let selector = Selector::parse("2027a").unwrap();
        let record = record_of("lantern.example.org", &selector, "2027a._domainkey.lantern.example.org".to_owned(), &key);
        assert_eq!(record.strings.len(), 2);
        assert!(record.strings.iter().all(|piece| (1..=255).contains(&piece.len())));
        assert_eq!(record.strings.concat(), record.value);
        assert!(record.zone.starts_with("2027a._domainkey.lantern.example.org. IN TXT ( \"v=DKIM1; k=rsa; p=MII"));
        assert_eq!(record.zone.lines().count(), 1);
    }

    #[test]
    fn a_domain_is_what_mail_can_come_from() {
        assert_eq!(domain("München.example").unwrap(), "xn--mnchen-3ya.example");
        for bad in ["", "example", "a@example.org", "exa mple.org"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }
}
