# Every target brings what it needs: see test/set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/dist/tools/node_modules/.bin:$(PATH)

SOURCES := $(shell find src -type f) package.json bun.lock tsconfig.json

.PHONY: help build test test-here unit lint format bench bench-here demo demo-here
.PHONY: test-browser page-picture chaos chaos-here fuzz simulate mutants clean tools servers dist up down logs test-containers

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

build: dist/election ## Compile the binary to dist/election

dist/election: $(SOURCES) | tools
	bun run build --outfile=$@
	@rm -f dist/*.map

releases := dist/election-linux-x64 dist/election-linux-arm64

dist: $(releases) ## Both binaries (x64, arm64), their checksums, and a bill of materials
	bun deploy/sbom.ts > dist/election.cdx.json
	cd dist && sha256sum $(notdir $(releases)) election.cdx.json > SHA256SUMS

dist/election-linux-%: $(SOURCES) | tools
	bun run build --target=bun-linux-$* --outfile=$@
	@rm -f dist/*.map

up: ## Three ZooKeeper servers, three replicas and ZooNavigator, by docker compose
	docker compose up --build --detach --wait

down: ## Stop them; the volumes stay
	docker compose --profile monitoring down

logs: ## Follow the replicas' logs
	docker compose logs --follow election

test-containers: tools ## Check the containers as they stand: hand-over, crash, health, metrics
	bun test/containers/run.ts

test: ## Types, lint, and every test, also on real ZooKeeper servers
	@test/anywhere test-here

test-here: lint build servers
	bun test

# Not part of `make test`: a browser is 300 MB to install.
test-browser: build ## The page in a real Chromium, which apt installs where it is missing
	@test/set-up browser
	bun test ./test/browser/page.browser.ts

page-picture: build ## Takes docs/page.png anew, and more of them in dist/pictures
	@test/set-up browser
	bun test/browser/pictures.ts

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

chaos: ## Faults on real processes: ROUNDS=n (100), SEED=n; prints a table
	@test/anywhere chaos-here

chaos-here: build servers
	@test/chaos/in-namespaces run.ts

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
