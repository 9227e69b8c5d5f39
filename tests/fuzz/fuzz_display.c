/* Texts on their way out: clean stays clean, a cut fits, JSON stays one string. The first byte
 * picks width and mode. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "export/display.h"
#include "export/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[512] = "", clean[2048], again[2048], cut[2048], *json = NULL;
	size_t json_n;
	if (!n)
		return 0;
	memcpy(text, data + 1, n - 1 < sizeof(text) - 1 ? n - 1 : sizeof(text) - 1);
	int columns = 1 + data[0] % 100;
	display_clean(text, data[0] & 1, clean, sizeof(clean));
	display_clean(clean, data[0] & 1, again, sizeof(again));
	display_cut(clean, columns, data[0] & 1, cut, sizeof(cut));
	assert(strcmp(clean, again) == 0 && display_width(cut) <= columns);
	FILE *out = open_memstream(&json, &json_n);
	struct json_writer writer;
	json_writer_init(&writer, out);
	json_writer_text(&writer, NULL, text);
	fclose(out);
	assert(json_n >= 2 && json[0] == '"' && json[json_n - 1] == '"');
	for (char *p = json + 1; p < json + json_n - 1; p += 1 + (*p == '\\'))
		assert((unsigned char)*p >= 0x20 && *p != '"' &&
		       p + (*p == '\\') < json + json_n - 1);
	free(json);
	return 0;
}
