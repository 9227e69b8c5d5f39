# More than a thousand marked secrets in every field and encoding of four logs: none of them in any byte that any command
# writes, with days open, closed, and after kill -9 (VEILTALLY_KILLS times, 40); no core either. The search itself is shown to find them.
. tests/scenario/lib.sh

for tool in jq openssl sqlite3 gzip; do
	command -v $tool >/dev/null || {
		skip canaries "$tool is not here"
		exit 0
	}
done
canaries=$tmp/canaries
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -o "$canaries" tests/data/canaries.c 2>"$tmp/cc" || {
	not_ok "the search is built" "$(head -1 "$tmp/cc")"
	exit 1
}

# $tmp/whole: the logs; $tmp/logs: what the program reads of them; $tmp/world: everything that it writes.
mkdir "$tmp/whole" "$tmp/logs" "$tmp/away"
made=$("$canaries" make "$tmp/whole" 1762732800) # 2025-11-10
needles=$tmp/away/needles
mv "$tmp/whole/needles" "$needles"
same "there are more than 1,000 secrets" "$([ "$made" -ge 1000 ] && echo yes)" yes

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$tmp/away/escrow.key" 2>/dev/null
openssl req -x509 -new -key "$tmp/away/escrow.key" -sha256 -days 400 -subj /CN=escrow -out "$tmp/away/escrow.pem"

# ---- the search: "secrets N hits N gated N weak N files N" ---------------------------------------------------------
figure() { tail -n 1 "$tmp/away/found" | tr -s ' ' '\n' | sed -n "/^$1\$/{n;p;}"; }

search() { # search PATH…: files, and everything below directories; of compressed ones what is in them, too
	rm -rf "$tmp/away/unpacked"
	mkdir "$tmp/away/unpacked"
	find "$@" -type f >"$tmp/away/files"
	grep '\.gz$' "$tmp/away/files" >"$tmp/away/packed"
	while IFS= read -r packed; do
		gzip -dc "$packed" >"$tmp/away/unpacked/$(wc -l <"$tmp/away/files")" && find "$tmp/away/unpacked" -type f >>"$tmp/away/files"
	done <"$tmp/away/packed"
	tr '\n' '\0' <"$tmp/away/files" | xargs -0 "$canaries" find "$needles" >"$tmp/away/found"
}

# none NAME PATH…: a few weak forms (four bytes, eight hex digits) stand in ciphertext by chance.
none() {
	what=$1
	shift
	search "$@"
	if [ "$(figure hits)" = 0 ] && [ "$(figure gated)" = 0 ] && [ "$(figure weak)" -le 8 ]; then
		ok "$what (${made} secrets, $(figure files) files)"
	else
		not_ok "$what" "$(tail -n 1 "$tmp/away/found"): $(head -n 3 "$tmp/away/found" | tr '\n' ' ')"
	fi
}

search "$tmp/whole"
same "control: the search finds every secret in the logs" "$(figure secrets)" "$made"

# ---- the world ----------------------------------------------------------------------------------------------------
world=$tmp/world
configure() { # configure FORMAT: a new world
	rm -rf "$world" "$tmp/logs"
	mkdir "$tmp/logs" "$world" "$world/said" "$world/temporary" "$world/here"
	cat >"$world/veiltally.conf" <<-END
		[general]
		state = $world/state
		grace = manual
		max_line = 4K
		max_rejected = 100
		[source web]
		files = $tmp/logs/web.log
		log_format = \$host \$remote_addr - \$remote_user [\$time_local] "\$request" \$status \$body_bytes_sent "\$http_referer" "\$http_user_agent" "\$http_x_forwarded_for" "\$http_cookie"
		trusted_proxy = 10.0.0.0/8
		[source plain]
		files = $tmp/logs/plain.log
		[source app]
		files = $tmp/logs/app.json
		log_format = json: time=ts, addr=addr, forwarded=xff, user=user, method=method, uri=uri, host=host, status=status, bytes=bytes, referrer=ref, agent=ua, cookies=cookie
		trusted_proxy = 198.51.100.0/24
		[source iis]
		files = $tmp/logs/iis.log
		log_format = w3c
		[veil]
		escrow_certificate = $tmp/away/escrow.pem
		query = page
		query = sort
		route = /crew/{name}
		visitor = cookie:sid
		[goal purchase]
		match = POST /checkout/complete
		amount = query:total
		[security-log]
		path = $world/security.log
		format = $1
		retention = 0
	END
}

