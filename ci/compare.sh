#!/usr/bin/env bash
# Compares Changgou with the Java shop's way of placing orders, on the same MariaDB and Redis: ci/compare.sh FOLDER [SECONDS] [ROUNDS]
# The model of the Java shop is benches/seedway. MariaDB runs durably, with its defaults. All runs are alternated, so that changes
# in the machine's speed affect them equally; ratios are of medians. Reports go to FOLDER. Only loopback is used.
# BINLOG=yes: with a binary log that is synced at each commit. SYNC_US: extra time of each sync in microseconds, as on a
# disk behind a network. MODES: hot, spread or both. ONLY=seed: only the two ways, without batches of one and two nodes.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${TEST_MYSQL_URL:-}" ] || exec bash ci/servers.sh --durable ${BINLOG:+--binlog} ${SYNC_US:+--sync-us "$SYNC_US"} --only mysql,redis -- bash ci/compare.sh "$@"
[ $# -gt 0 ] || { echo "usage: ci/compare.sh FOLDER [SECONDS] [ROUNDS]" >&2; exit 2; }
folder=$(mkdir -p "$1" && cd "$1" && pwd)
seconds=${2:-8} rounds=${3:-3} clients=${CLIENTS:-200} port=${PORTS_FROM:-8711}
cargo build --release --quiet -p changgou -p changgou-bench -p seedway
target=${CARGO_TARGET_DIR:-target}
program=$(realpath "$target/release/changgou") bench=$(realpath "$target/release/changgou-bench")
model=$(realpath "$target/release/seedway")
mysql_port=${TEST_MYSQL_URL##*:}
: >"$folder/rates"
pids=()

sql() { mariadb --no-defaults --host=127.0.0.1 --port="$mysql_port" --user=root -N -e "$1"; }
close() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" || true; done
    pids=()
}
trap close EXIT

# fresh: empties the database and Redis.
fresh() {
    sql "drop database if exists compare; create database compare character set utf8mb4 collate utf8mb4_bin"
    redis-cli -u "$TEST_REDIS_URL" flushall >/dev/null
    export CHANGGOU_DATABASE_URL=$TEST_MYSQL_URL/compare CHANGGOU_REDIS_URL=$TEST_REDIS_URL
    # Few buyers place all orders.
    export CHANGGOU_OPEN_ORDERS_MAX=1000000000
}

# node NTH [VARIABLE=VALUE...]: starts another node on the database.
node() {
    local listen=127.0.0.1:$((port + $1 * 2))
    env CHANGGOU_LISTEN="$listen" CHANGGOU_SIMULATOR_LISTEN=127.0.0.1:$((port + $1 * 2 + 1)) "${@:2}" \
        "$program" serve >>"$folder/node-$1.log" 2>&1 &
    pids+=($!)
    for _ in $(seq 300); do
        curl -fs -o /dev/null "http://$listen/readyz" && return
        sleep 0.1
    done
    echo "node $1 does not become ready; see $folder/node-$1.log" >&2
    exit 1
}

# The CPU time MariaDB has used so far, in ticks; begun: starts counting.
database_ticks() { awk '{ print $14 + $15 }' "/proc/$(cat "$SERVERS_FOLDER/mysql.pid")/stat"; }
begun() { ticks=$(database_ticks); }

# note NAME RATE ORDERS: stores a rate and prints it, with MariaDB's CPU time per order.
note() {
    local cost
    cost=$(awk -v t=$(($(database_ticks) - ticks)) -v hz="$(getconf CLK_TCK)" -v n="$3" 'BEGIN { printf "%.0f", t / hz / n * 1e6 }')
    printf '%s %s %s\n' "$1" "$2" "$cost" >>"$folder/rates"
    printf '%-26s %8.0f orders/s  %6s µs of MariaDB per order\n' "$1" "$2" "$cost"
}
number() { grep -o "\"$2\":[0-9.]*" "$1" | head -1 | cut -d: -f2; }

# seedway MODE
seedway() {
    fresh
    begun
    "$model" --mysql "$CHANGGOU_DATABASE_URL" --redis "$TEST_REDIS_URL" --mode "$1" --clients "$clients" \
        --seconds "$seconds" >"$folder/model-$1.json"
    note "model-$1" "$(number "$folder/model-$1.json" orders_per_second)" "$(number "$folder/model-$1.json" orders)"
}

# fill MODE: hot is one SKU and carts of one line, spread is 500 SKUs and carts of three; a whole cart is ordered, as in the model.
fill() {
    fresh
    case $1 in
        hot) set -- --users "${USERS:-60000}" --skus 1 --cart-lines 1 ;;
        spread) set -- --users "${USERS:-60000}" --skus 500 --cart-lines 3 ;;
    esac
    "$program" seed "$@" --stock 100000000 --tokens "$folder/tokens" >/dev/null
    # Each of two load generators gets half of the buyers, and both get the operator.
    awk -v f="$folder/tokens" 'NR == 1 { print > (f ".0"); print > (f ".1"); next } { print > (f "." NR % 2) }' "$folder/tokens"
}

