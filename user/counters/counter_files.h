/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters that the kernel shows in /proc/net. Pure: text in, counters out.
 * The text is changed; any bytes are allowed, NUL-terminated.
 */
#ifndef DROPWHY_COUNTER_FILES_H
#define DROPWHY_COUNTER_FILES_H

#include "user/counters/counter.h"

/**
 * @brief **counter_files__pairs()** reads snmp and netstat: a line of names,
 * then one of values, both behind "Family:".
 * @return 0; -ENOMEM; -EINVAL: not such a file
 */
int counter_files__pairs(char *text, __u32 netns_ino, struct counters *c);

/** @brief **counter_files__snmp6()** reads snmp6: a name and a value a line. */
int counter_files__snmp6(char *text, __u32 netns_ino, struct counters *c);

/** @brief **counter_files__softnet()** reads softnet_stat: a line of hexadecimal numbers a CPU that is online. */
int counter_files__softnet(char *text, struct counters *c);

/**
 * @brief **counter_files__neighbours()** reads stat/arp_cache and
 * stat/ndisc_cache: a line of names, then one of hexadecimal numbers a CPU.
 * @param ret_entries neighbours in the table
 */
int counter_files__neighbours(char *text, const char *family, struct counters *c,
			      __u32 *ret_entries);

#endif
