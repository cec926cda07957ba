#!/bin/sh
# See that each lock resolves from wheels alone (PyRIC, of `dev`, has none: a few files of Python) for every Python and processor the product runs on. glibc 2.34 is Ubuntu 22.04's;
# Debian 12 and Raspberry Pi OS have newer ones. Downloads nothing but metadata.
set -eu
cd "$(dirname "$0")/.."
for processor in x86_64 aarch64; do
    for minor in 10 11 12 13; do
        for purpose in run demo dev train; do
            [ "$purpose" != train ] || [ $minor -le 11 ] || continue
            .venv/bin/uv pip compile --quiet --no-deps --only-binary :all: --no-binary pyric --python-version 3.$minor \
                --python-platform $processor-manylinux_2_34 "requirements/$purpose.txt" >/dev/null
            echo "$processor 3.$minor $purpose: wheels for all"
        done
    done
done
