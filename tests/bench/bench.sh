#!/bin/sh
# make bench: speed and memory of veiltally beside goaccess, wc and the inflater itself, over one real log repeated to
# at least 200 MB. The programs take turns, three rounds (BENCH_ROUNDS); what is printed are medians and ratios of one
# run on one machine.
set -eu
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")/../.."
B=${B:-build}
program=$B/veiltally
rounds=${BENCH_ROUNDS:-3}
megabytes=${BENCH_MB:-200}
dir=$B/bench
mkdir -p "$dir"

seed=${VEILTALLY_SHARED:-../shared}/data/logs/wordpress-2016.combined.log.gz
if [ -f "$seed" ]; then
	what="wordpress-2016 (206,860 lines, repeated)"
	gzip -dc "$seed" >"$dir/seed.log"
else
	what="the demo log, repeated: the shared data is not there"
	cp tests/data/demo.log "$dir/seed.log"
fi
log=$dir/bench.log
size=$(wc -c <"$dir/seed.log")
times=$(((megabytes * 1000000 + size - 1) / size))
[ -f "$log" ] || : >"$log"
if [ "$(wc -c <"$log")" != $((times * size)) ]; then
	i=0
	: >"$log"
	while [ $i -lt $times ]; do
		cat "$dir/seed.log" >>"$log"
		i=$((i + 1))
	done
	gzip -6 -c "$log" >"$log.gz"
fi
lines=$(wc -l <"$log")

# run NAME COMMAND…: one line "seconds cpu kilobytes" more in NAME's file.
run() {
	name=$1
	shift
	command time -f '%e %U %S %M' -o "$dir/time" "$@" >/dev/null 2>"$dir/err" || {
		echo "bench: $name failed:" >&2
		head -5 "$dir/err" "$dir/time" >&2
		return 0
	}
	tail -n 1 "$dir/time" >>"$dir/$name.times"
}
rm -f "$dir"/*.times
cat "$log" "$log.gz" >/dev/null
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	run wc wc -l "$log"
	run veiltally-1 "$program" report --threads 1 --format json "$log"
	run veiltally-2 "$program" report --threads 2 --format json "$log"
	command -v goaccess >/dev/null && run goaccess goaccess "$log" --log-format=COMBINED --no-global-config --no-progress -o "$dir/goaccess.json"
	run veiltally-gz "$program" report --threads 2 --format json "$log.gz"
	command -v igzip >/dev/null && run igzip igzip -dc "$log.gz"
	run gzip gzip -dc "$log.gz"
	echo "round $round of $rounds" >&2
done

median() { # NAME COLUMN
	[ -s "$dir/$1.times" ] || return 0
	sort -n -k "$2,$2" "$dir/$1.times" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
echo
echo "$what: $lines lines, $(($(wc -c <"$log") / 1000000)) MB; $(nproc) cores, $rounds rounds, medians"
printf '%-14s %9s %9s %14s %10s\n' program seconds "cpu s" "lines/s" "peak MiB"
for name in wc goaccess veiltally-1 veiltally-2 veiltally-gz igzip gzip; do
	if [ ! -s "$dir/$name.times" ]; then
		printf '%-14s not measured\n' "$name"
		continue
	fi
	awk -v name="$name" -v lines="$lines" -v s="$(median "$name" 1)" -v u="$(median "$name" 2)" -v sys="$(median "$name" 3)" -v m="$(median "$name" 4)" '
		BEGIN { printf "%-14s %9.2f %9.2f %14s %10.1f\n", name, s, u + sys, (s > 0 ? sprintf("%.0f", lines / s) : "-"), m / 1024 }'
done
ratio() { # TEXT NAME NAME
	[ -s "$dir/$2.times" ] && [ -s "$dir/$3.times" ] || return 0
	awk -v text="$1" -v a="$(median "$2" 1)" -v b="$(median "$3" 1)" 'BEGIN { if (b > 0) printf "%-46s %6.1f\n", text, a / b }'
}
echo
ratio "goaccess / veiltally, one thread" goaccess veiltally-1
ratio "goaccess / veiltally, two threads" goaccess veiltally-2
ratio "veiltally on gzip / igzip to nowhere" veiltally-gz igzip
ratio "veiltally on gzip / gzip to nowhere" veiltally-gz gzip
if [ -s "$dir/goaccess.times" ]; then
	awk -v a="$(median goaccess 4)" -v b="$(median veiltally-1 4)" 'BEGIN { printf "%-46s %6.1f\n", "peak memory, goaccess / veiltally", a / b }'
fi
