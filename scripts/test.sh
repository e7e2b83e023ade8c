#!/usr/bin/env bash
# Runs the tests with the arguments given (as `swift test` takes them) and, when something failed, says at the end what:
# among a thousand lines of tests that run side by side it would be far up.
# Tests that run whole nodes within the test process come after those of values, and tests that start clusters of processes come
# last, one after the other: side by side with everything else they would starve. With PROCESS_TESTS=no the last are left out.
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

run "$@" --skip 'ClusterProcessTests|GatewayTests|AlarmForwardingTests'
run "$@" --skip-build --no-parallel --filter 'GatewayTests|AlarmForwardingTests'
if [[ ${PROCESS_TESTS:-yes} != no ]]; then
  run "$@" --skip-build --no-parallel --filter ClusterProcessTests
fi
