/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From what a user writes to a network namespace, on a node made of plain
 * files whose inodes stand for namespaces.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "tests/unit/temp_tree.h"
#include "user/enrich/netns.h"

static __u32 add_named(const char *root, const char *path)
{
	temp_tree__text(root, path, "");
	return (__u32)temp_tree__inode(root, path);
}

Test(netns_resolve, what_a_user_may_write)
{
	char *root = temp_tree__new(), path[PATH_MAX];
	__u32 blue = add_named(root, "run/netns/blue"), ino = 0;
	__u32 hex = add_named(root, "run/docker/netns/0123456789ab");
	__u32 digits = add_named(root, "run/netns/77");
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "", -EINVAL },
		{ "pid:", -EINVAL },
		{ "pid:0", -EINVAL },
		{ "pid:-1", -EINVAL },
		{ "pid:1x", -EINVAL },
		{ "pid:99999999999", -EINVAL },
		{ "pid:4242", -ENOENT },
		{ "green", -ENOENT },
		{ "0", -EINVAL },
		{ "4294967296", -EINVAL },
		{ "99999999999999999999", -EINVAL },
		{ "-1", -ENOENT },
		{ "/nonexistent/netns", -ENOENT },
		{ "/", -ENOTTY },
		{ ".", -ENOENT },
		{ "..", -ENOENT },
	};
	size_t i;

	/* nobody knows yet where the node lives */
	cr_expect_eq(netns__resolve(root, "host", &ino), -ENOENT);
	temp_tree__link(root, "proc/1/ns/net", "net:[4026531833]");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(netns__resolve(root, bad[i].text, &ino), bad[i].err, "%s",
			     bad[i].text);
	cr_expect_eq(ino, 0);
	cr_expect(netns__resolve(root, "blue", &ino) == 0 && ino == blue);
	cr_expect(netns__resolve(root, "0123456789ab", &ino) == 0 && ino == hex);
	cr_expect(netns__resolve(root, "77", &ino) == 0 && ino == digits);
	cr_expect(netns__resolve(root, "4026531840", &ino) == 0 && ino == 4026531840u);
	cr_expect(netns__resolve(root, "pid:1", &ino) == 0 && ino == 4026531833u);
	cr_expect(netns__resolve(root, "host", &ino) == 0 && ino == 4026531833u);
	snprintf(path, sizeof(path), "%s/run/netns/blue", root);
	cr_expect(netns__resolve(root, path, &ino) == 0 && ino == blue);
	/* what somebody called so comes first */
	blue = add_named(root, "run/netns/host");
	cr_expect(netns__resolve(root, "host", &ino) == 0 && ino == blue);
	temp_tree__free(root);
}
