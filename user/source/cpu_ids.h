/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How far the numbers of CPUs go. They may have holes (arm64 with a device tree
 * that describes a CPU wrongly): then there are more numbers than possible CPUs,
 * as which the kernel counts values of per-CPU maps (libbpf_num_possible_cpus()).
 */
#ifndef DROPWHY_CPU_IDS_H
#define DROPWHY_CPU_IDS_H

/**
 * @brief **cpu_ids__parse()** reads a list such as "0-3,8-11\n".
 * @return the highest number + 1; -EINVAL
 */
int cpu_ids__parse(const char *text);

/** @brief **cpu_ids__possible()** the same of this machine's possible CPUs. -errno: no /sys. */
int cpu_ids__possible(void);

#endif
