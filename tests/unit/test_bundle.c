// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/temp_tree.h"
#include "user/bundle/bundle_dir.h"
#include "user/bundle/bundle_read.h"
#include "user/bundle/bundle_write.h"

static char *dir;

static void make_dir(void)
{
	dir = temp_tree__new();
}

static void remove_dir(void)
{
	temp_tree__free(dir);
}

TestSuite(bundle, .init = make_dir, .fini = remove_dir);

static int write_bundle(const char *name, bool archive, size_t bytes)
{
	struct bundle_writer *w = bundle_writer__new(dir, name, archive);
	char *text = malloc(bytes + 1);
	int err;

	cr_assert(w != NULL);
	memset(text, 'x', bytes);
	bundle_writer__add(w, "info.json", "{}", 2);
	bundle_writer__begin_file(w, "drops.csv", bytes);
	bundle_writer__put(w, text, bytes / 3);
	bundle_writer__put(w, text + bytes / 3, bytes - bytes / 3);
	bundle_writer__add(w, "empty", "", 0);
	err = bundle_writer__finish(w);
	free(text);
	return err;
}

struct found {
	int files;
	size_t info, drops, empty;
	char text[4];
};

static int find(void *ctx, const char *name, const char *bytes, size_t len)
{
	struct found *found = ctx;

	found->files++;
	if (!strcmp(name, "info.json"))
		found->info = len;
	if (!strcmp(name, "drops.csv"))
		found->drops = len;
	if (bytes)
		memcpy(found->text, bytes, len < 3 ? len : 3);
	return 0;
}

static size_t count(size_t *ret_all)
{
	struct bundle_info *bundles;
	size_t complete, i;
	struct dirent *entry;
	DIR *in = opendir(dir);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	cr_assert(eq(int, bundle_dir__list(fd, &bundles, &complete), 0));
	for (i = 1; i < complete; i++)
		cr_assert(lt(str, bundles[i - 1].name, bundles[i].name));
	bundle_dir__free_list(bundles, complete);
	close(fd);
	cr_assert(in != NULL);
	*ret_all = 0;
	while ((entry = readdir(in)))
		*ret_all += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(in);
	return complete;
}

Test(bundle, both_forms_are_written_whole_and_read_back)
{
	char path[PATH_MAX];
	size_t all;
	int archive;

	for (archive = 0; archive < 2; archive++) {
		struct found found = {};

		cr_assert(eq(int, write_bundle("dropwhy-20260101T000000Z-x", archive, 100000), 0));
		snprintf(path, sizeof(path), "%s/dropwhy-20260101T000000Z-x%s", dir,
			 archive ? BUNDLE_ARCHIVE_SUFFIX : "");
		cr_assert(eq(int, bundle__each(path, "info.json", find, &found), 0));
		cr_assert(eq(int, found.files, 3));
		cr_assert(eq(sz, found.info, 2));
		cr_assert(eq(sz, found.drops, 100000));
		cr_assert(eq(str, found.text, "{}"));
	}
	cr_assert(eq(sz, count(&all), 2));
	cr_assert(eq(sz, all, 2));
}

/* A limit on the size of files stands for a full disk. */
Test(bundle, a_full_disk_leaves_nothing_behind)
{
	struct rlimit tight;
	size_t all;
	int archive;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &tight);
	tight.rlim_cur = 1; /* an archive of one letter is small, too */
	setrlimit(RLIMIT_FSIZE, &tight);
	for (archive = 0; archive < 2; archive++)
		cr_assert(lt(int, write_bundle("dropwhy-20260101T000000Z-x", archive, 100000), 0));
	cr_assert(eq(sz, count(&all), 0));
	cr_assert(eq(sz, all, 0));
}

Test(bundle, one_that_is_given_up_leaves_nothing_behind)
{
	struct bundle_writer *w;
	size_t all;
	int archive;

	for (archive = 0; archive < 2; archive++) {
		w = bundle_writer__new(dir, "dropwhy-20260101T000000Z-x", archive);
		bundle_writer__add(w, "info.json", "{}", 2);
		bundle_writer__fail(w, -ENOMEM);
		bundle_writer__fail(w, -EIO);
		bundle_writer__add(w, "drops.csv", "x", 1);
		cr_expect(eq(int, bundle_writer__finish(w), -ENOMEM), "archive: %d", archive);
	}
	cr_assert(eq(sz, count(&all), 0));
	cr_assert(eq(sz, all, 0));
}

