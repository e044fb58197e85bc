/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks questions of dropwhy's JSON lines, or with --csv of its CSV. Any line
 * that is not well formed is an error, whatever the question:
 *
 *   records FILE count [FIELD=GLOB | FIELD!=GLOB]...   packets in matching records
 *   records FILE lines [FIELD=GLOB | FIELD!=GLOB]...   matching records
 *   records FILE values FIELD[,FIELD]... [FIELD=GLOB]...   "PACKETS VALUE..." of each
 *   records FILE get PATH     from the summary: "seen", "reasons[reason=NO_SOCKET].lost";
 *                             or from what `dropwhy features` or `dropwhy doctor` wrote
 *   records FILE check        the summary against the records and in itself
 *
 * "FIELD=" matches where the field is absent. Exit status: 0; 1 not well
 * formed, not there, or not consistent; 2 wrong usage.
 */
#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT 1024

static const char *file_name;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "records: %s: ", file_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* A value as text; "" for one that is absent. */
static const char *to_text(const json_t *value, char *buf)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		snprintf(buf, MAX_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(buf, MAX_TEXT, "%.17g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(buf, MAX_TEXT, "%s", json_is_true(value) ? "true" : "false");
	else
		buf[0] = '\0';
	return buf;
}

static unsigned long long number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		fail("%s is not a natural number", name);
	return json_integer_value(value);
}

/* What becomes of one record; @p data is the question's own. */
typedef void (*record_fn)(const json_t *record, void *data);

static void read_json_lines(FILE *file, record_fn visit, void *data)
{
	size_t size = 0, line_number = 0;
	char *line = NULL;
	json_error_t error;
	json_t *record;
	ssize_t len;

	while ((len = getline(&line, &size, file)) > 0) {
		line_number++;
		if (line[len - 1] != '\n')
			fail("line %zu is cut off", line_number);
		record = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
		if (!record)
			fail("line %zu: %s", line_number, error.text);
		if (!json_is_object(record))
			fail("line %zu is no object", line_number);
		visit(record, data);
		json_decref(record);
	}
	free(line);
}

/*
 * One field of RFC 4180. Returns what ended it: ',', '\n' or EOF; EOF inside
 * a field is an error.
 */
static int read_csv_field(FILE *file, char *buf)
{
	bool quoted = false;
	size_t len = 0;
	int c = getc(file);

	if (c == '"') {
		quoted = true;
		c = getc(file);
	}
	for (;; c = getc(file)) {
		if (c == EOF && !len && !quoted)
			return EOF;
		if (c == EOF)
			fail("cut off in a field");
		if (quoted && c == '"') {
			c = getc(file);
			if (c != '"') {
				quoted = false;
				if (c != ',' && c != '\r' && c != '\n')
					fail("text after a closing quote");
			}
		}
		if (!quoted && c == '\r') {
			c = getc(file);
			if (c != '\n')
				fail("a bare carriage return");
		}
		if (!quoted && (c == ',' || c == '\n'))
			break;
		if (len == MAX_TEXT - 1)
			fail("a field is too long");
		buf[len++] = c;
	}
	buf[len] = '\0';
	return c;
}

static json_t *read_csv_header(FILE *file)
{
	json_t *header = json_array();
	char buf[MAX_TEXT];
	int end;

	do {
		end = read_csv_field(file, buf);
		if (end == EOF)
			fail("no header row");
		json_array_append_new(header, json_string(buf));
	} while (end != '\n');
	return header;
}

static void read_csv(FILE *file, record_fn visit, void *data)
{
	json_t *header = read_csv_header(file), *record;
	size_t columns = json_array_size(header), column;
	char buf[MAX_TEXT];
	int end;

	while ((end = read_csv_field(file, buf)) != EOF) {
		record = json_object();
		for (column = 0; column < columns; column++) {
			if (buf[0])
				json_object_set_new(record,
						    json_string_value(json_array_get(header, column)),
						    json_string(buf));
			if (column + 1 == columns)
				break;
			if (end == '\n')
				fail("a row is shorter than the header");
			end = read_csv_field(file, buf);
			if (end == EOF)
				fail("the last row is cut off");
		}
		if (end != '\n')
			fail("a row is longer than the header");
		visit(record, data);
		json_decref(record);
	}
	json_decref(header);
}

