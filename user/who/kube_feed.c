// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * List and watch, as the API's conventions describe them: a list names the
 * version that a watch begins at; bookmarks move it on where nothing changes;
 * "410 Gone" means that it is too old and a list must come again.
 */
#include <errno.h>
#include <string.h>

#include "user/who/kube_failure.h"
#include "user/who/kube_feed.h"
#include "user/who/kube_path.h"

/* A watch is ended by the server after 5 to 10 minutes, as client-go has it;
 * a list of a cluster's 150,000 pods takes a slow network minutes. */
#define WATCH_S_MIN 300
#define LIST_S_MAX  300
#define WATCH_S_EXTRA 30

#define BACKOFF_MS_FIRST 1000
#define BACKOFF_MS_MAX	 30000
/* Credentials and roles do not change by the second. */
#define BACKOFF_MS_REFUSED 300000
#define RETRY_AFTER_S_MAX  600

/* A watch that ends this soon without a word is a failure, not news. */
#define WATCH_MS_SHORT 1000

/* In a row: a list from the server's memory, one from its disk, then it is a server in trouble. */
#define GONE_QUIET 2

/* So often a watch may fail before it is said, and before a list is tried. */
#define WATCH_FAILURES_QUIET 2
#define WATCH_FAILURES_MAX   5

void kube_feed__init(struct kube_feed *feed, const struct kube_feed_options *options,
		     kube_event_fn emit, void *ctx)
{
	memset(feed, 0, sizeof(*feed));
	feed->options = *options;
	feed->emit = emit;
	feed->ctx = ctx;
	feed->random = options->seed ? options->seed : 1;
	/* from the server's memory, at any age: a thousand nodes that start must not
	 * make it read its disk a thousand times */
	strcpy(feed->version, "0");
	kube_split__init(&feed->split, KUBE_SPLIT_LIST, NULL, NULL);
}

void kube_feed__done(struct kube_feed *feed)
{
	kube_split__done(&feed->split);
}

/* Below @limit; xorshift64, good enough to spread load. */
static __u64 feed__random(struct kube_feed *feed, __u64 limit)
{
	feed->random ^= feed->random << 13;
	feed->random ^= feed->random >> 7;
	feed->random ^= feed->random << 17;
	return limit ? feed->random % limit : 0;
}

static int feed__emit(struct kube_feed *feed, enum kube_op op, struct kube_object *object,
		      const char *text)
{
	struct kube_event event = { .op = op, .kind = feed->options.kind, .object = object,
				    .text = text };

	return feed->emit(feed->ctx, &event);
}

/* --- what is in an answer */

static int feed__put(struct kube_feed *feed, enum kube_op op, json_t *json)
{
	struct kube_object *object;
	int err = kube_object__from_json(feed->options.kind, json, feed->options.want_labels,
					 &object);

	if (err == -EBADMSG) {
		feed->malformed++;
		return 0;
	}
	return err ? err : feed__emit(feed, op, object, NULL);
}

static void feed__set_version(struct kube_feed *feed, json_t *metadata)
{
	const char *version = json_string_value(json_object_get(metadata, "resourceVersion"));
	size_t len = version ? strlen(version) : 0;

	if (len > 0 && len < sizeof(feed->version))
		memcpy(feed->version, version, len + 1);
}

/* The "metadata" of a page may come before its items or after them. */
static int feed__list_part(struct kube_feed *feed, enum kube_split_part part, json_t *json)
{
	const char *next;

	if (part == KUBE_PART_ITEM)
		return feed__put(feed, KUBE_OP_PUT, json);
	feed__set_version(feed, json);
	next = json_string_value(json_object_get(json, "continue"));
	next = next ? next : "";
	if (strlen(next) >= sizeof(feed->next))
		return -EMSGSIZE;
	memcpy(feed->next, next, strlen(next) + 1);
	return 0;
}

