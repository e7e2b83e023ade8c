#!/usr/bin/env bash
# Runs `swift test` with the arguments given and, when something failed, says at the end what: among a thousand lines of
# tests that run side by side it would be far up.
# Exit codes: those of `swift test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift test "$@" 2>&1 | tee "$log" && exit 0 || code=$?
echo
echo 'What failed:'
grep -A 4 '✘\|error: \|fatal' "$log" | grep -v '^◇\|^✔' | tail -n 80 || true
exit "$code"
