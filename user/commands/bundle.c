// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `dropwhy bundle ls DIR` and `dropwhy bundle show BUNDLE [FILE]`.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/bundle/bundle_dir.h"
#include "user/bundle/bundle_read.h"
#include "user/commands/argument.h"
#include "user/commands/bundle.h"
#include "user/commands/complaint.h"
#include "user/exit_status.h"
#include "user/number.h"
#include "user/sinks/change_text.h"
#include "user/sinks/line.h"

#define ARGS_MAX 3

struct bundle_args {
	const char *args[ARGS_MAX]; /* what, where, which file */
	unsigned int count;
};

static const char doc[] =
	"List the bundles that dropwhy probe wrote below its --bundle-dir, or show one.\v"
	"  ls DIR             one a line, oldest first, with its size\n"
	"  show BUNDLE        what triggered it, on what, and which files it has\n"
	"  show BUNDLE FILE   one of its files, e.g. drops.csv\n"
	"\n"
	"Exit status: 0 fine, 1 failed at run time, 2 wrong usage.";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct bundle_args *args = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (args->count == ARGS_MAX)
			argp_error(state, "'%s' is one argument too many", arg);
		args->args[args->count++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (args->count == 2 && !strcmp(args->args[0], "ls"))
			return 0;
		if (args->count >= 2 && !strcmp(args->args[0], "show"))
			return 0;
		argp_error(state, "say ls DIR, or show BUNDLE [FILE]");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* --- ls */

static int list(const char *path)
{
	struct bundle_info *bundles;
	struct line line = {};
	size_t count, i;
	int fd, err;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return complain(EXIT_FAILED, -errno, "list the bundles there", NULL);
	err = bundle_dir__list(fd, &bundles, &count);
	close(fd);
	if (err)
		return complain(EXIT_FAILED, err, "list the bundles there", NULL);
	for (i = 0; i < count; i++) {
		char size[NUMBER_LEN];

		number__bytes(bundles[i].bytes, size);
		line__clear(&line);
		line__printf(&line, "%12s  ", size);
		line__put_escaped(&line, bundles[i].name, strlen(bundles[i].name));
		line__put(&line, "\n", 1);
		if (!line.failed)
			fwrite(line.data, 1, line.len, stdout);
	}
	line__done(&line);
	bundle_dir__free_list(bundles, count);
	return EXIT_FINE;
}

/* --- show */

static int write_file(void *ctx, const char *name, const char *bytes, size_t len)
{
	bool *found = ctx;

	(void)name;
	if (!bytes)
		return 0;
	*found = true;
	return len && fwrite(bytes, 1, len, stdout) != len ? -errno : 0;
}

static int list_file(void *ctx, const char *name, const char *bytes, size_t len)
{
	struct line *line = ctx;
	char size[NUMBER_LEN];

	(void)bytes;
	number__bytes(len, size);
	line__printf(line, "  %12s  ", size);
	line__put_escaped(line, name, strlen(name));
	line__put(line, "\n", 1);
	return 0;
}

static int keep_info(void *ctx, const char *name, const char *bytes, size_t len)
{
	json_t **info = ctx;

	(void)name;
	if (bytes)
		*info = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
	return 0;
}

static void put_text(struct line *line, const char *label, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		return;
	line__printf(line, "%-10s", label);
	line__put_escaped(line, text, strlen(text));
	line__put(line, "\n", 1);
}

static void copy_text(char *to, size_t size, const json_t *change, const char *name)
{
	const char *text = json_string_value(json_object_get(change, name));

	snprintf(to, size, "%s", text ? text : "");
}

/* The same words as when it happened. */
static void put_lowered(struct line *line, const json_t *lowered)
{
	const json_t *from;
	size_t i;

	json_array_foreach(lowered, i, from) {
		struct sysctl_change change = {
			.pid = (__u32)json_integer_value(json_object_get(from, "pid")),
			.netns_ino = (__u32)json_integer_value(json_object_get(from, "netns")),
			.seen_by = SYSCTL_SEEN_VALUE,
		};
		const char *seen_by = json_string_value(json_object_get(from, "seen_by"));

		if (seen_by && !strcmp(seen_by, "write"))
			change.seen_by = SYSCTL_SEEN_WRITE;
		copy_text(change.name, sizeof(change.name), from, "name");
		copy_text(change.old_value, sizeof(change.old_value), from, "old");
		copy_text(change.new_value, sizeof(change.new_value), from, "new");
		copy_text(change.netns_name, sizeof(change.netns_name), from, "netns_name");
		copy_text(change.comm, sizeof(change.comm), from, "comm");
		copy_text(change.command, sizeof(change.command), from, "command");
		copy_text(change.pod, sizeof(change.pod), from, "pod");
		copy_text(change.namespace, sizeof(change.namespace), from, "namespace");
		copy_text(change.unit, sizeof(change.unit), from, "unit");
		line__printf(line, "%-10s", i ? "" : "lowered");
		change_text__append(line, &change);
		line__put(line, "\n", 1);
	}
}

static void put_accounting(struct line *line, const json_t *accounting)
{
	static const char *const fates[] = { "delivered", "folded", "filtered", "noise", "lost" };
	char number[NUMBER_LEN];
	size_t i;

	if (!json_is_object(accounting))
		return;
	number__grouped((__u64)json_integer_value(json_object_get(accounting, "seen")), number);
	line__printf(line, "%-10s%s seen", "packets", number);
	for (i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		number__grouped((__u64)json_integer_value(json_object_get(accounting, fates[i])),
				number);
		line__printf(line, "%s%s %s", i ? " + " : " = ", number, fates[i]);
	}
	line__put(line, "\n", 1);
}

static int show(const char *path, const char *file)
{
	struct line line = {};
	json_t *info = NULL;
	bool found = false;
	int err;

	if (file) {
		err = bundle__each(path, file, write_file, &found);
		if (!err && !found) {
			fprintf(stderr, "dropwhy: it has no such file: dropwhy bundle show BUNDLE "
					"lists them\n");
			return EXIT_FAILED;
		}
		return err ? complain(EXIT_FAILED, err, "read this bundle", NULL) : EXIT_FINE;
	}
	err = bundle__each(path, "info.json", keep_info, &info);
	if (!err && !info)
		err = -EINVAL;
	if (err)
		return complain(EXIT_FAILED, err, "read this bundle",
				err == -EINVAL ? "it is no bundle, or is damaged" : NULL);
	put_text(&line, "trigger", json_object_get(info, "trigger"));
	put_lowered(&line, json_object_get(info, "lowered"));
	put_text(&line, "time", json_object_get(info, "time"));
	put_text(&line, "watching", json_object_get(info, "start"));
	put_text(&line, "kernel", json_object_get(json_object_get(info, "kernel"), "release"));
	put_text(&line, "dropwhy", json_object_get(json_object_get(info, "dropwhy"), "version"));
	put_accounting(&line, json_object_get(info, "accounting"));
	json_decref(info);
	line__put_text(&line, "files\n");
	bundle__each(path, NULL, list_file, &line);
	if (!line.failed)
		fwrite(line.data, 1, line.len, stdout);
	line__done(&line);
	return EXIT_FINE;
}

int bundle__main(int argc, char **argv)
{
	static char name[] = "dropwhy bundle";
	static const struct argp_child children[] = { { &argument_help_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { NULL, parse_option, "ls DIR\nshow BUNDLE [FILE]", doc,
					  children, NULL, NULL };
	struct bundle_args args = {};
	int status;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return EXIT_USAGE;
	status = !strcmp(args.args[0], "ls") ? list(args.args[1]) :
					       show(args.args[1], args.args[2]);
	if (fflush(stdout) && !status)
		status = complain(EXIT_FAILED, -errno, "write to standard output", NULL);
	return status;
}
