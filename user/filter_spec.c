// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the filter options: see filter_spec.h. One parser an option, driven by
 * one table.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/enrich/netns.h"
#include "user/filter_spec.h"
#include "user/nearest.h"
#include "user/sinks/escape.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct value_context {
	struct filter_spec *spec;
	const char *root;
	enum filter_end end;	/* for addresses and ports */
	char *error;
};

/* Bytes of a wrong value that its message repeats. */
#define SHOWN_MAX 64

/* "'VALUE' …": the value escaped, then why it will not do. */
static int refuse(char *error, int err, const char *value, const char *why)
{
	char shown[ESCAPE_TERMINAL_ROOM(SHOWN_MAX)];
	size_t len = strnlen(value, SHOWN_MAX);

	len = escape__terminal(value, len, shown);
	snprintf(error, FILTER_ERROR_LEN, "'%.*s' %s", (int)len, shown, why);
	return err;
}

static int too_many(char *error, const char *value)
{
	return refuse(error, -E2BIG, value, "is one too many: at most 16 values an option");
}

static bool is_pattern(const char *value)
{
	return strpbrk(value, "*?[") != NULL;
}

static int add_pattern(struct filter_patterns *patterns, const char *value, char *error)
{
	if (patterns->count == FILTER_VALUES_MAX)
		return too_many(error, value);
	patterns->values[patterns->count] = strdup(value);
	if (!patterns->values[patterns->count])
		return refuse(error, -ENOMEM, value, "could not be kept: out of memory");
	patterns->count++;
	return 0;
}

static int add_pod(struct value_context *ctx, const char *value)
{
	return add_pattern(&ctx->spec->pods, value, ctx->error);
}

static int add_namespace(struct value_context *ctx, const char *value)
{
	return add_pattern(&ctx->spec->namespaces, value, ctx->error);
}

static int add_service(struct value_context *ctx, const char *value)
{
	return add_pattern(&ctx->spec->services, value, ctx->error);
}

static int add_selector(struct value_context *ctx, const char *value)
{
	struct selector *selector;

	if (ctx->spec->selector_count == FILTER_VALUES_MAX)
		return too_many(ctx->error, value);
	selector = selector__parse(value);
	if (!selector)
		return refuse(ctx->error, -errno, value,
			      "is no label selector: give e.g. app=web,tier!=db or "
			      "'env in (a,b)'");
	ctx->spec->selectors[ctx->spec->selector_count++] = selector;
	return 0;
}

static int add_reason(struct value_context *ctx, const char *value)
{
	return add_pattern(&ctx->spec->reasons, value, ctx->error);
}

static int add_netns(struct value_context *ctx, const char *value)
{
	struct drop_filter *kernel = &ctx->spec->kernel;
	__u32 ino;
	int err = netns__resolve(ctx->root, value, &ino);

	if (err)
		return refuse(ctx->error, err,
			      value, "is no network namespace: give a name as in 'ip netns', "
			      "host, an inode number, a path, or pid:NUMBER");
	if (kernel->netns_count == FILTER_VALUES_MAX)
		return too_many(ctx->error, value);
	ctx->spec->netns_by_number[kernel->netns_count] =
		value[strspn(value, "0123456789")] == '\0';
	kernel->netns_ino[kernel->netns_count++] = ino;
	return 0;
}

static int add_iface(struct value_context *ctx, const char *value)
{
	struct drop_filter *kernel = &ctx->spec->kernel;
	int err;

	if (strlen(value) >= DROP_IFACE_LEN)
		return refuse(ctx->error, -EINVAL, value,
			      "is no interface name: they have at most 15 bytes");
	err = add_pattern(&ctx->spec->ifaces, value, ctx->error);
	if (err)
		return err;
	ctx->spec->iface_pattern |= is_pattern(value);
	strncpy(kernel->iface[ctx->spec->ifaces.count - 1], value, DROP_IFACE_LEN - 1);
	/* a pattern among them: all are checked here */
	kernel->iface_count = ctx->spec->iface_pattern ? 0 : ctx->spec->ifaces.count;
	return 0;
}

