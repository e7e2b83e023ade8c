# For scripts that need a cluster on this machine: source it after setting `switchboard` to the executable's path.
# Starts three nodes and ends them when the script ends. Touches only a temporary directory.

workspace=$(mktemp -d "${TMPDIR:-/tmp}/switchboard-check.XXXXXX")
directory=$workspace/cluster
"$switchboard" demo --cluster-only --directory "$directory" >"$workspace/demo.log" 2>&1 </dev/null &
demo=$!
finish() {
  trap - EXIT INT TERM
  kill -TERM "$demo" 2>/dev/null || true
  wait "$demo" 2>/dev/null || true
}
trap finish EXIT INT TERM

for _ in $(seq 300); do
  [ -s "$directory/apis" ] && [ -s "$directory/token" ] && break
  sleep 0.2
done
[ -s "$directory/apis" ] || { echo "no cluster; see $workspace/demo.log" >&2; exit 3; }
mapfile -t apis <"$directory/apis"
nodes=(north south west)
token=$(cat "$directory/token")

# request API METHOD PATH KEY BODY: one request; prints the status, leaves the body in $directory/answer.
request() {
  curl -s -o "$directory/answer" -w '%{http_code}' --max-time 8 -X "$2" "$1$3" \
    -H "Authorization: Bearer $token" -H "Idempotency-Key: $4" \
    ${5:+-H 'Content-Type: application/json' -d "$5"} || true
}

turn=0
# ask METHOD PATH KEY BODY: asks the next node, and then the others with the same key, until one answers for good.
ask() {
  local attempt status
  turn=$((turn + 1))
  for attempt in $(seq 0 60); do
    status=$(request "${apis[$(((turn + attempt) % ${#apis[@]}))]}" "$@")
    case $status in
      2??) cat "$directory/answer"; return 0 ;;
      000 | 429 | 503) sleep 0.2 ;;
      *) echo "$1 $2 answered $status: $(cat "$directory/answer")" >&2; return 1 ;;
    esac
  done
  echo "$1 $2 was not answered" >&2
  return 1
}

# field NAME: the value of a field of the JSON object on standard input.
field() { grep -o "\"$1\" *: *\"\?[^\",}]*" | head -n 1 | sed 's/.*: *"\?//'; }

kill_node() { kill -KILL "$(cat "$directory/pids/$1.pid")"; }

start_node() {
  "$switchboard" node --config "$directory/cluster.yaml" --node "$1" >>"$directory/logs/$1.log" 2>&1 </dev/null &
  echo $! >"$directory/pids/$1.pid"
}

wait_ready() {
  local api
  for api in "${apis[@]}"; do
    for _ in $(seq 100); do
      curl -sf --max-time 2 "$api/readyz" >/dev/null && break
      sleep 0.2
    done
  done
}
