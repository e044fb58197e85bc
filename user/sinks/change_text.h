/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A changed setting for people.
 */
#ifndef DROPWHY_CHANGE_TEXT_H
#define DROPWHY_CHANGE_TEXT_H

#include "user/sinks/line.h"
#include "user/sysctl/change.h"

/**
 * @brief **change_text__append()** appends "net.core.somaxconn: 4096 > 128 by
 * sysctl (pid 7, kubelet.service): sysctl -w …", made harmless for terminals.
 */
void change_text__append(struct line *line, const struct sysctl_change *change);

#endif
