#include <criterion/criterion.h>
#include "aggregate/veil/goal.h"
#include "aggregate/veil/hit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *name, *text;
	bool good;
	int64_t cents;
} amounts[] = {
    {"whole", "7", true, 700},
    {"one decimal", "12.5", true, 1250},
    {"two decimals", "12.50", true, 1250},
    {"comma", "12,50", true, 1250},
    {"zeros beyond the second", "12.5000", true, 1250},
    {"zero", "0", true, 0},
    {"leading zeros", "007.01", true, 701},
    {"more than cents", "1.005", false, 0},
    {"negative", "-5", false, 0},
    {"sign", "+5", false, 0},
    {"exponent", "1e3", false, 0},
    {"words", "EUR 5", false, 0},
    {"thousands", "1,234.00", false, 0},
    {"nothing", "", false, 0},
    {"a dot alone", ".", false, 0},
    {"no decimals behind the dot", "5.", false, 0},
    {"blank behind", "5 ", false, 0},
    {"overflow", "99999999999999999999", false, 0},
};

Test(goal, amounts)
{
	for (size_t i = 0; i < COUNT(amounts); i++) {
		int64_t cents = -1;
		bool good = goal_parse_amount(slice_from(amounts[i].text), &cents);
		cr_expect_eq(good, amounts[i].good, "%s", amounts[i].name);
		cr_expect(!good || cents == amounts[i].cents, "%s: %ld", amounts[i].name, cents);
	}
}

static const struct {
	const char *name, *spec, *method, *target;
	bool reached;
	int64_t cents; /* -1: none */
} goals[] = {
    {"path and amount", "buy=POST /checkout; amount=query:total", "POST", "/checkout?total=12.50",
     true, 1250},
    {"amount among others", "buy=POST /checkout; amount=query:total", "POST",
     "/checkout?a=1&total=3&b=2", true, 300},
    {"first amount counts", "buy=/c; amount=query:t", "GET", "/c?t=1&t=2", true, 100},
    {"escaped comma", "buy=/c; amount=query:t", "GET", "/c?t=1%2C50", true, 150},
    {"no such parameter", "buy=/c; amount=query:t", "GET", "/c?subt=1", true, -1},
    {"a bad amount is none", "buy=/c; amount=query:t", "GET", "/c?t=-1", true, -1},
    {"fragment ends the path", "buy=/c", "GET", "/c#x", true, -1},
    {"wrong method", "buy=POST /checkout", "GET", "/checkout", false, -1},
    {"any method", "buy=/checkout", "PUT", "/checkout", true, -1},
    {"longer path", "buy=/checkout", "GET", "/checkout/2", false, -1},
    {"prefix", "buy=/checkout*", "GET", "/checkout/2?x=1", true, -1},
    {"blanks are free", " buy =  POST   /c ;  amount=query:t ", "POST", "/c?t=2", true, 200},
};

Test(goal, reached)
{
	for (size_t i = 0; i < COUNT(goals); i++) {
		struct goals *all = goals_new();
		struct error error;
		int64_t cents = -1;
		struct slice target = slice_from(goals[i].target);
		cr_assert_eq(goals_add(all, goals[i].spec, &error), 0, "%s: %s", goals[i].name,
			     error.text);
		uint16_t bits = goals_match(all, target);
		bits = goals_with_method(all, bits, slice_from(goals[i].method));
		size_t mark = slice_find(target, '?');
		bool paid =
		    bits && goals_amount(all, bits, slice_from_byte(target, mark + 1), &cents);
		cr_expect_eq(bits != 0, goals[i].reached, "%s", goals[i].name);
		cr_expect_eq(paid ? cents : -1, goals[i].cents, "%s: %ld", goals[i].name, cents);
		goals_free(all);
	}
}

Test(goal, bad_specs_are_refused)
{
	static const char *const bad[] = {"",
					  "buy",
					  "=/x",
					  "buy=",
					  "buy=POST",
					  "buy=checkout",
					  "buy=POST checkout",
					  "buy=/c; amount",
					  "buy=/c; amount=query:",
					  "buy=/c; amount=body:t",
					  "b\ny=/c"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct goals *all = goals_new();
		struct error error;
		cr_expect_eq(goals_add(all, bad[i], &error), -1, "\"%s\"", bad[i]);
		goals_free(all);
	}
	struct goals *all = goals_new();
	struct error error;
	for (int i = 0; i < HIT_GOALS_MAX; i++)
		cr_assert_eq(goals_add(all, "a=/b", &error), 0);
	cr_expect_eq(goals_add(all, "a=/b", &error), -1);
	goals_free(all);
}
