/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a Kubernetes API server or kubelet is, whom it is trusted by, and who
 * we are there: from a kubeconfig, or from what a pod finds in itself.
 */
#ifndef DROPWHY_KUBE_CONFIG_H
#define DROPWHY_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#define KUBE_CONFIG_ERROR_LEN 512

/* Of a kubeconfig, and of each file that it names. */
#define KUBE_CONFIG_BYTES_MAX (1 << 20)

struct kube_bytes {
	char *data;	/* NULL: none */
	size_t len;
};

/* Texts are the configuration's and NULL when not given. Of a file and bytes
 * for the same thing only one is there. Files are read again by who uses them:
 * tokens and client certificates are renewed while we run. */
struct kube_config {
	char *server;		/* "https://HOST[:PORT][/PATH]" or http, without a slash at its end */
	char *connect_to;	/* "HOST:PORT" to connect to instead */
	char *tls_server_name;	/* the certificate is to be this name's */
	char *proxy;
	struct kube_bytes ca;
	char *ca_file;
	struct kube_bytes cert;
	char *cert_file;
	struct kube_bytes key;
	char *key_file;
	char *token;
	char *token_file;
	bool insecure;		/* the kubeconfig says not to verify the server */
};

/**
 * @brief **kube_config__parse()** reads the text of a kubeconfig.
 * @param path what relative file names are relative to the directory of, and
 * what messages name
 * @param context which one; NULL: the current one
 * @param config zeroed; free with kube_config__done() also after a failure
 * @param error gets one line: what is wrong and what helps
 * @return 0; -EINVAL; -ENOMEM
 */
int kube_config__parse(const char *text, size_t len, const char *path, const char *context,
		       struct kube_config *config, char error[KUBE_CONFIG_ERROR_LEN]);

/** @brief **kube_config__load()** reads a kubeconfig; -errno also if it cannot be read. */
int kube_config__load(const char *path, const char *context, struct kube_config *config,
		      char error[KUBE_CONFIG_ERROR_LEN]);

/**
 * @brief **kube_config__in_cluster()** finds the API server from inside a pod.
 * @param dir of the service account's token and CA; NULL: where pods have them
 * @return 0; -ENOENT: this is no pod, or it has no service account; -EINVAL; -ENOMEM
 */
int kube_config__in_cluster(const char *dir, struct kube_config *config,
			    char error[KUBE_CONFIG_ERROR_LEN]);

/**
 * @brief **kube_config__check()** refuses what would give credentials away or
 * can never work.
 * @param name of where it comes from, for @p error
 * @return 0 or -EINVAL
 */
int kube_config__check(const struct kube_config *config, const char *name,
		       char error[KUBE_CONFIG_ERROR_LEN]);

/**
 * @brief **kube_config__token()** is the token of now.
 * @param ret_token to be freed; NULL: there is none to be used
 * @return 0; -errno: its file cannot be read; -EINVAL: what is in it is no token
 */
int kube_config__token(const struct kube_config *config, char **ret_token);

/** @brief **kube_config__done()** frees and wipes all, not itself. */
void kube_config__done(struct kube_config *config);

#endif
