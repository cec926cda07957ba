#!/bin/sh
# prepare.sh PURPOSE [PROGRAM ...]
#
# Makes .venv fit for PURPOSE (run, demo, dev or train; each holds those before it) and sees that the PROGRAMs are there. What is
# missing is installed with apt-get where we may, after saying so; where we may not, one line says what to install. When all is
# there already it does nothing, quickly. PYTHON=... chooses another interpreter.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
wanted=$1
shift

say() { echo "prepare: $*" >&2; }
fail() { say "$*"; exit 1; }

newest=13
[ "$wanted" != train ] || newest=11 # TensorFlow 2.15 ends there

identity() { # of an interpreter the product runs on: where it comes from, and its version
    "$1" - "$newest" 2>/dev/null <<'EOF'
import sys

if not (3, 10) <= sys.version_info[:2] <= (3, int(sys.argv[1])) or sys.maxsize < 2**32:
    sys.exit(1)
print(sys.base_prefix, "%d.%d" % sys.version_info[:2])
EOF
}

install_packages() {
    command -v apt-get >/dev/null || fail "please install$missing (no apt-get here)"
    become=
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "please run: sudo apt-get install$missing"
        become="sudo -n"
    fi
    say "installing with apt-get:$missing (a broker among them is not started: tests run their own)"
    # shellcheck disable=SC2016,SC2086  # the inner shell expands; the list is meant to split
    $become sh -euc '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap "rm -f $policy" EXIT INT TERM
            printf "#!/bin/sh\nexit 101\n" >$policy
            chmod +x $policy
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >/dev/null
        case " $* " in
        *" mosquitto "*) ! command -v systemctl >/dev/null || systemctl --quiet disable mosquitto ;;
        esac
    ' sh $missing </dev/null >&2 || fail "apt-get failed; please install$missing"
}

# --- What is there: line 1 of the stamp is the interpreter's identity, line 2 the purpose and a checksum of what was installed ---
stamp=.venv/prepared
built_with=$(sed -n 1p $stamp 2>/dev/null || true)
installed=$(sed -n 2p $stamp 2>/dev/null || true)

# --- Python: the one .venv was built with, if it is still the same; else the first that fits -----------------------------------
python=
for candidate in ${PYTHON:-.venv/bin/python python3 python3.13 python3.12 python3.11 python3.10}; do
    found=$(identity "$candidate") || continue
    [ "$candidate" != .venv/bin/python ] || [ "$found" = "$built_with" ] || continue
    python=$candidate
    break
done
[ -n "$python" ] || fail "needs a 64-bit Python 3.10 to 3.$newest; install one or name it: make PYTHON=/path/to/python ..."

# --- Packages of the system ----------------------------------------------------------------------------------------------------
missing=
[ "$found" = "$built_with" ] || "$python" -c 'import ensurepip, venv' 2>/dev/null || missing=" $(basename "$python")-venv"
for program in "$@"; do
    command -v "$program" >/dev/null && continue
    case $program in
    dbus-daemon) missing="$missing dbus" ;;
    c++) missing="$missing g++" ;; # comes with cc, too
    aplay) missing="$missing alsa-utils" ;;
    *) missing="$missing $program" ;;
    esac
done
[ -z "$missing" ] || install_packages

# --- .venv: a new one for another Python; a grown one for a larger purpose or a changed lock -----------------------------------
if [ "$found" != "$built_with" ]; then
    installed=
    say "building .venv with Python ${found##* }"
    clear=--clear
    [ "$(identity .venv/bin/python || true)" != "$found" ] || clear=
    "$python" -m venv $clear .venv
fi
purpose=$wanted
case "${installed%% *}:$wanted" in train:* | dev:demo | dev:run | demo:run) purpose=${installed%% *} ;; esac
complete="$purpose $(cat "requirements/$purpose.txt" pyproject.toml | sha256sum | cut -d' ' -f1)"
[ "$installed" != "$complete" ] || exit 0

say "installing requirements/$purpose.txt into .venv (once; half a minute, on a small machine more)"
rm -f $stamp
pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -qq --no-input"
# Wheels only, but for PyRIC: it has none, and is a few files of Python.
$pip --require-hashes --only-binary :all: --no-binary pyric -r "requirements/$purpose.txt" </dev/null
$pip --no-deps --no-build-isolation --editable . </dev/null
printf '%s\n%s\n' "$found" "$complete" >$stamp
