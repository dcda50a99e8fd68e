#!/usr/bin/env bash
# Restores a copy made by backup.sh: CHANGGOU_DATABASE_URL=… restore.sh COPY
# Stop every node first. Existing data is never destroyed: a SQLite file is moved aside, and a database on a
# server must be empty. Afterwards `changgou audit` runs, if the program is installed (CHANGGOU, or changgou on the PATH).
set -euo pipefail
umask 077
. "$(dirname "$0")/lib.sh"
[ $# = 1 ] && [ -f "$1" ] || fail "usage: CHANGGOU_DATABASE_URL=… restore.sh COPY"
read_url
case $1 in *."$kind".gz) ;; *) fail "$1 is not a copy of a $kind database" ;; esac
gzip -t "$1" || fail "$1 is damaged"
login= part=
trap 'rm -f "$login" "$part"' EXIT

restore_sqlite() {
    local held aside
    held=$(find /proc/[0-9]*/fd -lname "$(realpath -m "$file")" 2>/dev/null | head -1 || true)
    [ -z "$held" ] || fail "process $(echo "$held" | cut -d/ -f3) has $file open; stop it first"
    mkdir -p "$(dirname "$file")"
    part=$file.part
    gzip -dc "$1" >"$part"
    sync "$part"
    if [ -e "$file" ]; then
        aside=$file.before-$(date -u +%Y%m%dT%H%M%SZ)
        mv "$file" "$aside"
        # The log belongs to the old file. If it stayed here, SQLite would apply it to the copy.
        for end in -wal -shm; do [ ! -e "$file$end" ] || mv "$file$end" "$aside$end"; done
        echo "what was there is now $aside"
    fi
    rm -f "$file-wal" "$file-shm"
    mv "$part" "$file"
}

restore_mysql() {
    local client tables
    client=$(first_of mariadb mysql)
    login=$(login_file "$client")
    tables=$(asked "$login" "select count(*) from information_schema.tables where table_schema = '$name'")
    [ "$tables" = 0 ] || fail "database $name has $tables tables; restore into an empty one and keep this one"
    asked "$login" \
        "create database if not exists \`$name\` character set utf8mb4 collate utf8mb4_bin"
    gzip -dc "$1" | "$client" --defaults-extra-file="$login" "$name"
}

"restore_$kind" "$1"
echo "restored $1"
program=${CHANGGOU:-changgou}
if command -v "$program" >/dev/null; then
    "$program" audit
else
    echo "changgou is not installed here: run changgou audit before the shop opens"
fi
