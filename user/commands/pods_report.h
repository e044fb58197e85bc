/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The directory of pods and its sources as text and as JSON lines.
 */
#ifndef DROPWHY_PODS_REPORT_H
#define DROPWHY_PODS_REPORT_H

#include <stdio.h>

#include "user/who/directory.h"
#include "user/who/sources.h"

/**
 * @brief **pods_report__text()** writes tables: pods, Services and nodes, then
 * the sources and what was wrong with their files.
 * @return 0 or -errno
 */
int pods_report__text(FILE *out, struct directory *dir, const struct sources *sources);

/** @brief **pods_report__json()** writes an object a line: of type "who", "source", "directory". */
int pods_report__json(FILE *out, struct directory *dir, const struct sources *sources);

#endif
