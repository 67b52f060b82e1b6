#!/bin/sh
# Makes .venv from the lock files, and does nothing while they are unchanged.
#   sh deploy/environment.sh          what cspmd itself needs, every extra included
#   sh deploy/environment.sh tests    the same, and what the tests need
# PYTHON names the interpreter to use (default: the first of python3.11, python3, ... that is 3.11 or newer).
set -eu

level=${1:-run}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"

say() { printf 'cspmd: %s\n' "$*" >&2; }

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python3.12 python3.13 python3.14; do
        if usable "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    say "needs Python 3.11 or newer, and found none (set PYTHON to its path)"
    return 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        say "$python cannot make environments; on Debian and Ubuntu: apt-get install python3-venv"
        return 1
    fi
    "$python" -m venv --clear .venv
}

pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; }

install() { pip install --quiet --no-compile --require-hashes --only-binary :all: "$@"; }

case $level in
    run) locks="requirements.lock" ;;
    tests) locks="requirements.lock tests/requirements.lock" ;;
    *) say "usage: sh deploy/environment.sh [tests]" && exit 2 ;;
esac

# What an environment was made from. The path counts too: scripts of one that was moved point to where it was.
# shellcheck disable=SC2086
made_from() { printf '%s\n' "$root" | cat - pyproject.toml $locks | cksum; }

if [ "$(cat ".venv/.made-for-$level" 2>/dev/null)" = "$(made_from)" ] && usable .venv/bin/python; then
    exit 0
fi

say "making the environment in $root/.venv from the lock files (once, about half a minute)"
rm -f .venv/.made-for-*
if ! usable .venv/bin/python || ! pip --version >/dev/null 2>&1; then
    make_venv
fi
for lock in $locks; do
    install --requirement "$lock"
done
pip install --quiet --no-index --no-deps --no-build-isolation --editable .
# pip would compile on one core only, and an environment that is not compiled makes a slow first start.
.venv/bin/python -m compileall -qq -j 0 .venv/lib collectors daemon detectors
made_from >".venv/.made-for-$level"
locks=requirements.lock
made_from >.venv/.made-for-run
