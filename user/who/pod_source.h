/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one interface of all that knows pods: files of a runtime, the kubelet,
 * the API server. To add a source: write who/source_NAME.c with one struct
 * pod_source and list it in who/sources.c.
 *
 * A source of files is asked to scan, at the start and when something changes
 * in a directory that it names. A source at the network's other end has a
 * descriptor and tells what changes; it must not block. Both speak to the
 * directory (directory.h) by directory__begin()/upsert/end() for all there is,
 * and by upsert/delete for one thing.
 */
#ifndef DROPWHY_POD_SOURCE_H
#define DROPWHY_POD_SOURCE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct directory;
struct kube_options;

/*
 * Of two statements that differ the better source's counts, from the worst to
 * the best. The API server is the best but late: where a pod's sandbox lives
 * on this node, what is here decides who has an address.
 */
enum source_rank {
	RANK_NAMES,	/* names a UID, proves no life: directories of logs */
	RANK_CACHE,	/* counts only for a sandbox that lives: the CNI results */
	RANK_RUNTIME,	/* containerd, CRI-O, Docker, Podman */
	RANK_KUBELET,
	RANK_API,
};

/* Kept for each source; shown by `dropwhy pods` and, when not 0, at the end of a run. */
struct source_stats {
	__u64 scans;
	__u64 files;	/* read in the last scan */
	__u64 statements; /* believed in the last scan */
	__u64 torn;	/* not what they should be: half written, hostile, unknown form */
	__u64 huge;	/* beyond the limit */
	__u64 stale;	/* of sandboxes and namespaces that are gone */
	__u64 unreadable; /* no permission, input error */
	bool unfinished;  /* some of it is so new that it may be whole in a moment */
	char example[256]; /* the first file of those, and why; "" for none */
};

struct pod_source_options {
	const char *root; /* as for netns_table__new(), never NULL */
	const char *node; /* what the user calls this node; NULL: see node_name.h */
	const struct kube_options *kube; /* NULL: nobody is asked over the network */
};

struct pod_source {
	const char *name; /* "containerd": as shown to the user */
	enum source_rank rank;

	/* Opens it; state is the source's own. NULL: there is nothing to open.
	 * 0; -ENOENT: not on this node, and not asked again; -errno: why it cannot. */
	int (*open)(const struct pod_source_options *options, void **ret_state);

	/* Tells all there is, as statements of source number @id, between
	 * directory__begin() and directory__end(), which sources.c calls. Problems
	 * are counted by source_stats. NULL: the source tells by itself.
	 * 0 or -errno: then nothing known before is taken back. */
	int (*scan)(void *state, struct directory *dir, int id, struct source_stats *stats);

	/* Directories, below the root, in which files come and go with pods; the
	 * index counts from 0, NULL ends it. Those that are missing are looked for
	 * again when their parent changes. NULL: none. */
	const char *(*watch)(void *state, size_t index);

	/* A descriptor that becomes readable when there is something to do (an epoll
	 * descriptor may hold several and a timer); -1: none. NULL: none. */
	int (*fd)(void *state);

	/* Does what there is to do, without blocking; of a source without a
	 * descriptor once, when it is opened. 0, or -errno: the source is
	 * closed, with a word to the user. */
	int (*ready)(void *state, struct directory *dir, int id, struct source_stats *stats);

	/* Says in one line how it stands ("connected", "retrying in 4 s: Connection
	 * refused"); NULL: sources.c says it. */
	size_t (*status)(void *state, char *buf, size_t size);

	/* A word for the user, told once; to be freed. NULL: none. NULL: never any. */
	char *(*notice)(void *state);

	/* Whether the other end has told all there is, or cannot be asked. NULL: always. */
	bool (*settled)(void *state);

	/* Whether the other end has told all there is, and still tells what changes.
	 * NULL: always. */
	bool (*told)(void *state);

	void (*close)(void *state);
};

extern const struct pod_source source_containerd;
extern const struct pod_source source_crio;
extern const struct pod_source source_podman;
extern const struct pod_source source_docker;
extern const struct pod_source source_cni;
extern const struct pod_source source_pod_logs;
extern const struct pod_source source_container_logs;
extern const struct pod_source source_node;

/* By the network, only if asked for. */
extern const struct pod_source source_kubelet;
extern const struct pod_source source_api;

/* Asked by the directory itself, of a namespace that nobody else states. */
extern const struct pod_source source_proc;

#endif
