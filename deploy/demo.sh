#!/bin/sh
# Shows cspmd at work on this machine alone: a fake AWS, the daemon on it, and buckets that drift open.
# Arguments go to `cspmd demo` (see `sh deploy/demo.sh --help`).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
sh "$root/deploy/environment.sh"
exec "$root/.venv/bin/cspmd" demo "$@"
