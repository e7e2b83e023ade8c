#!/usr/bin/env bash
# Runs the tests with the arguments given (as `swift test` takes them) and, when something failed, says at the end what:
# among a thousand lines of tests that run side by side it would be far up.
# Tests that start clusters of processes run one after the other at the end: side by side they would starve each other. With
# PROCESS_TESTS=no they are left out.
# Exit codes: those of `swift test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

run() {
  swift test "$@" 2>&1 | tee "$log" && return 0 || code=$?
  echo
  echo 'What failed:'
  grep -A 4 '✘\|error: \|fatal' "$log" | grep -v '^◇\|^✔' | tail -n 80 || true
  exit "$code"
}

run "$@" --skip ClusterProcessTests
if [[ ${PROCESS_TESTS:-yes} != no ]]; then
  run "$@" --skip-build --no-parallel --filter ClusterProcessTests
fi
