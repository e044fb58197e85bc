/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Cuts what the Kubernetes API sends, as it arrives in pieces of any size, into
 * single objects: the items of a list, or the lines of a watch. So the memory
 * for an answer is that of its largest object, whatever the number of objects.
 * What an object says is kube_object.h's; a JSON library reads it.
 */
#ifndef DROPWHY_KUBE_SPLIT_H
#define DROPWHY_KUBE_SPLIT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* etcd holds nothing above 1.5 MiB by default, and JSON is up to twice as long. */
#define KUBE_OBJECT_BYTES_MAX (4 << 20)

enum kube_split_mode {
	KUBE_SPLIT_LIST,	/* one object with "items" and "metadata" */
	KUBE_SPLIT_STREAM,	/* one object after the other */
};

enum kube_split_part {
	KUBE_PART_ITEM,		/* an element of "items", or one object of a stream */
	KUBE_PART_METADATA,	/* the list's "metadata" */
};

/* Gets the bytes of one object; they live until it returns. Returns 0, or an
 * error that ends the splitting and comes out of kube_split__push(). */
typedef int (*kube_split_fn)(void *ctx, enum kube_split_part part, const char *bytes, size_t len);

struct kube_split {
	enum kube_split_mode mode;
	kube_split_fn fn;
	void *ctx;
	char *held;		/* the part of an object that has arrived */
	size_t held_len;
	size_t held_room;
	size_t max_bytes;	/* of one object; a longer one is skipped */
	__u64 too_long;		/* objects that were skipped */
	int err;		/* it stays broken */
	unsigned int depth;
	unsigned int key_len;
	char key[16];		/* the last name at the top of a list */
	enum kube_split_part part;
	unsigned int hold_depth; /* the object being held began here; 0: none */
	bool skipping;		/* it is too long */
	bool in_text;
	bool escaped;
	bool in_key;		/* in_text, and it is a name at the top of a list */
	bool after_colon;	/* a value at the top of a list comes */
	bool in_items;
	bool has_items;		/* so that it is a list */
	bool complete;		/* the list's last bracket was seen */
};

/**
 * @brief **kube_split__init()** begins an answer.
 * @param split embedded; end with kube_split__done()
 * @param fn gets the objects
 * @param ctx for @p fn
 */
void kube_split__init(struct kube_split *split, enum kube_split_mode mode, kube_split_fn fn,
		      void *ctx);

/**
 * @brief **kube_split__restart()** begins another answer: as kube_split__init(),
 * but the memory and the count of objects that were too long stay.
 */
void kube_split__restart(struct kube_split *split, enum kube_split_mode mode, kube_split_fn fn,
			 void *ctx);

/**
 * @brief **kube_split__push()** takes the next bytes of the answer.
 * @return 0; -EBADMSG: this is no JSON of that form; -ENOMEM; or what the
 * callback returned. After an error all further calls return it
 */
int kube_split__push(struct kube_split *split, const char *bytes, size_t len);

/**
 * @brief **kube_split__end()** tells whether the answer may end here.
 * @return 0; -EBADMSG: it was cut off; or the error of an earlier push
 */
int kube_split__end(const struct kube_split *split);

/** @brief **kube_split__done()** frees what it holds, not itself. */
void kube_split__done(struct kube_split *split);

#endif
