// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The fake server, on libmicrohttpd. Lists are made page by page; a watch says
 * its lines and then nothing more until the client or the server goes.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_kube.h"
#include "user/who/small_file.h"

#define REQUESTS_MAX 512

struct fake_kube {
	struct fake_kube_options options;
	struct MHD_Daemon *daemon;
	char *cert;
	char *key;
	char url[64];
	pthread_mutex_t lock;
	char *requests[REQUESTS_MAX];
	size_t request_count;
	size_t pod_lists;
	size_t pod_watches;
};

struct text {
	char *data;
	size_t len;
	size_t room;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
	va_list args;

	if (text->room - text->len < 1024) {
		text->room = 2 * text->room + 4096;
		text->data = realloc(text->data, text->room);
		cr_assert_not_null(text->data);
	}
	va_start(args, format);
	text->len += vsnprintf(text->data + text->len, 1024, format, args);
	va_end(args);
}

static void put_pod(struct text *text, size_t n)
{
	put(text,
	    "{\"metadata\":{\"name\":\"pod-%zu\",\"namespace\":\"ns-%zu\",\"uid\":"
	    "\"%08zx-0000-4000-8000-000000000000\",\"resourceVersion\":\"%zu\",\"labels\":{"
	    "\"app\":\"a-%zu\",\"pod-template-hash\":\"7d9f\"},\"ownerReferences\":[{\"kind\":"
	    "\"ReplicaSet\",\"name\":\"web-%zu-7d9f\",\"controller\":true}]},",
	    n, n % 10, n, 100 + n, n, n % 100);
	put(text,
	    "\"spec\":{\"nodeName\":\"node-%zu\",\"containers\":[{\"name\":\"c\",\"image\":\"x:{}[]"
	    "\\\"\\\\\"}]},\"status\":{\"phase\":\"Running\",\"podIP\":\"10.%zu.%zu.%zu\",\"podIPs\":[{"
	    "\"ip\":\"10.%zu.%zu.%zu\"}]}}",
	    n % 50, n >> 16, n >> 8 & 255, n & 255, n >> 16, n >> 8 & 255, n & 255);
}

static void put_service(struct text *text, size_t n)
{
	put(text,
	    "{\"metadata\":{\"name\":\"svc-%zu\",\"namespace\":\"ns-%zu\"},\"spec\":{\"clusterIP\":"
	    "\"172.%zu.%zu.%zu\",\"ports\":[{\"port\":80,\"nodePort\":%zu},{\"port\":53,"
	    "\"protocol\":\"UDP\"}]},\"status\":{}}",
	    n, n % 10, 16 + (n >> 16), n >> 8 & 255, n & 255, 30000 + n % 2000);
}

static void put_huge(struct text *text)
{
	size_t i;

	put(text, "{\"metadata\":{\"name\":\"huge\",\"namespace\":\"ns\",\"x\":\"");
	for (i = 0; i < 5000; i++)
		put(text, "%01000d", 0);
	put(text, "\"}},");
}

static void put_list(struct fake_kube *fake, struct text *text, bool pods, size_t first)
{
	size_t count = pods ? fake->options.pods : fake->options.services, i, end = count;

	if (fake->options.page && end > first + fake->options.page)
		end = first + fake->options.page;
	put(text, "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1000\"");
	if (end < count)
		put(text, ",\"continue\":\"at=%zu\"", end);
	put(text, "},\"items\":[");
	if (fake->options.huge && pods && first == 0)
		put_huge(text);
	for (i = first; i < end; i++) {
		if (i > first)
			put(text, ",");
		if (pods)
			put_pod(text, i);
		else
			put_service(text, i);
	}
	put(text, "]}\n");
}

static void make_list(struct fake_kube *fake, struct text *text, const char *path, const char *next)
{
	size_t first = next ? strtoul(next + strlen("at="), NULL, 10) : 0;

	if (strstr(path, "/pods"))
		put_list(fake, text, true, first);
	else if (strstr(path, "/services"))
		put_list(fake, text, false, first);
	else
		put(text, "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}");
}

/* Nothing comes, and the connection stays. */
static ssize_t watch_more(void *ctx, uint64_t at, char *buf, size_t max)
{
	struct text *text = ctx;
	struct timespec pause = { .tv_nsec = 5000000 };
	size_t len = text->len - at;

	if (at >= text->len) {
		nanosleep(&pause, NULL);
		return 0;
	}
	len = len < max ? len : max;
	/* in pieces that end anywhere */
	len = len > 7 ? 7 : len;
	memcpy(buf, text->data + at, len);
	return len;
}

static ssize_t list_then_break(void *ctx, uint64_t at, char *buf, size_t max)
{
	struct text *text = ctx;

	if (at >= text->len)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	max = text->len - at < max ? text->len - at : max;
	memcpy(buf, text->data + at, max);
	return max;
}

static void free_text(void *ctx)
{
	struct text *text = ctx;

	free(text->data);
	free(text);
}

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned int status,
			    struct MHD_Response *response)
{
	enum MHD_Result result = MHD_queue_response(connection, status, response);

	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_status(struct MHD_Connection *connection, unsigned int status)
{
	char text[200];
	int len = snprintf(text, sizeof(text),
			   "{\"kind\":\"Status\",\"code\":%u,\"message\":\"it is\\nforbidden\"}", status);

	return respond(connection, status,
		    MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_COPY));
}

