#!/bin/sh
# Pin what the requirements*.in files allow; with --check, say whether the pins are in step with them.
# A file's pins bind the next one, so that development, demo and production run the same versions.
set -eu
cd "$(dirname "$0")/.."
uv=$PWD/.venv/bin/uv

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header "$@"
}

compile_all() {
    compile "$@" requirements.in --output-file requirements.txt
    compile "$@" requirements-demo.in --constraints requirements.txt --output-file requirements-demo.txt
    compile "$@" requirements-dev.in --constraints requirements-demo.txt --output-file requirements-dev.txt
}

if [ "${1:-}" != --check ]; then
    compile_all --upgrade
    exit
fi

# With the present pins in place uv keeps them: a difference means that an .in file says something else.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp requirements*.in requirements*.txt "$copy"
there=$PWD
cd "$copy"
compile_all
for file in requirements.txt requirements-demo.txt requirements-dev.txt; do
    if ! diff -u "$there/$file" "$file"; then
        echo "$file is not in step with its .in file: run \`make lock\`" >&2
        exit 1
    fi
done
echo "requirements files are in step"
