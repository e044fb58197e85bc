// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libcurl's options. A server is verified unless the kubeconfig says not to;
 * redirects are not followed: the credentials are for this server alone.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/kube_failure.h"
#include "user/who/kube_transfer.h"

#define CONNECT_S_MAX 10
/* A list that brings nothing for so long is given up; a watch may be silent. */
#define SILENT_S_MAX 30
/* A server that is gone without a word is noticed within a minute. */
#define KEEPALIVE_IDLE_S     30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES     3

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
	struct kube_transfer *t = ctx;
	long status = 0;

	t->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->err = kube_feed__bytes(t->feed, status, bytes, size * count);
	return t->err ? 0 : size * count;
}

/* CURLOPT_TCP_KEEPCNT came with libcurl 8.9; the kernel's own count is 9. */
static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const int probes = KEEPALIVE_PROBES;

	(void)ctx;
	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	return CURL_SOCKOPT_OK;
}

static CURLcode set_blob(struct kube_transfer *t, CURLoption option, const struct kube_bytes *bytes)
{
	struct curl_blob blob = { .data = bytes->data, .len = bytes->len,
				  .flags = CURL_BLOB_NOCOPY };

	return bytes->data ? t->curl->easy_setopt(t->easy, option, &blob) : CURLE_OK;
}

static CURLcode set_file(struct kube_transfer *t, CURLoption option, const char *path)
{
	return path ? t->curl->easy_setopt(t->easy, option, path) : CURLE_OK;
}

/* A CA that libcurl does not take leaves the distribution's: no such server gets the token. */
static int set_trust(struct kube_transfer *t, const struct kube_config *config,
		     struct kube_answer *ret_answer)
{
	CURLcode code;

	t->curl->easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, config->insecure ? 0L : 1L);
	t->curl->easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, config->insecure ? 0L : 2L);
	t->curl->easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (config->ca_file || config->ca.data)
		/* this one alone: not also those of the distribution */
		t->curl->easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
	code = set_file(t, CURLOPT_CAINFO, config->ca_file);
	if (!code)
		code = set_blob(t, CURLOPT_CAINFO_BLOB, &config->ca);
	if (!code)
		code = set_file(t, CURLOPT_SSLCERT, config->cert_file);
	if (!code)
		code = set_blob(t, CURLOPT_SSLCERT_BLOB, &config->cert);
	if (!code)
		code = set_file(t, CURLOPT_SSLKEY, config->key_file);
	if (!code)
		code = set_blob(t, CURLOPT_SSLKEY_BLOB, &config->key);
	if (!code)
		return 0;
	if (code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	ret_answer->broken = "this libcurl does not take certificates out of a kubeconfig";
	ret_answer->remedy = "install libcurl 7.77 or later, built with OpenSSL, or name files: "
			     "certificate-authority, client-certificate, client-key";
	return -ENOTSUP;
}

static void set_limits(struct kube_transfer *t, bool watch, unsigned int timeout_s)
{
	t->curl->easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	t->curl->easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
	t->curl->easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	t->curl->easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S_MAX);
	t->curl->easy_setopt(t->easy, CURLOPT_TIMEOUT, (long)timeout_s);
	t->curl->easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, watch ? 0L : 1L);
	t->curl->easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, watch ? 0L : (long)SILENT_S_MAX);
	t->curl->easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	t->curl->easy_setopt(t->easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
	t->curl->easy_setopt(t->easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL_S);
	t->curl->easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	/* else ending waits for a name server that does not answer */
	t->curl->easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L);
}

static int add_header(struct kube_transfer *t, const char *header)
{
	struct curl_slist *list = t->curl->slist_append(t->headers, header);

	if (!list)
		return -ENOMEM;
	t->headers = list;
	return 0;
}

static int set_credentials(struct kube_transfer *t, const struct kube_config *config,
			   struct kube_answer *ret_answer)
{
	char *token, *header = NULL;
	int err = kube_config__token(config, &token);

	if (err) {
		snprintf(t->remedy, sizeof(t->remedy), "the token's file %.150s: %s",
			 config->token_file ? config->token_file : "", strerror(-err));
		ret_answer->broken = "no token";
		ret_answer->remedy = t->remedy;
		return err;
	}
	if (!token)
		return 0;
	if (asprintf(&header, "Authorization: Bearer %s", token) < 0)
		header = NULL;
	err = header ? add_header(t, header) : -ENOMEM;
	explicit_bzero(token, strlen(token));
	free(token);
	if (header)
		explicit_bzero(header, strlen(header));
	free(header);
	return err;
}

