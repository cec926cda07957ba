#!/bin/sh
# suite_in_root.sh SUITE [TARGET ...]
#
# Runs `make TARGET ...` (check and test unless told) on a clean clone of this checkout in a bare root of a Debian release: python3,
# make and certificates alone. Nothing outside that root is touched. Needs root and mmdebstrap. ROOT=/some/folder keeps the
# root for the next time.
set -eu
suite=$1
shift
[ $# -gt 0 ] || set -- check test
checkout=$(cd "$(dirname "$0")/.." && pwd)
if [ -n "${ROOT:-}" ]; then
    root=$ROOT
else
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
fi

[ -e "$root/usr" ] || mmdebstrap --quiet --variant=minbase --include=python3,make,ca-certificates "$suite" "$root"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" # this system may trust a mirror of its own
rm -rf "$root/src/checkout"
git clone --quiet "$checkout" "$root/src/checkout"

# The recordings that tests look for beside a checkout come along, read-only. Mounts end with the namespace.
grep PRETTY_NAME "$root/etc/os-release"
# shellcheck disable=SC2016  # the inner shell expands
unshare --mount --pid --fork sh -euc '
    root=$1 shared=$2/../shared
    shift 2
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    if [ -d "$shared" ]; then
        mkdir -p "$root/src/shared"
        mount --bind -o ro "$shared" "$root/src/shared"
    fi
    export HOME=/root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
    exec chroot "$root" make --directory=/src/checkout "$@"
' sh "$root" "$checkout" "$@" </dev/null
