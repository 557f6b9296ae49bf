#!/usr/bin/env bash
# Builds the solution without warnings and runs every test, against a PostgreSQL server of its own.
# The last line sums up. With CI=true nothing may be skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

configuration=Release
ci=${CI:-false}
export DOTNET_NOLOGO=1
work=$(mktemp -d "${TMPDIR:-/tmp}/millrace-tests-XXXXXX")
passed=0 failed=0 skipped=0 problems=()
patience=15m limit=()
if command -v timeout >/dev/null; then limit=(timeout --kill-after=30s "$patience"); fi

say() { printf '%s\n' "$*"; }
loud() { printf '\n*** %s\n' "$*"; }

# --- PostgreSQL -------------------------------------------------------------------------------------------------

postgres_bin() {
    local candidate
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t / -k 5 -rn) ${PATH//:/ }; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

# install WHAT PACKAGE...: Debian packages, where that may be done without asking.
install() {
    local what=$1 privileged=()
    shift
    command -v apt-get >/dev/null || return 1
    if [ "$EUID" -ne 0 ]; then
        # On a person's machine a test script installs nothing through sudo.
        { [ "$ci" = true ] && sudo -n true 2>/dev/null; } || return 1
        privileged=(sudo -n)
    fi
    say "Installing $what ..."
    { [ -e "$work/apt.updated" ] || { ${privileged[@]+"${privileged[@]}"} apt-get update -qq && touch "$work/apt.updated"; }; } &&
        ${privileged[@]+"${privileged[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$work/apt.log" 2>&1 || {
        tail -n 20 "$work/apt.log"
        return 1
    }
}

have() { command -v "$1" >/dev/null; }

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$EUID" -ne 0 ]; then
        "$@"
        return
    fi
    id -u postgres >/dev/null 2>&1 || useradd --system postgres
    (cd / && runuser -u postgres -- "$@")
}

free_port() {
    local port
    while true; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo $port; return; }
    done
}

start_postgres() {
    local bin=$1 port attempt
    pg=$work/postgres
    mkdir "$pg"
    chmod 755 "$work"
    if [ "$EUID" -eq 0 ]; then
        id -u postgres >/dev/null 2>&1 || useradd --system postgres
        chown postgres "$pg"
    fi
    as_postgres "$bin/initdb" -D "$pg/data" -U millrace -A trust -E UTF8 --locale=C --no-sync >"$work/initdb.log" 2>&1 || {
        cat "$work/initdb.log"
        return 1
    }
    # fsync stays on: crash tests count on what was committed.
    for attempt in 1 2 3 4 5; do
        port=$(free_port)
        if as_postgres "$bin/pg_ctl" start -D "$pg/data" -w -s -l "$pg/server.log" \
            -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$pg -c max_connections=200 -c timezone=UTC" 2>>"$work/pg_ctl.log"; then
            pg_bin=$bin
            export MILLRACE_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=millrace;Database=postgres"
            return
        fi
    done
    cat "$work/pg_ctl.log" "$pg/server.log" 2>/dev/null
    return 1
}

