/*
 * What kind of content a path names, by its last segment. What is on no list is a document: servers
 * hide the extension of pages, not that of assets.
 */
#include "aggregate/veil/path_parts.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const names[CONTENT__COUNT] = {
    [CONTENT_DOCUMENT] = "document", [CONTENT_STYLE] = "style", [CONTENT_SCRIPT] = "script",
    [CONTENT_IMAGE] = "image",	     [CONTENT_FONT] = "font",	[CONTENT_MEDIA] = "media",
    [CONTENT_DATA] = "data",	     [CONTENT_FEED] = "feed",	[CONTENT_DOWNLOAD] = "download",
    [CONTENT_TEXT] = "text",
};

/* Extensions, blank before and after each, so that one search finds a whole word. */
static const struct {
	const char *words;
	enum content_class content;
} by_extension[] = {
    {" html htm xhtml php asp aspx jsp jspx do cgi pl shtml cfm md ", CONTENT_DOCUMENT},
    {" css less scss ", CONTENT_STYLE},
    {" js mjs cjs ", CONTENT_SCRIPT},
    {" png jpg jpeg jpe jfif gif svg svgz webp avif ico cur bmp tif tiff heic apng jxl ",
     CONTENT_IMAGE},
    {" woff woff2 ttf otf eot ", CONTENT_FONT},
    {" mp4 m4v webm mov avi mkv mpg mpeg wmv flv ogv 3gp mp3 m4a aac ogg oga opus wav flac weba "
     "mid m3u8 mpd ts vtt ",
     CONTENT_MEDIA},
    {" json xml map wasm webmanifest jsonld geojson yaml yml xsl xslt swf ", CONTENT_DATA},
    {" rss atom rdf ", CONTENT_FEED},
    {" pdf zip gz tgz bz2 xz zst 7z rar tar deb rpm apk ipa exe msi dmg pkg iso img bin jar war "
     "doc docx xls xlsx ppt pptx odt ods odp rtf csv tsv epub mobi ics vcf sql bak ps djvu torrent "
     "asc sig ",
     CONTENT_DOWNLOAD},
    {" txt ", CONTENT_TEXT},
};

/* Whole last segments that say more than their extension does. */
static const struct {
	const char *name;
	enum content_class content;
} by_name[] = {
    {"feed", CONTENT_FEED},
    {"feeds", CONTENT_FEED},
    {"rss", CONTENT_FEED},
    {"rss2", CONTENT_FEED},
    {"rdf", CONTENT_FEED},
    {"atom", CONTENT_FEED},
    {"feed.xml", CONTENT_FEED},
    {"feed.json", CONTENT_FEED},
    {"rss.xml", CONTENT_FEED},
    {"atom.xml", CONTENT_FEED},
    {"rss.php", CONTENT_FEED},
    {"admin-ajax.php", CONTENT_DATA},
    {"wp-cron.php", CONTENT_DATA},
    {"xmlrpc.php", CONTENT_DATA},
    {"graphql", CONTENT_DATA},
    {"apple-app-site-association", CONTENT_DATA},
    {"sitemap.xml.gz", CONTENT_TEXT},
};

const char *path_content_name(enum content_class content)
{
	return (unsigned)content < CONTENT__COUNT ? names[content] : "(unknown)";
}

static struct slice last_segment(struct slice path)
{
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	size_t from = path.n;
	while (from > 0 && path.p[from - 1] != '/')
		from--;
	struct slice last = slice_from_byte(path, from);
	last.n = slice_find(last, ';');
	return last;
}

/* The extension in lower case between blanks, as the table has it; false when there is none that
 * could be known. */
static bool extension_word(struct slice last, char word[16])
{
	size_t dot = last.n, n = 0;
	while (dot > 0 && last.p[dot - 1] != '.')
		dot--;
	if (dot == 0 || dot == last.n || last.n - dot > 11)
		return false;
	word[n++] = ' ';
	for (size_t i = dot; i < last.n; i++) {
		char c = slice_lower(last.p[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			return false;
		word[n++] = c;
	}
	word[n++] = ' ';
	word[n] = 0;
	return true;
}

static bool is_sitemap(struct slice last)
{
	return last.n >= 11 && slice_equal_nocase(slice_make(last.p, 7), "sitemap");
}

enum content_class path_content(struct slice path)
{
	struct slice last = last_segment(path);
	char word[16];
	for (size_t i = 0; i < COUNT(by_name); i++)
		if (slice_equal_nocase(last, by_name[i].name))
			return by_name[i].content;
	if (!extension_word(last, word))
		return CONTENT_DOCUMENT;
	if (is_sitemap(last) && !strcmp(word, " xml "))
		return CONTENT_TEXT;
	for (size_t i = 0; i < COUNT(by_extension); i++)
		if (strstr(by_extension[i].words, word))
			return by_extension[i].content;
	return CONTENT_DOCUMENT;
}
