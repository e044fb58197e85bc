/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Copies types from one BTF to another, as far as CO-RE looks at them: see
 * btf_excerpt.h. CO-RE goes by names of types and members, by kinds and sizes,
 * passes over typedefs and qualifiers, and never follows a pointer.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/source/btf_excerpt.h"

/* An object has some hundred types of a dozen members; these are powers of two. */
#define TYPE_SLOTS   1024u
#define MEMBER_SLOTS 4096u
/* Structs in structs: the deepest that C compilers must take is 63. */
#define DEPTH_MAX 64

struct btf_excerpt {
	int fd;
	char path[32];
};

struct name {
	const char *text;	/* NULL: free */
	size_t len;
};

struct copying {
	const struct btf *from;
	struct btf *to;
	__u32 *ids;		/* in @to, by the number in @from; 0: not copied yet */
	int pointer;		/* the one that stands for all */
	struct name types[TYPE_SLOTS];
	struct name members[MEMBER_SLOTS];
};

struct btf_excerpt *btf_excerpt__new(void)
{
	struct btf_excerpt *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->fd = memfd_create("btf", MFD_CLOEXEC);
	snprintf(e->path, sizeof(e->path), "/proc/self/fd/%d", e->fd);
	if (e->fd >= 0 && !access(e->path, R_OK))
		return e;
	btf_excerpt__free(e);
	return NULL;
}

const char *btf_excerpt__path(const struct btf_excerpt *e)
{
	return e ? e->path : NULL;
}

/* --- names */

/* Without the flavour: CO-RE takes struct net___old for a struct net. */
static size_t essential_length(const char *text)
{
	const char *flavour = strstr(text, "___");

	return flavour && flavour != text ? (size_t)(flavour - text) : strlen(text);
}

static struct name *slot_of(struct name *names, __u32 slots, const char *text, size_t len)
{
	__u32 hash = 0x811c9dc5u, i;	/* FNV-1a */
	size_t k;

	for (k = 0; k < len; k++)
		hash = (hash ^ (unsigned char)text[k]) * 0x01000193u;
	for (i = 0; i < slots; i++) {
		struct name *name = &names[(hash + i) & (slots - 1)];

		if (!name->text || (name->len == len && !memcmp(name->text, text, len)))
			return name;
	}
	return NULL;
}

static bool has_name(const struct name *names, __u32 slots, const char *text, size_t len)
{
	const struct name *name = len ? slot_of((struct name *)names, slots, text, len) : NULL;

	return name && name->text;
}

static int add_name(struct name *names, __u32 slots, const char *text, size_t len)
{
	struct name *name = slot_of(names, slots, text, len);

	if (!name)
		return -E2BIG;
	name->text = text;
	name->len = len;
	return 0;
}

/* What CO-RE can ask for by its name. */
static bool is_named_kind(const struct btf_type *type)
{
	return type->name_off && (btf_is_composite(type) || btf_is_any_enum(type) ||
				  btf_is_typedef(type));
}

static int learn_names(struct copying *c, const struct btf *wanted)
{
	__u32 id, end = btf__type_cnt(wanted), i;
	int err = 0;

	for (id = 1; id < end && !err; id++) {
		const struct btf_type *type = btf__type_by_id(wanted, id);
		const char *text = btf__name_by_offset(wanted, type->name_off);

		if (is_named_kind(type))
			err = add_name(c->types, TYPE_SLOTS, text, essential_length(text));
		if (!btf_is_composite(type))
			continue;
		for (i = 0; i < btf_vlen(type) && !err; i++) {
			text = btf__name_by_offset(wanted, btf_members(type)[i].name_off);
			if (*text)
				err = add_name(c->members, MEMBER_SLOTS, text, strlen(text));
		}
	}
	return err;
}

/* --- types */

static int copy_type(struct copying *c, __u32 id, int depth);

static bool is_kept(const struct copying *c, const struct btf_member *member)
{
	const char *name = btf__name_by_offset(c->from, member->name_off);

	/* CO-RE looks through those without a name */
	return !*name || has_name(c->members, MEMBER_SLOTS, name, strlen(name));
}

