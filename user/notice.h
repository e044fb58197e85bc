/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Something about the run itself that whoever reads its output should know: a
 * storm began, a source works less well than it could.
 */
#ifndef DROPWHY_NOTICE_H
#define DROPWHY_NOTICE_H

#include <time.h>

struct notice {
	struct timespec time;	/* wall clock, UTC */
	const char *source;	/* one word: who speaks, e.g. "sysctl" */
	const char *text;	/* one sentence, raw bytes */
};

#endif
