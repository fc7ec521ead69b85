//! Copies that bear our own signature: the same mail with fields in front of it. `delivery::dkim` and `tests/checkers` verify them.

use std::sync::Arc;

use pressroom::delivery::dkim::{NamedKey, Signer};
use pressroom::delivery::engine::Compose;
use pressroom::domain::dkim::{KeyKind, Selector, SigningKey, fresh};
use pressroom::domain::time::SystemEntropy;

use super::*;

fn key(selector: &str, kind: KeyKind) -> NamedKey {
    let key = SigningKey::from_pem(&fresh::make(kind, &SystemEntropy)).unwrap();
    NamedKey { selector: Selector::parse(selector).unwrap(), key: Arc::new(key) }
}

#[test]
fn a_signed_copy_is_the_same_mail_with_signatures_in_front() {
    let signer = Signer::new("lantern.example.org".into(), key("2027a", KeyKind::Rsa), Some(key("2027e", KeyKind::Ed25519)));
    let at = "2027-02-02T15:00:00Z".parse().unwrap();
    let signing = composer(&full_issue()).signed_by(Arc::new(signer), at);
    assert!(signing.is_costly() && !composer(&full_issue()).is_costly(), "a signature is made off the network's threads");
    for name in NAMES {
        let (reader, mut out) = (named(name), Message::default());
        let envelope = signing.compose(&reader, &mut out).unwrap();
        let unsigned = compose(&full_issue(), &reader);
        let out = out.to_vec();
        check_wire(&out);
        let signatures = out.strip_suffix(unsigned.as_slice()).unwrap();
        assert_eq!(String::from_utf8_lossy(signatures).matches("DKIM-Signature: v=1; a=").count(), 2);
        let mut again = b"left over".to_vec().into();
        assert!(
            signing.compose(&reader, &mut again).unwrap() == envelope && again.to_vec() == out,
            "a copy tried again is the same"
        );
    }
}