static bool matches(const json_t *record, char **conditions)
{
	char name[64], buf[MAX_TEXT];
	const char *at;
	bool negated, found;

	for (; *conditions; conditions++) {
		at = strchr(*conditions, '=');
		if (!at || at == *conditions || at - *conditions >= (long)sizeof(name)) {
			fprintf(stderr, "records: not a condition: %s\n", *conditions);
			exit(2);
		}
		negated = at[-1] == '!';
		snprintf(name, sizeof(name), "%.*s", (int)(at - *conditions - negated), *conditions);
		found = !fnmatch(at + 1, to_text(json_object_get(record, name), buf), 0);
		if (found == negated)
			return false;
	}
	return true;
}

static unsigned long long packets(const json_t *record)
{
	char buf[MAX_TEXT], *end;
	unsigned long long count;
	const char *text;

	text = to_text(json_object_get(record, "count"), buf);
	count = strtoull(text, &end, 10);
	if (end == text || *end)
		fail("a record has no count");
	return count;
}

/* A question and its answer so far. */
struct query {
	char **conditions;
	char *fields;		/* values: what to tell apart by */
	bool of_packets;	/* count: records without a number of packets are wrong */
	unsigned long long packets, lines;
	json_t *sums;		/* values: packets by label */
	json_t *summary;	/* the last record, if it is one */
};

static void count_record(const json_t *record, void *data)
{
	struct query *query = data;

	if (!matches(record, query->conditions))
		return;
	query->lines++;
	if (query->of_packets)
		query->packets += packets(record);
}

static void sum_record(const json_t *record, void *data)
{
	char key[MAX_TEXT] = "", buf[MAX_TEXT], list[MAX_TEXT], *name, *rest = list;
	struct query *query = data;
	const char *text;
	size_t len = 0;

	if (!matches(record, query->conditions))
		return;
	snprintf(list, sizeof(list), "%s", query->fields);
	while ((name = strsep(&rest, ",")) && len < sizeof(key)) {
		text = to_text(json_object_get(record, name), buf);
		len += snprintf(key + len, sizeof(key) - len, " %s", *text ? text : "-");
	}
	json_object_set_new(query->sums, key,
			    json_integer(json_integer_value(json_object_get(query->sums, key)) +
					 packets(record)));
}

static void print_sums(const struct query *query)
{
	const char *label;
	json_t *sum;

	json_object_foreach(query->sums, label, sum)
		printf("%" JSON_INTEGER_FORMAT "%s\n", json_integer_value(sum), label);
}

/* Counts the drops, and keeps what is none: the summary must be the last. */
static void keep_summary(const json_t *record, void *data)
{
	static const char *const wanted[] = { "schema", "time", "count" };
	const char *type = json_string_value(json_object_get(record, "type"));
	struct query *query = data;
	size_t i;

	if (!type)
		fail("a record has no type");
	if (query->summary)
		fail("the summary is not the last line");
	if (!strcmp(type, "summary") || !strcmp(type, "features") || !strcmp(type, "doctor"))
		query->summary = json_deep_copy(record);
	if (strcmp(type, "drop"))
		return;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!json_object_get(record, wanted[i]))
			fail("a drop has no %s", wanted[i]);
	query->packets += packets(record);
}

/* The element of an array whose field has that value: "reason=NO_SOCKET". */
static const json_t *find_element(const json_t *array, char *condition)
{
	char *conditions[] = { condition, NULL };
	const json_t *element;
	size_t i;

	json_array_foreach(array, i, element)
		if (matches(element, conditions))
			return element;
	return NULL;
}

/* Cuts the next step off a path; dots inside brackets do not part steps. */
static char *next_step(char **path)
{
	char *step = *path, *end = step;

	if (!step)
		return NULL;
	end += strcspn(end, ".[");
	if (*end == '[')
		end += strcspn(end, "]");
	end += strcspn(end, ".");
	*path = *end ? end + 1 : NULL;
	*end = '\0';
	return step;
}

static const json_t *find_path(const json_t *value, char *path)
{
	char *step, *condition;

	while (value && (step = next_step(&path))) {
		condition = strchr(step, '[');
		if (condition) {
			*condition++ = '\0';
			condition[strcspn(condition, "]")] = '\0';
		}
		value = json_object_get(value, step);
		if (condition)
			value = find_element(value, condition);
	}
	return value;
}

static const char *const parts[] = { "delivered", "folded", "filtered", "noise", "lost" };
#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

static void check_equation(const json_t *counts, const char *what)
{
	unsigned long long sum = 0;
	size_t i;

	for (i = 0; i < PART_COUNT; i++)
		sum += number(counts, parts[i]);
	if (sum != number(counts, "seen"))
		fail("%s: seen %llu, but its parts are %llu", what, number(counts, "seen"), sum);
}

