// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Configurations: loading, the pod's own, and what is refused. The form of a
 * kubeconfig is kubeconfig.c's.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/who/kube_config.h"
#include "user/who/small_file.h"

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

#define TOKEN_BYTES_MAX (64 << 10)

int kube_config__load(const char *path, const char *context, struct kube_config *config,
		      char error[KUBE_CONFIG_ERROR_LEN])
{
	char *text = NULL;
	size_t len;
	int err = small_file__read(path, KUBE_CONFIG_BYTES_MAX, &text, &len);

	if (err) {
		snprintf(error, KUBE_CONFIG_ERROR_LEN, "cannot read kubeconfig %s: %s", path,
			 strerror(-err));
		return err;
	}
	err = kube_config__parse(text, len, path, context, config, error);
	explicit_bzero(text, len);
	free(text);
	return err ? err : kube_config__check(config, path, error);
}

int kube_config__in_cluster(const char *dir, struct kube_config *config,
			    char error[KUBE_CONFIG_ERROR_LEN])
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	bool v6 = host && strchr(host, ':');

	dir = dir ? dir : SERVICE_ACCOUNT;
	if (!host || !host[0])
		return -ENOENT;
	if (asprintf(&config->server, "https://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "",
		     port && port[0] ? port : "443") < 0)
		config->server = NULL;
	if (asprintf(&config->token_file, "%s/token", dir) < 0)
		config->token_file = NULL;
	if (asprintf(&config->ca_file, "%s/ca.crt", dir) < 0)
		config->ca_file = NULL;
	if (!config->server || !config->token_file || !config->ca_file)
		return -ENOMEM;
	if (access(config->token_file, R_OK) || access(config->ca_file, R_OK))
		return -ENOENT;
	return kube_config__check(config, "the pod's environment", error);
}

/* Whether a URL's host cannot be overheard: it is this machine. */
static bool is_loopback(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };
	size_t i, len;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		len = strlen(hosts[i]);
		if (!strncmp(url, hosts[i], len) && (!url[len] || strchr(":/", url[len])))
			return true;
	}
	return false;
}

static int refuse(char error[KUBE_CONFIG_ERROR_LEN], const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(char error[KUBE_CONFIG_ERROR_LEN], const char *name, const char *format, ...)
{
	va_list args;
	int len = snprintf(error, KUBE_CONFIG_ERROR_LEN, "%s: ", name);

	if (len < 0 || len >= KUBE_CONFIG_ERROR_LEN)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(error + len, KUBE_CONFIG_ERROR_LEN - len, format, args);
	va_end(args);
	return -EINVAL;
}

int kube_config__check(const struct kube_config *config, const char *name,
		       char error[KUBE_CONFIG_ERROR_LEN])
{
	bool has_token = config->token || config->token_file;
	const char *at;

	if (!config->server)
		return refuse(error, name, "it names no server");
	if (strncmp(config->server, "https://", 8) && strncmp(config->server, "http://", 7))
		return refuse(error, name, "the server has to begin with https:// or http://");
	for (at = config->server; *at; at++)
		if (*at <= ' ' || *at == 0x7f || strchr("?#@", *at))
			return refuse(error, name, "the server's URL has characters that it cannot "
						   "have: blanks, ?, # or @");
	if (!strncmp(config->server, "http://", 7) && has_token && !is_loopback(config->server))
		return refuse(error, name, "the token would go over plain http, for all to see: use "
					   "https, or a kubeconfig without a token");
	if ((config->cert.data || config->cert_file) != (config->key.data || config->key_file))
		return refuse(error, name, "a client certificate needs its key, and a key its "
					   "certificate");
	if (config->insecure && (config->ca.data || config->ca_file))
		return refuse(error, name, "insecure-skip-tls-verify and a certificate authority "
					   "exclude each other");
	return 0;
}

int kube_config__token(const struct kube_config *config, char **ret_token)
{
	char *text;
	size_t len;
	int err;

	*ret_token = NULL;
	if (!config->token && !config->token_file)
		return 0;
	if (config->token_file) {
		err = small_file__read(config->token_file, TOKEN_BYTES_MAX, &text, &len);
		if (err)
			return err;
	} else {
		text = strdup(config->token);
		if (!text)
			return -ENOMEM;
		len = strlen(text);
	}
	while (len && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	/* it becomes part of a header: nothing in it may end the line */
	for (err = len ? 0 : -EINVAL; len; len--)
		if (text[len - 1] <= ' ' || text[len - 1] >= 0x7f)
			err = -EINVAL;
	if (err) {
		free(text);
		return err;
	}
	*ret_token = text;
	return 0;
}

static void wipe_text(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void wipe_bytes(struct kube_bytes *bytes)
{
	if (bytes->data)
		explicit_bzero(bytes->data, bytes->len);
	free(bytes->data);
}

void kube_config__done(struct kube_config *config)
{
	free(config->server);
	free(config->connect_to);
	free(config->tls_server_name);
	free(config->proxy);
	wipe_bytes(&config->ca);
	free(config->ca_file);
	wipe_bytes(&config->cert);
	free(config->cert_file);
	wipe_bytes(&config->key);
	free(config->key_file);
	wipe_text(config->token);
	free(config->token_file);
	memset(config, 0, sizeof(*config));
}
