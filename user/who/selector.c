/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parses and checks label selectors.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/who/selector.h"

struct requirement {
	const char *key;
	const char *values[SELECTOR_VALUES_MAX];
	size_t count;  /* 0: only the key counts */
	bool negative; /* !=, notin, !KEY */
};

struct selector {
	struct requirement list[SELECTOR_REQUIREMENTS_MAX];
	size_t count;
	char text[]; /* cut into keys and values */
};

/* What keys and values are made of: a DNS prefix, "/", letters, digits, "-", "_", ".". */
static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_./", c));
}

static char *skip_space(char *at)
{
	return at + strspn(at, " \t");
}

/* Takes a word; its end is returned and not yet cut off. */
static char *word_end(char *at)
{
	while (is_word(*at))
		at++;
	return at;
}

/* "in (a,b)" or "notin (a,b)" behind a key; *at moves behind it. */
static int parse_set(char **at, struct requirement *r)
{
	char *p = *at, *end;

	r->negative = strncmp(p, "notin", 5) == 0;
	p = skip_space(p + (r->negative ? 5 : 2));
	if (*p != '(')
		return -EINVAL;
	do {
		p = skip_space(p + 1);
		end = word_end(p);
		if (end == p)
			return -EINVAL;
		if (r->count >= SELECTOR_VALUES_MAX)
			return -E2BIG;
		r->values[r->count++] = p;
		p = skip_space(end);
		if (*p != ',' && *p != ')')
			return -EINVAL;
		/* the separator may stand where the word's end must be cut */
		if (*p == ')') {
			*end = '\0';
			*at = p + 1;
			return 0;
		}
		*end = '\0';
	} while (true);
}

/* "=VALUE" and the like; the value may be empty. */
static int parse_value(char **at, struct requirement *r)
{
	char *p = *at, *end;

	r->negative = *p == '!';
	if (r->negative && p[1] != '=')
		return -EINVAL;
	p += r->negative || p[1] == '=' ? 2 : 1;
	p = skip_space(p);
	end = word_end(p);
	r->values[r->count++] = p;
	*at = skip_space(end);
	if (**at && **at != ',')
		return -EINVAL;
	if (end != *at)
		*end = '\0';
	return 0;
}

static int parse_one(char **at, struct requirement *r)
{
	char *p = skip_space(*at), *end;
	char next;
	int err = 0;

	if (*p == '!') {
		r->negative = true;
		p = skip_space(p + 1);
	}
	end = word_end(p);
	if (end == p)
		return -EINVAL;
	r->key = p;
	p = skip_space(end);
	next = *p;
	if (next == '=' || next == '!')
		err = r->negative ? -EINVAL : parse_value(&p, r);
	else if (next && next != ',')
		err = r->negative || p == end || (strncmp(p, "in", 2) && strncmp(p, "notin", 5)) ?
			      -EINVAL : parse_set(&p, r);
	if (err)
		return err;
	p = skip_space(p);
	next = *p;
	if (next && next != ',')
		return -EINVAL;
	/* keys and single values end here at the latest */
	*p = '\0';
	*end = '\0';
	*at = next ? p + 1 : NULL;
	return 0;
}

struct selector *selector__parse(const char *text)
{
	size_t len = strlen(text);
	struct selector *s = calloc(1, sizeof(*s) + len + 1);
	char *at;
	int err = 0;

	if (!s)
		return NULL;
	memcpy(s->text, text, len + 1);
	for (at = s->text; !err && at;) {
		err = s->count >= SELECTOR_REQUIREMENTS_MAX ? -E2BIG :
							      parse_one(&at, &s->list[s->count]);
		s->count += !err;
	}
	if (err) {
		free(s);
		errno = -err;
		return NULL;
	}
	return s;
}

static const char *find_label(const char *const *labels, size_t count, const char *key)
{
	size_t len = strlen(key), i;

	for (i = 0; i < count; i++)
		if (strncmp(labels[i], key, len) == 0 && labels[i][len] == '=')
			return labels[i] + len + 1;
	return NULL;
}

static bool holds(const struct requirement *r, const char *value)
{
	size_t i;

	if (!r->count || !value)
		return (value != NULL) != r->negative;
	for (i = 0; i < r->count; i++)
		if (strcmp(r->values[i], value) == 0)
			return !r->negative;
	return r->negative;
}

bool selector__matches(const struct selector *s, const char *const *labels, size_t count)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (!holds(&s->list[i], find_label(labels, count, s->list[i].key)))
			return false;
	return true;
}

void selector__free(struct selector *s)
{
	free(s);
}
