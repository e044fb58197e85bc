/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads JSON files within limits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/who/json_file.h"

int json_file__parse(const char *text, size_t len, json_t **ret_json)
{
	/* a NUL is allowed in an annotation, which CRI-O copies: whoever writes one must not hide a pod */
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (!json) {
		json_decref(json);
		return -EINVAL;
	}
	*ret_json = json;
	return 0;
}

static int read_whole(int fd, size_t max_bytes, char **ret_text, size_t *ret_len)
{
	size_t len = 0, room;
	struct stat st;
	ssize_t n;
	char *text;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EILSEQ;
	if (st.st_size < 0 || (size_t)st.st_size > max_bytes)
		return -E2BIG;
	room = (size_t)st.st_size + 1;
	text = malloc(room);
	if (!text)
		return -ENOMEM;
	while (len < room && (n = read(fd, text + len, room - len)) != 0) {
		if (n < 0) {
			free(text);
			return -errno;
		}
		len += (size_t)n;
	}
	/* it grew meanwhile: what is here is not all of it */
	if (len == room) {
		free(text);
		return -EINVAL;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

int json_file__load(int dir_fd, const char *name, size_t max_bytes, json_t **ret_json)
{
	char *text = NULL;
	size_t len = 0;
	int fd, err;

	/* a FIFO must not keep us waiting */
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	err = read_whole(fd, max_bytes, &text, &len);
	close(fd);
	if (err)
		return err;
	err = json_file__parse(text, len, ret_json);
	free(text);
	return err;
}

const char *json_file__string(const json_t *value)
{
	const char *text = json_string_value(value);

	/* nor is what is before it a name */
	return text && *text && strlen(text) == json_string_length(value) ? text : NULL;
}

const char *json_file__text(const json_t *object, const char *name)
{
	return json_file__string(json_object_get(object, name));
}
