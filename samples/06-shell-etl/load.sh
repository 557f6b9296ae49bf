#!/usr/bin/env bash
# usage: load.sh SOURCE TABLE TIME   loads a CSV file into a table, in place of the rows that the same time has there
#
# The table is a file so that the sample needs no server. With PostgreSQL the last step would be
#   psql --set ON_ERROR_STOP=1 -c "\copy totals FROM '$1' CSV HEADER"
# with the connection in PGHOST, PGUSER and ~/.pgpass: a password has no place in a script.
set -euo pipefail
source=$1 table=$2 time=$3

mkdir -p "$(dirname "$table")"
new=$(mktemp "$table.XXXXXX")
trap 'rm -f "$new"' EXIT
{
    echo "time,$(head -n 1 "$source")"
    if [ -f "$table" ]; then tail -n +2 "$table" | { grep -v "^$time," || true; }; fi
    tail -n +2 "$source" | sed "s/^/$time,/"
} >"$new"
mv "$new" "$table"
trap - EXIT

echo "Loaded $(($(wc -l <"$source") - 1)) rows."
