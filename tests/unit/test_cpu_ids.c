/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <bpf/libbpf.h>
#include <criterion/criterion.h>
#include <errno.h>

#include "user/source/cpu_ids.h"

Test(cpu_ids, end_behind_the_last)
{
	static const struct {
		const char *text;
		int end;
	} cases[] = {
		{ "0\n", 1 },	      { "0-1\n", 2 },	   { "0-63", 64 },
		{ "0,2\n", 3 },	      { "0-3,8-11\n", 12 }, { "0,2,4-8191\n", 8192 },
		{ "", -EINVAL },      { "\n", -EINVAL },   { "0-\n", -EINVAL },
		{ "0,,1\n", -EINVAL }, { "-1\n", -EINVAL }, { "all\n", -EINVAL },
		{ "0-3 8\n", -EINVAL }, { "0-99999999999999999999\n", -EINVAL },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(cpu_ids__parse(cases[i].text), cases[i].end, "%s", cases[i].text);
}

Test(cpu_ids, no_fewer_than_cpus)
{
	cr_expect(cpu_ids__possible() >= libbpf_num_possible_cpus());
}
