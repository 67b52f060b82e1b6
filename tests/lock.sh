#!/bin/sh
# Renews both lock files from pyproject.toml, within the versions it allows:
#   sh tests/lock.sh                      keeps every pin that still fits
#   sh tests/lock.sh --upgrade            takes the newest of everything
#   sh tests/lock.sh --upgrade-package X  takes the newest X
# It asks the package index that pip and uv are configured for; the lock files name none.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
trap 'exit 1' HUP INT TERM
sh "$root/deploy/environment.sh"
"$root/.venv/bin/python" -m venv "$tool"
"$tool/bin/python" -m pip --disable-pip-version-check install --quiet uv
cd "$root"

lock() {
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@"
}

lock pyproject.toml --all-extras --group build -o requirements.lock "$@"
lock --group pyproject.toml:dev -c requirements.lock -o tests/requirements.lock "$@"
