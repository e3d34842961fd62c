#!/bin/sh
# Writes the lock files: every version with its hashes, for all platforms, without the address of any index.
# UV names the uv to use; `make lock` passes the one of .venv. Arguments go on to uv, for example --upgrade.
set -eu
cd "$(dirname "$0")/.."

lock() {
    output=$1
    shift
    "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --custom-compile-command 'make lock' --output-file "$output" "$@"
}

lock requirements.lock requirements.txt "$@"
lock requirements-dev.lock requirements-dev.txt --constraints requirements.lock "$@"
lock requirements-uv.lock requirements-uv.txt "$@"
