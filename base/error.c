#include "base/error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, const char *form, ...)
{
	if (!error)
		return -1;
	va_list arguments;
	va_start(arguments, form);
	/* Formatted aside, so that an argument may be the old text. */
	struct error made;
	vsnprintf(made.text, sizeof(made.text), form, arguments);
	va_end(arguments);
	*error = made;
	return -1;
}

int error_errno(struct error *error, const char *form, ...)
{
	int number = errno;
	if (!error)
		return -1;
	char about[sizeof(error->text)], reason[128];
	va_list arguments;
	va_start(arguments, form);
	vsnprintf(about, sizeof(about), form, arguments);
	va_end(arguments);
	error_set(error, "%s: %s", about, strerror_r(number, reason, sizeof(reason)));
	errno = number;
	return -1;
}

int error_prefix(struct error *error, const char *form, ...)
{
	if (!error)
		return -1;
	char prefix[sizeof(error->text)];
	va_list arguments;
	va_start(arguments, form);
	vsnprintf(prefix, sizeof(prefix), form, arguments);
	va_end(arguments);
	return error_set(error, "%s: %s", prefix, error->text);
}
