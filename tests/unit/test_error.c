#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include "base/error.h"

Test(error, set_returns_minus_one_and_holds_the_text)
{
	struct error error;
	cr_assert_eq(error_set(&error, "%s: %d", "access.log", 7), -1);
	cr_assert_str_eq(error.text, "access.log: 7");
	cr_assert_eq(error_set(&error, "again, %s", error.text), -1);
	cr_assert_str_eq(error.text, "again, access.log: 7", "its own text may be an argument");
}

Test(error, errno_is_named_and_kept)
{
	struct error error;
	errno = ENOENT;
	cr_assert_eq(error_errno(&error, "%s", "access.log"), -1);
	cr_assert_eq(errno, ENOENT);
	cr_assert_str_eq(error.text, "access.log: No such file or directory");
}

Test(error, prefixes_pile_up)
{
	struct error error;
	error_set(&error, "reason");
	cr_assert_eq(error_prefix(&error, "line %d", 3), -1);
	cr_assert_eq(error_prefix(&error, "%s", "veiltally.conf"), -1);
	cr_assert_str_eq(error.text, "veiltally.conf: line 3: reason");
}

Test(error, nobody_has_to_ask)
{
	cr_assert_eq(error_set(NULL, "x"), -1);
	cr_assert_eq(error_errno(NULL, "x"), -1);
	cr_assert_eq(error_prefix(NULL, "x"), -1);
}

Test(error, long_texts_are_cut)
{
	struct error error;
	char text[3 * sizeof(error.text)];
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < 3; i++) {
		i == 0	 ? error_set(&error, "%s", text)
		: i == 1 ? error_prefix(&error, "%s", text)
			 : error_errno(&error, "%s", text);
		cr_assert_eq(strlen(error.text), sizeof(error.text) - 1, "way %u", i);
	}
}
