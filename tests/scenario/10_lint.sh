# The lint must fail on a violation: violations are planted in a copy of the tree, one at a time.
needs_program=no
. tests/scenario/lib.sh

tree=$tmp/tree
copy() {
	rm -rf "$tree"
	mkdir -p "$tree"
	cp -r base ingest aggregate export cli tools "$tree/"
}
law() {
	(cd "$tree" && sh tools/lint_includes.sh .) >"$tmp/out" 2>&1
	code=$?
}
# planted NAME FILE TEXT: after adding the text to a (new) file the law must be broken, and the file be named.
planted() {
	copy
	mkdir -p "$(dirname "$tree/$2")"
	printf '%s\n' "$3" >>"$tree/$2"
	law
	if [ "$code" = 1 ] && grep -qF "$2:" "$tmp/out"; then
		ok "caught: $1"
	else
		not_ok "caught: $1" "exit status $code: $(head -c 200 "$tmp/out" | tr '\n' ' ')"
	fi
}

copy
law
same "the tree keeps the include law" "$code $(head -3 "$tmp/out" | tr '\n' ' ')" "0 "

planted "the tally looks at requests" aggregate/tally/planted.c '#include "ingest/request.h"'
planted "the export looks at requests" export/planted.c '#include "ingest/request.h"'
planted "a command looks at requests" cli/planted.c '#include "ingest/request.h"'
planted "a rule looks at requests" aggregate/detect/planted.c '#include "ingest/request.h"'
planted "other wiring looks at requests" aggregate/planted.c '#include "ingest/request.h"'
planted "in angle brackets" export/planted.c '#include <ingest/request.h>'
planted "by a way round" export/planted.c '#include "../base/../ingest/request.h"'
planted "oddly spelled" export/planted.c '  #  include   "ingest/request.h"'
planted "by a macro" export/planted.c '#define WHAT "ingest/request.h"
#include WHAT'
planted "base includes a room" base/planted.h '#include "ingest/reject.h"'
planted "ingest includes the veil" ingest/planted.c '#include "aggregate/veil/hit.h"'
planted "the veil includes the tally" aggregate/veil/planted.c '#include "aggregate/tally/trend.h"'
planted "the tally includes the export" aggregate/tally/planted.c '#include "export/report.h"'
planted "the export reads the tally" export/planted.c '#include "aggregate/tally/sketch.h"'
planted "a source as a header" export/planted.c '#include "base/arena.c"'

# Through a header that may see requests itself.
copy
echo '#include "ingest/request.h"' >"$tree/aggregate/veil/window.h"
echo '#include "aggregate/veil/window.h"' >"$tree/export/planted.c"
law
same "caught: through another header" "$code $(grep -c 'export/planted.c: may not see.*window.h > ingest/request.h' "$tmp/out")" "1 1"

# The other steps, on a tree of one file: steps SOURCE STEP…
steps() {
	rm -rf "$tree"
	mkdir -p "$tree/base" "$tree/ingest" "$tree/aggregate" "$tree/export" "$tree/cli" "$tree/tests"
	cp -r tools Makefile .clang-format .clang-tidy "$tree/"
	printf '%s\n' "$1" >"$tree/base/planted.c"
	shift
	(cd "$tree" && sh tools/lint.sh "$@") >"$tmp/out" 2>&1
	code=$?
}
steps 'static const int fine = 3; extern const int *const planted; const int *const planted = &fine;' includes gcc state
same "a constant is fine" "$code $(tail -n 1 "$tmp/out")" "0 lint: ok"
steps 'extern int planted; int planted = 3;' state
same "caught: a variable that others can change" "$code $(grep -c 'planted is a variable' "$tmp/out")" "1 1"
steps 'extern int planted; int planted;' state
same "caught: the same in .bss" "$code $(grep -c 'planted is a variable' "$tmp/out")" "1 1"
steps 'int planted(long n); int planted(long n) { return n; }' gcc
same "caught: a warning" "$code $(grep -c 'Werror=conversion' "$tmp/out")" "1 1"
for step in format:clang-format tidy:clang-tidy cppcheck:cppcheck; do
	if ! command -v "${step#*:}" >/dev/null 2>&1; then
		skip "caught by ${step%%:*}" "${step#*:} is not installed"
		continue
	fi
	steps '#include <stdlib.h>
int planted(void);
int   planted(void)
{
	int pair[2] = {1, 2};
	char *p = malloc(3);
	if (!p) return 1;
	free(p);
	return p[0] + pair[2];
}' "${step%%:*}"
	same "caught by ${step%%:*}" "$code $(tail -n 1 "$tmp/out")" "1 lint: FAILED: ${step%%:*}"
done