static int add_cause(struct value_context *ctx, const char *value)
{
	__u32 mask = 0, cause;

	for (cause = CAUSE_NONE; cause < __CAUSE_MAX; cause++) {
		const char *name = cause == CAUSE_NONE ? "none" : drop_cause__name(cause);

		if (!fnmatch(value, name, FNM_CASEFOLD))
			mask |= 1u << cause;
	}
	if (!mask)
		return refuse(ctx->error, -EINVAL, value,
			      "is no cause: there are ct_table_full, ct_insert_failed, "
			      "ct_chain_too_long, ct_other, nft_rule, xtables_rule, nf_rule, none");
	ctx->spec->kernel.cause_mask |= mask;
	return 0;
}

static const struct {
	const char *name;
	__u16 l3_proto;		/* or 0 */
	__u8 l4_proto;
} protocols[] = {
	{ "tcp", 0, IPPROTO_TCP },	   { "udp", 0, IPPROTO_UDP },
	{ "icmp", 0, IPPROTO_ICMP },	   { "icmpv6", 0, IPPROTO_ICMPV6 },
	{ "sctp", 0, IPPROTO_SCTP },	   { "dccp", 0, IPPROTO_DCCP },
	{ "udplite", 0, IPPROTO_UDPLITE }, { "gre", 0, IPPROTO_GRE },
	{ "esp", 0, IPPROTO_ESP },	   { "arp", 0x0806, 0 },
	{ "ip", 0x0800, 0 },		   { "ipv4", 0x0800, 0 },
	{ "ipv6", 0x86dd, 0 },
};

/* A whole decimal number up to @max; false otherwise. */
static bool read_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;
	unsigned long number;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (*end || errno || number > max)
		return false;
	*ret_number = number;
	return true;
}

static int add_proto(struct value_context *ctx, const char *value)
{
	struct drop_filter *kernel = &ctx->spec->kernel;
	unsigned long number = 0;
	__u16 l3_proto = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (!strcasecmp(value, protocols[i].name))
			break;
	if (i < ARRAY_SIZE(protocols)) {
		number = protocols[i].l4_proto;
		l3_proto = protocols[i].l3_proto;
	} else if (!read_number(value, 255, &number)) {
		return refuse(ctx->error, -EINVAL, value,
			      "is no protocol: give tcp, udp, icmp, icmpv6, sctp, dccp, udplite, "
			      "gre, esp, ip, ipv6, arp, or an IP protocol number");
	}
	if (l3_proto) {
		if (kernel->l3_proto_count == FILTER_VALUES_MAX)
			return too_many(ctx->error, value);
		kernel->l3_proto[kernel->l3_proto_count++] = l3_proto;
		return 0;
	}
	if (kernel->l4_proto_count == FILTER_VALUES_MAX)
		return too_many(ctx->error, value);
	kernel->l4_proto[kernel->l4_proto_count++] = number;
	return 0;
}

static void set_mask(struct filter_prefix *prefix, unsigned long bits)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		unsigned int here = bits > 32 ? 32 : bits;

		prefix->mask_be[i] = here ? htonl(~0U << (32 - here)) : 0;
		prefix->addr_be[i] &= prefix->mask_be[i];
		bits -= here;
	}
}

