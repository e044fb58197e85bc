// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the values of options: see argument.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/commands/argument.h"

unsigned long argument__number(struct argp_state *state, const char *option, const char *text,
			       unsigned long min, unsigned long max)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || number < min || number > max)
		argp_error(state, "--%s takes a whole number from %lu to %lu", option, min, max);
	return number;
}

size_t argument__bytes(struct argp_state *state, const char *option, const char *text, size_t min,
		       size_t max)
{
	unsigned long number, unit = 1;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*end == 'k' || *end == 'K')
		unit = 1 << 10;
	else if (*end == 'm' || *end == 'M')
		unit = 1 << 20;
	if (text[0] < '0' || text[0] > '9' || errno || (*end && (unit == 1 || end[1])) ||
	    number > max / unit || number * unit < min)
		argp_error(state, "--%s takes bytes from %zu to %zum, e.g. 65536, 256k or 16m",
			   option, min, max >> 20);
	return number * unit;
}

double argument__seconds(struct argp_state *state, const char *option, const char *text, double min,
			 double max)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds < min || seconds > max)
		argp_error(state, "--%s takes seconds, from %g to %.0f", option, min, max);
	return seconds;
}

int argument__word(struct argp_state *state, const char *option, const char *text,
		   const char *const *words)
{
	char all[256] = "";
	size_t len = 0;
	int i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(text, words[i]))
			return i;
		len += snprintf(all + len, sizeof(all) - len, "%s%s",
				!i ? "" : words[i + 1] ? ", " : " or ", words[i]);
	}
	argp_error(state, "--%s takes %s", option, all);
	return -1;
}

int argument__color(struct argp_state *state, const char *text)
{
	static const char *const words[] = { "never", "always", "auto", NULL };
	int word = argument__word(state, "color", text, words);

	return word == 2 ? -1 : word;
}

bool argument__wants_color(int color, FILE *out)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */

	if (color >= 0)
		return color;
	return isatty(fileno(out)) && !(no_color && *no_color);
}

static const struct argp_option help_options[] = {
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static error_t parse_help(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != 'h')
		return ARGP_ERR_UNKNOWN;
	argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
	return 0;
}

const struct argp argument_help_argp = { help_options, parse_help, NULL, NULL, NULL, NULL, NULL };
