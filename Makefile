# The menu; `make` lists it.
.DEFAULT_GOAL := help
MVN := ./mvnw
SEEDS ?= 10000

.PHONY: help check anyday quick fmt sim slow attack demo dist bench coordination clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

check: ## everything that CI runs: format, static checks, all tests
	$(MVN) verify

anyday: ## all tests 400 days ahead, in another time zone and language; skips loudly without a C compiler
	system-tests/anyday/run $(ARGS)

quick: ## unit tests of one module and what it needs: make quick M=lease
	$(MVN) -q -Pquick test -pl $(or $(M),model) -am

fmt: ## format all sources
	$(MVN) -q spotless:apply

sim: ## the simulations over many seeds: make sim SEEDS=100000, or one: make sim SEED=42
	$(MVN) -q -Pquick test -pl lease,consumer -am -Dtest='*SimulationTest,WorkerCoreTest,PipedWorkersTest,ManyStreamsTest,SkewedClocksTest' -Dtests.seconds=0 -Dtests.jvm= -Dsurefire.failIfNoSpecifiedTests=false $(if $(SEED),-Dseed=$(SEED),-Dseeds=$(SEEDS))

slow: ## tests that need minutes: chaos with real processes at full size, the other demos, simulations over 1,000 seeds
	$(MVN) -T1 -Dtests.forks=1 -Dtests.jvm= -Pslow verify
	$(MAKE) sim SEEDS=1000

attack: ## everything that attacks the server, at full size, and a table: make attack ARGS='-Dattack.requests=10000 -Dattack.frames=10000'
	system-tests/attack/run $(ARGS)

demo: ## the main job, watched
	./millrace demo

dist: ## target/millrace-VERSION.tar.gz, which runs where there is a JRE and nothing else
	dist/build

bench: ## the server side by side with its peers: make bench ARGS='--no-peers --only PutRecord'
	benchmarks/run $(ARGS)

coordination: ## how long shards stand still when workers start, join, stop and die: make coordination ARGS='--only start'
	benchmarks/run-coordination $(ARGS)

clean: ## forget what was built
	$(MVN) -q clean
