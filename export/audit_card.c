/*
 * audit_card.c: payment card numbers: the lengths and first digits that are issued (ISO/IEC 7812),
 * the check digit (Luhn), and either no separators or those that are printed on cards.
 *
 * One in about forty random numbers of 16 digits passes; so only a number that stands alone
 * counts: fractions, UUIDs, longer digit runs and rows of numbers do not.
 */
#include "export/audit_match.h"

enum { DIGITS_MAX = 19 };

static const struct issuer {
	unsigned from, to; /* of the first four digits */
	unsigned least, most;
} issuers[] = {
    {4000, 4999, 16, 16},			/* Visa; 13 digits are of the past, 19 not seen */
    {5100, 5599, 16, 16}, {2221, 2720, 16, 16}, /* Mastercard */
    {3400, 3499, 15, 15}, {3700, 3799, 15, 15}, /* American Express */
    {6011, 6011, 16, 16}, {6440, 6599, 16, 16}, /* Discover */
    {3000, 3059, 14, 14}, {3600, 3699, 14, 14}, {3800, 3899, 14, 14}, /* Diners */
    {3528, 3589, 16, 16},					      /* JCB */
    {6200, 6299, 16, 19},					      /* UnionPay */
};

/* Numbers that payment providers publish for tests. */
static const char *const samples[] = {
    "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556",
    "5555555555554444", "5105105105105100", "5200828282828210", "2223003122003222",
    "378282246310005",	"371449635398431",  "6011111111111117", "6011000990139424",
    "30569309025904",	"38520000023237",   "3530111333300000", "3566002020360505",
    "6200000000000005", "4539578763621486", "4916338506082832",
};

static bool is_issued(struct slice number)
{
	unsigned first = 0;
	for (unsigned i = 0; i < 4; i++)
		first = first * 10 + (unsigned)(number.p[i] - '0');
	for (size_t i = 0; i < sizeof(issuers) / sizeof(*issuers); i++)
		if (first >= issuers[i].from && first <= issuers[i].to &&
		    number.n >= issuers[i].least && number.n <= issuers[i].most)
			return true;
	return false;
}

static bool passes_luhn(struct slice number)
{
	unsigned sum = 0;
	for (size_t i = 0; i < number.n; i++) {
		unsigned digit = (unsigned)(number.p[number.n - 1 - i] - '0');
		digit <<= i % 2;
		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

static bool is_sample(struct slice number)
{
	unsigned seen = 0, distinct = 0;
	for (size_t i = 0; i < number.n; i++)
		seen |= 1u << (number.p[i] - '0');
	for (; seen; seen &= seen - 1)
		distinct++;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		if (slice_is(number, samples[i]))
			return true;
	return distinct <= 3;
}

/* 4-4-4-4(-3), 4-6-5, 4-6-4. */
static bool is_printed_so(const unsigned groups[], unsigned n)
{
	if (n == 1)
		return true;
	if (n == 3)
		return groups[0] == 4 && groups[1] == 6 && (groups[2] == 5 || groups[2] == 4);
	if (n < 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if (groups[i] != 4)
			return false;
	return n == 4 || groups[4] <= 3;
}

/* "5430 5431 5432 5433": a table that counts up. */
static bool counts_up(struct slice number)
{
	int last = 0;
	for (size_t i = 0; i + 4 <= number.n && i < 16; i += 4) {
		int group = 0;
		for (size_t k = 0; k < 4; k++)
			group = group * 10 + (number.p[i + k] - '0');
		if (i && (group <= last || group - last > 64))
			return false;
		last = group;
	}
	return true;
}

static bool stands_alone(const struct audit_view *view, size_t start, size_t end, char separator)
{
	char before = audit_byte(view, start - 1), after = audit_byte(view, end);
	char next = audit_byte(view, end + 1), previous = audit_byte(view, start - 2);
	if (audit_is_word(before) && !view->loose && !audit_escape_before(view, start))
		return false;
	if ((audit_is_word(after) && !view->loose) || (before && strchr(".-+/", before)))
		return false;
	if ((after == '.' || after == '-') && audit_is_word(next))
		return false;
	if (!separator)
		return true;
	/* a row of numbers */
	return !(after == separator && text_is_digit(next)) &&
	       !(before == separator && text_is_digit(previous));
}

bool audit_match_card(const struct audit_view *view, struct audit_match *ret)
{
	char digits[DIGITS_MAX + 1], separator = '\0';
	unsigned groups[5] = {0}, group = 0;
	size_t n = 0, i = view->at;
	for (;; i++) {
		char c = audit_byte(view, i);
		if (text_is_digit(c)) {
			if (n == DIGITS_MAX)
				return false;
			digits[n++] = c;
			groups[group]++;
		} else if ((c == ' ' || c == '-') && (!separator || c == separator) && group < 4 &&
			   n < 16 && text_is_digit(audit_byte(view, i + 1)) && groups[0] == 4) {
			separator = c;
			group++;
		} else {
			break;
		}
	}
	struct slice number = slice_make(digits, n);
	if (n < 14 || counts_up(number) || !is_issued(number) ||
	    !is_printed_so(groups, group + 1) || !passes_luhn(number) ||
	    !stands_alone(view, view->at, i, separator))
		return false;
	ret->kind = AUDIT_CARD;
	ret->class = is_sample(number) ? AUDIT_DOCUMENTATION : AUDIT_REAL;
	ret->start = view->at;
	ret->end = i;
	return true;
}
