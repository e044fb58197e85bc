/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The running kernel as a source of drop records: loads and attaches the BPF
 * programs, switches counting on and off on every CPU, reads the ring buffer
 * and the counters. Knows no packet and no name.
 */
#ifndef DROPWHY_LIVE_H
#define DROPWHY_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/direct_verdict.h"
#include "bpf/drop_filter.h"
#include "bpf/live_state.h"

enum live_hook {
	LIVE_HOOK_AUTO,		/* the typed tracepoint, else the classic one */
	LIVE_HOOK_BTF,		/* tp_btf/kfree_skb or nothing */
	LIVE_HOOK_TRACEPOINT,	/* the classic skb:kfree_skb or nothing */
};

/* A kernel function that may sit in a netfilter hook. */
struct hook_function {
	__u64 address;
	__u32 kind;		/* HOOK_* */
};

/* Addresses of the kernel's variables that tell where x86_64 has all memory mapped; 0: unknown. */
struct memory_symbols {
	__u64 page_offset_base;
	__u64 vmemmap_base;
};

/* Pointers are read during live__open() only, but for btf_path. */
struct live_options {
	enum live_hook hook;
	const char *btf_path;	/* a file with this kernel's BTF; NULL: its own; the caller's until live__close() */
	const struct drop_filter *filter;
	const __u8 *reason_flags; /* REASON_SLOTS of REASON_F_* */
	const struct location_class *locations; /* sorted by start */
	size_t location_count;	/* at most LOCATION_CLASSES_MAX */
	const struct hook_function *hooks;
	size_t hook_count;
	size_t ring_bytes;	/* a power of two times the page size */
	size_t netns_count;	/* namespaces that exist now; room is made for more */
	struct memory_symbols memory; /* zeroes: what lies in page fragments stays unread before 6.12 */
	const __u16 *dns_ports;	/* whose packets' payloads are delivered; host order */
	size_t dns_port_count;	/* at most DNS_PORTS_MAX */
	bool noise;		/* deliver noise reasons too */
	enum fold_mode fold;	/* count drops of one key together; needs live__flush() */
	bool fold_flows_only;	/* never of many flows together, however many there are */
	enum conntrack_mode conntrack; /* how causes of conntrack's drops are found */
	bool verdicts;		/* direct hooks will be attached, now or later */
	bool trial;		/* load, but attach nothing: only to be asked for its name and closed */
};

struct live;

/* What could not be done, for the one message that the caller prints. */
struct live_failure {
	const char *what;	/* static, e.g. "load the BPF programs" */
	const char *remedy;	/* static, or NULL: none known */
	bool kernel_cannot;	/* it is the kernel that lacks something: exit status 3 */
};

/**
 * @brief **live__open()** loads and attaches the programs; they count nothing
 * yet.
 * @param options what to load
 * @param ret_live on success, free with live__close()
 * @param ret_failure on failure, what and why
 * @return 0 or -errno
 */
int live__open(const struct live_options *options, struct live **ret_live,
	       struct live_failure *ret_failure);

/**
 * @brief **live__start()** takes the baseline of conntrack's counters in every
 * namespace on every CPU, then starts counting.
 * @param ret_failure as in live__open()
 * @return 0 or -errno
 */
int live__start(struct live *live, struct live_failure *ret_failure);

/**
 * @brief **live__map()** maps the ring that records wait in, each page twice; nothing that reads
 * it may be called before. After live__start(), when what only starting needs has been freed:
 * the two are of a size.
 * @param ret_failure as in live__open()
 * @return 0 or -errno
 */
int live__map(struct live *live, struct live_failure *ret_failure);

/**
 * @brief **live__stop()** stops counting on every CPU. Records and counters
 * stay to be read. Calling it again does nothing.
 */
void live__stop(struct live *live);

/** @brief **live__fd()** an epoll descriptor, readable when records wait. */
int live__fd(const struct live *live);

/* Gets one record; the data lives until it returns. */
typedef void (*live_record_fn)(void *ctx, const void *data, size_t size);

/* Records handed over at a time: where they come faster than they are read, that has no end. */
#define LIVE_CONSUME_MAX 8192

