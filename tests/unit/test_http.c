// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The server against clients that mean well, and against those that do not.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/probe/http.h"

static struct event_loop *loop;
static struct http_server *server;
static struct sockaddr_in address;
static int posts_local, posts;

static unsigned int get(void *ctx, const struct http_request *request, struct http_reply *reply)
{
	(void)ctx;
	line__put_text(&reply->body, request->accept ? request->accept : "no accept");
	return 200;
}

static unsigned int post(void *ctx, const struct http_request *request, struct http_reply *reply)
{
	(void)ctx;
	(void)reply;
	posts++;
	posts_local += request->local;
	return 202;
}

static unsigned int put_off(void *ctx, const struct http_request *request,
			    struct http_reply *reply)
{
	(void)ctx;
	(void)request;
	reply->retry_after_s = 7;
	return 429;
}

static unsigned int fail(void *ctx, const struct http_request *request, struct http_reply *reply)
{
	(void)ctx;
	(void)request;
	reply->body.failed = true;
	return 200;
}

static const struct http_route routes[] = {
	{ "GET", "/metrics", get },
	{ "POST", "/bundle", post },
	{ "GET", "/fail", fail },
	{ "GET", "/later", put_off },
	{ NULL, NULL, NULL },
};

static void start(void)
{
	const char *colon;

	loop = event_loop__new();
	server = http_server__new(loop, "127.0.0.1:0", routes, NULL);
	cr_assert(server != NULL);
	colon = strrchr(http_server__address(server), ':');
	address = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_port = htons((in_port_t)strtoul(colon + 1, NULL, 10)),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void stop(void)
{
	http_server__free(server);
	event_loop__free(loop);
}

TestSuite(http, .init = start, .fini = stop, .timeout = 30);

/* @host: the last byte of its address, 127.0.0.x. */
static int client_from(unsigned int host)
{
	const struct sockaddr_in from = { .sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(0x7f000000 + host) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	cr_assert(bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0);
	cr_assert(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
		  errno == EINPROGRESS);
	event_loop__wait(loop, 100);
	return fd;
}

static int client(void)
{
	return client_from(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Lets the server work for so long. */
static void work(double seconds)
{
	double until = now() + seconds;

	while (now() < until) {
		event_loop__wait(loop, 10);
		http_server__tick(server);
	}
}

/* What comes back until the server closes; "(open)" if it does not within @seconds. */
static const char *answer(int fd, double seconds)
{
	static char text[65536];
	double until = now() + seconds;
	size_t len = 0;
	ssize_t n;

	while (now() < until) {
		event_loop__wait(loop, 10);
		http_server__tick(server);
		n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		if (n > 0)
			len += (size_t)n;
		if (!n || (n < 0 && errno != EAGAIN)) {
			text[len] = '\0';
			close(fd);
			return text;
		}
	}
	close(fd);
	return "(open)";
}

static const char *ask_bytes(const char *request, size_t len)
{
	int fd = client();
	size_t sent = 0;
	double until = now() + 3;
	ssize_t n;

	while (sent < len && now() < until) {
		n = send(fd, request + sent, len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		event_loop__wait(loop, 0);
	}
	return answer(fd, 3);
}

static const char *ask(const char *request)
{
	return ask_bytes(request, strlen(request));
}

static int status_of(const char *reply)
{
	const char *blank = strchr(reply, ' ');

	return blank && !strncmp(reply, "HTTP/1.", 7) ? (int)strtol(blank, NULL, 10) : 0;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

Test(http, answers_what_it_knows)
{
	const char *reply = ask("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: a/b\r\n\r\n");

	cr_assert(eq(int, status_of(reply), 200));
	cr_assert(strstr(reply, "\r\n\r\na/b") != NULL);
	cr_assert(strstr(reply, "X-Content-Type-Options: nosniff\r\n") != NULL);
	cr_assert(strstr(reply, "Content-Security-Policy: default-src 'none'") != NULL);
	cr_assert(eq(int, status_of(ask(GET("/fail"))), 500));
	cr_assert(eq(u64, http_server__counts(server)->answered, 2));
	cr_assert(eq(u64, http_server__counts(server)->refused, 1));
}

Test(http, says_when_to_come_again)
{
	const char *reply = ask(GET("/later"));

	cr_assert(eq(int, status_of(reply), 429));
	cr_assert(strstr(reply, "Retry-After: 7\r\n") != NULL);
	cr_assert(strstr(ask(GET("/metrics")), "Retry-After") == NULL);
}

Test(http, refuses_what_it_does_not)
{
	static const struct {
		const char *request;
		int status;
	} rows[] = {
		{ GET("/"), 404 },
		{ GET("/metrics/"), 404 },
		{ GET("/../metrics"), 404 },
		{ GET("//metrics"), 404 },
		{ GET("/bundle"), 405 },
		{ "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200 },
		{ "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405 },
		{ "PUT /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405 },
		{ "DELETE /bundle HTTP/1.1\r\nHost: x\r\n\r\n", 405 },
		{ "BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 405 },
		{ "GET /metrics HTTP/1.1\r\n\r\n", 400 }, /* no Host */
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect(eq(int, status_of(ask(rows[i].request)), rows[i].status), "%s",
			  rows[i].request);
	cr_assert(eq(int, posts, 0));
}

Test(http, a_post_is_local_unless_a_web_page_made_it)
{
	static const struct {
		const char *headers;
		int local;
	} rows[] = {
		{ "Host: localhost\r\n", 1 },
		{ "Host: localhost:9810\r\n", 1 },
		{ "Host: 127.0.0.1:9810\r\n", 1 },
		{ "Host: evil.example\r\n", 0 },
		{ "Host: localhost.evil.example\r\n", 0 },
		{ "Host: localhost\r\nOrigin: http://evil.example\r\n", 0 },
		{ "Host: localhost\r\norigin: null\r\n", 0 },
	};
	char request[512];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		posts_local = 0;
		snprintf(request, sizeof(request),
			 "POST /bundle HTTP/1.1\r\n%sContent-Length: 0\r\n\r\n", rows[i].headers);
		cr_expect(eq(int, status_of(ask(request)), 202), "%s", rows[i].headers);
		cr_expect(eq(int, posts_local, rows[i].local), "%s", rows[i].headers);
	}
}

Test(http, survives_what_is_no_http)
{
	static const char nul[] = "GET /metrics\0/../etc HTTP/1.1\r\nHost: x\r\n\r\n";
	char garbage[4096];
	unsigned int seed = 1;
	size_t i, round;

	ask("\r\n\r\n\r\n");
	ask("GET\r\n\r\n");
	ask("GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n");
	ask("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n");
	ask("GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
	ask("GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n");
	ask_bytes(nul, sizeof(nul) - 1);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < sizeof(garbage); i++)
			garbage[i] = (char)rand_r(&seed);
		close(client());
		ask_bytes(garbage, sizeof(garbage));
	}
	cr_assert(eq(int, status_of(ask(GET("/metrics"))), 200), "it goes on");
}

Test(http, headers_and_bodies_have_limits)
{
	size_t len = 1 << 20;
	char *big = malloc(len + 1);
	int head;

	head = sprintf(big, "GET /metrics HTTP/1.1\r\nHost: x\r\nX: ");
	memset(big + head, 'a', len - (size_t)head);
	big[len] = '\0';
	cr_expect(ne(int, status_of(ask_bytes(big, len)), 200), "endless header");
	head = sprintf(big, "GET /");
	memset(big + head, 'a', len - (size_t)head);
	cr_expect(ne(int, status_of(ask_bytes(big, len)), 200), "endless path");
	head = sprintf(big, "POST /bundle HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n");
	memset(big + head, 'a', len - (size_t)head);
	cr_expect(ne(int, status_of(ask_bytes(big, len)), 202), "endless body");
	cr_assert(eq(int, posts, 0));
	cr_assert(eq(int, status_of(ask(GET("/metrics"))), 200), "it goes on");
	free(big);
}

Test(http, who_sends_a_byte_now_and_then_is_cut_off)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaa";
	double since = now();
	int fd = client(), i;
	char byte;

	for (i = 0; i < 50; i++) {
		work(0.3);
		if (send(fd, &request[i], 1, MSG_NOSIGNAL) < 0)
			break;
		if (!recv(fd, &byte, 1, 0))
			break;
	}
	close(fd);
	cr_assert(lt(dbl, now() - since, 12.0));
	cr_assert(gt(dbl, now() - since, 8.0));
	cr_assert(eq(u64, http_server__counts(server)->cut_off, 1));
}

Test(http, silent_clients_do_not_shut_out_others_for_long)
{
	const char *reply;
	int fds[40], i;

	for (i = 0; i < 40; i++)
		fds[i] = client();
	work(7); /* idle ones are closed after 5 */
	reply = ask(GET("/metrics"));
	cr_assert(eq(int, status_of(reply), 200), "%s", reply);
	for (i = 0; i < 40; i++)
		close(fds[i]);
}

/* The kubelet's probes must get through, or it ends the container. */
Test(http, one_client_does_not_shut_out_another)
{
	const char *reply;
	int fds[64], i;
	double until;

	for (i = 0; i < 64; i++)
		fds[i] = client_from(2);
	/* it opens each anew that is closed */
	for (until = now() + 7; now() < until;) {
		for (i = 0; i < 64; i++) {
			char byte;

			if (recv(fds[i], &byte, 1, 0) < 0 && errno == EAGAIN)
				continue;
			close(fds[i]);
			fds[i] = client_from(2);
		}
		reply = ask(GET("/metrics"));
		cr_assert(eq(int, status_of(reply), 200), "%s", reply);
		work(0.5);
	}
	for (i = 0; i < 64; i++)
		close(fds[i]);
}

/* It waits as they do, and does not try again and again. */
Test(http, without_descriptors_clients_wait)
{
	static const char request[] = GET("/metrics");
	struct rlimit limit, none;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), i;
	__u64 at_first, later;

	cr_assert(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	connect(fd, (struct sockaddr *)&address, sizeof(address));
	for (i = 0; i < 100; i++)
		event_loop__wait(loop, 1);
	at_first = http_server__counts(server)->not_accepted;
	http_server__tick(server);
	for (i = 0; i < 100; i++)
		event_loop__wait(loop, 1);
	later = http_server__counts(server)->not_accepted;
	setrlimit(RLIMIT_NOFILE, &limit);
	cr_assert(eq(u64, at_first, 1));
	cr_assert(eq(u64, later, 2));
	cr_assert(eq(int, http_server__counts(server)->accept_error, EMFILE));
	cr_assert(eq(sz, (size_t)send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request)));
	cr_assert(eq(int, status_of(answer(fd, 3)), 200));
}

/* Before the next second. */
Test(http, who_leaves_makes_room)
{
	int last, fds[32], i;
	char byte;

	for (i = 0; i < 32; i++)
		fds[i] = client_from(1 + (unsigned int)i / 8);
	last = client_from(9);
	for (i = 0; i < 20; i++)
		event_loop__wait(loop, 1);
	send(last, GET("/metrics"), strlen(GET("/metrics")), MSG_NOSIGNAL);
	for (i = 0; i < 20; i++)
		event_loop__wait(loop, 1);
	cr_assert(eq(u64, http_server__counts(server)->answered, 0));
	close(fds[0]);
	for (i = 0; i < 100 && recv(last, &byte, 1, MSG_PEEK) < 0; i++)
		event_loop__wait(loop, 10);
	cr_assert(eq(u64, http_server__counts(server)->answered, 1));
	for (i = 1; i < 32; i++)
		close(fds[i]);
	close(last);
}

Test(http, addresses_are_read)
{
	static const struct {
		const char *text;
		int error;
	} rows[] = {
		{ "127.0.0.1:0", 0 },	   { "[::1]:0", 0 },	    { "", EINVAL },
		{ "127.0.0.1", EINVAL },   { "127.0.0.1:", EINVAL }, { "127.0.0.1:65536", EINVAL },
		{ "127.0.0.1:-1", EINVAL }, { "localhost:1", EINVAL }, { ":80", EINVAL },
		{ "::1:80", EINVAL },	   { "[::1]", EINVAL },	    { "127.0.0.1:80x", EINVAL },
		{ "[127.0.0.1]:80", EINVAL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_server *other = http_server__new(loop, rows[i].text, routes, NULL);

		/* a machine without IPv6 is none of our business */
		if (!other && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
			cr_expect(eq(int, errno, rows[i].error), "%s", rows[i].text);
		http_server__free(other);
	}
	cr_assert(http_server__new(loop, http_server__address(server), routes, NULL) == NULL);
	cr_assert(eq(int, errno, EADDRINUSE));
}
