#!/usr/bin/env bash
# Plants each bug of Sources/PlantedBugs in turn and lets the simulator look for it, seed after seed.
# Usage: simulate-mutants.sh [most seeds for each (2000)] [one bug's name]
# Exit codes: 0 every bug was found; 1 one survived; 64 wrong arguments.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seeds=${1:-2000}
only=${2:-}
[[ $seeds =~ ^[1-9][0-9]*$ ]] || { echo "simulate-mutants: '$seeds' is no number of seeds" >&2; exit 64; }

# The mistakes are compiled in for this build only; the next build without the variable has none of them.
export PLANTED_BUGS=1
swift build -c release --product simulate
simulate=.build/simulate-planted
cp .build/release/simulate "$simulate"

bugs=$("$simulate" --list-planted-bugs)
if [[ -n $only ]]; then
  grep -qx -- "$only" <<<"$bugs" || { echo "simulate-mutants: no bug '$only'; there are:"$'\n'"$bugs" >&2; exit 64; }
  bugs=$only
fi

survivors=0
for bug in $bugs; do
  output=$(PLANTED_BUG=$bug "$simulate" --seeds "$seeds" 2>&1) && code=0 || code=$?
  found=$(grep -m 1 '^VIOLATION' <<<"$output" || true)
  count=$(sed -n 's/^\([0-9]*\) seeds in .*/\1/p' <<<"$output")
  if [[ $code == 1 && -n $found ]]; then
    printf '%-26s found after %4s seeds: %s\n' "$bug" "$count" "${found#VIOLATION in }"
  else
    survivors=$((survivors + 1))
    printf '%-26s SURVIVED %s seeds (exit %s)\n' "$bug" "${count:-?}" "$code"
  fi
done
exit $((survivors > 0))
