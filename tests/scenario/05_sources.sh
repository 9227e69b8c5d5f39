# Odd sources: each has a defined outcome, and none stops the run with less than it could count.
. tests/scenario/lib.sh

small() { # COUNT: that many lines of a browser, one per second
	i=0
	while [ $i -lt "$1" ]; do
		line "192.0.2.$((i % 9 + 1))" "06/Oct/2025:10:$(printf '%02d:%02d' $((i / 60 % 60)) $((i % 60)))" "/page" 200 100
		i=$((i + 1))
	done
}
report() { vt report --min-visitors 1 --format json "$@"; }
# What was counted, and how: counted/rejected/excluded
tally() { j '.general | "\(.counted)/\([.rejected[]] | add // 0)/\([.excluded[]] | add // 0)"'; }

small 50 >"$tmp/plain"
gzip -c "$tmp/plain" >"$tmp/named-like-text.log"
report "$tmp/named-like-text.log"
same "gzip by content" "$code $(tally)" "0 50/0/0"

cp "$tmp/plain" "$tmp/plain.gz"
report "$tmp/plain.gz"
same "plain text called .gz" "$code $(tally)" "0 50/0/0"

{ head -n 20 "$tmp/plain" | gzip; tail -n +21 "$tmp/plain" | gzip -1; printf '' | gzip; } >"$tmp/members.gz"
report "$tmp/members.gz"
same "several gzip members" "$code $(tally)" "0 50/0/0"
balance "several gzip members: balance"

# A member may end in the middle of a line.
{ head -c 1234 "$tmp/plain" | gzip; tail -c +1235 "$tmp/plain" | gzip; } >"$tmp/cut.gz"
report "$tmp/cut.gz"
same "a line over two gzip members" "$code $(tally)" "0 50/0/0"

awk 'BEGIN { for (i = 0; i < 20000; i++) printf "192.0.2.%d - - [06/Oct/2025:10:00:00 +0000] \"GET /page/%d HTTP/1.1\" 200 %d \"-\" \"curl/8.5.%d\"\n", i % 200, i * 7919 % 10007, i * 31 % 9973, i % 97 }' >"$tmp/long"
gzip -c "$tmp/long" >"$tmp/long.gz"
head -c $(($(wc -c <"$tmp/long.gz") / 2)) "$tmp/long.gz" >"$tmp/truncated.gz"
gzip -dc "$tmp/truncated.gz" 2>/dev/null | wc -l >"$tmp/whole" || :
report "$tmp/truncated.gz"
same "truncated gzip: exit status" "$code" 1
has "truncated gzip: the file is named" "$tmp/err" "truncated.gz"
counted=$(j .general.counted)
# How far an inflater gets in the last block is its own affair; most complete lines before it must be there.
same "truncated gzip: the complete lines are kept" "$(test "${counted:-0}" -gt $(($(cat "$tmp/whole") * 8 / 10)) 2>/dev/null && echo yes || echo "$counted of $(cat "$tmp/whole")")" yes
balance "truncated gzip: balance"
report "$tmp/truncated.gz" "$tmp/plain"
same "truncated gzip: other files are still read" "$code $(j ".general.counted - $counted")" "1 50"
{ cat "$tmp/long.gz"; printf 'junk after the end'; } >"$tmp/trailing.gz"
report "$tmp/trailing.gz"
same "junk after gzip: the lines are kept" "$(j .general.counted)" 20000
head -c 5 "$tmp/long.gz" >"$tmp/header.gz"
report "$tmp/header.gz"
same "half a gzip header: exit status" "$code" 1
has "half a gzip header: the file is named" "$tmp/err" "header.gz"

sed 's/$/\r/' "$tmp/plain" >"$tmp/crlf"
report "$tmp/crlf"
same "CRLF" "$code $(tally)" "0 50/0/0"
same "CRLF: the last field is clean" "$(j '.panels.browser[0].key')" Firefox

{ printf '\357\273\277'; cat "$tmp/plain"; } >"$tmp/bom"
report "$tmp/bom"
same "BOM" "$code $(tally)" "0 50/0/0"

{ head -n 10 "$tmp/plain"; printf '\n\n\n\r\n'; tail -n +11 "$tmp/plain"; printf '\n'; } >"$tmp/blank"
report "$tmp/blank"
same "blank lines are excluded" "$code $(tally)" "0 50/0/5"
same "blank lines are called so" "$(j .general.excluded.blank)" 5
balance "blank lines: balance"

{ head -n 10 "$tmp/plain"; printf '\000\000\000\000'; tail -n +11 "$tmp/plain"; } >"$tmp/nul"
report "$tmp/nul"
same "NUL bytes that a truncation left" "$code $(tally)" "0 50/0/0"
{ head -n 49 "$tmp/plain"; printf '192.0.2.1 - - [06/Oct/2025:10:00:00 +0000] "GET /a\000b HTTP/1.1" 200 1 "-" "x"\n'; } >"$tmp/nul"
report "$tmp/nul"
same "a NUL byte inside a line" "$code $(j .general.lines)" "0 50"
balance "a NUL byte inside a line: balance"

