/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes pod UIDs and container ids out of paths. Strict: what is not exactly one
 * in exactly the right place is none.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/who/pod_uid.h"

#define UUID_LEN   36
#define STATIC_LEN 32

/* Lengths of DNS labels and names: RFC 1123, and Kubernetes' limits. */
#define NAMESPACE_MAX	   63
#define CONTAINER_NAME_MAX 63
#define POD_NAME_MAX	   253

/* @dash is what stands for "-" in it; ret_uid gets dashes. */
static bool parse_uid(const char *text, size_t len, char dash, char *ret_uid)
{
	size_t i;

	if (len != UUID_LEN && len != STATIC_LEN)
		return false;
	for (i = 0; i < len; i++) {
		bool is_dash = len == UUID_LEN && (i == 8 || i == 13 || i == 18 || i == 23);

		if (is_dash ? text[i] != dash : !isxdigit((unsigned char)text[i]))
			return false;
		ret_uid[i] = is_dash ? '-' : text[i];
	}
	ret_uid[len] = '\0';
	return true;
}

/* "kubepods" as a word of its own: kubepods, kubelet-kubepods, kubepods-burstable.slice */
static bool is_kubepods(const char *part, size_t len)
{
	static const char word[] = "kubepods";
	const size_t word_len = sizeof(word) - 1;
	size_t i;

	for (i = 0; i + word_len <= len; i++) {
		if (memcmp(part + i, word, word_len) != 0 || (i && part[i - 1] != '-'))
			continue;
		if (i + word_len == len || part[i + word_len] == '-' || part[i + word_len] == '.')
			return true;
	}
	return false;
}

/* cgroupfs driver: the whole part is pod<UID>, below one that is kubepods. */
static bool parse_plain(const char *part, size_t len, char *ret_uid)
{
	return len > 3 && memcmp(part, "pod", 3) == 0 && parse_uid(part + 3, len - 3, '-', ret_uid);
}

/* systemd driver: kubepods[-burstable|-besteffort]-pod<UID>.slice */
static bool parse_slice(const char *part, size_t len, char *ret_uid)
{
	static const char suffix[] = ".slice", infix[] = "-pod";
	const size_t lengths[] = { UUID_LEN, STATIC_LEN };
	size_t i, at;

	if (len < sizeof(suffix) - 1 ||
	    memcmp(part + len - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) != 0)
		return false;
	len -= sizeof(suffix) - 1;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		if (len < lengths[i] + sizeof(infix) - 1)
			continue;
		at = len - lengths[i] - (sizeof(infix) - 1);
		if (memcmp(part + at, infix, sizeof(infix) - 1) == 0 && is_kubepods(part, at) &&
		    parse_uid(part + len - lengths[i], lengths[i], '_', ret_uid))
			return true;
	}
	return false;
}

static bool parse_path(const char *path, size_t len, char *ret_uid)
{
	const char *part = path, *end = path + len, *slash;
	bool below_kubepods = false;
	size_t part_len;

	while (part < end) {
		slash = memchr(part, '/', (size_t)(end - part));
		part_len = (size_t)((slash ? slash : end) - part);
		if (parse_slice(part, part_len, ret_uid) ||
		    (below_kubepods && parse_plain(part, part_len, ret_uid)))
			return true;
		if (is_kubepods(part, part_len))
			below_kubepods = true;
		part += part_len + 1;
	}
	return false;
}

/* Takes the same from every line of /proc/PID/cgroup; one differing makes it nothing. */
static int from_lines(const char *text, bool (*parse)(const char *path, size_t len, char *ret),
		      char *ret, size_t size)
{
	char found[CONTAINER_ID_LEN], first[CONTAINER_ID_LEN] = "";
	const char *line, *end, *path;

	/* cgroup v1 has a line for each hierarchy: ID:CONTROLLERS:PATH */
	for (line = text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		path = memchr(line, ':', (size_t)(end - line));
		path = path ? memchr(path + 1, ':', (size_t)(end - path - 1)) : NULL;
		if (!path || !parse(path + 1, (size_t)(end - path - 1), found))
			continue;
		if (first[0] && strcmp(first, found) != 0)
			return -EEXIST;
		memcpy(first, found, sizeof(first));
	}
	if (!first[0])
		return -ENOENT;
	memcpy(ret, first, size);
	return 0;
}

int pod_uid__from_cgroup(const char *text, char *ret_uid)
{
	return from_lines(text, parse_path, ret_uid, POD_UID_LEN);
}

static bool is_hex(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isdigit((unsigned char)text[i]) && (text[i] < 'a' || text[i] > 'f'))
			return false;
	return true;
}

