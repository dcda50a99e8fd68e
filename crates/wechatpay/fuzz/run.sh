#!/usr/bin/env bash
# Fuzzes all targets or the named ones: run.sh SECONDS [TARGET...]
# Runs on stable Rust: an LLVM pass adds the coverage counters, and the libFuzzer crate needs a C++ compiler.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:?give the number of seconds for each target}
shift
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(xml v2_notice v2_refund_notice v2_native_callback v3_notice v3_headers bill)

command -v g++ >/dev/null || {
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends g++ >/dev/null
}

host=$(rustc -vV | sed -n 's/^host: //p')
# With --target, build scripts are not instrumented.
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing" \
    cargo build --release --target "$host" --quiet
built="${CARGO_TARGET_DIR:-target}/$host/release"

for target in "${targets[@]}"; do
    mkdir -p "found/$target" "artifacts"
    echo "== $target, ${seconds}s"
    # New inputs go to the first folder. The second one is the corpus and is only read.
    "$built/$target" "found/$target" "../tests/corpus/$target" -max_total_time="$seconds" -max_len=8192 -timeout=10 \
        -rss_limit_mb=1024 -artifact_prefix="artifacts/$target-" -print_final_stats=1 -verbosity=0 2>&1 | tail -n 12
done
