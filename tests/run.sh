#!/bin/sh
# Everything that must hold: style, types, the direction of imports, and all tests.
# Arguments go to pytest: sh tests/run.sh -k policy
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
sh "$root/deploy/environment.sh" tests
cd "$root"
bin=$root/.venv/bin

quietly() {
    if ! output=$("$@" 2>&1); then
        printf '%s\n\ncspmd: failed: %s\n' "$output" "$*" >&2
        exit 1
    fi
}

quietly "$bin/ruff" check .
quietly "$bin/ruff" format --check .
quietly "$bin/mypy"
quietly "$bin/lint-imports"
exec "$bin/python" -m pytest -n auto --dist worksteal "$@"
