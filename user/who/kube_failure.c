// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Failures in words. What the server wrote is quoted, never trusted.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "user/who/kube_failure.h"

/* Of a server's text. */
#define QUOTE_BYTES_MAX 300

void kube_failure__copy(const char *text, char *buf, size_t room)
{
	size_t len = 0;

	for (; text && *text && len + 1 < room && len < QUOTE_BYTES_MAX; text++)
		/* only what every terminal shows as one character */
		buf[len++] = *text >= ' ' && *text <= '~' ? *text : '.';
	while (len && buf[len - 1] == '.')
		len--;
	buf[len] = '\0';
}

void kube_failure__read_status(const char *body, size_t len, char *buf, size_t room)
{
	json_t *json = json_loadb(body, len, JSON_DISABLE_EOF_CHECK, NULL);
	const char *text = json_string_value(json_object_get(json, "message"));
	char start[QUOTE_BYTES_MAX];

	if (!text && len && body[0] != '{' && body[0] != '<') {
		snprintf(start, sizeof(start), "%.*s", (int)len, body);
		text = start;
	}
	kube_failure__copy(text, buf, room);
	json_decref(json);
}

const char *kube_failure__of_body(int err)
{
	switch (err) {
	case -ENOMEM:
		return "out of memory";
	case -EMSGSIZE:
		return "a page's token is too long";
	default:
		return "the answer is not the Kubernetes API's, or was cut off";
	}
}

static const char *remedy_of_kubelet(long status)
{
	switch (status) {
	case 401:
		return "the kubelet wants a token that the API server knows: give a service account's "
		       "with --kubelet-token, and run the kubelet with --authentication-token-webhook";
	case 403:
		return "grant the token's account get on nodes/proxy (tools/deploy has the role), or "
		       "--kubelet=off";
	case 404:
		return "is that a kubelet? --kubelet takes its address, --kubelet=off does without";
	default:
		return NULL;
	}
}

static const char *remedy_of_server(long status)
{
	switch (status) {
	case 401:
		return "the token or client certificate is not valid (any more): renew it, and start "
		       "dropwhy anew if it stands in the kubeconfig itself; a file that the kubeconfig "
		       "names (tokenFile) is read each time";
	case 403:
		return "grant the account get, list and watch on pods, services, nodes and "
		       "endpointslices.discovery.k8s.io (tools/deploy has the role), or --api=off";
	case 404:
		return "is the kubeconfig's server a Kubernetes API server?";
	case 429:
		return "it is overloaded; dropwhy asks again when it says";
	default:
		return NULL;
	}
}

void kube_failure__describe(const struct kube_feed *feed, const struct kube_answer *answer,
			    long status, char *buf)
{
	bool kubelet = feed->options.kubelet;
	const char *remedy = kubelet ? remedy_of_kubelet(status) : remedy_of_server(status);
	char why[KUBE_MESSAGE_LEN + 64];

	if (answer->broken && !feed->status_in_watch)
		kube_failure__copy(answer->broken, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "HTTP status %ld%s%s", status,
			 feed->message[0] ? ": " : "", feed->message);
	if (answer->broken && answer->remedy)
		remedy = answer->remedy;
	snprintf(buf, KUBE_FAILURE_LEN, "no %s from the %s: %s%s%s; names stay as they are, and it "
		 "is tried again", kube_kind__name(feed->options.kind),
		 kubelet ? "kubelet" : "API server", why, remedy ? "; " : "",
		 remedy ? remedy : "");
}
