/*
 * security_gzip.h: a closed file of the security log becomes NAME.gz.
 *
 * Written under NAME.gz.new, synced, renamed, and only when the directory is synced too the plain
 * file goes. So a kill at any point leaves the plain file, or the whole NAME.gz, or both; then the
 * work is done again and finds what there is.
 */
#ifndef EXPORT_SECURITY_GZIP_H
#define EXPORT_SECURITY_GZIP_H

#include <stdint.h>
#include "base/error.h"
#include "export/security_name.h"

/*
 * Compresses the first `length` bytes of `from`, which `fd` reads, and removes it. A NAME.gz of
 * other content is somebody else's and stays; the file then becomes the next part that is free. The
 * same bytes in give the same bytes out: the header has no name and no time. Mode and owner are
 * those of `from`. -1 with a message; `from` is there then, whole.
 */
int security_gzip(const struct security_directory *directory, const struct security_name *from,
		  int fd, uint64_t length, struct error *error);

#endif