Test(bundle, what_a_killed_writer_left_is_removed_by_the_next)
{
	struct bundle_writer *w;
	pid_t pid = fork();
	size_t all;

	if (!pid) {
		w = bundle_writer__new(dir, "dropwhy-20260101T000000Z-x", false);
		bundle_writer__add(w, "drops.csv", "x", 1);
		_exit(0); /* never finished */
	}
	cr_assert(eq(int, waitpid(pid, NULL, 0), pid));
	cr_assert(eq(sz, count(&all), 0));
	cr_assert(eq(sz, all, 1));
	cr_assert(eq(int, write_bundle("dropwhy-20260102T000000Z-x", true, 10), 0));
	cr_assert(eq(sz, count(&all), 1));
	cr_assert(eq(sz, all, 1));
}

/* Neither the prefix nor the suffix alone makes a name ours. */
Test(bundle, what_others_left_stays)
{
	static const char *const names[] = { ".dropwhy-20260101T000000Z-x", ".notes" BUNDLE_TORN_SUFFIX,
					     "notes" BUNDLE_TORN_SUFFIX };
	char path[512];
	size_t all, i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	cr_assert(eq(int, write_bundle("dropwhy-20260102T000000Z-x", true, 10), 0));
	cr_assert(eq(sz, count(&all), 1));
	cr_assert(eq(sz, all, 4));
}

Test(bundle, the_oldest_go_when_there_are_too_many_bytes)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];
	size_t all;

	temp_tree__text(dir, "drops-0", "not ours");
	temp_tree__text(dir, "dropwhy-0.1.0/README", "nor is this");
	temp_tree__text(dir, "dropwhy-notes", "nor this");
	write_bundle("dropwhy-20260101T000000Z-x", false, 1000);
	write_bundle("dropwhy-20260102T000000Z-x", true, 1000);
	write_bundle("dropwhy-20260103T000000Z-x", false, 1000);
	write_bundle("dropwhy-20260104T000000Z-x", false, 1000);
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 1 << 20, "dropwhy-20260104T000000Z-x", "request"), 0));
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 2100, "dropwhy-20260104T000000Z-x", "request"), 2));
	cr_assert(eq(sz, count(&all), 2));
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 1, "dropwhy-20260104T000000Z-x", "request"), 1));
	snprintf(path, sizeof(path), "%s/dropwhy-20260104T000000Z-x", dir);
	cr_assert(eq(int, access(path, F_OK), 0), "the newest stays");
	cr_assert(eq(sz, all, 5));
	close(fd);
}

/* What anybody may ask for pushes out nothing that was written for a reason. */
Test(bundle, those_that_were_requested_go_first)
{
	static const char *const names[] = {
		"dropwhy-20260101T000000Z-surge",      "dropwhy-20260102T000000Z-request",
		"dropwhy-20260103T000000Z-requests",   "dropwhy-20260104T000000Z-request-2",
		"dropwhy-20260105T000000Z-signal",     "dropwhy-20260106T000000Z-request.tar.zst",
		"dropwhy-20260107T000000Z-request",
	};
	static const bool stays[] = { true, false, true, false, true, false, true };
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];
	size_t i, all;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		write_bundle(i == 5 ? "dropwhy-20260106T000000Z-request" : names[i], i == 5, 10000);
	/* no more than is needed */
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 55000, names[6], "request"), 1));
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 40100, names[6], "request"), 2));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		cr_expect(eq(int, access(path, F_OK), stays[i] ? 0 : -1), "%s", names[i]);
	}
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 32000, names[6], "request"), 1));
	cr_assert(eq(sz, count(&all), 3), "the oldest of the others, now that there is no other one");
	close(fd);
}

