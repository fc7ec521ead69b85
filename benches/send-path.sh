#!/usr/bin/env bash
# All figures of the send path, one after another, in about six minutes on a machine that has nothing else to do (Debian: postfix for
# smtp-sink and smtp-source, linux-perf for the profile; a part whose tool is missing is left out). benches/memory.sh is apart.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "$(grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'), $(nproc) cores, Linux $(uname -r); load $(cut -d' ' -f1-3 /proc/loadavg)"
for mode in throughput latency dkim slow-domain; do
    cargo bench --quiet --locked --bench wire -- "$mode"
done
if command -v perf >/dev/null; then
    printf '\n'
    benches/profile.sh
fi
