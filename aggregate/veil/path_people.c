/*
 * Sections that name people. The segment after one of these words is {name}, at any depth and in
 * any case, whatever it is; a short list of words that no one is called stays, so that
 * /account/login is still a page.
 *
 * Not on the list on purpose: team, doctor, teacher, artist and contact, whose children are
 * as often topics or pages that a site publishes about itself; the gate hides the rare ones, and
 * --route adds a section. home is on it for shells (/home/anna); calendars, dav and principals are
 * where CalDAV and CardDAV servers keep their people.
 */
#include "aggregate/veil/path_parts.h"
#include <stdlib.h>
#include "aggregate/veil/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { WORD_MAX = 24 };

/* Sorted; the languages are those whose software is common. */
static const char *const sections[] = {
    "account",	      "accounts",     "acct",
    "addressbooks",   "applicant",    "applicants",
    "auteur",	      "auteurs",      "author",
    "authors",	      "autor",	      "autoren",
    "autores",	      "avatar",	      "avatars",
    "benutzer",	      "bewerber",     "bio",
    "bios",	      "by",	      "calendars",
    "candidate",      "candidates",   "client",
    "clients",	      "contacts",     "contributor",
    "contributors",   "cuenta",	      "customer",
    "customers",      "employee",     "employees",
    "follower",	      "followers",    "following",
    "friend",	      "friends",      "home",
    "impersonate",    "konto",	      "kunde",
    "kunden",	      "member",	      "members",
    "membre",	      "membres",      "mitarbeiter",
    "mitglied",	      "mitglieder",   "nick",
    "nickname",	      "nutzer",	      "patient",
    "patients",	      "people",	      "perfil",
    "person",	      "persons",      "player",
    "players",	      "principals",   "profil",
    "profile",	      "profiles",     "profils",
    "public-profile", "resident",     "residents",
    "seller",	      "sellers",      "special:contributions",
    "staff",	      "student",      "students",
    "subscriber",     "subscribers",  "u",
    "user",	      "user-profile", "user_profile",
    "username",	      "userprofile",  "users",
    "usuario",	      "usuarios",     "utente",
    "utenti",	      "utilisateur",  "utilisateurs",
    "vcard",	      "vcards",
};

/* Children of a section that name nobody; what follows them is judged anew. Sorted. */
static const char *const things[] = {
    "2fa",
    "about",
    "activate",
    "activation",
    "activity",
    "address",
    "addresses",
    "admin",
    "all",
    "api",
    "auth",
    "billing",
    "callback",
    "cart",
    "categories",
    "category",
    "change-password",
    "checkout",
    "confirm",
    "confirmation",
    "create",
    "dashboard",
    "date",
    "default",
    "delete-account",
    "downloads",
    "export",
    "favorites",
    "favourites",
    "feed",
    "forgot",
    "forgot-password",
    "forgot_password",
    "help",
    "history",
    "home",
    "import",
    "inbox",
    "index",
    "info",
    "invoices",
    "join",
    "list",
    "location",
    "login",
    "logout",
    "lost-password",
    "me",
    "messages",
    "month",
    "new",
    "newest",
    "notifications",
    "oauth",
    "orders",
    "overview",
    "page",
    "password",
    "payment",
    "payments",
    "popular",
    "preferences",
    "privacy",
    "product",
    "recent",
    "recover",
    "register",
    "registration",
    "reset",
    "reset-password",
    "reset_password",
    "security",
    "session",
    "sessions",
    "settings",
    "sign-in",
    "sign-out",
    "sign-up",
    "sign_in",
    "sign_out",
    "sign_up",
    "signin",
    "signout",
    "signup",
    "sort",
    "status",
    "subscription",
    "subscriptions",
    "tag",
    "terms",
    "top",
    "topic",
    "unlock",
    "update-password",
    "verify",
    "welcome",
    "wishlist",
    "year",
};

/* Children after which the name still comes: /users/edit/alice. Sorted. */
static const char *const verbs[] = {
    "ban",    "block",	"change", "delete",   "edit",	 "email", "find",   "follow",
    "get",    "id",	"invite", "mail",     "message", "name",  "public", "remove",
    "report", "search", "show",	  "unfollow", "update",	 "view",
};

static int compare(const void *word, const void *row)
{
	return strcmp(word, *(const char *const *)row);
}

static bool is_on(const char *word, const char *const *list, size_t n)
{
	return bsearch(word, list, n, sizeof(*list), compare) != NULL;
}

/* Lower-cases the text as a NUL-terminated word; an empty one when it is too long to be on a list.
 */
static void make_word(struct slice text, char word[WORD_MAX])
{
	size_t n = text.n < WORD_MAX ? text.n : 0;
	for (size_t i = 0; i < n; i++)
		word[i] = slice_lower(text.p[i]);
	word[n] = 0;
	if (memchr(word, 0, n))
		word[0] = 0;
}

static bool is_section(struct slice text)
{
	char word[WORD_MAX];
	make_word(text, word);
	return is_on(word, sections, COUNT(sections));
}

enum child { CHILD_PERSON, CHILD_THING, CHILD_VERB };

/* "login", also as "login.php". Other endings may belong to a name: "new.york". */
static enum child child_of(struct slice text)
{
	static const char *const endings[] = {"php",  "html", "htm", "asp",
					      "aspx", "jsp",  "do",  "json"};
	char word[WORD_MAX];
	size_t dot = slice_find(text, '.');
	for (size_t i = 0; i < COUNT(endings); i++) {
		if (slice_equal_nocase(slice_from_byte(text, dot + 1), endings[i])) {
			text.n = dot;
			break;
		}
	}
	make_word(text, word);
	if (is_on(word, verbs, COUNT(verbs)))
		return CHILD_VERB;
	return is_on(word, things, COUNT(things)) ? CHILD_THING : CHILD_PERSON;
}

/* Shows the first `keep` bytes of what the part said, then {name}. */
static void show_name(struct path_part *part, size_t keep)
{
	char text[PATH_PART_TEXT + 8];
	memcpy(text, part->said, keep);
	memcpy(text + keep, "{name}", 6);
	path_part_show(part, slice_make(text, keep + 6));
}

/* "User:Alice", "user=alice", "User_talk:Alice": returns the length up to and with the sign, 0 when
 * it is none. */
static size_t named_prefix(struct slice said)
{
	size_t sign = slice_find(said, ':');
	if (sign == said.n)
		sign = slice_find(said, '=');
	if (sign + 1 >= said.n)
		return 0;
	struct slice word = slice_make(said.p, sign);
	if (word.n > 5 && slice_equal_nocase(slice_from_byte(word, word.n - 5), "_talk"))
		word.n -= 5;
	return is_section(word) ? sign + 1 : 0;
}

void path_veil_people(struct path_parts *parts, unsigned from)
{
	bool pending = from > 0 && is_section(path_part_said(&parts->part[from - 1]));
	for (unsigned i = from; i < parts->n; i++) {
		struct path_part *part = &parts->part[i];
		struct slice said = path_part_said(part);
		size_t prefix = named_prefix(said);
		enum child child = pending ? child_of(said) : CHILD_THING;
		if (is_section(said)) {
			pending = true;
			continue;
		}
		pending = child == CHILD_VERB;
		if (child == CHILD_PERSON)
			show_name(part, 0);
		else if (prefix)
			show_name(part, prefix);
		else if (said.n > 1 && said.p[0] == '~')
			show_name(part, 1);
	}
}
