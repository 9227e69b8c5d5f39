#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>
#include "aggregate/veil/agent.h"
#include "aggregate/veil/agent_names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *name, *agent, *browser;
	unsigned version;
	const char *os, *device, *crawler, *class; /* crawler "": a person */
} rows[] = {
    {"Chrome on Windows",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36",
     "Chrome", 124, "Windows", "desktop", "", ""},
    {"Chrome on macOS",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36",
     "Chrome", 124, "macOS", "desktop", "", ""},
    {"Chrome on Linux",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
     "Safari/537.36",
     "Chrome", 124, "Linux", "desktop", "", ""},
    {"Chrome on a phone",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
     "Mobile Safari/537.36",
     "Chrome", 124, "Android", "phone", "", ""},
    {"Chrome on a tablet",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
     "Safari/537.36",
     "Chrome", 124, "Android", "tablet", "", ""},
    {"Chrome OS",
     "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36",
     "Chrome", 124, "Chrome OS", "desktop", "", ""},
    {"Chrome on iPhone",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1",
     "Chrome", 124, "iOS", "phone", "", ""},
    {"Chrome on iPad",
     "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1",
     "Chrome", 124, "iPadOS", "tablet", "", ""},
    {"Chromium",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu "
     "Chromium/80.0.1 Chrome/80.0.1 Safari/537.36",
     "Chromium", 80, "Linux", "desktop", "", ""},
    {"Android WebView",
     "Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36",
     "Android WebView", 124, "Android", "phone", "", ""},
    {"Edge",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51",
     "Edge", 124, "Windows", "desktop", "", ""},
    {"Edge of old",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/46.0.2486.0 Safari/537.36 Edge/13.10586",
     "Edge", 13, "Windows", "desktop", "", ""},
    {"Edge on Android",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
     "Mobile Safari/537.36 EdgA/124.0.2478.50",
     "Edge", 124, "Android", "phone", "", ""},
    {"Edge on iPhone",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.0 EdgiOS/124.0.2478.50 Mobile/15E148 Safari/604.1",
     "Edge", 124, "iOS", "phone", "", ""},
    {"Firefox on Windows",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox",
     125, "Windows", "desktop", "", ""},
    {"Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
     "Firefox", 125, "Linux", "desktop", "", ""},
    {"Firefox on macOS",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:125.0) Gecko/20100101 Firefox/125.0",
     "Firefox", 125, "macOS", "desktop", "", ""},
    {"Firefox on Android", "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0",
     "Firefox", 125, "Android", "phone", "", ""},
    {"Firefox on a tablet", "Mozilla/5.0 (Android; Tablet; rv:27.0) Gecko/27.0 Firefox/27.0",
     "Firefox", 27, "Android", "tablet", "", ""},
    {"Firefox on iPhone",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) FxiOS/125.0 Mobile/15E148 Safari/605.1.15",
     "Firefox", 125, "iOS", "phone", "", ""},
    {"Firefox on FreeBSD",
     "Mozilla/5.0 (X11; FreeBSD amd64; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox", 125,
     "FreeBSD", "desktop", "", ""},
    {"Firefox on OpenBSD",
     "Mozilla/5.0 (X11; OpenBSD amd64; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox", 125,
     "OpenBSD", "desktop", "", ""},
    {"Firefox on NetBSD", "Mozilla/5.0 (X11; NetBSD amd64; rv:125.0) Gecko/20100101 Firefox/125.0",
     "Firefox", 125, "NetBSD", "desktop", "", ""},
    {"Safari on macOS",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4.1 Safari/605.1.15",
     "Safari", 17, "macOS", "desktop", "", ""},
    {"Safari on iPhone",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
     "Safari", 17, "iOS", "phone", "", ""},
    {"Safari on iPad",
     "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Mobile/15E148 Safari/604.1",
     "Safari", 17, "iPadOS", "tablet", "", ""},
    {"Safari on iPod",
     "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1",
     "Safari", 12, "iOS", "phone", "", ""},
    {"iOS WebView",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/15E148",
     "iOS WebView", 17, "iOS", "phone", "", ""},
    {"Opera",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36 OPR/109.0.0.0",
     "Opera", 109, "Windows", "desktop", "", ""},
    {"Opera 12", "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.16", "Opera", 12,
     "Windows", "desktop", "", ""},
    {"Opera that says MSIE", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; en) Opera 8.50",
     "Opera", 8, "Windows", "desktop", "", ""},
    {"Opera Mini",
     "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10",
     "Opera Mini", 7, "Feature Phone", "phone", "", ""},
    {"Opera Mini on Android",
     "Opera/9.80 (Android; Opera Mini/7.6.40234/37.7936; U; en) Presto/2.12.423 Version/12.16",
     "Opera Mini", 7, "Android", "phone", "", ""},
    {"Samsung Internet",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36",
     "Samsung Internet", 24, "Android", "phone", "", ""},
    {"Vivaldi",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36 Vivaldi/6.7.3329.17",
     "Vivaldi", 6, "Windows", "desktop", "", ""},
    {"Brave",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Brave "
     "Chrome/80.0.3987.87 Safari/537.36",
     "Brave", 80, "macOS", "desktop", "", ""},
    {"Yandex Browser",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/122.0.0.0 YaBrowser/24.4.0.0 Safari/537.36",
     "Yandex Browser", 24, "Windows", "desktop", "", ""},
    {"UC Browser",
     "Mozilla/5.0 (Linux; U; Android 9; en-US; RMX1911) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Version/4.0 Chrome/78.0.3904.108 UCBrowser/13.4.0.1306 Mobile Safari/537.36",
     "UC Browser", 13, "Android", "phone", "", ""},
    {"DuckDuckGo",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.4 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
     "DuckDuckGo", 7, "iOS", "phone", "", ""},
    {"DuckDuckGo on macOS",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Safari/605.1.15 Ddg/17.4",
     "DuckDuckGo", 17, "macOS", "desktop", "", ""},
    {"Explorer 11", "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
     "Internet Explorer", 11, "Windows", "desktop", "", ""},
    {"Explorer 9", "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)",
     "Internet Explorer", 9, "Windows", "desktop", "", ""},
    {"compatibility view", "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/4.0; SLCC2)",
     "Internet Explorer", 8, "Windows", "desktop", "", ""},
    {"Explorer 6", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", "Internet Explorer",
     6, "Windows", "desktop", "", ""},
    {"Explorer without a blank", "Mozilla/4.0 (compatible; MSIE8.0; Windows NT 6.0)",
     "Internet Explorer", 8, "Windows", "desktop", "", ""},
    {"Windows Phone",
     "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 650) AppleWebKit/537.36 "
     "(KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063",
     "Edge", 15, "Windows Phone", "phone", "", ""},
    {"Facebook on iPhone",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/457.0.0.0;FBBV/580000000;FBDV/iPhone14,5]",
     "Facebook", 0, "iOS", "phone", "", ""},
    {"Facebook on Android",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
     "Chrome/124.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/457.0.0.0;]",
     "Facebook", 457, "Android", "phone", "", ""},
    {"Instagram",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/15E148 Instagram 327.0.0.0.1 (iPhone14,5; iOS 17_4)",
     "Instagram", 327, "iOS", "phone", "", ""},
    {"Google app",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) GSA/312.0.6 Mobile/15E148 Safari/604.1",
     "Google App", 312, "iOS", "phone", "", ""},
    {"TikTok",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0 "
     "Mobile Safari/537.36 trill_2023 BytedanceWebview/d8a21c6",
     "TikTok", 0, "Android", "phone", "", ""},
    {"WeChat",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
     "Chrome/116.0.0.0 XWEB/1160117 Mobile Safari/537.36 MicroMessenger/8.0.49",
     "WeChat", 8, "Android", "phone", "", ""},
    {"Twitter",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/15E148 Twitter for iPhone/10.3",
     "Twitter", 0, "iOS", "phone", "", ""},
    {"Pinterest app",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/15E148 [Pinterest/iOS]",
     "Pinterest", 0, "iOS", "phone", "", ""},
    {"Android Browser",
     "Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; Galaxy S II Build/GRJ22) AppleWebKit/534.30 "
     "(KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
     "Android Browser", 4, "Android", "phone", "", ""},
    {"QQ Browser",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
     "Chrome/89.0 MQQBrowser/14.0 Mobile Safari/537.36",
     "QQ Browser", 14, "Android", "phone", "", ""},
    {"MIUI",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
     "Chrome/100.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.9.1-gn",
     "MIUI Browser", 14, "Android", "phone", "", ""},
    {"Huawei",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 "
     "Mobile Safari/537.36 HuaweiBrowser/14.0.2.302",
     "Huawei Browser", 14, "Android", "phone", "", ""},
    {"Silk",
     "Mozilla/5.0 (Linux; Android 9; KFMUWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.5.1 "
     "like Chrome/120.0 Safari/537.36",
     "Silk", 120, "Android", "tablet", "", ""},
    {"SeaMonkey",
     "Mozilla/5.0 (X11; Linux x86_64; rv:91.0) Gecko/20100101 Firefox/91.0 SeaMonkey/2.53.18",
     "SeaMonkey", 2, "Linux", "desktop", "", ""},
    {"Pale Moon",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:102.0) Goanna/6.6 Firefox/102.0 PaleMoon/33.0.2",
     "Pale Moon", 33, "Windows", "desktop", "", ""},
    {"Waterfox",
     "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:43.0) Gecko/20100101 Firefox/43.0.4 "
     "Waterfox/43.0.4",
     "Waterfox", 43, "Windows", "desktop", "", ""},
    {"Konqueror",
     "Mozilla/5.0 (compatible; Konqueror/4.5; NetBSD 5.0.2; X11; amd64; en_US) KHTML/4.5.4 (like "
     "Gecko)",
     "Konqueror", 4, "NetBSD", "desktop", "", ""},
    {"Epiphany",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 "
     "Safari/605.1.15 Epiphany/605.1.15",
     "Epiphany", 605, "Linux", "desktop", "", ""},
    {"Lynx", "Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.1.1d", "Lynx", 2, "(unknown)",
     "(unknown)", "", ""},
    {"w3m", "w3m/0.5.3+git20230121", "w3m", 0, "(unknown)", "(unknown)", "", ""},
    {"Links", "Links (2.29; Linux 6.1.0 x86_64; GNU C 12.2; text)", "Links", 2, "Linux", "desktop",
     "", ""},
    {"ELinks", "ELinks/0.13.1 (textmode; Linux 5.10 x86_64; 190x44-2)", "ELinks", 0, "Linux",
     "desktop", "", ""},
    {"PlayStation 5",
     "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/13.0 Safari/605.1.15",
     "PlayStation Browser", 0, "PlayStation", "console", "", ""},
    {"Xbox",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0",
     "Edge", 124, "Xbox", "console", "", ""},
    {"Nintendo",
     "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4 (KHTML, like Gecko) "
     "NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474",
     "Nintendo Browser", 5, "Nintendo", "console", "", ""},
    {"LG television",
     "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
     "webOS Browser", 0, "webOS TV", "tv", "", ""},
    {"Samsung television",
     "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "76.0.3809.146/6.0 TV Safari/537.36",
     "Safari", 0, "Tizen", "tv", "", ""},
    {"Android television",
     "Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/120.0.0.0 Safari/537.36",
     "Chrome", 120, "Android", "tv", "", ""},
    {"watch",
     "Mozilla/5.0 (Linux; Android 11; SM-R870) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/20.0 Chrome/106.0 Mobile Safari/537.36",
     "Samsung Internet", 20, "Android", "watch", "", ""},
    {"KaiOS", "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
     "KaiOS Browser", 2, "KaiOS", "phone", "", ""},
    {"BlackBerry 10",
     "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile "
     "Safari/537.10+",
     "BlackBerry Browser", 0, "BlackBerry", "phone", "", ""},
    {"Symbian",
     "Mozilla/5.0 (SymbianOS/9.3; Series60/3.2 NokiaE52-1/052.003; Profile/MIDP-2.1) "
     "AppleWebKit/525 (KHTML, like Gecko) Version/3.0 BrowserNG/7.2",
     "Nokia Browser", 7, "Symbian", "phone", "", ""},
    {"feature phone",
     "SAMSUNG-GT-E2232/1.0 Openwave/6.2.3 Profile/MIDP-2.0 Configuration/CLDC-1.1 "
     "UP.Browser/6.2.3.3.c.1.101 (GUI) MMP/2.0",
     "Phone Browser", 6, "Feature Phone", "phone", "", ""},
    {"Cubot is a telephone",
     "Mozilla/5.0 (Linux; Android 11; CUBOT KINGKONG 5) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/110.0.0.0 Mobile Safari/537.36",
     "Chrome", 110, "Android", "phone", "", ""},
    {"Haiku",
     "Mozilla/5.0 (Haiku x86_64) AppleWebKit/620 (KHTML, like Gecko) Version/12.1.2 Safari/620",
     "Safari", 12, "Haiku", "desktop", "", ""},
    {"Solaris", "Mozilla/5.0 (X11; SunOS sun4u; rv:45.0) Gecko/20100101 Firefox/45.0", "Firefox",
     45, "Solaris", "desktop", "", ""},
    {"HarmonyOS",
     "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 "
     "Safari/537.36 ArkWeb/4.1.6.1 Mobile",
     "Chrome", 114, "HarmonyOS", "phone", "", ""},
    {"version that is none",
     "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/99999999999999999999 Safari/537.36",
     "Chrome", 0, "Windows", "desktop", "", ""},
    {"unknown browser, known system", "Mozilla/4.79 [en] (Windows NT 5.0; U)", "(unknown)", 0,
     "Windows", "desktop", "", ""},
    {"old plug-in with an address",
     "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1; http://bsalsa.com)",
     "Internet Explorer", 6, "Windows", "desktop", "", ""},
    {"Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Googlebot", "search"},
    {"Googlebot as a telephone",
     "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/124.0.6367.78 Mobile Safari/537.36 (compatible; Googlebot/2.1; "
     "+http://www.google.com/bot.html)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Googlebot", "search"},
    {"Googlebot-Image", "Googlebot-Image/1.0", "(unknown)", 0, "(unknown)", "(unknown)",
     "Googlebot-Image", "search"},
    {"bingbot",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; "
     "+http://www.bing.com/bingbot.htm) Chrome/116.0 Safari/537.36",
     "(unknown)", 0, "(unknown)", "(unknown)", "bingbot", "search"},
    {"YandexBot", "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "(unknown)",
     0, "(unknown)", "(unknown)", "YandexBot", "search"},
    {"Baiduspider",
     "Mozilla/5.0 (compatible; Baiduspider-render/2.0; +http://www.baidu.com/search/spider.html)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Baiduspider", "search"},
    {"DuckDuckBot", "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", "(unknown)", 0,
     "(unknown)", "(unknown)", "DuckDuckBot", "search"},
    {"Applebot",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Applebot", "search"},
    {"Yahoo", "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Yahoo! Slurp", "search"},
    {"Seznam",
     "Mozilla/5.0 (compatible; SeznamBot/4.0; "
     "+https://o-seznam.cz/napoveda/vyhledavani/en/seznambot-crawler/)",
     "(unknown)", 0, "(unknown)", "(unknown)", "SeznamBot", "search"},
    {"Sogou", "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Sogou Spider", "search"},
    {"PetalBot",
     "Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile "
     "Safari/537.36 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
     "(unknown)", 0, "(unknown)", "(unknown)", "PetalBot", "search"},
    {"GPTBot",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
     "+https://openai.com/gptbot)",
     "(unknown)", 0, "(unknown)", "(unknown)", "GPTBot", "ai"},
    {"ChatGPT-User",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; "
     "+https://openai.com/bot",
     "(unknown)", 0, "(unknown)", "(unknown)", "ChatGPT-User", "ai"},
    {"OAI-SearchBot", "Mozilla/5.0 (compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)",
     "(unknown)", 0, "(unknown)", "(unknown)", "OAI-SearchBot", "ai"},
    {"ClaudeBot",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; "
     "+claudebot@anthropic.com)",
     "(unknown)", 0, "(unknown)", "(unknown)", "ClaudeBot", "ai"},
    {"Claude-User",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Claude-User/1.0; "
     "+Claude-User@anthropic.com)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Claude-User", "ai"},
    {"Claude-SearchBot", "Mozilla/5.0 (compatible; Claude-SearchBot/1.0)", "(unknown)", 0,
     "(unknown)", "(unknown)", "Claude-SearchBot", "ai"},
    {"CCBot", "CCBot/2.0 (https://commoncrawl.org/faq/)", "(unknown)", 0, "(unknown)", "(unknown)",
     "CCBot", "ai"},
    {"PerplexityBot",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; "
     "+https://perplexity.ai/perplexitybot)",
     "(unknown)", 0, "(unknown)", "(unknown)", "PerplexityBot", "ai"},
    {"Perplexity-User",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Perplexity-User", "ai"},
    {"Bytespider",
     "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
     "(compatible; Bytespider; spider-feedback@bytedance.com)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Bytespider", "ai"},
    {"Amazonbot",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/600.2.5 (KHTML, like Gecko) "
     "Version/8.0.2 Safari/600.2.5 (Amazonbot/0.1; "
     "+https://developer.amazon.com/support/amazonbot)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Amazonbot", "ai"},
    {"Meta-ExternalAgent",
     "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Meta-ExternalAgent", "ai"},
    {"GoogleOther", "GoogleOther", "(unknown)", 0, "(unknown)", "(unknown)", "GoogleOther", "ai"},
    {"Applebot-Extended", "Mozilla/5.0 (compatible; Applebot-Extended/0.1)", "(unknown)", 0,
     "(unknown)", "(unknown)", "Applebot-Extended", "ai"},
    {"Diffbot",
     "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.9.1.2) Gecko/20090729 Firefox/3.5.2 "
     "(.NET CLR 3.5.30729; Diffbot/0.1)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Diffbot", "ai"},
    {"AI2Bot", "Mozilla/5.0 (compatible) AI2Bot (+https://www.allenai.org/crawler)", "(unknown)", 0,
     "(unknown)", "(unknown)", "AI2Bot", "ai"},
    {"AhrefsBot", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "(unknown)",
     0, "(unknown)", "(unknown)", "AhrefsBot", "seo"},
    {"SemrushBot", "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
     "(unknown)", 0, "(unknown)", "(unknown)", "SemrushBot", "seo"},
    {"MJ12bot", "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)", "(unknown)", 0,
     "(unknown)", "(unknown)", "MJ12bot", "seo"},
    {"DotBot",
     "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)",
     "(unknown)", 0, "(unknown)", "(unknown)", "DotBot", "seo"},
    {"facebookexternalhit",
     "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "(unknown)", 0,
     "(unknown)", "(unknown)", "facebookexternalhit", "social"},
    {"Twitterbot", "Twitterbot/1.0", "(unknown)", 0, "(unknown)", "(unknown)", "Twitterbot",
     "social"},
    {"Telegram", "TelegramBot (like TwitterBot)", "(unknown)", 0, "(unknown)", "(unknown)",
     "TelegramBot", "social"},
    {"WhatsApp", "WhatsApp/2.24.8.85 A", "(unknown)", 0, "(unknown)", "(unknown)", "WhatsApp",
     "social"},
    {"LinkedIn",
     "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
     "(unknown)", 0, "(unknown)", "(unknown)", "LinkedInBot", "social"},
    {"Pinterest bot", "Pinterest/0.2 (+http://www.pinterest.com/)", "(unknown)", 0, "(unknown)",
     "(unknown)", "Pinterestbot", "social"},
    {"Mastodon", "http.rb/5.1.1 (Mastodon/4.2.8; +https://example.social/)", "(unknown)", 0,
     "(unknown)", "(unknown)", "Mastodon", "social"},
    {"UptimeRobot", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
     "(unknown)", 0, "(unknown)", "(unknown)", "UptimeRobot", "monitor"},
    {"Pingdom", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "(unknown)", 0,
     "(unknown)", "(unknown)", "Pingdom", "monitor"},
    {"load balancer", "ELB-HealthChecker/2.0", "(unknown)", 0, "(unknown)", "(unknown)",
     "ELB-HealthChecker", "monitor"},
    {"Feedly", "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Feedly", "feed"},
    {"Feedfetcher",
     "Feedfetcher-Google; (+http://www.google.com/feedfetcher.html; 22 subscribers; feed-id=1)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Feedfetcher-Google", "feed"},
    {"Tiny Tiny RSS", "Tiny Tiny RSS/1.11 (http://tt-rss.org/)", "(unknown)", 0, "(unknown)",
     "(unknown)", "Tiny Tiny RSS", "feed"},
    {"curl", "curl/8.5.0", "(unknown)", 0, "(unknown)", "(unknown)", "curl", "tool"},
    {"Wget", "Wget/1.21.3", "(unknown)", 0, "(unknown)", "(unknown)", "Wget", "tool"},
    {"requests", "python-requests/2.31.0", "(unknown)", 0, "(unknown)", "(unknown)",
     "python-requests", "tool"},
    {"aiohttp", "Python/3.11 aiohttp/3.9.3", "(unknown)", 0, "(unknown)", "(unknown)", "aiohttp",
     "tool"},
    {"httpx", "python-httpx/0.27.0", "(unknown)", 0, "(unknown)", "(unknown)", "python-httpx",
     "tool"},
    {"Go", "Go-http-client/2.0", "(unknown)", 0, "(unknown)", "(unknown)", "Go-http-client",
     "tool"},
    {"Java", "Java/1.8.0_402", "(unknown)", 0, "(unknown)", "(unknown)", "Java", "tool"},
    {"okhttp", "okhttp/4.12.0", "(unknown)", 0, "(unknown)", "(unknown)", "okhttp", "tool"},
    {"axios", "axios/1.6.8", "(unknown)", 0, "(unknown)", "(unknown)", "axios", "tool"},
    {"node-fetch", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "(unknown)", 0,
     "(unknown)", "(unknown)", "node-fetch", "tool"},
    {"libwww-perl", "libwww-perl/6.72", "(unknown)", 0, "(unknown)", "(unknown)", "libwww-perl",
     "tool"},
    {"Scrapy", "Scrapy/2.11.1 (+https://scrapy.org)", "(unknown)", 0, "(unknown)", "(unknown)",
     "Scrapy", "tool"},
    {"HeadlessChrome",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "HeadlessChrome/124.0.0.0 Safari/537.36",
     "(unknown)", 0, "(unknown)", "(unknown)", "HeadlessChrome", "tool"},
    {"PhantomJS",
     "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/534.34 (KHTML, like Gecko) PhantomJS/1.9.2 "
     "Safari/534.34",
     "(unknown)", 0, "(unknown)", "(unknown)", "PhantomJS", "tool"},
    {"Android app", "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A)", "(unknown)", 0,
     "(unknown)", "(unknown)", "Dalvik", "tool"},
    {"Apple app", "ExampleApp/12 CFNetwork/1494.0.7 Darwin/23.4.0", "(unknown)", 0, "(unknown)",
     "(unknown)", "CFNetwork", "tool"},
    {"WordPress", "WordPress/6.5; https://example.org", "(unknown)", 0, "(unknown)", "(unknown)",
     "WordPress", "tool"},
    {"sqlmap", "sqlmap/1.8.4#stable (https://sqlmap.org)", "(unknown)", 0, "(unknown)", "(unknown)",
     "sqlmap", "scanner"},
    {"Nikto", "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:000001)", "(unknown)", 0,
     "(unknown)", "(unknown)", "Nikto", "scanner"},
    {"Nmap", "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
     "(unknown)", 0, "(unknown)", "(unknown)", "Nmap Scripting Engine", "scanner"},
    {"zgrab", "Mozilla/5.0 zgrab/0.x", "(unknown)", 0, "(unknown)", "(unknown)", "zgrab",
     "scanner"},
    {"Censys", "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)",
     "(unknown)", 0, "(unknown)", "(unknown)", "CensysInspect", "scanner"},
    {"Expanse", "Expanse, a Palo Alto Networks company, searches across the global IPv4 space",
     "(unknown)", 0, "(unknown)", "(unknown)", "Expanse", "scanner"},
    {"WPScan", "WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)", "(unknown)", 0,
     "(unknown)", "(unknown)", "WPScan", "scanner"},
    {"masscan", "masscan/1.3 (https://github.com/robertdavidgraham/masscan)", "(unknown)", 0,
     "(unknown)", "(unknown)", "masscan", "scanner"},
    {"archive.org",
     "Mozilla/5.0 (compatible; archive.org_bot +http://www.archive.org/details/archive.org_bot)",
     "(unknown)", 0, "(unknown)", "(unknown)", "archive.org_bot", "archive"},
    {"no agent", "", "(unknown)", 0, "(unknown)", "(unknown)", "(no agent)", "tool"},
    {"dash", "-", "(unknown)", 0, "(unknown)", "(unknown)", "(no agent)", "tool"},
    {"blanks", "  ", "(unknown)", 0, "(unknown)", "(unknown)", "(no agent)", "tool"},
    {"unlisted bot", "Mozilla/5.0 (compatible; ExampleBot/1.0)", "(unknown)", 0, "(unknown)",
     "(unknown)", "(other bot)", "other"},
    {"unlisted crawler", "SimpleCrawler/0.1", "(unknown)", 0, "(unknown)", "(unknown)",
     "(other bot)", "other"},
    {"unlisted spider with a browser",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 "
     "Safari/537.36 web_spider2",
     "(unknown)", 0, "(unknown)", "(unknown)", "(other bot)", "other"},
    {"address with a plus",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 "
     "Safari/537.36 (+https://example.org/about)",
     "(unknown)", 0, "(unknown)", "(unknown)", "(other bot)", "other"},
    {"mail address", "Example/1.0 (ops@example.org)", "(unknown)", 0, "(unknown)", "(unknown)",
     "(other bot)", "other"},
    {"bare Mozilla", "Mozilla/5.0", "(unknown)", 0, "(unknown)", "(unknown)", "(other tool)",
     "tool"},
    {"proxy", "Mozilla/4.0 (compatible;)", "(unknown)", 0, "(unknown)", "(unknown)", "(other tool)",
     "tool"},
    {"nothing known", "voltron", "(unknown)", 0, "(unknown)", "(unknown)", "(other tool)", "tool"},
    {"attack", "}__test|O:21:", "(unknown)", 0, "(unknown)", "(unknown)", "(other tool)", "tool"},
    {"engine alone", "gecko", "(unknown)", 0, "(unknown)", "(unknown)", "(other tool)", "tool"},
};

static void expect_field(const char *row, const char *field, const char *want, const char *got)
{
	cr_expect(strcmp(want, got) == 0, "%s: %s is \"%s\", expected \"%s\"", row, field, got,
		  want);
}

Test(agent, known_agents)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct agent agent;
		const char *row = rows[i].name;
		agent_classify(slice_from(rows[i].agent), &agent);
		const char *class = agent_crawler_class_name(agent.crawler_class);
		expect_field(row, "crawler", rows[i].crawler,
			     agent.crawler ? agent_crawler_name(agent.crawler) : "");
		expect_field(row, "class", rows[i].class, agent.crawler ? class : "");
		expect_field(row, "browser", rows[i].browser, agent_browser_name(agent.browser));
		expect_field(row, "system", rows[i].os, agent_os_name(agent.os));
		expect_field(row, "device", rows[i].device, agent_device_name(agent.device));
		cr_expect(agent.version == rows[i].version, "%s: version %u", row, agent.version);
	}
}

