/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the CO-RE relocations of a BPF object. Their access strings are taken
 * apart as bpf_core_parse_spec() in libbpf does.
 */
#include "tools/core_request.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* .BTF.ext's header and sections, as Documentation/bpf/btf.rst has them. */
struct btf_ext_head {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 func_info_off;
	__u32 func_info_len;
	__u32 line_info_off;
	__u32 line_info_len;
	__u32 core_relo_off;
	__u32 core_relo_len;
};

struct btf_ext_section {
	__u32 name_off;
	__u32 record_count;
};

const struct btf_type *core_type__skip(const struct btf *btf, __u32 id, __u32 *ret_id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	int depth = 0;

	while (t && (btf_is_mod(t) || btf_is_typedef(t))) {
		if (++depth == CORE_MAX_DEPTH)
			return NULL;
		id = t->type;
		t = btf__type_by_id(btf, id);
	}
	if (t && ret_id)
		*ret_id = id;
	return t;
}

const char *core_name(const struct btf *btf, __u32 offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

const char *core_type__kind_name(const struct btf_type *type)
{
	static const char *const names[] = {
		"void", "integer", "pointer", "array", "struct", "union",
	};
	unsigned int kind = btf_kind(type);

	if (btf_is_any_enum(type))
		return "enum";
	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "other kind";
}

bool core_request__is_question(const struct core_request *req)
{
	return req->kind == BPF_CORE_FIELD_EXISTS || req->kind == BPF_CORE_TYPE_EXISTS ||
	       req->kind == BPF_CORE_TYPE_MATCHES || req->kind == BPF_CORE_ENUMVAL_EXISTS;
}

bool core_request__is_enum_value(const struct core_request *req)
{
	return req->kind == BPF_CORE_ENUMVAL_EXISTS || req->kind == BPF_CORE_ENUMVAL_VALUE;
}

static bool is_field(const struct core_request *req)
{
	return req->kind <= BPF_CORE_FIELD_RSHIFT_U64;
}

static int append_path(struct core_request *req, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int append_path(struct core_request *req, const char *format, ...)
{
	size_t used = strlen(req->path), room = sizeof(req->path) - used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(req->path + used, room, format, args);
	va_end(args);
	return len >= 0 && (size_t)len < room ? 0 : -E2BIG;
}

static int add_step(struct core_request *req, const char *name, __u32 index, __u32 type_id)
{
	if (req->depth == CORE_MAX_DEPTH)
		return -E2BIG;
	req->steps[req->depth++] = (struct core_step){ name, index, type_id };
	return name ? append_path(req, ".%s", name) : append_path(req, "[%u]", index);
}

/* Follows one index of the access string from type *id. */
static int read_step(const struct btf *btf, struct core_request *req, __u32 *id, __u32 index)
{
	const struct btf_type *t = core_type__skip(btf, *id, NULL);
	const struct btf_member *m;
	const char *name;

	if (t && btf_is_array(t)) {
		*id = btf_array(t)->type;
		return add_step(req, NULL, index, *id);
	}
	if (!t || !btf_is_composite(t) || index >= btf_vlen(t))
		return -EBADMSG;
	m = btf_members(t) + index;
	name = core_name(btf, m->name_off);
	*id = m->type;
	return *name ? add_step(req, name, index, *id) : 0;
}

static int read_enum_value(const struct btf *btf, struct core_request *req, __u32 index)
{
	const struct btf_type *t = core_type__skip(btf, req->type_id, NULL);
	__u32 name_off;

	if (!btf_is_any_enum(t) || index >= btf_vlen(t))
		return -EBADMSG;
	name_off = btf_is_enum(t) ? btf_enum(t)[index].name_off : btf_enum64(t)[index].name_off;
	return add_step(req, core_name(btf, name_off), index, req->type_id);
}

/* Takes an access string such as "0:3:1" apart. */
static int read_path(const struct btf *btf, struct core_request *req, const char *spec)
{
	const struct btf_type *root = core_type__skip(btf, req->type_id, NULL);
	__u32 id = req->type_id;
	unsigned long index;
	char *end;
	int err;

	if (!*spec || !root)
		return -EBADMSG;
	err = append_path(req, "%s %s", core_type__kind_name(root), core_name(btf, root->name_off));
	index = strtoul(spec, &end, 10);
	if (!err && core_request__is_enum_value(req))
		return read_enum_value(btf, req, index);
	if (err || !is_field(req))
		return err;
	/* A field's first index is that of the structure in an array of them. */
	while (*end == ':') {
		index = strtoul(end + 1, &end, 10);
		err = read_step(btf, req, &id, index);
		if (err)
			return err;
	}
	return *end ? -EBADMSG : 0;
}

static int add_request(struct core_object *obj, const struct bpf_core_relo *relo,
		       const char *section, bool direct)
{
	struct core_request req = {
		.kind = relo->kind,
		.type_id = relo->type_id,
		.section = section,
		.direct = direct,
	};
	struct core_request *known, *grown;
	size_t i;
	int err;

	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL)
		return 0;
	err = read_path(obj->btf, &req, core_name(obj->btf, relo->access_str_off));
	if (err)
		return err;
	for (i = 0; i < obj->count; i++) {
		known = &obj->requests[i];
		/* A bit field is read with four relocations: one is enough here. */
		if (!strcmp(known->path, req.path) &&
		    core_request__is_question(known) == core_request__is_question(&req)) {
			known->direct |= direct;
			return 0;
		}
	}
	grown = realloc(obj->requests, (obj->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	obj->requests = grown;
	obj->requests[obj->count++] = req;
	return 0;
}

static Elf_Data *find_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	size_t strings;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(elf, &strings))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *found;

		if (!gelf_getshdr(scn, &shdr))
			continue;
		found = elf_strptr(elf, strings, shdr.sh_name);
		if (found && !strcmp(found, name))
			return elf_getdata(scn, NULL);
	}
	return NULL;
}

