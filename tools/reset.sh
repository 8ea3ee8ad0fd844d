#!/bin/sh
# Remove what the demo wrote, unless it is running.
set -eu
cd "$(dirname "$0")/.."
if [ -d var ] && ! flock --nonblock var/run.lock rm -rf var; then
    echo "The demo is running: end it with Ctrl-C first." >&2
    exit 1
fi
echo "The demo is forgotten."