static int feed__watch_event(struct kube_feed *feed, json_t *json)
{
	const char *type = json_string_value(json_object_get(json, "type"));
	json_t *object = json_object_get(json, "object");
	int err = 0;

	feed->watched++;
	if (!type) {
		feed->malformed++;
		return 0;
	}
	if (!strcmp(type, "ERROR")) {
		feed->status_in_watch = json_integer_value(json_object_get(object, "code"));
		if (!feed->status_in_watch)
			feed->status_in_watch = 500;
		kube_failure__copy(json_string_value(json_object_get(object, "message")),
				   feed->message, sizeof(feed->message));
		return -ECANCELED;
	}
	if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
		err = feed__put(feed, KUBE_OP_PUT, object);
	else if (!strcmp(type, "DELETED"))
		err = feed__put(feed, KUBE_OP_DELETE, object);
	else if (strcmp(type, "BOOKMARK"))
		feed->malformed++;
	/* only what was taken in may be left out of the next watch */
	if (!err)
		feed__set_version(feed, json_object_get(object, "metadata"));
	return err;
}

static int on_part(void *ctx, enum kube_split_part part, const char *bytes, size_t len)
{
	struct kube_feed *feed = ctx;
	/* it is allowed in an annotation: whoever writes one there must not hide a pod */
	json_t *json = json_loadb(bytes, len, JSON_ALLOW_NUL, NULL);
	int err;

	if (!json) {
		feed->malformed++;
		/* without it nobody knows whether there is more, and from where to watch */
		return part == KUBE_PART_METADATA ? -EBADMSG : 0;
	}
	err = feed->watching ? feed__watch_event(feed, json) : feed__list_part(feed, part, json);
	json_decref(json);
	return err;
}

/* --- requests */

/*
 * A list that is not older than what is known comes from the server's memory, but only if it is
 * asked for at once: a page of it comes from its disk, exactly as old as asked for. When a server
 * restarts, all nodes ask at once.
 */
static bool feed__lists_whole(const struct kube_feed *feed)
{
	return feed->gone < GONE_QUIET && strcmp(feed->version, "0") != 0;
}

const char *kube_feed__begin(struct kube_feed *feed, __u64 now_ms, unsigned int *ret_timeout_s)
{
	struct kube_query query = {
		.kind = feed->options.kind,
		.variant = feed->variant,
		.node = feed->options.node,
		.version = feed->gone >= GONE_QUIET && !feed->watching ? "" : feed->version,
		.next = feed->watching ? "" : feed->next,
		.watch = feed->watching,
		.timeout_s = WATCH_S_MIN + feed__random(feed, WATCH_S_MIN),
		.limit = feed__lists_whole(feed) && !feed->next[0] ? 0 : KUBE_PAGE_ITEMS,
	};

	if (feed->options.kubelet)
		strcpy(feed->path, "/pods");
	else
		/* the parts are bounded: it fits */
		kube_path__format(&query, feed->path, sizeof(feed->path));
	feed->begun_ms = now_ms;
	feed->busy = true;
	feed->requests++;
	feed->watched = 0;
	feed->status_in_watch = 0;
	feed->message[0] = '\0';
	feed->body_len = 0;
	kube_split__restart(&feed->split, feed->watching ? KUBE_SPLIT_STREAM : KUBE_SPLIT_LIST,
			    on_part, feed);
	if (!feed->watching && !feed->listing) {
		feed->listing = true;
		feed__emit(feed, KUBE_OP_BEGIN, NULL, NULL);
	}
	/* the last page says so by having none; it must not be asked for again */
	feed->next[0] = '\0';
	*ret_timeout_s = feed->watching ? query.timeout_s + WATCH_S_EXTRA : LIST_S_MAX;
	return feed->path;
}

int kube_feed__bytes(struct kube_feed *feed, long status, const char *bytes, size_t len)
{
	size_t room = sizeof(feed->body) - feed->body_len;

	if (status == 200)
		return kube_split__push(&feed->split, bytes, len);
	if (len > room)
		len = room;
	memcpy(feed->body + feed->body_len, bytes, len);
	feed->body_len += len;
	return 0;
}

/* --- what comes next */

static __u64 feed__backoff(struct kube_feed *feed, long status, long retry_after_s)
{
	__u64 limit = status == 401 || status == 403 ? BACKOFF_MS_REFUSED : BACKOFF_MS_MAX;
	__u64 wait = BACKOFF_MS_FIRST;
	unsigned int i;

	for (i = 1; i < feed->failures && wait < limit; i++)
		wait *= 2;
	if (wait > limit)
		wait = limit;
	/* between half of it and all of it: many nodes lose one server at once */
	wait = wait / 2 + feed__random(feed, wait / 2 + 1);
	if (retry_after_s > RETRY_AFTER_S_MAX)
		retry_after_s = RETRY_AFTER_S_MAX;
	if (retry_after_s > 0 && wait < (__u64)retry_after_s * 1000)
		wait = retry_after_s * 1000ULL + feed__random(feed, 1000);
	return wait;
}

