# Escrow from outside: what the security log wrote can be turned back with the offline key, by `reveal` and by openssl
# alone, and by nothing else; the ledger knows of it, and cannot be changed unnoticed.
. tests/scenario/lib.sh

for tool in openssl jq sha256sum; do
	command -v $tool >/dev/null || {
		skip "escrow" "$tool is not here"
		exit 0
	}
done
cd "$tmp" || exit 1

# recipient NAME GENPKEY-OPTIONS…: NAME.key and NAME.pem
recipient() {
	name=$1
	shift
	openssl genpkey "$@" -out "$name.key" 2>/dev/null &&
		openssl req -x509 -new -key "$name.key" -sha256 -days 400 -subj /CN=escrow -out "$name.pem"
}

# Three days, one of them with clients of every kind; the line's number is in its bytes.
clients='192.0.2.1 192.0.2.200 198.51.100.7 2001:db8::1 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff ::ffff:203.0.113.9 192.0.2.1'
for day in 01 02 03; do
	n=0
	for client in $clients; do
		n=$((n + 1))
		line "$client" "$day/Feb/2025:10:00:0$n" /a 200 "$day$n"
	done
done >access.log
line unknown.example 03/Feb/2025:11:00:00 /a 200 9 >>access.log

# kid_of LOG: the kids of its lines.
kid_of() { sed -n 's/.* kid=\([0-9a-f]*\).*/\1/p' "$1" | sort -u; }

run_state() { # run_state NAME [OPTION…]
	state=$1
	shift
	vt run --state "$tmp/$state" --security-log "$tmp/$state.log" --grace manual "$@" "$tmp/access.log"
}

recipient ec -algorithm EC -pkeyopt ec_paramgen_curve:P-256
recipient rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
recipient other -algorithm EC -pkeyopt ec_paramgen_curve:P-256

# ---- both kinds of recipient: the addresses come back -----------------------------------------------------------
for kind in ec rsa; do
	run_state $kind --escrow "$tmp/$kind.pem"
	same "$kind: run" "$code" 0
	same "$kind: a record per day" "$(ls "$kind/escrow" | grep -c '^2025-02-0[123]-[0-9a-f]*\.cms$')" 3
	grep -qE '192\.0\.2|198\.51|203\.0\.113|2001:db8' "$kind".log-* &&
		not_ok "$kind: the security log holds no address" "it does" || ok "$kind: the security log holds no address"

	# All pseudonyms of all days in one call, in the order of the lines.
	for day in 01 02 03; do
		sed -n 's/^\(v_[0-9a-f]*\) .* kid=\([0-9a-f]*\).*/\2:\1/p' "$kind.log-2025-02-$day"
	done >pseudonyms
	same "$kind: pseudonyms" "$(wc -l <pseudonyms)" 21
	vt reveal --state "$tmp/$kind" --key "$tmp/$kind.key" --reason "case 4711" $(cat pseudonyms)
	same "$kind: reveal" "$code" 0
	silent "$kind: reveal says nothing else" "$tmp/err"
	for day in 01 02 03; do
		for client in $clients; do echo "${client#::ffff:}"; done
	done | paste -d ' ' pseudonyms - >want
	same_file "$kind: every pseudonym opens to its address" "$tmp/out" want

	# Nothing but openssl: the record, the subkey, one block of AES.
	for record in "$kind"/escrow/2025-02-02-*.cms; do
		openssl cms -decrypt -inform DER -in "$record" -inkey $kind.key -out content 2>err
		same "$kind: openssl cms -decrypt" "$?" 0
		openssl cms -decrypt -inform DER -in "$record" -recip $kind.pem -inkey $kind.key -out content2 2>err
		same_file "$kind: openssl cms -decrypt with the certificate" content2 content
		kid=$(kid_of $kind.log-2025-02-02)
		same "$kind: the content" "$(sed 's/^\(host\|key\) .*/\1/' content | tr '\n' '/')" \
			"veiltally-escrow 1/host/day 2025-02-02/kid $kid/mode pseudonym/key/"
	done
	subkey=$(openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt "hexkey:$(sed -n 's/^key //p' content)" \
		-kdfopt 'salt:veiltally v1' -kdfopt info:ipcrypt-deterministic HKDF | tr -d ':\n')
	hex=$(sed -n '1s/^v_\([0-9a-f]*\) .*/\1/p' $kind.log-2025-02-02)
	env printf "$(echo "$hex" | sed 's/../\\x&/g')" >block # the shell's own may not know \x
	same "$kind: openssl alone opens a pseudonym" \
		"$(openssl enc -d -aes-128-ecb -nopad -K "$subkey" -in block | od -An -tx1 | tr -d ' \n')" \
		00000000000000000000ffffc0000201
	openssl cms -cmsout -print -noout -inform DER -in "$record" >printed
	has "$kind: AES-256-GCM" printed aes-256-gcm
	has "$kind: SHA-256" printed sha256
