#!/bin/sh
# tools/lint.sh [STEP…]: what a machine can hold of the rules of this tree. Steps: includes, gcc, clang, state, cppcheck,
# tidy, format, size; all of them without arguments. Ends with "lint: ok" or "lint: FAILED: …", exit 1.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
jobs=$(nproc 2>/dev/null || echo 1)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# The warning set is the Makefile's, so that there is one of it.
warn=$(make -pnq 2>/dev/null | sed -n 's/^WARN := //p')
[ -n "$warn" ] || { echo "lint: cannot read WARN from the Makefile" && exit 1; }
flags="-std=c11 -D_GNU_SOURCE -I. -pthread $warn -Werror"

find base ingest aggregate export cli -name '*.c' | sort >"$tmp/program"
find tests -name '*.c' | sort >"$tmp/tests"
cat "$tmp/program" "$tmp/tests" >"$tmp/all"
[ -s "$tmp/program" ] || { echo "lint: no sources" && exit 1; }

# each LIST COMMAND…: the command with one file at a time, all cores; its output is kept together per file.
each() {
	list=$1
	shift
	xargs -r -P "$jobs" -I FILE sh -c 'out=$("$@" 2>&1) || { printf "%s\n" "$out"; exit 1; }' each "$@" <"$list"
}

step_includes() { sh tools/lint_includes.sh .; }

step_gcc() {
	mkdir -p "$tmp/objects"
	xargs -r -P "$jobs" -I FILE sh -c '
		file=$1 objects=$2
		shift 2
		gcc "$@" -O2 -c -o "$objects/$(echo "$file" | tr / :).o" "$file"' gcc FILE "$tmp/objects" $flags <"$tmp/all"
}

step_clang() { each "$tmp/all" clang $flags -fsyntax-only FILE; }

# No variable that can change is seen outside its file: state hangs off handles. (.data.rel.ro holds constants.)
step_state() {
	[ -d "$tmp/objects" ] || step_gcc >/dev/null 2>&1
	for object in "$tmp"/objects/*.o; do
		case $object in
		*/tests:*) continue ;;
		esac
		objdump -t "$object" 2>/dev/null | awk -v file="$(basename "$object" .o | tr : /)" '
			$2 == "g" && $3 == "O" && $4 ~ /^(\.data|\.bss|\.tdata|\.tbss)/ && $4 !~ /^\.data\.rel\.ro/ { print file ": " $NF " is a variable that others can change" }
			/\*COM\*/ { print file ": " $NF " is a common variable" }'
	done >"$tmp/state"
	cat "$tmp/state"
	[ ! -s "$tmp/state" ]
}

step_cppcheck() {
	cppcheck --quiet --error-exitcode=1 -j "$jobs" --std=c11 --library=posix --enable=warning,performance,portability \
		--inline-suppr --suppressions-list=tools/cppcheck.suppress --max-ctu-depth=1 -D_GNU_SOURCE -D__linux__ -I. \
		--template='{file}:{line}: {severity}: {message} [{id}]' --file-list="$tmp/program"
}

# Tests are left to the compilers: Criterion's macros are not ours to mend.
step_tidy() {
	shim=
	[ -f base/error.h ] && shim="-include tools/tidy.h"
	grep -vx base/error.c "$tmp/program" >"$tmp/tidied"
	each "$tmp/tidied" clang-tidy --quiet FILE -- -std=c11 -D_GNU_SOURCE -I. $shim >"$tmp/tidy"
	code=$?
	grep -E ': (error|warning): ' "$tmp/tidy" | sed "s|^$(pwd)/||; s/,-warnings-as-errors//" | sort -u
	return $code
}

step_format() {
	find base ingest aggregate export cli tests -name '*.[ch]' | sort | xargs clang-format --dry-run -Werror 2>"$tmp/format"
	code=$?
	# One line per file is enough: `make format` mends it.
	sed -n 's/^\([^:]*\):\([0-9]*\):.*error: .*/\1:\2: not in the project'\''s style, see make format/p' "$tmp/format" | awk -F: '!($1 in seen) { seen[$1]; print }'
	return $code
}

# Long files and functions are pointed out, not forbidden.
step_size() {
	xargs awk '
		FNR == 1 { if (last && lines > 600) print "warning: " last ": " lines " lines"; last = FILENAME }
		{ lines = FNR }
		/^\{/ { start = FNR }
		/^\}$/ { if (start && FNR - start > 100) print "warning: " FILENAME ":" start ": a function of " FNR - start " lines"; start = 0 }
		END { if (lines > 600) print "warning: " last ": " lines " lines" }' <"$tmp/all"
}

failed=
for step in ${*:-includes gcc clang state cppcheck tidy format size}; do
	start=$(date +%s)
	"step_$step" >"$tmp/out" 2>&1
	code=$?
	printf '%-9s %s (%d s)\n' "$step" "$([ $code = 0 ] && echo ok || echo FAILED)" $(($(date +%s) - start))
	sed 's/^/    /' "$tmp/out" | head -n 200
	[ $code = 0 ] || failed="$failed $step"
done
if [ -n "$failed" ]; then
	echo "lint: FAILED:$failed"
	exit 1
fi
echo "lint: ok"