static bool is_first(struct fake_kube *fake, size_t *count)
{
	bool first;

	pthread_mutex_lock(&fake->lock);
	first = (*count)++ == 0;
	pthread_mutex_unlock(&fake->lock);
	return first;
}

static enum MHD_Result answer_watch(struct fake_kube *fake, struct MHD_Connection *connection,
				    const char *path)
{
	struct text *text = calloc(1, sizeof(*text));

	cr_assert_not_null(text);
	if (strstr(path, "/pods")) {
		if (is_first(fake, &fake->pod_watches) && fake->options.gone_once)
			put(text, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}\n");
		else if (fake->options.watch)
			put(text, "%s", fake->options.watch);
	}
	return respond(connection, 200,
		    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64, watch_more, text,
						      free_text));
}

static enum MHD_Result answer_list(struct fake_kube *fake, struct MHD_Connection *connection,
				   const char *path)
{
	const char *next = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "continue");
	struct text *text = calloc(1, sizeof(*text));
	bool torn;

	cr_assert_not_null(text);
	torn = strstr(path, "/pods") && is_first(fake, &fake->pod_lists) && fake->options.torn;
	if (fake->options.garbage)
		put(text, "<html>please log in</html>");
	else
		make_list(fake, text, path, next);
	if (torn)
		text->len = text->len / 2;
	return respond(connection, 200,
		    MHD_create_response_from_callback(torn ? MHD_SIZE_UNKNOWN : text->len, 4096,
						      list_then_break, text, free_text));
}

static enum MHD_Result remember(void *ctx, enum MHD_ValueKind kind, const char *key,
				const char *value)
{
	struct text *text = ctx;

	(void)kind;
	put(text, "&%s=%s", key, value ? value : "");
	return MHD_YES;
}

/* As libmicrohttpd has it. */
static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, /* NOLINT(readability-non-const-parameter) */
			      void **state)
{
	struct fake_kube *fake = ctx;
	struct text request = { 0 };
	const char *given;
	char wanted[128];

	(void)method, (void)version, (void)upload, (void)upload_size;
	if (!*state) {
		*state = fake;
		return MHD_YES;
	}
	put(&request, "%s", path);
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, remember, &request);
	pthread_mutex_lock(&fake->lock);
	if (fake->request_count < REQUESTS_MAX)
		fake->requests[fake->request_count++] = request.data;
	else
		free(request.data);
	pthread_mutex_unlock(&fake->lock);
	given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	snprintf(wanted, sizeof(wanted), "Bearer %s",
		 fake->options.token ? fake->options.token : "");
	if (fake->options.token && (!given || strcmp(given, wanted)))
		return send_status(connection, 401);
	if (fake->options.refuse)
		return send_status(connection, fake->options.refuse);
	if (fake->options.no_slices_v1 && strstr(path, "discovery.k8s.io/v1/"))
		return send_status(connection, 404);
	if (MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "watch"))
		return answer_watch(fake, connection, path);
	return answer_list(fake, connection, path);
}

static void start(struct fake_kube *fake)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	unsigned int flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD;

	if (fake->options.cert)
		fake->daemon = MHD_start_daemon(flags | MHD_USE_TLS, 0, NULL, NULL, answer, fake,
						MHD_OPTION_SOCK_ADDR, &address,
						MHD_OPTION_HTTPS_MEM_CERT, fake->cert,
						MHD_OPTION_HTTPS_MEM_KEY, fake->key, MHD_OPTION_END);
	else
		fake->daemon = MHD_start_daemon(flags, 0, NULL, NULL, answer, fake,
						MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
	cr_assert_not_null(fake->daemon);
}

struct fake_kube *fake_kube__new(const struct fake_kube_options *options)
{
	struct fake_kube *fake = calloc(1, sizeof(*fake));
	size_t len;

	cr_assert_not_null(fake);
	fake->options = *options;
	pthread_mutex_init(&fake->lock, NULL);
	if (options->cert) {
		cr_assert_eq(small_file__read(options->cert, 65536, &fake->cert, &len), 0);
		cr_assert_eq(small_file__read(options->key, 65536, &fake->key, &len), 0);
	}
	start(fake);
	snprintf(fake->url, sizeof(fake->url), "http%s://127.0.0.1:%u", options->cert ? "s" : "",
		 (unsigned int)MHD_get_daemon_info(fake->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	return fake;
}

const char *fake_kube__url(const struct fake_kube *fake)
{
	return fake->url;
}

size_t fake_kube__requests(struct fake_kube *fake, const char *text)
{
	size_t count = 0, i;

	pthread_mutex_lock(&fake->lock);
	for (i = 0; i < fake->request_count; i++)
		if (strstr(fake->requests[i], text))
			count++;
	pthread_mutex_unlock(&fake->lock);
	return count;
}

void fake_kube__free(struct fake_kube *fake)
{
	size_t i;

	MHD_stop_daemon(fake->daemon);
	for (i = 0; i < fake->request_count; i++)
		free(fake->requests[i]);
	free(fake->cert);
	free(fake->key);
	free(fake);
}