done

# ---- the ledger -------------------------------------------------------------------------------------------------
rows=$(wc -l <ec/ledger)
vt ledger --state "$tmp/ec"
same "ledger: exit status" "$code" 0
same "ledger: rows" "$(grep -c '	reveal	.*	case 4711	uid ' out)" "$rows"
same "ledger: pseudonyms in it" "$(grep -o 'v_[0-9a-f]*' out | sort -u | wc -l)" "$(grep -o 'v_[0-9a-f]*' pseudonyms | sort -u | wc -l)"
same "ledger: the head" "$(sed -n 's/^head	//p' out)" "$(tail -1 ec/ledger | jq -r .hash)"
grep -qE '192\.0\.2|198\.51|203\.0\.113|2001:db8|unknown\.example' ec/ledger && not_ok "ledger: no address in it" "there is" ||
	ok "ledger: no address in it"
prev=$(printf %064d 0)
while read -r row; do
	hash=$(printf %s "$row" | jq -cj 'del(.hash)' | sha256sum | cut -c 1-64)
	printf %s "$row" | jq -r --arg h "$hash" --arg p "$prev" '.hash == $h and .prev == $p'
	prev=$hash
done <ec/ledger >got
same "ledger: jq and sha256sum agree" "$(sort -u got)" true

# ---- what is refused, and then leaves no row and prints no address ---------------------------------------------------
first=$(head -1 pseudonyms)
bare=${first#*:}
recipient_kid=$(kid_of ec.log-2025-02-01)
grep -o '^v_[0-9a-f]*' ec.log-2025-02-01 | head -1 >ec_first
ec_first=$(cat ec_first)
before=$(sha256sum <ec/ledger)

# refused NAME STATUS TEXT ARGS…
refused() {
	name=$1 wanted=$2 text=$3
	shift 3
	vt reveal --state "$tmp/ec" "$@"
	same "refused, $name: exit status" "$code" "$wanted"
	silent "refused, $name: prints nothing" out
	has "refused, $name: says why" err "$text"
	same "refused, $name: no row" "$(sha256sum <ec/ledger)" "$before"
}
key="--key $tmp/ec.key"
refused "wrong key" 1 "does not open" --key "$tmp/other.key" --reason r "$recipient_kid:$ec_first"
refused "key of another kind" 1 "does not open" --key "$tmp/rsa.key" --reason r "$recipient_kid:$ec_first"
refused "no private key" 1 "no private key" --key "$tmp/ec.pem" --reason r "$recipient_kid:$ec_first"
refused "no reason" 2 "--reason" $key "$recipient_kid:$ec_first"
refused "no key" 2 "--key" --reason r "$recipient_kid:$ec_first"
refused "no pseudonym" 2 "no pseudonym" $key --reason r
refused "several kids" 2 "KID:v_" $key --reason r "$ec_first"
refused "unknown kid" 4 "no escrow record" $key --reason r "0123456789abcdef:$ec_first"
refused "a day without record" 4 "no escrow record" $key --reason r --day 2025-02-04 "$ec_first"
refused "a host name" 2 "no address" $key --reason r "$recipient_kid:$(grep -o '^x_[0-9a-f]*' ec.log-2025-02-03)"
refused "an address" 2 "no pseudonym" $key --reason r "$recipient_kid:192.0.2.1"
refused "one bad of two" 4 "no escrow record" $key --reason r "$recipient_kid:$ec_first" "0123456789abcdef:$ec_first"
refused "a reason over lines" 1 "control" $key --reason "$(printf 'a\nb')" "$recipient_kid:$ec_first"

# The kid by other ways.
vt reveal --state "$tmp/ec" $key --reason "by day" --day 2025-02-01 "$ec_first"
same "--day names the record" "$(cat out)" "$ec_first 192.0.2.1"
vt reveal --state "$tmp/ec" $key --reason "by kid" --kid "$recipient_kid" "$ec_first"
same "--kid names the record" "$(cat out)" "$ec_first 192.0.2.1"

# Records that are swapped or damaged.
cp -r ec moved
cd moved/escrow && set -- *.cms && mv "$1" spare && cp "$2" "$1" && cd "$tmp" || exit 1
vt reveal --state "$tmp/moved" $key --reason r "$recipient_kid:$ec_first"
same "a record under another name: refused" "$code $(wc -c <out)" "1 0"
has "a record under another name: says why" err "another day"
mv moved/escrow/spare "moved/escrow/$1" && printf x >>"moved/escrow/$1"
vt reveal --state "$tmp/moved" $key --reason r "$recipient_kid:$ec_first"
same "a damaged record: refused" "$code $(wc -c <out)" "1 0"

# No ledger, no address.
rm -rf moved && cp -r ec moved && rm moved/ledger && mkdir moved/ledger
vt reveal --state "$tmp/moved" $key --reason r "$recipient_kid:$ec_first"
same "no ledger to write: refused" "$code $(wc -c <out)" "1 0"

# A key under a passphrase asks for it (without a terminal, on standard input).
openssl pkey -in ec.key -aes256 -passout pass:sesame -out locked.key
printf 'sesame\n' | setsid -w "$program" reveal --state "$tmp/ec" --key locked.key --reason "locked" \
	"$recipient_kid:$ec_first" >out 2>err
same "a key under a passphrase" "$(cat out)" "$recipient_kid:$ec_first 192.0.2.1"

# ---- a ledger that was changed ----------------------------------------------------------------------------------
rows=$(wc -l <ec/ledger)
same "ledger: has its rows" "$([ "$rows" -ge 4 ] && echo yes)" yes
tampered() { # tampered NAME ROW: of the file `changed`
	rm -rf moved && cp -r ec moved && cp changed moved/ledger
	vt ledger --state "$tmp/moved"
	same "ledger, $1: refused" "$code $(wc -c <out)" "1 0"
	has "ledger, $1: names the row" err "row $2 "
	vt reveal --state "$tmp/moved" $key --reason r "$recipient_kid:$ec_first"
	same "ledger, $1: nothing is revealed" "$code $(wc -c <out)" "1 0"
	same_file "ledger, $1: left as it is" moved/ledger changed
}
sed '2s/"reason":"/&x/' ec/ledger >changed
tampered "a changed reason" 2
sed 2d ec/ledger >changed
tampered "a row left out" 2
sed 1d ec/ledger >changed
tampered "the first row left out" 1
{ sed -n 1p ec/ledger && sed -n 1p ec/ledger && sed -n '2,$p' ec/ledger; } >changed
tampered "a row doubled" 2
# What a crash leaves is no damage.
head -c -20 ec/ledger >changed
rm -rf moved && cp -r ec moved && cp changed moved/ledger
vt ledger --state "$tmp/moved"
same "ledger, a torn last row: rows" "$code $(grep -c '	uid ' out)" "0 $((rows - 1))"

# ---- without escrow, and the end of keys ------------------------------------------------------------------------
run_state none
same "none: run" "$code" 0
same "none: a record that says so" "$(cat none/escrow/2025-02-01-*.none | tail -1)" "escrow none"
vt reveal --state "$tmp/none" $key --reason r "$(kid_of none.log-2025-02-01):$(grep -o '^v_[0-9a-f]*' none.log-2025-02-01 | head -1)"
same "none: refused" "$code $(wc -c <out)" "4 0"
has "none: says why" err "not escrowed"
vt keys --state "$tmp/none"
same "none: keys" "$(awk '$1 == "2025-02-02" { print $3, $4, $5 }' out)" "hot pseudonym no"

vt keys --state "$tmp/ec"
same "keys: three days" "$code $(grep -c '^2025-02-0[123]  [0-9a-f]\{16\}  hot     pseudonym  yes$' out)" "0 3"
vt keys --state "$tmp/ec" --destroy 2025-02-02
same "destroy, nobody agrees" "$code $(ls ec/keys)" "1 $(printf '2025-02-01.key\n2025-02-02.key\n2025-02-03.key')"
vt keys --state "$tmp/ec" --destroy 2025-02-05 --yes
same "destroy, a day without keys" "$code" 1
lines=$(wc -l <ec/ledger)
vt keys --state "$tmp/ec" --destroy 2025-02-02 --yes --reason "by order"
same "destroy" "$code $(ls ec/keys)" "0 $(printf '2025-02-01.key\n2025-02-03.key')"
same "destroy: one row" "$(sed "1,${lines}d" ec/ledger | jq -r '.kind + " " + .subject + " " + .reason')" \
	"destroy 2025-02-02 $(kid_of ec.log-2025-02-02 2>/dev/null || zcat ec.log-2025-02-02.gz | sed -n 's/.* kid=\([0-9a-f]*\).*/\1/p' | sort -u) by order"
vt keys --state "$tmp/ec"
same "destroy: the day is closed" "$(awk '$1 == "2025-02-02" { print $3, $4, $5 }' out)" "closed - yes"
vt reveal --state "$tmp/ec" $key --reason "after the end" --day 2025-02-02 "$(sed -n 8p want | sed 's/.*:\(v_[0-9a-f]*\) .*/\1/')"
same "destroy: the escrow holder still can" "$code $(wc -l <out)" "0 1"

# ---- certificates -----------------------------------------------------------------------------------------------
openssl genpkey -algorithm X25519 -out x.key 2>/dev/null
openssl req -new -key ec.key -subj /CN=x -out x.csr
openssl x509 -req -in x.csr -force_pubkey x.key -signkey ec.key -days 5 -out x.pem 2>/dev/null ||
	openssl x509 -new -force_pubkey x.key -key ec.key -subj /CN=x -days 5 -out x.pem 2>/dev/null ||
	{ openssl pkey -in x.key -pubout -out x.pub && openssl x509 -req -in x.csr -force_pubkey x.pub -CA ec.pem -CAkey ec.key -days 5 -CAcreateserial -out x.pem 2>/dev/null; }
run_state x --escrow "$tmp/x.pem"
same "an X25519 certificate: refused" "$code" 1
has "an X25519 certificate: says why" err "neither EC"
same "an X25519 certificate: no key was made" "$(ls x/keys 2>/dev/null)" ""

# `openssl ca` alone can make one that has ended.
cat >ca.conf <<'CONF'
[ca]
default_ca = a
[a]
database = ca.index
serial = ca.serial
new_certs_dir = .
default_md = sha256
policy = p
[p]
commonName = supplied
CONF
: >ca.index && echo 01 >ca.serial
openssl ca -config ca.conf -batch -notext -cert ec.pem -keyfile ec.key -in x.csr -startdate 20200101000000Z \
	-enddate 20200201000000Z -out old.pem 2>err
run_state old --escrow "$tmp/old.pem"
same "an expired certificate: refused" "$code" 1
has "an expired certificate: says why" err "expired"
same "an expired certificate: no key is left" "$(ls old/keys old/escrow | grep -v : | tr -d '\n')" ""
run_state old --escrow "$tmp/ec.pem"
same "an expired certificate: the next run loses nothing" "$code $(cat old.log-* | wc -l)" "0 22"
