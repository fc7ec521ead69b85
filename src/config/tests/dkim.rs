//! `[[dkim]]` by example.

use super::*;
use crate::domain::dkim::{KeyKind, fresh};
use crate::domain::newsletter::DkimSigner;
use crate::domain::time::SystemEntropy;

const DKIM: &str = r#"
[[dkim]]
domain = "Lantern.example.org"
selector = "2027a"
key_file = "$CREDENTIALS_DIRECTORY/dkim"
ed25519 = { selector = "2027e", key_file = "keys/ed25519" }
"#;

#[test]
fn a_newsletter_that_signs_its_own_mail_needs_keys_for_its_from_domain() {
    let own = format!("{LEAST}dkim = \"own\"\n");
    let missing =
        "CONF011 newsletter[partners].dkim: the newsletter signs its own mail, but there is no [[dkim]] for lantern.example.org";
    assert_eq!(faults_of(&own), [missing]);
    assert_eq!(faults_of(&format!("{own}{}", DKIM.replace("Lantern.", "news.lantern.")))[0], missing, "an exact match");
    let config = load_alone(&format!("{own}{DKIM}")).unwrap();
    assert_eq!(config.newsletters[0].dkim, DkimSigner::Own);
    assert_eq!(config.find_dkim("lantern.example.org").unwrap().keys().count(), 2);
    assert!(load_alone(&format!("{LEAST}{DKIM}")).is_ok(), "a key may be made ready before a newsletter turns to it");
}

#[test]
fn signing_keys_are_read_where_they_can_be_and_never_shown() {
    let make = |kind| fresh::make(kind, &SystemEntropy);
    let (rsa, ed25519) = (make(KeyKind::Rsa), make(KeyKind::Ed25519));
    let text = format!("{LEAST}{DKIM}");
    let files: &[(&str, &str)] = &[("/run/credentials/x/dkim", &rsa), ("keys/ed25519", &ed25519)];
    let config = load_with(&text, CREDENTIALS, files).unwrap();
    assert!(config.require_secrets().is_ok());
    let keys: Vec<_> = config.dkim[0].keys().map(|(kind, key)| (kind, key.key.key().unwrap().kind(), key.file.clone())).collect();
    let expected = [(KeyKind::Rsa, KeyKind::Rsa, None), (KeyKind::Ed25519, KeyKind::Ed25519, Some("keys/ed25519".to_owned()))];
    assert_eq!(keys, expected);
    let shown = format!("{config:?}");
    assert!(shown.contains("dkim[Lantern.example.org].key") && shown.contains("(set)"), "{shown}");
    for secret in [&rsa, &ed25519] {
        assert!(!shown.contains(secret.lines().nth(1).unwrap()) && !shown.contains("PRIVATE"), "{shown}");
    }
    let closed = load_alone(&text).unwrap();
    assert!(matches!(closed.dkim[0].rsa.key, KeyAtHand::InService));
    assert!(matches!(closed.dkim[0].ed25519.as_ref().unwrap().key, KeyAtHand::Unread));
    assert_eq!(closed.require_secrets().unwrap_err().faults().len(), 2);
    let crossed = load_with(&text, CREDENTIALS, &[(files[0].0, &ed25519), (files[1].0, "hunter2")]).unwrap();
    let faults = crossed.require_secrets().unwrap_err();
    assert_eq!(faults.faults().iter().map(|fault| fault.problem.rule.code).collect::<Vec<_>>(), ["CONF012", "CONF004"]);
    assert!(!faults.to_string().contains("hunter2"));
}

#[test]
fn faults_of_dkim_have_their_place() {
    for (change, expected) in [
        (
            DKIM.replace("domain = \"Lantern", "domain = \"a@Lantern"),
            "CONF004 dkim[a@Lantern.example.org].domain: expected a domain",
        ),
        (
            DKIM.replace("selector = \"2027a\"", "selector = \"2027_a\""),
            "CONF004 dkim[Lantern.example.org].selector: expected letters",
        ),
        (DKIM.replace("selector = \"2027a\"\n", ""), "CONF003 dkim[Lantern.example.org].selector: is missing"),
        (
            DKIM.replace("key_file = \"$CREDENTIALS_DIRECTORY/dkim\"\n", ""),
            "CONF003 dkim[Lantern.example.org].key_file: is missing",
        ),
        (DKIM.replace("2027e", "2027a"), "CONF008 dkim[Lantern.example.org].ed25519.selector: is given a second time"),
        (DKIM.replace("{ selector = \"2027e\",", "{"), "CONF003 dkim[Lantern.example.org].ed25519.selector: is missing"),
        (DKIM.replace("ed25519 = {", "ed25519 = { slector = 1,"), "CONF002 dkim[Lantern.example.org].ed25519.slector: is not"),
        (DKIM.replace("ed25519 = {", "edd25519 = {"), "CONF002 dkim[Lantern.example.org].edd25519: is not a known key"),
        (
            DKIM.replace("ed25519 = { selector = \"2027e\", key_file = \"keys/ed25519\" }", "ed25519 = 1"),
            "CONF004 dkim[Lantern.example.org].ed25519: expected a table",
        ),
        (format!("{DKIM}{}", DKIM.replace("Lantern", "lantern")), "CONF008 dkim[2].domain: is given a second time"),
        (DKIM.replace("[[dkim]]", "[dkim]"), "CONF004 dkim: expected one or more tables [[dkim]]"),
    ] {
        let faults = faults_with(&change);
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{expected} in {faults:?}");
    }
    let in_file = "\"\"\"\n-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n\"\"\"";
    for key in ["private_key", "key", "pem"] {
        let faults = load_alone(&format!("{LEAST}{DKIM}{key} = {in_file}\n# after\n")).unwrap_err();
        assert!(!faults.shown_text().contains("hunter2") && !faults.to_string().contains("hunter2"), "{key}: {faults}");
        assert!(faults.shown_text().contains("# after"), "{key}: only the key is hidden");
    }
    let faults = faults_with(&format!("{DKIM}private_key = \"x\"\n"));
    assert!(faults.iter().any(|fault| fault.starts_with("CONF005 dkim[Lantern.example.org].private_key")), "{faults:?}");
}
