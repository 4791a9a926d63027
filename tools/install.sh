#!/bin/sh
# tools/install.sh [EXTRAS]: the folder .venv with the course and its dependencies, made by $PYTHON.
# The versions are those of requirements/, brought by uv where it is to be had and by pip otherwise.
# What was installed is written to a stamp inside .venv; where nothing has changed since, nothing is
# done and no network is needed.
set -eu
cd "$(dirname "$0")/.."
extras=${1:-}
python=${PYTHON:-python3}
venv=.venv
stamp=$venv/installed${extras:+-$extras}
lock=requirements/course.txt
[ -z "$extras" ] || lock=requirements/test.txt

stop() {
    echo "course_lr: $*" >&2
    exit 1
}

state() { # all that an installation depends on: its Python, this folder, the dependencies
    "$venv/bin/python" -c 'import sys; print(sys.version)' && pwd && cat pyproject.toml requirements/*.txt
}

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check "$@"
}

uv_is_there() { # or can be had; it knows nothing of an index that only pip was told of
    command -v uv >/dev/null && return 0
    ! pip config list | grep '\.index-url=' >/dev/null && pip install --quiet uv 2>/dev/null
}

uv_install() {
    if command -v uv >/dev/null; then
        uv pip install --python "$venv/bin/python" "$@"
    else
        "$venv/bin/python" -m uv pip install --python "$venv/bin/python" "$@"
    fi
}

locked() { # by this command
    "$@" --quiet --require-hashes -r "$lock" && "$@" --quiet --no-deps -e .
}

admitted() { # what pyproject.toml admits; what is there already stays
    pip install --quiet -e ".${extras:+[$extras]}" ||
        stop "the packages named in pyproject.toml could not be installed; the lines above say why"
}

if now=$(state 2>/dev/null) && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ]; then
    exit 0
fi

if ! pip --version >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) ||
        stop "Python 3.11 or newer is needed, and there is no working $python"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "Python 3.11 or newer is needed, and $python is $version (name another one: make lab PYTHON=python3.12)"
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        stop "$python has no venv or no ensurepip (on Debian and Ubuntu: apt install python3-venv)"
    "$python" -m venv --clear "$venv" || stop "$python could not make the folder $venv"
fi

echo "installing into $venv (a minute or less, needs the network, only this once) ..."
rm -f "$stamp"
if ! { uv_is_there && locked uv_install; } && ! locked pip install; then
    [ -z "${CI:-}" ] || stop "the versions in $lock could not be installed; the lines above say why"
    echo "the versions in $lock do not install here: taking those that pyproject.toml admits ..."
    admitted
fi
case $extras in *bridges*) admitted ;; esac
state >"$stamp"
[ -z "$extras" ] || cp "$stamp" "$venv/installed" # the extras come on top of the course's own
