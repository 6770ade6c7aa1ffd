# Hearth in a few words: make run, make test. The build itself is CMake's (CMakeLists.txt, CMakePresets.json).
.DEFAULT_GOAL := help
SHELL := /bin/bash
BUILD ?= build
TYPE ?= Release

# Debian 12 packages: what building needs, what the tests need besides, what other people's servers and clients need.
PACKAGES_BUILD := cmake ninja-build g++ pkg-config ccache libboost1.81-dev libfmt-dev doctest-dev libssl-dev \
  libgmime-3.0-dev libcli11-dev libargon2-dev libcrypt-dev libsystemd-dev libsqlite3-dev zlib1g-dev libzstd-dev python3
PACKAGES_TEST := python3-pytest curl util-linux e2fsprogs dovecot-imapd
PACKAGES_INTEROP := dovecot-imapd isync offlineimap3 neomutt fetchmail curl roundcube-core roundcube-sqlite3 \
  php-cli php-sqlite3 chromium

.PHONY: help run test test-unit test-e2e build build-all asan install interop soak mutants bench bench-mail packages-build packages-test clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: packages-build ## build the programs, start a private Hearth with demo mail, show cold and warm clicks
	@packaging/configure $(BUILD) $(TYPE)
	cmake --build $(BUILD) -j2 --target programs
	@python3 packaging/demo/run.py --build $(BUILD)

test: packages-build packages-test build-all test-unit test-e2e ## every test that needs Debian packages only

test-unit: ## the C++ tests and the fuzzers' corpora
	ctest --test-dir $(BUILD) --output-on-failure -j2 --no-tests=error

test-e2e: ## the end-to-end tests, as whoever we are; as root also as an ordinary user
	tests/run-e2e $(BUILD)

build: ## compile the programs into $(BUILD)
	@packaging/configure $(BUILD) $(TYPE)
	cmake --build $(BUILD) -j2 --target programs

build-all: ## the tests and benchmarks, too
	@packaging/configure $(BUILD) $(TYPE)
	cmake --build $(BUILD) -j2

asan: packages-build ## the same tests with address and undefined behaviour sanitizers
	@packaging/configure build-asan Debug -DHEARTH_SANITIZE=address,undefined
	cmake --build build-asan -j2
	ctest --test-dir build-asan --output-on-failure -j2 --no-tests=error

install: ## install below DESTDIR and PREFIX (default /usr/local)
	@packaging/configure $(BUILD) $(TYPE)
	cmake --build $(BUILD) -j2 --target programs
	cmake --install $(BUILD) --prefix $(or $(PREFIX),/usr/local)

interop: packages-build packages-test build-all ## other people's clients (imapflow, mbsync, Roundcube, ...); every skip is printed
	tests/run-interop $(BUILD) "$(PACKAGES_INTEROP)"

soak: packages-build packages-test build-all ## the long runs
	tests/run-soak $(BUILD)

mutants: packages-build packages-test ## leave out each safety check in turn: a named test must notice
	tests/run-mutants

bench: packages-build packages-test build-all ## Hearth beside its floor and beside Dovecot; workers forked beside workers executed
	python3 bench/run.py --build $(BUILD)
	python3 bench/start.py --build $(BUILD)

bench-mail: packages-build packages-test build-all ## what the store costs: clicks on up to 100,000 messages, writes, searches, beside Dovecot
	python3 bench/mail.py --build $(BUILD)

packages-build:
	@packaging/ensure-packages $(PACKAGES_BUILD)

packages-test:
	@packaging/ensure-packages $(PACKAGES_TEST)

clean:
	rm -rf build build-*
