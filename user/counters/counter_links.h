/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of interfaces, their queueing disciplines and their cards, by
 * netlink and ethtool, in the namespace of the calling thread.
 */
#ifndef DROPWHY_COUNTER_LINKS_H
#define DROPWHY_COUNTER_LINKS_H

#include "user/counters/counter.h"

/**
 * @brief **counter_links__read()** adds what is of losses.
 * @param netns_ino the namespace that the thread is in
 * @return 0 or -errno; what could be read is added all the same
 */
int counter_links__read(__u32 netns_ino, struct counters *c);

#endif
