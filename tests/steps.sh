# What the test scripts share: telling which step runs, and installing what a step needs (Debian, as root or with sudo).

say() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

need_debian() { # COMMAND PACKAGES
    command -v "$1" >/dev/null && return
    say "installing $2"
    as_root env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -q >/dev/null && apt-get install -q -y --no-install-recommends $2 >/dev/null"
}

need_node_tools() { # PACKAGE_FOLDER CACHE_FOLDER
    mkdir -p "$2"
    cmp -s "$1/package.json" "$2/package.json" && return
    say "installing the tools of $1"
    cp "$1/package.json" "$2/package.json"
    (cd "$2" && npm install --ignore-scripts --no-audit --no-fund --silent) || { rm -f "$2/package.json"; exit 1; }
}
