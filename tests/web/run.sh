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

say "visitors, a link scanner and outside checkers on the pages"
NODE_PATH="$cache/web/node_modules" node "$here/site.mjs" "$pressroom"
