#!/bin/sh
# The main job on a sample event: demo.sh HOOK RECEIVER EVENT
set -eu
hook=$1 receiver=$2 event=$3
work=$(mktemp -d)
"$receiver" >"$work/received" &
receiver_pid=$!
trap 'kill "$receiver_pid" 2>/dev/null || :; rm -rf "$work"' EXIT

# The receiver's first line is its URL.
until url=$(head -n 1 "$work/received" | grep .); do
  kill -0 "$receiver_pid"
done

printf 'The event, as a docglow implementation pipes it in:\n\n'
cat "$event"
env -i HOME="$work" DOCGLOW_TELEMETRY=1 DOCGLOW_TELEMETRY_ENDPOINT="$url" "$hook" <"$event"
wait "$receiver_pid"
printf '\nThe request, as it arrived at %s:\n\n' "$url"
tail -n +2 "$work/received"
