#!/usr/bin/env bash
# Passes every test: formatting, lints, docs, the Rust tests, and the outside checkers on what the binary really makes.
# Installs what it needs (Debian, as root or with sudo). PRESSROOM_QUICK=1 leaves out the outside checkers.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${PRESSROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pressroom}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
mkdir -p "$cache"

. tests/steps.sh

need_debian make make

say "formatting"
cargo fmt --check

say "lints"
cargo clippy --release --locked --all-targets --quiet -- -D warnings

say "one TLS provider"
if cargo tree --locked --invert aws-lc-sys >/dev/null 2>&1; then
    echo "aws-lc-sys is in the tree beside ring; find who brought it with: cargo tree --invert aws-lc-sys" >&2
    exit 1
fi

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --no-deps --document-private-items --quiet

say "tests"
need_debian python3 python3
need_debian faketime faketime
need_debian strace strace
export INSTA_UPDATE=no
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --release --locked --no-fail-fast
else
    cargo test --release --locked
fi

say "packaging"
tests/packaging.sh "$CARGO_TARGET_DIR/release/pressroom"

if [ -n "${CI:-}" ]; then
    say "generated files are fresh"
    git diff --exit-code
fi

# The outside checkers look at the very binary that the tests have run.
if [ -z "${PRESSROOM_QUICK:-}" ]; then
    tests/checkers/run.sh "$CARGO_TARGET_DIR/release/pressroom" "$cache"
    tests/web/run.sh "$CARGO_TARGET_DIR/release/pressroom" "$cache"
fi

say "all passed"
