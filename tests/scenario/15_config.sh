# The configuration file: what ships is good, what is wrong is named with its line, `check` finds what is not there.
. tests/scenario/lib.sh

conf=$tmp/veiltally.conf
state=$tmp/state
mkdir "$tmp/logs"
cp "$demo_log" "$tmp/logs/demo one.log"
gzip -c "$demo_log" >"$tmp/logs/demo two.log.gz"

# The file that ships, with places that exist here.
sed "s|^files = .*|files = $tmp/logs/*|; s|^keys = .*|keys = $tmp/keys|; s|^#state = .*|state = $state|" docs/veiltally.conf >"$conf"
vt check -c "$conf"
same "the file that ships is good" "$code" 0
silent "the file that ships: no complaints" "$tmp/err"
has "check names the configuration" "$tmp/out" "$conf"
has "check names files and format" "$tmp/out" "2 files: 2 combined"
same "check makes nothing" "$(ls "$tmp" | sort | tr '\n' ' ')" "err logs out veiltally.conf "
vt check -q -c "$conf"
same "check -q is silent" "$code $(cat "$tmp/out" "$tmp/err" | wc -c)" "0 0"

# bad NAME LINE REASON: the configuration in $conf is refused with file and line, status 2, and nothing on stdout.
bad() {
	vt check -c "$conf"
	same "$1: exit status, no output" "$code $(wc -c <"$tmp/out")" "2 0"
	has "$1: file, line and reason" "$tmp/err" "$conf:$2: $3"
}
printf '[general]\nstate = %s\n[colours]\n' "$state" >"$conf"
bad "unknown section" 3 "there is no section [colours]"
printf '[general]\nstate = %s\nmin_visitor = 7\n' "$state" >"$conf"
bad "unknown key" 3 "there is no min_visitor in [general]"
printf '[general]\ntz = UTC\n\ntz = UTC\n' >"$conf"
bad "key twice" 4 "tz is there already, in line 2"
printf '[veil]\n[general]\n[veil]\n' >"$conf"
bad "section twice" 3 "[veil] is there already, in line 1"
printf '[general]\ntz = No/Such_Zone\n' >"$conf"
bad "bad zone" 2 "tz: "
printf '[veil]\nroute = no-slash\n' >"$conf"
bad "bad route" 2 "route: "
printf '[source a]\nfiles = /x\nlog_format = $no_such [$time_local]\n' >"$conf"
bad "bad log format" 3 "log_format: "
printf '[security-log]\nscope = flagged\n' >"$conf"
bad "flagged requests" 2 "scope: flagged comes with detection"
{
	printf '[source a]\nfiles = /'
	head -c 9000 /dev/zero | tr '\0' x
} >"$conf"
bad "a long line" 2 "the line is longer than 8192 bytes"
printf 'tz = UTC\n' >"$conf"
bad "no section" 1 "tz stands before the first [section]"
for command in report check; do
	vt $command -c "$tmp/no.conf"
	same "$command: a file that is not there" "$code $(grep -c "$tmp/no.conf: No such file" "$tmp/err")" "2 1"
	vt $command -c "$tmp"
	same "$command: a directory" "$code $(grep -c "$tmp: Is a directory" "$tmp/err")" "2 1"
done

# lacks NAME TEXT: what the configuration names is not there: status 1, and all the rest is looked at.
lacks() {
	vt check -c "$conf"
	same "$1: exit status" "$code" 1
	has "$1: named" "$tmp/err" "$2"
	has "$1: the rest is looked at" "$tmp/out" "source good"
	same "$1: nothing else is said" "$(wc -l <"$tmp/err")" 1
}
good() { printf '[source good]\nfiles = %s/logs/*\n[general]\nstate = %s\n' "$tmp" "${1:-$state}"; }
good >"$conf"
vt check -c "$conf"
same "the smallest configuration" "$code $(cat "$tmp/err")" "0 "
good "$tmp/no/state" >"$conf"
lacks "no place for the state" "state: $tmp/no: No such file"
good "$conf" >"$conf"
lacks "the state is a file" "state: $conf: Not a directory"
mkdir "$tmp/shared" && chmod 777 "$tmp/shared"
good "$tmp/shared" >"$conf"
lacks "a state that others can write to" "state: $tmp/shared: others can write"
{ good && printf '[veil]\nkeys = %s/no/keys\n' "$tmp"; } >"$conf"
lacks "no place for the keys" "keys: $tmp/no: No such file"
mkdir -m 750 "$tmp/open"
{ good && printf '[veil]\nkeys = %s/open\n' "$tmp"; } >"$conf"
lacks "keys that others can see" "keys: $tmp/open: not ours alone"
{ good && printf '[veil]\nescrow_certificate = %s/no.pem\n' "$tmp"; } >"$conf"
lacks "no certificate" "$tmp/no.pem"
{ good && printf '[veil]\nescrow_certificate = %s\n' "$conf"; } >"$conf"
lacks "a certificate that is none" "escrow: $conf"
{ good && printf '[geo]\nfile = %s\n' "$demo_log"; } >"$conf"
lacks "a database that is none" "geo: $demo_log"
{ good && printf '[security-log]\npath = %s/no/such/security.log\n' "$tmp"; } >"$conf"
lacks "no place for the security log" "security log: $tmp/no: No such file"
{ printf '[source bad]\nfiles = %s/log/*\n' "$tmp" && good; } >"$conf"
lacks "a source without a file" "source bad: there is no $tmp/log/*"
echo "this is no log" >"$tmp/text"
{ printf '[source bad]\nfiles = %s/text\n' "$tmp" && good; } >"$conf"
lacks "a source without a format" "source bad: $tmp/text"
mkdir "$state" && echo "this is no database" >"$state/state.db"
good >"$conf"
lacks "a state that is none" "state: "
rm -r "$state"