said=0
tracing=
# heard COMMAND ARGS…: runs the program where it may leave files, keeps what it says; and every byte that it hands to
# the kernel, also those that are written over later, when it is being traced.
heard() {
	said=$((said + 1))
	(
		cd "$world/here" || exit 1
		export TMPDIR="$world/temporary" SQLITE_TMPDIR="$world/temporary"
		if [ -n "$tracing" ]; then
			set -- strace -f -qq -xx -v -s 4000000 -o "$tmp/away/trace" -e trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg "$program" "$@"
		else
			set -- "$program" "$@"
		fi
		exec "$@" >"$world/said/$said.out" 2>"$world/said/$said.err" </dev/null
	)
	code=$?
	cp "$world/said/$said.err" "$tmp/err"
	unsanitised
	if [ -n "$tracing" ]; then
		"$canaries" bytes <"$tmp/away/trace" >"$world/said/$said.written"
		traced=$((traced + $(wc -c <"$world/said/$said.written")))
		rm -f "$tmp/away/trace"
	fi
}

grow() { # grow PART PARTS: that part of each log is appended
	for log in web.log plain.log app.json iis.log; do
		awk -v part="$1" -v parts="$2" '{ line[NR] = $0 } END {
			for (i = int(NR * (part - 1) / parts) + 1; i <= int(NR * part / parts); i++) print line[i] }' \
			"$tmp/whole/$log" >>"$tmp/logs/$log"
	done
}

with() { heard "$@" -c "$world/veiltally.conf"; }

look_around() { # every command that only looks
	with run --dry-run
	with check
	for format in text json csv; do
		with report -f $format
		with report -f $format -o "$world/said/$said.report"
	done
	with report --since 2025-11-10 --until 2025-11-10 -f json
	with report --site shop.example -f csv
	with keys
	with ledger
	heard audit "$world/state" "$world/security.log"*
}

# ---- days open, closed, late lines; in both formats of the security log ---------------------------------------------
if [ -z "$flavour" ] && command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	can_trace=yes
else
	can_trace=
fi
for form in combined json; do
	configure $form
	for part in 1 2 3; do
		grow $part 4
		[ $part = 2 ] && tracing=$can_trace traced=0
		with run --stats "$world/said/stats.$part"
		same "$form: part $part is counted" "$code" 0
		with run
		tracing=
		[ $part = 3 ] && look_around
		none "$form: nothing while the days are open, part $part" "$world"
	done
	if [ -n "$can_trace" ]; then
		same "$form: what was handed to the kernel was looked at, also what is gone" "$([ "$traced" -gt 200000 ] && echo yes)" yes
	else
		skip "$form: every byte handed to the kernel" "no strace, or under a sanitizer"
	fi
	same "$form: the days are open" "$(sqlite3 "$world/state/state.db" "SELECT count(*) > 1 FROM hot")" 1
	same "$form: there is a security log" "$(cat "$world"/security.log-* | wc -l | awk '{ print ($1 > 800) }')" 1

	# Pseudonyms opened with the offline key are addresses: said to whom asked, and nowhere else.
	pseudonym=$(grep -ahoE 'v_[0-9a-f]{32}' "$world"/security.log-2025-11-10 | sort -u | awk 'NR <= 60')
	"$program" reveal --help >"$tmp/out" 2>&1 && {
		(
			cd "$world/here" &&
				"$program" reveal -c "$world/veiltally.conf" --day 2025-11-10 --key "$tmp/away/escrow.key" --reason "a test" $pseudonym
		) >"$tmp/away/revealed" 2>"$world/said/reveal.err"
		same "$form: reveal" "$?" 0
		search "$tmp/away/revealed"
		same "$form: control: what was revealed is found" "$([ "$(figure hits)" -gt 40 ] && echo yes)" yes
	}

	tracing=$can_trace
	with close
	same "$form: close" "$code" 0
	tracing=
	look_around
	none "$form: nothing when the days are closed" "$world"
	same "$form: the security log is compressed" "$(ls "$world" | grep -c '^security.log-2025-11-1[01]\.gz$')" 2
	same "$form: no hot row is left" "$(sqlite3 "$world/state/state.db" "SELECT count(*) FROM hot")" 0

	grow 4 4 # all of it is late now
	with run
	has "$form: late lines are told" "$world/said/$said.err" "too late"
	look_around
	none "$form: nothing of late lines" "$world"

	# A day that is taken back and counted again; the last one closes without its keys.
	with drop --day 2025-11-10 --yes --reason "a test"
	for source in web plain app iis; do with drop --source $source --yes --reason "a test"; done
	with run
	same "$form: counted again" "$(jq -s '[.[].counted] | add > 0' "$world/said/stats.1")" true
	rm -rf "$world/state/keys"
	grow 1 20
	with run
	look_around
	none "$form: nothing after a drop and a lost key" "$world"
	with close
	none "$form: nothing after that day was closed" "$world"
