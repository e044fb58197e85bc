// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loads and reads the sysctl watch: see sysctl_watch.h.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "user/source/btf_excerpt.h"
#include "user/source/kernel_btf.h"
#include "user/source/sysctl_watch.h"
#include "user/sysctl/names.h"

/* generated; must match bpf/sysctl_record.h */
#include "sysctl_watch.skel.h"

struct sysctl_watch {
	struct sysctl_watch_bpf *skel;
	struct bpf_link *link;
	struct ring_buffer *ring;
	sysctl_record_fn fn;
	void *ctx;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct sysctl_watch *watch = ctx;
	const struct sysctl_record *record = data;

	if (size >= sizeof(*record) && record->hdr.type == RECORD_SYSCTL &&
	    record->hdr.version == DROP_RECORD_VERSION)
		watch->fn(watch->ctx, record);
	return 0;
}

static int fill_names(struct sysctl_watch *watch, const char *const *names, size_t count)
{
	int fd = bpf_map__fd(watch->skel->maps.watched);
	struct sysctl_watched_name key;
	__u8 yes = 1;
	size_t i;

	for (i = 0; i < count; i++) {
		sysctl_names__key(names[i], &key);
		if (bpf_map_update_elem(fd, &key, &yes, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int load(struct sysctl_watch *watch, int cgroup_fd, const char *btf_path,
		const char *const *names, size_t name_count)
{
	struct btf_excerpt *excerpt = kernel_btf__excerpt(btf_path);
	LIBBPF_OPTS(bpf_object_open_opts, options,
		    .btf_custom_path = excerpt ? btf_excerpt__path(excerpt) : btf_path);
	int err;

	watch->skel = sysctl_watch_bpf__open_opts(&options);
	err = watch->skel ? kernel_btf__fill_excerpt(excerpt, bpf_object__btf(watch->skel->obj)) :
			    -errno;
	if (!err)
		err = sysctl_watch_bpf__load(watch->skel);
	btf_excerpt__free(excerpt);
	if (!err)
		err = fill_names(watch, names, name_count);
	if (err)
		return err;
	watch->ring = ring_buffer__new(bpf_map__fd(watch->skel->maps.changes), on_record, watch,
				       NULL);
	if (!watch->ring)
		return -errno;
	/* a link: beside others (BPF_F_ALLOW_MULTI), and gone with its last descriptor */
	watch->link = bpf_program__attach_cgroup(watch->skel->progs.sysctl_watch, cgroup_fd);
	return watch->link ? 0 : -errno;
}

struct sysctl_watch *sysctl_watch__open(int cgroup_fd, const char *btf_path,
					const char *const *names, size_t name_count)
{
	struct sysctl_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return NULL;
	err = load(watch, cgroup_fd, btf_path, names, name_count);
	if (!err)
		return watch;
	sysctl_watch__close(watch);
	errno = -err;
	return NULL;
}

int sysctl_watch__fd(const struct sysctl_watch *watch)
{
	return ring_buffer__epoll_fd(watch->ring);
}

int sysctl_watch__consume(struct sysctl_watch *watch, sysctl_record_fn fn, void *ctx)
{
	watch->fn = fn;
	watch->ctx = ctx;
	return ring_buffer__consume(watch->ring);
}

int sysctl_watch__counters(const struct sysctl_watch *watch,
			   struct sysctl_watch_counters *ret_counters)
{
	int cpus = libbpf_num_possible_cpus(), cpu, err = 0;
	struct sysctl_watch_counters *values, sum = {};
	__u32 zero = 0;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(watch->skel->maps.counters), &zero, values)) {
		err = -errno;
		goto cleanup;
	}
	for (cpu = 0; cpu < cpus; cpu++) {
		sum.seen += values[cpu].seen;
		sum.lost += values[cpu].lost;
	}
	*ret_counters = sum;
cleanup:
	free(values);
	return err;
}

void sysctl_watch__close(struct sysctl_watch *watch)
{
	if (!watch)
		return;
	bpf_link__destroy(watch->link);
	ring_buffer__free(watch->ring);
	sysctl_watch_bpf__destroy(watch->skel);
	free(watch);
}
