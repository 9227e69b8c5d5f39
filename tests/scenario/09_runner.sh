# The test runner must not be green while testing nothing: it is run on fake suites.
needs_program=no
. tests/scenario/lib.sh

runner=$root/tests/run.sh
suite=$tmp/suite
fresh() {
	rm -rf "$suite"
	mkdir -p "$suite/tests/scenario" "$suite/tests/unit" "$suite/tests/fuzz/corpus" "$suite/build/tests"
}
run() {
	TEST_ROOT=$suite B=build TEST_JOBS=1 TEST_TIMEOUT=5 sh "$runner" "$@" >"$tmp/out" 2>&1
	code=$?
	last=$(tail -n 1 "$tmp/out")
}
scenario() { cat >"$suite/tests/scenario/$1.sh"; }
# A stand-in for a Criterion program: writes the TAP it reads here, exits with status $2.
unit() {
	: >"$suite/tests/unit/test_$1.c"
	{
		printf '#!/bin/sh\nfor a; do case $a in --tap=*) tap=${a#--tap=} ;; esac; done\ncat >"$tap" <<"TAP"\n'
		cat
		printf 'TAP\nexit %s\n' "$2"
	} >"$suite/build/tests/test_$1"
	chmod +x "$suite/build/tests/test_$1"
}

fresh
run
same "an empty suite fails" "$code $last" "1 0 passed, 0 failed, 0 skipped"

fresh
echo 'echo "ok one"; echo "ok two"' | scenario 01_good
run
same "two good checks" "$code $last" "0 2 passed, 0 failed, 0 skipped"

echo 'echo "ok one"; echo "not ok two: because"' | scenario 02_bad
run
same "a failing check fails" "$code $last" "1 3 passed, 1 failed, 0 skipped"
has "a failing check is named" "$tmp/out" "scenario/02_bad: two: because"
run 01_good
same "suites can be chosen" "$code $last" "0 2 passed, 0 failed, 0 skipped"

fresh
echo 'echo "ok one"; echo "skip two: no data"' | scenario 01_skip
run
same "a skip is counted" "$code $last" "0 1 passed, 0 failed, 1 skipped"
has "a skip is named" "$tmp/out" "scenario/01_skip: two: no data"

fresh
echo 'echo "skip two: no data"' | scenario 01_skip
run
same "only skips is not a success" "$code $last" "1 0 passed, 0 failed, 1 skipped"

fresh
echo 'exit 0' | scenario 01_nothing
echo 'echo "ok one"; exit 3' | scenario 02_status
run
same "silence and a bad exit status fail" "$code $last" "1 1 passed, 2 failed, 0 skipped"

fresh
echo 'echo "ok one"; sleep 20' | scenario 01_hangs
run
same "a hanging scenario fails" "$code $last" "1 1 passed, 1 failed, 0 skipped"

fresh
unit tap 1 <<'T'
TAP version 13
1..6
# Criterion v2.4.1
ok - a::good  (0.00s)
ok - a::skipped  # SKIP no data
not ok - a::crash unexpected signal after t.c:7
not ok - a::bad  (0.00s)
  ---
  - t.c:5: |+
      ok - text of an assertion
  ...
ok - a::last  (0.00s)
T
run
same "a Criterion run with a missing result" "$code $last" "1 2 passed, 3 failed, 1 skipped"
has "a crash is named" "$tmp/out" "a::crash"

fresh
printf '1..0\n' | unit empty 0
run
same "a Criterion program without a test fails" "$code $last" "1 0 passed, 1 failed, 0 skipped"

fresh
: >"$suite/tests/unit/test_unbuilt.c"
run
same "a test that was not built fails" "$code $last" "1 0 passed, 1 failed, 0 skipped"

fresh
: >"$suite/tests/fuzz/fuzz_x.c"
printf '#!/bin/sh\necho "1 inputs replayed"\n' >"$suite/build/tests/replay_x"
chmod +x "$suite/build/tests/replay_x"
run
same "a missing corpus fails" "$code $last" "1 0 passed, 1 failed, 0 skipped"
mkdir "$suite/tests/fuzz/corpus/x"
: >"$suite/tests/fuzz/corpus/x/seed"
run
same "a replayed corpus passes" "$code $last" "0 1 passed, 0 failed, 0 skipped"
: >"$suite/tests/fuzz/corpus/x/another"
run
same "an input that was not replayed fails" "$code $last" "1 0 passed, 1 failed, 0 skipped"