done

# ---- one shot, and what goes wrong ----------------------------------------------------------------------------------
configure combined
grow 1 1
for k in 5 1; do
	for format in text json csv; do
		for log in web.log plain.log app.json iis.log; do
			heard report -k $k -f $format --route "/crew/{name}" --stats "$world/said/stats" --max-rejected 100 "$tmp/logs/$log"
		done
		if [ $k = 1 ]; then continue; fi
		for wrong in caddy-json common haproxy-http w3c; do heard report -f $format --log-format $wrong "$tmp/logs/plain.log"; done
	done
	[ $k = 5 ] && none "one shot: nothing" "$world"
done
search "$world"
same "one shot, k = 1: nothing but what the gate alone hides" "$(figure hits)" 0
same "one shot, k = 1: control: that is found" "$([ "$(figure gated)" -gt 50 ] && echo yes)" yes

configure json
grow 1 1
for log in web.log plain.log app.json iis.log; do heard check "$tmp/logs/$log"; done
heard audit "$tmp/logs"
same "audit finds identities in the logs" "$code" 4
heard audit -f json "$tmp/logs"
heard run --state "$world/none/state" "$tmp/logs/plain.log"
heard run --state "$world/other" --log-format caddy-json "$tmp/logs/plain.log" "$tmp/logs/missing.log"
gzip -c "$tmp/logs/plain.log" | head -c 20000 >"$tmp/logs/broken.log.gz"
heard run --state "$world/other" --security-log "$world/other.log" "$tmp/logs/broken.log.gz"
heard run --state "$world/full" --security-log /dev/full "$tmp/logs/plain.log"
(
	ulimit -f 100
	trap '' XFSZ
	heard run --state "$world/small" --security-log "$world/small.log" "$tmp/logs/plain.log"
	exit $code
)
same "a file that cannot grow stops the run" "$?" 1
said=$((said + 1))
heard report --state "$world/small"
none "errors name no secret" "$world"

# ---- kill -9 at random moments --------------------------------------------------------------------------------------
random() { od -An -N2 -tu2 /dev/urandom | awk -v n="$1" '{ print $1 % n }'; }
configure combined
grow 1 1
start=$(date +%s%N)
with run
took=$((($(date +%s%N) - start) / 1000)) # µs
kills=0 bad=0 tries=${VEILTALLY_KILLS:-40}
for try in $(seq "$tries"); do
	configure json
	grow 1 $((1 + try % 3))
	[ $((try % 4)) = 0 ] && with run && grow 2 3
	command=run
	[ $((try % 8)) = 4 ] && command=close
	{
		cd "$world/here" && TMPDIR=$world/temporary timeout -s KILL "$(random $((took * 5 / 4 + 1)) | awk '{ printf "%.6f", $1 / 1e6 + 0.001 }')" \
			"$program" $command -c "$world/veiltally.conf" >"$world/said/killed" 2>&1 </dev/null
		code=$?
		cd "$root"
	} 2>/dev/null # the shell's own word about it
	[ $code = 137 ] && kills=$((kills + 1))
	search "$world"
	[ "$(figure hits) $(figure gated)" = "0 0" ] && [ "$(figure weak)" -le 8 ] || {
		bad=$((bad + 1))
		head -n 3 "$tmp/away/found" >&2
	}
	[ $((try % 10)) = 0 ] || continue
	with run
	with close
	look_around
	none "kill -9: nothing after the run that follows (try $try)" "$world"
