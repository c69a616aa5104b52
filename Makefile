# Builds the extension with PGXS. Tests run through ./check.
EXTENSION = pg_incident
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" pg_incident.control)
MODULE_big = pg_incident
PGFILEDESC = "pg_incident - incident response inside the database"

# The install script is its parts in reading order (extension/parts; where a line has a second word, that is what
# @type@ stands for), then calendars, presets, addenda and risk methods.
SQL_PARTS = $(sort $(addprefix extension/,$(shell sed 's/ .*//' extension/parts)))
CALENDARS = $(sort $(wildcard extension/data/calendars/*.json))
PRESETS = $(sort $(wildcard extension/data/presets/*.json))
ADDENDA = $(sort $(wildcard extension/data/addenda/*.json))
METHODS = $(sort $(wildcard extension/data/methods/*.json))
SQL_SCRIPT = pg_incident--$(EXTVERSION).sql
DATA_built = $(SQL_SCRIPT)
DATA = $(wildcard extension/updates/*.sql)

KERNEL_SRC = $(wildcard src/kernel/*.c)
# The relay is a program of its own, with a Makefile of its own.
OBJS = $(patsubst %.c,%.o,$(filter-out src/relay/%,$(wildcard src/*.c src/*/*.c)))
KERNEL_TESTS = $(patsubst %.c,%,$(wildcard test/kernel/*_test.c))

# The flags that pg_config hands on were chosen for gcc.
CLANG_QUIRKS = -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes

PG_CPPFLAGS = -Isrc
include src/warnings.mk
PG_CFLAGS = $(WARNINGS) $(if $(findstring clang,$(CC)),$(CLANG_QUIRKS))
# Random numbers are the same on every machine: nothing is rounded once instead of twice.
SAME_ROUNDING = -ffp-contract=off
PG_CFLAGS += $(SAME_ROUNDING)
# Of the library only what is marked is to be seen; PostgreSQL 16 does this by itself.
PG_CFLAGS += -fvisibility=hidden
SHLIB_LINK = -lm
EXTRA_CLEAN = $(SQL_SCRIPT) $(KERNEL_TESTS)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
override BITCODE_CFLAGS += $(SAME_ROUNDING)

$(OBJS): $(wildcard src/*.h src/*/*.h)

# A calendar becomes one statement, and so does a preset, an addendum or a risk method. The
# fixed id of a preset or a method is the number in ids beside it.
$(SQL_SCRIPT): extension/parts $(SQL_PARTS) $(CALENDARS) $(PRESETS) extension/data/presets/ids $(ADDENDA) $(METHODS) \
		extension/data/methods/ids pg_incident.control
	{ \
		printf '%s\n' '\echo Use "CREATE EXTENSION pg_incident" to load this file. \quit'; \
		while read -r part type; do \
			echo; echo "-- extension/$$part" $$type; \
			sed "s/@type@/$$type/g" extension/$$part; \
		done <extension/parts; \
		for calendar in $(CALENDARS); do \
			echo; echo "-- $$calendar"; \
			echo 'SELECT incident_internal.load_calendar($$calendar$$'; cat $$calendar; \
			echo '$$calendar$$);'; \
		done; \
		while read -r id name; do \
			echo; echo "-- extension/data/presets/$$name.json"; \
			printf 'SELECT incident_internal.load_preset(%s, $$preset$$' "$$id"; \
			cat extension/data/presets/$$name.json; \
			echo '$$preset$$);'; \
		done <extension/data/presets/ids; \
		for addendum in $(ADDENDA); do \
			echo; echo "-- $$addendum"; \
			echo 'SELECT incident_internal.load_addendum($$addendum$$'; cat $$addendum; \
			echo '$$addendum$$);'; \
		done; \
		while read -r id name; do \
			echo; echo "-- extension/data/methods/$$name.json"; \
			printf 'SELECT incident_internal.load_risk_method(%s, $$method$$' "$$id"; \
			cat extension/data/methods/$$name.json; \
			echo '$$method$$);'; \
		done <extension/data/methods/ids; \
	} >$@.tmp
	mv $@.tmp $@

KERNEL_CFLAGS = -std=c99 -O1 -g -Wall -Wextra -Wshadow -Wmissing-prototypes \
	-Wdeclaration-after-statement $(SAME_ROUNDING) -Isrc $(if $(WERROR),-Werror)

test/kernel/%_test: test/kernel/%_test.c $(wildcard test/kernel/*.h) $(KERNEL_SRC) $(wildcard src/kernel/*.h)
	$(CC) $(KERNEL_CFLAGS) $(KERNEL_EXTRA) -o $@ $< $(KERNEL_SRC) -lm

# With RELAY=no the extension is built alone, as on a server from which nothing is delivered.
ifneq ($(RELAY),no)
all: relay-all
install: relay-install
uninstall: relay-uninstall
clean: relay-clean
endif

.PHONY: relay-all relay-install relay-uninstall relay-clean
relay-all relay-install relay-uninstall relay-clean: relay-%:
	$(MAKE) -C src/relay $* prefix='$(prefix)' bindir='$(bindir)'

# The kernel needs no server: its unit tests print TAP.
.PHONY: kernel-test
kernel-test: $(KERNEL_TESTS)
	@for t in $(KERNEL_TESTS); do echo "# $$t"; ./$$t || exit 1; done

# Which source knows which (tools/includes --help).
.PHONY: includes
includes:
	tools/includes $(CC) $(CFLAGS) $(CPPFLAGS) -I$(includedir)