# product NAME MODE [VARIABLE=VALUE...]: one node, one load generator, orders from filled carts.
product() {
    fill "$2"
    node 0 "${@:3}"
    begun
    "$bench" --scenario whole --tokens "$folder/tokens" --address "127.0.0.1:$port" \
        --clients "$clients" --seconds "$seconds" --no-audit --json "$folder/$1.json" >"$folder/$1.txt" \
        || { cat "$folder/$1.txt"; exit 1; }
    note "$1" "$(number "$folder/$1.json" placedPerSecond)" "$(number "$folder/$1.json" placed)"
    close
    audited "$1"
}

# nodes NAME MODE FIRST SECOND: two load generators with half of the buyers each, on these nodes.
nodes() {
    fill "$2"
    node 0
    [ "$4" = 0 ] || node 1
    begun
    local half benches=()
    for half in 0 1; do
        local nth=$3
        [ $half = 0 ] || nth=$4
        "$bench" --scenario whole --tokens "$folder/tokens.$half" \
            --address "127.0.0.1:$((port + nth * 2))" --clients $((clients / 2)) --seconds "$seconds" --no-audit \
            --json "$folder/$1.$half.json" >"$folder/$1.$half.txt" &
        benches+=($!)
    done
    for half in 0 1; do wait "${benches[$half]}" || { cat "$folder/$1.$half.txt"; exit 1; }; done
    local rates=("$(number "$folder/$1.0.json" placedPerSecond)" "$(number "$folder/$1.1.json" placedPerSecond)")
    local placed=$(($(number "$folder/$1.0.json" placed) + $(number "$folder/$1.1.json" placed)))
    note "$1" "$(awk "BEGIN { print ${rates[0]} + ${rates[1]} }")" $placed
    close
    audited "$1"
}

# audited NAME: fails if the orders break a law; a rate without a clean audit is worthless.
audited() { "$program" audit >"$folder/$1.audit" || { cat "$folder/$1.audit"; exit 1; }; }

# median NAME FIELD: field 2 is the rate, 3 the cost.
median() {
    grep "^$1 " "$folder/rates" | cut -d' ' -f"$2" | sort -n | awk '{ rate[NR] = $1 } END { print NR % 2 ? rate[(NR + 1) / 2] : (rate[NR / 2] + rate[NR / 2 + 1]) / 2 }'
}
# ratio TITLE NAME NAME: the first divided by the second.
ratio() {
    awk -v w="$1" -v a="$(median "$2" 2)" -v b="$(median "$3" 2)" -v ac="$(median "$2" 3)" -v bc="$(median "$3" 3)" \
        'BEGIN { printf "%-40s rate %5.2f (%.0f / %.0f)   MariaDB CPU %5.2f (%.0f / %.0f µs)\n", w, a / b, a, b, ac / bc, ac, bc }'
}

sql "select concat('MariaDB ', version(), ', flush at commit ', @@innodb_flush_log_at_trx_commit, ', binary log ', @@log_bin, ', buffer pool ', @@innodb_buffer_pool_size div 1048576, ' MiB')"
for _ in $(seq "$rounds"); do
    for mode in ${MODES:-hot spread}; do
        seedway $mode
        product "grouped-$mode" $mode
        [ "${ONLY:-}" != seed ] || continue
        product "batches-of-one-$mode" $mode CHANGGOU_PLACE_BATCH_MAX=1
        nodes "one-node-$mode" $mode 0 0
        nodes "two-nodes-$mode" $mode 0 1
    done
done
echo
for mode in ${MODES:-hot spread}; do
    ratio "$mode: product / the Java shop's way" "grouped-$mode" "model-$mode"
    [ "${ONLY:-}" != seed ] || continue
    ratio "$mode: grouped / batches of one" "grouped-$mode" "batches-of-one-$mode"
    ratio "$mode: two nodes / one node" "two-nodes-$mode" "one-node-$mode"
done
