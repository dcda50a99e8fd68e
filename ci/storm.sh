#!/usr/bin/env bash
# Compares placing during a storm of payment notices with placing alone: ci/storm.sh FOLDER [SECONDS] [ROUNDS]
# RATE notices a second (3000); of ten, three are copies and one is forged. They come from a separate load generator with enough
# connections never to wait. BUYERS (512) place orders. The two runs are alternated, so that changes in the machine's speed affect
# both. Reports go to FOLDER. Only loopback is used. The shop runs without its worker (--role web), which would query
# thousands of attempts at the simulator in the same process, because they were opened minutes before their notice.
# The database is SQLite; set CHANGGOU_DATABASE_URL (an empty database) and CHANGGOU_REDIS_URL to measure servers instead.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "usage: ci/storm.sh FOLDER [SECONDS] [ROUNDS]" >&2; exit 2; }
folder=$(mkdir -p "$1" && cd "$1" && pwd)
seconds=${2:-10} rounds=${3:-3} rate=${RATE:-3000} buyers=${BUYERS:-512}
cargo build --release --quiet -p changgou -p changgou-bench
program=$(realpath "${CARGO_TARGET_DIR:-target}/release/changgou")
bench=$(realpath "${CARGO_TARGET_DIR:-target}/release/changgou-bench")
export CHANGGOU_LISTEN=127.0.0.1:8731 CHANGGOU_SIMULATOR_LISTEN=127.0.0.1:8732
# Few buyers place all orders.
export CHANGGOU_OPEN_ORDERS_MAX=1000000000
# All senders of notices share one address here.
export CHANGGOU_CONNECTIONS_PER_ADDRESS_MAX=10000
export CHANGGOU_DATABASE_URL=${CHANGGOU_DATABASE_URL:-sqlite://$folder/shop.db}
pids=()
close() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" || true; done; pids=(); }
trap close EXIT
number() { grep -o "\"$2\":[0-9.]*" "$1" | head -1 | cut -d: -f2; }

rm -f "$folder"/shop.db*
"$program" seed --users 20000 --skus 500 --stock 100000000 --cart-lines 99 --tokens "$folder/tokens" >/dev/null
# The buyers of the storm are not the ones who only place.
head -1 "$folder/tokens" | tee "$folder/tokens.place" >"$folder/tokens.storm"
sed -n '2,14000p' "$folder/tokens" >>"$folder/tokens.place"
sed -n '14001,$p' "$folder/tokens" >>"$folder/tokens.storm"
"$program" serve --role web >"$folder/log" 2>&1 &
pids=($!)
for _ in $(seq 100); do curl -fs -o /dev/null "http://$CHANGGOU_LISTEN/readyz" && break; sleep 0.1; done

# place NAME: prints orders per second.
place() {
    "$bench" --scenario place --clients "$buyers" --tokens "$folder/tokens.place" --seconds "$seconds" --no-audit \
        --json "$folder/$1.json" >"$folder/$1.txt" || { cat "$folder/$1.txt" >&2; exit 1; }
    number "$folder/$1.json" placedPerSecond
}

for round in $(seq "$rounds"); do
    alone=$(place "alone-$round")
    # Six of ten deliveries are an order's first. Placing begins when the storm does, and ends before it.
    "$bench" --scenario storm --tokens "$folder/tokens.storm" --clients 3500 --rate "$rate" \
        --seconds $((seconds + 4)) --count $(((seconds + 5) * rate * 6 / 10)) --no-audit \
        --json "$folder/storm-$round.json" >"$folder/storm-$round.txt" &
    storm=$!
    paid() { curl -fs "http://$CHANGGOU_LISTEN/metrics" | awk '/^changgou_notices_total/ { n += $NF } END { print n + 0 }'; }
    before=$(paid)
    until [ "$(paid)" -gt $((before + rate / 2)) ]; do sleep 0.2; kill -0 $storm || { cat "$folder/storm-$round.txt" >&2; exit 1; }; done
    during=$(place "during-$round")
    wait $storm || { cat "$folder/storm-$round.txt"; exit 1; }
    printf 'alone %7.0f orders/s, during the storm %7.0f: %.2f\n' "$alone" "$during" "$(awk "BEGIN { print $during / $alone }")"
    grep -E '^(notice|settled|forged|late|holds|BROKEN|refused)' "$folder/storm-$round.txt" | sed 's/^/    /'
done
close
"$program" audit | tail -1
