/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Objects out of lists and streams, whatever the pieces in which they arrive.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "user/who/kube_split.h"

struct seen {
	char text[512]; /* "I" or "M", the object, and "|" */
	size_t len;
	int fail_with;
};

static int on_part(void *ctx, enum kube_split_part part, const char *bytes, size_t len)
{
	struct seen *seen = ctx;

	if (seen->fail_with)
		return seen->fail_with;
	seen->text[seen->len++] = part == KUBE_PART_ITEM ? 'I' : 'M';
	memcpy(seen->text + seen->len, bytes, len);
	seen->len += len;
	seen->text[seen->len++] = '|';
	return 0;
}

static int split(enum kube_split_mode mode, const char *text, size_t piece, struct seen *seen)
{
	size_t len = strlen(text), at, part;
	struct kube_split split;
	int err = 0;

	kube_split__init(&split, mode, on_part, seen);
	for (at = 0; at < len && !err; at += part) {
		part = len - at < piece ? len - at : piece;
		err = kube_split__push(&split, text + at, part);
	}
	if (!err)
		err = kube_split__end(&split);
	kube_split__done(&split);
	return err;
}

Test(kube_split, cuts_alike_at_any_piece_size)
{
	static const struct {
		enum kube_split_mode mode;
		const char *text;
		int err;
		const char *seen;
	} cases[] = {
		{ KUBE_SPLIT_LIST, "{\"metadata\":{\"a\":1},\"items\":[{\"b\":[{}]},{\"c\":\"}\"}]}", 0,
		  "M{\"a\":1}|I{\"b\":[{}]}|I{\"c\":\"}\"}|" },
		{ KUBE_SPLIT_LIST, " { \"items\" : [ {} ] , \"metadata\" : {} }\n", 0, "I{}|M{}|" },
		{ KUBE_SPLIT_LIST, "{\"items\":null,\"metadata\":{}}", 0, "M{}|" },
		{ KUBE_SPLIT_LIST, "{\"items\":[]}", 0, "" },
		{ KUBE_SPLIT_LIST, "{}", -EBADMSG, "" },
		/* names inside others are no names at the top */
		{ KUBE_SPLIT_LIST, "{\"x\":{\"items\":[{}],\"metadata\":{}},\"y\":\"items\",\"z\":[{}]}", -EBADMSG,
		  "" },
		{ KUBE_SPLIT_LIST, "{\"metadata_and_more\":{},\"itemsitemsitemsitems\":[{}]}", -EBADMSG, "" },
		{ KUBE_SPLIT_LIST, "{\"items\":null}", 0, "" },
		{ KUBE_SPLIT_LIST, "{\"kind\":\"Status\",\"code\":500}", -EBADMSG, "" },
		{ KUBE_SPLIT_LIST, "{\"items\":[{\"q\":\"\\\"]}{\\\\\"},{\"r\":\"\\\\\"}]}", 0,
		  "I{\"q\":\"\\\"]}{\\\\\"}|I{\"r\":\"\\\\\"}|" },
		{ KUBE_SPLIT_LIST, "{\"items\":[{}", -EBADMSG, "I{}|" },
		{ KUBE_SPLIT_LIST, "{\"items\":[{\"a\":1", -EBADMSG, "" },
		{ KUBE_SPLIT_LIST, "{\"items\":[{}]}{}", -EBADMSG, "I{}|" },
		{ KUBE_SPLIT_LIST, "", -EBADMSG, "" },
		{ KUBE_SPLIT_LIST, "[{}]", -EBADMSG, "" },
		{ KUBE_SPLIT_LIST, "<html>", -EBADMSG, "" },
		{ KUBE_SPLIT_LIST, "}", -EBADMSG, "" },
		{ KUBE_SPLIT_STREAM, "{\"a\":{}}\n{\"b\":[]}\n", 0, "I{\"a\":{}}|I{\"b\":[]}|" },
		{ KUBE_SPLIT_STREAM, "{}{}", 0, "I{}|I{}|" },
		{ KUBE_SPLIT_STREAM, "", 0, "" },
		{ KUBE_SPLIT_STREAM, "{}\n{\"a\"", -EBADMSG, "I{}|" },
		{ KUBE_SPLIT_STREAM, "{}x", -EBADMSG, "I{}|" },
		{ KUBE_SPLIT_STREAM, "\"text\"", -EBADMSG, "" },
	};
	size_t i, piece;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (piece = 1; piece < 70; piece++) {
			struct seen seen = { 0 };
			int err = split(cases[i].mode, cases[i].text, piece, &seen);

			cr_expect_eq(err, cases[i].err, "%s by %zu: %d", cases[i].text, piece, err);
			cr_expect_str_eq(seen.text, cases[i].seen, "%s by %zu", cases[i].text, piece);
		}
}

Test(kube_split, leaves_out_what_is_too_long)
{
	struct seen seen = { 0 };
	struct kube_split split;
	static const char text[] = "{\"a\":\"0123456789\"}{\"b\":1}{\"c\":\"0123456789\"}{}";
	size_t i;

	kube_split__init(&split, KUBE_SPLIT_STREAM, on_part, &seen);
	split.max_bytes = 10;
	for (i = 0; i < sizeof(text) - 1; i++)
		cr_assert_eq(kube_split__push(&split, text + i, 1), 0);
	cr_expect_eq(kube_split__end(&split), 0);
	cr_expect_str_eq(seen.text, "I{\"b\":1}|I{}|");
	cr_expect_eq(split.too_long, 2);
	kube_split__done(&split);
}

Test(kube_split, ends_with_the_callback_and_at_a_depth)
{
	struct seen seen = { .fail_with = -ESHUTDOWN };
	struct kube_split split;
	int i, err = 0;

	kube_split__init(&split, KUBE_SPLIT_STREAM, on_part, &seen);
	cr_expect_eq(kube_split__push(&split, "{}{}", 4), -ESHUTDOWN);
	cr_expect_eq(kube_split__push(&split, "{}", 2), -ESHUTDOWN);
	kube_split__restart(&split, KUBE_SPLIT_STREAM, on_part, &seen);
	for (i = 0; i < 1000 && !err; i++)
		err = kube_split__push(&split, i ? "[" : "{", 1);
	cr_expect_eq(err, -EBADMSG);
	cr_expect_lt(i, 100);
	kube_split__done(&split);
}