/* ID, or WORD-ID.scope; conmon's cgroup beside it (libpod-conmon-ID.scope) is none. */
static bool parse_container(const char *part, size_t len, char *ret_id)
{
	static const char suffix[] = ".scope";
	const size_t suffix_len = sizeof(suffix) - 1, id_len = CONTAINER_ID_LEN - 1;
	const char *id = part;

	if (len > id_len + suffix_len + 1 &&
	    memcmp(part + len - suffix_len, suffix, suffix_len) == 0) {
		id = part + len - suffix_len - id_len;
		if (id[-1] != '-' || memmem(part, (size_t)(id - part), "conmon", 6))
			return false;
	} else if (len != id_len) {
		return false;
	}
	if (!is_hex(id, id_len))
		return false;
	memcpy(ret_id, id, id_len);
	ret_id[id_len] = '\0';
	return true;
}

static bool parse_container_path(const char *path, size_t len, char *ret_id)
{
	const char *part = path, *end = path + len, *slash;
	size_t part_len;

	while (part < end) {
		slash = memchr(part, '/', (size_t)(end - part));
		part_len = (size_t)((slash ? slash : end) - part);
		if (parse_container(part, part_len, ret_id))
			return true;
		part += part_len + 1;
	}
	return false;
}

int container_id__from_cgroup(const char *text, char *ret_id)
{
	return from_lines(text, parse_container_path, ret_id, CONTAINER_ID_LEN);
}

bool pod_uid__is(const char *text)
{
	char uid[POD_UID_LEN];

	return parse_uid(text, strnlen(text, POD_UID_LEN), '-', uid);
}

bool container_id__is(const char *text)
{
	return strnlen(text, CONTAINER_ID_LEN) == CONTAINER_ID_LEN - 1 &&
	       is_hex(text, CONTAINER_ID_LEN - 1);
}

static bool is_dns_name(const char *text, size_t len, size_t max)
{
	size_t i;

	if (!len || len > max)
		return false;
	for (i = 0; i < len; i++)
		if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) &&
		    text[i] != '-' && text[i] != '.')
			return false;
	return true;
}

int pod_uid__from_log_dir(const char *text, struct pod_log_dir *ret_dir)
{
	const char *first = strchr(text, '_'), *last = strrchr(text, '_');
	char uid[POD_UID_LEN];
	struct pod_log_dir dir;

	/* neither names nor UIDs have a "_" of their own */
	if (!first || first == last)
		return -EINVAL;
	dir.namespace = text;
	dir.namespace_len = (size_t)(first - text);
	dir.name = first + 1;
	dir.name_len = (size_t)(last - first - 1);
	dir.uid = last + 1;
	if (!is_dns_name(dir.namespace, dir.namespace_len, NAMESPACE_MAX) ||
	    !is_dns_name(dir.name, dir.name_len, POD_NAME_MAX) ||
	    !parse_uid(dir.uid, strlen(dir.uid), '-', uid))
		return -EINVAL;
	*ret_dir = dir;
	return 0;
}

int pod_uid__from_container_log(const char *text, struct container_log *ret_log)
{
	static const char suffix[] = ".log";
	const size_t end_len = CONTAINER_ID_LEN - 1 + sizeof(suffix) - 1;
	const char *first = strchr(text, '_'), *last = strrchr(text, '_');
	struct container_log log;
	const char *container;

	if (!first || first == last)
		return -EINVAL;
	container = last + 1;
	log.name = text;
	log.name_len = (size_t)(first - text);
	log.namespace = first + 1;
	log.namespace_len = (size_t)(last - first - 1);
	/* the container's name, a dash, the id */
	if (strlen(container) < end_len + 2)
		return -EINVAL;
	log.id = container + strlen(container) - end_len;
	if (strcmp(log.id + CONTAINER_ID_LEN - 1, suffix) != 0 ||
	    !is_hex(log.id, CONTAINER_ID_LEN - 1) || log.id[-1] != '-' ||
	    !is_dns_name(container, (size_t)(log.id - 1 - container), CONTAINER_NAME_MAX) ||
	    !is_dns_name(log.name, log.name_len, POD_NAME_MAX) ||
	    !is_dns_name(log.namespace, log.namespace_len, NAMESPACE_MAX))
		return -EINVAL;
	*ret_log = log;
	return 0;
}

bool pod_name__is(const char *text)
{
	return is_dns_name(text, strnlen(text, POD_NAME_MAX + 1), POD_NAME_MAX);
}

bool pod_namespace__is(const char *text)
{
	return is_dns_name(text, strnlen(text, NAMESPACE_MAX + 1), NAMESPACE_MAX);
}
