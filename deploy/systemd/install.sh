#!/bin/sh
# Installs the agent on a gateway: /opt/edge-agent (its own Python environment), the service, its user, udev rule and modules.
#
#   sudo deploy/systemd/install.sh            install or update this checkout, then start the service
#   deploy/systemd/install.sh --prefix DIR    render every file below DIR and start nothing (for images and for checking)
#   --no-packages                             with --prefix: leave /opt/edge-agent out
#   --gpio, --sound                           let the service use GPIO lines, sound devices (local_output, local_input)
#
# An existing configuration is never touched. Run again with a newer checkout, it updates; a failed build leaves the old one running.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
prefix=
packages=yes
gpio=no
sound=no
while [ $# -gt 0 ]; do
    case $1 in
    --prefix) prefix=${2:?--prefix needs a directory}; shift 2 ;;
    --no-packages) packages=no; shift ;;
    --gpio) gpio=yes; shift ;;
    --sound) sound=yes; shift ;;
    *) echo "usage: $0 [--prefix DIR] [--no-packages] [--gpio] [--sound]" >&2; exit 2 ;;
    esac
done
say() { echo "install: $*"; }
fail() { echo "install: $*" >&2; exit 1; }

[ -n "$prefix" ] || [ "$(id -u)" = 0 ] || fail "run as root, or give --prefix DIR to only render the files"
[ -n "$prefix" ] || [ -d /run/systemd/system ] || fail "this machine does not run systemd; give --prefix DIR to only render the files"

put() { # FILE DESTINATION MODE
    mkdir -p "$prefix$(dirname "$2")"
    install -m "$3" "$1" "$prefix$2"
}

put "$here/edge-agent.service" /etc/systemd/system/edge-agent.service 0644
put "$here/edge-agent.modules-load.conf" /etc/modules-load.d/edge-agent.conf 0644
put "$here/60-edge-agent.rules" /etc/udev/rules.d/60-edge-agent.rules 0644
put "$here/edge-agent.sysusers.conf" /etc/sysusers.d/edge-agent.conf 0644
dropins=/etc/systemd/system/edge-agent.service.d
if [ "$gpio" = yes ]; then
    put "$here/edge-agent.service.d/gpio.conf.example" $dropins/gpio.conf 0644
    put "$here/edge-agent-gpio.sysusers.conf" /etc/sysusers.d/edge-agent-gpio.conf 0644
    put "$here/61-edge-agent-gpio.rules" /etc/udev/rules.d/61-edge-agent-gpio.rules 0644
fi
if [ "$sound" = yes ]; then
    put "$here/edge-agent.service.d/sound.conf.example" $dropins/sound.conf 0644
    put "$here/edge-agent-sound.modules-load.conf" /etc/modules-load.d/edge-agent-sound.conf 0644
fi
put "$root/README.md" /usr/local/share/doc/edge-agent/README.md 0644
mkdir -p "$prefix/etc/edge-agent/credentials"
chmod 0700 "$prefix/etc/edge-agent/credentials"
if [ -e "$prefix/etc/edge-agent/config.yaml" ]; then
    say "kept $prefix/etc/edge-agent/config.yaml"
else
    put "$root/configs/minimal.yaml" /etc/edge-agent/config.yaml 0644
    say "wrote $prefix/etc/edge-agent/config.yaml: an example, edit it"
fi

if [ "$packages" = yes ]; then
    target=$prefix/opt/edge-agent
    python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' ||
        fail "needs Python 3.10 to 3.13; name one with PYTHON=/path/to/python3"
    say "building $target with $("$python" --version)"
    rm -rf "$target.new"
    mkdir -p "$(dirname "$target")"
    "$python" -m venv "$target.new" || fail "python3-venv is missing: apt-get install python3-venv"
    "$target.new/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$root/requirements/run.txt"
    site=$("$target.new/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    cp -R "$root/edge_agent" "$root/firmware_bridges" "$site/"
    cat >"$target.new/bin/edge-agent" <<'SCRIPT'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -I -m edge_agent.cli.main "$@"
SCRIPT
    chmod 0755 "$target.new/bin/edge-agent"
    "$target.new/bin/edge-agent" check "$prefix/etc/edge-agent/config.yaml" >/dev/null 2>&1 ||
        say "the configuration is not complete yet: edge-agent check says what is missing"
    rm -rf "$target.old"
    [ ! -d "$target" ] || mv "$target" "$target.old"
    mv "$target.new" "$target"
    rm -rf "$target.old"
fi

[ -z "$prefix" ] || { say "rendered below $prefix; nothing was started"; exit 0; }

systemd-sysusers
modprobe -a usbserial cdc_acm 2>/dev/null || say "usbserial or cdc_acm is not available in this kernel"
[ "$sound" = no ] || modprobe -a snd 2>/dev/null || say "this kernel has no sound to load"
[ "$sound" = no ] || command -v aplay >/dev/null || say "aplay is missing: apt-get install alsa-utils"
udevadm control --reload && udevadm trigger --subsystem-match=tty --subsystem-match=gpio
systemctl daemon-reload
systemctl enable --quiet edge-agent
if /opt/edge-agent/bin/edge-agent check /etc/edge-agent/config.yaml; then
    systemctl restart edge-agent
    say "running; see: systemctl status edge-agent, journalctl -u edge-agent"
else
    say "edit /etc/edge-agent/config.yaml, then: systemctl restart edge-agent"
fi
