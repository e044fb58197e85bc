// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The two text formats of metrics: see openmetrics.h.
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/number.h"
#include "user/probe/openmetrics.h"
#include "user/sinks/escape.h"

/* The q of one media range, thousandths; 1000 where none is given, 0 where it is none. */
static int quality(const char *range, size_t len)
{
	const char *at = range, *end = range + len;

	while ((at = memchr(at, ';', (size_t)(end - at)))) {
		at++;
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		if (end - at >= 3 && (*at == 'q' || *at == 'Q') && at[1] == '=') {
			int whole = at[2] == '1' ? 1000 : 0, unit = 100;

			for (at += 3; at < end && (*at == '.' || (*at >= '0' && *at <= '9')); at++) {
				if (*at == '.')
					continue;
				whole += (*at - '0') * unit;
				unit /= 10;
			}
			return whole > 1000 ? 1000 : whole;
		}
	}
	return 1000;
}

static bool is_type(const char *range, size_t len, const char *type)
{
	size_t type_len = strlen(type);

	return len >= type_len && !strncasecmp(range, type, type_len) &&
	       (len == type_len || range[type_len] == ';' || range[type_len] == ' ');
}

bool openmetrics__accepts(const char *accept)
{
	int open = 0, plain = 0, q;
	size_t len;

	for (; accept && *accept; accept += len + (accept[len] == ',')) {
		len = strcspn(accept, ",");
		while (len && (*accept == ' ' || *accept == '\t')) {
			accept++;
			len--;
		}
		q = quality(accept, len);
		if (is_type(accept, len, "application/openmetrics-text"))
			open = q > open ? q : open;
		else if (is_type(accept, len, "text/plain"))
			plain = q > plain ? q : plain;
	}
	return open > 0 && open >= plain;
}

const char *openmetrics__content_type(bool old)
{
	return old ? "text/plain; version=0.0.4; charset=utf-8" :
		     "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

static const char *suffix(enum metric_type type)
{
	switch (type) {
	case METRIC_COUNTER:
		return "_total";
	case METRIC_INFO:
		return "_info";
	default:
		return "";
	}
}

static const char *type_name(const struct openmetrics *om)
{
	switch (om->type) {
	case METRIC_COUNTER:
		return "counter";
	case METRIC_INFO:
		return om->old ? "gauge" : "info";
	default:
		return "gauge";
	}
}

/* The older format speaks of samples where the newer speaks of families. */
static void describe(struct openmetrics *om, const char *what, const char *text)
{
	line__printf(&om->text, "# %s %s%s ", what, om->name, om->old ? suffix(om->type) : "");
	line__put_text(&om->text, text);
	line__put(&om->text, "\n", 1);
}

void openmetrics__family(struct openmetrics *om, const char *name, enum metric_type type,
			 const char *unit, const char *help)
{
	om->name = name;
	om->type = type;
	describe(om, "TYPE", type_name(om));
	if (unit && !om->old)
		describe(om, "UNIT", unit);
	describe(om, "HELP", help);
}

/* A label's value: harmless, UTF-8, with \, " and newline escaped once more. */
static void put_value(struct openmetrics *om, const char *value)
{
	size_t len = strlen(value), i, harmless_len;
	char *harmless = malloc(ESCAPE_TERMINAL_ROOM(len) + 1);

	if (!harmless) {
		om->text.failed = true;
		return;
	}
	harmless_len = escape__terminal(value, len, harmless);
	for (i = 0; i < harmless_len; i++) {
		if (harmless[i] == '\\' || harmless[i] == '"')
			line__put(&om->text, "\\", 1);
		line__put(&om->text, &harmless[i], 1);
	}
	free(harmless);
}

static void put_name_and_labels(struct openmetrics *om, const char *const *names,
				const char *const *values)
{
	const char *before = "{";
	size_t i;

	line__put_text(&om->text, om->name);
	line__put_text(&om->text, suffix(om->type));
	for (i = 0; names && names[i]; i++) {
		if (!values[i] || !*values[i])
			continue;
		line__put_text(&om->text, before);
		line__put_text(&om->text, names[i]);
		line__put(&om->text, "=\"", 2);
		put_value(om, values[i]);
		line__put(&om->text, "\"", 1);
		before = ",";
	}
	if (*before == ',')
		line__put(&om->text, "}", 1);
	line__put(&om->text, " ", 1);
}

void openmetrics__sample(struct openmetrics *om, const char *const *names,
			 const char *const *values, __u64 value)
{
	char number[NUMBER_LEN];
	size_t len = number__decimal(value, number);

	put_name_and_labels(om, names, values);
	line__put(&om->text, number, len);
	line__put(&om->text, "\n", 1);
}

void openmetrics__sample_real(struct openmetrics *om, const char *const *names,
			      const char *const *values, double value)
{
	put_name_and_labels(om, names, values);
	/* seconds since the epoch to the hundredth */
	line__printf(&om->text, "%.12g\n", value);
}

void openmetrics__end(struct openmetrics *om)
{
	if (!om->old)
		line__put_text(&om->text, "# EOF\n");
}
