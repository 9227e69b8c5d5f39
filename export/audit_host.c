/*
 * audit_host.c: addresses in host names, as access providers write them, and what tells host names
 * from files and versions.
 */
#include "export/audit_match.h"

/* Last labels that are no top-level domains. Those that are both (.sh, .pl, .rs, .zip, .mov, .py,
 * .md, .so) are taken for files: nobody's provider is there. */
bool audit_is_extension(struct slice word)
{
	static const char *const all[] = {
	    "gz",      "tgz",	  "bz2",   "xz",     "zst",   "zip",	 "tar",	   "jar",
	    "war",     "deb",	  "dsc",   "rpm",    "so",    "dll",	 "exe",	   "dmg",
	    "msi",     "pkg",	  "whl",   "egg",    "gem",   "apk",	 "ko",	   "js",
	    "mjs",     "ts",	  "tsx",   "css",    "scss",  "map",	 "html",   "htm",
	    "php",     "asp",	  "aspx",  "jsp",    "xml",   "xsl",	 "json",   "yaml",
	    "yml",     "toml",	  "csv",   "txt",    "md",    "rst",	 "log",	   "conf",
	    "cfg",     "ini",	  "orig",  "diff",   "patch", "changes", "c",	   "h",
	    "cc",      "cpp",	  "hpp",   "hh",     "py",    "pyc",	 "pl",	   "pm",
	    "rb",      "rs",	  "java",  "class",  "sh",    "lua",	 "tcl",	   "png",
	    "jpg",     "jpeg",	  "gif",   "svg",    "webp",  "ico",	 "bmp",	   "tif",
	    "tiff",    "pdf",	  "ps",	   "eps",    "doc",   "docx",	 "mp3",	   "mp4",
	    "webm",    "mov",	  "avi",   "ttf",    "woff",  "woff2",	 "otf",	   "db",
	    "sqlite",  "sql",	  "bak",   "old",    "tmp",   "lock",	 "pid",	   "sock",
	    "pem",     "crt",	  "key",   "csr",    "asc",   "sig",	 "iso",	   "img",
	    "bin",     "dat",	  "mmdb",  "pcap",   "swp",   "service", "socket", "target",
	    "timer",   "mount",	  "slice", "device", "scope", "path",	 "swap",   "automount",
	    "patches", "sublime", "in",	   "am",     "ac",    "po",	 "mo",	   "tex",
	    "bib",     "go",	  "wasm",  "dylib",  "a",     "o",	 "la",	   "lo",
	    "chunk",   "min",	  "ko",	   "bundle", "mk",    "cmake",	 "vim",	   "el",
	    "elc",
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (slice_equal_nocase(word, all[i]))
			return true;
	return false;
}

static bool is_label(char c)
{
	return text_is_alnum(c) || c == '-';
}

static bool is_all_letters(struct slice word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!text_is_letter(word.p[i]))
			return false;
	return word.n >= 2;
}

unsigned audit_host_tail(const struct audit_view *view, size_t i, size_t *ret_end, bool *ret_file)
{
	unsigned labels = 0;
	struct slice last = {NULL, 0};
	while (audit_byte(view, i) == '.' && text_is_alnum(audit_byte(view, i + 1))) {
		size_t end = i + 1;
		while (is_label(audit_byte(view, end)))
			end++;
		last = slice_make(view->p + i + 1, end - i - 1);
		i = end;
		labels++;
	}
	bool top = is_all_letters(last) || (last.n > 4 && memcmp(last.p, "xn--", 4) == 0);
	if (!labels || !top || audit_byte(view, i) == '_' || audit_byte(view, i) == '(')
		return 0;
	/* "from 192.0.2.1.Then": a capital and small letters begin a sentence */
	if (text_is_upper(last.p[0]) && text_is_lower(last.p[1]))
		return 0;
	*ret_end = i;
	*ret_file = audit_is_extension(last);
	return labels;
}

/* "1-" in front of "2-3-4-5": the number of a longer row. "ec2-" is none. */
static bool follows_number(const struct audit_view *view, size_t i, char separator)
{
	size_t digits = i - 1;
	if (audit_byte(view, i - 1) != separator)
		return false;
	while (text_is_digit(audit_byte(view, digits - 1)))
		digits--;
	return digits < i - 1 && !text_is_letter(audit_byte(view, digits - 1));
}

