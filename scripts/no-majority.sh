#!/usr/bin/env bash
# Two of three nodes die at once: nothing is acknowledged while there is no majority, every caller gets a clear error with a time to
# retry, and all goes on, with the same keys, when one returns.
# Usage: scripts/no-majority.sh PATH-OF-SWITCHBOARD
# Exit codes: 0 as promised; 1 not; 3 the cluster could not be started.
set -euo pipefail
switchboard=$(realpath "$1")
source "$(dirname "${BASH_SOURCE[0]}")/local-cluster.sh"

create='{"channel": "voice", "queue": "alone"}'
wait_ready
before=$(ask POST /v1/interactions before "$create" | field id)
kill_node north
kill_node south
failed=0
for number in $(seq 8); do
  status=$(request "${apis[2]}" POST /v1/interactions "during-$number" "$create")
  echo "no majority: $status $(cat "$directory/answer")"
  { [ "$status" = 503 ] && grep -q '"retryable" *: *true' "$directory/answer"; } || failed=1
done
status=$(request "${apis[2]}" GET /readyz none)
[ "$status" = 503 ] || { echo "readyz says $status without a majority" >&2; failed=1; }
start_node north
for number in $(seq 8); do ask POST /v1/interactions "during-$number" "$create" | field state; done
[ "$(ask GET "/v1/interactions/$before" none | field state)" = waiting ] || failed=1
start_node south
wait_ready
finish
for node in "${nodes[@]}"; do
  rows=$(sqlite3 -readonly "$directory/data/$node/state.db" 'SELECT count(*) FROM interaction')
  echo "$node holds $rows interactions"
  [ "$rows" = 9 ] || failed=1
done
[ "$failed" = 0 ] && echo "nothing acknowledged without a majority, nothing lost" && rm -rf "$workspace"
exit "$failed"