/**
 * @brief **live__consume()** hands over the records that wait.
 * @return how many; LIVE_CONSUME_MAX: there may be more; or -errno
 */
int live__consume(struct live *live, live_record_fn fn, void *ctx);

/**
 * @brief **live__folds()** whether the fold tables may hold something, so that
 * live__flush() is wanted. Costs no system call.
 */
bool live__folds(const struct live *live);

/**
 * @brief **live__flush()** puts what the fold tables have counted into the ring
 * buffer, to be called once a fold window; what was not used since the last
 * time is forgotten. Records that find no room are read and handed over.
 * @return 0 or -errno; then it can be called again, and nothing is lost
 */
int live__flush(struct live *live, live_record_fn fn, void *ctx);

/** @brief **live__storms()** how many storms have begun so far, with FOLD_STORMS. */
__u32 live__storms(const struct live *live);

/** @brief **live__coarse()** packets that were counted without ports, or addresses, for lack of room. */
__u64 live__coarse(const struct live *live);

/**
 * @brief **live__counters()** adds up the CPUs' counters.
 * @param ret_counts REASON_SLOTS of them, by reason_slot()
 * @param ret_missed runs that the kernel skipped because the program was
 * already running on that CPU: packets in no slot
 * @return 0 or -errno
 */
int live__counters(struct live *live, struct drop_counters *ret_counts, __u64 *ret_missed);

/* Packets of one namespace that were attributed to each of conntrack's counters. */
struct live_claim {
	__u32 netns_ino;
	__u64 drop;
	__u64 insert_failed;
	__u64 chaintoolong;
};

/**
 * @brief **live__claims()** lists what was attributed to conntrack's counters.
 * @param ret_claims array to free(); a number that was used by several
 * namespaces in turn appears once for each
 * @param ret_count its length
 * @return 0 or -errno
 */
int live__claims(struct live *live, struct live_claim **ret_claims, size_t *ret_count);

/* How sure the causes of netfilter's drops are, in packets. */
struct live_evidence {
	__u64 no_baseline;	/* whose counters could not be compared: new, full or late */
	__u64 compared;		/* of which counters and direct hooks both spoke (CONNTRACK_BOTH) */
	__u64 disagreed;	/* of these, on which they differed */
};

/** @brief **live__evidence()** adds up the CPUs' findings. 0 or -errno. */
int live__evidence(struct live *live, struct live_evidence *ret_evidence);

/** @brief **live__conntrack_gone()** nf_conntrack is not there, or was loaded. */
void live__conntrack_gone(struct live *live, bool gone);

/**
 * @brief **live__conntrack_up()** looks again for what was not there yet when
 * nf_conntrack was noticed: it is seen before it is up. 0 or -errno.
 */
int live__conntrack_up(struct live *live);

/**
 * @brief **live__finds_entries()** tells whether conntrack's number of entries is where its own
 * types say, or where it may be without them. False, too, where struct net has it.
 */
bool live__finds_entries(struct live *live);

/**
 * @brief **live__modules_changed()** to be called when modules were loaded or
 * unloaded: functions moved in where others were, and conntrack may have come.
 * @return 0 or -errno
 */
int live__modules_changed(struct live *live, const struct location_class *locations,
			  size_t location_count, const struct hook_function *hooks,
			  size_t hook_count);

/** @brief **live__verdicts_fd()** the map in which direct hooks leave their verdicts. */
int live__verdicts_fd(const struct live *live);

/** @brief **live__events_fd()** the ring buffer's map. */
int live__events_fd(const struct live *live);

/**
 * @brief **live__maintain()** to be called about once a second: forgets deleted
 * namespaces when room gets short, and takes the baselines of CPUs that came online.
 * @return 0 or -errno; it can be called again
 */
int live__maintain(struct live *live);

/** @brief **live__hook_name()** the program in use, e.g. "tp_btf/kfree_skb (4 arguments)". */
const char *live__hook_name(const struct live *live);

/** @brief **live__close()** detaches and frees; NULL is fine. */
void live__close(struct live *live);

#endif
