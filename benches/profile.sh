#!/usr/bin/env bash
# What the processor does for one message on its way: benches/profile.sh [MESSAGES [MILLISECONDS]], by default 20 000 messages to our
# own sink with no delay. Prints microseconds of processor time a message by thread and by what it is for, and the most costly functions.
# Needs perf (Debian: linux-perf) and the right to use it. The sender is the release build as it is: kernel stacks are whole, so a
# system call is known by its name; our own code is sorted by its innermost function.
set -euo pipefail
cd "$(dirname "$0")/.."

messages=${1:-20000}
delay=${2:-0}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
scratch=$(mktemp -d "$target/profile.XXXXXX")
sink=
trap 'exec 8>&- 7>&-; [ -z "$sink" ] || kill "$sink" 2>/dev/null || true; rm -rf "$scratch"' EXIT

wire=$(cargo bench --bench wire --locked --quiet --no-run --message-format=json |
    sed -n 's/.*"name":"wire".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
mkfifo "$scratch/in" "$scratch/address"
exec 8<>"$scratch/in"
"$wire" sink "$delay" <"$scratch/in" >"$scratch/address" &
sink=$!
exec 7<"$scratch/address"
read -r address <&7

# The first issue subscribes the readers, which is not what is looked at.
"$wire" send "$scratch/store" 2027-02-first "$address" 8 "$messages" wide <&8 >/dev/null
perf record --quiet -g -F 1999 -e cpu-clock -o "$scratch/perf.data" \
    "$wire" send "$scratch/store" 2027-02-second "$address" 8 "$messages" wide <&8 |
    awk '{ printf "%d messages in %.2f s: %.0f/s, %.0f us of processor time each\n", $1, $2, $1 / $2, $3 * 1e6 / $1 }'

perf script -i "$scratch/perf.data" -F comm,ip,sym 2>/dev/null | awk -v messages="$messages" -v hertz=1999 '
    # One sample: a line with the name of the thread, then its stack from the inside out, then an empty line.
    function settle(   what, place) {
        if (!thread) return
        if (thread ~ /^tokio/) thread = "network"
        else if (thread == "store-writer") thread = "writer"
        else thread = "other"
        what = ""
        for (place = 1; place <= depth; place++) {
            if (stack[place] ~ /^__(x64|do)_sys_|^ksys_/ && what == "") {
                what = stack[place]; sub(/^__(x64|do)_sys_|^ksys_/, "", what)
                if (what ~ /^(sendto|sendmsg|writev?|send)$/) what = (thread == "network") ? "socket: write" : "file: write"
                else if (what ~ /^(recvfrom|recvmsg|readv?|recv)$/) what = (thread == "network") ? "socket: read" : "file: read"
                else if (what ~ /^pwrite|^pread/) what = "file: " what
                else if (what ~ /sync/) what = "file: " what
                else if (what ~ /futex/) what = "wakeups: futex"
                else if (what ~ /epoll/) what = "wakeups: epoll"
                else what = "kernel: " what
            }
        }
        leaf = stack[1]
        if (what == "") {
            if (leaf ~ /^(page_fault|exc_page_fault|asm_exc|clear_page|handle_mm)/) what = "kernel: page faults"
            else if (leaf ~ /sled|pagecache|crossbeam|fxhash/) what = "code: sled"
            else if (leaf ~ /pressroom::store|roaring|postcard|sha2|hmac/) what = "code: our store"
            else if (leaf ~ /transport|lettre|reply/) what = "code: SMTP"
            else if (leaf ~ /compose|qp|mime/) what = "code: composing"
            else if (leaf ~ /engine|traffic|throttle/) what = "code: engine"
            else if (leaf ~ /tokio|mio|futures/) what = "code: tokio"
            else if (leaf ~ /tracing/) what = "code: tracing"
            else if (leaf ~ /malloc|free|realloc|calloc|alloc::/) what = "code: allocator"
            else if (leaf ~ /mem(cpy|move|set|cmp)/) what = "code: memcpy and the like"
            else if (user) what = "code: other"
            else what = "kernel: interrupts and the like"
        }
        samples[thread " " what]++; threads[thread]++; all++; leaves[thread " " leaf]++
        thread = ""; depth = 0
    }
    /^[^[:space:]]/ { settle(); thread = $1; depth = 0; user = 1; next }
    NF == 0 { settle(); next }
    { depth++; ip = $1; $1 = ""; sub(/^ /, ""); stack[depth] = $0; if (depth == 1) user = (ip !~ /^ffff/) }
    END {
        settle()
        us = 1e6 / hertz / messages
        printf "\nmicroseconds a message, all threads: %.1f (%d samples)\n", all * us, all
        for (name in threads) printf "%8.1f  %s\n", threads[name] * us, name | "sort -rn"
        close("sort -rn")
        print "\nby what it is for:"
        for (name in samples) printf "%8.1f  %s\n", samples[name] * us, name | "sort -rn | head -n 40"
        close("sort -rn | head -n 40")
        print "\nby function:"
        for (name in leaves) printf "%8.1f  %s\n", leaves[name] * us, name | "sort -rn | head -n 30"
    }'