# A certificate as `openssl` makes it; one of a kind that cannot be used.
if command -v openssl >/dev/null 2>&1; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key.pem" -out "$tmp/cert.pem" -days 90 -subj /CN=escrow 2>/dev/null
	{ good && printf '[veil]\nescrow_certificate = %s/cert.pem\n' "$tmp"; } >"$conf"
	vt check -c "$conf"
	same "a certificate" "$code $(grep -c "escrow .*cert.pem: valid for \(89\|90\) days" "$tmp/out")" "0 1"
	openssl genpkey -algorithm ed25519 -out "$tmp/ed.pem" 2>/dev/null && openssl req -x509 -new -key "$tmp/ed.pem" -out "$tmp/ed-cert.pem" -days 90 -subj /CN=escrow 2>/dev/null
	{ good && printf '[veil]\nescrow_certificate = %s/ed-cert.pem\n' "$tmp"; } >"$conf"
	lacks "a certificate of the wrong kind" "$tmp/ed-cert.pem"
else
	skip "certificates" "openssl is not installed"
fi

# check FILE is as it was: the format, and no configuration.
vt check "$demo_log"
cp "$tmp/out" "$tmp/plain"
same "check FILE without a configuration" "$code $(grep -c configuration "$tmp/out")" "0 0"
good >"$conf"
vt check -c "$conf" "$demo_log"
same "check -c CONF FILE does both" "$code $(grep -c "^configuration" "$tmp/out") $(grep -cF "$(cat "$tmp/plain")" "$tmp/out")" "0 1 1"

# A one-shot report takes what concerns counting, and only when asked; the command line wins.
d=06/Oct/2025
i=0
while [ $i -lt 6 ]; do
	i=$((i + 1))
	line "192.0.2.$i" "$d:23:30:0$i" /crew/anna 200 100
	line "192.0.2.$i" "$d:23:31:0$i" "/buy?total=2.50" 200 100
done >"$tmp/few.log"
printf '[general]\ntz = Europe/Berlin\nmin_visitors = 7\n[source x]\nfiles = /no/such/file\n[veil]\nroute = /crew/{name}\n[goal buy]\nmatch = GET /buy\namount = query:total\n' >"$conf"
vt report --format json -c "$conf" "$tmp/few.log"
same "report -c: min_visitors" "$code $(j '.general.min_visitors')" "0 7"
vt report --format json -c "$conf" -k 6 "$tmp/few.log"
same "report -c: zone and route; -k wins" "$(j '"\(.general.min_visitors) \(.panels.day[0].key) \([.panels.page[].key] | sort | join(" "))"')" "6 2025-10-07 /buy /crew/{name}"
same "report -c: goal" "$(j '.panels.goal[0] | "\(.key) \(.hits) \(.amount)"')" "buy 6 15"
vt report --format json -c "$conf" -k 6 --tz UTC --route '/other/{x}' --goal 'crew=/crew/*' "$tmp/few.log"
same "the command line wins: zone" "$(j '.panels.day[0].key')" 2025-10-06
same "the command line wins: lists are replaced" "$(j '[.panels.page[].key, .panels.goal[].key] | sort | join(" ")')" "/buy /crew/anna crew"
vt report --format json "$tmp/few.log"
same "report without -c" "$(j '"\(.general.min_visitors) \(.panels.goal | length)"')" "5 0"

# The default file. Only in a namespace of its own can it be put in its place.
if command -v unshare >/dev/null 2>&1 && unshare -m true 2>/dev/null && [ "$(id -u)" = 0 ] && [ ! -e /etc/veiltally ]; then
	good >"$conf"
	printf 'tz = No/Such_Zone\n' >>"$conf"
	unshare -m sh -c 'mount -t tmpfs none /etc/default && mkdir /etc/default/upper /etc/default/work &&
		mount -t overlay none -o "lowerdir=/etc,upperdir=/etc/default/upper,workdir=/etc/default/work" /etc &&
		mkdir /etc/veiltally && cp "$1" /etc/veiltally/veiltally.conf && echo mounted &&
		{ "$2" check; echo "check $?"; "$2" check "$3"; echo "check FILE $?"; "$2" report -o /dev/null "$3"; echo "report FILE $?"; }' \
		sh "$conf" "$program" "$demo_log" >"$tmp/out" 2>"$tmp/err"
	if grep -q mounted "$tmp/out"; then
		same "the default file is read by check, not with files named" \
			"$(grep -E '^(check|report).* [0-9]$' "$tmp/out" | tr '\n' ',')" "check 2,check FILE 0,report FILE 0,"
		has "the default file is named" "$tmp/err" "/etc/veiltally/veiltally.conf:5: "
	else
		skip "the default file" "nothing can be mounted over /etc here"
	fi
else
	skip "the default file" "no mount namespace, or /etc/veiltally is there"
fi
