#!/bin/sh
# install.sh FILE: make .venv with the first Python that will do, and install FILE's packages into it.
set -eu
cd "$(dirname "$0")/.."

will_do() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

has_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if will_do "$name"; then python=$name && break; fi
    done
    if [ -z "$python" ]; then
        echo "The portal needs Python 3.11, 3.12 or 3.13, and found none: tried ${PYTHON:-python3 python3.13 python3.12 python3.11}." >&2
        echo "Install one, or name it: PYTHON=/path/to/python3.12 make run" >&2
        exit 1
    fi
    if ! has_venv "$python"; then
        echo "$python has no venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

echo "Installing $1 (this takes about a minute the first time)"
# The file names every package with its hashes, so there is nothing to resolve.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$1"
