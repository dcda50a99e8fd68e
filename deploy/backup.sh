#!/usr/bin/env bash
# Copies the database, also while the shop is serving: CHANGGOU_DATABASE_URL=… backup.sh FOLDER
# The copy is a consistent snapshot. It is compressed and checked before it gets its final name; the newest
# BACKUP_KEEP (14) are kept. Needs gzip, and sqlite3 or python3 for SQLite, mariadb-dump or mysqldump for a server.
set -euo pipefail
umask 077
. "$(dirname "$0")/lib.sh"
[ $# = 1 ] || fail "usage: CHANGGOU_DATABASE_URL=… backup.sh FOLDER"
read_url
mkdir -p "$1"
work=$(mktemp -d "$1/.part.XXXXXX")
login=
trap 'rm -rf "$work" "$login"' EXIT
copy=$1/changgou-$(date -u +%Y%m%dT%H%M%SZ).$kind.gz

# One read transaction, so other processes can write meanwhile. (`.backup` would start again after each of their writes.)
copy_sqlite() {
    [ -f "$file" ] || fail "there is no database at $file"
    if command -v sqlite3 >/dev/null; then
        sqlite3 -bail -readonly "$file" "vacuum into '$work/copy'"
        [ "$(sqlite3 "$work/copy" 'pragma integrity_check')" = ok ] || fail "the copy is damaged"
    else
        python3 - "$file" "$work/copy" <<'END'
import pathlib, sqlite3, sys
source = sqlite3.connect(pathlib.Path(sys.argv[1]).resolve().as_uri() + "?mode=ro", uri=True)
source.execute("vacuum into ?", (sys.argv[2],))
verdict = sqlite3.connect(sys.argv[2]).execute("pragma integrity_check").fetchone()[0]
sys.exit(0 if verdict == "ok" else "the copy is damaged: " + verdict)
END
    fi
    gzip -1 <"$work/copy" >"$work/packed"
}

copy_mysql() {
    local dump
    dump=$(first_of mariadb-dump mysqldump)
    login=$(login_file "$(first_of mariadb mysql)")
    case $(asked "$login" 'select version()') in
        *TiDB*) fail "this is TiDB: back it up with BR or Dumpling" ;;
    esac
    "$dump" --defaults-extra-file="$login" --single-transaction --quick --hex-blob --no-tablespaces --skip-add-locks \
        "$name" | gzip -1 >"$work/packed"
    zcat "$work/packed" | tail -1 | grep -q '^-- Dump completed' || fail "the dump is incomplete"
}

"copy_$kind"
sync "$work/packed"
mv "$work/packed" "$copy"
echo "$copy"
ls -1r "$1"/changgou-*."$kind".gz | tail -n "+$((${BACKUP_KEEP:-14} + 1))" | xargs -r -d '\n' rm --
