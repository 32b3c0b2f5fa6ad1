# make            build the static binary: dist/docglow-telemetry
# make demo       send a sample event to a receiver on this machine, and show what arrived
# make test       every test; those whose tool is missing are counted as ignored
# make lint       formatting, clippy and shellcheck
# make install    install the binary, PREFIX=/usr/local

PREFIX ?= /usr/local
CARGO ?= cargo

HOST := $(shell rustc -vV | sed -n 's/^host: //p')
MUSL := $(subst -gnu,-musl,$(HOST))
# A musl target is taken where it is installed. On the gnu one, an explicit --target keeps the flags from proc-macros, which
# can't be static.
TARGET ?= $(if $(wildcard $(shell rustc --print target-libdir --target $(MUSL) 2>/dev/null)),$(MUSL),$(HOST))
# Static, and at a fixed address: there is nothing to relocate at start-up.
STATIC := $(if $(findstring linux,$(TARGET)),-C target-feature=+crt-static -C relocation-model=static)
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
BINARY := dist/docglow-telemetry
EVENT := tests/fixtures/events/documented_example.event.json

.PHONY: all
all: $(BINARY)

# cargo knows best whether there is anything to do.
.PHONY: $(BINARY)
$(BINARY):
	RUSTFLAGS="$(STATIC)" $(CARGO) build --locked --release --bin docglow-telemetry --target $(TARGET)
	mkdir -p dist
	cp $(TARGET_DIR)/$(TARGET)/release/docglow-telemetry $@

.PHONY: demo
demo: $(BINARY)
	$(CARGO) build --locked --quiet --example receiver
	sh tests/demo.sh $(BINARY) $(TARGET_DIR)/debug/examples/receiver $(EVENT)

.PHONY: test
test: $(BINARY)
	DOCGLOW_TELEMETRY_BIN="$(abspath $(BINARY))" $(CARGO) test --locked

.PHONY: lint
lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	shellcheck hooks/docglow.sh tests/demo.sh .ci/run

.PHONY: install
install: $(BINARY)
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/docglow-telemetry"

.PHONY: clean
clean:
	$(CARGO) clean
	rm -rf dist
