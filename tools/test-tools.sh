#!/bin/sh
# Install the programs that the tests drive and that pip cannot bring: Chromium and Redis, and curl and jq
# for the commands that the pages show.
set -eu

missing=
for program in redis-server curl jq; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
browser=
for program in chromium-headless-shell chromium chromium-browser google-chrome-stable google-chrome; do
    browser=${browser:-$(command -v "$program" || true)}
done
[ -n "$browser" ] || missing="$missing chromium"
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" != 0 ]; then root="sudo -n"; fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT

install() {
    export DEBIAN_FRONTEND=noninteractive
    $root true && $root apt-get update -q && $root apt-get install -q -y --no-install-recommends $missing
}

echo "Installing$missing"
if ! install >"$log" 2>&1; then
    echo "The tests need$missing: as root, apt-get install$missing ($(tail -n 1 "$log"))" >&2
    exit 1
fi
