/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the doctor says, for people and for programs. Pure.
 */
#ifndef DROPWHY_DOCTOR_REPORT_H
#define DROPWHY_DOCTOR_REPORT_H

#include "user/doctor/rule.h"
#include "user/sinks/line.h"

struct report {
	const struct facts *facts;
	const struct finding *findings; /* the worst first */
	size_t count;
	struct timespec time;	/* wall clock, UTC */
	size_t width;		/* columns of the terminal that it is for; 0: of none */
};

/**
 * @brief **report__text()** appends it for people; texts from outside are escaped. Paragraphs are
 * broken at 96 columns; for a terminal that is narrower all lines are, at its width.
 */
void report__text(struct line *out, const struct report *report, bool color);

/** @brief **report__json()** appends one JSON object and a newline. */
void report__json(struct line *out, const struct report *report);

#endif
