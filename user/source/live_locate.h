/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where conntrack keeps a namespace's number of entries and its limit, the
 * kernel side finds out by itself (bpf/walk.bpf.h), given the layout of struct
 * nf_conntrack_net. A part of live.c.
 */
#ifndef DROPWHY_LIVE_LOCATE_H
#define DROPWHY_LIVE_LOCATE_H

#include <stdbool.h>

struct drop_bpf;

struct live_locate {
	struct drop_bpf *skel;	/* loaded */
	const char *btf_path;	/* a file with the kernel's BTF; NULL: its own */
	bool guesses;		/* no type tells: layouts are tried */
};

/**
 * @brief **live_locate__run()** looks for conntrack's types, then for its data; these may not be
 * there (yet).
 * @return 0; -ENOENT: the kernel cannot run the program; another -errno
 */
int live_locate__run(struct live_locate *locate);

/** @brief **live_locate__again()** looks for the data, if it was not there yet. 0 or -errno. */
int live_locate__again(struct live_locate *locate);

#endif
