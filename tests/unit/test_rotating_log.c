// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/sample_drop.h"
#include "user/probe/rotating_log.h"

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/dropwhy-log.XXXXXX");
	cr_assert(mkdtemp(dir) != NULL);
}

static void remove_dir(void)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

TestSuite(rotating_log, .init = make_dir, .fini = remove_dir);

/* Files that the log made, and the rows in them without headers. */
static size_t count(size_t *ret_rows)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	size_t files = 0;

	*ret_rows = 0;
	while ((entry = readdir(d))) {
		char path[512], line[4096];
		FILE *file;

		if (strncmp(entry->d_name, "drops-", 6))
			continue;
		files++;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		file = fopen(path, "r");
		/* who is killed right after opening a file leaves it empty */
		if (fgets(line, sizeof(line), file))
			cr_assert(eq(int, strncmp(line, "type,schema,time,", 17), 0), "a header");
		while (fgets(line, sizeof(line), file))
			*ret_rows += line[strlen(line) - 1] == '\n';
		fclose(file);
	}
	closedir(d);
	return files;
}

static struct rotating_log *new_log_of_age(size_t bytes, size_t files, double age_s)
{
	struct rotating_log_options options = {
		.format = "csv", .dir = dir, .prefix = "drops", .suffix = "csv",
		.bytes = bytes, .age_s = age_s, .files = files,
	};
	struct rotating_log *log = rotating_log__new(&options);

	cr_assert(log != NULL);
	return log;
}

static struct rotating_log *new_log(size_t bytes, size_t files)
{
	return new_log_of_age(bytes, files, 3600);
}

static void write_rows(struct rotating_log *log, int rows)
{
	struct drop drop = sample_udp();

	for (; rows; rows--)
		rotating_log__drop(log, &drop);
	rotating_log__flush(log);
}

Test(rotating_log, rotates_by_size_and_loses_nothing)
{
	struct rotating_log *log = new_log(4096, 1000);
	size_t rows, files;

	write_rows(log, 500);
	files = count(&rows);
	cr_assert(eq(sz, rows, 500));
	cr_assert(gt(sz, files, 10));
	cr_assert(eq(u64, rotating_log__written(log), 500));
	cr_assert(eq(u64, rotating_log__failed(log), 0));
	rotating_log__free(log);
}

Test(rotating_log, writes_much_at_a_time)
{
	struct rotating_log *log = new_log(1 << 20, 1);
	struct drop drop = sample_udp();
	size_t rows;
	int i;

	for (i = 0; i < 100; i++)
		rotating_log__drop(log, &drop);
	count(&rows);
	cr_assert(eq(sz, rows, 0));
	rotating_log__flush(log);
	count(&rows);
	cr_assert(eq(sz, rows, 100));
	rotating_log__free(log);
}

Test(rotating_log, rotates_by_age_what_has_rows)
{
	static const struct {
		double age_s;
		size_t files;
	} rows[] = { { 0, 3 }, { 3600, 1 } };
	size_t i, written;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rotating_log *log = new_log_of_age(1 << 20, 1000, rows[i].age_s);

		write_rows(log, 5);
		rotating_log__tick(log);
		write_rows(log, 7);
		rotating_log__tick(log);
		rotating_log__tick(log); /* nothing is in the third */
		cr_expect(eq(sz, count(&written), rows[i].files), "%g s", rows[i].age_s);
		cr_expect(eq(sz, written, 12));
		rotating_log__free(log);
		remove_dir();
		make_dir();
	}
}

Test(rotating_log, keeps_so_many_files_and_others_alone)
{
	struct rotating_log *log;
	char other[128];
	size_t rows;

	snprintf(other, sizeof(other), "%s/drop.csv", dir);
	close(open(other, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	log = new_log(4096, 3);
	write_rows(log, 500);
	cr_assert(eq(sz, count(&rows), 3));
	cr_assert(eq(int, access(other, F_OK), 0));
	rotating_log__free(log);
	/* a restart goes on with the same files */
	rotating_log__free(new_log(4096, 3));
	cr_assert(le(sz, count(&rows), 3));
}

/* What somebody put there counts for nothing, and stays. */
Test(rotating_log, leaves_others_files_alone)
{
	static const char *const others[] = { "drops-2025.csv", "drops-x.csv", "drops-y.csv", "drops-z.csv",
					      "drops-20200101T000000Z.csv",
					      "drops-20200101T000000Z-copy.csv" };
	struct rotating_log *log;
	char path[256];
	size_t rows, i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, others[i]);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	log = new_log(4096, 3);
	write_rows(log, 30);
	rotating_log__free(log);
	cr_assert(le(sz, count(&rows), 3 + sizeof(others) / sizeof(others[0])));
	cr_assert(gt(sz, rows, 0));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, others[i]);
		cr_assert(eq(int, access(path, F_OK), 0), "%s", others[i]);
	}
}

