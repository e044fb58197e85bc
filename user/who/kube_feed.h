/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One resource of the Kubernetes API kept current: which request comes next and
 * when (list in pages, watch from where the list ended, list again when that is
 * too old, wait longer after each failure), and what the answers change. It
 * sends nothing itself: kube_client.h does, and tests feed it by hand.
 */
#ifndef DROPWHY_KUBE_FEED_H
#define DROPWHY_KUBE_FEED_H

#include <linux/types.h>
#include <stdbool.h>

#include "user/who/kube_object.h"
#include "user/who/kube_split.h"

/* Objects asked for at once; servers give all at once from their cache. */
#define KUBE_PAGE_ITEMS 500

/* Longest path with its query: a token of the server's to go on is the longest part. */
#define KUBE_PATH_LEN	  8192
#define KUBE_CONTINUE_LEN 2048
#define KUBE_VERSION_LEN  64
#define KUBE_MESSAGE_LEN  512

enum kube_op {
	KUBE_OP_BEGIN,	/* a full list of the kind comes */
	KUBE_OP_PUT,	/* this object exists, like this */
	KUBE_OP_DELETE,	/* this object is gone */
	KUBE_OP_END,	/* the list was full: what was in none of its PUTs is gone */
	KUBE_OP_BROKEN,	/* the list broke off: nothing is known of what did not come */
	KUBE_OP_DOWN,	/* it cannot be kept current; text says why and what to do */
	KUBE_OP_UP,	/* it can again */
};

struct kube_event {
	enum kube_op op;
	enum kube_kind kind;
	struct kube_object *object;	/* of PUT and DELETE: the receiver's to free */
	const char *text;		/* of DOWN; lives until the callback returns */
};

/* Gets what changed. Returns 0, or an error that ends the answer it came from. */
typedef int (*kube_event_fn)(void *ctx, const struct kube_event *event);

struct kube_feed_options {
	enum kube_kind kind;
	bool kubelet;		/* asked is a kubelet: all its pods, every poll_ms, no watch */
	const char *node;	/* pods of this node alone, or this node alone; NULL: all */
	bool want_labels;
	unsigned int poll_ms;
	__u64 seed;		/* spreads the retries of many nodes */
};

/* How a request ended. */
struct kube_answer {
	const char *broken;	/* why there is no whole answer; NULL: there is one */
	const char *remedy;	/* for @broken; NULL: none known */
	long status;		/* HTTP's; 0: none came */
	long retry_after_s;	/* the server wants this much time; 0: it does not say */
};

struct kube_feed {
	struct kube_feed_options options;
	kube_event_fn emit;
	void *ctx;
	struct kube_split split;
	unsigned int variant;		/* which API of the kind, the newest first */
	bool watching;			/* the request is, or will be, a watch */
	bool busy;			/* a request is under way */
	bool listing;			/* between BEGIN and END or BROKEN */
	bool down;			/* DOWN was the last word */
	unsigned int gone;		/* answers in a row that our version is none the server has */
	bool listed;			/* a list was complete once */
	unsigned int failures;		/* in a row */
	unsigned int watched;		/* events of this watch */
	__u64 due_ms;			/* when the next request may begin */
	__u64 begun_ms;
	__u64 random;
	__u64 malformed;		/* objects that were none */
	__u64 requests;
	int status_in_watch;		/* an error that came inside a watch; 0: none */
	char version[KUBE_VERSION_LEN];		/* resourceVersion that is known */
	char next[KUBE_CONTINUE_LEN];		/* continue of the next page */
	char path[KUBE_PATH_LEN];
	char message[KUBE_MESSAGE_LEN];		/* what the server says of a failure */
	size_t body_len;
	char body[4096];			/* of an answer that is a failure */
};

/**
 * @brief **kube_feed__init()** begins with nothing known and a list due at once.
 * @param options copied; its texts must live as long as the feed
 * @param emit gets the events
 */
void kube_feed__init(struct kube_feed *feed, const struct kube_feed_options *options,
		     kube_event_fn emit, void *ctx);

/**
 * @brief **kube_feed__begin()** begins the request that is due.
 * @param now_ms any clock that never goes back
 * @param ret_timeout_s after which the request is to be given up
 * @return its path and query; lives until the next call
 */
const char *kube_feed__begin(struct kube_feed *feed, __u64 now_ms, unsigned int *ret_timeout_s);

/**
 * @brief **kube_feed__bytes()** takes a piece of the answer.
 * @param status HTTP's
 * @return 0; an error: the request is to be ended
 */
int kube_feed__bytes(struct kube_feed *feed, long status, const char *bytes, size_t len);

/** @brief **kube_feed__end()** ends the request and decides what comes next, and when. */
void kube_feed__end(struct kube_feed *feed, __u64 now_ms, const struct kube_answer *answer);

/** @brief **kube_feed__done()** frees what it holds, not itself. */
void kube_feed__done(struct kube_feed *feed);

#endif
