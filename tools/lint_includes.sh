#!/bin/sh
# The include law of DESIGN.md section 1, over the tree given (default: the current directory). Prints one line per
# violation and exits 1 when there is any.
#
#   rooms      ingest < aggregate/veil < aggregate/tally < aggregate/detect < aggregate/store < export < cli
#              a room includes itself, base/ and rooms to its left; base/ includes only itself
#   wiring     files directly in aggregate/ join the rooms up to the store; only cli/ includes their headers
#   identity   ingest/request.h, also through other headers: ingest/, aggregate/veil/, the request matcher of
#              aggregate/detect/ and aggregate/pipeline.c, nobody else
#   gate       export/ takes from aggregate/tally/ only what has been through the gate: trend.h and dimension.h
#
# First on the text of the sources, which can name the line; then, with what the compiler itself reads (-MM), so that
# no way of writing an include escapes.
set -eu
export LC_ALL=C
cd "${1:-.}"
found=$(mktemp)
trap 'rm -f "$found"' EXIT

find base ingest aggregate export cli -name '*.[ch]' 2>/dev/null | sort >"$found.files"
trap 'rm -f "$found" "$found.files"' EXIT
[ -s "$found.files" ] || {
	echo "include law: no sources found here"
	exit 1
}

xargs awk '
function room(path) { sub(/\/[^\/]*$/, "", path); return path }
# base/../ingest/x.h -> ingest/x.h
function plain(path) {
	while (sub(/\/\.\//, "/", path)) ;
	sub(/^\.\//, "", path)
	while (match(path, /[^\/]+\/\.\.\//)) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
	return path
}
function complain(where, text) { print where ": " text; bad++ }
BEGIN {
	n = split("base ingest aggregate/veil aggregate/tally aggregate/detect aggregate/store aggregate export cli", order, " ")
	for (i = 1; i <= n; i++) rank[order[i]] = i
	for (i = 1; i < ARGC; i++) is_file[ARGV[i]]
}
/^[ \t]*(#|%:|\?\?=)[ \t]*include/ {
	where = FILENAME ":" FNR
	line = $0
	sub(/^[ \t]*(#|%:|\?\?=)[ \t]*include(_next)?[ \t]*/, "", line)
	if (line !~ /^["<][^">]+[">]/) { complain(where, "an include must name its file plainly"); next }
	quoted = substr(line, 1, 1) == "\""
	name = substr(line, 2)
	sub(/[">].*/, "", name)
	own = room(FILENAME)
	beside = plain(own "/" name)
	target = quoted && beside in is_file ? beside : plain(name)
	if (!(target in is_file)) {
		if (quoted || room(target) in rank) complain(where, "there is no " target)
		next
	}
	if (target ~ /\.c$/) complain(where, "includes a .c file: " target)
	edge[FILENAME] = edge[FILENAME] " " target
	there = room(target)
	if (!(own in rank)) complain(where, own "/ is not a room")
	else if (!(there in rank)) complain(where, there "/ is not a room")
	else if (rank[there] > rank[own]) complain(where, own "/ may not include " target ": it is to its right")
	else if (there == "aggregate" && own != "aggregate" && own != "cli") complain(where, own "/ may not include the wiring, " target)
	if (own == "export" && there == "aggregate/tally" && target !~ /\/(trend|dimension)\.h$/)
		complain(where, "export/ may not include " target ": it would see what has not been through the gate")
}
function may_see(path) {
	return path ~ /^ingest\// || path ~ /^aggregate\/veil\// || path ~ /^aggregate\/detect\/request_match\.[ch]$/ || path == "aggregate/pipeline.c"
}
# The way from a file to ingest/request.h, or "".
function way(path, parts, n, i, rest) {
	if (path == "ingest/request.h") return path
	if (path in known) return known[path]
	known[path] = ""
	n = split(edge[path], parts, " ")
	for (i = 1; i <= n; i++)
		if ((rest = way(parts[i])) != "") return known[path] = path " > " rest
	return ""
}
END {
	for (path in is_file)
		if (!may_see(path) && (chain = way(path)) != "") complain(path, "may not see who made a request: " chain)
	exit 0
}' <"$found.files" | sort >"$found"

if command -v "${CC:-gcc}" >/dev/null 2>&1; then
	grep '\.c$' "$found.files" |
		grep -vE '^(ingest/|aggregate/veil/|aggregate/detect/request_match\.c$|aggregate/pipeline\.c$)' |
		xargs -r "${CC:-gcc}" -std=c11 -D_GNU_SOURCE -I. -MM -MG 2>/dev/null |
		awk '{ if (!more) file = $2; for (i = 1; i <= NF; i++) if ($i == "ingest/request.h") print file ": the compiler reads ingest/request.h for it"; more = /\\$/ }' >>"$found"
fi

cat "$found"
[ ! -s "$found" ]
