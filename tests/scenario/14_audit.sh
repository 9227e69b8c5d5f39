# `veiltally audit`: what it finds in logs, databases and bundles, what it sets apart, and that it never says a value.
. tests/scenario/lib.sh

# places: the offsets of all addresses that were printed.
places() { sed -n 's/.*:\([0-9]*\): \(ipv[46]\|host-address\).*/\1/p' "$tmp/out" | sort -n; }

# Every client of real logs, at the byte where awk sees it.
for name in semicomplete-2015 wordpress-2016; do
	log=$shared/data/logs/$name.combined.log.gz
	if [ ! -r "$log" ]; then
		skip "$name" "there is no $log"
		continue
	fi
	gzip -dc "$log" >"$tmp/log"
	awk '$1 ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ { print at + 0 } { at += length($0) + 1 }' "$tmp/log" >"$tmp/wanted"
	vt audit --all "$log"
	same "$name: exit status" "$code" 4
	places >"$tmp/places"
	same "$name: clients that were missed" "$(sort "$tmp/places" | comm -13 - "$(sort "$tmp/wanted" >"$tmp/sorted" && echo "$tmp/sorted")" | wc -l)" 0
	grep -oE '^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+' "$tmp/log" | sort -u >"$tmp/values"
	same "$name: no value is printed" "$(grep -cFf "$tmp/values" "$tmp/out")" 0
	vt audit --all "$tmp/log"
	places >"$tmp/plain"
	same_file "$name: inflated or not, the same places" "$tmp/places" "$tmp/plain"
	rm -f "$tmp/log"
done

# What does not count.
printf '192.0.2.1 2001:db8::7 anna@example.org 127.0.0.1 {ip} 81.2.69.0 v1.2.3.4\n' >"$tmp/apart"
vt audit "$tmp/apart"
same "what is apart: exit status" "$code" 0
has "what is apart: counted" "$tmp/out" "apart: 3 documentation, 2 masked, 1 local, 1 version"
vt audit --all "$tmp/apart"
same "what is apart: printed on demand" "$(grep -c '^/.*: [a-z0-9-]* (' "$tmp/out")" 7

# Files, directories, the standard input.
mkdir -p "$tmp/d/e"
echo 'mail anna@firm.de' >"$tmp/d/e/mail"
echo 'nothing' >"$tmp/d/plain"
ln -s /etc "$tmp/d/link"
mkfifo "$tmp/d/fifo"
vt audit "$tmp/d"
same "a directory: exit status" "$code" 4
has "a directory: file, offset and kind" "$tmp/out" "$tmp/d/e/mail:5: email"
has "a directory: links and FIFOs are passed over" "$tmp/out" "2 files, 26 bytes searched"
vt audit "$tmp/d/plain" "$tmp/missing"
same "a missing file: exit status" "$code" 1
has "a missing file: named" "$tmp/err" "$tmp/missing: No such file"
vt audit "$tmp/missing" "$tmp/d"
same "a missing file: the others are searched" "$code" 4
"$program" audit - <"$tmp/d/e/mail" >"$tmp/out" 2>"$tmp/err"
same "standard input: exit status" "$?" 4
has "standard input: named" "$tmp/out" "(standard input):5: email"
vt audit --quiet "$tmp/d"
same "quiet: the summary only" "$(grep -c "^$tmp" "$tmp/out") $(grep -c '^1 found in 1 files: 1 email' "$tmp/out")" "0 1"
cp "$tmp/d/e/mail" "$tmp/d/self"
"$program" audit "$tmp/d" >>"$tmp/d/self" 2>"$tmp/err"
has "its own output is not read" "$tmp/err" "is where the output goes"
rm "$tmp/d/self"
name=$(printf 'bell\007')
cp "$tmp/d/e/mail" "$tmp/d/$name"
vt audit "$tmp/d"
has "no control byte of a name is printed" "$tmp/out" "$tmp/d/bell?:5: email"
rm "$tmp/d/$name"

