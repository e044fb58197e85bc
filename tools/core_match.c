/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libbpf's rules of CO-RE (relo_core.c) applied to a kernel that need not be
 * the running one. Each function names the one of libbpf that it follows.
 */
#include "tools/core_match.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A type of the kernel's and a place in it. */
struct place {
	const struct btf *btf;
	__u32 id;
	__u64 bit_offset;
};

static void explain(struct core_answer *answer, enum core_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void explain(struct core_answer *answer, enum core_outcome outcome, const char *format, ...)
{
	va_list args;

	answer->outcome = outcome;
	va_start(args, format);
	vsnprintf(answer->detail, sizeof(answer->detail), format, args);
	va_end(args);
}

/* Length of a name without its ___flavour: bpf_core_essential_name_len. */
static size_t plain_len(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour != name ? (size_t)(flavour - name) : strlen(name);
}

static bool same_plain_name(const char *a, const char *b)
{
	size_t len = plain_len(a);

	return len == plain_len(b) && !strncmp(a, b, len);
}

static const char *type_name(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = core_type__skip(btf, id, NULL);

	return t ? core_name(btf, t->name_off) : "";
}

static bool is_flavour(const struct btf *btf, __u32 id)
{
	const char *name = type_name(btf, id);

	return plain_len(name) != strlen(name);
}

/* bpf_core_fields_are_compat */
static bool kinds_match(const struct btf *local, __u32 local_id, const struct place *place)
{
	const struct btf_type *l = core_type__skip(local, local_id, NULL);
	const struct btf_type *t = core_type__skip(place->btf, place->id, NULL);

	while (l && t && btf_is_array(l) && btf_is_array(t)) {
		l = core_type__skip(local, btf_array(l)->type, NULL);
		t = core_type__skip(place->btf, btf_array(t)->type, NULL);
	}
	if (!l || !t)
		return false;
	if (btf_is_composite(l) && btf_is_composite(t))
		return true;
	if (!btf_kind_core_compat(l, t))
		return false;
	if (btf_is_any_enum(l) || btf_is_fwd(l)) {
		const char *a = core_name(local, l->name_off);
		const char *b = core_name(place->btf, t->name_off);

		return !*a || !*b || same_plain_name(a, b);
	}
	return !btf_is_int(l) || (!btf_int_offset(l) && !btf_int_offset(t));
}

/* What bpf_core_calc_relo calls fail_memsz_adjust: only loads of pointers and
 * of unsigned integers can be made wider or narrower. */
static bool sizes_match(const struct btf *local, __u32 local_id, const struct place *place)
{
	const struct btf_type *l = core_type__skip(local, local_id, NULL);
	const struct btf_type *t = core_type__skip(place->btf, place->id, NULL);

	if (btf__resolve_size(local, local_id) == btf__resolve_size(place->btf, place->id))
		return true;
	if (btf_is_ptr(l) && btf_is_ptr(t))
		return true;
	return btf_is_int(l) && btf_is_int(t) && !(btf_int_encoding(l) & BTF_INT_SIGNED) &&
	       !(btf_int_encoding(t) & BTF_INT_SIGNED);
}

static void explain_kinds(struct core_answer *answer, const struct btf *local, __u32 local_id,
			  const struct place *place)
{
	const char *expected = type_name(local, local_id);
	const char *found = type_name(place->btf, place->id);
	const struct btf_type *l = core_type__skip(local, local_id, NULL);
	const struct btf_type *t = core_type__skip(place->btf, place->id, NULL);

	explain(answer, CORE_INCOMPATIBLE, "%s%s%s expected, is %s%s%s",
		l ? core_type__kind_name(l) : "nothing", *expected ? " " : "", expected,
		t ? core_type__kind_name(t) : "nothing", *found ? " " : "", found);
}

/* Moves to a member, through anonymous ones: bpf_core_match_member. */
static bool enter_member(struct place *place, const char *name, int depth)
{
	const struct btf_type *t = core_type__skip(place->btf, place->id, NULL);
	__u32 i;

	if (!t || !btf_is_composite(t) || depth == CORE_MAX_DEPTH)
		return false;
	for (i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = btf_members(t) + i;
		const char *found = core_name(place->btf, m->name_off);
		struct place inner = {
			.btf = place->btf,
			.id = m->type,
			.bit_offset = place->bit_offset + btf_member_bit_offset(t, i),
		};

		if (*found ? !strcmp(found, name) : enter_member(&inner, name, depth + 1)) {
			*place = inner;
			return true;
		}
	}
	return false;
}

/* Moves to an array's element; one of length 0 has as many as are wanted. */
static bool enter_element(struct place *place, __u32 index)
{
	const struct btf_type *t = core_type__skip(place->btf, place->id, NULL);
	__s64 size;

	if (!t || !btf_is_array(t) || (btf_array(t)->nelems && index >= btf_array(t)->nelems))
		return false;
	place->id = btf_array(t)->type;
	size = btf__resolve_size(place->btf, place->id);
	place->bit_offset += size > 0 ? (__u64)size * 8 * index : 0;
	return true;
}

/* Follows a field's path in the candidate @p place: bpf_core_spec_match. */
static void match_field(const struct core_object *obj, const struct core_request *req,
			struct place *place, struct core_answer *answer)
{
	__u32 local_id = req->type_id;
	int i;

	for (i = 0; i < req->depth; i++) {
		const struct core_step *step = &req->steps[i];

		if (step->name && !enter_member(place, step->name, 0)) {
			explain(answer, CORE_MISSING, "no field '%s'", step->name);
			return;
		}
		if (!step->name && !enter_element(place, step->index)) {
			explain(answer, CORE_MISSING, "no element [%u]", step->index);
			return;
		}
		local_id = step->type_id;
		if (!kinds_match(obj->btf, local_id, place)) {
			explain_kinds(answer, obj->btf, local_id, place);
			return;
		}
	}
	if (req->direct && !sizes_match(obj->btf, local_id, place)) {
		explain(answer, CORE_INCOMPATIBLE,
			"%lld bytes expected, are %lld, and no load of it can be adjusted",
			(long long)btf__resolve_size(obj->btf, local_id),
			(long long)btf__resolve_size(place->btf, place->id));
		return;
	}
	answer->outcome = CORE_THERE;
}

static void match_enum_value(const struct core_request *req, const struct place *place,
			     struct core_answer *answer)
{
	const struct btf_type *t = core_type__skip(place->btf, place->id, NULL);
	__u32 i;

	for (i = 0; i < btf_vlen(t); i++) {
		__u32 name_off = btf_is_enum(t) ? btf_enum(t)[i].name_off :
						  btf_enum64(t)[i].name_off;

		if (same_plain_name(core_name(place->btf, name_off), req->steps[0].name)) {
			answer->outcome = CORE_THERE;
			return;
		}
	}
	explain(answer, CORE_MISSING, "no value '%s'", req->steps[0].name);
}

/*
 * Tries the types of that name from @p first on in one BTF. Of several, libbpf
 * takes those that match, which must agree. Returns how many there were.
 */
static size_t match_candidates(const struct core_object *obj, const struct core_request *req,
			       const struct btf *btf, __u32 first, struct core_answer *answer)
{
	const struct btf_type *local = core_type__skip(obj->btf, req->type_id, NULL);
	const char *name = core_name(obj->btf, local->name_off);
	__u32 id, end = btf__type_cnt(btf);
	__u64 matched_offset = 0;
	size_t tried = 0;

	for (id = first; id < end; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		struct place place = { .btf = btf, .id = id };
		struct core_answer one = { 0 };

		if (!btf_kind_core_compat(local, t) ||
		    !same_plain_name(core_name(btf, t->name_off), name))
			continue;
		tried++;
		if (core_request__is_enum_value(req))
			match_enum_value(req, &place, &one);
		else
			match_field(obj, req, &place, &one);
		if (answer->outcome == CORE_THERE && one.outcome == CORE_THERE &&
		    place.bit_offset != matched_offset) {
			explain(answer, CORE_INCOMPATIBLE, "several types of that name disagree");
			return tried;
		}
		if (one.outcome == CORE_THERE)
			matched_offset = place.bit_offset;
		if (tried == 1 || one.outcome == CORE_THERE)
			*answer = one;
	}
	return tried;
}

/* Modules count only for what vmlinux has not: bpf_core_find_cands. */
static void match_request(const struct core_object *obj, const struct core_request *req,
			  const struct core_kernel *kernel, struct core_answer *answer)
{
	__u32 first = 1;
	size_t i;

	for (i = 0; i < kernel->count; i++) {
		if (match_candidates(obj, req, kernel->btfs[i], first, answer))
			return;
		first = btf__type_cnt(kernel->btfs[0]);
	}
	explain(answer, CORE_MISSING, "no such type");
}

/* Whether @p path is @p whole or leads to it. */
static bool is_part_of(const char *path, const char *whole)
{
	size_t len = strlen(path);

	return !strncmp(path, whole, len) && (!whole[len] || strchr(".[", whole[len]));
}

/* What is not there may be no defect: sees why the object can do without. */
static void excuse(const struct core_object *obj, const struct core_answer *answers, size_t which,
		   struct core_answer *answer)
{
	const struct core_request *req = &obj->requests[which];
	bool flavour = is_flavour(obj->btf, req->type_id);
	size_t i;
	int step;

	for (step = 0; step < req->depth; step++)
		flavour |= is_flavour(obj->btf, req->steps[step].type_id);
	if (flavour) {
		answer->outcome = CORE_ALTERNATIVE;
		return;
	}
	for (i = 0; i < obj->count; i++) {
		if (answers[i].outcome != CORE_THERE &&
		    core_request__is_question(&obj->requests[i]) &&
		    is_part_of(obj->requests[i].path, req->path)) {
			answer->outcome = CORE_GUARDED;
			return;
		}
	}
}

int core_object__match(const struct core_object *obj, const struct core_kernel *kernel,
		       struct core_answer **ret_answers)
{
	struct core_answer *answers = calloc(obj->count, sizeof(*answers));
	size_t i;

	if (!answers)
		return -ENOMEM;
	for (i = 0; i < obj->count; i++)
		match_request(obj, &obj->requests[i], kernel, &answers[i]);
	for (i = 0; i < obj->count; i++)
		if (answers[i].outcome != CORE_THERE)
			excuse(obj, answers, i, &answers[i]);
	*ret_answers = answers;
	return 0;
}

int core_kernel__add(struct core_kernel *kernel, const char *path)
{
	struct btf *btf = btf__parse_split(path, kernel->count ? kernel->btfs[0] : NULL);
	struct btf **grown;

	if (!btf)
		return -errno;
	grown = realloc(kernel->btfs, (kernel->count + 1) * sizeof(struct btf *));
	if (!grown) {
		btf__free(btf);
		return -ENOMEM;
	}
	kernel->btfs = grown;
	kernel->btfs[kernel->count++] = btf;
	return 0;
}

void core_kernel__close(struct core_kernel *kernel)
{
	/* Modules' BTF refers to vmlinux's: the first goes last. */
	while (kernel->count)
		btf__free(kernel->btfs[--kernel->count]);
	free(kernel->btfs);
}
