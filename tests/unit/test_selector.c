/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Label selectors, as Kubernetes' documentation has them.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "user/who/selector.h"

Test(selector, matches)
{
	static const char *const labels[] = { "app=web", "app.kubernetes.io/name=shop", "empty=",
					      "tier=front" };
	static const struct {
		const char *text;
		bool matches;
	} cases[] = {
		{ "app=web", true },
		{ "app==web", true },
		{ "app = web", true },
		{ "app=web,tier=front", true },
		{ "app=web, tier=back", false },
		{ "app=we", false },
		{ "ap=web", false },
		{ "app", true },
		{ "!app", false },
		{ "! gone", true },
		{ "gone", false },
		{ "app!=web", false },
		{ "app!=db", true },
		{ "gone!=x", true },
		{ "empty=", true },
		{ "app=", false },
		{ "app in (db,web)", true },
		{ "app in ( db , web )", true },
		{ "app in (db)", false },
		{ "app notin (db, cache),tier", true },
		{ "app notin (web)", false },
		{ "gone notin (web)", true },
		{ "gone in (web)", false },
		{ "app.kubernetes.io/name=shop", true },
		{ "tier in (front),app=web,!gone", true },
	};
	struct selector *s;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = selector__parse(cases[i].text);
		cr_assert(s, "%s", cases[i].text);
		cr_expect_eq(selector__matches(s, labels, 4), cases[i].matches, "%s",
			     cases[i].text);
		selector__free(s);
	}
}

Test(selector, nonsense)
{
	static const char *const texts[] = {
		"",	"=",	 ",",	    "app=web,",	   ",app",	"app in", "app in ()",
		"app in (", "app in (a", "app in (a;b)", "app in a", "app is web", "!app=web", "app~web",
		"app=web x", "a b", "app!web", "app in (a) b", "app\x01",
		"a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		errno = 0;
		cr_expect_null(selector__parse(texts[i]), "%s", texts[i]);
		cr_expect(errno == EINVAL || errno == E2BIG, "%s", texts[i]);
	}
	selector__free(NULL);
}
