#!/usr/bin/env bash
# Outside checkers on what the binary really makes: every mail of the sample issue, its signatures, its HTML and the pages it links to in a
# real browser.
# Usage: tests/checkers/run.sh PRESSROOM CACHE
set -euo pipefail
pressroom="$1"
cache="$2"
here="$(cd "$(dirname "$0")" && pwd)"

. "$here/../steps.sh"

need_debian chromium "chromium fonts-dejavu-core"
need_debian java default-jre-headless
need_debian npm "nodejs npm"
need_debian opendkim opendkim
need_debian pip3 python3-pip
tools="$cache/checkers"
need_node_tools "$here" "$tools"

if ! [ -d "$tools/python/dkim" ]; then
    say "installing dkimpy"
    pip3 install --quiet --disable-pip-version-check --root-user-action=ignore --target "$tools/python" dkimpy pynacl authres
fi

scratch="$(mktemp -d)"
# What is still running when a step fails: it is ended with the rest.
helpers=()
trap 'for helper in "${helpers[@]}"; do kill "$helper" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT
"$pressroom" init "$scratch/newsroom" >/dev/null
cd "$scratch/newsroom"

say "the sample passes check"
"$pressroom" partner import subscribers/partners.csv >/dev/null
for feature in issues/features/*.md; do
    id="$("$pressroom" feature submit "$feature" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')"
    "$pressroom" feature approve "$id" >/dev/null
done
"$pressroom" check --offline

say "building twice gives the same bytes"
for issue in issues/*.md; do
    name="$(basename "$issue" .md)"
    "$pressroom" build "$issue" --out "$scratch/once/$name" >/dev/null
    "$pressroom" build "$issue" --out "$scratch/twice/$name" >/dev/null
done
diff -r "$scratch/once" "$scratch/twice"

say "keys to sign with, made by the program itself"
mkdir "$scratch/records"
for selector in check1 check2; do
    kind="$([ "$selector" = check2 ] && echo --ed25519 || true)"
    "$pressroom" dkim keygen --domain lantern.example.org --selector "$selector" $kind --out "$scratch/$selector.pem" --json \
        > "$scratch/records/$selector.json"
    [ "$(stat -c %a "$scratch/$selector.pem")" = 600 ]
done
sed -i 's/^schedule = /dkim = "own"\n&/' pressroom.toml
cat >> pressroom.toml <<TOML

[[dkim]]
domain = "lantern.example.org"
selector = "check1"
key_file = "$scratch/check1.pem"
ed25519 = { selector = "check2", key_file = "$scratch/check2.pem" }
TOML
"$pressroom" dkim record --json | python3 -c '
import json, pathlib, sys
made = [json.loads(file.read_text()) for file in sorted(pathlib.Path(sys.argv[1]).glob("*.json"))]
assert json.load(sys.stdin) == made' "$scratch/records"

say "every mail of an issue, read strictly"
"$pressroom" subscriber import subscribers/readers.csv --newsletter partners --consent "sample" >/dev/null
"$pressroom" issue send issues/2027-02-partners.md --dry-run "$scratch/mails" --offline >/dev/null
python3 "$here/mail.py" "$scratch/mails" "$scratch"/once/*/issue.eml
PYTHONPATH="$tools/python" python3 "$here/signatures.py" verify "$scratch/records" "$scratch"/mails/*.eml

say "the HTML in Nu, html-validate and axe"
NODE_PATH="$tools/node_modules" node "$here/html.mjs" "$scratch"/once/*/issue.html

say "the notices that serve sends: proofs, pieces and what else is due, read as strictly and looked at as closely"
mkdir "$scratch/notices" "$scratch/notices-html"
python3 "$here/catch.py" "$scratch/notices" > "$scratch/port" &
catcher=$!
for _ in $(seq 100); do [ -s "$scratch/port" ] && break; sleep 0.1; done
sed -i "s/127.0.0.1:2525/127.0.0.1:$(cat "$scratch/port")/" pressroom.toml
"$pressroom" issue queue issues/2027-02-partners.md >/dev/null
"$pressroom" issue proof 2027-02-partners --offline >/dev/null
sed 's/^count  = 2$/cout = 2/' issues/2027-02-partners.md > issues/2027-04-partners.md
PRESSROOM_WEB_LISTEN=127.0.0.1:0 "$pressroom" serve 2>"$scratch/serve.log" &
daemon=$!
helpers=("$daemon" "$catcher")
# Three of staff have the proof, three partners their piece, the editor is told of a file that cannot be queued, and six partners are asked
# whether they may be named in the steering committee's brief.
for _ in $(seq 300); do
    [ "$(find "$scratch/notices" -name '*.eml' | wc -l)" -ge 13 ] && break
    sleep 0.1
done
kill "$daemon"
wait "$daemon"
kill "$catcher"
python3 "$here/mail.py" --html "$scratch/notices-html" "$scratch/notices"
grep -l "^Subject: \[proof " "$scratch"/notices/*.eml >/dev/null
grep -l "^Subject: Your piece runs" "$scratch"/notices/*.eml >/dev/null
grep -l "^Subject: 2027-04-partners.md has 1 error" "$scratch"/notices/*.eml >/dev/null
NODE_PATH="$tools/node_modules" node "$here/html.mjs" "$scratch"/notices-html/*.html

say "signatures in dkimpy, opendkim and mailauth: whole, changed as mail systems do, and spoilt"
for mail in "$scratch/mails/0000001.eml" "$(grep -l "^Subject: \[proof " "$scratch"/notices/*.eml | head -n 1)"; do
    python3 "$here/signatures.py" variants "$mail" "$scratch/variants/$(basename "$mail" .eml)"
done
PYTHONPATH="$tools/python" python3 "$here/signatures.py" verify "$scratch/records" "$scratch"/notices/*.eml "$scratch"/variants/*/*.eml
python3 "$here/signatures.py" opendkim "$scratch/records" "$scratch"/mails/000000*.eml "$scratch"/notices/*.eml "$scratch"/variants/*/*.eml
NODE_PATH="$tools/node_modules" node "$here/signatures.mjs" "$scratch/records" "$scratch"/mails/*.eml "$scratch"/notices/*.eml "$scratch"/variants/*/*.eml

say "the demo delivers to everyone"
"$pressroom" demo --exit --json | python3 -c '
import json, sys
tally = json.load(sys.stdin)
print(tally)
parts = ["accepted", "refused", "deferred", "skipped", "uncertain", "pending"]
assert tally["intended"] == sum(tally[part] for part in parts) == tally["accepted"] == 200, tally
assert tally["state"] == "sent", tally'

say "the pages that a mail links to, as they are served"
TMPDIR="$scratch" "$pressroom" demo >"$scratch/demo.log" 2>&1 &
demo=$!
helpers=("$demo")
for _ in $(seq 240); do
    grep -q 'Read the mail: http' "$scratch/demo.log" && break
    kill -0 "$demo" || { cat "$scratch/demo.log"; exit 1; }
    sleep 0.5
done
inbox="$(grep -o 'http://[^ ]*/inbox' "$scratch/demo.log" | tail -n 1)"
mapfile -t pages < <(python3 "$here/pages.py" "${inbox%/inbox}")
[ "${#pages[@]}" -ge 8 ] || { echo "too few pages: ${pages[*]}"; exit 1; }
NODE_PATH="$tools/node_modules" node "$here/html.mjs" "${pages[@]}"
kill -INT "$demo"
wait "$demo"
