#!/bin/sh
# Writes the demo log, tests/data/demo.log, to standard output: one week (6 to 12 October 2025, UTC) of a small
# pottery shop with a blog, in combined format. Everything in it is invented; addresses are those set aside for
# documentation (RFC 5737, RFC 3849). Same bytes from any awk: the random numbers are our own.
#
# In the order of writing, which is by the end of each request while the stamp is its begin: that is why some lines
# are older than the line before them, as in real Apache logs.
set -eu
LC_ALL=C awk '
# Lehmer, 48271 mod 2^31-1: every product fits a double exactly.
function random(n) { seed = (seed * 48271) % 2147483647; return int(seed / 2147483647 * n) }
function chance(percent) { return random(100) < percent }
function pick(list, parts, n) { n = split(list, parts, "|"); return parts[1 + random(n)] }
# "weight text|weight text": one of the texts
function weighted(list, parts, n, i, sum, at) {
	n = split(list, parts, "|")
	for (i = 1; i <= n; i++) sum += parts[i] + 0
	at = random(sum)
	for (i = 1; i <= n; i++) {
		at -= parts[i] + 0
		if (at < 0) return substr(parts[i], index(parts[i], " ") + 1)
	}
}
function hex(n) { return sprintf("%x", 4096 + random(60000)) }
function stamp(t, day, s) {
	day = int(t / 86400); s = t % 86400
	return sprintf("%02d/Oct/2025:%02d:%02d:%02d +0000", 6 + day, int(s / 3600), int(s / 60) % 60, s % 60)
}
# One line; t in seconds from Monday 00:00, took in seconds until it is written.
function emit(t, took, client, user, request, status, bytes, referrer, agent) {
	if (t < 0 || t >= 7 * 86400) return
	printf "%d|%s - %s [%s] \"%s\" %s %s \"%s\" \"%s\"\n", t + took, client, user, stamp(t), request, status, bytes, referrer, agent
}
# When people are awake: few at night, a lunch and an evening peak, less on working mornings.
function moment(day, hour) {
	hour = weighted("1 0|1 1|1 2|1 3|1 4|2 5|4 6|7 7|9 8|9 9|9 10|11 11|14 12|11 13|9 14|9 15|10 16|12 17|14 18|18 19|20 20|16 21|9 22|4 23")
	return day * 86400 + hour * 3600 + random(3600)
}

function client4() { return pick("192.0.2.|198.51.100.|203.0.113.") (10 + random(190)) }
# A household: a /48 of its own, the interface part changes from day to day.
function client6(home) { return sprintf("2001:db8:%x:1:", 4096 + home * 7) }

function make_people(i) {
	for (i = 0; i < people; i++) {
		v6[i] = chance(22)
		address[i] = v6[i] ? client6(i) : client4()
		mobile[i] = chance(25) ? client4() : address[i]
		agent[i] = weighted(agents)
		kind[i] = chance(30) ? "reader" : chance(70) ? "shopper" : "both"
		zeal[i] = 1 + random(3)
		seen[i] = 0
	}
}

function size_of(page) { return 6200 + length(page) * 311 + length(page) % 7 * 1207 }

function assets(t, client, page, agent, again, referrer) {
	referrer = origin page
	status = again ? 304 : 200
	emit(t, 0, client, "-", "GET /assets/site.css HTTP/2.0", status, again ? "-" : 18233, referrer, agent)
	if (chance(85)) emit(t, 0, client, "-", "GET /assets/shop.js HTTP/2.0", status, again ? "-" : 40981, referrer, agent)
	if (chance(40)) emit(t, 1, client, "-", "GET /assets/fonts/plex.woff2 HTTP/2.0", status, again ? "-" : 61044, referrer, agent)
	if (!again && chance(35)) emit(t + 1, 0, client, "-", "GET /favicon.ico HTTP/2.0", 200, 1406, referrer, agent)
}

function view(t, client, who, page, referrer, status) {
	status = page in missing ? 404 : 200
	emit(t, chance(6) ? 2 + random(9) : 0, client, "-", "GET " page " HTTP/2.0", status, status == 404 ? 3120 : size_of(page) + random(90), referrer, agent[who])
	if (page ~ /^\/shop\/[a-z]+\/[a-z]/ && status == 200 && chance(60))
		emit(t + 1, 0, client, "-", "GET /images/" substr(page, 7) ".webp HTTP/2.0", 200, 48000 + length(page) * 913, origin page, agent[who])
	return origin page
}

