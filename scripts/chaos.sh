#!/usr/bin/env bash
# Runs a Chaos Toolkit experiment against a cluster on this machine.
# Usage: scripts/chaos.sh PATH-OF-SWITCHBOARD [EXPERIMENT.yaml]
#   CLUSTER=DIR  use the running cluster of `switchboard demo --cluster-only --directory DIR`; otherwise one is started and ended.
# Exit codes: 0 all promises held; 1 the steady state deviated; 2 it was never reached; 3 the experiment itself failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

switchboard=$(realpath "$1")
experiment=${2:-chaos/kill-leader.yaml}
report=chaos/report
name=$(basename "$experiment" .yaml)
demo_pid=

# The demo stops its nodes, and also one that the experiment started again.
finish() {
  trap - EXIT INT TERM
  [ -n "$demo_pid" ] || return 0
  kill -TERM "$demo_pid" 2>/dev/null || true
  wait "$demo_pid" 2>/dev/null || true
}

prepare_tool() {
  [ -x .venv/bin/chaos ] && return 0
  echo "chaos: making .venv with Chaos Toolkit"
  python3 -c 'import venv, ensurepip' 2>/dev/null || scripts/bootstrap.sh python3 python3-venv
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --requirement chaos/requirements.txt
}

start_cluster() {
  workspace=$(mktemp -d "${TMPDIR:-/tmp}/switchboard-chaos.XXXXXX")
  SWITCHBOARD_CLUSTER=$workspace/cluster
  echo "chaos: starting a cluster in $SWITCHBOARD_CLUSTER"
  "$switchboard" demo --cluster-only --directory "$SWITCHBOARD_CLUSTER" >"$workspace/demo.log" 2>&1 </dev/null &
  demo_pid=$!
  export SWITCHBOARD_CLUSTER
  for _ in $(seq 300); do
    if ! kill -0 "$demo_pid" 2>/dev/null; then
      echo "chaos: the cluster did not start:" >&2
      tail -n 20 "$workspace/demo.log" >&2
      exit 3
    fi
    if [ -s "$SWITCHBOARD_CLUSTER/apis" ] && [ -s "$SWITCHBOARD_CLUSTER/token" ] \
      && python3 chaos/actions/cluster.py majority-ready >/dev/null; then
      return 0
    fi
    sleep 0.2
  done
  echo "chaos: the cluster is not ready after 60 s; see $SWITCHBOARD_CLUSTER/logs" >&2
  exit 3
}

prepare_tool
trap finish EXIT
trap 'exit 130' INT TERM
if [ -n "${CLUSTER:-}" ]; then
  SWITCHBOARD_CLUSTER=$(realpath "$CLUSTER")
  export SWITCHBOARD_CLUSTER
else
  start_cluster
fi

rm -f "$SWITCHBOARD_CLUSTER/experiment/acknowledged" "$SWITCHBOARD_CLUSTER/experiment/kill.json" "$report/$name.json"
mkdir -p "$report"
.venv/bin/chaos --no-version-check --log-file "$report/$name.log" run \
  --journal-path "$report/$name.json" --rollback-strategy always "$experiment" || true

status=0
python3 - "$report/$name.json" "$SWITCHBOARD_CLUSTER/experiment/kill.json" <<'PYTHON' || status=$?
import json, pathlib, sys
journal, kill = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
if not journal.exists():
    print("chaos: Chaos Toolkit wrote no journal"); sys.exit(3)
run = json.loads(journal.read_text())
for activity in run["run"] + run["rollbacks"]:
    output = activity.get("output") or {}
    text = output.get("stdout", "").strip() if isinstance(output, dict) else str(output)
    print(f"  {activity['activity']['name']}: {text or activity['status']}")
before = run["steady_states"].get("before") or {}
if not before.get("steady_state_met"):
    print("chaos: the steady state was never reached"); sys.exit(2)
if run["deviated"]:
    print("chaos: the steady state DEVIATED"); sys.exit(1)
if run["status"] != "completed" or not kill.exists():
    print("chaos: the experiment did not complete:", run["status"]); sys.exit(3)
if any(a["status"] != "succeeded" or (a.get("output") or {}).get("status") for a in run["rollbacks"]):
    print("chaos: a rollback failed"); sys.exit(3)
print("chaos: the steady state held; journal:", journal)
PYTHON
exit "$status"
