#!/usr/bin/env bash
# Measures the figures of docs/performance.md in one run: ci/measure.sh FOLDER [SECONDS]
# Reports go to FOLDER as JSON, and to the screen as one line each. Only loopback is used.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet -p changgou -p changgou-bench
program=$(realpath "${CARGO_TARGET_DIR:-target}/release/changgou")
bench=$(realpath "${CARGO_TARGET_DIR:-target}/release/changgou-bench")
folder=$(mkdir -p "$1" && cd "$1" && pwd)
seconds=${2:-8}
shop_pid=
tokens=

export CHANGGOU_LISTEN=127.0.0.1:8701 CHANGGOU_SIMULATOR_LISTEN=127.0.0.1:8702
# Few buyers place all orders.
export CHANGGOU_OPEN_ORDERS_MAX=1000000000

# fill NAME ORDERS LINES: makes a new database with this many orders, and this many lines in each cart.
fill() {
    close
    rm -rf "${folder:?}/$1" && mkdir -p "$folder/$1"
    CHANGGOU_DATABASE_URL="sqlite://$folder/$1/shop.db" "$program" seed --users 9000 --skus 500 --stock 10000000 \
        --orders "$2" --cart-lines "$3" --tokens "$folder/$1/tokens.jsonl" >/dev/null
}

# open_shop NAME [VARIABLE=VALUE...]: starts a shop on an existing database.
open_shop() {
    close
    local name=$1
    shift
    export CHANGGOU_DATABASE_URL="sqlite://$folder/$name/shop.db"
    tokens="$folder/$name/tokens.jsonl"
    env "$@" "$program" serve >"$folder/$name/log" 2>&1 &
    shop_pid=$!
    for _ in $(seq 100); do
        curl -fs -o /dev/null http://127.0.0.1:8701/readyz && return
        sleep 0.1
    done
    echo "the shop does not become ready; see $folder/$name/log" >&2
    exit 1
}

# shop NAME LINES [VARIABLE=VALUE...]: starts a shop on a new database without orders.
shop() {
    fill "$1" 0 "$2"
    open_shop "$1" "${@:3}"
}

close() {
    [ -z "$shop_pid" ] || { kill "$shop_pid" && wait "$shop_pid" || true; }
    shop_pid=
}
trap close EXIT

# measure NAME KIND FLAGS...: runs one load; prints the line for requests of KIND, and the CPU time and memory.
measure() {
    local name=$1 kind=$2
    shift 2
    "$bench" --tokens "$tokens" --seconds "$seconds" --json "$folder/$name.json" "$@" \
        >"$folder/$name.txt" || { cat "$folder/$name.txt"; exit 1; }
    awk -v name="$name" -v kind="$kind" '
        $1 == kind { row = sprintf("%9s/s  p50 %7s  p99 %7s  p99.9 %7s ms", $3, $4, $5, $6) }
        $1 == "cost" && $3 == "shop" { match($0, /[0-9.]+ µs/); cost = substr($0, RSTART, RLENGTH)
                                       match($0, /at most [0-9]+/); most = substr($0, RSTART + 8, RLENGTH - 8) }
        END { printf "%-22s %s  %s  %s MiB\n", name, row, cost, most }' "$folder/$name.txt"
}

echo "what                   successful  latency for a buyer                           shop CPU, memory"
shop full-carts 99
measure engine order --scenario engine
measure place order --scenario place
measure engine-again order --scenario engine
shop alone 99 CHANGGOU_PLACE_BATCH_MAX=1
measure batches-of-one order --scenario place
shop half 99
measure half-load order --scenario place --rate "${HALF:-5000}"
measure one-buyer order --scenario place --clients 1
measure raw write --scenario raw
shop crowd 99
measure crowd-256 order --scenario place --clients 256
shop empty-carts 0
measure flow-16 flow --scenario flow --clients 16
measure flow-64 flow --scenario flow
measure flow-1-line flow --scenario flow --lines 1
measure hot flow --scenario hot
measure shuffled flow --scenario shuffled
measure settlement settlement --scenario settlement
measure home home --scenario home
measure browse home --scenario browse
measure notices settled --scenario notices
measure flash order --scenario flash --stock 1000
close
fill none 0 99
fill many "${ORDERS:-1000000}" 99
for round in 1 2 3; do
    open_shop none
    measure "without-orders-$round" order --scenario place
    open_shop many
    measure "with-${ORDERS:-1000000}-$round" order --scenario place
done
