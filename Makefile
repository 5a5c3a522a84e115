# Every task of the project. `make help` lists them; CONTRIBUTING.md says when to use which.
.DEFAULT_GOAL := help
SHELL := /bin/sh

TOOL := go tool -modfile=tools.mod
# The race detector needs a C compiler; the fast tests do without where there is none.
RACE := $(shell command -v gcc >/dev/null 2>&1 || command -v cc >/dev/null 2>&1 && echo -race)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build and start the whole system in one process, on http://127.0.0.1:8080
	@exec ./bin/chat serve

.PHONY: build
build: web-if-npm ## build the programs into bin/, with the web app if there is npm
	go build -ldflags "-X chatsystem/cmd/internal/program.Version=$(VERSION)" -o bin/ ./cmd/...

# Without npm the programs show a page that says how to get the web app.
.PHONY: web-if-npm
web-if-npm:
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory web; else echo 'no npm: building without the web app'; fi

.PHONY: web
web: web/dist/app/index.html ## build the web app into web/dist/app

web/dist/app/index.html: web/node_modules/.package-lock.json $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	npm --prefix web run build

testdata/python/.venv/.installed: testdata/python/requirements.txt
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	npm --prefix $* ci --no-audit --no-fund

.PHONY: test-web
test-web: web ## the web app: lint, types, unit tests, and a real browser against the real server
	npm --prefix web run check
	go build -o web/artifacts/chat ./cmd/chat
	npm --prefix web run e2e

.PHONY: test-unit
test-unit: ## the fast tests: seconds, nothing but Go needed
	go test $(RACE) -shuffle=on ./...

.PHONY: test
test: setup ## everything: with the race detector, real clients, real servers, killed processes and a little fuzzing
	$(MAKE) --no-print-directory fuzz FUZZTIME=40000x
	sh scripts/infra up
	@set -e; trap 'sh scripts/infra down' EXIT; $(MAKE) --no-print-directory test-integration test-e2e
	$(MAKE) --no-print-directory test-web
	$(MAKE) --no-print-directory soak MODE=one DURATION=35s ROUND=1500ms REST=1s

.PHONY: test-integration
test-integration: testdata/node/node_modules/.package-lock.json testdata/python/.venv/.installed ## the fast tests, and those that need servers, which must run
	go test -race -shuffle=on -timeout 30m -tags integration ./...

.PHONY: test-e2e
test-e2e: web testdata/node/node_modules/.package-lock.json ## the five services, two of each, behind nginx; ends and freezes servers, so nothing else may use them
	go test -shuffle=on -timeout 30m -v -tags e2e ./cmd/e2e

.PHONY: flakes
flakes: web/node_modules/.package-lock.json ## run every package 20 times with the processors kept busy: what rests on luck fails
	sh scripts/flakes $(PACKAGES)

.PHONY: simulate
simulate: ## simulate the five services with new seeds, for DURATION (1h)
	go test ./application/simulation -run '^TestSimulation$$' -count 1 -timeout 0 -v -duration $(or $(DURATION),1h)

.PHONY: infra
infra: ## start the real servers that integration tests need; scripts/infra down ends them
	@sh scripts/infra up

.PHONY: edge
edge: ## start nginx with the production configuration in front of services you run; scripts/edge down ends it
	@sh scripts/edge up

.PHONY: setup
setup: ## install what the tests and servers need (says first what it installs)
	@sh scripts/setup

.PHONY: lint
lint: check-generated ## static checks, and whether what we ship has known vulnerabilities
	go vet -tags integration,e2e ./...
	$(TOOL) golangci-lint run --build-tags integration,e2e
	sh scripts/audit

.PHONY: generate
generate: ## make the generated code anew
	go generate ./...

.PHONY: check-generated
check-generated: generate ## fail if generated code is not current
	git diff --exit-code -- '*.gen.go'

.PHONY: bench
bench: ## the benchmarks, with allocations
	go test -run '^$$' -bench . -benchmem -timeout 20m ./...

.PHONY: bench-report
bench-report: bench-rival bench-floor ## measure beside a server written by hand and beside the machine: both tables, in 25 minutes

.PHONY: bench-rival
bench-rival: testdata/baseline/node_modules/.package-lock.json ## measure beside a server written by hand: a table of ratios, in a quarter of an hour (QUICK=1: 4 minutes)
	@sh scripts/bench-report

.PHONY: bench-floor
bench-floor: ## measure beside the least that this machine needs: a table of ratios, in eight minutes
	@sh scripts/bench-floor

.PHONY: soak
soak: ## load the system for long and look for leaks: MODE=one|five|both, DURATION=30m; plots in artifacts/
	@sh scripts/soak

# A number of inputs, such as 40000x, does not meet golang/go#75804: at the end of a time Go 1.26 may report "context deadline exceeded".
FUZZTIME ?= 30s

.PHONY: fuzz
fuzz: ## fuzz what reads input of strangers, FUZZTIME (30s) each; what it finds it keeps in testdata/fuzz
	@set -e; grep -rE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9]*).*|\1 \2|' | while read -r dir f; do \
	  go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) "$$dir" </dev/null; done

.PHONY: clean
clean: ## remove what was built; data/ stays
	rm -rf bin artifacts web/artifacts web/dist/app
