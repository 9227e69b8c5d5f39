#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "export/audit.h"

static char *make_directory(void)
{
	static char path[] = "/tmp/test_audit.XXXXXX";
	cr_assert(mkdtemp(path));
	return path;
}

static void discard(const char *directory)
{
	char command[300];
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_expect(system(command) == 0);
}

static const char *in(const char *directory, const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void put(const char *path, const char *p, size_t n)
{
	FILE *file = fopen(path, "wb");
	cr_assert(file);
	fwrite(p, 1, n, file);
	cr_assert(fclose(file) == 0);
}

struct heard {
	char text[4096], trouble[1024];
	unsigned packed;
};

static void on_hit(void *context, const struct audit_hit *hit)
{
	struct heard *heard = context;
	const char *name = strrchr(hit->path, '/');
	size_t n = strlen(heard->text);
	snprintf(heard->text + n, sizeof(heard->text) - n, "%s:%llu:%s%s%s;",
		 name ? name + 1 : hit->path, (unsigned long long)hit->finding.offset,
		 audit_kind_name(hit->finding.kind), hit->inflated ? ":inflated" : "",
		 hit->accepted ? ":accepted" : "");
}

static void on_unreadable(void *context, const char *reason)
{
	struct heard *heard = context;
	snprintf(heard->trouble, sizeof(heard->trouble), "%s", reason);
}

static void on_packed(void *context, const char *path, const char *packing)
{
	struct heard *heard = context;
	(void)path, (void)packing;
	heard->packed++;
}

static struct audit_totals search(const char *path, struct audit_allow *allow, struct heard *heard)
{
	struct error error;
	*heard = (struct heard){.packed = 0};
	struct audit_listener listener = {heard, on_hit, on_unreadable, on_packed};
	struct audit *audit = audit_new(&listener, allow, &error);
	cr_assert(audit);
	audit_path(audit, path);
	struct audit_totals totals = *audit_totals(audit);
	audit_free(audit);
	return totals;
}

static size_t widen(const char *text, bool high_first, char *out)
{
	size_t n = 0;
	for (const char *p = high_first ? "\xfe\xff" : "\xff\xfe"; n < 2; n++)
		out[n] = p[n];
	for (; *text; text++) {
		out[n + high_first] = *text;
		out[n + !high_first] = 0;
		n += 2;
	}
	return n;
}

Test(audit_file, forms_of_files)
{
	char *directory = make_directory(), wide[256];
	struct heard heard;
	put(in(directory, "plain"), "ip 81.2.69.142\n", 15);
	search(in(directory, "plain"), NULL, &heard);
	cr_expect_str_eq(heard.text, "plain:3:ipv4;");

	size_t n = widen("ip 81.2.69.142 \n", false, wide);
	put(in(directory, "little"), wide, n);
	search(in(directory, "little"), NULL, &heard);
	cr_expect_str_eq(heard.text, "little:8:ipv4;");
	n = widen("ip 81.2.69.142 \n", true, wide);
	put(in(directory, "big"), wide, n - 1); /* a unit is cut */
	search(in(directory, "big"), NULL, &heard);
	cr_expect_str_eq(heard.text, "big:8:ipv4;");

	gzFile gz = gzopen(in(directory, "packed"), "wb");
	gzwrite(gz, "ip 81.2.69.142\n", 15);
	gzclose(gz);
	search(in(directory, "packed"), NULL, &heard);
	cr_expect_str_eq(heard.text, "packed:3:ipv4:inflated;");

	put(in(directory, "zip"), "PK\x03\x04 81.2.69.142 ", 17);
	struct audit_totals totals = search(in(directory, "zip"), NULL, &heard);
	cr_expect_str_eq(heard.text, "zip:5:ipv4;");
	cr_expect(heard.packed == 1 && totals.packed == 1);

	put(in(directory, "database"), "SQLite format 3\0\0\0x81.2.69.142Mozilla", 37);
	search(in(directory, "database"), NULL, &heard);
	cr_expect_str_eq(heard.text, "database:19:ipv4;");
	put(in(directory, "wal"), "\x37\x7f\x06\x82\0\0\0x81.2.69.142Mozilla", 26);
	search(in(directory, "wal"), NULL, &heard);
	cr_expect_str_eq(heard.text, "wal:8:ipv4;");

	put(in(directory, "empty"), "", 0);
	totals = search(in(directory, "empty"), NULL, &heard);
	cr_expect(totals.files == 1 && !totals.unreadable);
	discard(directory);
}

static void truncate_file(const char *from, const char *to, long cut, char flip)
{
	char bytes[65536];
	FILE *file = fopen(from, "rb");
	size_t n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	bytes[n / 2] = (char)(bytes[n / 2] ^ flip);
	put(to, bytes, n - (size_t)cut);
}

Test(audit_file, broken_gzip)
{
	char *directory = make_directory();
	struct heard heard;
	unsigned seed = 1;
	gzFile gz = gzopen(in(directory, "whole"), "wb");
	gzwrite(gz, "ip 81.2.69.142\n", 15);
	for (int i = 0; i < 20000; i++)
		gzputc(gz, 'a' + (int)((unsigned)rand_r(&seed) % 16));
	gzclose(gz);
	truncate_file(in(directory, "whole"), in(directory, "cut"), 100, 0);
	struct audit_totals totals = search(in(directory, "cut"), NULL, &heard);
	cr_expect(totals.unreadable == 1 && totals.files == 0);
	cr_expect_str_eq(heard.text, "cut:3:ipv4:inflated;", "what came before is told");
	cr_expect(strstr(heard.trouble, "/cut: the gzip stream ends too early"), "%s",
		  heard.trouble);
	truncate_file(in(directory, "whole"), in(directory, "bad"), 0, 0x55);
	totals = search(in(directory, "bad"), NULL, &heard);
	cr_expect(totals.unreadable == 1, "a broken stream is no clean one");
	put(in(directory, "mark"), "\x1f\x8b\x08", 3);
	totals = search(in(directory, "mark"), NULL, &heard);
	cr_expect(totals.unreadable == 1);
	discard(directory);
}

Test(audit_file, directories)
{
	char *directory = make_directory();
	struct heard heard;
	char deep[256];
	mkdir(in(directory, "d"), 0700);
	put(in(directory, "d/b"), "81.2.69.142\n", 12);
	put(in(directory, "d/a"), "anna@firm.de\n", 13);
	cr_assert(symlink("/etc/passwd", in(directory, "d/link")) == 0);
	cr_assert(symlink("..", in(directory, "d/loop")) == 0);
	cr_assert(symlink("nowhere", in(directory, "d/broken")) == 0);
	cr_assert(mkfifo(in(directory, "d/fifo"), 0600) == 0);
	struct audit_totals totals = search(directory, NULL, &heard);
	cr_expect_str_eq(heard.text, "a:0:email;b:0:ipv4;", "in order, links not followed");
	cr_expect(totals.files == 2 && totals.files_hit == 2 && totals.unreadable == 0);
	cr_expect(audit_totals_kind(&totals, AUDIT_IPV4) == 1);
	cr_expect(audit_totals_class(&totals, AUDIT_REAL) == 2);

	totals = search(in(directory, "d/fifo"), NULL, &heard);
	cr_expect(totals.unreadable == 1, "a FIFO that was named");
	totals = search(in(directory, "d/broken"), NULL, &heard);
	cr_expect(totals.unreadable == 1, "a broken link that was named");
	totals = search(in(directory, "d/missing"), NULL, &heard);
	cr_expect(totals.unreadable == 1 && strstr(heard.trouble, "d/missing: "), "%s",
		  heard.trouble);
	totals = search("", NULL, &heard);
	cr_expect(totals.unreadable == 1);
	cr_assert(symlink("a", in(directory, "d/named")) == 0);
	search(in(directory, "d/named"), NULL, &heard);
	cr_expect_str_eq(heard.text, "named:0:email;", "a link that was named");

	/* deeper than there are descriptors */
	struct rlimit limit = {40, 40};
	snprintf(deep, sizeof(deep), "%s/e", directory);
	mkdir(deep, 0700);
	for (int i = 0; i < 80; i++) {
		strcat(deep, "/e");
		mkdir(deep, 0700);
	}
	strcat(deep, "/f");
	put(deep, "81.2.69.142\n", 12);
	setrlimit(RLIMIT_NOFILE, &limit);
	search(in(directory, "e"), NULL, &heard);
	cr_expect_str_eq(heard.text, "f:0:ipv4;", "deep: %s %s", heard.text, heard.trouble);
	discard(directory);
}

static int read_allow(struct audit_allow *allow, const char *text, struct error *error)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int failed = audit_allow_read(allow, file, "list", error);
	fclose(file);
	return failed;
}

