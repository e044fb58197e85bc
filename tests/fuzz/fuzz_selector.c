/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any text as a label selector.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const labels[] = { "app=web", "tier=" };
	struct selector *s;
	char *text;

	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	s = selector__parse(text);
	if (s)
		selector__matches(s, labels, 2);
	selector__free(s);
	free(text);
	return 0;
}
