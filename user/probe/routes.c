// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the probe answers over HTTP.
 */
#include <microhttpd.h>

#include "user/probe/daemon.h"
#include "user/probe/openmetrics.h"
#include "user/probe/page.h"

/* How things stand, for an answer. */
struct standing {
	struct run_summary accounting;
	struct metrics_gauges gauges;
};

static int look(struct daemon *d, struct standing *ret_standing)
{
	*ret_standing = (struct standing){};
	daemon__gauges(d, &ret_standing->gauges);
	return daemon__accounting(d, &ret_standing->accounting);
}

static unsigned int get_metrics(void *ctx, const struct http_request *request,
				struct http_reply *reply)
{
	struct openmetrics om = { .old = !openmetrics__accepts(request->accept) };
	struct daemon *d = ctx;
	struct standing standing;
	int err = look(d, &standing);

	if (!err)
		metrics__write(d->metrics, &om, &standing.accounting.summary, &standing.gauges);
	if (!err && !om.text.failed && !request->head)
		metrics__scraped(d->metrics);
	run_summary__done(&standing.accounting);
	reply->body = om.text;
	reply->content_type = openmetrics__content_type(om.old);
	return err ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK;
}

static unsigned int get_page(void *ctx, const struct http_request *request,
			     struct http_reply *reply)
{
	struct daemon *d = ctx;
	struct standing standing;
	int err = look(d, &standing);

	(void)request;
	if (!err)
		page__write(&reply->body, d->metrics, &standing.accounting.summary,
			    &standing.gauges);
	run_summary__done(&standing.accounting);
	reply->content_type = "text/html; charset=utf-8";
	return err ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK;
}

/* Whoever gets an answer knows that the event loop turns. */
static unsigned int get_health(void *ctx, const struct http_request *request,
			       struct http_reply *reply)
{
	(void)ctx;
	(void)request;
	line__put_text(&reply->body, "ok\n");
	return MHD_HTTP_OK;
}

static unsigned int get_readiness(void *ctx, const struct http_request *request,
				  struct http_reply *reply)
{
	const struct daemon *d = ctx;

	(void)request;
	line__put_text(&reply->body, d->ready ? "ready\n" : "not counting yet\n");
	return d->ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned int post_bundle(void *ctx, const struct http_request *request,
				struct http_reply *reply)
{
	struct daemon *d = ctx;

	if (!request->local) {
		line__put_text(&reply->body, "only from this machine, and from no web page\n");
		return MHD_HTTP_FORBIDDEN;
	}
	switch (daemon__bundle(d, TRIGGER_REQUEST)) {
	case BUNDLE_STARTED:
		line__put_text(&reply->body, "a bundle is being written\n");
		return MHD_HTTP_ACCEPTED;
	case BUNDLE_NO_DIRECTORY:
		line__put_text(&reply->body, "the probe was started without --bundle-dir\n");
		return MHD_HTTP_CONFLICT;
	case BUNDLE_TOO_SOON:
		reply->retry_after_s = daemon__bundle_wait_s(d, TRIGGER_REQUEST);
		line__printf(&reply->body, "too soon after the last one: try again in %u s\n",
			     reply->retry_after_s);
		return MHD_HTTP_TOO_MANY_REQUESTS;
	default:
		line__put_text(&reply->body, "it failed: the probe's stderr says why\n");
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

const struct http_route daemon_routes[] = {
	{ "GET", "/", get_page },
	{ "GET", "/metrics", get_metrics },
	{ "GET", "/healthz", get_health },
	{ "GET", "/readyz", get_readiness },
	{ "POST", "/bundle", post_bundle },
	{ NULL, NULL, NULL },
};