/* The last run wrote its files by a clock that was set back since. */
Test(rotating_log, a_clock_set_back_makes_new_files_no_older)
{
	static const char *const left[] = { "drops-29990101T000000Z-00000007.csv",
					    "drops-29990101T000000Z-00000009.csv",
					    "drops-20200101T000000Z-00000500.csv",
					    "drops-28990101T000000Z-00000001.csv",
					    "drops-28990101T000000Z-00000002.csv" };
	struct rotating_log *log;
	size_t rows, i;
	char path[256];

	for (i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, left[i]);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	log = new_log(1 << 20, 5);
	write_rows(log, 3);
	count(&rows);
	cr_assert(eq(sz, rows, 3), "the file that is written to was deleted");
	snprintf(path, sizeof(path), "%s/drops-29990101T000000Z-00000010.csv", dir);
	cr_assert(eq(int, access(path, F_OK), 0));
	snprintf(path, sizeof(path), "%s/%s", dir, left[2]);
	cr_assert(eq(int, access(path, F_OK), -1), "the oldest went");
	rotating_log__free(log);
	/* and so for a whole run */
	log = new_log(4096, 3);
	write_rows(log, 30);
	rotating_log__free(log);
	snprintf(path, sizeof(path), "%s/%s", dir, left[0]);
	cr_assert(eq(int, access(path, F_OK), -1));
	count(&rows);
	cr_assert(gt(sz, rows, 10));
}

/* A limit on the size of files stands for a full disk: EFBIG rather than ENOSPC. */
Test(rotating_log, counts_what_a_full_disk_refuses_and_goes_on)
{
	struct rlimit limit, tight = { .rlim_cur = 3000, .rlim_max = RLIM_INFINITY };
	struct rotating_log *log = new_log(1 << 20, 10);
	size_t rows;
	int i;

	signal(SIGXFSZ, SIG_IGN);
	write_rows(log, 2);
	getrlimit(RLIMIT_FSIZE, &limit);
	tight.rlim_max = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &tight);
	write_rows(log, 100);
	cr_assert(eq(int, rotating_log__error(log), -EFBIG));
	cr_assert(eq(u64, rotating_log__written(log) + rotating_log__failed(log), 102));
	cr_assert(gt(u64, rotating_log__failed(log), 90));
	tight.rlim_cur = 0;
	setrlimit(RLIMIT_FSIZE, &tight);
	for (i = 0; i < 3; i++) {
		sleep(1);
		rotating_log__tick(log);
	}
	cr_assert(eq(sz, count(&rows), 1), "files without a row are not left behind");
	setrlimit(RLIMIT_FSIZE, &limit);
	for (i = 0; rotating_log__error(log) && i < 10; i++) {
		sleep(1);
		rotating_log__tick(log);
	}
	cr_assert(eq(int, rotating_log__error(log), 0));
	write_rows(log, 5);
	count(&rows);
	cr_assert(ge(sz, rows, 7));
	cr_assert(eq(u64, rotating_log__written(log) + rotating_log__failed(log), 107));
	rotating_log__free(log);
}

/* Killed at any moment, the files hold all rows but the one under way, and those not flushed. */
Test(rotating_log, kill_loses_at_most_the_row_being_written)
{
	int fds[2], round;

	for (round = 0; round < 20; round++) {
		size_t rows, before;
		__u64 flushed = 0, last;
		pid_t pid;

		count(&before);
		cr_assert(eq(int, pipe(fds), 0));
		pid = fork();
		if (!pid) {
			struct rotating_log *log = new_log(4096, 100000);

			for (;;) {
				write_rows(log, 1);
				last = rotating_log__written(log);
				if (write(fds[1], &last, sizeof(last)) < 0)
					_exit(1);
			}
		}
		close(fds[1]);
		while (read(fds[0], &flushed, sizeof(flushed)) == sizeof(flushed) &&
		       flushed < 40 + (__u64)round * 7)
			;
		kill(pid, SIGKILL);
		while (read(fds[0], &last, sizeof(last)) == sizeof(last))
			flushed = last;
		close(fds[0]);
		count(&rows);
		cr_assert(ge(sz, rows, before + flushed), "round %d", round);
		cr_assert(le(sz, rows, before + flushed + 1), "round %d", round);
		remove_dir();
		make_dir();
	}
}

Test(rotating_log, a_stream_that_failed_is_tried_again_on_a_new_line)
{
	struct rotating_log_options options = { .format = "json" };
	char text[16384];
	struct rotating_log *log;
	__u64 failed;
	ssize_t len;
	int fds[2];

	cr_assert(eq(int, pipe2(fds, O_NONBLOCK), 0));
	fcntl(fds[1], F_SETPIPE_SZ, 4096);
	options.stream = fdopen(fds[1], "w");
	options.poll_fd = fds[1];
	log = rotating_log__new(&options);
	write_rows(log, 100); /* more than the pipe takes, and nobody reads */
	cr_assert(eq(int, rotating_log__error(log), -EAGAIN));
	failed = rotating_log__failed(log);
	cr_assert(gt(u64, failed, 50));
	while (read(fds[0], text, sizeof(text)) > 0)
		;
	write_rows(log, 1);
	cr_assert(eq(int, rotating_log__error(log), 0), "the next flush is soon enough");
	cr_assert(gt(u64, rotating_log__failed(log), failed));
	write_rows(log, 1);
	len = read(fds[0], text, sizeof(text));
	cr_assert(gt(i64, (long)len, 10));
	cr_assert(eq(int, strncmp(text, "\n{\"type\":", 9), 0));
	cr_assert(eq(u64, rotating_log__written(log) + rotating_log__failed(log), 102));
	rotating_log__free(log);
}

Test(rotating_log, a_directory_that_is_none_is_an_error)
{
	struct rotating_log_options options = { .format = "csv", .dir = "/dev/null/x",
						.prefix = "drops", .suffix = "csv" };

	cr_assert(rotating_log__new(&options) == NULL);
	cr_assert(eq(int, errno, ENOTDIR));
	rotating_log__free(NULL);
}
