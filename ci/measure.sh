#!/usr/bin/env bash
# Measures what docs/performance.md speaks of, in one run: ci/measure.sh FOLDER [SECONDS]
# Reports go to FOLDER as JSON, and to the screen as one line each. Only loopback is loaded.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet
program=$PWD/target/release/changgou
folder=$(mkdir -p "$1" && cd "$1" && pwd)
seconds=${2:-8}
shop_pid=

# shop NAME ORDERS [VARIABLE=VALUE...]: a shop on a fresh database with filled carts and so many orders.
shop() {
    close
    local name=$1 orders=$2
    shift 2
    export CHANGGOU_DATABASE_URL="sqlite://$folder/$name/shop.db"
    export CHANGGOU_LISTEN=127.0.0.1:8701 CHANGGOU_SIMULATOR_LISTEN=127.0.0.1:8702
    rm -rf "${folder:?}/$name" && mkdir -p "$folder/$name"
    "$program" seed --users 5000 --skus 500 --stock 10000000 --orders "$orders" --cart-lines 99 \
        --tokens "$folder/tokens.jsonl" >/dev/null
    env "$@" "$program" serve >"$folder/$name/log" 2>&1 &
    shop_pid=$!
    for _ in $(seq 100); do
        curl -fs -o /dev/null http://127.0.0.1:8701/readyz && return
        sleep 0.1
    done
    echo "the shop does not open; see $folder/$name/log" >&2
    exit 1
}

close() {
    [ -z "$shop_pid" ] || { kill "$shop_pid" && wait "$shop_pid" || true; }
    shop_pid=
}
trap close EXIT

# measure NAME KIND FLAGS...: one load; the line of the requests of KIND, and what it cost.
measure() {
    local name=$1 kind=$2
    shift 2
    "$program" bench --tokens "$folder/tokens.jsonl" --seconds "$seconds" --json "$folder/$name.json" "$@" \
        >"$folder/$name.txt" || { cat "$folder/$name.txt"; exit 1; }
    awk -v name="$name" -v kind="$kind" '
        $1 == kind { row = sprintf("%9s/s  p50 %7s  p99 %7s  p99.9 %7s ms", $3, $4, $5, $6) }
        $1 == "cost" && $3 == "shop" { match($0, /[0-9.]+ µs/); cost = substr($0, RSTART, RLENGTH)
                                       match($0, /at most [0-9]+/); most = substr($0, RSTART + 8, RLENGTH - 8) }
        END { printf "%-22s %s  %s  %s MiB\n", name, row, cost, most }' "$folder/$name.txt"
}

echo "request                    good      times a buyer sees                        shop CPU, memory"
shop spread 0
measure engine order --scenario engine
measure spread order --scenario place
measure engine-again order --scenario engine
measure hot order --scenario hot --lines 1
measure flow-16 flow --scenario flow --clients 16
measure flow-64 flow --scenario flow
shop alone 0 CHANGGOU_PLACE_BATCH_MAX=1
measure batches-of-one order --scenario place
shop reads 0
measure home page --scenario home
measure settlement settlement --scenario settlement
measure browse page --scenario browse
measure shuffled order --scenario shuffled
measure notices notice --scenario notices
measure flash order --scenario flash --stock 1000
shop half 0
measure half-load order --scenario place --rate "${HALF:-4000}"
measure one-buyer order --scenario place --clients 1
measure raw write --scenario raw
shop crowd 0
measure crowd-256 order --scenario place --clients 256
for orders in ${ORDERS:-1000000}; do
    shop "orders-$orders" "$orders"
    measure "orders-$orders" order --scenario place
    shop empty 0
    measure "empty-beside-$orders" order --scenario place
done
