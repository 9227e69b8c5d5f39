# A newcomer's run: what is committed, in an empty directory, builds and prints a report with one command.
needs_program=no
. tests/scenario/lib.sh

if [ "$flavour" = asan ]; then
	skip "newcomer" "the same for every flavour"
	exit 0
fi
git=$(git -c safe.directory='*' rev-parse --verify -q HEAD 2>/dev/null || :)
if [ -z "$git" ]; then
	skip "newcomer" "this is not a git checkout"
	exit 0
fi
mkdir "$tmp/clone"
git -c safe.directory='*' archive HEAD | tar -x -C "$tmp/clone"
cd "$tmp/clone" || exit 1
# Nothing of this run's settings, and no shared data beside it.
unset B CFLAGS EXTRA FLAVOUR MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES VEILTALLY VEILTALLY_SHARED CI
make demo >"$tmp/out" 2>"$tmp/err"
same "make demo: exit status" "$?" 0
has "make demo: prints a report" "$tmp/out" "Pages"
has "make demo: names a page of the demo log" "$tmp/out" "/blog/firing-the-kiln"
same "make demo: names nobody" "$(grep -coE 'lindqvist|okafor|mail\.example' "$tmp/out")" 0
same "nothing is built outside build/" "$(find . -newer LICENSE -type f ! -path './build/*' -name '*.o' | wc -l)" 0
has "the README names the command" README.md "make demo"
has "the README names the test command" README.md "make test"
DESTDIR=$tmp/dest make -s install PREFIX=/usr >"$tmp/out" 2>"$tmp/err"
same "make install: exit status" "$?" 0
same "make install: the program runs" "$("$tmp/dest/usr/bin/veiltally" report --format json tests/data/demo.log 2>&1 | jq .general.lines)" \
	"$(wc -l <tests/data/demo.log)"
