#!/usr/bin/env bash
# Format, lints, documentation and dependencies: everything that needs no test to run.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
# The production program, without the simulator.
cargo clippy -p changgou --no-default-features --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
if command -v cargo-deny >/dev/null; then
    cargo deny --log-level error check licenses bans sources
else
    echo "cargo-deny is not installed; skipped (cargo install cargo-deny)"
fi
