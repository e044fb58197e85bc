// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds where objects begin and end by counting brackets outside texts. It does
 * not check what stands between them: each object goes to a JSON parser, which
 * does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/kube_split.h"

/* The deepest object of the API has some fifteen levels. */
#define DEPTH_MAX 64

#define HELD_BYTES_FIRST (16 << 10)
#define HELD_BYTES_KEPT	 (256 << 10)

void kube_split__init(struct kube_split *split, enum kube_split_mode mode, kube_split_fn fn,
		      void *ctx)
{
	*split = (struct kube_split){
		.mode = mode,
		.fn = fn,
		.ctx = ctx,
		.max_bytes = KUBE_OBJECT_BYTES_MAX,
	};
}

void kube_split__restart(struct kube_split *split, enum kube_split_mode mode, kube_split_fn fn,
			 void *ctx)
{
	struct kube_split old = *split;

	kube_split__init(split, mode, fn, ctx);
	/* one huge object must not hold its memory for months */
	if (old.held_room > HELD_BYTES_KEPT) {
		free(old.held);
	} else {
		split->held = old.held;
		split->held_room = old.held_room;
	}
	split->too_long = old.too_long;
	split->max_bytes = old.max_bytes;
}

void kube_split__done(struct kube_split *split)
{
	free(split->held);
	split->held = NULL;
	split->held_len = split->held_room = 0;
}

static void split__hold(struct kube_split *split, const char *bytes, size_t len)
{
	size_t room = split->held_room ? split->held_room : HELD_BYTES_FIRST;
	char *grown;

	if (!split->hold_depth || split->skipping)
		return;
	if (len > split->max_bytes - split->held_len) {
		split->skipping = true;
		split->too_long++;
		return;
	}
	while (room < split->held_len + len)
		room *= 2;
	if (room != split->held_room) {
		grown = realloc(split->held, room);
		if (!grown) {
			split->err = -ENOMEM;
			return;
		}
		split->held = grown;
		split->held_room = room;
	}
	memcpy(split->held + split->held_len, bytes, len);
	split->held_len += len;
}

/* An object ends before @end; what of it was not held yet begins at @from. */
static void split__emit(struct kube_split *split, const char *from, const char *end)
{
	split__hold(split, from, end - from);
	if (!split->err && !split->skipping)
		split->err = split->fn(split->ctx, split->part, split->held, split->held_len);
	split->hold_depth = 0;
	split->skipping = false;
	split->held_len = 0;
}

static bool split__key_is(const struct kube_split *split, const char *name)
{
	return split->key_len == strlen(name) && !memcmp(split->key, name, split->key_len);
}

static bool split__begins_object(struct kube_split *split)
{
	if (split->hold_depth)
		return false;
	split->part = KUBE_PART_ITEM;
	if (split->mode == KUBE_SPLIT_STREAM)
		return split->depth == 0;
	if (split->in_items)
		return split->depth == 2;
	split->part = KUBE_PART_METADATA;
	return split->depth == 1 && split->after_colon && split__key_is(split, "metadata");
}

static void split__open(struct kube_split *split, const char *at, const char **from)
{
	if (split->depth == DEPTH_MAX || (split->depth == 0 && *at != '{') ||
	    (split->depth == 1 && split->mode == KUBE_SPLIT_LIST && !split->after_colon)) {
		split->err = -EBADMSG;
		return;
	}
	if (*at == '{' && split__begins_object(split)) {
		split->hold_depth = split->depth + 1;
		*from = at;
	} else if (*at == '[' && split->mode == KUBE_SPLIT_LIST && split->depth == 1 &&
		   split__key_is(split, "items")) {
		split->in_items = true;
	}
	split->depth++;
}

static void split__close(struct kube_split *split, const char *at, const char *from)
{
	if (split->depth == 0) {
		split->err = -EBADMSG;
		return;
	}
	if (split->hold_depth == split->depth)
		split__emit(split, from, at + 1);
	split->depth--;
	if (split->depth == 1)
		split->in_items = false;
	if (split->depth == 0 && split->mode == KUBE_SPLIT_LIST)
		split->complete = true;
}

static void split__text_begins(struct kube_split *split)
{
	if (split->depth == 0) {
		split->err = -EBADMSG;
		return;
	}
	split->in_text = true;
	split->in_key = split->mode == KUBE_SPLIT_LIST && split->depth == 1 && !split->after_colon;
	if (split->in_key)
		split->key_len = 0;
}

/* One byte outside texts. */
static void split__step(struct kube_split *split, const char *at, const char **from)
{
	switch (*at) {
	case '"':
		split__text_begins(split);
		break;
	case '{':
	case '[':
		if (split->complete)
			split->err = -EBADMSG;
		else
			split__open(split, at, from);
		break;
	case '}':
	case ']':
		split__close(split, at, *from);
		break;
	case ':':
		if (split->depth != 1)
			break;
		split->after_colon = true;
		split->has_items |= split__key_is(split, "items");
		break;
	case ',':
		if (split->depth == 1)
			split->after_colon = false;
		break;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		break;
	default:
		if (split->depth == 0)
			split->err = -EBADMSG;
	}
}

/* One byte inside a text. */
static void split__step_text(struct kube_split *split, char byte)
{
	if (split->escaped) {
		split->escaped = false;
	} else if (byte == '\\') {
		split->escaped = true;
	} else if (byte == '"') {
		split->in_text = split->in_key = false;
		return;
	}
	if (!split->in_key)
		return;
	/* a longer one is none that is looked for */
	if (split->key_len < sizeof(split->key))
		split->key[split->key_len++] = byte;
}

int kube_split__push(struct kube_split *split, const char *bytes, size_t len)
{
	const char *end = bytes + len, *from = bytes, *at;

	for (at = bytes; at < end && !split->err; at++) {
		if (split->in_text)
			split__step_text(split, *at);
		else
			split__step(split, at, &from);
	}
	if (!split->err && split->hold_depth)
		split__hold(split, from, end - from);
	return split->err;
}

int kube_split__end(const struct kube_split *split)
{
	if (split->err)
		return split->err;
	/* what has no items is no list, not even an empty one */
	if (split->depth ||
	    (split->mode == KUBE_SPLIT_LIST && !(split->complete && split->has_items)))
		return -EBADMSG;
	return 0;
}
