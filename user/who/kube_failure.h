/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why the Kubernetes API or a kubelet does not answer, and what to do about it.
 */
#ifndef DROPWHY_KUBE_FAILURE_H
#define DROPWHY_KUBE_FAILURE_H

#include <stddef.h>

#include "user/who/kube_feed.h"

/* Longest text of kube_failure__describe() with its NUL. */
#define KUBE_FAILURE_LEN 2048

/**
 * @brief **kube_failure__describe()** says what failed, why, and what helps.
 * @param status HTTP's, or one that came inside a watch; 0: none
 * @param buf KUBE_FAILURE_LEN bytes; gets one line without control characters
 */
void kube_failure__describe(const struct kube_feed *feed, const struct kube_answer *answer,
			    long status, char *buf);

/** @brief **kube_failure__of_body()** says what is wrong with an answer's bytes. */
const char *kube_failure__of_body(int err);

/**
 * @brief **kube_failure__read_status()** finds what the server says in an
 * answer that is a failure: the message of a Status, or the text itself.
 * @param buf @p room bytes; gets a NUL
 */
void kube_failure__read_status(const char *body, size_t len, char *buf, size_t room);

/** @brief **kube_failure__copy()** copies a server's text, made harmless and cut to fit. */
void kube_failure__copy(const char *text, char *buf, size_t room);

#endif