done
same "kill -9: nothing in what $kills killed runs left" "$bad" 0
same "kill -9: most runs were killed at work" "$([ "$kills" -ge $((tries / 4)) ] && echo yes)" yes

# ---- no core --------------------------------------------------------------------------------------------------------
configure combined
for i in $(seq 300); do cat "$tmp/whole/plain.log"; done >"$tmp/logs/plain.log"
mkfifo "$tmp/away/pipe"
cores() { find "$world/here" "$world/temporary" -type f | wc -l; }
in_the_middle() { # in_the_middle NAME SIGNAL ARGS…: the signal, while it holds a log in memory
	name=$1 signal=$2
	shift 2
	(
		cd "$world/here" || exit 1
		ulimit -c unlimited 2>/dev/null
		exec "$program" "$@" <"$input" >"$world/said/struck.$name.$signal" 2>&1
	) &
	pid=$!
	if [ "$name" = report ]; then # waits for more
		exec 9>"$input"
		cat "$tmp/whole/plain.log" >&9
		sleep 0.3
	else # well under way when it has used some time
		until [ ! -r "/proc/$pid/stat" ] || [ "$(awk '{ print $14 + $15 }' "/proc/$pid/stat")" -ge 5 ]; do sleep 0.01; done
	fi
	cp "/proc/$pid/limits" "$tmp/away/limits" 2>/dev/null || : >"$tmp/away/limits"
	kill -"$signal" "$pid"
	wait "$pid"
	struck=$?
	exec 9>&-
	same "$name, $signal: it died of it" "$((struck > 0))" 1 # a sanitizer turns it into an exit
	same "$name, $signal: the limit of a core is zero" "$(awk '/Max core file size/ { print $5, $6 }' "$tmp/away/limits")" "0 0"
	same "$name, $signal: no core" "$(cores)" 0
} 2>/dev/null
for signal in SEGV ABRT BUS; do # a job in the background ignores QUIT
	input=$tmp/away/pipe
	in_the_middle report $signal report --min-visitors 1 -
	input=/dev/null
	in_the_middle run $signal run --state "$world/state.$signal" --security-log "$world/$signal.log" "$tmp/logs/plain.log"
done
none "signals: nothing is left of what was in memory" "$world"
(
	cd "$world/here" && ulimit -c unlimited 2>/dev/null && sleep 60 &
	sleep 0.2
	kill -SEGV $! 2>/dev/null
	wait
) 2>/dev/null
if [ "$(cores)" -gt 0 ]; then
	ok "control: another program leaves a core there"
else
	skip "control: another program leaves a core there" "not with core_pattern '$(cat /proc/sys/kernel/core_pattern 2>/dev/null)'"
fi

# ---- controls: what the search must see ------------------------------------------------------------------------------
configure combined
grow 1 1
heard run -c "$world/veiltally.conf" --address-mode mask
search "$world/security.log"*
same "control, mode mask: the networks of addresses are found" "$([ "$(figure hits)" -gt 200 ] && echo yes)" yes
none "mode mask: the state holds nothing" "$world/state" "$world/said"

configure combined
grow 1 1
heard run -c "$world/veiltally.conf" --address-mode prefix
grep -qE '^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+ ' "$world/security.log-2025-11-10"
same "mode prefix writes addresses" "$?" 0
none "mode prefix: but not those of the log" "$world"
heard audit "$world/security.log-2025-11-10"
same "control, mode prefix: audit sees addresses" "$code" 4

configure json
grow 1 1
heard run -c "$world/veiltally.conf" --address-mode drop
none "mode drop: nothing" "$world"
secret=$(awk '$1 ~ /^1[0-9][0-9]\./ && $1 !~ /^198\./ { print $1; exit }' "$tmp/whole/plain.log")
cp "$world/state/state.db" "$tmp/away/planted.db"
sqlite3 "$tmp/away/planted.db" "CREATE TABLE planted (x); INSERT INTO planted VALUES ('${secret%%:*}')"
search "$tmp/away/planted.db"
same "control: an address in the database is found" "$([ "$(figure hits)" -gt 0 ] && echo yes)" yes
gzip -c "$tmp/whole/plain.log" >"$tmp/away/planted.gz"
search "$tmp/away/planted.gz"
same "control: compressed logs are looked into" "$([ "$(figure secrets)" -gt 1000 ] && echo yes)" yes
