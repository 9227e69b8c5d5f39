# veiltally: web access logs to statistics in which nobody can be found.
#
#   make            the program, build/veiltally
#   make demo       installs what is missing, builds, and reports on the demo log
#   make test       installs what is missing, builds, runs every test, prints "N passed, N failed, N skipped"
#   make lint       include law, compiler warnings under clang, cppcheck, clang-tidy, format
#   make asan       the whole suite under AddressSanitizer and UndefinedBehaviorSanitizer
#   make fuzz-NAME  fuzzes tests/fuzz/fuzz_NAME.c for FUZZ_SECONDS (600)
#   make bench      speed and memory beside goaccess and wc, as ratios in one run
#   make proof-memory  ten million distinct paths within --memory (minutes)
#   make brute      all 2^32 IPv4 addresses against a state without its keys (hours; BRUTE=N tries N of them)
#   make install    PREFIX=/usr/local DESTDIR=
#   make deps       installs the packages below (Debian, as root)
#   make format     rewrites the sources in the project's style
#   make clean

CC      ?= gcc
B       ?= build
PREFIX  ?= /usr/local
OPT     ?= -O3 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wvla -Wwrite-strings
ISAL    := $(shell pkg-config --exists libisal && echo libisal)# inflates faster; zlib does without it
PKGS    := libmaxminddb libcrypto zlib sqlite3 inih $(ISAL)
CFLAGS  ?= $(OPT)
ALLCF    = -std=c11 -D_GNU_SOURCE -I. $(WARN) $(if $(CI),-Werror) -pthread -fno-strict-overflow \
           -fstack-protector-strong $(if $(ISAL),-DHAVE_ISAL) $(CFLAGS) $(EXTRA)
# Bound at start: a function looked up at its first call leaves registers, keys among them, on the stack.
LIBS     = -Wl,-z,relro,-z,now $(shell pkg-config --libs $(PKGS)) -lm -pthread

ROOMS   := base ingest aggregate aggregate/veil aggregate/tally aggregate/detect aggregate/store export
SRC     := $(wildcard $(addsuffix /*.c,$(ROOMS)))
CLI     := $(wildcard cli/*.c)
OBJ     := $(SRC:%.c=$(B)/%.o)
UNITS   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
HEADERS := $(wildcard */*.h */*/*.h)

.PHONY: all deps demo test lint asan bench brute proof-memory install format clean unit-tests replays
all: $(B)/veiltally

$(B)/veiltally: $(CLI:%.c=$(B)/%.o) $(B)/libveiltally.a
	$(CC) $(ALLCF) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/libveiltally.a: $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALLCF) -MMD -MP -c -o $@ $<

$(B)/tests/test_%: tests/unit/test_%.c $(B)/libveiltally.a
	@mkdir -p $(@D)
	$(CC) $(ALLCF) -MMD -MP $(LDFLAGS) -o $@ $< $(B)/libveiltally.a -lcriterion -ljansson $(LIBS)

# The corpus replayed without a fuzzing engine, under whatever flavour is being tested.
$(B)/tests/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(B)/libveiltally.a
	@mkdir -p $(@D)
	$(CC) $(ALLCF) -MMD -MP $(LDFLAGS) -o $@ $< tests/fuzz/replay.c $(B)/libveiltally.a $(LIBS)

unit-tests: $(UNITS)
replays: $(FUZZERS:%=$(B)/tests/replay_%)

deps:
	sh tools/deps.sh

demo:
	@sh tools/deps.sh build
	@$(MAKE) --no-print-directory -s all
	$(B)/veiltally report --site kiln.example tests/data/demo.log

test:
	@sh tools/deps.sh test
	@$(MAKE) --no-print-directory -j$$(nproc) all unit-tests replays
	@B=$(B) sh tests/run.sh

asan:
	@sh tools/deps.sh test
	@ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 $(MAKE) --no-print-directory test \
	  B=build/asan CFLAGS="-O1 -g -fno-omit-frame-pointer" EXTRA="-fsanitize=address,undefined -fno-sanitize-recover=all" FLAVOUR=asan

lint:
	@sh tools/deps.sh lint
	@sh tools/lint.sh

proof-memory: all
	VEILTALLY_FLOOD=10000000 B=$(B) sh tests/scenario/07_memory.sh

BRUTE ?= all
brute: all
	VEILTALLY_BRUTE=$(BRUTE) B=$(B) sh tests/scenario/20_brute.sh

bench: all
	@sh tools/deps.sh bench
	@B=$(B) sh tests/bench/bench.sh

FUZZ_SECONDS ?= 600
fuzz-%:
	@sh tools/deps.sh fuzz
	@$(MAKE) --no-print-directory build/fuzz/fuzz_$* B=build/fuzz CC=clang \
	  CFLAGS="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
	@mkdir -p build/fuzz/corpus_$*
	build/fuzz/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build/fuzz/ \
	  $(if $(wildcard tests/fuzz/$*.dict),-dict=tests/fuzz/$*.dict) build/fuzz/corpus_$* tests/fuzz/corpus/$*

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c build/fuzz/libveiltally.a
	$(CC) $(ALLCF) -fsanitize=fuzzer -o $@ $< build/fuzz/libveiltally.a $(LIBS)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/veiltally $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(B)/veiltally $(DESTDIR)$(PREFIX)/bin/veiltally
	install -m 644 README.md LICENSE docs/*.md $(DESTDIR)$(PREFIX)/share/doc/veiltally
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)/etc/veiltally
	[ -e $(DESTDIR)/etc/veiltally/veiltally.conf ] || install -m 644 docs/veiltally.conf $(DESTDIR)/etc/veiltally

format:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
