// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The manual's section OUTPUT FIELDS is the one schema of all that is written:
 * whatever has a name there has a line of it.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/sinks/columns.h"
#include "user/sinks/record_columns.h"

#define NAMES_MAX 512
#define NAME_LEN  64

static char names[NAMES_MAX][NAME_LEN];
static size_t name_count;

static void add_names(char *line)
{
	char *word;

	for (word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
		/* macros, and what only separates names */
		if (word[0] == '.' || !strcmp(word, "Va") || !strcmp(word, ",") ||
		    !strcmp(word, ";") || !strcmp(word, ":"))
			continue;
		cr_assert(name_count < NAMES_MAX && strlen(word) < NAME_LEN);
		memcpy(names[name_count++], word, strlen(word) + 1);
	}
}

static void read_manual(void)
{
	FILE *manual = fopen("user/dropwhy.8", "r");
	bool here = false;
	char line[256];

	cr_assert_not_null(manual, "run from the top of the tree");
	while (fgets(line, sizeof(line), manual)) {
		if (!strncmp(line, ".Sh ", 4))
			here = !strcmp(line, ".Sh OUTPUT FIELDS\n");
		if (here && (!strncmp(line, ".It Va ", 7) || !strncmp(line, ".Va ", 4)))
			add_names(line);
	}
	fclose(manual);
	cr_assert(name_count > 0);
}

static bool is_documented(const char *name)
{
	size_t i;

	for (i = 0; i < name_count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

TestSuite(schema, .init = read_manual);

Test(schema, fields_of_all_records)
{
	size_t i;

	for (i = 0; i < column_count; i++)
		cr_expect(is_documented(columns[i].name), "%s", columns[i].name);
	for (i = 0; i < sysctl_column_count; i++)
		cr_expect(is_documented(sysctl_columns[i].name), "%s", sysctl_columns[i].name);
	for (i = 0; i < notice_column_count; i++)
		cr_expect(is_documented(notice_columns[i].name), "%s", notice_columns[i].name);
	for (i = 0; i < counter_column_count; i++)
		cr_expect(is_documented(counter_columns[i].name), "%s", counter_columns[i].name);
	for (i = 0; i < extra_column_count; i++)
		cr_expect(is_documented(extra_columns[i]), "%s", extra_columns[i]);
}

static void expect_members(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(json, key, value) {
		cr_expect(is_documented(key), "%s", key);
		expect_members(value);
	}
	json_array_foreach(json, i, value)
		expect_members(value);
}

/* As the golden files have it, with all that can be in it. */
Test(schema, summary)
{
	static const char *const golden[] = { "tests/unit/golden/summary.json",
					      "tests/unit/golden/summary-trouble.json" };
	json_error_t error;
	size_t i;

	for (i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		json_t *json = json_load_file(golden[i], 0, &error);

		cr_assert_not_null(json, "%s: %s", golden[i], error.text);
		expect_members(json);
		json_decref(json);
	}
}
