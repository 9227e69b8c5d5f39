# The two real logs cut into 50 random pieces, with rotations between them: what `run` keeps of them is, byte for
# byte, what one `report --gate day` over the whole says. Once with the days open to the end, once closed.
. tests/scenario/lib.sh

shared_logs() {
	[ -r "$shared/data/logs/wordpress-2016.combined.log.gz" ] && [ -r "$shared/data/logs/semicomplete-2015.combined.log.gz" ]
}
shared_logs || {
	skip pieces "no $shared/data/logs"
	exit 0
}
zcat "$shared/data/logs/semicomplete-2015.combined.log.gz" >"$tmp/first"
zcat "$shared/data/logs/wordpress-2016.combined.log.gz" >"$tmp/second"
cat "$tmp/first" "$tmp/second" >"$tmp/whole"
total=$(wc -c <"$tmp/whole")
seed=${SEED:-$(date +%s)}
echo "pieces: seed $seed" >&2

# Where to cut, in bytes (also in the middle of a line), and what happens to the file then.
awk -v seed="$seed" -v total="$total" 'BEGIN {
	srand(seed)
	for (i = 0; i < 49; i++) print int(rand() * total), int(rand() * 4)
}' | sort -n >"$tmp/cuts"
echo "$total 3" >>"$tmp/cuts"

# rotate HOW: what logrotate may do with access.log between two runs.
rotate() {
	case $1 in
	rename)
		rm -f "$logs/access.log.3"*
		for f in "$logs"/access.log.2*; do [ -e "$f" ] && mv "$f" "$logs/access.log.3${f#"$logs"/access.log.2}"; done
		[ -e "$logs/access.log.1" ] && gzip -c "$logs/access.log.1" >"$logs/access.log.2.gz" && rm "$logs/access.log.1"
		mv "$logs/access.log" "$logs/access.log.1"
		: >"$logs/access.log"
		;;
	copytruncate)
		cp "$logs/access.log" "$logs/access.log.1"
		: >"$logs/access.log"
		;;
	esac
}

# A piece may end within a line; what follows it in another file would be another line, so rotations wait for an end.
whole_line() { [ ! -s "$logs/access.log" ] || [ "$(tail -c 1 "$logs/access.log" | od -An -c | tr -d ' ')" = '\n' ]; }

pieces() { # pieces STATE OPTION...
	state=$1 from=0 n=0
	shift
	logs=$tmp/logs
	rm -rf "$logs"
	mkdir "$logs"
	while read -r to what; do
		tail -c +$((from + 1)) "$tmp/whole" | head -c $((to - from)) >>"$logs/access.log"
		from=$to n=$((n + 1))
		if ! "$program" run --state "$state" --max-rejected 100 "$@" "$logs/access.log" 2>"$tmp/said"; then
			not_ok "piece $n is counted" "$(head -n 1 "$tmp/said")"
			return
		fi
		[ -s "$tmp/said" ] && not_ok "piece $n is counted silently" "$(head -n 1 "$tmp/said")"
		[ "$to" != "$total" ] && whole_line || continue
		case $what in
		0) rotate rename ;;
		1) rotate copytruncate ;;
		esac
	done <"$tmp/cuts"
	echo "pieces: $n" >&2
}

compare() { # compare NAME STATE
	for format in json csv text; do
		"$program" report --state "$2" -f $format --width 100 -o "$tmp/kept.$format"
		"$program" report --gate day -f $format --width 100 -o "$tmp/once.$format" "$tmp/whole"
		# The first line of the text says where the figures are from: "state", "1 file".
		[ $format = text ] && sed -i 1d "$tmp/kept.text" "$tmp/once.text"
		same_file "$1: $format equals one report over the whole" "$tmp/kept.$format" "$tmp/once.$format"
	done
}

pieces "$tmp/hot" --grace manual
compare "open days" "$tmp/hot"
"$program" close --state "$tmp/hot" --quiet
compare "the same days, closed" "$tmp/hot"
same "closed days leave no hot row" "$(sqlite3 "$tmp/hot/state.db" 'SELECT count(*) FROM hot')" 0
same "closed days leave no key" "$(ls "$tmp/hot/keys" | wc -l | tr -d ' ')" 0
