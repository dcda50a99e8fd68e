# Used by backup.sh and restore.sh: reads the database from CHANGGOU_DATABASE_URL, as the shop does.

fail() { echo "${0##*/}: $1" >&2; exit 1; }

# decoded TEXT: the text with each %XX of a URL replaced by its character.
decoded() { local text=${1//\\/\\\\}; printf '%b' "${text//%/\\x}"; }

# read_url: sets kind and, depending on it, file, or host, port, user, password, socket, tls and name.
read_url() {
    local url=${CHANGGOU_DATABASE_URL:-}
    case $url in
        sqlite://*)
            kind=sqlite file=${url#sqlite://}
            ;;
        mysql://*)
            kind=mysql
            local rest=${url#mysql://} query=
            case $rest in *\?*) query=${rest#*\?} rest=${rest%%\?*} ;; esac
            name=$(decoded "${rest#*/}")
            rest=${rest%%/*}
            local login=
            case $rest in *@*) login=${rest%@*} rest=${rest##*@} ;; esac
            user=$(decoded "${login%%:*}") password=
            case $login in *:*) password=$(decoded "${login#*:}") ;; esac
            host=${rest%%:*} port=3306 socket= tls=
            case $rest in *:*) port=${rest##*:} ;; esac
            case "&$query" in *'&socket='*) socket=${query##*socket=} socket=$(decoded "${socket%%&*}") ;; esac
            case "&$query&" in *'&require_ssl=true&'*) tls=yes ;; esac
            [ -n "$name" ] || fail "CHANGGOU_DATABASE_URL names no database"
            ;;
        *) fail "set CHANGGOU_DATABASE_URL to sqlite://PATH or mysql://USER:PASSWORD@HOST:3306/DATABASE" ;;
    esac
}

# first_of PROGRAM...: prints the first of these programs that is installed.
first_of() {
    local program
    for program in "$@"; do
        if command -v "$program" >/dev/null; then echo "$program"; return; fi
    done
    fail "none of $* is installed"
}

# login_file PROGRAM: makes a file with the login, so that the list of processes shows no password.
login_file() {
    local path escaped=${password//\\/\\\\}
    path=$(mktemp)
    chmod 600 "$path"
    {
        printf '[client]\nuser=%s\npassword="%s"\ndefault-character-set=utf8mb4\n' "$user" "${escaped//\"/\\\"}"
        if [ -n "$socket" ]; then printf 'socket=%s\n' "$socket"; else printf 'host=%s\nport=%s\nprotocol=tcp\n' "$host" "$port"; fi
        # As the shop does: TLS with an authority this machine trusts.
        if [ -n "$tls" ]; then
            printf 'ssl-ca=%s\n' "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}"
            case $1 in mariadb*) echo ssl-verify-server-cert ;; *) echo ssl-mode=VERIFY_IDENTITY ;; esac
        fi
    } >"$path"
    echo "$path"
}

# asked LOGIN SQL: prints the answer of the server, one row per line.
asked() { "$(first_of mariadb mysql)" --defaults-extra-file="$1" -N -e "$2"; }
