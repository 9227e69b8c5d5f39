# Sourced by the scenarios of rotation: lines that ask for a page of their own, logs, runs, and whether each line was
# counted once. The list of pages says which line was lost or came twice; the security log is held against the same.
. tests/scenario/lib.sh

day=$(date -u -d yesterday +%d/%b/%Y)

# ---- lines -------------------------------------------------------------------------------------------------------
# lines FROM N: combined lines FROM to FROM + N - 1, a second apart; "/n/bade" is number 1. No digits: numbers in a
# path are templates.
lines() {
	awk -v from="$1" -v n="$2" -v day="$day" -v browser="$browser" 'BEGIN {
		split("ba de ki lo mu na pe ri so tu", syllable, " ")
		for (i = from; i < from + n; i++) {
			word = ""
			for (k = i; k > 0; k = int(k / 10)) word = syllable[k % 10 + 1] word
			printf "192.0.2.%d - - [%s:%02d:%02d:%02d +0000] \"GET /n/%s HTTP/1.1\" 200 1 \"-\" \"%s\"\n", \
				i % 250 + 1, day, i / 3600 % 24, i / 60 % 60, i % 60, word, browser
		}
	}'
}
# put FILE N: the next N lines are appended to the file.
put() {
	lines "$next" "$2" >"$work/put"
	cat "$work/put" >>"$1"
	cat "$work/put" >>"$work/written"
	next=$((next + $2))
}
# put_half FILE: the next line without its second half; complete FILE: the rest.
put_half() {
	lines "$next" 1 >"$work/half"
	head -c 60 "$work/half" >>"$1"
}
complete() {
	tail -c +61 "$work/half" >>"$1"
	cat "$work/half" >>"$work/written"
	next=$((next + 1))
}
# The next line whole, but without newline.
put_open() {
	lines "$next" 1 >"$work/open"
	head -c -1 "$work/open" >>"$1"
}
open_is_written() {
	cat "$work/open" >>"$work/written"
	next=$((next + 1))
}

# A W3C log: the preamble is longer than the head that is compared.
preamble() {
	printf '#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-11-23 00:00:00\r\n'
	for i in $(seq 20); do printf '#Remark: the same words in each file, so that all of them begin alike\r\n'; done
	printf '#Fields: date time c-ip cs-method cs-uri-stem sc-status sc-bytes cs(User-Agent)\r\n'
}
put_w3c() { # FILE N
	lines "$next" "$2" >"$work/put"
	awk -v date="$(date -u -d yesterday +%F)" '{ split($4, t, ":"); printf "%s %s:%s:%s %s GET %s 200 1 Mozilla/5.0+Firefox/128.0\r\n", date, t[2], t[3], t[4], $1, $7 }' \
		"$work/put" >>"$1"
	cat "$work/put" >>"$work/written"
	next=$((next + $2))
}

# ---- runs --------------------------------------------------------------------------------------------------------
# begin NAME: a new directory of logs, $logs, its state, its configuration.
begin() {
	case_name=$1 failed= skipped= next=1
	work=$tmp/work
	rm -rf "$work"
	mkdir -p "$work/logs"
	logs=$work/logs log=$work/logs/access.log
	: >"$work/written"
	: >"$work/destroyed"
}
# sources PATTERN…: what is read.
sources() {
	{
		printf '[general]\nstate = %s/state\ngrace = manual\nmin_visitors = 1\n[veil]\npublic = /n\n' "$work"
		printf '[security-log]\npath = %s/security.log\n[source web]\n' "$work"
		for pattern; do printf 'files = %s\n' "$pattern"; done
	} >"$work/conf"
}
fault() { [ -n "$failed" ] || failed=$1; }
run_says() { # EXIT: a run that may say something, in $work/said
	"$program" run -c "$work/conf" --no-progress >"$work/said" 2>&1 </dev/null
	code=$?
	[ $code = "$1" ] || fault "a run exits with $code: $(head -n 1 "$work/said")"
}
run() {
	run_says 0
	[ -s "$work/said" ] && fault "a run says: $(head -n 1 "$work/said")"
}
# The pages that were counted, as "page times".
counted() {
	"$program" report -c "$work/conf" -f csv 2>"$work/said" | awk -F, '$1 == "page" { print $2, $3 }'
}
in_security_log() {
	cat "$work"/security.log-* 2>/dev/null | cut -d' ' -f7 | tr -d '"' | sort | uniq -c | awk '{ print $2, $1 }'
}
# compare WHAT: "page times" on standard input against what was written. What was destroyed may be missing.
compare() {
	awk -v what="$1" '
		FILENAME == ARGV[1] { if ($7 != "") wanted[$7]++; next }
		FILENAME == ARGV[2] { if ($7 != "") destroyed[$7]++; next }
		{ got[$1] = $2 }
		END {
			for (page in wanted) {
				if (got[page] + destroyed[page] < wanted[page]) { lost++; first = page }
				if (got[page] > wanted[page]) { doubled++; first = page }
			}
			for (page in got) if (!(page in wanted)) { strange++; first = page }
			if (lost + doubled + strange)
				printf "%s: %d lost, %d counted again, %d not written, such as %s\n", what, lost, doubled, strange, first
		}' "$work/written" "$work/destroyed" -
}
# all POINT: every line that was written is counted, once, there and in the security log.
all() {
	[ -z "$failed" ] || return
	counted >"$work/counted"
	fault "$(compare "$1" <"$work/counted")"
	fault "$(in_security_log | compare "$1: security log")"
}
# counts POINT: a run, and then all.
counts() {
	run
	all "$1"
}
# settle: nothing is new any more; a row of the table.
settle() {
	[ -z "$skipped" ] || {
		skip "$case_name" "$skipped"
		return
	}
	counts "a run with nothing new"
	[ -z "$failed" ] && ok "$case_name" || not_ok "$case_name" "$failed"
}

# rotates OPTION…: a logrotate configuration for $log; rotate: it rotates now.
have_logrotate=$(command -v logrotate || ls /usr/sbin/logrotate 2>/dev/null)
rotates() {
	{
		echo "$log {"
		echo "rotate 50"
		for option; do echo "$option"; done
		echo "}"
	} >"$work/rotate.conf"
	chmod 600 "$work/rotate.conf"
}
rotate() {
	"$have_logrotate" -f -s "$work/rotate.status" "$work/rotate.conf" >"$work/rotate.said" 2>&1 ||
		fault "logrotate: $(head -n 1 "$work/rotate.said")"
}
