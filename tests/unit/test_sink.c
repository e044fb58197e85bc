/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every output format against its golden file, and what all have in common:
 * whole lines, and an honest count when the output fails.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>

#include "tests/unit/golden.h"
#include "tests/unit/sample_drop.h"
#include "user/sinks/columns.h"
#include "user/sinks/record_columns.h"
#include "user/sinks/sink.h"

/* All samples through one sink; the text is the caller's to free(). */
static char *render(const char *format, struct sink_options options, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	struct sink *sink;
	enum sample sample;

	setenv("TZ", "UTC", 1);
	tzset();
	cr_assert_not_null(out);
	sink = sink__new(format, out, &options);
	cr_assert_not_null(sink);
	for (sample = 0; sample < __SAMPLE_MAX; sample++) {
		struct drop drop = sample_drop(sample);

		cr_assert_eq(sink__drop(sink, &drop), 0);
	}
	cr_expect_eq(sink->rows_written, options.quiet_rows ? 0 : __SAMPLE_MAX);
	cr_assert_eq(sink__flush(sink), 0);
	cr_expect_eq(sink->rows_failed, 0);
	sink__free(sink);
	cr_assert_eq(fclose(out), 0);
	return text;
}

Test(sink, golden_files)
{
	static const struct {
		const char *format;
		struct sink_options options;
		const char *path;
	} cases[] = {
		{ "text", {}, "tests/unit/golden/drops.txt" },
		{ "text", { .color = true }, "tests/unit/golden/drops.color.txt" },
		{ "json", {}, "tests/unit/golden/drops.json" },
		{ "csv", {}, "tests/unit/golden/drops.csv" },
	};
	size_t i, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = render(cases[i].format, cases[i].options, &len);

		golden__expect(cases[i].path, text, len);
		free(text);
	}
}

Test(sink, quiet_writes_no_rows)
{
	struct sink_options quiet = { .quiet_rows = true };
	size_t len;
	char *text;

	text = render("text", quiet, &len);
	cr_expect_eq(len, 0);
	free(text);
	text = render("json", quiet, &len);
	cr_expect_eq(len, 0);
	free(text);
	text = render("csv", quiet, &len);
	cr_expect(!strncmp(text, "type,schema,", 12), "a header alone is valid CSV");
	cr_expect_eq(strchr(text, '\n'), text + len - 1);
	free(text);
}

/* An independent reader gets back what the columns said, in their order. */
Test(sink, json_rows_can_be_read)
{
	size_t len, i;
	char *text = render("json", (struct sink_options){}, &len), *line, *rest = text;
	enum sample sample = 0;

	for (; (line = strsep(&rest, "\n")) && *line; sample++) {
		struct drop drop = sample_drop(sample);
		json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		void *member;

		cr_assert_not_null(row, "%s", line);
		member = json_object_iter(row);
		for (i = 0; i < column_count; i++) {
			char value[COLUMN_VALUE_LEN];

			if (!column__format(&columns[i], &drop, value))
				continue;
			cr_assert_not_null(member);
			cr_expect_str_eq(json_object_iter_key(member), columns[i].name);
			if (columns[i].kind == COLUMN_NUMBER)
				cr_expect_eq(json_integer_value(json_object_iter_value(member)),
					     strtoll(value, NULL, 10));
			else if (sample != SAMPLE_HOSTILE)
				cr_expect_str_eq(json_string_value(json_object_iter_value(member)),
						 value);
			member = json_object_iter_next(row, member);
		}
		cr_expect_null(member);
		json_decref(row);
	}
	cr_expect_eq(sample, __SAMPLE_MAX);
	free(text);
}

static size_t count_fields(const char *line, size_t len)
{
	size_t fields = 1, i;
	bool quoted = false;

	for (i = 0; i < len; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		fields += line[i] == ',' && !quoted;
	}
	return fields;
}

Test(sink, csv_rows_have_every_column_on_one_line)
{
	size_t len, rows = 0;
	char *text = render("csv", (struct sink_options){}, &len), *line, *rest = text;

	while ((line = strsep(&rest, "\n")) && *line) {
		cr_expect_eq(count_fields(line, strlen(line)), column_count + extra_column_count, "%s", line);
		cr_expect_null(strchr(line, '\r'));
		rows++;
	}
	cr_expect_eq(rows, __SAMPLE_MAX + 1);
	free(text);
}

Test(sink, text_lets_nothing_through_to_the_terminal)
{
	size_t len, i;
	char *text = render("text", (struct sink_options){}, &len);

	for (i = 0; i < len; i++)
		cr_assert((unsigned char)text[i] >= 0x20 || text[i] == '\n');
	cr_expect_null(strstr(text, "\xe2\x80\x8e"));
	cr_expect_null(strstr(text, "\xc2\x9b"));
	free(text);
}

Test(sink, refuses_unknown_formats)
{
	struct sink_options options = {};

	cr_expect_null(sink__new("xml", stdout, &options));
	cr_expect_eq(errno, EINVAL);
	cr_expect_null(sink__new("", stdout, &options));
	sink__free(NULL);
}

/* A file that takes a number of bytes and then fails. */
struct small_disk {
	size_t room;
	size_t written;
	size_t writes;
	bool torn;		/* a write ended within a line */
};

