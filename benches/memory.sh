#!/usr/bin/env bash
# What the daemon's memory does while an issue goes to very many readers: benches/memory.sh [READERS [FOLDER]], by default a million.
# Prints the import, the start of `serve` with that many readers (goal: below 3 s), its memory at rest after a scan of all of them, the
# time to open an issue to all (goal: below 5 s), the rate, and the highest memory while sending (goals: at most 60 MB above rest, below
# 450 MB in all). Samples go to FOLDER/memory.csv and a drawing of them to FOLDER/memory.svg, by default in the target folder.
# PRESSROOM_BENCH_KEEP=1 keeps the newsroom in FOLDER, and the next run goes without the import. Linux only.
set -euo pipefail
cd "$(dirname "$0")/.."

readers=${1:-1000000}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
folder=$(realpath -m "${2:-$target/memory-$readers}")
newsroom="$folder/newsroom"
mkdir -p "$folder"
sink= daemon= sampler=
finish() {
    for process in $sampler $daemon $sink; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -f "$folder"/{in,out,notes,address}
    [ -n "${PRESSROOM_BENCH_KEEP:-}" ] || rm -rf "$newsroom" "$folder/readers.csv"
}
trap finish EXIT

# The bench's build makes the binary as well.
binary="$target/release/pressroom"
wire=$(cargo bench --bench wire --locked --quiet --no-run --message-format=json |
    sed -n 's/.*"name":"wire".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)

export PRESSROOM_NEWSROOM="$newsroom" PRESSROOM_WEB_LISTEN=127.0.0.1:0 PRESSROOM_LINKS_CHECK=false
export RUST_LOG="${RUST_LOG:-warn}"

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }
resident() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$daemon/status"; }
megabytes() { awk -v k="$1" 'BEGIN { printf "%.0f MB", k / 1024 }'; }

