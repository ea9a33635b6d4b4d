# Every target brings what it needs: see test/set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/dist/tools/node_modules/.bin:$(PATH)

VERSION := $(shell sed -n 's/.*"version": "\([^"]*\)".*/\1/p' package.json)
SOURCES := $(shell find src -type f) package.json bun.lock tsconfig.json

.PHONY: help build test unit lint format bench demo clean tools servers

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

test: lint build servers ## Types, lint, and every test, also on real ZooKeeper servers
	bun test

unit: tools ## The tests that need no server
	bun test --path-ignore-patterns='test/integration/**'

lint: tools ## Types, linter, formatter
	bun x --bun tsc --noEmit
	bun x oxlint --type-aware --deny-warnings
	bun fmt --check

format: tools ## Format every file
	bun fmt

bench: build servers ## Measure hand-over, start and cost; prints a table
	bun bench/run.ts

demo: build servers ## Three replicas on a real ensemble; Ctrl-C or DEMO_SECONDS ends it
	bun bench/demo.ts

clean: ## Remove everything that was built or installed here
	rm -rf dist node_modules

tools:
	@test/set-up tools

servers:
	@test/set-up servers