static int add_prefix(struct value_context *ctx, const char *value)
{
	struct filter_prefixes *set = &ctx->spec->kernel.prefixes[ctx->end];
	struct filter_prefix prefix = {};
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchrnul(value, '/');
	unsigned long bits, max;

	if ((size_t)(slash - value) >= sizeof(address))
		goto invalid;
	memcpy(address, value, slash - value);
	address[slash - value] = '\0';
	if (inet_pton(AF_INET, address, prefix.addr_be) == 1)
		prefix.ip_version = 4;
	else if (inet_pton(AF_INET6, address, prefix.addr_be) == 1)
		prefix.ip_version = 6;
	else
		goto invalid;
	max = prefix.ip_version == 4 ? 32 : 128;
	bits = max;
	if (*slash && !read_number(slash + 1, max, &bits))
		goto invalid;
	set_mask(&prefix, bits);
	if (set->count == FILTER_VALUES_MAX)
		return too_many(ctx->error, value);
	set->values[set->count++] = prefix;
	return 0;
invalid:
	return refuse(ctx->error, -EINVAL, value,
		      "is no address or prefix: give e.g. 10.0.0.1, 10.0.0.0/8 or 2001:db8::/32");
}

static int add_port(struct value_context *ctx, const char *value)
{
	struct filter_ports *set = &ctx->spec->kernel.ports[ctx->end];
	const char *dash = strchr(value, '-');
	unsigned long first, last;
	char text[8];

	if (dash) {
		if ((size_t)(dash - value) >= sizeof(text))
			goto invalid;
		memcpy(text, value, dash - value);
		text[dash - value] = '\0';
		if (!read_number(text, 65535, &first) || !read_number(dash + 1, 65535, &last) ||
		    first > last)
			goto invalid;
	} else {
		if (!read_number(value, 65535, &first))
			goto invalid;
		last = first;
	}
	if (set->count == FILTER_VALUES_MAX)
		return too_many(ctx->error, value);
	set->values[set->count].first = first;
	set->values[set->count++].last = last;
	return 0;
invalid:
	return refuse(ctx->error, -EINVAL, value,
		      "is no port: give a number up to 65535, or a range such as 8000-8099");
}

static const struct {
	int (*add)(struct value_context *ctx, const char *value);
	enum filter_end end;
} parsers[__FILTER_OPTION_MAX] = {
	[FILTER_OPTION_POD] = { add_pod, 0 },
	[FILTER_OPTION_NAMESPACE] = { add_namespace, 0 },
	[FILTER_OPTION_SERVICE] = { add_service, 0 },
	[FILTER_OPTION_SELECTOR] = { add_selector, 0 },
	[FILTER_OPTION_NETNS] = { add_netns, 0 },
	[FILTER_OPTION_IFACE] = { add_iface, 0 },
	[FILTER_OPTION_REASON] = { add_reason, 0 },
	[FILTER_OPTION_CAUSE] = { add_cause, 0 },
	[FILTER_OPTION_PROTO] = { add_proto, 0 },
	[FILTER_OPTION_HOST] = { add_prefix, FILTER_EITHER },
	[FILTER_OPTION_SRC] = { add_prefix, FILTER_SRC },
	[FILTER_OPTION_DST] = { add_prefix, FILTER_DST },
	[FILTER_OPTION_PORT] = { add_port, FILTER_EITHER },
	[FILTER_OPTION_SPORT] = { add_port, FILTER_SRC },
	[FILTER_OPTION_DPORT] = { add_port, FILTER_DST },
};

int filter_spec__add(struct filter_spec *spec, enum filter_option option, const char *root,
		     const char *values, char ret_error[FILTER_ERROR_LEN])
{
	struct value_context ctx = {
		.spec = spec, .root = root, .end = parsers[option].end, .error = ret_error };
	char *list, *rest, *value;
	int err = 0;

	if (option == FILTER_OPTION_SELECTOR)
		return add_selector(&ctx, values);
	rest = list = strdup(values);
	if (!list)
		return refuse(ret_error, -ENOMEM, values, "could not be kept: out of memory");
	while (!err && (value = strsep(&rest, ","))) {
		if (!*value)
			err = refuse(ret_error, -EINVAL, values, "has an empty value in it");
		else
			err = parsers[option].add(&ctx, value);
	}
	free(list);
	return err;
}

