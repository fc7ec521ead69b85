//! DKIM key records (RFC 6376 §3.6.1): what a receiver finds under a selector.

use data_encoding::BASE64;

use super::{Asked, Dns};

/// What stands under a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dkim {
    Found {
        /// `k=`: `rsa` or `ed25519`.
        kind: String,
        /// `p=`, decoded.
        key: Vec<u8>,
        /// `t=y`: receivers are asked to treat the mail as if it were not signed.
        testing: bool,
    },
    /// `p=` is empty: the key has been withdrawn.
    Revoked,
    Missing,
    /// So many records, of which receivers may take any.
    Several(usize),
    /// Receivers ignore it; why, in lower case.
    Faulty(String),
    Silent(String),
}

/// Asks for the record of the name `selector._domainkey.domain`.
pub async fn find_dkim(dns: &Dns, name: &str) -> Dkim {
    match dns.texts(name).await {
        Asked::Found(texts) => match texts.as_slice() {
            [one] => parse(one).unwrap_or_else(Dkim::Faulty),
            several => Dkim::Several(several.len()),
        },
        Asked::Nothing | Asked::NoSuchName => Dkim::Missing,
        Asked::Silent(why) => Dkim::Silent(why),
    }
}

fn parse(text: &str) -> Result<Dkim, String> {
    let (mut kind, mut key, mut testing) = ("rsa".to_owned(), None, false);
    for (place, tag) in text.split(';').map(str::trim).filter(|tag| !tag.is_empty()).enumerate() {
        let (name, value) = tag.split_once('=').ok_or("a part of it is no tag with a value")?;
        let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
        let mut words = value.split(':');
        match name.trim() {
            "v" if place > 0 => return Err("`v=DKIM1` is not its first tag".to_owned()),
            "v" if value != "DKIM1" => return Err("it is of another version than DKIM1".to_owned()),
            "k" => kind.clone_from(&value),
            "h" if !words.any(|word| word == "sha256") => return Err("it does not allow SHA-256 (`h=`)".to_owned()),
            "s" if !words.any(|word| matches!(word, "*" | "email")) => return Err("it is not for mail (`s=`)".to_owned()),
            "t" => testing = words.any(|word| word == "y"),
            "p" => key = Some(BASE64.decode(value.as_bytes()).map_err(|_| "its `p=` is not base64")?),
            _ => {}
        }
    }
    match key {
        None => Err("it has no key (`p=`)".to_owned()),
        Some(key) if key.is_empty() => Ok(Dkim::Revoked),
        Some(key) => Ok(Dkim::Found { kind, key, testing }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_receivers_read_it() {
        let found = |kind: &str, testing| Ok(Dkim::Found { kind: kind.to_owned(), key: vec![1, 2, 3], testing });
        for (text, expected) in [
            ("v=DKIM1; k=rsa; p=AQID", found("rsa", false)),
            ("p=AQ ID", found("rsa", false)),
            ("v=DKIM1;k=ed25519;t=s:y;h=sha1:sha256;s=email;n=note;p=AQID;", found("ed25519", true)),
            ("v=DKIM1; p=", Ok(Dkim::Revoked)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in [
            "",
            "v=DKIM1",
            "v=DKIM2; p=AQID",
            "p=AQID; v=DKIM1",
            "v=DKIM1; h=sha1; p=AQID",
            "v=DKIM1; s=tlsrpt; p=AQID",
            "v=DKIM1; p=A",
            "key",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
