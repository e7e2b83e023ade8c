#!/usr/bin/env bash
# The measure of `switchboard bench commits` with etcd: three members on this machine, fsync on, puts of 256 bytes by a client in
# Go (gRPC) that is connected to the leader. With TLS between all, as ours; TLS=no measures etcd without.
# Usage: etcd-commits.sh [SECONDS] [DIRECTORY] [IN-FLIGHT…]   Exit codes: 0, also where something is not installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seconds=${1:-5}
directory=${2:-$(mktemp -d)}
in_flight=("${@:3}")
[ ${#in_flight[@]} -gt 0 ] || in_flight=(1 64 256 1024)
gopath=${ETCD_GOPATH:-/usr/share/gocode}
missing=()
command -v etcd >/dev/null && command -v etcdctl >/dev/null || missing+=(etcd-server etcd-client)
command -v go >/dev/null || missing+=(golang-go)
[ -d "$gopath/src/go.etcd.io/etcd/clientv3" ] || missing+=(golang-etcd-server-dev)
if [ ${#missing[@]} -gt 0 ]; then
  echo "etcd: skipped, because something is not installed (Debian: apt-get install ${missing[*]})"
  exit 0
fi
mkdir -p "$directory"
GO111MODULE=off GOPATH=$gopath GOFLAGS='' GOCACHE=$directory/go-cache go build -o "$directory/load" "$here/etcd_commits.go"

scheme=https
tls=(--auto-tls --peer-auto-tls)
ctl=(--dial-timeout=1s --command-timeout=1s --insecure-transport=false --insecure-skip-tls-verify)
if [ "${TLS:-yes}" = no ]; then
  scheme=http
  tls=()
  ctl=(--dial-timeout=1s --command-timeout=1s)
fi
pids=()
trap 'for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$directory"' EXIT
base=${ETCD_PORT:-23790}
members=
for i in 0 1 2; do members+=${members:+,}m$i=$scheme://127.0.0.1:$((base + 10 + i)); done
for i in 0 1 2; do
  etcd --name "m$i" --data-dir "$directory/m$i" --logger zap --log-level error \
    --listen-client-urls "$scheme://127.0.0.1:$((base + i))" --advertise-client-urls "$scheme://127.0.0.1:$((base + i))" \
    --listen-peer-urls "$scheme://127.0.0.1:$((base + 10 + i))" \
    --initial-advertise-peer-urls "$scheme://127.0.0.1:$((base + 10 + i))" \
    --initial-cluster "$members" --initial-cluster-state new --quota-backend-bytes 8589934592 "${tls[@]}" \
    >"$directory/m$i.log" 2>&1 &
  pids+=($!)
done
export ETCDCTL_API=3
leader=
for _ in $(seq 50); do
  for i in 0 1 2; do
    # The last but four of: endpoint, id, version, size, is leader, is learner, term, index, applied index, errors.
    if etcdctl "${ctl[@]}" --endpoints "$scheme://127.0.0.1:$((base + i))" endpoint status 2>/dev/null |
      awk -F', ' '{ exit $5 == "true" ? 0 : 1 }'; then
      leader=$scheme://127.0.0.1:$((base + i))
    fi
  done
  [ -z "$leader" ] || break
  sleep 0.1
done
if [ -z "$leader" ]; then
  echo 'etcd: no leader within 10 s; the end of a log:' >&2
  tail -5 "$directory/m0.log" >&2
  exit 1
fi
echo "$(etcd --version | head -1), $([ $scheme = http ] && echo "without" || echo "with") TLS, puts to the leader"
"$directory/load" -endpoint "$leader" -seconds "$seconds" -pids "$(IFS=,; echo "${pids[*]}")" "${in_flight[@]}"
