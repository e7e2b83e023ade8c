#!/usr/bin/env python3
"""What the experiments do to a cluster and ask of it. Python's standard library only.

Usage: cluster.py COMMAND, with SWITCHBOARD_CLUSTER naming the directory of a running `switchboard demo --cluster-only`:
`apis` (a base URL per line), `token`, `pids/NAME.pid`, `start/NAME.sh`. What has to be remembered between two
commands goes into its directory `experiment/`. Exit code 0: done, or true; 1: not so; the output says why.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

DIRECTORY = pathlib.Path(os.environ.get("SWITCHBOARD_CLUSTER", ""))
MEMORY = DIRECTORY / "experiment"
QUEUE = "chaos-experiment"
# How many interactions are acknowledged before a fault, and looked for after it.
REMEMBERED = 50
# A killed leader must be replaced within this many seconds.
RECOVERY_LIMIT = float(os.environ.get("RECOVERY_LIMIT", "5"))


class Failed(Exception):
    """The thing asked for is not so, or could not be done."""


def apis():
    return (DIRECTORY / "apis").read_text().split()


def call(base, method, path, body=None, key=None, authorized=True, timeout=2.0):
    """The status and the decoded body; status 0 when nobody answered."""
    request = urllib.request.Request(base + path, method=method)
    if authorized:
        request.add_header("Authorization", "Bearer " + (DIRECTORY / "token").read_text().strip())
    if key:
        request.add_header("Idempotency-Key", key)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    request.add_header("X-Timeout-Ms", str(int(timeout * 1000)))
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
            status = answer.status
    except urllib.error.HTTPError as error:
        text, status = error.read(), error.code
    except (urllib.error.URLError, OSError, TimeoutError):
        return 0, None
    try:
        return status, json.loads(text)
    except ValueError:
        return status, None


def until_acknowledged(method, path, body=None, limit=10.0):
    """Retries with one key at every node in turn, as a careful client does."""
    key, end, last = str(uuid.uuid4()), time.monotonic() + limit, None
    while time.monotonic() < end:
        for base in apis():
            status, last = call(base, method, path, body, key, timeout=1.0)
            if 200 <= status < 300:
                return last
            if 400 <= status < 500 and status != 429:
                raise Failed(f"{method} {path} at {base}: {status} {last}")
        time.sleep(0.02)
    raise Failed(f"{method} {path}: no acknowledgment within {limit:.0f} s; last answer: {last}")


def create():
    body = {"channel": "voice", "queue": QUEUE}
    return until_acknowledged("POST", "/v1/interactions", body)["id"]


def cluster():
    for base in apis():
        status, body = call(base, "GET", "/v1/cluster")
        if status == 200:
            return body
    raise Failed("no node answers GET /v1/cluster")


def majority_ready():
    ready = [base for base in apis() if call(base, "GET", "/readyz", authorized=False)[0] == 200]
    print(f"ready: {' '.join(ready) or 'none'}")
    if len(ready) * 2 <= len(apis()):
        raise Failed(f"{len(ready)} of {len(apis())} nodes are ready")


def create_and_read():
    until_acknowledged("PUT", f"/v1/queues/{QUEUE}", {"limit": 10000})
    created = create()
    for base in apis():
        status, body = call(base, "GET", f"/v1/interactions/{created}", timeout=5.0)
        if status and (status != 200 or body["id"] != created):
            raise Failed(f"{base} answers {status} for {created}, which was acknowledged: {body}")
    until_acknowledged("POST", f"/v1/interactions/{created}/abandon", {"reason": "experiment"})
    print(f"created, read and ended {created}")


def remember():
    """Creates interactions, and keeps the ids of those that were acknowledged."""
    ids = [create() for _ in range(REMEMBERED)]
    MEMORY.mkdir(exist_ok=True)
    (MEMORY / "acknowledged").write_text("\n".join(ids) + "\n")
    print(f"{len(ids)} interactions are acknowledged")


def nothing_lost():
    """True before anything was remembered, and when every node that answers has all of it."""
    file = MEMORY / "acknowledged"
    ids = file.read_text().split() if file.exists() else []
    answers = 0
    for base in apis():
        if call(base, "GET", "/healthz", authorized=False)[0] != 200:
            continue
        answers += 1
        for one in ids:
            status, body = call(base, "GET", f"/v1/interactions/{one}", timeout=5.0)
            if status != 200:
                raise Failed(f"{one} was acknowledged, and {base} answers {status} for it: {body}")
    if not answers:
        raise Failed("no node answers")
    print(f"{answers} nodes have all of {len(ids)} acknowledged interactions")


def pid_of(node):
    """The process of a node: only one that runs `switchboard node` for it."""
    pid = int((DIRECTORY / "pids" / f"{node}.pid").read_text())
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        raise Failed(f"node {node} does not run (process {pid} is gone)") from None
    if b"node" not in words or node.encode() not in words:
        raise Failed(f"process {pid} is not node {node}; its pid file is out of date")
    return pid


def kill_leader():
    """Kills the leader of the busiest partition, and waits for the next acknowledged command of its partitions."""
    MEMORY.mkdir(exist_ok=True)
    partitions = [one for one in cluster()["partitions"] if one.get("leader")]
    if not partitions:
        raise Failed("no partition has a leader")
    busiest = max(partitions, key=lambda one: one["commitIndex"])
    node = busiest["leader"]
    led = sum(one["leader"] == node for one in partitions)
    pid = pid_of(node)
    # Written before: whatever happens from here on, it is known who has to be started again.
    record = {"node": node, "partition": busiest["partition"], "led": led, "recovered": False}
    (MEMORY / "kill.json").write_text(json.dumps(record))
    os.kill(pid, signal.SIGKILL)
    start = time.monotonic()
    # New ids are spread over all partitions: once this many in a row succeed, those of the dead node most likely have new leaders.
    created = [create() for _ in range(4 * len(partitions))]
    milliseconds = round((time.monotonic() - start) * 1000)
    with open(MEMORY / "acknowledged", "a") as file:
        file.write("\n".join(created) + "\n")
    (MEMORY / "kill.json").write_text(json.dumps(record | {"recovered": True, "ms": milliseconds}))
    print(f"killed {node}, which led {led} partitions; all take commands again after at most {milliseconds} ms")


def recovered():
    """True before a leader was killed, and when its partitions took commands again in time."""
    file = MEMORY / "kill.json"
    if not file.exists():
        return print("no leader was killed yet")
    kill = json.loads(file.read_text())
    if not kill["recovered"]:
        raise Failed("a leader was to be killed, and its partitions were not seen to take commands again")
    if kill["ms"] > RECOVERY_LIMIT * 1000:
        raise Failed(f"it took {kill['ms']} ms until commands were taken again; the limit is {RECOVERY_LIMIT} s")
    print(f"commands were taken again after at most {kill['ms']} ms")


def restart():
    """Starts the killed node again, and waits until all nodes are ready."""
    file = MEMORY / "kill.json"
    if not file.exists():
        return print("no node was killed")
    node = json.loads(file.read_text())["node"]
    try:
        pid_of(node)
    except Failed:
        subprocess.run([DIRECTORY / "start" / f"{node}.sh"], check=True, start_new_session=True)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if all(call(base, "GET", "/readyz", authorized=False)[0] == 200 for base in apis()):
            return print(f"{node} runs again, and all nodes are ready")
        time.sleep(0.1)
    raise Failed(f"node {node} is not ready after 30 s; see {DIRECTORY}/logs/{node}.log")


def forget():
    """Ends what the experiment left waiting."""
    file = MEMORY / "acknowledged"
    for one in file.read_text().split() if file.exists() else []:
        until_acknowledged("POST", f"/v1/interactions/{one}/abandon", {"reason": "experiment"})


COMMANDS = {
    "majority-ready": majority_ready, "create-and-read": create_and_read, "remember": remember,
    "nothing-lost": nothing_lost, "kill-leader": kill_leader, "recovered": recovered, "restart": restart,
    "forget": forget,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: cluster.py {'|'.join(COMMANDS)}")
    try:
        COMMANDS[sys.argv[1]]()
    except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as failure:
        print(f"{sys.argv[1]}: {failure!r}" if not isinstance(failure, Failed) else f"{sys.argv[1]}: {failure}")
        sys.exit(1)
