/*
 * Places that send visitors. Assistants and mail stand before the search engines whose subdomains
 * they are.
 */
#include "aggregate/veil/referrer_names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct referrer_host referrer_hosts[] = {
    {SLICE_LITERAL("chatgpt.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("chat.openai.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("openai.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("perplexity.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("claude.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("gemini.google.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("bard.google.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("notebooklm.google.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("copilot.microsoft.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("copilot.cloud.microsoft"), REFERRER_AI, NULL},
    {SLICE_LITERAL("you.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("phind.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("poe.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("chat.mistral.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("mistral.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("deepseek.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("chat.deepseek.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("grok.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("x.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("meta.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("chat.qwen.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("kimi.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("kimi.moonshot.cn"), REFERRER_AI, NULL},
    {SLICE_LITERAL("doubao.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("yuanbao.tencent.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("huggingface.co"), REFERRER_AI, NULL},
    {SLICE_LITERAL("duck.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("character.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("pi.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("andisearch.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("komo.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("iask.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("felo.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("genspark.ai"), REFERRER_AI, NULL},
    {SLICE_LITERAL("manus.im"), REFERRER_AI, NULL},
    {SLICE_LITERAL("chatglm.cn"), REFERRER_AI, NULL},
    {SLICE_LITERAL("yiyan.baidu.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("liner.com"), REFERRER_AI, NULL},
    {SLICE_LITERAL("consensus.app"), REFERRER_AI, NULL},
    {SLICE_LITERAL("mail.google.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.yahoo.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.yahoo.co.jp"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("outlook.live.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("outlook.office.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("outlook.office365.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("outlook.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("hotmail.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.live.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.aol.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("e.mail.ru"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.yandex.ru"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.yandex.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.qq.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.163.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.proton.me"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.protonmail.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.zoho.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("fastmail.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("tutanota.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("app.tuta.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("gmx.net"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("navigator.gmx.net"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("web.de"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("posteo.de"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mailbox.org"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("mail.naver.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("email.seznam.cz"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("poczta.onet.pl"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("poczta.wp.pl"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("deref-mail.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("deref-gmx.net"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("deref-web.de"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("list-manage.com"), REFERRER_MAIL, NULL},
    {SLICE_LITERAL("facebook.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("fb.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("fb.me"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("messenger.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("l.instagram.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("instagram.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("threads.net"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("threads.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("t.co"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("twitter.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("x.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("linkedin.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("lnkd.in"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("reddit.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("redd.it"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("pinterest.*"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("pin.it"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("youtube.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("youtu.be"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("tiktok.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("vk.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("vkontakte.ru"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("ok.ru"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("odnoklassniki.ru"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("news.ycombinator.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("lobste.rs"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("mastodon.social"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("mastodon.online"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("bsky.app"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("go.bsky.app"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("tumblr.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("t.umblr.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("snapchat.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("whatsapp.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("wa.me"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("telegram.org"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("telegram.me"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("t.me"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("web.telegram.org"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("discord.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("discordapp.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("slack.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("app.slack.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("teams.microsoft.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("quora.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("medium.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("weibo.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("weibo.cn"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("weixin.qq.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("mp.weixin.qq.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("zhihu.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("douban.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("xing.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("flickr.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("vimeo.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("twitch.tv"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("stumbleupon.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("digg.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("delicious.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("slashdot.org"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("diigo.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("pocket.co"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("getpocket.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("flipboard.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("livejournal.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("meetup.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("nextdoor.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("line.me"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("mixi.jp"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("hatena.ne.jp"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("b.hatena.ne.jp"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("plus.google.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("plus.url.google.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("groups.google.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("lemmy.world"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("lemmy.ml"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("disqus.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("buffer.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("hootsuite.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("linktr.ee"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("myspace.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("gab.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("truthsocial.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("substack.com"), REFERRER_SOCIAL, NULL},
    {SLICE_LITERAL("docs.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("drive.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("sites.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("translate.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("classroom.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("calendar.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("cloud.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("support.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("developers.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("accounts.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("ads.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("analytics.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("keep.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("meet.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("chat.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("play.google.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("metrika.yandex.ru"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("disk.yandex.ru"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("blog.naver.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("cafe.naver.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("fanyi.baidu.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("tieba.baidu.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("zhidao.baidu.com"), REFERRER_WEBSITE, NULL},
    {SLICE_LITERAL("google.*"), REFERRER_SEARCH, "Google"},
    {SLICE_LITERAL("bing.com"), REFERRER_SEARCH, "Bing"},
    {SLICE_LITERAL("bing.net"), REFERRER_SEARCH, "Bing"},
    {SLICE_LITERAL("duckduckgo.com"), REFERRER_SEARCH, "DuckDuckGo"},
    {SLICE_LITERAL("duck.com"), REFERRER_SEARCH, "DuckDuckGo"},
    {SLICE_LITERAL("search.yahoo.com"), REFERRER_SEARCH, "Yahoo"},
    {SLICE_LITERAL("search.yahoo.co.jp"), REFERRER_SEARCH, "Yahoo"},
    {SLICE_LITERAL("yahoo.com"), REFERRER_SEARCH, "Yahoo"},
    {SLICE_LITERAL("yahoo.co.jp"), REFERRER_SEARCH, "Yahoo"},
    {SLICE_LITERAL("yandex.*"), REFERRER_SEARCH, "Yandex"},
    {SLICE_LITERAL("ya.ru"), REFERRER_SEARCH, "Yandex"},
    {SLICE_LITERAL("baidu.com"), REFERRER_SEARCH, "Baidu"},
    {SLICE_LITERAL("ecosia.org"), REFERRER_SEARCH, "Ecosia"},
    {SLICE_LITERAL("qwant.com"), REFERRER_SEARCH, "Qwant"},
    {SLICE_LITERAL("startpage.com"), REFERRER_SEARCH, "Startpage"},
    {SLICE_LITERAL("ixquick.com"), REFERRER_SEARCH, "Startpage"},
    {SLICE_LITERAL("search.brave.com"), REFERRER_SEARCH, "Brave"},
    {SLICE_LITERAL("naver.com"), REFERRER_SEARCH, "Naver"},
    {SLICE_LITERAL("daum.net"), REFERRER_SEARCH, "Daum"},
    {SLICE_LITERAL("seznam.cz"), REFERRER_SEARCH, "Seznam"},
    {SLICE_LITERAL("sogou.com"), REFERRER_SEARCH, "Sogou"},
    {SLICE_LITERAL("so.com"), REFERRER_SEARCH, "360 Search"},
    {SLICE_LITERAL("sm.cn"), REFERRER_SEARCH, "Shenma"},
    {SLICE_LITERAL("search.aol.com"), REFERRER_SEARCH, "AOL"},
    {SLICE_LITERAL("aol.com"), REFERRER_SEARCH, "AOL"},
    {SLICE_LITERAL("ask.com"), REFERRER_SEARCH, "Ask"},
    {SLICE_LITERAL("mojeek.com"), REFERRER_SEARCH, "Mojeek"},
    {SLICE_LITERAL("mojeek.co.uk"), REFERRER_SEARCH, "Mojeek"},
    {SLICE_LITERAL("metager.org"), REFERRER_SEARCH, "MetaGer"},
    {SLICE_LITERAL("metager.de"), REFERRER_SEARCH, "MetaGer"},
    {SLICE_LITERAL("swisscows.com"), REFERRER_SEARCH, "Swisscows"},
    {SLICE_LITERAL("swisscows.ch"), REFERRER_SEARCH, "Swisscows"},
    {SLICE_LITERAL("kagi.com"), REFERRER_SEARCH, "Kagi"},
    {SLICE_LITERAL("presearch.com"), REFERRER_SEARCH, "Presearch"},
    {SLICE_LITERAL("presearch.org"), REFERRER_SEARCH, "Presearch"},
    {SLICE_LITERAL("coccoc.com"), REFERRER_SEARCH, "Coc Coc"},
    {SLICE_LITERAL("nova.rambler.ru"), REFERRER_SEARCH, "Rambler"},
    {SLICE_LITERAL("rambler.ru"), REFERRER_SEARCH, "Rambler"},
    {SLICE_LITERAL("go.mail.ru"), REFERRER_SEARCH, "Mail.ru"},
    {SLICE_LITERAL("petalsearch.com"), REFERRER_SEARCH, "Petal"},
    {SLICE_LITERAL("yep.com"), REFERRER_SEARCH, "Yep"},
    {SLICE_LITERAL("dogpile.com"), REFERRER_SEARCH, "Dogpile"},
    {SLICE_LITERAL("search.lycos.com"), REFERRER_SEARCH, "Lycos"},
    {SLICE_LITERAL("lycos.com"), REFERRER_SEARCH, "Lycos"},
};

const size_t referrer_hosts_n = COUNT(referrer_hosts);

bool referrer_is_second_level(struct slice label)
{
	static const char *const labels[] = {"co",  "com", "net", "org", "gov",
					     "edu", "ac",  "or",  "ne",	 "go"};
	for (size_t i = 0; i < COUNT(labels); i++)
		if (slice_is(label, labels[i]))
			return true;
	return false;
}

static size_t last_label(struct slice host)
{
	size_t at = host.n;
	while (at > 0 && host.p[at - 1] != '.')
		at--;
	return at;
}

/* Takes the top-level domain off, and a second level before one of two letters. */
static struct slice without_top(struct slice host)
{
	size_t at = last_label(host);
	bool country = host.n - at == 2;
	host.n = at ? at - 1 : 0;
	at = last_label(host);
	if (country && at > 0 && referrer_is_second_level(slice_from_byte(host, at)))
		host.n = at - 1;
	return host;
}

/* `host` is `name` or ends in "." and `name`. */
static bool is_below(struct slice host, struct slice name)
{
	return host.n >= name.n && !memcmp(host.p + host.n - name.n, name.p, name.n) &&
	       (host.n == name.n || host.p[host.n - name.n - 1] == '.');
}

const struct referrer_host *referrer_find_host(struct slice host)
{
	struct slice stem = without_top(host);
	for (size_t i = 0; i < COUNT(referrer_hosts); i++) {
		struct slice name = referrer_hosts[i].host;
		bool any_top = name.n > 2 && name.p[name.n - 1] == '*';
		name.n -= any_top ? 2 : 0;
		if (is_below(any_top ? stem : host, name))
			return &referrer_hosts[i];
	}
	return NULL;
}
