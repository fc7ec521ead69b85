#!/usr/bin/env bash
# Visitors in a real browser, a link scanner and outside checkers on the pages that the binary serves.
# Usage: tests/web/run.sh PRESSROOM CACHE
set -euo pipefail
pressroom="$1"
cache="$2"
here="$(cd "$(dirname "$0")" && pwd)"

. "$here/../steps.sh"

need_debian chromium "chromium fonts-dejavu-core"
need_debian java default-jre-headless
need_debian npm "nodejs npm"
need_debian python3 python3
need_node_tools "$here" "$cache/web"

node "$here/saving.mjs"

say "visitors, a link scanner and outside checkers on the pages"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/mails" "$scratch/html"
PRESSROOM_MAILS="$scratch/mails" NODE_PATH="$cache/web/node_modules" node "$here/site.mjs" "$pressroom"

say "every mail that they got, read strictly, and its HTML in Nu, html-validate and axe"
checkers="$here/../checkers"
need_node_tools "$checkers" "$cache/checkers"
python3 "$checkers/mail.py" --html "$scratch/html" "$scratch/mails"
python3 "$checkers/subjects.py" "$scratch/mails" > "$scratch/subjects"
for subject in "We have" "Please look at our changes" "About" "Agreed" "May Example" "A piece has come" "Your piece went out"; do
    grep -q "^$subject" "$scratch/subjects" || { echo "no mail about: $subject" >&2; exit 1; }
done
NODE_PATH="$cache/checkers/node_modules" node "$checkers/html.mjs" "$scratch"/html/*.html
