# Sourced by every scenario: results, a temporary directory, the program, the shared data.
# A scenario runs in the project's root, prints "ok NAME", "not ok NAME: reason" or "skip NAME: reason" per check.
set -u
export LC_ALL=C TZ=UTC
umask 077

root=$(pwd)
B=${B:-build}
case $B in
/*) ;;
*) B=$root/$B ;;
esac
program=${VEILTALLY:-$B/veiltally}
shared=${VEILTALLY_SHARED:-../shared}
case $shared in
/*) ;;
*) shared=$root/$shared ;;
esac
flavour=${FLAVOUR:-}
demo_log=$root/tests/data/demo.log

tmp=$(mktemp -d "${TMPDIR:-/tmp}/veiltally-test.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

ok() { printf 'ok %s\n' "$1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$2"; }
skip() { printf 'skip %s: %s\n' "$1" "$2"; }

# same NAME GOT WANTED
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got '$2', wanted '$3'"
	fi
}

# same_file NAME GOT WANTED: the first difference is shown on stderr.
same_file() {
	if cmp -s "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1" "differs: $(diff "$2" "$3" 2>/dev/null | sed -n '2,4p' | cut -c 1-160 | tr '\n' ' ')"
	fi
}

# has NAME FILE TEXT: the file holds this text.
has() {
	if grep -qF -- "$3" "$2"; then
		ok "$1"
	else
		not_ok "$1" "'$3' is not in: $(head -c 300 "$2" | tr '\n' ' ')"
	fi
}

# silent NAME FILE: the file is empty.
silent() {
	if [ ! -s "$2" ]; then
		ok "$1"
	else
		not_ok "$1" "wanted nothing, got: $(head -c 300 "$2" | tr '\n' ' ')"
	fi
}

# vt ARGS…: runs the program; $tmp/out and $tmp/err hold what it wrote, $code its exit status.
vt() {
	"$program" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	code=$?
	unsanitised
}

# A report of a sanitizer is a failure whatever the test looks at.
unsanitised() {
	if grep -qE 'AddressSanitizer|LeakSanitizer|runtime error:' "$tmp/err"; then
		not_ok "sanitizer" "$(grep -E 'AddressSanitizer|LeakSanitizer|runtime error:' "$tmp/err" | head -1)"
		cat "$tmp/err" >&2
	fi
}

# j FILTER [FILE]: one figure of a JSON report as text.
j() { jq -r "$1" "${2:-$tmp/out}" 2>&1; }

# balance NAME [FILE]: lines = counted + sum of excluded + sum of rejected.
balance() {
	same "$1" "$(j '.general | .lines == .counted + ([.excluded[]] | add // 0) + ([.rejected[]] | add // 0)' "${2:-$tmp/out}")" true
}

# A combined log line: line CLIENT TIME TARGET STATUS BYTES [AGENT [REFERRER [USER]]]
browser='Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
line() {
	printf '%s - %s [%s +0000] "GET %s HTTP/1.1" %s %s "%s" "%s"\n' \
		"$1" "${8:--}" "$2" "$3" "$4" "$5" "${7:--}" "${6:-$browser}"
}

if [ "${needs_program:-yes}" = yes ] && [ ! -x "$program" ]; then
	not_ok "program" "there is no $program"
	exit 1
fi