static void check_reasons(const json_t *summary)
{
	const json_t *reasons = json_object_get(summary, "reasons"), *reason;
	unsigned long long sum;
	size_t i, part;
	char buf[MAX_TEXT];

	json_array_foreach(reasons, i, reason)
		check_equation(reason, to_text(json_object_get(reason, "reason"), buf));
	for (part = 0; part <= PART_COUNT; part++) {
		const char *name = part < PART_COUNT ? parts[part] : "seen";

		sum = 0;
		json_array_foreach(reasons, i, reason)
			sum += number(reason, name);
		if (sum != number(summary, name))
			fail("%s: %llu in all, %llu by reason", name, number(summary, name), sum);
	}
}

/* Every delivered packet is in a row and in a group, or is said not to be. */
static void check_delivered(const json_t *summary, unsigned long long rows)
{
	unsigned long long delivered = number(summary, "delivered") + number(summary, "folded");
	const json_t *group, *groups = json_object_get(summary, "groups");
	unsigned long long grouped = 0;
	size_t i;

	/* With --summary-only there are no rows. */
	if (rows && rows + number(summary, "packets_failed") != delivered)
		fail("%llu delivered, %llu in rows", delivered, rows);
	json_array_foreach(groups, i, group)
		grouped += number(group, "count");
	grouped += number(json_object_get(summary, "other"), "count");
	if (groups && grouped != delivered)
		fail("%llu delivered, %llu in groups", delivered, grouped);
}

static void check_conntrack(const json_t *summary)
{
	static const char *const names[] = { "drop", "insert_failed", "chaintoolong" };
	const json_t *entry, *counter;
	char buf[MAX_TEXT];
	size_t i, name;

	json_array_foreach(json_object_get(summary, "conntrack"), i, entry) {
		if (json_is_true(json_object_get(entry, "gone")))
			continue;
		for (name = 0; name < sizeof(names) / sizeof(names[0]); name++) {
			counter = json_object_get(entry, names[name]);
			if (number(counter, "attributed") < number(counter, "least") ||
			    number(counter, "attributed") > number(counter, "most"))
				fail("netns %s: %llu of %llu-%llu %s attributed",
				     to_text(json_object_get(entry, "netns"), buf),
				     number(counter, "attributed"), number(counter, "least"),
				     number(counter, "most"), names[name]);
		}
	}
}

static void check(const struct query *query)
{
	check_equation(query->summary, "in all");
	check_reasons(query->summary);
	check_delivered(query->summary, query->packets);
	check_conntrack(query->summary);
}

static int usage(void)
{
	fprintf(stderr, "usage: records [--csv] FILE count|lines [FIELD=GLOB]...\n"
			"       records [--csv] FILE values FIELD[,FIELD]... [FIELD=GLOB]...\n"
			"       records FILE get PATH | check\n");
	return 2;
}

static void ask(bool csv, record_fn visit, struct query *query)
{
	FILE *file = fopen(file_name, "r");

	if (!file)
		fail("%s", strerror(errno));
	if (csv)
		read_csv(file, visit, query);
	else
		read_json_lines(file, visit, query);
	if (ferror(file))
		fail("%s", strerror(errno));
	fclose(file);
	if (visit == keep_summary && !query->summary)
		fail("there is no summary");
}

int main(int argc, char **argv)
{
	bool csv = argc > 1 && !strcmp(argv[1], "--csv");
	const json_t *value;
	struct query query = {};
	char buf[MAX_TEXT];
	const char *verb;

	argv += csv;
	if (argc - csv < 3)
		return usage();
	file_name = argv[1];
	verb = argv[2];
	query.conditions = argv + 3;
	if (!strcmp(verb, "count") || !strcmp(verb, "lines")) {
		query.of_packets = verb[0] == 'c';
		ask(csv, count_record, &query);
		printf("%llu\n", verb[0] == 'l' ? query.lines : query.packets);
	} else if (!strcmp(verb, "values") && argv[3]) {
		query.fields = *query.conditions++;
		query.sums = json_object();
		ask(csv, sum_record, &query);
		print_sums(&query);
	} else if (!strcmp(verb, "get") && argv[3] && !argv[4]) {
		ask(csv, keep_summary, &query);
		value = find_path(query.summary, argv[3]);
		if (!value)
			fail("the summary has no %s", argv[3]);
		printf("%s\n", to_text(value, buf));
	} else if (!strcmp(verb, "check") && !argv[3]) {
		ask(csv, keep_summary, &query);
		check(&query);
	} else {
		return usage();
	}
	json_decref(query.sums);
	json_decref(query.summary);
	return 0;
}
