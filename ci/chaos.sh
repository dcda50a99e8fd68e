#!/usr/bin/env bash
# Three nodes on MariaDB, Redis and RabbitMQ, which are killed under load: ci/chaos.sh [SECONDS] [BUYERS] [FAULTS]
# FAULTS is a list of node, mysql, redis, amqp, all (at once) and amqp-gone (until the end). CHAOS_THINK_MS makes buyers wait
# between orders: CHAOS_THINK_MS=2000 ci/chaos.sh 3600 20 amqp-gone is an hour without the broker. The servers store their
# data durably. CHAOS_PROGRAM is the program to run, such as target/release/changgou; by default it is the one built for the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export CHAOS_SECONDS=${1:-120} CHAOS_BUYERS=${2:-200} CHAOS_FAULTS=${3:-node,mysql,redis,amqp,all}
export RUST_BACKTRACE=0
exec bash ci/servers.sh --durable -- cargo test -p changgou --test it -- chaos:: --nocapture
