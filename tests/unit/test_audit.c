#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* A small window, so that everything is cut somewhere. */
#define AUDIT_WINDOW 4096
#include "export/audit_scan.c"
#include "export/audit_match.h"

/* What was found, as "OFFSET KIND", with " CLASS" when it is not real, joined by "; ". */
struct log {
	char text[4096];
	size_t n, count;
};

static void note(void *context, const struct audit_finding *finding)
{
	struct log *log = context;
	log->count++;
	if (log->n > sizeof(log->text) - 100)
		return;
	log->n +=
	    (size_t)sprintf(log->text + log->n, "%s%llu %s", log->n ? "; " : "",
			    (unsigned long long)finding->offset, audit_kind_name(finding->kind));
	if (finding->class != AUDIT_REAL)
		log->n +=
		    (size_t)sprintf(log->text + log->n, " %s", audit_class_name(finding->class));
}

static void feed(struct audit_scan *scan, const char *p, size_t n, size_t most)
{
	while (n) {
		size_t cap;
		char *space = audit_scan_space(scan, &cap);
		size_t some = n < most ? n : most;
		some = some < cap ? some : cap;
		memcpy(space, p, some);
		audit_scan_added(scan, some);
		p += some, n -= some;
	}
}

static struct log scan_bytes(const char *p, size_t n, bool loose)
{
	struct log log = {0};
	struct audit_scan *scan = audit_scan_new(note, &log);
	cr_assert(scan);
	audit_scan_begin(scan, loose);
	feed(scan, p, n, SIZE_MAX);
	audit_scan_end(scan);
	audit_scan_free(scan);
	return log;
}

#define A20  "aB3dE5gH7jK9mN1pQ3sT"
#define GH36 A20 "aB3dE5gH7jK9mN1p"
#define JWT  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"

/* The prefixes of credentials are cut in two, so that nobody's scanner takes these for real ones.
 */
