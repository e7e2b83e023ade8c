#!/usr/bin/env bash
# The measure of `switchboard bench calls` with Erlang's gen_server:call: two nodes on this machine, without TLS, one scheduler
# each (the benchmark's processes have one event loop each).
# Usage: erlang-calls.sh [SECONDS]   Exit codes: 0, also where Erlang is not installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command -v erl erlc >/dev/null || {
  echo 'erlang: not installed here (Debian: erlang-base): skipped'
  exit 0
}
seconds=${1:-3}
work=$(mktemp -d)
cookie=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
callee=callee$$@127.0.0.1
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
erlc -o "$work" erlang_calls.erl
export HOME=$work
erl -noshell +S 1:1 -name "$callee" -setcookie "$cookie" -pa "$work" -eval 'erlang_calls:serve().' &
server=$!
for _ in $(seq 50); do
  erl -noshell -name "probe$$@127.0.0.1" -setcookie "$cookie" -eval \
    "case net_adm:ping('$callee') of pong -> halt(0); pang -> halt(1) end." && break
  sleep 0.2
done
echo "erlang $(erl -noshell -eval 'io:put_chars(erlang:system_info(otp_release)), halt().'), gen_server:call, no TLS"
for bytes in 100 1024; do
  echo "$bytes bytes"
  for callers in 1 64 256; do
    erl -noshell +S 1:1 -name "caller$$@127.0.0.1" -setcookie "$cookie" -pa "$work" -eval \
      "erlang_calls:run('$callee', $bytes, $callers, $seconds), halt()."
  done
done
