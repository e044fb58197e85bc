/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What rules have in common: see finding.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/doctor/finding.h"
#include "user/number.h"

void finding__say(char *text, size_t size, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, size - len, format, args);
	va_end(args);
}

void finding__loss(struct finding *out, const struct facts *f, __u64 lost, const char *title,
		   const char *noun, const char *fate)
{
	out->harm = HARM_LOSS;
	out->confidence = CONFIDENCE_CERTAIN;
	out->lost = lost;
	SAY(out->title, "%s", title);
	SAY(out->evidence, "%llu %s%s%s%s in %.0f s", lost, noun, number__form(lost, "", "s"),
	    *fate ? " " : "", fate, f->seconds);
}

void finding__where(struct finding *out, const struct tally *tally, const char *before)
{
	if (tally->where)
		SAY(out->evidence, "%s%s", before, tally->where);
}

bool drop_evidence__has_reason(const struct drop_evidence *e, const char *reason)
{
	return e->drop->reason && !strcmp(e->drop->reason, reason);
}
