#!/usr/bin/env bash
# Three nodes on MariaDB, Redis and RabbitMQ with their plugs pulled under load: ci/chaos.sh [SECONDS] [BUYERS] [FAULTS]
# FAULTS is a list of node, mysql, redis, amqp and all (at once). The servers keep their data durably.
set -euo pipefail
cd "$(dirname "$0")/.."
export CHAOS_SECONDS=${1:-120} CHAOS_BUYERS=${2:-200} CHAOS_FAULTS=${3:-node,mysql,redis,amqp,all}
if [ -z "${CHAOS_PROGRAM:-}" ] && [ -x target/release/changgou ]; then
    export CHAOS_PROGRAM=$PWD/target/release/changgou
fi
export RUST_BACKTRACE=0
exec bash ci/servers.sh --durable -- cargo test -p changgou --test it -- chaos:: --nocapture
