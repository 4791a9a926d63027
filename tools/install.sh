#!/bin/sh
# tools/install.sh [EXTRAS]: the folder .venv with the course and its dependencies, made by $PYTHON.
# What was installed is written to a stamp inside .venv; where nothing has changed since, nothing is
# done and no network is needed.
set -eu
cd "$(dirname "$0")/.."
extras=${1:-}
python=${PYTHON:-python3}
venv=.venv
stamp=$venv/installed${extras:+-$extras}

stop() {
    echo "course_lr: $*" >&2
    exit 1
}

state() { # all that an installation hangs on: its Python, this folder, the dependencies
    "$venv/bin/python" -c 'import sys; print(sys.version)' && pwd && cat pyproject.toml
}

if now=$(state 2>/dev/null) && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ]; then
    exit 0
fi

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) ||
        stop "Python 3.11 or newer is needed, and there is no working $python"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "Python 3.11 or newer is needed, and $python is $version (name another one: make lab PYTHON=python3.12)"
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        stop "$python has no venv or no ensurepip (on Debian and Ubuntu: apt install python3-venv)"
    "$python" -m venv --clear "$venv" || stop "$python could not make the folder $venv"
fi

echo "installing into $venv (a minute or two, needs the network, only this once) ..."
rm -f "$stamp"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e ".${extras:+[$extras]}" ||
    stop "the packages named in pyproject.toml could not be installed; the lines above say why"
state >"$stamp"
[ -z "$extras" ] || cp "$stamp" "$venv/installed" # the extras come on top of the course's own
