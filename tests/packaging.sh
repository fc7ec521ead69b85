#!/usr/bin/env bash
# Holds packaging/ against systemd's own checker, offline, in a staged root: tests/packaging.sh BINARY. No container engine is asked;
# what can be seen of the Containerfile without one is in tests/packaging.rs.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
. tests/steps.sh

# Tenths of systemd's exposure level: 0 is shut, 100 is open. What is left is the network.
exposure_max=11

need_debian systemd-analyze systemd
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

mkdir -p "$stage"/{bin,etc/systemd/system,lib/systemd,usr/local/bin,usr/lib}
cp -r /lib/systemd/system "$stage/lib/systemd/"
ln -s ../../lib/systemd "$stage/usr/lib/systemd"
cp /bin/kill "$stage/bin/"
cp "$binary" "$stage/usr/local/bin/pressroom"
cp packaging/pressroom-backup "$stage/usr/local/bin/"
cp packaging/pressroom{,-backup}.service packaging/pressroom-backup.timer "$stage/etc/systemd/system/"
cp -r packaging/pressroom.service.d "$stage/etc/systemd/system/"

units=(pressroom.service pressroom-backup.service pressroom-backup.timer)
said=$(systemd-analyze verify --root "$stage" --man=no "${units[@]}" 2>&1) || { echo "$said" >&2; exit 1; }
# It also speaks of the machine's own units; a word about ours is a fault.
if grep pressroom <<<"$said" >&2; then exit 1; fi

for unit in "${units[@]:0:2}"; do
    systemd-analyze security --root "$stage" --offline=true --threshold=$exposure_max --no-pager "$unit" >"$stage/said" ||
        { grep -v '^✓' "$stage/said" >&2; exit 1; }
    tail -n 1 "$stage/said"
done