Test(bundle, one_that_cannot_be_removed_keeps_no_other)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];
	size_t all;

	write_bundle("dropwhy-20260101T000000Z-x", false, 30000);
	temp_tree__text(dir, "dropwhy-20260101T000000Z-x/by-hand/notes", "a directory");
	write_bundle("dropwhy-20260102T000000Z-x", false, 30000);
	write_bundle("dropwhy-20260103T000000Z-x", false, 30000);
	write_bundle("dropwhy-20260104T000000Z-x", false, 30000);
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 70000, "dropwhy-20260104T000000Z-x", "request"), -ENOTEMPTY));
	cr_assert(eq(sz, count(&all), 3));
	snprintf(path, sizeof(path), "%s/dropwhy-20260102T000000Z-x", dir);
	cr_assert(eq(int, access(path, F_OK), -1));
	close(fd);
}

/* What was just written is no older than others, whatever its name says. */
Test(bundle, a_clock_set_back_costs_no_new_bundle)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];
	size_t all;

	write_bundle("dropwhy-29990101T000000Z-signal", false, 1000);
	write_bundle("dropwhy-20260101T000000Z-signal", true, 1000);
	cr_assert(eq(int, bundle_dir__keep_quota(fd, 1, "dropwhy-20260101T000000Z-signal.tar.zst", "request"), 1));
	snprintf(path, sizeof(path), "%s/dropwhy-20260101T000000Z-signal.tar.zst", dir);
	cr_assert(eq(int, access(path, F_OK), 0));
	cr_assert(eq(sz, count(&all), 1));
	close(fd);
}

static size_t drops_bytes_in(const char *name)
{
	struct found found = {};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	bundle__each(path, NULL, find, &found);
	return found.drops;
}

Test(bundle, a_name_that_is_taken_gets_a_number)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 1; i <= 3; i++) {
		cr_assert(eq(int, write_bundle("dropwhy-20260101T000000Z-x", false, i), 0));
		cr_assert(eq(int, write_bundle("dropwhy-20260101T000000Z-x", true, 10 * i), 0));
	}
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260101T000000Z-x"), 1));
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260101T000000Z-x-2"), 2));
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260101T000000Z-x-3"), 3));
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260101T000000Z-x.tar.zst"), 10));
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260101T000000Z-x-2.tar.zst"), 20));
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260101T000000Z-x-3.tar.zst"), 30));
	for (i = 4; i < 100; i++) {
		snprintf(path, sizeof(path), "dropwhy-20260101T000000Z-x-%zu", i);
		temp_tree__text(dir, path, "in the way");
	}
	cr_assert(bundle_writer__new(dir, "dropwhy-20260101T000000Z-x", false) == NULL);
	cr_assert(eq(int, errno, EEXIST));
}

/* Of two probes with one directory. */
Test(bundle, two_writers_wait_for_each_other)
{
	struct bundle_writer *w = bundle_writer__new(dir, "dropwhy-20260101T000000Z-x", false);
	pid_t pid;
	size_t all;

	cr_assert(w != NULL);
	bundle_writer__add(w, "drops.csv", "x", 1);
	pid = fork();
	if (!pid) {
		close_range(3, ~0U, 0); /* else its copy of the lock is ours */
		_exit(write_bundle("dropwhy-20260102T000000Z-x", false, 10) ? 1 : 0);
	}
	usleep(50000);
	cr_assert(eq(int, bundle_writer__finish(w), 0));
	cr_assert(eq(int, waitpid(pid, &(int){ 0 }, 0), pid));
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260101T000000Z-x"), 1));
	cr_assert(eq(sz, drops_bytes_in("dropwhy-20260102T000000Z-x"), 10));
	cr_assert(eq(sz, count(&all), 2));
	cr_assert(eq(sz, all, 2));
}

Test(bundle, what_is_none_is_an_error)
{
	char path[PATH_MAX];

	temp_tree__text(dir, "text", "no archive, nor anything like one");
	snprintf(path, sizeof(path), "%s/text", dir);
	cr_assert(eq(int, bundle__each(path, NULL, find, &(struct found){}), -EINVAL));
	cr_assert(eq(int, bundle__each("/nowhere", NULL, find, &(struct found){}), -ENOENT));
	cr_assert(bundle_writer__new("/nowhere", "dropwhy-20260101T000000Z-x", false) == NULL);
	cr_assert(eq(int, errno, ENOENT));
	bundle_dir__free_list(NULL, 0);
}
