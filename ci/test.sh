#!/usr/bin/env bash
# Runs every test, on a machine that needs to have only Rust.
set -euo pipefail
cd "$(dirname "$0")/.."

# A snapshot that is missing or differs fails, and no file is written.
export INSTA_UPDATE=no

say() { printf '\n== %s\n' "$1"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian starts a server when it is installed. The tests start their own, so a policy forbids that during
# the installation. An existing policy is kept.
policy=/usr/sbin/policy-rc.d
forbid_daemons() {
    [ ! -e $policy ] || return 0
    trap allow_daemons EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}
allow_daemons() {
    as_root rm -f $policy
    trap - EXIT
}

# install PACKAGE...: installs missing packages; needs root once.
install() {
    forbid_daemons
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    [ -z "$(trap -p EXIT)" ] || allow_daemons
}

PATH=$PATH:/usr/sbin
missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v mariadbd >/dev/null || missing+=(mariadb-server)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v openssl >/dev/null || missing+=(openssl)
command -v rabbitmq-server >/dev/null || missing+=(rabbitmq-server)
fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fontconfig fonts-noto-cjk)
if [ "${#missing[@]}" -gt 0 ]; then
    say "Installing ${missing[*]}"
    install "${missing[@]}"
fi

say "Format, lints, documentation, dependencies"
rustup component add rustfmt clippy >/dev/null 2>&1 || true
bash ci/check.sh

say "Tests on embedded SQLite, then a real browser"
cargo test --workspace --exclude seedway

say "The same stories on MariaDB, Redis and RabbitMQ"
bash ci/servers.sh -- cargo test -p changgou --test it

say "Three nodes; nodes and servers are killed under load"
bash ci/chaos.sh 24 20
