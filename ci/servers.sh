#!/usr/bin/env bash
# Runs a command with private servers: ci/servers.sh [--durable] [--binlog] [--sync-us N] [--only mysql,redis,amqp] [--mysqld PROGRAM] -- COMMAND...
# The command finds them in TEST_MYSQL_URL, TEST_REDIS_URL and TEST_AMQP_URL; with TLS in TEST_REDIS_TLS_URL and
# TEST_AMQP_TLS_URL (MariaDB uses one port for both), with certificates from TEST_AUTHORITY; MariaDB's Unix socket is
# TEST_MYSQL_SOCKET. Each server uses a free port on loopback and a data folder that is always removed afterwards.
# --durable: MariaDB with its defaults, on disk, for measurements (--binlog: with a binary log that is synced at
# each commit, as on a server with replicas). Otherwise MariaDB is tuned for tests, which create many small databases and
# do not need their data after a power failure.
# --sync-us: each sync of MariaDB's files takes N microseconds longer, as on a disk behind a network.
# --mysqld: MySQL's mysqld or tidb-server instead of MariaDB.
# The command may kill a server and restart it with its data: ci/servers.sh --again mysql|redis|amqp; --kill only kills it.
set -euo pipefail
# The command and each server have their own process groups, so that Ctrl-C reaches only this script.
set -m
PATH=$PATH:/usr/sbin

say() { printf 'servers: %s\n' "$1" >&2; }
usage() { sed -n '2,12s/^# //p' "$0" >&2; exit 2; }

# pull NAME: kills a server of the calling command, like a power failure. again NAME: kills it and starts it again.
pull() {
    local folder=${SERVERS_FOLDER:?is set only for commands that run with servers}
    kill -KILL -- "-$(cat "$folder/$1.group")" 2>/dev/null || true
}
again() {
    local folder=${SERVERS_FOLDER:?is set only for commands that run with servers}
    pull "$1"
    sleep 0.3
    bash "$folder/$1.command" >>"$folder/$1.log" 2>&1 </dev/null &
    echo $! | tee "$folder/$1.group" >>"$folder/groups"
    disown
}
if [ "${1:-}" = --again ]; then again "${2:?which}"; exit; fi
if [ "${1:-}" = --kill ]; then pull "${2:?which}"; exit; fi

durable= binlog=(--skip-log-bin) only=mysql,redis,amqp mysqld=mariadbd sync_us=
while [ $# -gt 0 ]; do
    case $1 in
        --durable) durable=yes ;;
        --binlog) binlog=(--log-bin=binlog --sync-binlog=1 --server-id=1) ;;
        --sync-us) shift; sync_us=${1:?how much} ;;
        --only) shift; only=${1:-} ;;
        --mysqld) shift; mysqld=${1:-} ;;
        --) shift; break ;;
        *) usage ;;
    esac
    shift
