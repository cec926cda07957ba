#!/bin/sh
# lock.sh [--upgrade]
#
# Writes requirements/*.txt: one hashed lock per purpose, for every Python of pyproject.toml at once, wheels only (no compiler on
# a gateway), without the address of any registry. `dev` comes first; the others take its versions, so that one environment
# grows from run to demo to dev to train without a change of version.
set -eu
cd "$(dirname "$0")/.."
upgrade=${1:-}

lock() {
    purpose=$1
    shift
    echo "requirements/$purpose.txt"
    # shellcheck disable=SC2086  # no option is no argument
    .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --only-binary :all: --no-binary pyric --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --group build $upgrade "$@" pyproject.toml --output-file "requirements/$purpose.txt"
}

lock dev --extra dev
lock run --extra gpio --constraints requirements/dev.txt
lock demo --extra demo --extra gpio --constraints requirements/dev.txt
lock train --extra train --constraints requirements/dev.txt