/* It was set back to before what it told us. */
static bool feed__is_ahead(const struct kube_feed *feed, long status)
{
	return status == 504 && !feed->watching &&
	       !strncmp(feed->message, "Too large resource version", 26);
}

static void feed__list_again(struct kube_feed *feed)
{
	feed->watching = false;
	feed->next[0] = '\0';
}

static void feed__succeed(struct kube_feed *feed, __u64 now_ms)
{
	feed->due_ms = now_ms;
	feed->failures = 0;
	if (feed->watching)
		feed->gone = 0;
	if (!feed->watching && !feed->next[0]) {
		feed->listing = false;
		feed->listed = true;
		feed__emit(feed, KUBE_OP_END, NULL, NULL);
		if (feed->options.kubelet)
			feed->due_ms = now_ms + feed->options.poll_ms;
		else
			feed->watching = true;
	}
	if (feed->down) {
		feed->down = false;
		feed__emit(feed, KUBE_OP_UP, NULL, NULL);
	}
}

static void feed__fail(struct kube_feed *feed, __u64 now_ms, const struct kube_answer *answer)
{
	char text[KUBE_FAILURE_LEN];
	long status = feed->status_in_watch ? feed->status_in_watch : answer->status;

	if (feed->listing)
		feed__emit(feed, KUBE_OP_BROKEN, NULL, NULL);
	feed->listing = false;
	feed->failures++;
	if (status == 410 || feed__is_ahead(feed, status)) {
		/* a list that is not older; should there be none, or the next watch fail, too: the newest */
		feed->gone = feed->watching || feed->gone ? feed->gone + 1 : GONE_QUIET;
		feed__list_again(feed);
		if (feed->gone <= GONE_QUIET) {
			feed->due_ms = now_ms;
			feed->failures--;
			return;
		}
		if (feed->failures < feed->gone - GONE_QUIET)
			feed->failures = feed->gone - GONE_QUIET;
	}
	feed->due_ms = now_ms + feed__backoff(feed, status, answer->retry_after_s);
	if (status == 404 && ++feed->variant < kube_path__variants(feed->options.kind)) {
		feed__list_again(feed);
		strcpy(feed->version, "0");
		feed->due_ms = now_ms;
		return;
	}
	if (status == 404)
		feed->variant = 0;
	/* who is overloaded is not helped by a list */
	if (!feed->watching || (feed->failures >= WATCH_FAILURES_MAX && status != 429))
		feed__list_again(feed);
	if (feed->down || (feed->listed && feed->failures <= WATCH_FAILURES_QUIET &&
			   status != 401 && status != 403))
		return;
	feed->down = true;
	kube_failure__describe(feed, answer, status, text);
	feed__emit(feed, KUBE_OP_DOWN, NULL, text);
}

void kube_feed__end(struct kube_feed *feed, __u64 now_ms, const struct kube_answer *answer)
{
	struct kube_answer result = *answer;
	int err = kube_split__end(&feed->split);
	bool short_watch;

	feed->busy = false;
	short_watch = feed->watching && !feed->watched && now_ms - feed->begun_ms < WATCH_MS_SHORT;
	if (!result.broken && result.status == 200 && err)
		result.broken = kube_failure__of_body(err);
	else if (!result.broken && result.status == 200 && short_watch)
		result.broken = "it ends each watch at once";
	if (!result.broken && result.status == 200 && !feed->status_in_watch) {
		feed__succeed(feed, now_ms);
		return;
	}
	/* it was there and told news: no failure in a row */
	if (feed->watching && feed->watched && !feed->status_in_watch)
		feed->failures = feed->gone = 0;
	if (result.status != 200)
		kube_failure__read_status(feed->body, feed->body_len, feed->message,
					  sizeof(feed->message));
	feed__fail(feed, now_ms, &result);
}