done
[ $# -gt 0 ] || usage
wanted() { [[ ",$only," == *",$1,"* ]]; }

# The tests create and drop databases all the time, which is faster in memory if there is room.
base=${TMPDIR:-/tmp}
if [ -z "$durable" ] && [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -1)" -gt 4000000 ]; then
    base=/dev/shm
fi
folder=$(mktemp -d "$base/changgou-servers.XXXXXX")

export SERVERS_FOLDER=$folder
: >"$folder/groups"

# began PID: records a process group that must be ended later.
began() { echo "$1" >>"$folder/groups"; }
end_all() {
    local group
    for group in $(cat "$folder/groups"); do kill "-$1" -- "-$group" 2>/dev/null || true; done
}
# Erlang's helper processes end by themselves after their parent, and may write until then.
clean_up() {
    end_all KILL
    for _ in 1 2 3 4 5; do rm -rf "$folder" 2>/dev/null && break; sleep 0.2; done
}
# Cleans up if this script is killed and cannot do it itself.
watch_over() {
    trap '' INT TERM HUP
    while kill -0 $$ 2>/dev/null; do sleep 1; done
    clean_up
}
watch_over </dev/null >/dev/null 2>&1 &
watcher=$!
disown

command_group=
stop() {
    trap '' INT TERM HUP
    if [ -n "$command_group" ]; then
        kill -TERM -- "-$command_group" 2>/dev/null || true
        for _ in $(seq 30); do kill -0 -- "-$command_group" 2>/dev/null || break; sleep 0.1; done
    fi
    clean_up
    kill -KILL -- "-$watcher" 2>/dev/null || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# free_port: sets $port to a port that nobody listens on; SERVERS_PORTS is the first one to try.
next_port=${SERVERS_PORTS:-$((20000 + RANDOM % 12000))}
free_port() {
    while (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do next_port=$((next_port + 1)); done
    port=$next_port
    next_port=$((next_port + 1))
}

# start NAME COMMAND...: starts it in the background.
start() {
    printf 'exec ' >"$folder/$1.command"
    printf '%q ' "${@:2}" >>"$folder/$1.command"
    "${@:2}" >"$folder/$1.log" 2>&1 </dev/null &
    began $!
    echo $! >"$folder/$1.group"
    disown
}

# until_it_answers NAME SECONDS COMMAND...: repeats COMMAND until it succeeds or the time is over.
until_it_answers() {
    local name=$1 end=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            say "$name does not answer; the end of its log:"
            tail -30 "$folder/$name.log" >&2
            exit 1
        fi
        sleep 0.1
    done
}

# A private authority, its certificate for this machine, and another authority that did not sign it.
make_certificates() {
    local tls=$folder/tls one
    mkdir "$tls"
    export TEST_AUTHORITY=$tls/authority.pem
    local quietly=(req -x509 -newkey rsa:2048 -nodes -days 30)
    for one in authority stranger; do
        openssl "${quietly[@]}" -subj "/CN=The $one of these tests" -keyout "$tls/$one.key" -out "$tls/$one.pem" 2>/dev/null
    done
    openssl "${quietly[@]}" -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -addext "basicConstraints=critical,CA:FALSE" -CA "$TEST_AUTHORITY" -CAkey "$tls/authority.key" \
        -keyout "$tls/server.key" -out "$tls/server.pem" 2>/dev/null
}

start_redis() {
    local tls_port
    free_port && redis_port=$port
    free_port && tls_port=$port
    export TEST_REDIS_URL=redis://127.0.0.1:$redis_port TEST_REDIS_TLS_URL=rediss://127.0.0.1:$tls_port
    start redis redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$folder" --save '' --appendonly no \
        --tls-port "$tls_port" --tls-cert-file "$folder/tls/server.pem" --tls-key-file "$folder/tls/server.key" \
        --tls-ca-cert-file "$TEST_AUTHORITY" --tls-auth-clients no
}
redis_answers() { [ "$(redis-cli -p "$redis_port" ping)" = PONG ]; }

start_amqp() {
    local home=$folder/rabbit epmd amqp dist tls_port
    free_port && epmd=$port
    free_port && amqp_port=$port
    free_port && tls_port=$port
    free_port && dist=$port
    mkdir -p "$home"
    cat >"$home/rabbit.conf" <<-END
	listeners.tcp.1 = 127.0.0.1:$amqp_port
	listeners.ssl.1 = 127.0.0.1:$tls_port
	ssl_options.cacertfile = $TEST_AUTHORITY
	ssl_options.certfile = $folder/tls/server.pem
	ssl_options.keyfile = $folder/tls/server.key
	loopback_users.guest = true
	vm_memory_high_watermark.absolute = 1GB
	disk_free_limit.absolute = 50MB
	log.console = true
	log.console.level = info
	log.file = false
	END
    echo '[].' >"$home/plugins"
    # Debian's wrapper changes the user; the program it calls does not.
    local program=/usr/lib/rabbitmq/bin/rabbitmq-server
    [ -x $program ] || program=rabbitmq-server
    export TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:$amqp_port/%2f
    export TEST_AMQP_TLS_URL=amqps://guest:guest@127.0.0.1:$tls_port/%2f
    start epmd env ERL_EPMD_ADDRESS=127.0.0.1 epmd -port "$epmd"
    start amqp env HOME="$home" ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
        RABBITMQ_NODENAME="changgou$amqp_port@localhost" RABBITMQ_DIST_PORT="$dist" RABBITMQ_CONF_ENV_FILE=/dev/null \
        RABBITMQ_CONFIG_FILE="$home/rabbit.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$home/plugins" \
        RABBITMQ_MNESIA_BASE="$home/data" RABBITMQ_LOG_BASE="$home/log" RABBITMQ_PID_FILE="$home/pid" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 2:2" "$program"
}
# A broker that is ready answers the protocol header with a frame of type 1.
amqp_answers() {
    local kind
    exec 3<>"/dev/tcp/127.0.0.1/$amqp_port" || return 1
    printf 'AMQP\x00\x00\x09\x01' >&3
    IFS= read -r -t 2 -N 1 kind <&3 && [ "$kind" = $'\x01' ]
    local answer=$?
    exec 3>&-
    return $answer
}

# Which server it is: mariadb, mysql or tidb.
family() {
    case $(basename "$mysqld") in
        tidb*) echo tidb ;;
        *) if "$mysqld" --version | grep -q MariaDB; then echo mariadb; else echo mysql; fi ;;
    esac
}
prepare_mysql() {
    local install=(true)
    case $(family) in
        mariadb) install=(mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$folder/mysql" --skip-test-db
            --auth-root-authentication-method=normal) ;;
        mysql) install=("$mysqld" --no-defaults --user="$(id -un)" --basedir="$(dirname "$mysqld")/.."
            --datadir="$folder/mysql" --initialize-insecure) ;;
    esac
    "${install[@]}" >"$folder/mysql-install.log" 2>&1 &
    mysql_install=$!
    began "$mysql_install"
}
start_mysql() {
    wait "$mysql_install" || { cat "$folder/mysql-install.log" >&2; exit 1; }
    free_port && mysql_port=$port
    local tuning=(--innodb-flush-log-at-trx-commit=1) own=() slow=()
    if [ -n "$sync_us" ]; then
        cc -O2 -shared -fPIC -o "$folder/slow_sync.so" "$(dirname "$0")/slow_sync.c" -ldl
        slow=(env "LD_PRELOAD=$folder/slow_sync.so" "SYNC_US=$sync_us")
    fi
    [ -n "$durable" ] || tuning=(--innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=256M
        --innodb-log-file-size=32M --performance-schema=OFF --table-open-cache=4000)
    export TEST_MYSQL_URL=mysql://root@127.0.0.1:$mysql_port TEST_MYSQL_SOCKET=$folder/mysql.sock
    TEST_MYSQL_FAMILY=$(family)
    export TEST_MYSQL_FAMILY
    case $TEST_MYSQL_FAMILY in
        # The MySQL binaries without a package do not support current TLS.
        mysql) own=(--basedir="$(dirname "$mysqld")/.." --mysqlx=OFF) && export -n TEST_AUTHORITY ;;
        tidb) start_tidb; return ;;
    esac
    start mysql "${slow[@]}" "$mysqld" --no-defaults "${own[@]}" --user="$(id -un)" --datadir="$folder/mysql" --bind-address=127.0.0.1 \
        --port="$mysql_port" --socket="$folder/mysql.sock" --pid-file="$folder/mysql.pid" "${binlog[@]}" \
        --ssl-cert="$folder/tls/server.pem" --ssl-key="$folder/tls/server.key" --ssl-ca="$TEST_AUTHORITY" \
        --max-connections=500 --character-set-server=utf8mb4 --collation-server=utf8mb4_bin "${tuning[@]}"
}
# A single TiDB with an embedded store needs no cluster.
start_tidb() {
    printf '[security]\nssl-cert = "%s"\nssl-key = "%s"\nssl-ca = "%s"\n' \
        "$folder/tls/server.pem" "$folder/tls/server.key" "$TEST_AUTHORITY" >"$folder/tidb.toml"
    start mysql "$mysqld" -config "$folder/tidb.toml" -host 127.0.0.1 -P "$mysql_port" -socket "$folder/mysql.sock" \
        -store unistore -path "$folder/mysql" -report-status=false -L warn \
        -log-slow-query "$folder/tidb-slow.log"
}
mysql_answers() { mariadb-admin --no-defaults --skip-ssl --host=127.0.0.1 --port="$mysql_port" --user=root ping; }

make_certificates
if wanted mysql; then prepare_mysql; fi
if wanted redis; then start_redis; fi
if wanted amqp; then start_amqp; fi
if wanted mysql; then start_mysql; fi
if wanted redis; then until_it_answers redis 30 redis_answers; fi
if wanted mysql; then until_it_answers mysql 60 mysql_answers; fi
if wanted amqp; then until_it_answers amqp 120 amqp_answers; fi
say "$only ready after $SECONDS s in $folder"

"$@" </dev/null &
command_group=$!
began "$command_group"
code=0
wait "$command_group" || code=$?
command_group=
exit $code