static void expect_words(const struct agent_row *row, size_t n)
{
	cr_expect(row[0].name != NULL, "a list begins without a name");
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(row[i].word);
		if (length && row[i].word[length - 1] == '*')
			length--;
		cr_expect(length >= 3, "\"%s\" is too short", row[i].word);
		for (size_t k = 0; k < length; k++)
			cr_expect(row[i].word[k] == slice_lower(row[i].word[k]) &&
				      row[i].word[k] != '*',
				  "\"%s\" is not a word in lower case", row[i].word);
	}
}

Test(agent, words_can_match)
{
	expect_words(agent_browser_rows, agent_browser_rows_n);
	expect_words(agent_system_rows, agent_system_rows_n);
	for (size_t g = 0; g < agent_groups_n; g++)
		expect_words(agent_groups[g].row, agent_groups[g].n);
}

static void expect_unique(const char *(*name_of)(unsigned), unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		cr_assert(name_of(i) && name_of(i)[0]);
		for (unsigned k = 0; k < i; k++)
			cr_expect(strcmp(name_of(i), name_of(k)) != 0, "two are called %s",
				  name_of(i));
	}
	cr_expect_str_eq(name_of(0), "(unknown)");
	cr_expect_str_eq(name_of(n), "(unknown)");
}

Test(agent, names_are_unique)
{
	expect_unique(agent_browser_name, agent_browsers());
	expect_unique(agent_os_name, agent_systems());
	expect_unique(agent_crawler_name, agent_crawlers());
	cr_expect(agent_browsers() <= 256 && agent_systems() <= 256);
	cr_expect(agent_crawlers() > 250, "%u crawlers", agent_crawlers());
}

