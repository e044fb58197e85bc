/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What rules have in common when they look at drops and fill in a finding.
 */
#ifndef DROPWHY_DOCTOR_FINDING_H
#define DROPWHY_DOCTOR_FINDING_H

#include "user/doctor/rule.h"

/** @brief **finding__say()** appends to one of a finding's texts; what is too long is cut. */
void finding__say(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Fewer in a run are what every node has: a stray packet, a scan from outside. */
#define FEW_PACKETS 5

#define SAY(text, ...) finding__say(text, sizeof(text), __VA_ARGS__)

/**
 * @brief **finding__loss()** begins a finding of packets that were certainly lost.
 * @param noun for the evidence, after their number: "packet"; more of them have an s
 * @param fate and what became of them: "found no room"
 */
void finding__loss(struct finding *out, const struct facts *f, __u64 lost, const char *title,
		   const char *noun, const char *fate);

/** @brief **finding__where()** adds to the evidence, after @p before, who lost most; nothing where unknown. */
void finding__where(struct finding *out, const struct tally *tally, const char *before);

/** @brief **drop_evidence__has_reason()** whether the kernel gave that reason. */
bool drop_evidence__has_reason(const struct drop_evidence *e, const char *reason);

/** @brief **most()** the higher of what was seen dying and what the kernel counted: they overlap. */
static inline __u64 most(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

#endif
