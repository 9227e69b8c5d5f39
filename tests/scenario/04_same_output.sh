# The same input gives the same bytes: any number of threads, any chunk size, file or gzip or standard input, one file
# or many, and any keys (each run has its own).
. tests/scenario/lib.sh

cp "$demo_log" "$tmp/demo.log"
head -n 1000 "$demo_log" >"$tmp/part1.log"
tail -n +1001 "$demo_log" >"$tmp/part2.log"
gzip -c "$demo_log" >"$tmp/demo.gz"

# variant NAME ARGS…: the report must be the bytes of $tmp/want.
variant() {
	name=$1
	shift
	"$program" report --format "$format" --min-visitors "$k" "$@" >"$tmp/out" 2>"$tmp/err"
	code=$?
	unsanitised
	if [ $code != 0 ]; then
		not_ok "$log_name, $format, k $k: $name" "exit status $code: $(head -c 200 "$tmp/err")"
	else
		same_file "$log_name, $format, k $k: $name" "$tmp/out" "$tmp/want"
	fi
}
wanted() {
	"$program" report --format "$format" --min-visitors "$k" --threads 1 "$@" >"$tmp/want" 2>"$tmp/err" </dev/null
}

log_name=demo
for format in json csv text; do
	for k in 1 5; do
		# What was read is in the heading of the text ("1 file"): kinds of input are compared in JSON and CSV.
		wanted "$tmp/demo.log"
		variant "again, other keys" --threads 1 "$tmp/demo.log"
		variant "2 threads" --threads 2 "$tmp/demo.log"
		variant "4 threads" --threads 4 "$tmp/demo.log"
		variant "7 threads, chunks of 4 KiB" --threads 7 --chunk 4K "$tmp/demo.log"
		variant "chunks of 997 bytes" --threads 3 --chunk 997 "$tmp/demo.log"
		[ $format = text ] && continue
		variant "standard input" - <"$tmp/demo.log"
		cat "$tmp/demo.log" | variant "a pipe" --threads 2 -
		variant "gzip" "$tmp/demo.gz"
		variant "gzip on standard input" - <"$tmp/demo.gz"
		variant "gzip, chunks of 4 KiB" --threads 3 --chunk 4K "$tmp/demo.gz"
		variant "two files" "$tmp/part1.log" "$tmp/part2.log"
		variant "two files, the later one first" "$tmp/part2.log" "$tmp/part1.log"
		variant "the same file twice" "$tmp/demo.log" "$tmp/demo.log"
	done
done

# A real log, once.
log=$shared/data/logs/wordpress-2016.combined.log.gz
log_name=wordpress
format=json k=5
if [ -f "$log" ]; then
	wanted "$log"
	variant "2 threads" --threads 2 "$log"
	variant "4 threads, chunks of 64 KiB" --threads 4 --chunk 64K "$log"
	gzip -dc "$log" >"$tmp/wordpress.log"
	variant "plain" --threads 2 "$tmp/wordpress.log"
else
	skip "$log_name" "the shared data is not there ($log)"
fi
