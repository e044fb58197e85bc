// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See rotating_log.h. Each file has a sink of its own: a sink that failed once
 * stays failed, so after a full disk the next file begins.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/file_stamp.h"
#include "user/probe/rotating_log.h"

#define BUFFER_BYTES (64 << 10)
#define NAME_LEN     256

/* The longest that a log which failed is left alone. */
#define PATIENCE_MAX_S 60

struct rotating_log {
	struct rotating_log_options options;
	int dir_fd;		/* -1: a stream */
	FILE *out;		/* NULL: none could be opened */
	struct sink *sink;
	__u64 written, failed;	/* by sinks that are gone, or without any */
	__u64 packets_failed;
	__u64 opened_s;		/* CLOCK_MONOTONIC */
	__u64 retry_s;		/* when to try again, while there is an error */
	__u64 patience_s;	/* how long the last wait was */
	size_t bytes;		/* in the file */
	char stamp[FILE_STAMP_LEN];	/* in the last name */
	unsigned int serial;	/* of the next one */
	char name[NAME_LEN];	/* of the file */
	int error;
	char buffer[BUFFER_BYTES]; /* of the file */
};

static __u64 now_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (__u64)time.tv_sec;
}

/* --- the directory */

/* PREFIX-YYYYMMDDTHHMMSSZ-NUMBER.SUFFIX: what else begins and ends so is somebody else's. */
static bool is_ours(const struct rotating_log *log, const char *name)
{
	size_t prefix = strlen(log->options.prefix), digits;

	if (strncmp(name, log->options.prefix, prefix) || name[prefix] != '-')
		return false;
	name += prefix + 1;
	if (!file_stamp__begins(name) || name[FILE_STAMP_LEN - 1] != '-')
		return false;
	name += FILE_STAMP_LEN;
	digits = strspn(name, "0123456789");
	return digits && name[digits] == '.' && !strcmp(name + digits + 1, log->options.suffix);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names begin with the time: in order of names is in order of age. */
static size_t list_ours(const struct rotating_log *log, char ***ret_names)
{
	int fd = openat(log->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char **names = NULL, **grown;
	struct dirent *entry;
	size_t count = 0;

	*ret_names = NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((entry = readdir(dir))) {
		if (!is_ours(log, entry->d_name))
			continue;
		grown = reallocarray(names, count + 1, sizeof(*names));
		if (!grown)
			break;
		names = grown;
		names[count] = strdup(entry->d_name);
		if (!names[count])
			break;
		count++;
	}
	closedir(dir);
	if (count)
		qsort(names, count, sizeof(*names), by_name);
	*ret_names = names;
	return count;
}

/* Behind what an earlier run left. */
static void go_on(struct rotating_log *log)
{
	char **names;
	size_t count = list_ours(log, &names), i;
	const char *stamp;

	for (i = 0; i < count; i++) {
		stamp = names[i] + strlen(log->options.prefix) + 1;
		memcpy(log->stamp, stamp, FILE_STAMP_LEN - 1);
		log->serial = (unsigned int)strtoul(stamp + FILE_STAMP_LEN, NULL, 10) + 1;
		free(names[i]);
	}
	free(names);
}

/* A clock that was set back does not make new files the oldest, which would be deleted first:
 * names go on from the last one until the clock is there, too. */
static void follow_clock(struct rotating_log *log)
{
	time_t now = time(NULL);
	char stamp[FILE_STAMP_LEN];

	file_stamp__format(now, stamp);
	if (strcmp(stamp, log->stamp) > 0)
		memcpy(log->stamp, stamp, sizeof(stamp));
}

static void delete_oldest(const struct rotating_log *log)
{
	char **names;
	size_t count = list_ours(log, &names), i;

	for (i = 0; i < count; i++) {
		if (i + log->options.files < count)
			unlinkat(log->dir_fd, names[i], 0);
		free(names[i]);
	}
	free(names);
}

/* --- files */

static void close_file(struct rotating_log *log)
{
	bool useless = false;

	if (log->sink) {
		sink__flush(log->sink);
		log->written += log->sink->rows_written;
		log->failed += log->sink->rows_failed;
		log->packets_failed += log->sink->packets_failed;
		useless = log->sink->first_error && !log->sink->rows_written;
		sink__free(log->sink);
		log->sink = NULL;
	}
	if (log->out && log->out != log->options.stream) {
		fclose(log->out);
		/* else a full disk would leave one a try, and they would crowd out the good ones */
		if (useless)
			unlinkat(log->dir_fd, log->name, 0);
	}
	log->out = NULL;
}

static FILE *open_next(struct rotating_log *log)
{
	FILE *out;
	int fd;

	follow_clock(log);
	do {
		snprintf(log->name, sizeof(log->name), "%s-%s-%08u.%s", log->options.prefix,
			 log->stamp, log->serial++, log->options.suffix);
		fd = openat(log->dir_fd, log->name,
			    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0)
		return NULL;
	out = fdopen(fd, "a");
	if (!out)
		close(fd);
	return out;
}

static FILE *open_stream(struct rotating_log *log)
{
	clearerr(log->options.stream);
	/* the row that failed may be torn: it must not take the next one with it */
	if (log->error)
		fputc('\n', log->options.stream);
	return log->options.stream;
}

/* It tells itself when there is room again. */
static bool is_full_pipe(const struct rotating_log *log)
{
	return log->dir_fd < 0 && log->error == -EAGAIN;
}

static void fail(struct rotating_log *log, int err)
{
	log->error = err;
	if (is_full_pipe(log))
		return;
	log->patience_s = log->patience_s ? 2 * log->patience_s : 1;
	if (log->patience_s > PATIENCE_MAX_S)
		log->patience_s = PATIENCE_MAX_S;
	log->retry_s = now_s() + log->patience_s;
}

static int open_file(struct rotating_log *log)
{
	struct sink_options options = {};
	int err = 0;

	log->out = log->dir_fd >= 0 ? open_next(log) : open_stream(log);
	log->opened_s = now_s();
	log->bytes = 0;
	/* to a pipe stdio's own size is better: it takes 4 KiB whole or not at all */
	if (log->out && log->dir_fd >= 0)
		setvbuf(log->out, log->buffer, _IOFBF, sizeof(log->buffer));
	if (log->out)
		log->sink = sink__new(log->options.format, log->out, &options);
	err = log->sink ? sink__flush(log->sink) : -errno;
	if (err) {
		close_file(log);
		fail(log, err);
		return err;
	}
	if (log->dir_fd >= 0)
		delete_oldest(log);
	log->error = 0;
	return 0;
}

struct rotating_log *rotating_log__new(const struct rotating_log_options *options)
{
	struct rotating_log *log = calloc(1, sizeof(*log));
	int err;

	if (!log)
		return NULL;
	log->options = *options;
	log->dir_fd = -1;
	if (options->dir) {
		log->dir_fd = open(options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (log->dir_fd < 0) {
			err = errno;
			free(log);
			errno = err;
			return NULL;
		}
		go_on(log);
	}
	err = open_file(log);
	if (err) {
		rotating_log__free(log);
		errno = -err;
		return NULL;
	}
	return log;
}

static void note_error(struct rotating_log *log)
{
	if (!log->error && log->sink && log->sink->first_error)
		fail(log, log->sink->first_error);
}

static void after_row(struct rotating_log *log)
{
	note_error(log);
	log->bytes += log->sink->line.len;
	if (log->dir_fd < 0 || log->bytes < log->options.bytes || log->error)
		return;
	close_file(log);
	open_file(log);
}

void rotating_log__drop(struct rotating_log *log, const struct drop *drop)
{
	if (!log->sink) {
		log->failed++;
		log->packets_failed += drop->count;
		return;
	}
	sink__drop(log->sink, drop);
	after_row(log);
}

void rotating_log__sysctl(struct rotating_log *log, const struct sysctl_change *change)
{
	if (!log->sink) {
		log->failed++;
		return;
	}
	sink__sysctl(log->sink, change);
	after_row(log);
}

static void try_again(struct rotating_log *log)
{
	struct pollfd pipe = { .events = POLLOUT };

	if (is_full_pipe(log)) {
		pipe.fd = log->options.poll_fd;
		if (poll(&pipe, 1, 0) != 1)
			return;
	} else if (now_s() < log->retry_s) {
		return;
	}
	close_file(log);
	open_file(log);
}

void rotating_log__flush(struct rotating_log *log)
{
	__u64 before;

	if (is_full_pipe(log))
		try_again(log);
	if (!log->sink)
		return;
	before = log->sink->rows_unflushed;
	sink__flush(log->sink);
	note_error(log);
	if (before && !log->error)
		log->patience_s = 0; /* it works */
}

void rotating_log__tick(struct rotating_log *log)
{
	bool old = log->dir_fd >= 0 && (double)(now_s() - log->opened_s) >= log->options.age_s;
	bool empty = log->sink && !log->sink->rows_written;

	if (log->error) {
		try_again(log);
	} else if (old && !empty) {
		close_file(log);
		open_file(log);
	}
}

__u64 rotating_log__written(const struct rotating_log *log)
{
	return log->written + (log->sink ? log->sink->rows_written - log->sink->rows_unflushed : 0);
}

__u64 rotating_log__failed(const struct rotating_log *log)
{
	return log->failed + (log->sink ? log->sink->rows_failed : 0);
}

__u64 rotating_log__packets_failed(const struct rotating_log *log)
{
	return log->packets_failed + (log->sink ? log->sink->packets_failed : 0);
}

int rotating_log__error(const struct rotating_log *log)
{
	return log->error;
}

void rotating_log__free(struct rotating_log *log)
{
	if (!log)
		return;
	close_file(log);
	if (log->dir_fd >= 0)
		close(log->dir_fd);
	free(log);
}