Test(audit_file, accepted)
{
	char *directory = make_directory();
	struct heard heard;
	struct error error;
	unsigned line;
	put(in(directory, "a.txt"), "81.2.69.142 10.1.2.3 anna@firm.de 192.0.2.1\n", 44);
	struct audit_allow *allow = audit_allow_new();
	cr_assert(read_allow(allow, "# known\n\n*.txt:email\n*:private  \n*.log:*\n", &error) == 0);
	struct audit_totals totals = search(directory, allow, &heard);
	cr_expect_str_eq(heard.text, "a.txt:0:ipv4;a.txt:12:ipv4:accepted;a.txt:21:email:accepted;"
				     "a.txt:34:ipv4;");
	cr_expect(totals.accepted == 2 && audit_totals_kind(&totals, AUDIT_IPV4) == 1);
	cr_expect_str_eq(audit_allow_unused(allow, 0, &line), "*.log:*");
	cr_expect(line == 5 && audit_allow_unused(allow, 1, &line) == NULL);
	struct audit_finding finding = {0, AUDIT_EMAIL, AUDIT_REAL};
	cr_expect(audit_allow_holds(allow, "./x/y.txt", &finding), "* matches /");
	cr_expect(!audit_allow_holds(allow, "./x/y.c", &finding));
	audit_allow_free(allow);

	static const char *const bad[] = {"a.txt\n", "a:nothing\n", ":email\n", "x:\n"};
	for (size_t i = 0; i < 4; i++) {
		allow = audit_allow_new();
		cr_expect(read_allow(allow, bad[i], &error) == -1, "%s", bad[i]);
		cr_expect(strstr(error.text, "list:1: "), "%s", error.text);
		audit_allow_free(allow);
	}
	discard(directory);
}