static int copy_composite(struct copying *c, const struct btf_type *type, int depth)
{
	const char *name = btf__name_by_offset(c->from, type->name_off);
	const struct btf_member *members = btf_members(type);
	int *ids = calloc(btf_vlen(type) + 1, sizeof(*ids)), id = -ENOMEM, err;
	__u32 i;

	if (!ids)
		return id;
	/* these first: members can be added to the type only that was added last */
	for (i = 0; i < btf_vlen(type); i++) {
		ids[i] = is_kept(c, &members[i]) ? copy_type(c, members[i].type, depth + 1) : 0;
		if (ids[i] < 0) {
			id = ids[i];
			goto cleanup;
		}
	}
	id = btf_is_struct(type) ? btf__add_struct(c->to, name, type->size) :
				   btf__add_union(c->to, name, type->size);
	for (i = 0; i < btf_vlen(type) && id > 0; i++) {
		if (!is_kept(c, &members[i]))
			continue;
		err = btf__add_field(c->to, btf__name_by_offset(c->from, members[i].name_off),
				     ids[i], btf_member_bit_offset(type, i),
				     btf_member_bitfield_size(type, i));
		if (err)
			id = err;
	}
cleanup:
	free(ids);
	return id;
}

static int copy_pointer(struct copying *c)
{
	if (!c->pointer)
		c->pointer = btf__add_ptr(c->to, 0);
	return c->pointer;
}

/* Number in the excerpt, 0 for void; -errno. */
static int copy_type(struct copying *c, __u32 id, int depth)
{
	const struct btf_type *type = btf__type_by_id(c->from, id);
	int copy;

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type))) {
		id = type->type;
		type = btf__type_by_id(c->from, id);
	}
	if (!type || depth > DEPTH_MAX)
		return -EINVAL;
	if (c->ids[id])
		return (int)c->ids[id];
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		copy = btf__add_type(c->to, c->from, type);
		break;
	case BTF_KIND_PTR:
		copy = copy_pointer(c);
		break;
	case BTF_KIND_ARRAY:
		copy = copy_type(c, btf_array(type)->type, depth + 1);
		if (copy >= 0)
			copy = btf__add_array(c->to, 0, copy, btf_array(type)->nelems);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		copy = copy_composite(c, type, depth);
		break;
	default: /* void, and what no variable is of */
		return 0;
	}
	if (copy > 0)
		c->ids[id] = (__u32)copy;
	return copy;
}

static int copy_all(struct copying *c)
{
	__u32 id, end = btf__type_cnt(c->from);

	for (id = 1; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(c->from, id);
		const char *name;
		int copy;

		if (!is_named_kind(type))
			continue;
		name = btf__name_by_offset(c->from, type->name_off);
		if (!has_name(c->types, TYPE_SLOTS, name, essential_length(name)))
			continue;
		copy = copy_type(c, id, 0);
		if (copy >= 0 && btf_is_typedef(type))
			copy = btf__add_typedef(c->to, name, copy);
		if (copy < 0)
			return copy;
	}
	return 0;
}

static int write_whole(int fd, const char *data, size_t size)
{
	ssize_t n;

	for (; size; data += n, size -= (size_t)n) {
		n = write(fd, data, size);
		if (n < 0)
			return -errno;
	}
	return 0;
}

int btf_excerpt__fill(struct btf_excerpt *e, const struct btf *kernel, const struct btf *wanted)
{
	struct copying *c;
	const void *data;
	int err = -ENOMEM;
	__u32 size;

	if (!e)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return err;
	c->from = kernel;
	c->to = btf__new_empty();
	c->ids = calloc(btf__type_cnt(kernel), sizeof(*c->ids));
	if (!c->to || !c->ids)
		goto cleanup;
	btf__set_pointer_size(c->to, btf__pointer_size(kernel));
	err = learn_names(c, wanted);
	if (!err)
		err = copy_all(c);
	if (err)
		goto cleanup;
	data = btf__raw_data(c->to, &size);
	err = data ? write_whole(e->fd, data, size) : -ENOMEM;
cleanup:
	btf__free(c->to);
	free(c->ids);
	free(c);
	return err;
}

void btf_excerpt__free(struct btf_excerpt *e)
{
	if (!e)
		return;
	if (e->fd >= 0)
		close(e->fd);
	free(e);
}
