# make help lists the targets. Needs Go 1.26, gcc and g++, Node 20 with npm, and
# Python 3 for the tests of the Python clients.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# A UI over its budgets is not built.
.DELETE_ON_ERROR:
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO ?= go
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
VENV := .venv
LINT := $(GO) tool -modfile=$(CURDIR)/lint.mod golangci-lint run
# cgo's default of -O2 -g has the compiler describe nine megabytes of SQLite for a debugger,
# a fifth of what they take to compile; the binary is stripped of it anyway.
export CGO_CFLAGS ?= -O2
export CHROMIUM_PATH ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome || echo /usr/bin/chromium)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: build ## Build everything and start Oriel with sample traffic
	bin/oriel demo

.PHONY: build
build: ## Build the UI and the server into bin/oriel
	@$(MAKE) --no-print-directory -j2 ui rooms
	@$(MAKE) --no-print-directory server

# All of the server but what holds the UI: it compiles while the UI is built.
.PHONY: rooms
rooms:
	@CGO_ENABLED=1 $(GO) build -trimpath $$($(GO) list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' ./cmd/oriel | grep -vE '/oriel/(ui|internal/server|cmd/oriel)$$')

.PHONY: server
server: ## Build the server alone, with whatever UI was built before
	CGO_ENABLED=1 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/oriel ./cmd/oriel

.PHONY: ui
ui: ui/dist/index.html ## Build the UI if its sources changed

ui/node_modules/.installed: ui/package-lock.json
	cd ui && $(NPM_CI)
	@touch $@

ui/dist/index.html: ui/node_modules/.installed ui/index.html ui/vite.config.ts $(shell find ui/src -type f 2>/dev/null)
	cd ui && npm run --silent build

.PHONY: dev
dev: server ## Start the server, and the UI with hot reload beside it
	bin/oriel demo & trap 'kill $$!' EXIT; cd ui && npm run dev

.PHONY: test
test: test-tools build test-ui test-go test-e2e ## Install what the tests need and run them all

.PHONY: test-tools
test-tools: ## Install what the tests need beyond Go and Node: Chromium, Python packages
	@scripts/install-test-tools

.PHONY: test-go
test-go: internal/store/sqlgen/testdata/chdb/node_modules/.installed ## Go tests
	ORIEL_CHDB_DIR=$(CURDIR)/internal/store/sqlgen/testdata/chdb $(GO) vet ./...
	ORIEL_CHDB_DIR=$(CURDIR)/internal/store/sqlgen/testdata/chdb $(GO) test -timeout 15m ./...
	cd telemetry && $(GO) vet ./... && $(GO) test -timeout 5m ./...
	cd examples/cruddur && $(GO) vet ./... && $(GO) test -timeout 5m ./...

internal/store/sqlgen/testdata/chdb/node_modules/.installed: internal/store/sqlgen/testdata/chdb/package-lock.json
	cd internal/store/sqlgen/testdata/chdb && $(NPM_CI)
	@touch $@

.PHONY: test-ui
test-ui: ui/node_modules/.installed ## Type check, lint and unit tests of the UI
	cd ui && npm run --silent typecheck && npm run --silent lint && npm test --silent

.PHONY: test-e2e
test-e2e: e2e-cli e2e-sdk e2e-ui ## The real clients, the command line and the browser against the built binary

.PHONY: e2e-cli
e2e-cli: ## Command line and crash tests
	cd e2e/cli && ORIEL_BIN=$(CURDIR)/bin/oriel $(GO) test -timeout 10m ./...

.PHONY: e2e-sdk
e2e-sdk: ## The real clients: OpenTelemetry in Go, Python and Node, Honeycomb's own, AWS's for logs, and Rollbar's
	cd e2e/sdk/node && $(NPM_CI)
	cd e2e/sdk/node/setup && $(NPM_CI)
	cd e2e/sdk/node/honeycomb && $(NPM_CI)
	cd e2e/sdk/node/cloudwatch && $(NPM_CI)
	cd e2e/sdk/node/xray && $(NPM_CI)
	cd e2e/sdk/node/rollbar && $(NPM_CI)
	cd e2e/sdk/node/rollbar-api && $(NPM_CI)
	cd e2e/sdk/node/sourcemaps && $(NPM_CI)
	cd e2e/sdk && ORIEL_BIN=$(CURDIR)/bin/oriel E2E_PYTHON=$(CURDIR)/$(VENV)/bin/python $(GO) test -timeout 10m ./...

.PHONY: e2e-java
e2e-java: ## The set-up page's cards for Java; needs a JDK and Maven, and is no part of the tests
	cd e2e/sdk && E2E_JAVA=1 ORIEL_BIN=$(CURDIR)/bin/oriel $(GO) test -count 1 -timeout 10m -run CardsOfJava .

.PHONY: e2e-ui
e2e-ui: ## Playwright with axe
	cd e2e/ui && $(NPM_CI) && npx playwright test

.PHONY: race
race: ## Go tests with the race detector
	$(GO) test -race -timeout 30m ./internal/...

.PHONY: lint
lint: ## golangci-lint and eslint
	$(LINT) ./...
	cd telemetry && $(LINT) ./...
	cd examples/cruddur && $(LINT) ./...
	cd ui && npm run --silent lint

.PHONY: fmt
fmt: ## Format Go and TypeScript
	$(GO) tool -modfile=lint.mod gofumpt -extra -w internal cmd bench e2e
	cd ui && npx prettier --write src

.PHONY: record
record: ## Record the hour that oriel demo begins with, by running Cruddur: takes 22 minutes
	$(GO) run -trimpath ./internal/recording/record -out internal/recording/hour.zst

.PHONY: golden
golden: ## Rewrite golden files; review the diff like code
	$(GO) test ./internal/... -update

.PHONY: fuzz
fuzz: ## Fuzz every decoder and parser for FUZZTIME (default 1m each)
	@for p in $$($(GO) list ./internal/...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-1m} -fuzzminimizetime 1s $$p; \
	  done; done

.PHONY: crash
crash: server ## The long crash test: 50 kills under load
	cd e2e/cli && ORIEL_BIN=$(CURDIR)/bin/oriel CRASH_KILLS=50 $(GO) test -run Kill -timeout 60m -v ./...

.PHONY: overload
overload: server ## The long tests of overload, stops under load and damaged journals
	cd e2e/cli && ORIEL_BIN=$(CURDIR)/bin/oriel OVERLOAD_SECONDS=300 STOPS=20 DAMAGES=300 $(GO) test -run 'Overload|Stop|Damage' -timeout 60m -v ./...

.PHONY: bench-logs
bench-logs: server ## Measure lines by PutLogEvents: what they cost, and questions about them
	$(GO) run ./bench -bin bin/oriel -profile logs

.PHONY: bench-ui
bench-ui: build ## Measure the pages in Chromium: frames, keys, memory, against their budgets
	cd e2e/ui && $(NPM_CI) && npx playwright test -c bench.config.ts

.PHONY: bench-xray
bench-xray: server ## Measure segments over UDP for a minute: what they cost, and what is lost
	$(GO) run ./bench -bin bin/oriel -profile xray

.PHONY: bench-rollbar
bench-rollbar: server ## Measure errors of 4 kB as Rollbar's SDKs post them, singly and in batches: what they cost, and that all are there
	$(GO) run ./bench -bin bin/oriel -profile rollbar -rate 5000 -during 30s
	$(GO) run ./bench -bin bin/oriel -profile rollbar -rate 5000 -during 30s -traces 50 -senders 4
	$(GO) run ./bench -bin bin/oriel -profile rollbar -rate 5000 -during 30s -items 1

.PHONY: bench-traces
bench-traces: server ## Measure X-Ray's API, the map and analytics over a million small traces
	$(GO) run ./bench -bin bin/oriel -profile traces -spans 4000000 -repeats 3

.PHONY: bench
bench: server ## Measure ingest, disk, memory, look-up, queries and start; prints the tables of docs/performance.md
	$(GO) run ./bench -bin bin/oriel

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin ui/dist/assets ui/dist/index.html