/* Reasons behind which conntrack may stand without netfilter saying so. */
static __u8 base_flags(__u32 reason, const char *name)
{
	__u8 flags = reason__is_noise(name) ? REASON_F_NOISE : 0;

	if (!strcmp(name, "NETFILTER_DROP"))
		flags |= REASON_F_NETFILTER | REASON_F_CONNTRACK;
	else if (!strcmp(name, "NOT_SPECIFIED"))
		flags |= REASON_F_LOCATION;
	else if (!strcmp(name, "TC_INGRESS") || !strcmp(name, "TC_EGRESS") || reason >> 16)
		flags |= REASON_F_CONNTRACK; /* act_ct and Open vSwitch call conntrack */
	return flags;
}

static int set_base_flags(__u32 reason, const char *name, void *ctx)
{
	__u8 *flags = ctx;

	flags[reason_slot(reason)] = base_flags(reason, name);
	return 0;
}

static int accept_reason(__u32 reason, const char *name, void *ctx)
{
	__u8 *flags = ctx;

	(void)name;
	flags[reason_slot(reason)] &= ~(REASON_F_REJECT | REASON_F_NOISE);
	flags[reason_slot(reason)] |= REASON_F_WANTED;
	return 0;
}

static int offer_reason(__u32 reason, const char *name, void *ctx)
{
	(void)reason;
	nearest__offer(ctx, name);
	return 0;
}

static int refuse_reason(const struct reason_names *names, const char *value, char *error)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	struct nearest nearest = { .typed = value };
	char why[256];

	if (!strncasecmp(value, prefix, sizeof(prefix) - 1))
		nearest.typed += sizeof(prefix) - 1;
	reason_names__match(names, "*", offer_reason, &nearest);
	snprintf(why, sizeof(why), "matches no drop reason of this kernel: %s%s%sREASONS in "
		 "'man dropwhy' has the usual ones; a module's own, such as openvswitch's, are known "
		 "once it is loaded", nearest.name ? "did you mean " : "",
		 nearest.name ? nearest.name : "", nearest.name ? "? " : "");
	return refuse(error, -ENOENT, value, why);
}

int filter_spec__reason_flags(const struct filter_spec *spec, const struct reason_names *names,
			      __u8 *ret_flags, char ret_error[FILTER_ERROR_LEN])
{
	size_t i;

	memset(ret_flags, 0, REASON_SLOTS);
	if (!reason_names__has_reasons(names)) {
		if (spec->reasons.count)
			return refuse(ret_error, -EOPNOTSUPP, spec->reasons.values[0],
				      "cannot be told: this kernel gives no drop reasons (5.17 and "
				      "later do); filter by --cause instead");
		ret_flags[reason_slot(NO_REASON)] = REASON_F_LOCATION;
		return 0;
	}
	/* those of a module that is loaded later, too, whose names nobody knows yet */
	memset(ret_flags + REASON_SLOT_CORE, base_flags(1 << 16, ""),
	       REASON_SLOT_OTHER - REASON_SLOT_CORE);
	reason_names__match(names, "*", set_base_flags, ret_flags);
	if (!spec->reasons.count)
		return 0;
	for (i = 0; i < REASON_SLOTS; i++)
		ret_flags[i] |= REASON_F_REJECT;
	for (i = 0; i < spec->reasons.count; i++)
		if (reason_names__match(names, spec->reasons.values[i], accept_reason,
					ret_flags) == 0)
			return refuse_reason(names, spec->reasons.values[i], ret_error);
	return 0;
}

static void patterns__done(struct filter_patterns *patterns)
{
	while (patterns->count)
		free(patterns->values[--patterns->count]);
}

void filter_spec__done(struct filter_spec *spec)
{
	patterns__done(&spec->reasons);
	patterns__done(&spec->ifaces);
	patterns__done(&spec->pods);
	patterns__done(&spec->namespaces);
	patterns__done(&spec->services);
	while (spec->selector_count)
		selector__free(spec->selectors[--spec->selector_count]);
}
