#!/bin/sh
# Runs every test of a build and ends with one line: "N passed, N failed, N skipped". Exit 1 when anything failed
# or nothing ran.
#
#   B=build tests/run.sh [NAME…]     only the suites whose name holds one of the words
#
# A suite is a Criterion program $B/tests/test_*, a corpus replay $B/tests/replay_* (one test each), or a scenario
# tests/scenario/*.sh, which prints a line per check: "ok NAME", "not ok NAME: reason", "skip NAME: reason".
# What cannot be understood as a success counts as a failure: a crash, a time-out, a suite that checked nothing, a
# test that was to run and left no result, a source without its program.
# TEST_ROOT (default: the project) says where tests/ is; the runner's own test points it at a fake suite.
set -u
export LC_ALL=C

root=${TEST_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
B=${B:-build}
cd "$root" || exit 1
case $B in
/*) ;;
*) B=$root/$B ;;
esac
jobs=${TEST_JOBS:-$(nproc 2>/dev/null || echo 1)}
limit=${TEST_TIMEOUT:-900}
results=$B/tests/results
rm -rf "$results"
mkdir -p "$results" || exit 1
export B results limit

# ---- which suites there are. Names: unit/x, replay/x, scenario/x -------------------------------------------------
suites() {
	for source in tests/scenario/[0-9]*.sh; do
		[ -f "$source" ] && echo "scenario/$(basename "$source" .sh)"
	done
	for source in tests/unit/test_*.c; do
		[ -f "$source" ] && echo "unit/$(basename "$source" .c | sed 's/^test_//')"
	done
	for source in tests/fuzz/fuzz_*.c; do
		[ -f "$source" ] && echo "replay/$(basename "$source" .c | sed 's/^fuzz_//')"
	done
}

selected() {
	[ $# = 0 ] && cat && return
	while read -r suite; do
		for word; do
			case $suite in
			*"$word"*) echo "$suite" && break ;;
			esac
		done
	done
}

# ---- runs one suite; writes "passed|failed|skipped<TAB>suite: name[: reason]" lines to its .result file ----------
cat >"$results/one.sh" <<'ONE'
suite=$1
kind=${suite%%/*}
name=${suite#*/}
out=$results/$kind-$name.out
result=$results/$kind-$name.result
start=$(date +%s)
book() { printf '%s\t%s: %s\n' "$1" "$suite" "$2"; }

case $kind in
unit)
	program=$B/tests/test_$name
	tap=$results/$kind-$name.tap
	if [ -x "$program" ]; then
		timeout -k 10 "$limit" "$program" -j1 --tap="$tap" >"$out" 2>&1
		code=$?
	else
		echo "the program $program was not built" >"$out"
		code=127
	fi
	[ -f "$tap" ] || : >"$tap"
	# Assertion texts are indented, so a result is only what begins a line.
	awk -v suite="$suite" -v code="$code" '
		function book(what, text) { printf "%s\t%s: %s\n", what, suite, text }
		/^1\.\.[0-9]+/ { plan = substr($0, 4) + 0 }
		/^not ok/ { sub(/^not ok *-? */, ""); sub(/ *\([0-9.]*s\)$/, ""); book("failed", $0); seen++; bad++; next }
		/^ok/ {
			skip = match($0, /# *SKIP/)
			reason = skip ? substr($0, RSTART + RLENGTH + 1) : ""
			if (skip) $0 = substr($0, 1, RSTART - 1)
			sub(/^ok *-? */, ""); sub(/ *\([0-9.]*s\) *$/, ""); sub(/ *$/, "")
			book(skip ? "skipped" : "passed", skip ? $0 ": " reason : $0)
			seen++
		}
		END {
			if (code == 124 || code == 137) book("failed", "took longer than the limit")
			else if (!seen) book("failed", "ran no test (exit status " code ")")
			else if (seen < plan) book("failed", plan - seen " of " plan " tests left no result (exit status " code ")")
			else if (code && !bad) book("failed", "exit status " code " although no test failed")
		}' "$tap" >"$result"
	;;
replay)
	corpus=tests/fuzz/corpus/$name
	inputs=$(find "$corpus" -type f ! -name '.*' 2>/dev/null | wc -l)
	if [ "$inputs" -eq 0 ]; then
		book failed "the corpus $corpus is missing or empty" | tee "$out" >"$result"
	else
		timeout -k 10 "$limit" "$B/tests/replay_$name" "$corpus" >"$out" 2>&1
		code=$?
		if [ $code = 0 ] && grep -q "^$inputs inputs replayed$" "$out"; then
			book passed "$inputs inputs"
		else
			book failed "exit status $code over $inputs inputs"
		fi >"$result"
	fi
	;;
scenario)
	timeout -k 10 "$limit" sh "tests/scenario/$name.sh" >"$out" 2>"$out.err" </dev/null
	code=$?
	awk -v suite="$suite" -v code="$code" '
		function book(what, text) { printf "%s\t%s: %s\n", what, suite, text }
		/^ok / { book("passed", substr($0, 4)); seen++ }
		/^not ok / { book("failed", substr($0, 8)); seen++; bad++ }
		/^skip / { book("skipped", substr($0, 6)); seen++ }
		END {
			if (code == 124 || code == 137) book("failed", "took longer than the limit")
			else if (!seen) book("failed", "printed no result (exit status " code ")")
			else if (code && !bad) book("failed", "exit status " code " although no check failed")
		}' "$out" >"$result"
	cat "$out.err" >>"$out"
	rm -f "$out.err"
	;;
esac

[ -s "$result" ] || book failed "left no result" >"$result"
seconds=$(($(date +%s) - start))
# One write per suite, so that suites that run side by side do not mix their lines.
printf '%s\n' "$(
	awk -F '\t' -v suite="$suite" -v seconds="$seconds" '
		{ n[$1]++ }
		END {
			printf "%-6s %-28s %4d passed", n["failed"] ? "FAILED" : "ok", suite, n["passed"]
			if (n["failed"]) printf ", %d failed", n["failed"]
			if (n["skipped"]) printf ", %d skipped", n["skipped"]
			printf "  (%d s)\n", seconds
		}' "$result"
	if grep -q '^failed' "$result"; then
		sed -n 's/^failed	/       FAILED /p' "$result"
		echo "       its output, last 40 lines of $out:"
		tail -n 40 "$out" | sed 's/^/       | /'
	fi
)"
ONE

suites | selected "$@" >"$results/suites"
xargs -r -P "$jobs" -n 1 sh "$results/one.sh" <"$results/suites"

# ---- the sum; a suite that left no file (its runner was killed) is a failure --------------------------------------
while read -r suite; do
	file=$results/${suite%%/*}-${suite#*/}.result
	if [ -s "$file" ]; then
		cat "$file"
	else
		printf 'failed\t%s: left no result\n' "$suite"
	fi
done <"$results/suites" >"$results/all"

grep -q '^skipped' "$results/all" && echo "skipped:" && sed -n 's/^skipped	/  /p' "$results/all"
grep -q '^failed' "$results/all" && echo "failed:" && sed -n 's/^failed	/  /p' "$results/all"
passed=$(grep -c '^passed' "$results/all")
failed=$(grep -c '^failed' "$results/all")
skipped=$(grep -c '^skipped' "$results/all")
[ "$((passed + failed))" -gt 0 ] || echo "no test ran: an empty suite is a failure"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
