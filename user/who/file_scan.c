/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walks a directory of files and remembers which of them it knows already.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* uthash ends the process when out of memory unless told otherwise */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/clock.h"
#include "user/who/file_scan.h"
#include "user/who/json_file.h"
#include "user/who/source_problem.h"


/* Files of one directory that are looked at; the largest nodes run some thousand containers. */
#define FILES_MAX 16384
/* What is younger may not be whole, or its process not be there yet. */
#define SETTLED_S 5

/* What was not believed is looked at again once in so many scans. */
#define RETRY_ROUNDS 16

struct known_file {
	UT_hash_handle hh;
	ino_t ino;
	struct timespec changed;
	off_t size;
	int verdict;
	unsigned int kept; /* looks at it, not believed, without reading it */
	__u64 round;
	char key[];
};

struct file_scan {
	char *root;
	struct known_file *files;
	__u64 round;
};

struct file_scan *file_scan__new(const char *root)
{
	struct file_scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return NULL;
	scan->root = strdup(root);
	if (!scan->root) {
		free(scan);
		return NULL;
	}
	return scan;
}

const char *file_scan__root(const struct file_scan *scan)
{
	return scan->root;
}

pid_t file_scan__number(int dir_fd, const char *name)
{
	char text[16];
	ssize_t n;
	long pid;
	char *end;
	int fd;

	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || end == text || (*end && *end != '\n') || pid < 1 || pid > INT_MAX)
		return 0;
	return (pid_t)pid;
}

/* CLOCK_BOOTTIME of a file's time; 0 before the node started, and now at the latest. */
static __u64 boot_ns_of(const struct timespec *time)
{
	struct timespec wall;
	__s64 ago, now;

	clock_gettime(CLOCK_REALTIME, &wall);
	now = (__s64)clock__ns(CLOCK_BOOTTIME);
	ago = (__s64)(wall.tv_sec - time->tv_sec) * NS_PER_S + wall.tv_nsec - time->tv_nsec;
	if (ago < 0)
		return (__u64)now;
	return ago >= now ? 0 : (__u64)(now - ago);
}

static bool is_settled(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec - st->st_mtim.tv_sec > SETTLED_S || now.tv_sec < st->st_mtim.tv_sec - 1;
}

static bool is_same(const struct known_file *file, const struct stat *st)
{
	return file->ino == st->st_ino && file->size == st->st_size &&
	       file->changed.tv_sec == st->st_mtim.tv_sec &&
	       file->changed.tv_nsec == st->st_mtim.tv_nsec;
}

static struct known_file *get_file(struct file_scan *scan, const char *key)
{
	struct known_file *file;
	size_t len = strlen(key);

	HASH_FIND(hh, scan->files, key, len, file);
	if (file)
		return file;
	file = calloc(1, sizeof(*file) + len + 1);
	if (!file)
		return NULL;
	memcpy(file->key, key, len + 1);
	file->verdict = 1; /* none yet */
	HASH_ADD(hh, scan->files, key[0], len, file);
	if (!file->hh.tbl) {
		free(file);
		return NULL;
	}
	return file;
}

static int load_and_state(const struct file_kind *kind, struct file_found *found, const char *file)
{
	json_t *json = NULL;
	int err;

	err = json_file__load(found->dir_fd, file, kind->max_bytes, &json);
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	found->json = json;
	err = kind->state(found);
	json_decref(json);
	return err;
}

/* One file: kept as it is known, or read. */
static int look_at(struct file_scan *scan, const struct file_kind *kind, struct file_found *found,
		   const char *file_name, const struct stat *st, struct source_stats *stats)
{
	struct known_file *file = get_file(scan, found->key);
	bool same;
	int err;

	if (!file)
		return -ENOMEM;
	same = file->verdict <= 0 && is_same(file, st);
	file->round = scan->round;
	err = file->verdict;
	if (!same || (err && err != -ENOENT &&
		      (!is_settled(st) || ++file->kept % RETRY_ROUNDS == 0)))
		err = load_and_state(kind, found, file_name);
	else if (!err)
		err = directory__pod_again(found->dir, found->id, found->key);
	/* forgotten by the directory, or its sandbox changed */
	if (same && err == -EAGAIN)
		err = load_and_state(kind, found, file_name);
	file->ino = st->st_ino;
	file->changed = st->st_mtim;
	file->size = st->st_size;
	file->verdict = err;
	if (err && err != -ENOENT && err != -ENOMEM)
		stats->unfinished |= !is_settled(st);
	return err;
}

static int look_at_entry(struct file_scan *scan, const char *path, const struct file_kind *kind,
			 struct file_found *found, int top_fd, struct source_stats *stats)
{
	const char *file_name = kind->inside ? kind->inside : found->name;
	char key[PATH_MAX];
	struct stat st;
	int err;

	if (snprintf(key, sizeof(key), "%s/%s", path, found->name) >= (int)sizeof(key))
		return 0;
	found->dir_fd = top_fd;
	if (kind->inside) {
		found->dir_fd = openat(top_fd, found->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (found->dir_fd < 0)
			return 0; /* a plain file, or gone */
	}
	found->key = key;
	err = fstatat(found->dir_fd, file_name, &st, 0) ? -errno : 0;
	if (err == -ENOENT && kind->inside && !fstat(found->dir_fd, &st)) {
		/* a directory just made gets its file in a moment */
		stats->unfinished |= !is_settled(&st);
	} else if (!err) {
		stats->files++;
		found->changed_ns = boot_ns_of(&st.st_mtim);
		err = look_at(scan, kind, found, file_name, &st, stats);
	}
	if (!err)
		stats->statements++;
	source_problem__count(stats, path, found->name, err);
	if (kind->inside)
		close(found->dir_fd);
	found->key = NULL;
	return err == -ENOMEM ? err : 0;
}

/* Drops what the last round did not see in @path. */
static void forget_unseen(struct file_scan *scan, const char *path)
{
	struct known_file *file, *next;
	size_t len = strlen(path);

	HASH_ITER(hh, scan->files, file, next) {
		if (file->round == scan->round || strncmp(file->key, path, len) != 0 ||
		    file->key[len] != '/')
			continue;
		/* The analyzer cannot follow that no living entry links to a freed one. */
		HASH_DEL(scan->files, file); /* NOLINT(clang-analyzer-unix.Malloc) */
		free(file);
	}
}

int file_scan__directory(struct file_scan *scan, const char *path, const struct file_kind *kind,
			 struct directory *dir, int id, struct source_stats *stats)
{
	struct file_found found = { .dir = dir, .id = id };
	char full[PATH_MAX];
	struct dirent *entry;
	size_t count = 0;
	int err = 0;
	DIR *in;

	if (snprintf(full, sizeof(full), "%s%s", scan->root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	in = opendir(full);
	if (!in)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	scan->round++;
	while (!err && (entry = readdir(in))) {
		if (entry->d_name[0] == '.' || (kind->wanted && !kind->wanted(entry->d_name)))
			continue;
		if (++count > FILES_MAX) {
			source_problem__count(stats, path, NULL, -E2BIG);
			break;
		}
		found.name = entry->d_name;
		err = look_at_entry(scan, path, kind, &found, dirfd(in), stats);
	}
	closedir(in);
	if (!err)
		forget_unseen(scan, path);
	return err;
}

void file_scan__free(struct file_scan *scan)
{
	struct known_file *file, *next;

	if (!scan)
		return;
	file = scan->files;
	HASH_CLEAR(hh, scan->files);
	for (; file; file = next) {
		next = file->hh.next;
		free(file);
	}
	free(scan->root);
	free(scan);
}
