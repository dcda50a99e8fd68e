#!/usr/bin/env bash
# Three nodes on MariaDB, Redis and RabbitMQ with their plugs pulled under load: ci/chaos.sh [SECONDS] [BUYERS] [FAULTS]
# FAULTS is a list of node, mysql, redis, amqp, all (at once) and amqp-gone (until the end). CHAOS_THINK_MS lets buyers wait
# between orders: CHAOS_THINK_MS=2000 ci/chaos.sh 3600 20 amqp-gone is an hour without the broker. The servers keep their
# data durably. CHAOS_PROGRAM names the program to run, such as target/release/changgou; without it the tests' own is.
set -euo pipefail
cd "$(dirname "$0")/.."
export CHAOS_SECONDS=${1:-120} CHAOS_BUYERS=${2:-200} CHAOS_FAULTS=${3:-node,mysql,redis,amqp,all}
export RUST_BACKTRACE=0
exec bash ci/servers.sh --durable -- cargo test -p changgou --test it -- chaos:: --nocapture