bool audit_match_host(const struct audit_view *view, struct audit_match *ret)
{
	unsigned char octets[4];
	bool file;
	ret->kind = AUDIT_HOST;
	char separator = view->p[view->at];
	size_t start = view->at, digits = 0;
	while (digits < 4 && text_is_digit(audit_byte(view, start - 1)))
		start--, digits++;
	if (digits > 3 || audit_byte(view, start - 1) == '_' ||
	    follows_number(view, start, separator))
		return false;
	ret->start = start;
	ret->end = audit_read_quad(view, start, separator, octets);
	if (!ret->end || text_is_digit(audit_byte(view, ret->end)))
		return false;
	if (audit_byte(view, ret->end) == separator &&
	    text_is_digit(audit_byte(view, ret->end + 1)))
		return false;
	ret->class = audit_class_v4(octets);
	size_t end = ret->end;
	while (is_label(audit_byte(view, end)))
		end++;
	if (audit_host_tail(view, end, &end, &file) && !file) {
		ret->end = end;
		return true;
	}
	/* Short names of cloud machines: "ip-192-0-2-1". */
	return separator == '-' && audit_ends(view, start, "ip-") && end == ret->end;
}

/* What may stand in a label before eight hex digits: nothing, "p", "dyn-", "host-". A single slash
 * leads to a file. */
static bool is_label_start(const struct audit_view *view, size_t i)
{
	char before = audit_byte(view, i - 1);
	if (before == '-' || before == '.')
		return text_is_alnum(audit_byte(view, i - 2));
	unsigned letters = 0;
	while (letters < 4 && text_is_lower(audit_byte(view, i - 1)))
		i--, letters++;
	if (letters && text_hex(audit_byte(view, i + letters - 1)) >= 0)
		return false; /* nine hex digits */
	before = audit_byte(view, i - 1);
	if (before == '/')
		return audit_byte(view, i - 2) == '/';
	return letters < 4 && !audit_is_word(before) && (!before || !strchr("$\\-.", before));
}

/* Names of files are like this too, so only small letters will do: resolvers write no others. */
bool audit_match_hex_host(const struct audit_view *view, struct audit_match *ret)
{
	unsigned char octets[4] = {0};
	unsigned digits = 0;
	bool file;
	if (view->at < 8)
		return false;
	size_t start = view->at - 8;
	for (unsigned i = 0; i < 8; i++) {
		char c = view->p[start + i];
		int value = text_hex(c);
		if (value < 0 || text_is_upper(c))
			return false;
		digits += text_is_digit(c);
		octets[i / 2] = (unsigned char)(octets[i / 2] << 4 | value);
	}
	if (digits < 2 || digits == 8 || !is_label_start(view, start))
		return false;
	ret->kind = AUDIT_HOST;
	ret->start = start;
	ret->class = audit_class_v4(octets);
	/* The first number of a dynamic address is one that is given out. */
	return ret->class != AUDIT_LOCAL && audit_host_tail(view, view->at, &ret->end, &file) &&
	       !file;
}

/* The nibbles stand in reverse before ".ip6.arpa" (RFC 3596); fewer than 13 name a network of at
 * least a /48. */
bool audit_match_arpa(const struct audit_view *view, struct audit_match *ret)
{
	unsigned char bytes[16] = {0};
	size_t i = view->at;
	unsigned n = 0;
	if (!audit_starts(view, view->at, ".ip6.arpa"))
		return false;
	for (; n < 32 && text_hex(audit_byte(view, i - 1)) >= 0; n++) {
		char before = audit_byte(view, i - 2);
		unsigned value = (unsigned)text_hex(audit_byte(view, i - 1));
		if (before != '.' && audit_is_word(before))
			break;
		bytes[n / 2] = (unsigned char)(bytes[n / 2] | value << (n % 2 ? 0 : 4));
		i -= before == '.' ? 2 : 1;
		if (before != '.') {
			n++;
			break;
		}
	}
	ret->kind = AUDIT_HOST;
	ret->start = i;
	ret->end = view->at + strlen(".ip6.arpa");
	ret->class = audit_class_v6(bytes);
	return n > 0;
}
