# What one does with this repository. `make` alone lists it.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

SWITCHBOARD := .build/release/switchboard
# Sources and tests in Swift's standard format.
FORMATTED := Package.swift Sources Tests

# For `make demo`: a file of real calls, its day, how much faster than life; KILL: 0 for nobody, or when, as a share of the day.
DATA ?=
DAY ?=
SPEED ?=
KILL ?=
DEMO_FLAGS := $(if $(DATA),--data "$(DATA)") $(if $(DAY),--day "$(DAY)") $(if $(SPEED),--speed "$(SPEED)") \
  $(if $(filter 0 no false,$(KILL)),--no-kill,$(if $(KILL),--kill-at "$(KILL)"))

# Two builds at once would wait for each other.
.NOTPARALLEL:
.PHONY: help demo failover transfer build bootstrap test test-debug test-release lint format chaos check-steps simulate \
  simulate-mutants scenarios linearizability crash-loop bench bench-calls bench-commits bench-failover bench-scale bench-routing fuzz clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  make demo DATA=calls.tsv DAY=1999-02-01 SPEED=600   a recorded day; KILL=0 kills no node'

demo: build ## three nodes on this machine, a day of calls, one node killed: what came of it
	$(SWITCHBOARD) demo $(DEMO_FLAGS)

failover: build ## kill and restart a leader RUNS times (20), and print how long the others took
	$(SWITCHBOARD) demo --failover-runs $(or $(RUNS),20)

transfer: build ## hand leaderships over under load RUNS times (200), and print how long commands waited
	$(SWITCHBOARD) demo --transfer-runs $(or $(RUNS),200)

build: bootstrap ## the executable, optimized; the first time takes several minutes
	@echo 'building $(SWITCHBOARD)'
	swift build -c release --product switchboard

bootstrap: ## install the system packages that the build needs, if they are missing
	@scripts/bootstrap.sh

test: test-debug test-release ## all tests, debug and optimized; those of whole processes optimized only

test-debug: bootstrap ## all tests but those of whole processes, debug
	PROCESS_TESTS=no scripts/test.sh

test-release: bootstrap ## all tests, optimized
	scripts/test.sh -c release --disable-testable-imports

lint: ## the format of all Swift files
	swift format lint --strict --parallel --recursive $(FORMATTED)

format: ## bring all Swift files into format
	swift format --in-place --parallel --recursive $(FORMATTED)

chaos: build ## Chaos Toolkit kills the leader of the busiest partition; report in chaos/report
	scripts/chaos.sh $(SWITCHBOARD)

check-steps: build ## an interaction through HTTP only, a leader killed during each step; and two nodes killed at once
	scripts/http-steps.sh $(SWITCHBOARD)
	scripts/no-majority.sh $(SWITCHBOARD)

simulate: bootstrap ## whole clusters on virtual time, network and disks: SEEDS (300) FROM (1) SECONDS (60)
	swift build -c release --product simulate
	.build/release/simulate --seeds $(or $(SEEDS),300) --from $(or $(FROM),1) --seconds $(or $(SECONDS),60) \
	  $(if $(filter 1,$(SEEDS)),,--coverage)

simulate-mutants: bootstrap ## plant bugs and see the simulator find each within SEEDS (2000) seeds
	scripts/simulate-mutants.sh $(or $(SEEDS),2000) $(BUG)

scenarios: bootstrap ## consensus scenarios as text: run all of Tests/RaftScenarioTests/Scenarios
	swift build -c release --product raft-scenario
	.build/release/raft-scenario --check Tests/RaftScenarioTests/Scenarios/*.txt

.PHONY: partition
partition: bootstrap ## one direction of a link between leaders cut for SECONDS (60), each in turn, under load; needs root
	PARTITION_SECONDS=$(or $(SECONDS),60) swift test -c release --disable-testable-imports --filter OneWayCutTests

crash-loop: bootstrap ## kill -9 one loaded node ROUNDS (300) times; its files verified and nothing acknowledged lost each time
	CRASH_ROUNDS=$(or $(ROUNDS),300) $(if $(SEED),CRASH_SEED=$(SEED)) swift test -c release --disable-testable-imports \
	  --filter CrashLoopTests

bench-calls: build ## distributed calls between two processes beside raw TCP; allocations counted; Erlang's beside them
	clang -O2 -shared -fPIC Benchmarks/allocations/allocations.c -o .build/allocations.so
	$(SWITCHBOARD) bench calls --seconds $(or $(SECONDS),2)
	LD_PRELOAD=$(CURDIR)/.build/allocations.so $(SWITCHBOARD) bench calls --seconds 0.5 --tls on
	Benchmarks/peers/erlang-calls.sh

bench-routing: build ## decisions of the routing engine: agents, queues, skills, waiting
	$(SWITCHBOARD) bench routing

bench-commits: build ## commits of a cluster of three processes, beside the floor of the run and etcd; ON: a directory
	$(SWITCHBOARD) bench commits --on $(or $(ON),.) --etcd Benchmarks/peers/etcd-commits.sh

bench-failover: build ## RUNS (20) of SIGKILL, SIGSTOP and a cut network; MEMORY: MB that nodes are filled up to
	$(SWITCHBOARD) bench failover --runs $(or $(RUNS),20) --memory $(or $(MEMORY),0) --on $(or $(ON),.)

bench-scale: build ## more actors, more partitions, far nodes; ACTORS='1000 100000 1000000'
	$(SWITCHBOARD) bench scale $(if $(ACTORS),--actors $(ACTORS)) --on $(or $(ON),.)

bench: build ## the store's figures beside the floor of the same run; ON: a directory on the disk to be measured
	$(SWITCHBOARD) bench store --on $(or $(ON),.)

fuzz: bootstrap ## decode INPUTS (10000000) damaged messages from SEED (1) on: no crash, no memory out of proportion
	swift build -c release --product fuzz-cbor
	.build/release/fuzz-cbor --inputs $(or $(INPUTS),10000000) --seed $(or $(SEED),1)

linearizability: bootstrap ## three processes under kill -9 every 2 s, 50 clients, MINUTES (10): the history checked
	swift build -c release --product counter-node
	swift build -c release --product kill-campaign
	.build/release/kill-campaign --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

clean: ## remove what was built, and the experiments' reports
	rm -rf .build .venv chaos/report