# Bundles.
mkdir "$tmp/bundle"
for i in 1 2 3; do printf 'day,units\n2025-10-0%s,12\n' "$i" >"$tmp/bundle/$i.csv"; done
tar -C "$tmp" -czf "$tmp/clean.tar.gz" bundle
vt audit "$tmp/clean.tar.gz"
same "a clean bundle" "$code" 0
echo '81.2.69.142' >>"$tmp/bundle/2.csv"
tar -C "$tmp" -czf "$tmp/bad.tar.gz" bundle
vt audit "$tmp/bad.tar.gz"
same "a bundle with an address" "$code" 4
has "a bundle: the offset is that of the inflated stream" "$tmp/out" "ipv4 (inflated)"
head -c 100 "$tmp/bad.tar.gz" >"$tmp/cut.tar.gz"
vt audit "$tmp/cut.tar.gz"
same "a cut bundle is no clean one" "$code" 1

# SQLite: rows, deleted rows, overflow pages, WAL.
if command -v sqlite3 >/dev/null 2>&1; then
	awk 'BEGIN {
		print "pragma secure_delete = off; create table t (id integer primary key, n text, ip text, agent text, status text);"
		print "begin;"
		for (i = 0; i < 1000; i++)
			printf "insert into t (n, ip, agent, status) values (\x27%s\x27, \x2781.%d.%d.%d\x27, \x27%s\x27, \x27%d\x27);\n",
				substr("0123456789012345678", 1, i % 19), i % 250, i % 200 + 1, i % 254 + 1,
				(i % 2 ? "Mozilla/5.0 (X11)" : "7curl"), 200 + i % 7
		print "commit;"
	}' >"$tmp/rows.sql"
	sqlite3 "$tmp/rows.db" <"$tmp/rows.sql" >/dev/null
	vt audit "$tmp/rows.db"
	# pages that were split keep second copies, so there are more than rows
	copies=$(grep -aoE '81(\.[0-9]+){3}' "$tmp/rows.db" | wc -l)
	same "SQLite: every row" "$((copies >= 1000)) $(grep -c ': ipv4' "$tmp/out")" "1 $copies"
	sqlite3 "$tmp/rows.db" "pragma secure_delete = off; delete from t;" >/dev/null
	vt audit "$tmp/rows.db"
	same "SQLite: deleted rows" "$(grep -c ': ipv4' "$tmp/out" | awk '{ print ($1 >= 950) }')" 1
	sqlite3 "$tmp/rows.db" "vacuum;"
	vt audit "$tmp/rows.db"
	same "SQLite: after vacuum" "$code" 0
	{
		echo "create table o (a text); insert into o values (printf('%.*c', 20000, 'x') || ' anna@firm.de ' || printf('%.*c', 20000, 'y'));"
	} | sqlite3 "$tmp/long.db"
	vt audit "$tmp/long.db"
	same "SQLite: an overflow page" "$(grep -c ': email' "$tmp/out")" 1
	printf '.dbconfig no_ckpt_on_close on\npragma journal_mode = wal;\ncreate table w (a);\ninsert into w values (%s);\n' \
		"'81.2.69.142'" | sqlite3 "$tmp/wal.db" >/dev/null
	vt audit "$tmp/wal.db-wal"
	same "SQLite: the WAL" "$code $(grep -c ': ipv4' "$tmp/out")" "4 1"
else
	skip "SQLite" "there is no sqlite3"
fi

# Accepted findings.
printf '# known\n*/e/mail:email\n*:card\n' >"$tmp/allow"
vt audit --allow "$tmp/allow" "$tmp/d"
same "accepted: exit status" "$code" 0
has "accepted: counted" "$tmp/out" "1 accepted"
has "accepted: what was not needed" "$tmp/err" "line 3 accepted nothing: *:card"
echo 'nonsense' >"$tmp/allow"
vt audit --allow "$tmp/allow" "$tmp/d"
same "accepted: a bad list" "$code" 2
has "accepted: a bad list is named" "$tmp/err" "$tmp/allow:1: not PATTERN:KIND"

# JSON.
vt audit --format json "$tmp/d"
same "JSON: exit status" "$code" 4
same "JSON: the finding" "$(j '.findings[0] | "\(.offset) \(.kind) \(.class)"')" "5 email real"
same "JSON: the summary" "$(j '.summary | "\(.files) \(.found) \(.kinds.email)"')" "2 1 1"

# Wrong usage.
vt audit
same "no path" "$code" 2
vt audit --format csv "$tmp/d"
same "no such format" "$code" 2
vt audit --nothing "$tmp/d"
same "no such option" "$code" 2
if [ -w /dev/full ]; then
	"$program" audit "$tmp/d" >/dev/full 2>"$tmp/err"
	same "a full disk" "$?" 1
fi