static const struct row {
	const char *name, *text, *wanted;
} rows[] = {
    /* IPv4 */
    {"plain", "81.2.69.142", "0 ipv4"},
    {"in a line", "from 81.2.69.142 to", "5 ipv4"},
    {"two", "81.2.69.142,81.2.69.143", "0 ipv4; 12 ipv4"},
    {"a range", "81.2.69.142-81.2.69.150", "0 ipv4; 12 ipv4"},
    {"a port", "81.2.69.142:443", "0 ipv4"},
    {"in a URL", "http://81.2.69.142/x", "7 ipv4"},
    {"in brackets", "[81.2.69.142]", "1 ipv4"},
    {"at the end of a sentence", "It was 81.2.69.142.", "7 ipv4"},
    {"a sentence without a blank", "81.2.69.142.Then", "0 ipv4"},
    {"behind %20", "q=%2081.2.69.142", "5 ipv4"},
    {"behind \\x22", "\\x2281.2.69.142\\x22", "4 ipv4"},
    {"behind \\u0022", "\\u002281.2.69.142", "6 ipv4"},
    {"behind \\n in JSON", "a\\n81.2.69.142\\n", "3 ipv4"},
    {"three digits each", "081.002.069.142", "0 ipv4"},
    {"three digits, first without zero", "192.168.001.002", "0 ipv4 private"},
    {"a path leads there", "/lookup/81.2.69.142", "8 ipv4"},
    {"squid", "HIER_DIRECT/81.2.69.142 x", "12 ipv4"},
    {"private 10", "10.1.2.3", "0 ipv4 private"},
    {"private 172", "172.16.9.9 172.32.9.99", "0 ipv4 private; 11 ipv4"},
    {"private 192", "192.168.1.20", "0 ipv4 private"},
    {"carrier", "100.64.0.7 100.128.0.77", "0 ipv4 private; 11 ipv4"},
    {"documentation", "192.0.2.1 198.51.100.7 203.0.113.255",
     "0 ipv4 documentation; 10 ipv4 documentation; 23 ipv4 documentation"},
    {"masked", "81.2.69.0", "0 ipv4 masked"},
    {"local", "127.0.0.1 0.0.0.0 169.254.3.4 224.0.0.251 255.255.255.0",
     "0 ipv4 local; 10 ipv4 local; 18 ipv4 local; 30 ipv4 local; 42 ipv4 local"},
    {"256", "81.2.69.256 256.2.69.142", ""},
    {"three numbers", "81.2.69", ""},
    {"five numbers", "1.3.6.1.4.1 81.2.69.142.7", ""},
    {"leading zero", "81.2.069.142", ""},
    {"four digits", "81.2.69.1420 1081.2.69.142", ""},
    /* versions */
    {"v", "v81.2.69.142 V1.2.3.4", "1 ipv4 version; 14 ipv4 version"},
    {"version", "version 81.2.69.142", "8 ipv4 version"},
    {"Version:", "Version: 81.2.69.142", "9 ipv4 version"},
    {"\"version\":", "{\"version\": \"81.2.69.142\"}", "13 ipv4 version"},
    {"<Version>", "<FileVersion>81.2.69.142<", "13 ipv4 version"},
    {"rv:", "(rv:1.9.2.13) Gecko", "4 ipv4 version"},
    {"a product", "\"Firefox/3.0.0.149", "9 ipv4 version"},
    {"a product of capitals", " OPR/81.2.69.142 ", "5 ipv4 version"},
    {">=", "(>= 81.2.69.142)", "4 ipv4 version"},
    {"==", "x==81.2.69.142", "3 ipv4 version"},
    {"a package", "foo-1.2.33.4.tar.gz", "4 ipv4 version"},
    {"a Debian package", "foo_1.2.33.4-1_amd64.deb", "4 ipv4 version"},
    {"a library", "libfoo.so.1.2.33.4", "10 ipv4 version"},
    {"a revision", "1.2.33.4-1ubuntu2 1.2.33.4+dfsg 1.2.33.4~rc1",
     "0 ipv4 version; 18 ipv4 version; 32 ipv4 version"},
    {"a release candidate", "1.2.33.4rc1", "0 ipv4 version"},
    {"a heading", "\n1.1.1.1 Scope", "1 ipv4 version"},
    {"a section", "see section 4.33.2.2 of", "12 ipv4 version"},
    {"small numbers", "Git 1.7.7.3 is out", "4 ipv4 version"},
    {"an OID", "\"2.5.29.37\"", "1 ipv4 version"},
    {"large numbers stay", "host-81.2.169.142", "5 ipv4"},
    {"small, a client", "client: 1.7.7.3", "8 ipv4"},
    {"small, first of a log line", "\n1.7.7.3 - - [", "1 ipv4"},
    {"small, a line", "\n1.7.7.3\n", "1 ipv4"},
    {"small, a port", "to 1.7.7.3:80", "3 ipv4"},
    {"small, forwarded", "X-Forwarded-For: 1.7.7.3", "17 ipv4"},
    {"a date", "2024.01.02.03 01.02.2024", ""},
    {"macOS", "Mac OS X 10.15.7) 10_15_7", ""},
    {"macOS, four", "Mac OS X 10.15.7.1", "9 ipv4 version"},
    /* IPv6 */
    {"v6", "2a02:8109:9440::7", "0 ipv6"},
    {"v6 in brackets", "[2a02:8109:9440::7]:443", "1 ipv6"},
    {"v6 full", "2a02:8109:9440:1:2:3:4:5", "0 ipv6"},
    {"v6 full, capitals", "2A02:8109:9440:0001:0002:0003:0004:0005", "0 ipv6"},
    {"v6 and a colon", "client 2a02:8109:9440::7: denied", "7 ipv6"},
    {"v6 with zone", "2a02:8109:9440::7%eth0", "0 ipv6"},
    {"v6 in a URL", "ip=2a02%3A8109%3a9440%3A%3A7&", "3 ipv6"},
    {"v6 encoded twice", "ip%253D2a02%253A8109%253A9440%253A%253A7", "7 ipv6"},
    {"v6 mapped", "::ffff:81.2.69.142", "0 ipv6"},
    {"v6 mapped, hex", "::ffff:5102:458e", "0 ipv6"},
    {"v6 mapped, full", "0:0:0:0:0:ffff:81.2.69.142", "0 ipv6"},
    {"NAT64", "64:ff9b::81.2.69.142", "0 ipv6"},
    {"v6 private", "fd12:3456:789a:1::1", "0 ipv6 private"},
    {"v6 documentation", "2001:db8::1 2001:DB8:1::7 3fff:fff::1",
     "0 ipv6 documentation; 12 ipv6 documentation; 26 ipv6 documentation"},
    {"v6 masked", "2a02:8109:9440:: 2a02:8109:9440::/48", "0 ipv6 masked; 17 ipv6 masked"},
    {"v6 /64 is somebody", "2a02:8109:9440:1::/64", "0 ipv6"},
    {"v6 local", "x ::1 fe80::1 ff02::1 [::] ::/0",
     "2 ipv6 local; 6 ipv6 local; 14 ipv6 local; 23 ipv6 local; 27 ipv6 local"},
    {"a time", "12:34:56 2024-01-02T12:34:56+01:00 17/May/2015:10:05:03", ""},
    {"a MAC address", "00:1a:2b:3c:4d:5e 20:1a:2b:3c:4d:5e", ""},
    {"EUI-64", "20:1a:2b:ff:fe:3c:4d:5e", ""},
    {"a fingerprint", "20:1a:2b:3c:4d:5e:6f:70:81:92:a3:b4:c5:d6:e7:f8", ""},
    {"scope", "std::string a::b Face::Bad DB::B ::new", ""},
    {"css", "a::before li::after", ""},
    {"nine groups", "2a02:1:2:3:4:5:6:7:8", ""},
    {"two gaps", "2a02::1::2", ""},
    {"seven groups", "2a02:1:2:3:4:5:6", ""},
    {"not given out", "4a02::1 a:b::c dead::beef", ""},
    {"C++", "2a02::x f::f(2)", ""},
    /* host names */
    {"cloud", "ip-81-2-69-142 x", "3 host-address"},
    {"cloud, private", "ip-10-0-0-12.ec2.internal", "3 host-address private"},
    {"cloud, public", "ec2-81-2-69-142.compute.amazonaws.com", "4 host-address"},
    {"provider", "81-2-69-142.dsl.example.de", "0 host-address"},
    {"provider, letters behind", "h81-2-69-142-adsl.example.de", "1 host-address"},
    {"provider, x", "81x2x69x142.static.example.ru", "0 host-address"},
    {"provider, dots", "static.142.69.2.81.clients.example.de", "7 host-address"},
    {"provider, zeros", "pool-081-002-069-142.example.de", "5 host-address"},
    {"documentation host", "ip-192-0-2-1 192-0-2-1.dsl.example",
     "3 host-address documentation; 13 host-address documentation"},
    {"reverse", "142.69.2.81.in-addr.arpa", "0 host-address"},
    {"reverse documentation", "1.2.0.192.in-addr.arpa", "0 host-address documentation"},
    {"reverse v6", "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.4.9.9.0.1.8.2.0.a.2.ip6.arpa",
     "0 host-address"},
    {"reverse v6, documentation",
     "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
     "0 host-address documentation"},
    {"reverse v6, network", "0.4.4.9.9.0.1.8.2.0.a.2.ip6.arpa", "0 host-address masked"},
    {"hex", "p5102458e.dip0.t-ipconnect.de", "1 host-address"},
    {"hex, private", "c0a80001.host", "0 host-address private"},
    {"hex, a word", "deadbeef.example.de feedface.x.de", ""},
    {"hex, a file", "a1b2c3d4.chunk.js /x/a1b2c3d4.jtr T6531090b.jtr", ""},
    {"hex, digits only", "12345678.example.de", ""},
    {"hex, longer", "da1b2c3d4e.example.de", ""},
    {"a date with hyphens", "2024-01-02-03 01-02-03-04 1-2-3-4.log", ""},
    {"five with hyphens", "1-2-3-4-5.example.de", ""},
    {"a size", "16x16x16x16", ""},
    /* e-mail */
    {"e-mail", "<anna@firm.de>", "1 email"},
    {"e-mail with marks", "anna.b-c+x_y@mail.firm.co.uk.", "0 email"},
    {"e-mail in a URL", "?m=anna%40firm.de&", "3 email"},
    {"e-mail encoded twice", "?m=anna%2540firm.de&", "3 email"},
    {"e-mail, documentation", "a@example.com b@x.example.org c@d.test e@f.invalid g@h.example",
     "0 email documentation; 14 email documentation; 30 email documentation; "
     "39 email documentation; 51 email documentation"},
    {"e-mail, nearly documentation", "anna@myexample.com", "0 email"},
    {"e-mail, international", "anna@m\xc3\xbcller.de", "0 email"},
    {"e-mail, IDN", "anna@firm.xn--p1ai", "0 email"},
    {"e-mail, masked", "a***@firm.de", ""},
    {"no top-level domain", "anna@firm user@host: x@1.2", ""},
    {"a file", "logo@2x.png getty@tty1.service a@b.js", ""},
    {"scp", "git@github.com:x/y", ""},
    {"a call", "z@D.setdefault(k) z@Finder.requires_python", ""},
    {"symbol version", "memcpy@GLIBC_2.2.5 memcpy@@GLIBC_2.14", ""},
    {"npm", "left-pad@1.3.0 @scope/name", ""},
    {"noise", "\x01\x02q@x7.fj\x03\x04", ""},
    /* secrets */
    {"JWT", "t=" JWT "&", "2 jwt"},
    {"JWT with Bearer", "Authorization: Bearer " JWT, "22 jwt"},
    {"no JWT", "eyJhbGciOiJIUzI1NiJ9 eyJh.eyJh.x keyJ", ""},
    {"AWS",
     "AK"
     "IAQ3EGTDPQ7MRWBZ2K AS"
     "IAQ3EGTDPQ7MRWBZ2K",
     "0 credential; 21 credential"},
    {"AWS sample",
     "AK"
     "IAIOSFODNN7EXAMPLE",
     "0 credential documentation"},
    {"AWS, too long",
     "AK"
     "IAQ3EGTDPQ7MRWBZ2KX",
     ""},
    {"GitHub",
     "gh"
     "p_" GH36 " gh"
     "o_" GH36 " gh"
     "u_" GH36 " gh"
     "s_" GH36 " gh"
     "r_" GH36,
     "0 credential; 41 credential; 82 credential; 123 credential; 164 credential"},
    {"GitHub, fine",
     "github"
     "_pat_" A20 "_" A20,
     "0 credential"},
    {"GitLab",
     "gl"
     "pat-" A20,
     "0 credential"},
    {"Slack",
     "xo"
     "xb-123456789012-" A20 " xo"
     "xp-12345678-" A20,
     "0 credential; 39 credential"},
    {"Slack, others",
     "xo"
     "xa-12345678-" A20 " xo"
     "xr-12345678-" A20 " xo"
     "xs-12345678-" A20,
     "0 credential; 35 credential; 70 credential"},
    {"Stripe",
     "sk"
     "_live_" A20 " rk"
     "_live_" A20,
     "0 credential; 29 credential"},
    {"Google",
     "AI"
     "za" A20 "aB3dE5gH7jK9mN1",
     "0 credential"},
    {"npm, Hugging Face",
     "np"
     "m_" GH36 " h"
     "f_" A20 "aB3dE5gH7jK9mN",
     "0 credential; 41 credential"},
    {"DigitalOcean",
     "dop"
     "_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     "0 credential"},
    {"PyPI",
     "py"
     "pi-AgEIcHlwaS5vcmcCJD" A20 A20,
     "0 credential"},
    {"others",
     "sk"
     "-ant-" A20 A20 " sk"
     "-proj-" A20 A20,
     "0 credential; 48 credential"},
    {"words",
     "task"
     "_live_abc sk"
     "_live_something_else_here gh"
     "p_x gl"
     "pat-",
     ""},
    {"fillers",
     "gl"
     "pat-xxxxxxxxxxxxxxxxxx12",
     "0 credential documentation"},
    {"private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIBPAIBAAJBAK0zq1Vx\n", "0 private-key"},
    {"private key in JSON", "\"-----BEGIN PRIVATE KEY-----\\nMIIBPAIBAAJBAK0zq1Vx\\n",
     "1 private-key"},
    {"private key, OpenSSH", "-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3BlbnNzaC1rZXktdjEAAAAA\r\n",
     "0 private-key"},
    {"private key, encrypted", "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
     "0 private-key"},
    {"certificate", "-----BEGIN CERTIFICATE-----\nMIIBPAIBAAJBAK0zq1Vx\n", ""},
    {"public key", "-----BEGIN PUBLIC KEY-----\nMIIBPAIBAAJBAK0zq1Vx\n", ""},
    {"only talk", "\"-----BEGIN PRIVATE KEY-----\", \"-----END", ""},
    {"Basic", "Authorization: Basic YW5uYTpnZWhlaW0=", "15 authorization"},
    {"basic, encoded", "basic%20YW5uYTpnZWhlaW0=", "0 authorization"},
    {"Basic, talk", "Basic authentication is Basic Operators or Basic SFNT/TrueType", ""},
    {"Bearer", "Bearer 8f3k2j9d7s6a5q1w", "0 authorization"},
    {"Bearer, talk", "Bearer authentication-token-of-a-client Bearer ${TOKEN}", ""},
    {"query", "GET /?password=geheim1 HTTP", "6 query"},
    {"query, further", "/?a=b&access_token=8f3k2j9d7s6a&x", "6 query"},
    {"query, HTML", "?a=b&amp;api-key=8f3k2j9d7s6a", "9 query"},
    {"query, fillers", "?token={token}&password=$PW&secret=<secret>&pwd=%s",
     "7 placeholder masked"},
    {"query, words", "?token=something&session=start", ""},
    {"no query", "password=geheim1 x.password=geheim1", ""},
    {"userinfo", "http://anna:geheim1@host/x", "7 userinfo"},
    {"userinfo, sample", "http://user:password@host.de/x", "7 userinfo documentation"},
    {"userinfo, then an address", "http://user:password@81.2.69.142/",
     "7 userinfo documentation; 21 ipv4"},
    {"userinfo, variable", "http://$user:$pass@host/x", ""},
    /* cards */
    {"Visa", "4539148803436467", "0 card"},
    {"Visa in groups", "no 4539 1488 0343 6467.", "3 card"},
    {"Visa with hyphens", "4539-1488-0343-6467", "0 card"},
    {"Mastercard", "5425233430109903 2720992593319364", "0 card; 17 card"},
    {"American Express", "3714 496353 98436 374245455400126", "18 card"},
    {"American Express in groups", "3742 454554 00126", "0 card"},
    {"Diners", "36227206271667", "0 card"},
    {"card, sample", "4111111111111111,4242 4242 4242 4242",
     "0 card documentation; 17 card documentation"},
    {"card, check digit", "4539148803436468", ""},
    {"card, no issuer", "1539148803436465 9999999999999995", ""},
    {"card, in a word", "x4539148803436467 4539148803436467x", ""},
    {"card, a fraction", "0.4539148803436467 4539148803436467.5", ""},
    {"card, in a UUID", "12345678-4539148803436467", ""},
    {"card, a row", "4539 1488 0343 6467 1234", ""},
    {"card, a table", "5430 5431 5432 5433", ""},
    {"card, odd groups", "45 39148803436467 4539 14880343 6467", ""},
    {"a time stamp", "1700000000000 1700000000000000 1700000000000000000", ""},
    /* nothing */
    {"empty", "", ""},
    {"sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ""},
    {"git", "commit 9f8fea9f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f", ""},
    {"UUID", "123e4567-e89b-12d3-a456-426614174000", ""},
    {"base64", "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQK", ""},
    {"numbers", "3.14159 1,234.56 1e10 0x7f 12.5.3", ""},
    {"placeholders", "{ip} {email} {n}", "0 placeholder masked; 5 placeholder masked"},
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

Test(audit, rows)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct log log = scan_bytes(rows[i].text, strlen(rows[i].text), false);
		cr_expect_str_eq(log.text, rows[i].wanted, "row %s: got '%s', wanted '%s'",
				 rows[i].name, log.text, rows[i].wanted);
	}
}

/* In a record of SQLite values stand side by side; what is told there is told without them too. */
static const struct row loose_rows[] = {
    {"letters around", "x81.2.69.142Mozilla", "1 ipv4"},
    {"a digit before", "181.2.69.142GET", "0 ipv4"},
    {"digits before", "17181.2.69.142GET", "2 ipv4"},
    {"too large with the digit before", "981.2.69.142", "1 ipv4"},
    {"digits behind", "81.2.69.142200", "0 ipv4"},
    {"a version before", "5.081.2.69.142", "3 ipv4"},
    {"small is an address too", "x1.7.7.3y", "1 ipv4"},
    {"v6", "ab2a02:8109:9440::7GET", "2 ipv6"},
    {"v6, digits behind", "2a02:8109:9440::71234567", "0 ipv6"},
    {"documentation", "x192.0.2.1Mozilla", "1 ipv4 documentation"},
    {"e-mail", "12anna@firm.deMozilla", "0 email"},
    {"e-mail, documentation", "anna@example.comMozilla", "0 email documentation"},
    {"credential",
     "xAK"
     "IAQ3EGTDPQ7MRWBZ2K",
     "1 credential"},
    {"JWT", "x" JWT, "1 jwt"},
    {"card", "x4539148803436467y", "1 card"},
};

Test(audit, loose_rows)
{
	for (size_t i = 0; i < sizeof(loose_rows) / sizeof(*loose_rows); i++) {
		const struct row *row = &loose_rows[i];
		struct log log = scan_bytes(row->text, strlen(row->text), true);
		cr_expect_str_eq(log.text, row->wanted, "row %s: got '%s', wanted '%s'", row->name,
				 log.text, row->wanted);
	}
}

/* Every row, anywhere in a stream, fed in pieces of any size, gives what it gives alone. */
Test(audit, cuts)
{
	enum { ROUNDS = 3000, STREAM = 6 * 4096 };
	static char stream[STREAM + 1024];
	unsigned seed = (unsigned)time(NULL);
	cr_log_info("seed %u", seed);
	for (int round = 0; round < ROUNDS; round++) {
		const struct row *row = &rows[(unsigned)rand_r(&seed) % ROWS];
		size_t n = strlen(row->text);
		/* where the window was moved: its end less AUDIT_AHEAD, and from there on each time
		   by what fits beside AUDIT_BEHIND and AUDIT_AHEAD */
		size_t at = AUDIT_WINDOW - AUDIT_AHEAD + 4 - (unsigned)rand_r(&seed) % (n + 8);
		at += (unsigned)rand_r(&seed) % 4 * (AUDIT_WINDOW - AUDIT_BEHIND - AUDIT_AHEAD);
		memset(stream, '\n', STREAM);
		memcpy(stream + at, row->text, n);
		struct log alone = {0}, log = {0};
		struct audit_scan *scan = audit_scan_new(note, &alone);
		cr_assert(scan);
		audit_scan_begin(scan, false);
		feed(scan, "\n", 1, 1);
		feed(scan, row->text, n, n);
		feed(scan, "\n", 1, 1);
		audit_scan_end(scan);
		scan->context = &log;
		audit_scan_begin(scan, false);
		feed(scan, stream, STREAM, 1 + (unsigned)rand_r(&seed) % 5000);
		audit_scan_end(scan);
		audit_scan_free(scan);
		/* the same, moved */
		char moved[4096] = "";
		size_t k = 0;
		for (const char *p = alone.text; *p;) {
			char *end;
			unsigned long long offset = strtoull(p, &end, 10);
			const char *next = strstr(end, "; ");
			int length = next ? (int)(next + 2 - end) : (int)strlen(end);
			k += (size_t)sprintf(moved + k, "%llu%.*s", offset - 1 + at, length, end);
			p = end + length;
		}
		cr_assert_str_eq(log.text, moved, "seed %u, row %s at %zu: got '%s', wanted '%s'",
				 seed, row->name, at, log.text, moved);
	}
}

/* All that addresses can be is found, in every form (but the classes that are apart). */
Test(audit, random_addresses)
{
	unsigned seed = (unsigned)time(NULL);
	cr_log_info("seed %u", seed);
	for (int round = 0; round < 20000; round++) {
		unsigned char o[4];
		char text[64];
		unsigned bits = (unsigned)rand_r(&seed) << 16 ^ (unsigned)rand_r(&seed);
		memcpy(o, &bits, 4);
		static const char *const forms[] = {"\n%u.%u.%u.%u - -",      " %u.%u.%u.%u:80 ",
						    "\"ip\":\"%u.%u.%u.%u\"", "ip-%u-%u-%u-%u ",
						    "//%u.%u.%u.%u/",	      "h%u-%u-%u-%u.x.net"};
		const char *form = forms[(unsigned)round % 6];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		sprintf(text, form, o[0], o[1], o[2], o[3]);
#pragma GCC diagnostic pop
		struct log log = scan_bytes(text, strlen(text), false);
		const char *class = audit_class_name(audit_class_v4(o));
		bool plain = strcmp(class, "real") == 0;
		cr_expect(log.count == 1 && (plain ? !strstr(log.text, "version")
						   : strstr(log.text, class) != NULL),
			  "seed %u: %s: got '%s', wanted %s", seed, text, log.text, class);
	}
}

Test(audit, names)
{
	for (int i = 0; i < AUDIT_KIND__COUNT; i++)
		cr_expect(audit_kind_name((enum audit_kind)i) != NULL);
	for (int i = 0; i < AUDIT_CLASS__COUNT; i++)
		cr_expect(audit_class_name((enum audit_class)i) != NULL);
	cr_expect_str_eq(audit_kind_name(AUDIT_PLACEHOLDER), "placeholder");
	cr_expect_str_eq(audit_class_name(AUDIT_VERSION), "version");
}
