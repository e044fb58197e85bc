/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * inotify over directories that may be missing.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/who/watches.h"

/* Enough for every runtime's roots at once. */
#define WATCHES_MAX 64
/* Of a few directories made at once all but the first may come before their parent is watched. */
#define ARMS_MAX    16

#define EVENTS                                                                             \
	(IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | \
	 IN_MOVE_SELF)

struct watch {
	char *path;
	unsigned int mask;
	int wd;	      /* -1: none */
	bool arrived; /* the directory itself is watched, not a parent */
};

struct watches {
	int fd;
	struct watch list[WATCHES_MAX];
	size_t count;
};

struct watches *watches__new(void)
{
	struct watches *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		free(w);
		return NULL;
	}
	return w;
}

int watches__fd(const struct watches *w)
{
	return w->fd;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* Watches the directory, or the nearest parent that there is. */
static int arm_once(struct watches *w, struct watch *watch, bool *ret_outdated)
{
	char path[PATH_MAX], *slash = NULL;
	size_t len = strlen(watch->path);

	if (len >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, watch->path, len + 1);
	watch->arrived = true;
	for (;;) {
		/* several may watch one directory */
		watch->wd = inotify_add_watch(w->fd, *path ? path : "/",
					      EVENTS | IN_MASK_ADD | IN_ONLYDIR);
		if (watch->wd >= 0) {
			/* what was missing may have come before this was watched: of that no event tells */
			if (slash) {
				*slash = '/';
				*ret_outdated = is_directory(path);
			}
			return 0;
		}
		if ((errno != ENOENT && errno != ENOTDIR) || !*path)
			return -errno;
		watch->arrived = false;
		slash = strrchr(path, '/');
		if (!slash)
			return -ENOENT;
		*slash = '\0';
	}
}

static int arm(struct watches *w, struct watch *watch)
{
	bool outdated = false;
	int tries = 0, err;

	do {
		outdated = false;
		err = arm_once(w, watch, &outdated);
	} while (!err && outdated && ++tries < ARMS_MAX);
	return err;
}

int watches__add(struct watches *w, const char *path, unsigned int mask)
{
	struct watch *watch;
	int err;

	if (w->count >= WATCHES_MAX)
		return -ENOSPC;
	watch = &w->list[w->count];
	watch->path = strdup(path);
	if (!watch->path)
		return -ENOMEM;
	watch->mask = mask;
	watch->wd = -1;
	w->count++;
	err = arm(w, watch);
	/* a directory that may not be looked into is its source's to complain of */
	return err == -EACCES || err == -ENOENT ? 0 : err;
}

static unsigned int on_event(struct watches *w, const struct inotify_event *event)
{
	unsigned int mask = 0;
	size_t i;

	for (i = 0; i < w->count; i++) {
		struct watch *watch = &w->list[i];
		bool self = event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED);

		if (event->mask & IN_Q_OVERFLOW) {
			mask |= watch->mask;
			continue;
		}
		if (watch->wd != event->wd)
			continue;
		if (watch->arrived && !self) {
			mask |= watch->mask;
			continue;
		}
		/* it came, or went: look anew; what it holds by now sent no event */
		if (!arm(w, watch) && (watch->arrived || self))
			mask |= watch->mask;
	}
	return mask;
}

unsigned int watches__read(struct watches *w)
{
	_Alignas(struct inotify_event) char buf[16384];
	unsigned int mask = 0;
	ssize_t n;
	char *at;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0) {
		const struct inotify_event *event;

		for (at = buf; at < buf + n; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			mask |= on_event(w, event);
		}
	}
	return mask;
}

void watches__free(struct watches *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < w->count; i++)
		free(w->list[i].path);
	close(w->fd);
	free(w);
}
