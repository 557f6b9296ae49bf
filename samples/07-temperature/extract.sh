#!/usr/bin/env bash
# usage: extract.sh FOLDER TIME   appends a reading to temperature.log and keeps the last 60, an hour's
set -euo pipefail
log=$1/temperature.log time=$2

mkdir -p "$1"
reading=$(bash "$(dirname "$0")/get_temp_api")

# Into a file of its own, then moved over the log in one step: a reader sees the old hour or the new one, never half of it.
# A retry of the same minute replaces its reading.
new=$(mktemp "$log.XXXXXX")
trap 'rm -f "$new"' EXIT
{
    if [ -f "$log" ]; then grep -v "^$time," "$log" || true; fi
    echo "$time,$reading"
} | tail -n 60 >"$new"
mv "$new" "$log"
trap - EXIT

echo "$log"