# Where one goes from here.
function onward(page, who) {
	if (page == "/" || page ~ /^\/sale/) return kind[who] == "reader" ? pick("/blog/|/about|" blog) : pick("/shop/|/shop/mugs/|/shop/bowls/|" goods)
	if (page ~ /^\/blog\/./) return chance(45) ? pick(blog) : pick("/|/blog/|/shop/|/shop/mugs/|/about")
	if (page == "/blog/") return pick(blog)
	if (page == "/shop/") return pick("/shop/mugs/|/shop/bowls/|/shop/vases/|" goods)
	if (page ~ /^\/shop\/[a-z]+\/$/) return pick(goods)
	if (page ~ /^\/shop\//) return chance(50) ? pick(goods) : pick("/shop/|/shop/mugs/|/shipping|/cart|/reviews")
	return pick("/|/shop/|/blog/|/contact|/about")
}

function visit(who, t, client, page, referrer, steps, bought, i, order, name) {
	client = chance(30) ? mobile[who] : address[who]
	if (client ~ /:$/) client = client hex() ":" hex() ":" hex() ":" hex()
	source = weighted("34 search|26 direct|11 social|13 campaign|9 site|7 own")
	page = kind[who] == "reader" ? pick(blog "|/blog/") : weighted("30 /|20 /shop/|12 /shop/mugs/|38 x")
	if (page == "x") page = pick(goods)
	referrer = "-"
	if (source == "search") referrer = weighted("60 https://www.google.com/|20 https://duckduckgo.com/|12 https://www.bing.com/|8 https://www.ecosia.org/")
	if (source == "social") referrer = pick("https://mastodon.example/|https://www.facebook.com/|https://news.ycombinator.com/item?id=4" random(900000))
	if (source == "site") referrer = pick("https://crafts-weekly.example/issue/41|https://kitchen-notes.example/2025/my-favourite-mugs|https://forum.ceramics.example/t/glazes/" (2000 + random(700)))
	if (source == "campaign") {
		page = weighted("50 /sale/?utm_source=newsletter&utm_medium=email&utm_campaign=autumn|25 /sale/?utm_source=instagram&utm_medium=social&utm_campaign=autumn|25 /shop/mugs/?utm_source=crafts-weekly&utm_medium=banner&utm_campaign=mugs")
		# Mail software adds what names the reader.
		if (page ~ /newsletter/ && chance(50)) page = page "&subscriber=" pick(names) "%40mail.example"
	}
	referrer = view(t, client, who, page, referrer)
	sub(/\?.*/, "", page)
	assets(t + 1, client, page, agent[who], seen[who]++)
	steps = random(2 + zeal[who] * 2)
	for (i = 0; i < steps; i++) {
		t += 8 + random(chance(5) ? 3000 : 160)
		if (chance(3)) page = pick("/search?q=" pick("blue+mug|gift+for+my+sister|teapot|large+bowl+stoneware"))
		else if (chance(2)) page = "/users/" pick(names)
		else if (chance(2)) page = pick("/shop/plates/moon|/blog/autumn-market|/jobs")
		else page = onward(page, who)
		referrer = view(t, client, who, page, referrer)
		sub(/\?.*/, "", page)
		if (page ~ /^\/shop\/[a-z]+\/./ && chance(22)) {
			t += 5 + random(40)
			emit(t, 0, client, "-", "POST /cart/add HTTP/2.0", 303, 0, referrer, agent[who])
			referrer = view(t + 1, client, who, "/cart", referrer)
			t += 10 + random(60)
			page = "/cart"
			if (chance(55)) {
				referrer = view(t, client, who, "/checkout", referrer)
				t += 40 + random(200)
				order = 18 + random(90)
				emit(t, 1, client, "-", sprintf("POST /checkout/complete?total=%d.%d0&order=KK-%06d HTTP/2.0", order, random(10), 310000 + random(90000)), 303, 0, origin "/checkout", agent[who])
				view(t + 1, client, who, "/checkout/thank-you", origin "/checkout")
				return
			}
		}
	}
	name = pick(names)
	if (chance(3)) emit(t + 30, 0, client, "-", "GET /newsletter/unsubscribe/" name "@mail.example HTTP/2.0", 200, 2210, "-", agent[who])
	if (chance(3)) emit(t + 40, 0, client, "-", "GET /account/orders/" (41000 + random(900)) " HTTP/2.0", chance(60) ? 200 : 302, 5140, referrer, agent[who])
	if (chance(2)) emit(t + 50, 0, client, "-", "GET /password/reset?token=" hex() hex() hex() hex() " HTTP/2.0", 200, 4012, "-", agent[who])
}

# Trade customers sign in over HTTP authentication; their names are in the log.
function trade(day, i, t, client, ua) {
	for (i = 0; i < 9; i++) {
		if (day > 4 || !chance(55)) continue
		t = day * 86400 + (8 + random(8)) * 3600 + random(3600)
		client = "198.51.100." (210 + i); ua = agent[i]
		emit(t, 0, client, "-", "GET /trade/ HTTP/2.0", 401, 512, "-", ua)
		emit(t + 2, 0, client, trader[i + 1], "GET /trade/ HTTP/2.0", 200, 9120, "-", ua)
		emit(t + 30, 0, client, trader[i + 1], "GET /trade/prices HTTP/2.0", 200, 30544, origin "/trade/", ua)
		if (chance(40)) emit(t + 190, 3, client, trader[i + 1], "POST /trade/order HTTP/2.0", 303, 0, origin "/trade/prices", ua)
	}
}

function crawl(day, i, n, t, page) {
	for (i = 0; i < 26; i++)
		emit(day * 86400 + random(86400), 0, "192.0.2." (220 + random(6)), "-", "GET " (i ? pick("/|/shop/|/blog/|/sitemap.xml|" goods "|" blog) : "/robots.txt") " HTTP/1.1", weighted("80 200|14 304|6 404"), 7000 + random(9000), "-", weighted("40 Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)|20 Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)|16 Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)|10 facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"))
	for (i = 0; i < 14; i++)
		emit(day * 86400 + random(86400), 0, "2001:db8:a1:" random(4) "::" hex(), "-", "GET " pick("/robots.txt|/|" goods "|" blog) " HTTP/1.1", 200, 7000 + random(9000), "-", weighted("40 Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)|35 Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)|15 CCBot/2.0 (https://commoncrawl.org/faq/)|10 Mozilla/5.0 (compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)"))
	for (t = 900 + random(600); t < 86400; t += 7200)
		emit(day * 86400 + t, 0, "203.0.113.240", "-", "GET /blog/feed.xml HTTP/1.1", chance(20) ? 200 : 304, chance(20) ? 22810 : "-", "-", "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 31 subscribers)")
	for (t = 60 + random(60); t < 86400; t += 10800)
		emit(day * 86400 + t, 0, "203.0.113.250", "-", "HEAD / HTTP/1.1", 200, "-", "-", "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)")
	for (i = 0; i < 3; i++)
		emit(day * 86400 + random(86400), 0, client4(), "-", "GET / HTTP/1.1", 200, size_of("/"), "-", pick("curl/8.5.0|python-requests/2.32.3|Go-http-client/1.1|Wget/1.21.3"))
}

function scan(day, t, client, i, n, probe) {
	t = day * 86400 + random(80000); client = pick("192.0.2.|203.0.113.") (201 + random(9))
	n = split("/wp-login.php|/.env|/.git/config|/xmlrpc.php|/wp-admin/setup-config.php|/phpmyadmin/index.php|/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php|/cgi-bin/../../../../etc/passwd|/backup.sql|/server-status", probe, "|")
	for (i = 1; i <= n; i++)
		emit(t += random(3), 0, client, "-", (probe[i] ~ /xmlrpc/ ? "POST " : "GET ") probe[i] " HTTP/1.1", probe[i] ~ /\.\./ ? 400 : 404, 3120, "-", pick("Mozilla/5.0 zgrab/0.x|Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/78.0.3904.108 Safari/537.36"))
	if (day % 3 == 1)
		for (i = 0; i < 6; i++)
			emit(t += 1, 0, client, "-", "GET /search?q=1%27%20UNION%20SELECT%20" i "%2Cnull--%20- HTTP/1.1", 403, 940, "-", "sqlmap/1.8#stable (https://sqlmap.org)")
	# What is no request at all: time-outs and TLS on the plain port.
	emit(day * 86400 + random(86400), 20, client4(), "-", "-", 408, "-", "-", "-")
	emit(day * 86400 + random(86400), 0, client, "-", "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03", 400, 226, "-", "-")
}

BEGIN {
	seed = 20251006
	people = 230
	origin = "https://kiln.example"
	names = "mara.lindqvist|jonas-weber|priya_raman|tomas.oconnor|aiko.tanaka|sofia.marchetti|lena.hoffmann|david.okafor"
	split("brennerei-cafe|teestube.nord|la-petite-table|hofladen.meier|gasthaus-linde|cafe.ostwind|kontor-sued|weinhaus.roth|bistro-amelie", trader, "|")
	goods = "/shop/mugs/blue-glaze|/shop/mugs/blue-glaze|/shop/mugs/speckled|/shop/mugs/travel|/shop/bowls/ramen|/shop/bowls/ramen|/shop/bowls/breakfast|/shop/vases/tall|/shop/vases/bud"
	blog = "/blog/firing-the-kiln|/blog/firing-the-kiln|/blog/ash-glazes|/blog/why-handmade|/blog/care-for-stoneware|/blog/studio-visit"
	missing["/shop/plates/moon"]; missing["/blog/autumn-market"]; missing["/jobs"]
	agents = "26 Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	agents = agents "|14 Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
	agents = agents "|16 Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
	agents = agents "|9 Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"
	agents = agents "|12 Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
	agents = agents "|6 Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
	agents = agents "|8 Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
	agents = agents "|5 Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.10 Mobile/15E148 Safari/604.1"
	agents = agents "|4 Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"
	make_people()
	for (day = 0; day < 7; day++) {
		n = 34 + random(8) + (day > 4 ? 12 : 0)
		for (i = 0; i < n; i++) visit(random(people), moment(day))
		trade(day); crawl(day); scan(day)
	}
}' /dev/null | LC_ALL=C sort -s -t '|' -k 1,1n | cut -d '|' -f 2-
