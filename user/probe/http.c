// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * HTTP by libmicrohttpd, driven by our event loop: see http.h. The library
 * bounds memory and idleness; what it does not bound, a client that sends a
 * byte now and then, is cut off by age. Clients are let in here: where that
 * fails for want of a descriptor the library would try again without end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/probe/http.h"

#define CONNECTIONS_MAX	   32
/* Of one address: any pod may ask where the node's address listens, the kubelet must get through. */
#define CONNECTIONS_EACH   8
#define CONNECTION_BYTES   16384 /* request line, headers and reading, each connection */
#define IDLE_SECONDS	   5
/* From its beginning to the end of the answer: a scrape over loopback takes milliseconds. */
#define LIFETIME_SECONDS   10
#define UPLOAD_BYTES_MAX   4096

struct connection {
	struct connection *next;
	int fd;
	time_t since_s;		/* CLOCK_MONOTONIC */
};

struct http_server {
	struct event_loop *loop;
	struct event_source *listening; /* NULL: nobody is let in at the moment */
	struct event_source *serving;
	struct MHD_Daemon *daemon;
	int listen_fd;
	const struct http_route *routes;
	void *ctx;
	struct connection *connections;
	unsigned int connection_count;	/* those without memory for the list, too */
	struct http_counts counts;
	char address[HTTP_ADDRESS_LEN];
};

static time_t now_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* --- who asks */

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return address->sa_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
		(IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127));
}

/* A web page can make its reader's browser send requests here, also under a name of its
 * own that resolves to 127.0.0.1: neither Origin nor a foreign Host is ours. */
static bool is_no_web_page(struct MHD_Connection *connection)
{
	static const char *const ours[] = { "localhost", "127.0.0.1", "[::1]" };
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
	size_t i, len;

	if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Origin"))
		return false;
	for (i = 0; host && i < sizeof(ours) / sizeof(ours[0]); i++) {
		len = strlen(ours[i]);
		if (!strncmp(host, ours[i], len) && (!host[len] || host[len] == ':'))
			return true;
	}
	return false;
}

static bool is_local(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info && is_loopback(info->client_addr) && is_no_web_page(connection);
}

/* --- answering */

static const struct http_route *find_route(const struct http_server *server, const char *path,
					   const char *method, const char **ret_allowed)
{
	const struct http_route *route;

	*ret_allowed = NULL;
	for (route = server->routes; route->path; route++) {
		if (strcmp(route->path, path))
			continue;
		if (!strcmp(route->method, method) ||
		    (!strcmp(method, "HEAD") && !strcmp(route->method, "GET")))
			return route;
		*ret_allowed = strcmp(route->method, "GET") ? route->method : "GET, HEAD";
	}
	return NULL;
}

static enum MHD_Result send_reply(struct http_server *server, struct MHD_Connection *connection,
				  unsigned int status, struct http_reply *reply,
				  const char *allowed)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	char seconds[16];

	if (reply->body.failed) {
		line__done(&reply->body);
		memset(&reply->body, 0, sizeof(reply->body));
		status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
	response = MHD_create_response_from_buffer(reply->body.len, reply->body.data,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		line__done(&reply->body);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", reply->content_type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy",
				"default-src 'none'; style-src 'unsafe-inline'; "
				"form-action 'none'; frame-ancestors 'none'; base-uri 'none'");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	/* connections have a lifetime, and to open one over loopback costs nothing */
	MHD_add_response_header(response, "Connection", "close");
	if (allowed)
		MHD_add_response_header(response, "Allow", allowed);
	if (reply->retry_after_s) {
		snprintf(seconds, sizeof(seconds), "%u", reply->retry_after_s);
		MHD_add_response_header(response, "Retry-After", seconds);
	}
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	server->counts.answered++;
	server->counts.refused += status >= MHD_HTTP_BAD_REQUEST;
	return result;
}

static enum MHD_Result refuse(struct http_server *server, struct MHD_Connection *connection,
			      unsigned int status, const char *allowed)
{
	struct http_reply reply = { .content_type = "text/plain; charset=utf-8" };

	line__printf(&reply.body, "%u %s\n", status, MHD_get_reason_phrase_for(status));
	return send_reply(server, connection, status, &reply, allowed);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **request_ctx)
{
	struct http_server *server = ctx;
	const struct http_route *route;
	struct http_reply reply = { .content_type = "text/plain; charset=utf-8" };
	struct http_request request = {};
	size_t *uploaded = *request_ctx;
	const char *allowed;
	unsigned int status;

	(void)version;
	(void)upload;
	route = find_route(server, path, method, &allowed);
	if (!uploaded) {
		if (!route) /* at once, not after what it wants to send */
			return refuse(server, connection,
				      allowed ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
				      allowed);
		*request_ctx = calloc(1, sizeof(*uploaded));
		return *request_ctx ? MHD_YES : MHD_NO;
	}
	if (*upload_len) { /* of no use to us, but not endless */
		*uploaded += *upload_len;
		*upload_len = 0;
		return *uploaded > UPLOAD_BYTES_MAX ? MHD_NO : MHD_YES;
	}
	request.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	request.local = is_local(connection);
	request.head = !strcmp(method, "HEAD");
	status = route->fn(server->ctx, &request, &reply);
	return send_reply(server, connection, status, &reply, NULL);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request_ctx,
			 enum MHD_RequestTerminationCode code)
{
	(void)ctx;
	(void)connection;
	(void)code;
	free(*request_ctx);
	*request_ctx = NULL;
}

/* --- connections */

