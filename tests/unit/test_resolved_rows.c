/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One drop, whose parties the directory knows, in every format: all of them are
 * in each.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sample_drop.h"
#include "tests/unit/who_node.h"
#include "user/sinks/sink.h"
#include "user/who/resolve.h"

#define UID_CART "01234567-89ab-cdef-0123-456789abcdef"
#define UID_DNS	 "fedcba98-7654-3210-fedc-ba9876543210"

static const struct pod_source source = { .name = "source", .rank = RANK_RUNTIME };

static const struct {
	const char *column, *value, *text; /* as it is in text */
} parties[] = {
	{ "pod", "cart-7c9f6", " shop/cart-7c9f6 " },
	{ "namespace", "shop", " shop/cart-7c9f6 " },
	{ "workload", "deployment/cart", " workload=deployment/cart " },
	{ "node", "node-1", " node=node-1 " },
	{ "src_name", "shop/cart-7c9f6", " from=pod:shop/cart-7c9f6 " },
	{ "src_kind", "pod", " from=pod:" },
	{ "dst_name", "infra/dns", " to=service:infra/dns " },
	{ "dst_kind", "service", " to=service:" },
	{ "service", "infra/dns", " to=service:infra/dns " },
	{ "backend", "infra/dns-0", " backend=infra/dns-0 " },
};

#define PARTIES (sizeof(parties) / sizeof(parties[0]))

static struct who_address address(const char *text)
{
	struct who_address a = {};

	cr_assert_eq(who_address__parse(text, &a), 0, "%s", text);
	return a;
}

static void state_pod(struct who_node *n, int id, const char *uid, const char *namespace,
		      const char *name, const char *workload, const char *at, const char *netns)
{
	const struct who_address a = address(at);
	const struct pod_facts facts = { .uid = uid, .name = name, .namespace = namespace,
					 .node = "node-1", .workload = workload,
					 .addresses = &a, .address_count = 1,
					 .netns_path = netns };

	cr_assert_eq(directory__pod(n->dir, id, uid, &facts), 0);
}

/* What sample_syn_dnat() is of, with nothing said of its parties. */
static struct drop unresolved(void)
{
	struct drop drop = sample_syn_dnat();

	drop.rec.time_ns = who_node__now();
	drop.rec.netns_ino = WHO_NODE_HOST;
	drop.pod = drop.pod_namespace = drop.workload = drop.node = NULL;
	drop.service = drop.service_namespace = NULL;
	drop.has_backend = false;
	drop.src = drop.dst = drop.backend = (struct drop_end){};
	return drop;
}

/* The row of one drop; the caller's to free(). */
static char *render(const char *format, const struct drop *drop)
{
	const struct sink_options options = {};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct sink *sink = sink__new(format, out, &options);

	cr_assert_not_null(sink);
	cr_assert_eq(sink__drop(sink, drop), 0);
	cr_assert_eq(sink__flush(sink), 0);
	sink__free(sink);
	fclose(out);
	return text;
}

static void check_text(const struct drop *drop)
{
	char *text = render("text", drop), *end;
	size_t i;

	/* the last word ends as the others do */
	end = strrchr(text, '\n');
	cr_assert_not_null(end);
	*end = ' ';
	for (i = 0; i < PARTIES; i++)
		cr_expect_not_null(strstr(text, parties[i].text), "no %s (%s) in: %s",
				   parties[i].column, parties[i].text, text);
	free(text);
}

static void check_json(const struct drop *drop)
{
	char *text = render("json", drop);
	json_t *row = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	size_t i;

	cr_assert_not_null(row, "%s", text);
	for (i = 0; i < PARTIES; i++) {
		const char *value = json_string_value(json_object_get(row, parties[i].column));

		cr_expect(value && strcmp(value, parties[i].value) == 0, "%s: %s, not %s",
			  parties[i].column, value ? value : "-", parties[i].value);
	}
	json_decref(row);
	free(text);
}

/* The next field of a line; quotes are taken off. */
static char *next_field(char **rest)
{
	char *field = *rest;

	if (*field != '"')
		return strsep(rest, ",");
	*rest = strchr(++field, '"');
	cr_assert_not_null(*rest);
	**rest = '\0';
	*rest += (*rest)[1] ? 2 : 1;
	return field;
}

static void check_csv(const struct drop *drop)
{
	char *text = render("csv", drop), *row = text, *header = strsep(&row, "\n"), *name;
	size_t found = 0, i;

	cr_assert_not_null(row);
	while ((name = strsep(&header, ","))) {
		const char *value = next_field(&row);

		for (i = 0; i < PARTIES; i++) {
			if (strcmp(parties[i].column, name) != 0)
				continue;
			cr_expect_str_eq(value, parties[i].value, "%s: %s", name, value);
			found++;
		}
	}
	cr_expect_eq(found, PARTIES);
	free(text);
}

Test(resolved_rows, name_every_party_in_every_format)
{
	const struct who_address dns = address("10.96.0.10");
	const struct service_port port = { .l4_proto = IPPROTO_TCP, .port_be = htons(53) };
	const struct service_facts service = { .name = "dns", .namespace = "infra",
					       .addresses = &dns, .address_count = 1,
					       .ports = &port, .port_count = 1 };
	struct who_node n = who_node__new();
	struct drop drop;
	struct resolver *r;
	__u32 ino;
	int id;

	ino = who_node__netns(&n, "run/netns/cni-a");
	who_node__process(&n, 10, ino, "0::/x\n");
	who_node__start(&n);
	id = directory__add_source(n.dir, &source);
	state_pod(&n, id, UID_CART, "shop", "cart-7c9f6", "deployment/cart", "10.244.1.17",
		  "/run/netns/cni-a");
	state_pod(&n, id, UID_DNS, "infra", "dns-0", NULL, "10.244.2.5", NULL);
	cr_assert_eq(directory__service(n.dir, id, "infra/dns", &service), 0);
	r = resolver__new(n.root, "node-1", n.dir, n.netns);
	cr_assert(r);
	drop = unresolved();
	resolver__drop(r, &drop);
	check_text(&drop);
	check_json(&drop);
	check_csv(&drop);
	resolver__free(r);
	who_node__free(&n);
}