{ cat "$tmp/plain"; printf '192.0.2.1 - - [06/Oct/2025:10:00:00 +0000] "GET /caf\351/\300\257/x HTTP/1.1" 200 1 "-" "%s\377"\n' "$browser"; } >"$tmp/utf8"
report "$tmp/utf8"
same "invalid UTF-8" "$code $(tally)" "0 51/0/0"
same "invalid UTF-8: the output is clean" "$(iconv -f UTF-8 -t UTF-8 "$tmp/out" >/dev/null 2>&1 && echo yes)" yes
same "invalid UTF-8: the path is a placeholder" "$(j '[.panels.page[].key | select(test("bin"))] | length')" 1

head -c -1 "$tmp/plain" >"$tmp/open-end"
report "$tmp/open-end"
same "no newline at the end" "$code $(tally)" "0 50/0/0"
{ cat "$tmp/open-end"; } | gzip >"$tmp/open-end.gz"
report "$tmp/open-end.gz" "$tmp/open-end"
same "no newline at the end, another file after it" "$code $(tally)" "0 100/0/0"

{
	head -n 25 "$tmp/plain"
	printf '192.0.2.1 - - [06/Oct/2025:10:00:00 +0000] "GET /'
	head -c 2097152 /dev/zero | tr '\0' a
	printf ' HTTP/1.1" 200 1 "-" "x"\n'
	tail -n +26 "$tmp/plain"
} >"$tmp/huge"
report "$tmp/huge"
same "a line of 2 MiB is rejected whole" "$(tally) $(j .general.rejected.too_long)" "50/1/0 1"
balance "a line of 2 MiB: balance"
report --chunk 4K "$tmp/huge"
same "the same in small chunks" "$(tally) $(j .general.rejected.too_long)" "50/1/0 1"
report --max-line 4M "$tmp/huge"
same "--max-line lets it in" "$(tally)" "51/0/0"
{
	head -n 25 "$tmp/plain"
	head -c 2097152 /dev/zero | tr '\0' a
} >"$tmp/huge-end"
report "$tmp/huge-end"
same "a long line without an end" "$(j .general.rejected.too_long)" 1

mkdir "$tmp/directory"
report "$tmp/directory"
same "a directory: exit status" "$code" 1
has "a directory: named" "$tmp/err" "$tmp/directory"
report "$tmp/missing"
same "a missing file: exit status" "$code" 1
has "a missing file: named" "$tmp/err" "$tmp/missing"
same "a missing file: one line" "$(wc -l <"$tmp/err")" 1
report "$tmp/plain" "$tmp/missing"
same "a missing file among others" "$code" 1
: >"$tmp/empty"
report "$tmp/empty"
same "an empty file" "$code $(j '.general | "\(.lines) \(.counted)"')" "0 0 0"
gzip -c "$tmp/empty" >"$tmp/empty.gz"
report "$tmp/empty.gz" "$tmp/empty" "$tmp/plain"
same "empty files among others" "$code $(tally)" "0 50/0/0"
vt report --format text "$tmp/empty"
same "an empty report as text" "$code" 0

refused() { # NAME TOOL: the file $tmp/packed is refused, with the pipe to use, in one line
	report "$tmp/packed"
	same "$1 is refused: exit status" "$code" 1
	has "$1 is refused: the pipe is named" "$tmp/err" "$2"
	same "$1 is refused: one line" "$(wc -l <"$tmp/err")" 1
}
printf '\050\265\057\375\000\000\001\002' >"$tmp/packed" && refused zstd "zstd -dc"
printf '\3757zXZ\000\000\004' >"$tmp/packed" && refused xz "xz -dc"
printf 'BZh91AY&SY' >"$tmp/packed" && refused bzip2 "bzip2 -dc"

# What is no log at all.
head -c 100000 /dev/zero >"$tmp/zeros"
report "$tmp/zeros"
same "a file of zeros does no harm" "$(test "$code" -le 3 && echo yes || echo "$code")" yes
head -c 100000 "$program" >"$tmp/binary"
report "$tmp/binary"
same "a binary does no harm" "$(test "$code" -le 3 && echo yes || echo "$code")" yes
seq 1 1000 >"$tmp/numbers"
report "$tmp/numbers"
same "a file without a format: exit status" "$(test "$code" = 1 -o "$code" = 3 && echo yes || echo "$code")" yes
has "a file without a format: named" "$tmp/err" "$tmp/numbers"
mkfifo "$tmp/fifo"
cat "$tmp/plain" >"$tmp/fifo" &
report "$tmp/fifo"
same "a named pipe" "$code $(tally)" "0 50/0/0"
wait
if [ "$(id -u)" != 0 ]; then
	cp "$tmp/plain" "$tmp/locked" && chmod 0 "$tmp/locked"
	report "$tmp/locked"
	same "a file that may not be read: exit status" "$code" 1
	has "a file that may not be read: named" "$tmp/err" "$tmp/locked"
fi
vt report "$tmp/plain" -o /dev/full
same "a full disk: exit status" "$code" 1
"$program" report --format json "$tmp/plain" 2>"$tmp/err" >/dev/full
same "standard output on a full disk: exit status" "$?" 1