/* With another name for the certificate the URL has that name, and goes elsewhere. */
static int set_url(struct kube_transfer *t, const struct kube_config *config, const char *path)
{
	const char *name = config->tls_server_name, *slash;
	const char *host = strstr(config->server, "://") + 3;
	char *url = NULL, *to = NULL;
	int err = -ENOMEM, len;

	slash = host + strcspn(host, "/");
	len = slash - host;
	if (asprintf(&url, "%.*s%.*s%s%s", (int)(host - config->server), config->server,
		     name ? (int)strlen(name) : len, name ? name : host, slash, path) < 0)
		url = NULL;
	if (name && asprintf(&to, "::%.*s%s", len, host,
			     memchr(host, ':', len) && host[len - 1] != ']' ? "" : ":443") < 0)
		to = NULL;
	if (config->connect_to && asprintf(&to, "::%s", config->connect_to) < 0)
		to = NULL;
	if (!url || ((name || config->connect_to) && !to))
		goto cleanup;
	if (to) {
		t->connect_to = t->curl->slist_append(NULL, to);
		if (!t->connect_to)
			goto cleanup;
		t->curl->easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
	}
	err = t->curl->easy_setopt(t->easy, CURLOPT_URL, url) ? -ENOMEM : 0;
cleanup:
	free(url);
	free(to);
	return err;
}

static void forget_lists(struct kube_transfer *t)
{
	t->curl->slist_free_all(t->headers);
	t->curl->slist_free_all(t->connect_to);
	t->headers = t->connect_to = NULL;
}

int kube_transfer__begin(struct kube_transfer *t, CURLM *multi, const struct kube_config *config,
			 struct kube_feed *feed, const char *path, unsigned int timeout_s,
			 struct kube_answer *ret_answer)
{
	int err;

	*ret_answer = (struct kube_answer){ .broken = "out of memory" };
	if (!t->easy)
		t->easy = t->curl->easy_init();
	if (!t->easy)
		return -ENOMEM;
	t->curl->easy_reset(t->easy);
	/* of one that did not begin: its token may be another one's by now */
	forget_lists(t);
	t->feed = feed;
	t->err = 0;
	t->text[0] = '\0';
	set_limits(t, feed->watching, timeout_s);
	err = set_trust(t, config, ret_answer);
	if (err)
		return err;
	if (config->proxy)
		t->curl->easy_setopt(t->easy, CURLOPT_PROXY, config->proxy);
	if (feed->options.kubelet)
		/* it is on this node */
		t->curl->easy_setopt(t->easy, CURLOPT_NOPROXY, "*");
	t->curl->easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	t->curl->easy_setopt(t->easy, CURLOPT_USERAGENT, "dropwhy/" DROPWHY_VERSION);
	t->curl->easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->text);
	t->curl->easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_bytes);
	t->curl->easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	err = set_credentials(t, config, ret_answer);
	if (!err)
		err = add_header(t, "Accept: application/json");
	if (!err)
		err = set_url(t, config, path);
	if (!err) {
		t->curl->easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
		t->under_way = !t->curl->multi_add_handle(multi, t->easy);
		err = t->under_way ? 0 : -ENOMEM;
	}
	return err;
}

static const char *remedy_of(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return "the certificate is not signed by the CA that the configuration names, or is "
		       "another host's: check certificate-authority, tls-server-name and the clock";
	case CURLE_SSL_CACERT_BADFILE:
		return "the CA's file cannot be read";
	case CURLE_SSL_CERTPROBLEM:
		return "the client certificate or its key cannot be used";
	case CURLE_COULDNT_RESOLVE_HOST:
		return "is the server's name right, and is there a name server?";
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
		return "does it run, and may this node reach it?";
	default:
		return NULL;
	}
}

void kube_transfer__end(struct kube_transfer *t, CURLM *multi, CURLcode code,
			struct kube_answer *ret_answer)
{
	curl_off_t retry_after = 0;
	long status = 0;

	t->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->curl->easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
	t->curl->multi_remove_handle(multi, t->easy);
	t->under_way = false;
	forget_lists(t);
	*ret_answer = (struct kube_answer){ .status = status, .retry_after_s = retry_after };
	if (code == CURLE_OK)
		return;
	if (code == CURLE_WRITE_ERROR && t->err)
		ret_answer->broken = kube_failure__of_body(t->err);
	else
		ret_answer->broken = t->text[0] ? t->text : t->curl->easy_strerror(code);
	ret_answer->remedy = remedy_of(code);
}

void kube_transfer__done(struct kube_transfer *t, CURLM *multi)
{
	if (!t->curl)
		return;
	if (t->under_way)
		t->curl->multi_remove_handle(multi, t->easy);
	forget_lists(t);
	if (t->easy)
		t->curl->easy_cleanup(t->easy);
	t->easy = NULL;
}
