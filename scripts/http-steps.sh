#!/usr/bin/env bash
# One interaction from creation to closed, through HTTP only: every request to another node, the node that leads the interaction's
# partition killed (SIGKILL) during every step, the step retried elsewhere with the same key. One interaction, one effect per step.
# Usage: scripts/http-steps.sh PATH-OF-SWITCHBOARD
# Exit codes: 0 one effect per step; 1 not; 3 the cluster could not be started.
set -euo pipefail
switchboard=$(realpath "$1")
source "$(dirname "${BASH_SOURCE[0]}")/local-cluster.sh"

leader_of() { ask GET "/v1/cluster/actors/$1" none | field leader; }

# killing NODE METHOD PATH KEY BODY: asks while the node is killed; the node is started again afterwards.
killing() {
  local victim=$1
  shift
  ask "$@" >"$directory/reply" &
  local asking=$!
  kill_node "$victim"
  wait "$asking"
  start_node "$victim"
  echo "$1 $2 with $victim killed: $(field state <"$directory/reply")"
  wait_ready
}

create='{"channel": "voice", "queue": "steps", "offerTimeoutMs": 60000, "wrapUpMs": 60000}'
wait_ready
ask PUT /v1/queues/steps q1 '{"limit": 10}' >/dev/null
ask PUT /v1/agents/ann/session a1 '{"queues": ["steps"], "skills": [], "capacity": {"voice": 1}}' >/dev/null
ask POST /v1/agents/ann/ready a2 >/dev/null

killing "$(leader_of queue/steps)" POST /v1/interactions c1 "$create"
id=$(field id <"$directory/reply")
for _ in $(seq 100); do
  [ "$(ask GET "/v1/interactions/$id" none | field state)" = offered ] && break
  sleep 0.1
done
for step in accept complete finish-wrap-up; do
  killing "$(leader_of "interaction/$id")" POST "/v1/interactions/$id/$step" "$step" '{"agent": "ann"}'
done

ask GET "/v1/interactions/$id" none
echo
again=$(ask POST /v1/interactions c1 "$create" | field id)
finish
failed=0
for node in "${nodes[@]}"; do
  rows=$(sqlite3 -readonly "$directory/data/$node/state.db" \
    'SELECT count(*), max(state), max(answers), max(offers) FROM interaction')
  echo "$node holds: $rows"
  [ "$rows" = '1|closed|1|1' ] || failed=1
done
[ "$again" = "$id" ] || { echo "the creation's key made another interaction: $again" >&2; failed=1; }
[ "$failed" = 0 ] && echo "one interaction, one effect per step" && rm -rf "$workspace"
exit "$failed"
