#!/usr/bin/env bash
# How long readers and editors wait while `serve` runs over very many readers: benches/readers.sh [READERS [BINARY [FOLDER]]], by default a
# million and the release build. Prints the median and the longest of twenty times each: the sign-up page and its form, a reader's page of
# preferences and its saving, the preview of an audience over the control socket, the counts (goal for a million: each below 200 ms). The
# page of preferences is a real reader's: its link is read from the mail of an issue that goes to every thousandth of them.
# PRESSROOM_BENCH_KEEP=1 keeps the newsroom in FOLDER, and the next run goes without the import. Linux only; needs curl and python3.
set -euo pipefail
cd "$(dirname "$0")/.."

readers=${1:-1000000}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
binary=$(realpath "${2:-$target/release/pressroom}")
folder=$(realpath -m "${3:-$target/readers-$readers}")
times=20
export PRESSROOM_NEWSROOM="$folder/newsroom" PRESSROOM_WEB_LISTEN=127.0.0.1:0 PRESSROOM_LINKS_CHECK=false RUST_LOG="${RUST_LOG:-warn}"
mkdir -p "$folder"
catcher= daemon=
finish() {
    for process in $daemon $catcher; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"/{mails,out,port,times,answer}
    [ -n "${PRESSROOM_BENCH_KEEP:-}" ] || rm -rf "$folder"
}
trap finish EXIT

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# A relay that keeps what it takes.
rm -rf "$folder"/{mails,out,port} && mkdir "$folder/mails" && mkfifo "$folder/out" "$folder/port"
python3 tests/checkers/catch.py "$folder/mails" >"$folder/port" &
catcher=$!
exec 8<"$folder/port"
read -r -t 30 port <&8

# The sample newsroom and its readers: ten states, one of them rare, and two languages.
if [ ! -e "$folder/imported" ] || [ ! -d "$PRESSROOM_NEWSROOM" ]; then
    rm -rf "$PRESSROOM_NEWSROOM" "$folder/imported"
    "$binary" init "$PRESSROOM_NEWSROOM" >/dev/null
    rm -f "$PRESSROOM_NEWSROOM"/issues/*.md
    seq 1 "$readers" | awk 'BEGIN { split("AZ CA IL MI NM NY OH OR TX", states, " "); print "email,first_name,state,language" }
        { printf "reader.%d@district%d.example.org,First%d,%s,%s\n", $1, $1 % 977, $1 % 1000, $1 % 1000 ? states[$1 % 9 + 1] : "WY", $1 % 8 ? "en" : "es" }' \
        >"$folder/readers.csv"
    begun=$(milliseconds)
    "$binary" subscriber import "$folder/readers.csv" --newsletter partners --consent "made for a bench" >/dev/null 2>&1
    echo "import of $readers readers: $(($(milliseconds) - begun)) ms"
    rm "$folder/readers.csv"
    touch "$folder/imported"
fi
sed -i "s|^url = \"smtp://.*|url = \"smtp://127.0.0.1:$port?tls=none\"|" "$PRESSROOM_NEWSROOM/pressroom.toml"

begun=$(milliseconds)
"$binary" serve >"$folder/out" 2>"$folder/serve.log" &
daemon=$!
exec 9<"$folder/out"
read -r -t 300 ready <&9
[[ $ready == ready:* ]] || { echo "not ready: $ready" >&2; exit 1; }
site=${ready#ready: }
echo "serve is ready after $(($(milliseconds) - begun)) ms"

# An issue to the rare ones: what the preview is compared with, and whose mail names a page of preferences.
issue="$PRESSROOM_NEWSROOM/issues/bench-$(date +%s).md"
printf '+++\nnewsletter = "partners"\nsubject = "To a few"\npreheader = "For a measurement."\naudience = %s\n+++\n%s\n' \
    "'state = \"WY\"'" "Two districts share one clinic." >"$issue"
"$binary" issue send "$issue" --yes --offline --as operator@lantern.example.org --wait 30m >"$folder/answer" 2>&1 || { cat "$folder/answer" "$folder/serve.log" >&2; exit 1; }
preferences=$(python3 - "$folder/mails" <<'EOF'
import email, pathlib, re, sys
mail = sorted(pathlib.Path(sys.argv[1]).glob("*.eml"))[0]
parts = email.message_from_bytes(mail.read_bytes()).walk()
print(next(found[0].decode() for part in parts if (found := re.search(rb"/r/[a-z2-7]+", part.get_payload(decode=True) or b""))))
EOF
)

# The store is warm when all of it has been read once.
begun=$(milliseconds)
"$binary" subscriber list >/dev/null
echo "a scan of all readers: $(($(milliseconds) - begun)) ms"

# Tells of some milliseconds, one a line.
tell() { sort -n "$folder/times" | awk -v what="$1" '{ all[NR] = $1 } END { printf "%-42s median %6.1f ms, at most %6.1f ms\n", what, all[int((NR + 1) / 2)], all[NR] }'; }

# The name of a step, a path, and for a POST a form in which NUMBER and DAY are replaced.
web() {
    local what="$1" address="$site$2" form="${3-}" number day answer
    : >"$folder/times"
    for number in $(seq "$times"); do
        local ask=(curl -sS -o "$folder/answer" -w '%{http_code} %{time_total}' "$address")
        printf -v day %02d "$number"
        [ -z "$form" ] || ask+=(--data "$(sed "s/NUMBER/$number/g; s/DAY/$day/g" <<<"$form")")
        answer=$("${ask[@]}")
        [[ $answer == 200\ * ]] || { echo "$what: $answer" >&2; cat "$folder/answer" "$folder/serve.log" >&2; exit 1; }
        awk -v s="${answer#* }" 'BEGIN { print s * 1000 }' >>"$folder/times"
    done
    tell "$what"
}

# A command: the start of its own process is in it.
command() {
    local what="$1" begun
    shift
    : >"$folder/times"
    for _ in $(seq "$times"); do
        begun=$(date +%s%N)
        "$binary" "$@" >"$folder/answer"
        awk -v ns=$(($(date +%s%N) - begun)) 'BEGIN { print ns / 1000000 }' >>"$folder/times"
    done
    tell "$what"
}

web "the sign-up page" /partners/sign-up
web "a sign-up, address unknown" /partners/sign-up "email=new.NUMBER%40readers.example.org&name=A+Reader&state=NM&language=en"
web "a sign-up, address of a reader" /partners/sign-up "email=reader.NUMBER%40districtNUMBER.example.org&state=NM&language=en"
month=$(date -d "$(date +%Y-%m-01) + 2 months" +%Y-%m)
web "the page of preferences" "$preferences"
web "preferences saved" "$preferences" "save=1&newsletters=partners&state=NM&language=es&until=$month-DAY"
[[ $(cat "$folder/answer") == *"$month-$times"* ]] || { echo "the preferences were not saved" >&2; exit 1; }
web "the counts, as /metrics tells them" /metrics
grep "^pressroom_readers" "$folder/answer" | head -n 3 || true
command "a command that asks nothing" --version
command "an audience, over the control socket" subscriber audience 'state in ["NM", "TX"] and not language = "es" and joined since 2020-01-01' --newsletter partners
head -n 4 "$folder/answer"
command "all readers as an audience" subscriber audience --newsletter partners
