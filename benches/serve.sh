#!/usr/bin/env bash
# What the daemon costs when it has nothing to do: benches/serve.sh [BINARY [READERS]], by default the release build and 100 000 readers.
# Prints its start until ready (five times; goal for 100 000: below 1 s), its processor time over half a minute of idling (goal: below
# 1 %), and its memory. Linux only: the figures come from /proc.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/pressroom}")
readers=${2:-100000}
idle_seconds=30
scratch=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; rm -rf "$scratch"' EXIT
export PRESSROOM_NEWSROOM="$scratch/newsroom" PRESSROOM_WEB_LISTEN=127.0.0.1:0 PRESSROOM_LINKS_CHECK=false RUST_LOG=off

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# Starts the daemon and waits for its ready line; leaves its process in $daemon and how long it took in $took.
start() {
    local begun out ready
    out="$scratch/out"
    rm -f "$out" && mkfifo "$out"
    begun=$(milliseconds)
    "$binary" serve >"$out" &
    daemon=$!
    exec 9<"$out"
    read -r -t 60 ready <&9
    took=$(($(milliseconds) - begun))
    [[ $ready == ready:* ]] || { echo "not ready: $ready" >&2; exit 1; }
}

stop() {
    kill -TERM "$daemon"
    wait "$daemon"
    daemon=
    exec 9<&-
}

# Ticks of processor time, its own and the kernel's for it (proc(5): fields 14 and 15, of which two stand before the bracket).
ticks() { sed 's/.*) //' "/proc/$daemon/stat" | awk '{ print $12 + $13 }'; }

memory() { awk -v name="$1:" '$1 == name { printf "%.0f MB", $2 / 1024 }' "/proc/$daemon/status"; }

"$binary" init "$PRESSROOM_NEWSROOM" >/dev/null
rm -f "$PRESSROOM_NEWSROOM"/issues/*.md
seq -f 'reader-%06.0f@readers.example.org' 1 "$readers" | sed '1i email' >"$scratch/readers.csv"
begun=$(milliseconds)
"$binary" subscriber import "$scratch/readers.csv" --newsletter partners --consent "made for a bench" >/dev/null 2>&1
echo "import of $readers readers: $(($(milliseconds) - begun)) ms"

starts=()
for _ in 1 2 3 4 5; do
    start
    starts+=("$took")
    stop
done
echo "start until ready: ${starts[*]} ms"

start
sleep 5
before=$(ticks)
sleep "$idle_seconds"
used=$(($(ticks) - before))
echo "idle: $(awk -v used="$used" -v hertz="$(getconf CLK_TCK)" -v time="$idle_seconds" 'BEGIN { printf "%.2f", 100 * used / hertz / time }') % of a processor over $idle_seconds s"
echo "memory: $(memory VmRSS) resident, $(memory VmHWM) at most since its start"
stop
