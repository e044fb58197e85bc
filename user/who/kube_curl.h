/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libcurl, loaded when a server is to be asked and not before: with what it
 * needs itself it is thirty libraries and 3 MB of memory, which a node without
 * Kubernetes, or with one binary copied to it, does without.
 */
#ifndef DROPWHY_KUBE_CURL_H
#define DROPWHY_KUBE_CURL_H

#include <curl/curl.h>

/* libcurl's functions under their names without "curl_". */
struct kube_curl {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	void (*easy_reset)(CURL *easy);
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	void (*easy_cleanup)(CURL *easy);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_perform)(CURLM *multi, int *ret_running);
	CURLMcode (*multi_poll)(CURLM *multi, struct curl_waitfd fds[], unsigned int count,
				int timeout_ms, int *ret_ready);
	CURLMcode (*multi_wakeup)(CURLM *multi);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *ret_left);
	CURLMcode (*multi_cleanup)(CURLM *multi);
};

/**
 * @brief **kube_curl__load()** loads libcurl, once for the process.
 * @return its functions, for ever; NULL: it is not installed, or too old
 */
const struct kube_curl *kube_curl__load(void);

#endif
