/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small HTTP server inside the event loop: a few paths, short answers, and
 * limits on everything that a client can make it spend. Knows no metric.
 */
#ifndef DROPWHY_HTTP_H
#define DROPWHY_HTTP_H

#include <linux/types.h>
#include <stdbool.h>

#include "user/run/event_loop.h"
#include "user/sinks/line.h"

/* Room for an address and port as text, "[ffff:…]:65535" and NUL. */
#define HTTP_ADDRESS_LEN 64

struct http_request {
	const char *accept;	/* the header, NULL: none */
	bool head;		/* nobody gets the body */
	bool local;		/* from this machine, and not by way of some web page */
};

struct http_reply {
	struct line body;
	const char *content_type; /* static */
	unsigned int retry_after_s; /* a header of that name; 0: none */
};

/* Fills the reply; the HTTP status. An incomplete body is answered with 500. */
typedef unsigned int (*http_fn)(void *ctx, const struct http_request *request,
				struct http_reply *reply);

struct http_route {
	const char *method;	/* "GET" or "POST"; HEAD goes where GET goes */
	const char *path;
	http_fn fn;
};

struct http_counts {
	__u64 answered;		/* requests, whatever the status */
	__u64 refused;		/* of these with a status of 400 or more */
	__u64 cut_off;		/* connections that took too long */
	__u64 not_accepted;	/* attempts: one a second while somebody waits */
	int accept_error;	/* errno of the last of these */
};

struct http_server;

/**
 * @brief **http_server__new()** binds and serves.
 * @param listen "ADDRESS:PORT", numeric, IPv6 in brackets; port 0 takes a free one
 * @param routes the caller's while the server lives; path NULL ends them
 * @param ctx of the routes
 * @return free with http_server__free(); NULL with errno set: EINVAL if
 * @p listen cannot be read, EADDRINUSE, …
 */
struct http_server *http_server__new(struct event_loop *loop, const char *listen,
				     const struct http_route *routes, void *ctx);

/** @brief **http_server__address()** where it listens, with the real port. */
const char *http_server__address(const struct http_server *server);

/** @brief **http_server__tick()** to be called once a second: cuts off who is slow. */
void http_server__tick(struct http_server *server);

/** @brief **http_server__counts()** since the start. */
const struct http_counts *http_server__counts(const struct http_server *server);

/** @brief **http_server__free()** closes all connections; NULL is fine. */
void http_server__free(struct http_server *server);

#endif