static ssize_t small_disk__write(void *cookie, const char *buf, size_t size)
{
	struct small_disk *disk = cookie;

	if (disk->written + size > disk->room) {
		errno = ENOSPC;
		return 0; /* what fopencookie(3) takes for an error */
	}
	disk->written += size;
	disk->writes++;
	disk->torn |= buf[size - 1] != '\n';
	return (ssize_t)size;
}

static FILE *small_disk__open(struct small_disk *disk, char *buffer, size_t size)
{
	cookie_io_functions_t functions = { .write = small_disk__write };
	FILE *out = fopencookie(disk, "w", functions);

	cr_assert_not_null(out);
	cr_assert_eq(setvbuf(out, buffer, _IOFBF, size), 0);
	return out;
}

Test(sink, never_tears_a_line)
{
	static const size_t sizes[] = { 1024, 4096, 65536 };
	struct sink_options options = {};
	size_t i, k;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct small_disk disk = { .room = (size_t)-1 / 2 };
		char *buffer = malloc(sizes[i]);
		FILE *out = small_disk__open(&disk, buffer, sizes[i]);
		struct sink *sink = sink__new("json", out, &options);

		cr_assert_not_null(sink);
		for (k = 0; k < 1000; k++) {
			struct drop drop = sample_drop(k % __SAMPLE_MAX);

			cr_assert_eq(sink__drop(sink, &drop), 0);
		}
		cr_assert_eq(sink__flush(sink), 0);
		cr_expect_not(disk.torn, "buffer of %zu bytes", sizes[i]);
		cr_expect_eq(sink->rows_written, 1000);
		sink__free(sink);
		cr_expect_eq(fclose(out), 0);
		free(buffer);
	}
}

Test(sink, counts_what_a_full_disk_did_not_take)
{
	struct small_disk disk = { .room = 10000 };
	struct sink_options options = {};
	struct drop drop = sample_udp();
	char buffer[4096];
	FILE *out = small_disk__open(&disk, buffer, sizeof(buffer));
	struct sink *sink = sink__new("json", out, &options);
	size_t row_len, k;
	int err = 0;

	cr_assert_not_null(sink);
	for (k = 0; k < 100; k++)
		err = sink__drop(sink, &drop);
	cr_expect_eq(err, -ENOSPC);
	cr_expect_eq(sink->first_error, -ENOSPC);
	cr_expect_eq(sink__flush(sink), -ENOSPC);
	cr_expect_eq(sink->rows_written + sink->rows_failed, 100);
	row_len = sink->line.len;
	cr_expect_eq(sink->rows_written * row_len, disk.written, "exactly what is in the file");
	sink__free(sink);
	cr_expect_eq(fclose(out), 0);
	cr_expect_leq(disk.written, disk.room);
	cr_expect_eq(disk.written % row_len, 0, "closing wrote nothing more");
}

Test(sink, counts_what_failed_on_flush)
{
	struct small_disk disk = { .room = 2000 };
	struct sink_options options = {};
	struct drop drop = sample_udp();
	char buffer[4096];
	FILE *out = small_disk__open(&disk, buffer, sizeof(buffer));
	struct sink *sink = sink__new("json", out, &options);

	cr_assert_not_null(sink);
	cr_assert_eq(sink__drop(sink, &drop), 0);
	cr_assert_eq(sink__flush(sink), 0);
	drop.count = 7;
	disk.room = 0;
	cr_assert_eq(sink__drop(sink, &drop), 0);
	cr_assert_eq(sink__drop(sink, &drop), 0);
	cr_expect_eq(sink->rows_written, 3);
	cr_expect_eq(sink__flush(sink), -ENOSPC);
	cr_expect_eq(sink->rows_written, 1);
	cr_expect_eq(sink->rows_failed, 2);
	cr_expect_eq(sink->packets_failed, 14, "a folded row stands for several");
	/* room again: still nothing, so that no line continues a torn one */
	disk.room = 2000;
	cr_expect_eq(sink__drop(sink, &drop), -ENOSPC);
	cr_expect_eq(sink->rows_failed, 3);
	cr_expect_eq(sink->packets_failed, 21);
	sink__free(sink);
	cr_expect_eq(fclose(out), 0);
	cr_expect_eq(disk.writes, 1);
}

Test(sink, reports_a_full_device)
{
	struct sink_options options = {};
	struct drop drop = sample_udp();
	FILE *out = fopen("/dev/full", "w");
	struct sink *sink;

	if (!out)
		cr_skip_test("no /dev/full");
	sink = sink__new("csv", out, &options);
	cr_assert_not_null(sink, "the header is buffered");
	cr_expect_eq(sink__drop(sink, &drop), 0);
	cr_expect_eq(sink__flush(sink), -ENOSPC);
	cr_expect_eq(sink->rows_failed, 1);
	sink__free(sink);
	cr_expect_eq(fclose(out), 0);

	out = fopen("/dev/full", "w");
	cr_assert_not_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	cr_expect_null(sink__new("csv", out, &options), "the header cannot be written");
	cr_expect_eq(errno, ENOSPC);
	cr_expect_eq(fclose(out), 0);
}
