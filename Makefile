# Every target brings what it needs: see test/set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/dist/tools/node_modules/.bin:$(PATH)

SOURCES := $(shell find src -type f) package.json bun.lock tsconfig.json

.PHONY: help build test test-here unit lint format bench bench-here demo demo-here
.PHONY: test-browser page-picture peers
.PHONY: chaos chaos-here soak soak-here fuzz simulate mutants clean tools servers dist up down logs
.PHONY: explore
.PHONY: install uninstall test-containers test-systemd
.PHONY: bench-client bench-client-here peers-client bench-log

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

bench: ## Beside kazoo, Curator, a naive client and etcd: PEERS=, MEASURES=, ROUNDS=n (10)
	@test/anywhere bench-here

bench-here: build peers
	bun bench/run.ts

demo: ## Three replicas on a real ensemble; Ctrl-C or DEMO_SECONDS ends it
	@test/anywhere demo-here

demo-here: build servers
	@bun bench/demo.ts

bench-log: tools ## The log on disk beside a bare pwrite; BENCH_DIRECTORY= is where
	@bun bench/log.ts

bench-client: ## The ZooKeeper client alone, beside three others; ROUNDS=n (5), SEED=n
	@test/anywhere bench-client-here

bench-client-here: peers-client
	bun bench/client/run.ts

chaos: ## Faults on real processes: ROUNDS=n (100), SEED=n, LAYOUT=, DUTY=exec, MUTANT=name
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
	@bun test/simulation/run.ts --profile='$(PROFILE)' \
	  $(if $(SEED),--seed='$(SEED)',--seeds='$(SEEDS)')

mutants: tools ## Plant bugs, one at a time, and show that the simulation catches each
	@bun test/simulation/mutants/run.ts

explore: tools ## Explore the raft core and its sessions: STEPS=n (1000000), DEPTH=n (8), SEED=n, WITHOUT=rule
	@bun test/raft/explorer/run.ts --steps='$(or $(STEPS),1000000)' --depth='$(or $(DEPTH),8)' \
	  --seed='$(or $(SEED),1)' $(if $(WITHOUT),--without='$(filter-out all,$(WITHOUT))')

DESTDIR ?=
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
BINDIR := $(PREFIX)/bin
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
DOCDIR := $(PREFIX)/share/doc/election
# The files of deploy/ name the default places.
placed = sed -e 's|/usr/local/bin/|$(BINDIR)/|g' -e 's|/usr/local/share/doc/election/|$(DOCDIR)/|g' \
  -e 's|/etc/election/|$(SYSCONFDIR)/election/|g'
config = "$(DESTDIR)$(SYSCONFDIR)/election/election.env"
example = "$(DESTDIR)$(DOCDIR)/election.env"

install: build ## Install binary and units for systemd; DESTDIR=, PREFIX=/usr/local
	install -D -m 755 dist/election "$(DESTDIR)$(BINDIR)/election"
	install -d "$(DESTDIR)$(UNITDIR)/election@.service.d" "$(DESTDIR)$(DOCDIR)"
	for unit in election.service election@.service; do \
	  $(placed) deploy/election.service | \
	    install -m 644 /dev/stdin "$(DESTDIR)$(UNITDIR)/$$unit" || exit; done
	$(placed) deploy/election@.service.d/instance.conf | \
	  install -m 644 /dev/stdin "$(DESTDIR)$(UNITDIR)/election@.service.d/instance.conf"
	install -D -m 644 deploy/election.sysusers.conf "$(DESTDIR)$(SYSUSERSDIR)/election.conf"
	install -m 644 docs/systemd.md LICENSE "$(DESTDIR)$(DOCDIR)/"
	$(placed) deploy/election-exec.conf | \
	  install -m 644 /dev/stdin "$(DESTDIR)$(DOCDIR)/election-exec.conf"
	@# An operator's settings stay as they are; the example beside the documents is always new.
	[ -e $(config) ] || install -D -m 640 deploy/election.env $(config)
	install -m 644 deploy/election.env $(example)
	@[ -n "$(DESTDIR)" ] || printf '%s\n' 'Next: systemd-sysusers && systemctl daemon-reload' \
	  'Then: set ELECTION_ZK_SERVERS in $(SYSCONFDIR)/election/election.env' \
	  'Then: systemctl enable --now election'

uninstall: ## Remove what install put there; changed settings and the files stay
	@if [ -e $(config) ] && cmp -s $(config) $(example); then rm -f $(config); fi
	rm -f "$(DESTDIR)$(BINDIR)/election" "$(DESTDIR)$(SYSUSERSDIR)/election.conf"
	rm -f "$(DESTDIR)$(UNITDIR)/election.service" "$(DESTDIR)$(UNITDIR)/election@.service"
	rm -f "$(DESTDIR)$(UNITDIR)/election@.service.d/instance.conf"
	rm -rf "$(DESTDIR)$(DOCDIR)"
	@rmdir "$(DESTDIR)$(UNITDIR)/election@.service.d" 2>/dev/null || true
	@rmdir "$(DESTDIR)$(SYSCONFDIR)/election" 2>/dev/null || true
	@[ ! -e $(config) ] || printf 'kept, because it was changed: %s\n' $(config)

test-systemd: build ## Run the units under a real systemd in containers; needs Docker
	@bun test/systemd/run.ts

peers-client:
	@test/set-up peers-client

clean: ## Remove everything that was built or installed here
	rm -rf dist node_modules

tools:
	@test/set-up tools

servers:
	@test/set-up servers

peers:
	@test/set-up peers