# The newsroom: the sample one, eight connections to the sink, and all readers.
# The sink ends with its input.
rm -f "$folder/in" "$folder/address"
mkfifo "$folder/in" "$folder/address"
exec 8<>"$folder/in"
"$wire" sink <"$folder/in" >"$folder/address" &
sink=$!
exec 7<"$folder/address"
read -r address <&7
if [ ! -e "$folder/imported" ] || [ ! -d "$newsroom" ]; then
    rm -rf "$newsroom" "$folder/imported"
    "$binary" init "$newsroom" >/dev/null
    rm -f "$newsroom"/issues/*.md
    seq 1 "$readers" | awk 'BEGIN { print "email,first_name,last_name,organisation,state" }
        { printf "reader.%d@district%d.example.org,First%d,Last%d,Example School District %d,NM\n", $1, $1 % 1000, $1 % 977, $1, $1 % 1000 }' \
        >"$folder/readers.csv"
    begun=$(now)
    "$binary" subscriber import "$folder/readers.csv" --newsletter partners --consent "made for a bench" >/dev/null 2>&1
    echo "import of $readers readers: $(since "$begun") s"
    rm "$folder/readers.csv"
    [ -z "${PRESSROOM_BENCH_KEEP:-}" ] || touch "$folder/imported"
fi
sed -i "s|^url = \"smtp://.*|url = \"smtp://$address?tls=none\"|; s|^connections = .*|connections = 8|" "$newsroom/pressroom.toml"

# About 30 kB a mail, with fields and a part for one state.
issue="$newsroom/issues/memory-$(date +%s).md"
{
    printf '+++\nnewsletter = "partners"\nsubject = "Coordinators at the centre"\npreheader = "Long, for a measurement."\n+++\n'
    printf 'Dear {{ first_name | default("partner") }},\n\n'
    for number in $(seq 1 60); do
        printf 'Two districts share one clinic, timed to the late bus, and the shop next door keeps its lights on for {{ organisation | default("you") }}. [Story %d](https://health.example.org/story/%d)\n\n' "$number" "$number"
    done
} >"$issue"

starts=()
start() {
    local begun ready
    rm -f "$folder/out" && mkfifo "$folder/out"
    begun=$(now)
    "$binary" serve >"$folder/out" 2>"$folder/serve.log" &
    daemon=$!
    exec 9<"$folder/out"
    read -r -t 120 ready <&9
    starts+=("$(since "$begun")")
    [[ $ready == ready:* ]] || { echo "not ready: $ready" >&2; exit 1; }
}
for _ in 1 2 3; do
    [ -z "$daemon" ] || { kill -TERM "$daemon" && wait "$daemon"; exec 9<&-; }
    start
done
echo "start of serve until ready: ${starts[*]} s"

echo "resident when ready: $(megabytes "$(resident)")"
begun=$(now)
"$binary" subscriber list >/dev/null
echo "a scan of all readers: $(since "$begun") s"
sleep 10
idle=$(resident)

echo "seconds,kilobytes" >"$folder/memory.csv"
zero=$(now)
while :; do
    echo "$(since "$zero"),$(resident)" 2>/dev/null || break
    sleep 0.5
done >>"$folder/memory.csv" &
sampler=$!
sleep 5

# The order's notes come as they happen: the proof is noted when the issue is open.
mkfifo "$folder/notes"
begun=$(now)
"$binary" issue send "$issue" --yes --offline --as operator@lantern.example.org --wait 2h >"$folder/report" 2>"$folder/notes" &
sending=$!
opened=
while read -r note; do
    case $note in proof*) opened=${opened:-$(since "$begun")} ;; esac
done <"$folder/notes"
wait "$sending" || { cat "$folder/report" "$folder/serve.log" >&2; exit 1; }
took=$(since "$begun")
sleep 5
kill "$sampler" && wait "$sampler" 2>/dev/null || true
sampler=

peak=$(awk -F, 'NR > 1 && $2 > peak { peak = $2 } END { print peak }' "$folder/memory.csv")
tail -n 3 "$folder/report"
echo "from the order until the issue is open (read, proofed, approved, every reader in the ledger): ${opened:-unknown} s"
echo "sent in $took s: $(awk -v n="$readers" -v s="$took" -v o="${opened:-0}" 'BEGIN { printf "%.0f", n / (s - o) }') messages/s; load $(cut -d' ' -f1 /proc/loadavg)"
echo "memory at rest $(megabytes "$idle"), at most $(megabytes "$peak"), so $(megabytes $((peak - idle))) more; after the end $(megabytes "$(resident)")"

awk -F, -v idle="$idle" '
    NR > 1 { x[++n] = $1; y[n] = $2 / 1024; if (y[n] > top) top = y[n] }
    END {
        top = (int(top / 100) + 1) * 100; w = 720; h = 280; last = x[n]
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-50 -20 " w + 80 " " h + 60 "\" font-family=\"sans-serif\" font-size=\"12\">"
        for (mb = 0; mb <= top; mb += 100)
            printf "<path d=\"M0 %d H%d\" stroke=\"#ccc\"/><text x=\"-45\" y=\"%d\">%d MB</text>\n", h - mb / top * h, w, h - mb / top * h + 4, mb
        printf "<path d=\"M0 %.1f H%d\" stroke=\"#b00\" stroke-dasharray=\"4\"/><text x=\"%d\" y=\"%d\" fill=\"#b00\">at rest</text>\n", h - idle / 1024 / top * h, w, w - 40, h - idle / 1024 / top * h - 4
        printf "<polyline fill=\"none\" stroke=\"#036\" stroke-width=\"1.5\" points=\""
        for (i = 1; i <= n; i++) printf "%.1f,%.1f ", x[i] / last * w, h - y[i] / top * h
        printf "\"/>\n<text x=\"0\" y=\"%d\">0 s</text><text x=\"%d\" y=\"%d\">%d s</text>\n</svg>\n", h + 18, w - 20, h + 18, last
    }' "$folder/memory.csv" >"$folder/memory.svg"
echo "the course: $folder/memory.csv, drawn in $folder/memory.svg"