/* Whether the instruction accesses memory rather than computes an address. */
static bool loads_or_stores(const Elf_Data *code, __u32 offset)
{
	struct bpf_insn insn;

	if (!code || !code->d_buf || offset + sizeof(insn) > code->d_size)
		return false;
	memcpy(&insn, (const char *)code->d_buf + offset, sizeof(insn));
	switch (BPF_CLASS(insn.code)) {
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return true;
	default:
		return false;
	}
}

/* Reads @p size bytes of relocations: sections, each with its records. */
static int read_sections(struct core_object *obj, const char *at, size_t size, __u32 record_size)
{
	const char *end = at + size;
	struct btf_ext_section sec;
	struct bpf_core_relo relo;

	while ((size_t)(end - at) >= sizeof(sec)) {
		const Elf_Data *code;
		const char *name;
		__u32 i;

		memcpy(&sec, at, sizeof(sec));
		at += sizeof(sec);
		name = core_name(obj->btf, sec.name_off);
		if (!*name || sec.record_count > (size_t)(end - at) / record_size)
			return -EBADMSG;
		code = find_section(obj->elf, name);
		for (i = 0; i < sec.record_count; i++, at += record_size) {
			int err;

			memcpy(&relo, at, sizeof(relo));
			err = add_request(obj, &relo, name, loads_or_stores(code, relo.insn_off));
			if (err)
				return err;
		}
	}
	return 0;
}

static int read_relocations(struct core_object *obj, const Elf_Data *ext)
{
	struct btf_ext_head head;
	__u32 record_size;
	const char *at;

	if (ext->d_size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, ext->d_buf, sizeof(head));
	if (head.magic != BTF_MAGIC)
		return -EBADMSG;
	if (head.hdr_len < sizeof(head) || head.core_relo_len < sizeof(record_size))
		return -ENODATA;
	if ((__u64)head.hdr_len + head.core_relo_off + head.core_relo_len > ext->d_size)
		return -EBADMSG;
	at = (const char *)ext->d_buf + head.hdr_len + head.core_relo_off;
	memcpy(&record_size, at, sizeof(record_size));
	if (record_size < sizeof(struct bpf_core_relo))
		return -EBADMSG;
	return read_sections(obj, at + sizeof(record_size),
			     head.core_relo_len - sizeof(record_size), record_size);
}

int core_object__open(struct core_object *obj, const char *path)
{
	Elf_Data *ext;
	int err;

	*obj = (struct core_object){ .fd = -1 };
	obj->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (obj->fd < 0)
		return -errno;
	obj->btf = btf__parse_elf(path, NULL);
	if (!obj->btf)
		return errno == ENOENT ? -ENODATA : -errno;
	elf_version(EV_CURRENT);
	obj->elf = elf_begin(obj->fd, ELF_C_READ, NULL);
	if (!obj->elf)
		return -EBADMSG;
	ext = find_section(obj->elf, ".BTF.ext");
	if (!ext || !ext->d_buf)
		return -ENODATA;
	err = read_relocations(obj, ext);
	return !err && !obj->count ? -ENODATA : err;
}

void core_object__close(struct core_object *obj)
{
	free(obj->requests);
	elf_end(obj->elf);
	if (obj->fd >= 0)
		close(obj->fd);
	btf__free(obj->btf);
}