/* An agent that is one word of the crawler lists and nothing else is on those lists. */
Test(agent, every_crawler_is_found)
{
	for (size_t g = 0; g < agent_groups_n; g++) {
		for (size_t i = 0; i < agent_groups[g].n; i++) {
			char text[64];
			struct agent agent;
			const char *word = agent_groups[g].row[i].word;
			int n = (int)strcspn(word, "*");
			snprintf(text, sizeof(text), "%.*s%s", n, word,
				 word[n - 1] == '/' ? "1.0" : "");
			agent_classify(slice_from(text), &agent);
			cr_expect(agent.crawler >= AGENT_CRAWLERS_FIXED || agent_groups[g].weak,
				  "\"%s\" is %s", text, agent_crawler_name(agent.crawler));
			cr_expect(agent.crawler != 0, "\"%s\" is no crawler", text);
		}
	}
}

static size_t random_agent(uint64_t *state, char *text, size_t size)
{
	static const char *const pieces[] = {
	    "Mozilla/5.0 (", "compatible; ", "bot",	 "Chrome/",
	    "9999999",	     "120.0 ",	     "Version/", "Android ",
	    "http://",	     "+https://",    "\xff",	 "like ",
	    "Trident/7",     "iPhone",	     "; ",	 ") ",
	    "Opera/9.80",    "crawl",	     "@"};
	size_t n = 0;
	for (unsigned count = 0; count < 200 && n < size - 64; count++) {
		*state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
		const char *piece = pieces[*state % COUNT(pieces)];
		size_t length = strlen(piece);
		memcpy(text + n, piece, length);
		n += length;
		if (*state >> 40 & 1)
			text[n++] = (char)(*state >> 32);
	}
	return *state % (n + 1);
}

Test(agent, random_agents_stay_within_the_lists)
{
	uint64_t seed = (uint64_t)time(NULL) | 1, state = seed;
	char text[2048];
	printf("agent: seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 50000; round++) {
		struct agent agent;
		agent_classify(slice_make(text, random_agent(&state, text, sizeof(text))), &agent);
		cr_assert(agent.browser < agent_browsers() && agent.os < agent_systems() &&
			      agent.device < DEVICE__COUNT && agent.crawler < agent_crawlers() &&
			      agent.crawler_class < CRAWLER__COUNT && agent.version <= 999 &&
			      (agent.crawler == 0) == (agent.crawler_class == CRAWLER_NONE),
			  "seed %llu, round %d", (unsigned long long)seed, round);
	}
}