static void stop_listening(struct http_server *server)
{
	event_loop__remove(server->loop, server->listening);
	server->listening = NULL;
}

static void on_client(void *ctx, int fd)
{
	struct http_server *server = ctx;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int client = accept4(fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client >= 0) {
		/* refused or not, the descriptor is the library's */
		MHD_add_connection(server->daemon, client, (struct sockaddr *)&address, len);
		MHD_run(server->daemon);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* whoever waits goes on to: until somebody leaves, or for a second */
		server->counts.not_accepted++;
		server->counts.accept_error = errno;
		stop_listening(server);
	}
	if (server->connection_count >= CONNECTIONS_MAX)
		stop_listening(server);
}

static void listen_again(struct http_server *server)
{
	if (!server->listening && server->connection_count < CONNECTIONS_MAX)
		server->listening = event_loop__watch(server->loop, server->listen_fd, on_client,
						      server);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_ctx,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = ctx;
	struct connection *c = *socket_ctx, **at;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		server->connection_count++;
		c = calloc(1, sizeof(*c));
		*socket_ctx = c;
		if (!c)
			return; /* only its idleness is bounded */
		c->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				->connect_fd;
		c->since_s = now_s();
		c->next = server->connections;
		server->connections = c;
		return;
	}
	for (at = &server->connections; c && *at; at = &(*at)->next) {
		if (*at != c)
			continue;
		*at = c->next;
		break;
	}
	free(c);
	*socket_ctx = NULL;
	server->connection_count--;
	listen_again(server);
}

static void on_readable(void *ctx, int fd)
{
	struct http_server *server = ctx;

	(void)fd;
	MHD_run(server->daemon);
}

void http_server__tick(struct http_server *server)
{
	struct connection *c;
	time_t now = now_s();

	for (c = server->connections; c; c = c->next) {
		if (now - c->since_s < LIFETIME_SECONDS)
			continue;
		shutdown(c->fd, SHUT_RDWR); /* the library finds it closed */
		server->counts.cut_off++;
		c->since_s = now;
	}
	MHD_run(server->daemon); /* for its own time limits */
	listen_again(server);
}

/* --- opening */

static int parse_address(const char *text, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *v4 = (void *)ret_address;
	struct sockaddr_in6 *v6 = (void *)ret_address;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN], *end;
	size_t len = colon ? (size_t)(colon - text) : 0;
	unsigned long port;

	memset(ret_address, 0, sizeof(*ret_address));
	if (!colon || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > 65535)
		return -EINVAL;
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
		ret_address->ss_family = AF_INET6;
		v6->sin6_port = htons((in_port_t)port);
	} else {
		ret_address->ss_family = AF_INET;
		v4->sin_port = htons((in_port_t)port);
	}
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(ret_address->ss_family, host,
		      ret_address->ss_family == AF_INET ? (void *)&v4->sin_addr :
							  (void *)&v6->sin6_addr) != 1)
		return -EINVAL;
	return 0;
}

static void format_address(struct http_server *server)
{
	struct sockaddr_storage address = {};
	const struct sockaddr_in *v4 = (const void *)&address;
	const struct sockaddr_in6 *v6 = (const void *)&address;
	socklen_t len = sizeof(address);
	char host[INET6_ADDRSTRLEN] = "";
	bool is_v6;

	getsockname(server->listen_fd, (struct sockaddr *)&address, &len);
	is_v6 = address.ss_family == AF_INET6;
	inet_ntop(address.ss_family, is_v6 ? (const void *)&v6->sin6_addr :
					     (const void *)&v4->sin_addr, host, sizeof(host));
	snprintf(server->address, sizeof(server->address), is_v6 ? "[%s]:%u" : "%s:%u", host,
		 ntohs(is_v6 ? v6->sin6_port : v4->sin_port));
}

/* 0 or -errno; a descriptor that was opened is the server's, whatever comes after. */
static int start_listening(struct http_server *server, const struct sockaddr_storage *address)
{
	const int yes = 1;
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	server->listen_fd = fd;
	if (fd < 0)
		return -errno;
	/* a probe that is started again need not wait for what is left of the last one's connections */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return -errno;
	listen_again(server);
	return server->listening ? 0 : -errno;
}

static int start_serving(struct http_server *server)
{
	const union MHD_DaemonInfo *info;

	errno = 0;
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, server,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_EACH,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_END);
	if (!server->daemon)
		return errno ? -errno : -EIO;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EIO;
	server->serving = event_loop__watch(server->loop, info->epoll_fd, on_readable, server);
	return server->serving ? 0 : -errno;
}

struct http_server *http_server__new(struct event_loop *loop, const char *listen,
				     const struct http_route *routes, void *ctx)
{
	struct http_server *server;
	struct sockaddr_storage address;
	int err = parse_address(listen, &address);

	server = err ? NULL : calloc(1, sizeof(*server));
	if (!server) {
		errno = err ? -err : ENOMEM;
		return NULL;
	}
	server->loop = loop;
	server->routes = routes;
	server->ctx = ctx;
	err = start_listening(server, &address);
	if (!err)
		err = start_serving(server);
	if (err) {
		http_server__free(server);
		errno = -err;
		return NULL;
	}
	format_address(server);
	return server;
}

const char *http_server__address(const struct http_server *server)
{
	return server->address;
}

const struct http_counts *http_server__counts(const struct http_server *server)
{
	return &server->counts;
}

void http_server__free(struct http_server *server)
{
	if (!server)
		return;
	event_loop__remove(server->loop, server->serving);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	stop_listening(server); /* after those who left have made room */
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	free(server);
}
