//! Microseconds to compose one reader's copy of an issue of 30 kB with eight slots (goal: under 5, without DKIM).

#![expect(clippy::unwrap_used, reason = "a bench may panic")]

#[path = "../tests/message/proof.rs"]
mod proof;

use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

#[divan::bench]
fn compose_one_copy(bencher: Bencher<'_, '_>) {
    let composer = proof::composer(&proof::full_issue());
    let reader = proof::named("Ada Example");
    let mut out = Vec::new();
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
