/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One HTTP request of a feed by libcurl: who we are, whom we believe, how long
 * we wait, and what its failures mean.
 */
#ifndef DROPWHY_KUBE_TRANSFER_H
#define DROPWHY_KUBE_TRANSFER_H

#include "user/who/kube_config.h"
#include "user/who/kube_curl.h"
#include "user/who/kube_feed.h"

struct kube_transfer {
	const struct kube_curl *curl;
	CURL *easy;		/* NULL: never used */
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	struct kube_feed *feed;
	int err;		/* why the feed ended it */
	bool under_way;
	char text[CURL_ERROR_SIZE];
	char remedy[256];
};

/**
 * @brief **kube_transfer__begin()** sends a request.
 * @param t zeroed at first but for curl; used for one request after the other
 * @param config lives until the end of the transfer
 * @param ret_answer on failure, for kube_feed__end()
 * @return 0 or -errno
 */
int kube_transfer__begin(struct kube_transfer *t, CURLM *multi, const struct kube_config *config,
			 struct kube_feed *feed, const char *path, unsigned int timeout_s,
			 struct kube_answer *ret_answer);

/**
 * @brief **kube_transfer__end()** takes a transfer that is done from the multi handle.
 * @param ret_answer its texts live until the next call
 */
void kube_transfer__end(struct kube_transfer *t, CURLM *multi, CURLcode code,
			struct kube_answer *ret_answer);

/** @brief **kube_transfer__done()** frees what it holds, under way or not. */
void kube_transfer__done(struct kube_transfer *t, CURLM *multi);

#endif
