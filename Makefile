# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cephtap: `make` builds ./cephtap; `make help` says the rest. Variables for the command line:
#   BUILD=build/mine  another folder for objects; the binary is then BUILD/cephtap, so that builds do not disturb each other
#   STATIC=1          one fully static binary, to copy to another machine
#   WERROR=1          warnings are errors, as in CI
#   CC=clang          any C compiler that knows gnu11
#   PREFIX= DESTDIR=  where `make install` puts things
#   CEPH_BUILD=DIR    where `make ceph-with-markers` builds Ceph
#   KERNELS=          which suites of Debian `make test-kernels` takes the kernels of
#   CEPH_RELEASE=DIR  where `make test-ceph-release` unpacks another release of Ceph

VERSION := 0.1.0
BUILD   := build
CC      := cc
CXX     := c++
PREFIX  := /usr/local
FUZZ_CC := clang
FUZZ_SECONDS := 30
CEPH_BUILD ?= build/ceph
RELEASE ?= 18
CEPH_RELEASE ?= build/ceph-release$(RELEASE:%=-%)
SUITE_16 := bookworm
SUITE_18 := trixie
SUITE_20 := sid
SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c src/*/*/*/*.c)

ifeq ($(origin JOBS)$(MAKELEVEL),undefined0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += -rR
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.DEFAULT_GOAL := all

# --- Flags ---------------------------------------------------------------------------------------------------------------

OPT      := -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes
# Rows of our tables leave out what is zero, which gcc takes as meant.
WARN     += $(if $(findstring clang,$(CC)),-Wno-missing-field-initializers)
ALL_CPP   = -D_GNU_SOURCE -DCEPHTAP_VERSION='"$(VERSION)"' -Isrc -Iinclude $(CPPFLAGS)
ALL_C     = -std=gnu11 $(OPT) $(WARN) $(if $(filter 1,$(WERROR)),-Werror) $(SANITIZE_FLAGS) $(CFLAGS)
SANITIZE_FLAGS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
ALL_LD    = $(SANITIZE_FLAGS) $(if $(filter 1,$(STATIC)),$(ALL_STATIC)) $(LDFLAGS)
# See src/lib/no_dlopen.c and src/lib/memory.c.
ALL_STATIC := -static -Wl,-z,noseparate-code -Wl,-O2 -Wl,--wrap=dlopen -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc

# ncursesw is for `cephtap top`; it has a static library too, which reads the terminal's description from the host's terminfo.
# Expanded when first needed, once: pkg-config may not be there before `make test` has installed it.
PKGS      = libbpf libelf libdw json-c ncursesw
PKG_CPP   = $(eval PKG_CPP := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CPP)
PKG_LIBS  = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
PKG_ALL   = $(eval PKG_ALL := $$(shell pkg-config --libs --static $(PKGS)))$(PKG_ALL)
SYS_LIBS := -liberty -lz -llzma -lpthread -lm
LIBS      = $(if $(filter 1,$(STATIC)),$(PKG_ALL),$(PKG_LIBS)) $(SYS_LIBS)

# --- What there is -------------------------------------------------------------------------------------------------------

CEPHTAP  := $(if $(filter build,$(BUILD)),cephtap,$(BUILD)/cephtap)
OBJS     := $(SOURCES:%.c=$(BUILD)/%.o)
EMBEDDED := $(wildcard catalogue/*.cat cards/*.card scripts/*.d scripts/cluster.sh) src/front/d/library.d src/front/stap/library.stp pictures/page.html
EMBED_O  := $(if $(wildcard scripts/embed.sh),$(BUILD)/embed.o)
LIB      := $(BUILD)/libcephtap.a
LIB_OBJS := $(filter-out $(BUILD)/src/main.o,$(OBJS)) $(EMBED_O)

UNIT_SRC := $(wildcard test/unit/test_*.c)
UNITS    := $(UNIT_SRC:%.c=$(BUILD)/%)
UNIT_LIB := $(BUILD)/libtest.a
UNIT_OWN := $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/interp/*.c) $(filter-out $(UNIT_SRC),$(wildcard test/unit/*.c)))
PROG_SRC := $(filter-out test/prog/lib%,$(wildcard test/prog/*.c test/prog/*.cc))
PROGS    := $(patsubst %.cc,$(BUILD)/%,$(patsubst %.c,$(BUILD)/%,$(PROG_SRC)))
PROG_LIB := $(patsubst %.c,$(BUILD)/%.so,$(wildcard test/prog/lib*.c))
FAULTS   := $(BUILD)/test/faults/faults.so
FUZZ_SRC := $(wildcard fuzz/fuzz_*.c)
FUZZERS  := $(FUZZ_SRC:%.c=$(BUILD)/%)
CHECK_X86 := $(BUILD)/test/x86/compare
FOLLOW    := $(BUILD)/test/x86/follow
LAYOUT    := $(BUILD)/test/layout/layout
OPTIONS   := $(BUILD)/test/options/table
# What the static build would be, for the test of sizes: of the same objects. A sanitizer's cannot be linked so, nor can any where a
# distribution has no static libraries.
STATIC_BIN := $(if $(SANITIZE),,$(BUILD)/cephtap-static)

# A file whose time says when a list last changed: what depends on it is made again when files come or go, or flags change.
define remember
ifneq ($$(strip $$(file <$(BUILD)/$(1))),$$(strip $(2)))
$$(shell mkdir -p $(BUILD))
$$(file >$(BUILD)/$(1),$$(strip $(2)))
endif
$(BUILD)/$(1):
endef
$(eval $(call remember,.flags,$(CC) $(OPT) $(WARN) $(WERROR) $(SANITIZE) $(STATIC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(VERSION)))
$(eval $(call remember,.sources,$(SOURCES)))
$(eval $(call remember,.embedded,$(EMBEDDED)))
$(eval $(call remember,.units,$(UNIT_OWN)))

# --- Build ---------------------------------------------------------------------------------------------------------------

.PHONY: all help demo test tests units progs install install-strip uninstall bench golden fuzz fuzzers objects check-asan check-clang check-provider \
	check-weave check-x86 format reference clean deps test-live test-harmless test-flat test-truth ceph-with-markers test-ceph-with-markers test-ceph-release \
	test-kernels test-params test-faults man witnesses families check-layouts
all: $(CEPHTAP)

# What a goal needs of Debian's packages, as groups of scripts/install-deps.sh, which installs them as root before anything is compiled,
# and otherwise says what is missing and what to do. All that compiles needs `build`.
NEEDS_demo := build ceph
NEEDS_test := build static test ceph
NEEDS_tests := build static units
NEEDS_units := build units
NEEDS_progs := build units
NEEDS_golden := build units
NEEDS_man := build
NEEDS_test-live := build static test ceph services bench
NEEDS_test-harmless := build static test ceph
NEEDS_test-flat := build static test ceph
NEEDS_test-truth := build static test ceph
NEEDS_test-ceph-with-markers := build static test ceph bench
NEEDS_test-ceph-release := build static test ceph
NEEDS_test-params := build static test
NEEDS_test-faults := build static test ceph
NEEDS_test-kernels := build static units kernels
NEEDS_ceph-with-markers := build ceph-build
NEEDS_check-asan := build test
NEEDS_check-clang := build units fuzz
NEEDS_check-provider := build provider
NEEDS_check-weave := build ceph-build
NEEDS_check-x86 := build x86
NEEDS_fuzz := build units fuzz
NEEDS_bench := build bench ceph
NEEDS_format := format

GROUPS := $(sort $(foreach goal,$(MAKECMDGOALS),$(NEEDS_$(goal))) $(if $(filter 1,$(STATIC)),build static))
FIRST  := $(if $(GROUPS),deps) $(BUILD)/.checked
deps:
	@! command -v apt-get >/dev/null || scripts/install-deps.sh $(or $(GROUPS),build)
$(patsubst NEEDS_%,%,$(filter NEEDS_%,$(.VARIABLES))): | deps

# Other systems than Debian, or libraries of one's own: what counts is that they are found.
$(BUILD)/.checked: $(if $(GROUPS),| deps)
	@printf '#include <%s>\n' libiberty/demangle.h lzma.h uthash.h zlib.h | { pkg-config --exists $(PKGS) && $(CC) -E -o /dev/null -x c -; } 2>/dev/null || \
		scripts/install-deps.sh build
	@mkdir -p $(@D) && touch $@

# A catalogue or a card that does not hold together fails the build.
$(CEPHTAP): $(OBJS) $(EMBED_O) $(BUILD)/.sources
	$(CC) $(ALL_LD) -Wl,--gc-sections -o $@.new $(filter %.o,$^) $(LIBS)
	$(abspath $@.new) catalogue --check && mv $@.new $@

$(STATIC_BIN): $(OBJS) $(EMBED_O) $(BUILD)/.sources
	for lib in c dw bz2 ncursesw; do [ -f "$$($(CC) -print-file-name=lib$$lib.a)" ] || exit 0; done; \
		$(CC) $(ALL_LD) $(ALL_STATIC) -Wl,--gc-sections -o $@ $(filter %.o,$^) $(PKG_ALL) $(SYS_LIBS)

$(LIB): $(LIB_OBJS) $(BUILD)/.sources
	@rm -f $@
	ar rcs $@ $(filter %.o,$^)

# What runs once for a script or a command: small is better than fast. What runs for each event, symbol or line is compiled for speed.
ONCE := agg ceph cmd code front func pictures plan provider schema stap top views
# Of other rooms the files that do.
ONCE_FILES := report/metric report/openmetrics report/heat report/pprof report/ctf_metadata report/spark engine/kernel/hit engine/kernel/meter \
	engine/kernel/examine engine/kernel/leftover engine/kernel/left_behind engine/kernel/live engine/kernel/load engine/kernel/attach run/guard run/target
$(foreach file,$(ONCE_FILES),$(eval $(BUILD)/src/$(file).o: OPT := $(OPT:-O2=-Os)))
# What nothing calls is left out. Nothing unwinds cephtap but a debugger, which has .debug_frame: tables that are loaded would be 4 % of the static file.
$(BUILD)/src/%.o: ALL_C += -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
$(foreach room,$(ONCE),$(eval $(BUILD)/src/$(room)/%.o: OPT := $(OPT:-O2=-Os)))

$(BUILD)/%.o: %.c $(BUILD)/.flags | $(FIRST)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPP) $(PKG_CPP) $(ALL_C) -MMD -MP -c -o $@ $<

$(BUILD)/embed/%.gz: % | $(FIRST)
	@mkdir -p $(@D)
	gzip -9 -n -c $< >$@

$(BUILD)/embed.c: scripts/embed.sh $(EMBEDDED:%=$(BUILD)/embed/%.gz) $(BUILD)/.embedded
	scripts/embed.sh $(BUILD)/embed $(filter %.cat,$(EMBEDDED)) -- $(filter %.card,$(EMBEDDED)) -- $(filter scripts/%,$(EMBEDDED)) -- \
		src/front/d/library.d src/front/stap/library.stp -- pictures/page.html >$@

$(BUILD)/embed.o: $(BUILD)/embed.c $(BUILD)/.flags | $(FIRST)
	$(CC) $(ALL_CPP) $(ALL_C) -c -o $@ $<

# --- Tests ---------------------------------------------------------------------------------------------------------------

# What unit tests share: the interpreter, and what in test/unit is no test itself. An archive, so that each takes what it needs.
$(UNIT_LIB): $(UNIT_OWN) $(BUILD)/.units
	@rm -f $@
	ar rcs $@ $(filter %.o,$^)

units: $(UNITS)
progs: $(PROGS) $(PROG_LIB) $(FAULTS)
tests: $(CEPHTAP) $(STATIC_BIN) $(LAYOUT) units progs $(OPTIONS) $(FUZZ_SRC:%.c=$(BUILD)/%.o) # the fuzzers, so that they keep compiling

$(UNITS): $(BUILD)/test/unit/%: $(BUILD)/test/unit/%.o $(UNIT_LIB) $(LIB)
	$(CC) $(ALL_LD) -o $@ $< $(UNIT_LIB) $(LIB) $(shell pkg-config --libs cmocka) $(LIBS)

# A test program says in its first lines how it wants to be built: `/* cflags: -O0 -no-pie */`, `/* libs: -lfoo */`. It is a
# traced program, not part of cephtap: it gets none of our flags.
prog_says = $$(sed -n '1,12s,.*$(1): *\(.*[^ ]\) *\*/.*,\1,p' $<)
PROG_FLAGS = -D_GNU_SOURCE -Iinclude -Itest/prog -g -MMD -MP -MF $@.d -MT $@ $(call prog_says,cflags)
PROG_LIBS  = -L$(BUILD)/test/prog -Wl,-rpath,'$$ORIGIN' $(call prog_says,libs) -lpthread

$(PROG_LIB): $(BUILD)/%.so: %.c | $(FIRST)
	@mkdir -p $(@D)
	$(CC) -O2 -shared -fPIC $(PROG_FLAGS) -o $@ $< $(call prog_says,libs)

$(FAULTS): $(BUILD)/%.so: %.c | $(FIRST)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g $(WARN) -D_GNU_SOURCE -shared -fPIC -MMD -MP -MF $@.d -MT $@ -o $@ $< -ldl

$(BUILD)/test/prog/%: test/prog/%.c | $(FIRST) $(PROG_LIB)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(PROG_FLAGS) -o $@ $< $(PROG_LIBS)

$(BUILD)/test/prog/%: test/prog/%.cc | $(FIRST) $(PROG_LIB)
	@mkdir -p $(@D)
	$(CXX) $(PROG_FLAGS) -o $@ $< $(PROG_LIBS)

test: tests
	BUILD=$(BUILD) test/run $(FILTER)

# All tests on live clusters, those too that `make test` leaves out for their time: about 25 minutes.
test-live: tests
	LONG_TESTS=1 TOTAL=3600 BUILD=$(BUILD) test/run live

# Kill -9 of cephtap and its helpers: 10,000 rounds on a program of everything, 1,000 on a live cluster (hours; ROUNDS= and
# LIVE_ROUNDS= say how many). Memory while processes restart 7,200 times (two hours; RESTARTS=).
test-harmless: tests
	TOTAL=36000 LIMIT=36000 SECONDS_OF_KILLS=30000 ROUNDS=$(or $(ROUNDS),10000) BUILD=$(BUILD) test/run e2e/left-behind
	TOTAL=36000 LIMIT=36000 ROUNDS=$(or $(LIVE_ROUNDS),1000) BUILD=$(BUILD) test/run live/harmless

# Memory, descriptors and mappings while processes restart all the time, and OSDs of a live cluster each minute.
test-flat: tests
	TOTAL=36000 LIMIT=36000 EVERY=60 FLAT_SECONDS=$(or $(FLAT_SECONDS),7200) BUILD=$(BUILD) test/run e2e/flat live/flat

# The long forms of live tests: every counter, one process alone, and the fallback for old kernels.

test-truth: tests
	LONG=1 BUILD=$(BUILD) test/run live/truth live/markers

# Parameters of thousands of generated functions, by all compilers that are here, against what was passed: about 3 minutes.
test-params: tests
	LONG=1 BUILD=$(BUILD) test/run e2e/params

# Every system call and every allocation of some forty commands fails once: about an hour and a half. FAULTS_ONLY='--only sdt,record' some.
test-faults: tests
	BUILD=$(BUILD) test/faults/run $(FAULTS_ONLY)

# The manual's lists of options, from the table.
man: $(OPTIONS)
	scripts/man.sh $(OPTIONS) <doc/cephtap.1 >$(BUILD)/cephtap.1 && cp $(BUILD)/cephtap.1 doc/cephtap.1

$(OPTIONS): $(OPTIONS).o $(LIB)
	$(CC) $(ALL_LD) -o $@ $^ $(LIBS)

golden: $(CEPHTAP) units
	BUILD=$(BUILD) UPDATE=1 test/run golden

# Real programs from Debian's sources, built with `cephtap dtrace` as their dtrace, and traced. PROVIDER_PROGRAMS='memcached
# postgresql' takes minutes.
check-provider: $(CEPHTAP)
	BUILD=$(BUILD) test/provider/real.sh $(PROVIDER_PROGRAMS)

# Ceph's own source, with markers: only the units that have some.
check-weave: $(CEPHTAP)
	BUILD=$(BUILD) test/weave/check.sh $(CEPH_BUILD)

# The decoder of x86-64 instructions against another one: made up instructions, and files (X86_FILES='/usr/bin/ceph-osd ...').
X86_FILES ?= $(CEPHTAP) $(wildcard /usr/bin/ceph-osd /lib/*-linux-gnu/libc.so.6 /lib/*-linux-gnu/libcrypto.so.3)
check-x86: $(CHECK_X86) $(CEPHTAP)
	$(CHECK_X86) --random 3000000 1
	$(CHECK_X86) $(X86_FILES)

$(CHECK_X86): $(CHECK_X86).o $(LIB)
	$(CC) $(ALL_LD) -o $@ $^ -lZydis $(LIBS)

$(FOLLOW) $(LAYOUT): %: %.o $(LIB)
	$(CC) $(ALL_LD) -o $@ $^ $(LIBS)

# Which functions tell where members are, of unpacked packages of several releases: CEPH_ROOTS='DIR/root ...'.
families:
	scripts/families.py cards

# How well layouts of unknown builds are told: wrong cards, and each release as if nobody had seen it. CEPH_ROOTS as above, three of them.
check-layouts: $(LAYOUT) $(FOLLOW)
	@for root in $(CEPH_ROOTS); do \
		osd=$$root/usr/bin/ceph-osd; card=cards/$$(readelf -n $$osd 2>/dev/null | sed -n 's/.*Build ID: //p').card; \
		$(LAYOUT) hidden $$osd $$card | tail -n 1; $(LAYOUT) mutate $$osd $$card | tail -n 2; $(LAYOUT) time $$osd $$card; done
	test/layout/leave-one-out.sh $(CEPH_ROOTS)

witnesses: $(FOLLOW)
	scripts/witnesses.py $(FOLLOW) $(CEPH_ROOTS) >catalogue/witnesses.cat.new && mv catalogue/witnesses.cat.new catalogue/witnesses.cat

# FILTER=: some of them, as CI has unit tests and golden files.
check-asan:
	+$(MAKE) BUILD=build/asan SANITIZE=address,undefined OPT='-O1 -g' $(if $(FILTER),build/asan/cephtap units progs,tests)
	BUILD=build/asan UNPRIVILEGED=1 ASAN_OPTIONS=detect_leaks=$(or $(LEAKS),0) test/run $(FILTER)

# What another compiler warns about; it is to be quick, so nothing is optimised.
check-clang:
	+$(MAKE) BUILD=build/clang CC=clang OPT=-O0 WERROR=1 objects
objects: $(CEPHTAP) $(UNITS:%=%.o) $(UNIT_OWN) $(FUZZ_SRC:%.c=$(BUILD)/%.o)

fuzzers: $(FUZZERS)
$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/fuzz/%.o $(UNIT_LIB) $(LIB)
	$(CC) $(ALL_LD) -fsanitize=fuzzer -o $@ $< $(UNIT_LIB) $(LIB) $(LIBS)

FUZZ_SCRIPTS := fuzz_ast | fuzz_check | fuzz_compile
fuzz:
	+$(MAKE) BUILD=build/fuzz CC=$(FUZZ_CC) SANITIZE=fuzzer-no-link,address,undefined OPT='-O1 -g' fuzzers
	fuzz/seeds.sh build/fuzz/seeds
	@for source in $(FUZZ_SRC); do \
		name=$$(basename $$source .c); corpus=build/fuzz/corpus/$$name; mkdir -p $$corpus; \
		seeds=; [ ! -d fuzz/corpus/$$name ] || seeds=fuzz/corpus/$$name; \
		case $$name in \
		$(FUZZ_SCRIPTS)) seeds="$$seeds build/fuzz/seeds/scripts -dict=build/fuzz/seeds/words.dict" ;; \
		fuzz_section) seeds=build/fuzz/seeds/sections ;; \
		esac; \
		ASAN_OPTIONS=detect_leaks=0 build/fuzz/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
			-print_final_stats=1 -artifact_prefix=build/fuzz/$$name- $$corpus $$seeds >build/fuzz/$$name.log 2>&1 || \
			{ tail -n 60 build/fuzz/$$name.log; echo "$$name: failed" >&2; exit 1; }; \
		sed -n "s/stat::number_of_executed_units: */$$name: no failure, inputs tried: /p" build/fuzz/$$name.log; \
	done

bench: $(CEPHTAP)
	@[ -x bench/run ] || { echo "there are no benchmarks in this tree: bench/run is missing" >&2; exit 1; }
	BUILD=$(BUILD) bench/run
	BUILD=$(BUILD) bench/stacks.sh
	bench/record.sh

# The page of functions in doc/, from the tables.
reference: $(CEPHTAP)
	./$(CEPHTAP) list --functions --markdown >doc/language-reference.md

# --- Use -----------------------------------------------------------------------------------------------------------------

demo: $(CEPHTAP)
	./$(CEPHTAP) demo

# Ceph itself from Debian's source, with the markers compiled in. Can be stopped and called again.
ceph-with-markers: $(CEPHTAP)
	CEPHTAP=$(abspath $(CEPHTAP)) scripts/ceph-build.sh all $(CEPH_BUILD)
	@echo "to trace it, as root: ./$(CEPHTAP) demo --ceph $(CEPH_BUILD)/on"

# The live tests on that Ceph: the same scripts and the same truth as on the stock packages, and other tracers.
test-ceph-with-markers: $(CEPH_BUILD)/on/bin/ceph-osd tests
	CEPH_BIN_DIR=$(abspath $(CEPH_BUILD))/on/bin CEPH_LIB_DIR=$(abspath $(CEPH_BUILD))/on/lib BUILD=$(BUILD) \
		test/run live/woven live/truth live/markers

$(CEPH_BUILD)/on/bin/ceph-osd:
	@echo "there is no Ceph with markers in $(CEPH_BUILD): 'make ceph-with-markers' builds it, in an hour or two" >&2; exit 1

# The live tests on another release: Debian's packages of another suite, in mount namespaces of their own.
test-ceph-release: tests
	@[ -n '$(SUITE_$(RELEASE))' ] || { echo 'RELEASE is 16, 18 or 20: those that Debian has' >&2; exit 1; }
	[ -x $(CEPH_RELEASE)/bin/ceph-osd ] || SUITE=$(SUITE_$(RELEASE)) scripts/ceph-release.sh unpack $(CEPH_RELEASE)
	CEPH_BIN_DIR=$(abspath $(CEPH_RELEASE))/bin BUILD=$(BUILD) test/run live/truth live/markers live/reports live/services

# Debian's kernels in an emulator, with a static binary: KERNELS='bookworm sid' some of them.
test-kernels: tests
	BUILD=$(BUILD) CEPHTAP=$(abspath $(STATIC_BIN)) test/kernels/run $(KERNELS)

SHARED := $(wildcard scripts/*.d scripts/cluster.sh)
INSTALL_PROGRAM := install
install-strip: INSTALL_PROGRAM += -s
install-strip: install
install: $(CEPHTAP)
	$(INSTALL_PROGRAM) -D -m 755 $(CEPHTAP) $(DESTDIR)$(PREFIX)/bin/cephtap
	[ ! -f doc/cephtap.1 ] || install -D -m 644 doc/cephtap.1 $(DESTDIR)$(PREFIX)/share/man/man1/cephtap.1
	[ ! -f include/cephtap/marker.h ] || \
		install -D -m 644 include/cephtap/marker.h $(DESTDIR)$(PREFIX)/include/cephtap/marker.h
	install -d $(DESTDIR)$(PREFIX)/share/cephtap
	for file in $(SHARED); do install $$file $(DESTDIR)$(PREFIX)/share/cephtap/ \
		-m $$([ -x $$file ] && echo 755 || echo 644) || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/cephtap $(DESTDIR)$(PREFIX)/share/man/man1/cephtap.1
	rm -rf $(DESTDIR)$(PREFIX)/include/cephtap $(DESTDIR)$(PREFIX)/share/cephtap

format:
	clang-format -i $(SOURCES) $(wildcard src/*/*.h src/*/*/*.h src/*/*/*/*.h test/interp/*.[ch] test/unit/*.[ch] test/x86/*.c test/layout/*.c fuzz/*.c include/*/*.h)

# A build of Ceph stays: it took an hour.
clean:
	rm -rf $(filter-out build/ceph build/ceph-release% build/kernels,$(wildcard build/* build/.[!.]*)) cephtap

define HELP
make              build ./cephtap (STATIC=1: one static file; CC=clang; WERROR=1; BUILD=build/mine: another folder)
Each installs what it lacks of Debian's packages (as root; otherwise it says which to install).
make demo         build, and trace a throw-away Ceph cluster
make test         build, and run every test (FILTER='name ...': some)
make tests        build all that the tests need; then test/run [FILTER...] runs them
make test-harmless  10,000 rounds of kill -9, and 1,000 on a live cluster (hours)
make test-flat      memory of cephtap while processes, and OSDs of a live cluster, restart for FLAT_SECONDS=7200
make test-truth   markers against every perf counter of Ceph that counts the same, in all ways of attaching
make test-faults  every system call and allocation fails once, in some forty commands (90 minutes)
make test-params  parameters of thousands of generated functions, by each compiler that is here (3 minutes)
make golden       write the golden files anew; review with git diff
make man          write the options in the manual anew, from their table
make reference    write doc/language-reference.md anew, from the tables of functions
make check-asan   the tests that need no privilege, with the address and undefined-behaviour sanitizers (FILTER=)
make check-clang  all of the C sources by clang, its warnings as errors
make check-provider   memcached from Debian's source, built with cephtap dtrace, and traced
make check-weave  weave Ceph's source, compile what has markers, and compare the notes (minutes)
make ceph-with-markers   build Ceph 18.2.7 from Debian's source with the markers compiled in, in CEPH_BUILD=$(CEPH_BUILD)
make test-ceph-with-markers   the live tests on that Ceph: counters, arguments, other tracers (10 minutes)
make test-ceph-release   the live tests on Debian's packages of Ceph 18.2.7 (RELEASE=20: 20.2.4; 16: 16.2.15), unpacked into
                         CEPH_RELEASE=$(CEPH_RELEASE) (1.3 GB)
make witnesses      catalogue/witnesses.cat anew, of unpacked packages (CEPH_ROOTS='DIR/root ...'); make families: cards/family-*
make check-layouts  how well layouts of unknown builds are told (CEPH_ROOTS as above)
make test-kernels   tests on Debian's kernels in an emulator (KERNELS='bookworm sid': some)
make check-x86    the decoder of instructions against another one, on libraries and on made up ones
make fuzz         run each fuzzer for FUZZ_SECONDS=$(FUZZ_SECONDS)
make bench        measure
make install      into DESTDIR and PREFIX=$(PREFIX), with debug information; make install-strip without; make uninstall takes it away
make format       lay out the sources with clang-format
make clean        remove all that was built, but for build/ceph
endef
help:
	$(info $(HELP))
	@:

-include $(wildcard $(patsubst %.o,%.d,$(OBJS) $(CHECK_X86).o $(FOLLOW).o $(LAYOUT).o $(UNIT_OWN) $(UNITS:%=%.o) $(FUZZERS:%=%.o)) $(PROGS:%=%.d) $(PROG_LIB:%=%.d) $(FAULTS:%=%.d))