end() {
    if [ -n "${pg_bin:-}" ]; then
        as_postgres "$pg_bin/pg_ctl" stop -D "$pg/data" -m immediate -s || true
    fi
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

# --- Build ------------------------------------------------------------------------------------------------------

if ! command -v dotnet >/dev/null; then
    say "The tests need the .NET 10 SDK, and there is no 'dotnet' on the PATH. Install it from https://dotnet.microsoft.com/download/dotnet/10.0"
    exit 1
fi
say "Building the solution ..."
dotnet build Millrace.slnx --configuration $configuration -warnaserror "-warnnotaserror:NU1901;NU1902;NU1903;NU1904" -nodeReuse:false --verbosity quiet --nologo --consoleLoggerParameters:NoSummary

if [ -n "${MILLRACE_TEST_POSTGRES:-}" ]; then
    say "Using the PostgreSQL server that MILLRACE_TEST_POSTGRES names."
elif postgres=$(postgres_bin) || { install PostgreSQL postgresql && postgres=$(postgres_bin); }; then
    start_postgres "$postgres" || problems+=("PostgreSQL in $postgres did not start; see its messages above.")
else
    problems+=("PostgreSQL is not installed and could not be installed here: its tests are skipped. Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql")
    loud "${problems[0]}"
fi

# MariaDB's tests start their own server; it needs no more than the program.
[ -x /usr/sbin/mariadbd ] || install "MariaDB's server program" mariadb-server-core ||
    problems+=("MariaDB is not installed and could not be installed here: its tests are skipped. Debian and Ubuntu: apt-get install mariadb-server-core")

# What other programs pack we unpack, and the other way round.
{ have lz4 && have zstd; } || install "lz4 and zstd" lz4 zstd ||
    problems+=("lz4 and zstd are not installed and could not be installed here: tests against them are skipped. Debian and Ubuntu: apt-get install lz4 zstd")

# Clients that others wrote, against the broker.
{ have kcat && /usr/bin/python3 -c 'import kafka, confluent_kafka' 2>/dev/null; } || install "Kafka clients" kcat python3-kafka python3-confluent-kafka ||
    problems+=("kcat and Python's Kafka clients are not installed and could not be installed here: their tests are skipped. Debian and Ubuntu: apt-get install kcat python3-kafka python3-confluent-kafka")

# Those of Node.js, too: the tests fetch them with npm, in the versions that are pinned.
{ have node && have npm; } || install "Node.js" nodejs npm ||
    problems+=("Node.js and npm are not installed and could not be installed here: tests with Node.js's Kafka clients are skipped. Debian and Ubuntu: apt-get install nodejs npm; macOS: brew install node")

# What links native code: the client is published with Native AOT, too.
{ have gcc || have clang; } || install "gcc" gcc libc6-dev ||
    problems+=("Neither gcc nor clang is installed, and gcc could not be installed here: the test of Native AOT is skipped. Debian and Ubuntu: apt-get install gcc libc6-dev; macOS: xcode-select --install")

# --- Tests ------------------------------------------------------------------------------------------------------

# total NAME FILE: the sum of one count over the assemblies of a result file.
total() {
    { grep -o '<assembly [^>]*>' "$2" || true; } | { grep -o " $1=\"[0-9]*\"" || true; } | tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'
}

run_project() {
    local name=$1 folder=tests/$1 result=$work/$1.xml log=$work/$1.log code=0
    local executable=$folder/bin/$configuration/net10.0/$name
    say ""
    say "== $name"
    # A test that hangs must end as a failure with a name, not as a job that was cut off.
    ${limit[@]+"${limit[@]}"} "$executable" -noLogo -noColor -noAutoReporters -longRunning 60 -xml "$result" 2>&1 | tee "$log" || code=$?
    [ "$code" -ne 124 ] && [ "$code" -ne 137 ] || problems+=("$name was ended after $patience: see its last lines for what ran.")

    local p=0 f=0 s=0
    if [ -f "$result" ]; then
        s=$(total skipped "$result")
        f=$(($(total failed "$result") + $(total errors "$result")))
        p=$(total passed "$result")
    fi
    if [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
        problems+=("$name ended with exit code $code and names no failed test.")
    fi
    if [ $((p + f + s)) -eq 0 ]; then
        if [ -z "$(find "$folder" -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*')" ]; then
            loud "$name has no tests yet."
        else
            f=$((f + 1))
            problems+=("$name ran no test.")
        fi
    fi
    if [ "$s" -gt 0 ]; then
        problems+=("$name skipped $s:"$'\n'"$(grep -A 1 '\[SKIP\]' "$log" | grep -v '^--' || true)")
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

for project in tests/*.Tests/*.Tests.csproj; do
    run_project "$(basename "$project" .csproj)"
done

for problem in ${problems[@]+"${problems[@]}"}; do
    loud "$problem"
done
say ""
summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary+=", $skipped skipped"
say "$summary"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] && { [ "$ci" != true ] || [ "$skipped" -eq 0 ]; }
