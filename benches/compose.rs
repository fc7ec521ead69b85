//! Microseconds to compose one reader's copy of an issue of 30 kB with eight slots (goal: under 5, without DKIM), and to compose and sign
//! one, on one thread and on two at once: what a machine can sign in a second bounds what it can send.

#![expect(clippy::unwrap_used, reason = "a bench may panic")]

#[path = "../tests/message/proof.rs"]
mod proof;

use std::sync::Arc;

use divan::{Bencher, black_box};
use pressroom::delivery::dkim::{NamedKey, Signer};
use pressroom::delivery::message::Message;
use pressroom::domain::dkim::{KeyKind, Selector, SigningKey, fresh};
use pressroom::domain::time::SystemEntropy;

fn main() {
    divan::main();
}

#[divan::bench]
fn compose_one_copy(bencher: Bencher<'_, '_>) {
    let composer = proof::composer(&proof::full_issue());
    let reader = proof::named("Ada Example");
    let mut out = Message::default();
    composer.compose(&reader, &mut out).unwrap();
    bencher
        .counter(divan::counter::BytesCount::new(out.len()))
        .bench_local(|| composer.compose(black_box(&reader), &mut out).unwrap());
}

#[divan::bench]
fn compile_a_proof(bencher: Bencher<'_, '_>) {
    let proof = proof::full_issue();
    bencher.bench_local(|| pressroom::render::mime::compile(black_box(&proof)));
}

fn key(kind: KeyKind) -> NamedKey {
    let key = SigningKey::from_pem(&fresh::make(kind, &SystemEntropy)).unwrap();
    NamedKey { selector: Selector::parse("bench").unwrap(), key: Arc::new(key) }
}

fn bench_signed(bencher: Bencher<'_, '_>, first: KeyKind, beside: Option<KeyKind>) {
    let signer = Signer::new("lantern.example.org".to_owned(), key(first), beside.map(key));
    let composer = proof::composer(&proof::full_issue()).signed_by(Arc::new(signer), proof::date());
    let reader = proof::named("Ada Example");
    bencher
        .counter(divan::counter::ItemsCount::new(1_usize))
        .with_inputs(Message::default)
        .bench_refs(|out| composer.compose(black_box(&reader), out).unwrap());
}

#[divan::bench(threads = [1, 2])]
fn compose_and_sign_rsa(bencher: Bencher<'_, '_>) {
    bench_signed(bencher, KeyKind::Rsa, None);
}

#[divan::bench(threads = [1, 2])]
fn compose_and_sign_ed25519(bencher: Bencher<'_, '_>) {
    bench_signed(bencher, KeyKind::Ed25519, None);
}

#[divan::bench(threads = [1, 2])]
fn compose_and_sign_both(bencher: Bencher<'_, '_>) {
    bench_signed(bencher, KeyKind::Rsa, Some(KeyKind::Ed25519));
}
