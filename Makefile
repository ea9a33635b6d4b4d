# Every target brings what it needs: see test/set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/dist/tools/node_modules/.bin:$(PATH)

SOURCES := $(shell find src -type f) package.json bun.lock tsconfig.json

.PHONY: help build test test-here unit lint format bench bench-here demo demo-here
.PHONY: chaos chaos-here soak soak-here fuzz simulate mutants clean tools servers

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: dist/election ## Compile the binary to dist/election

dist/election: $(SOURCES) | tools
	bun build src/main.ts --compile --production --minify --bytecode --format=esm \
	  --sourcemap=linked --reject-unresolved \
	  --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
	  --no-compile-autoload-tsconfig --no-compile-autoload-package-json \
	  --outfile=$@
	@rm -f dist/*.map

test: ## Types, lint, and every test, also on real ZooKeeper servers
	@test/anywhere test-here

test-here: lint build servers
	bun test

unit: tools ## The tests that need no server
	bun test --path-ignore-patterns='test/integration/**'

lint: tools ## Types, linter, formatter
	bun x --bun tsc --noEmit
	bun x oxlint --type-aware --deny-warnings
	bun fmt --check

format: tools ## Format every file
	bun fmt

fuzz: tools ## Hostile bytes for every reader; CASES=n, SEED=n and TARGET=name choose them
	@bun test/fuzz/run.ts

bench: ## Measure hand-over, start and cost; prints a table
	@test/anywhere bench-here

bench-here: build servers
	bun bench/run.ts

demo: ## Three replicas on a real ensemble; Ctrl-C or DEMO_SECONDS ends it
	@test/anywhere demo-here

demo-here: build servers
	@bun bench/demo.ts

chaos: ## Faults on real processes: ROUNDS=n (100), SEED=n, LAYOUT=shared|own, MUTANT=name
	@test/anywhere chaos-here

chaos-here: build servers
	@test/chaos/in-namespaces run.ts

soak: ## Nothing grows, files keep their pace: MINUTES=n (30), SEED=n; prints a table
	@test/anywhere soak-here

soak-here: build servers
	@test/chaos/in-namespaces ../soak/run.ts

SEEDS ?= 1000
PROFILE ?= default

simulate: tools ## Simulate the whole daemon: SEEDS=1000, or SEED=n for one timeline; PROFILE
	@bun test/simulation/run.ts --profile $(PROFILE) \
	  $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

mutants: tools ## Plant bugs, one at a time, and show that the simulation catches each
	@bun test/simulation/mutants.ts

clean: ## Remove everything that was built or installed here
	rm -rf dist node_modules

tools:
	@test/set-up tools

servers:
	@test/set-up servers
