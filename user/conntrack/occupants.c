// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Adds entries up by who holds them: see occupants.h. Names are looked up once
 * for each address and become numbers: a group's key is a few bytes.
 */
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/conntrack/heavy.h"
#include "user/conntrack/netns_visit.h"
#include "user/conntrack/occupants_inside.h"
#include "user/flow.h"
#include "user/number.h"
#include "user/sysctl/change.h"
#include "user/sysctl/value.h"

/* TCP's states as they are; others behind them. */
enum other_state {
	STATE_UNREPLIED = CT_TCP_STATES,
	STATE_REPLIED,
	STATE_ASSURED,
};

struct address_value {
	__u8 ip[16];
	__u8 ip_version;
};

static const struct {
	const char *name, *json;
	size_t bytes;		/* in a group's key */
} keys[__OCCUPANT_KEY_MAX] = {
	[OCCUPANT_POD] = { "pod", "pod", sizeof(__u32) },
	[OCCUPANT_NAMESPACE] = { "namespace", "namespace", sizeof(__u32) },
	[OCCUPANT_WORKLOAD] = { "workload", "workload", sizeof(__u32) },
	[OCCUPANT_SERVICE] = { "service", "service", sizeof(__u32) },
	[OCCUPANT_STATE] = { "state", "state", sizeof(__u8) },
	[OCCUPANT_PROTO] = { "proto", "proto", sizeof(__u8) },
	[OCCUPANT_SRC] = { "src", "src", sizeof(struct address_value) },
	[OCCUPANT_DST] = { "dst", "dst", sizeof(struct address_value) },
	[OCCUPANT_DST_PORT] = { "dst-port", "dst_port", sizeof(__u16) },
	[OCCUPANT_ZONE] = { "zone", "zone", sizeof(__u16) },
	[OCCUPANT_NETNS] = { "netns", "netns", sizeof(__u32) },
	[OCCUPANT_ASSURED] = { "assured", "assured", sizeof(__u8) },
};

const char *occupant_key__name(enum occupant_key key)
{
	return key < __OCCUPANT_KEY_MAX ? keys[key].json : "";
}

static int find_key(const char *name, size_t len)
{
	int key;

	for (key = 0; key < __OCCUPANT_KEY_MAX; key++)
		if ((strlen(keys[key].name) == len && !strncmp(keys[key].name, name, len)) ||
		    (strlen(keys[key].json) == len && !strncmp(keys[key].json, name, len)))
			return key;
	return -EINVAL;
}

int occupant_key__parse(const char *text, enum occupant_key *ret_keys, size_t *ret_count)
{
	unsigned int seen = 0;
	size_t count = 0, len;
	int key;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		key = find_key(text, len);
		if (key < 0 || seen & 1u << key)
			return -EINVAL;
		seen |= 1u << key;
		ret_keys[count++] = key;
		if (!text[len])
			break;
	}
	*ret_count = count;
	return 0;
}

static void add_to(struct occupant_group *to, __u64 count, __u64 assured, __u64 unreplied)
{
	to->count += count;
	to->assured += assured;
	to->unreplied += unreplied;
}

static void on_forget(void *ctx, const struct heavy_record *record)
{
	struct occupants *o = ctx;
	const struct group_value *value = record->value;

	add_to(&o->total.rest, record->count, value->assured, value->unreplied);
}

struct occupants *occupants__new(const struct occupants_options *options)
{
	struct occupants *o = calloc(1, sizeof(*o));
	size_t k, bytes = 0;

	if (!o)
		return NULL;
	o->options = *options;
	for (k = 0; k < options->key_count; k++) {
		o->offsets[k] = bytes;
		bytes += keys[options->keys[k]].bytes;
		o->wanted |= 1u << options->keys[k];
	}
	o->sources = conntrack_sources__new();
	o->names = occupant_names__new(options->directory);
	if (options->key_count)
		o->groups = heavy__new(bytes, sizeof(struct group_value), options->max_groups,
				       on_forget, o);
	if (o->sources && o->names && (o->groups || !options->key_count))
		return o;
	occupants__free(o);
	errno = ENOMEM;
	return NULL;
}

/* --- adding */

static __u8 state_of(const struct conntrack_entry *entry)
{
	if (entry->has_tcp_state && entry->tcp_state < CT_TCP_STATES)
		return entry->tcp_state;
	if (!(entry->status & IPS_SEEN_REPLY))
		return STATE_UNREPLIED;
	return entry->status & IPS_ASSURED ? STATE_ASSURED : STATE_REPLIED;
}

static void put_address(char *to, const struct flow_tuple *tuple, enum flow_end end)
{
	struct address_value value = { .ip_version = tuple->ip_version };

	memcpy(value.ip, flow__address(tuple, end), sizeof(value.ip));
	memcpy(to, &value, sizeof(value));
}

static void put_value(struct occupants *o, enum occupant_key key, __u32 netns_ino,
		      const struct conntrack_entry *entry, const struct owner *owner, char *to)
{
	__u16 port = flow__has_ports(entry->orig.l4_proto) ? flow__port(&entry->orig, FLOW_DST) : 0;
	__u32 service;

	switch (key) {
	case OCCUPANT_POD:
		memcpy(to, &owner->pod, sizeof(owner->pod));
		break;
	case OCCUPANT_NAMESPACE:
		memcpy(to, &owner->namespace, sizeof(owner->namespace));
		break;
	case OCCUPANT_WORKLOAD:
		memcpy(to, &owner->workload, sizeof(owner->workload));
		break;
	case OCCUPANT_SERVICE:
		service = occupant_names__service(o->names, &entry->orig);
		memcpy(to, &service, sizeof(service));
		break;
	case OCCUPANT_STATE:
		*to = (char)state_of(entry);
		break;
	case OCCUPANT_PROTO:
		*to = (char)entry->orig.l4_proto;
		break;
	case OCCUPANT_SRC:
		put_address(to, &entry->orig, FLOW_SRC);
		break;
	case OCCUPANT_DST:
		put_address(to, &entry->orig, FLOW_DST);
		break;
	case OCCUPANT_DST_PORT:
		memcpy(to, &port, sizeof(port));
		break;
	case OCCUPANT_ZONE:
		memcpy(to, &entry->zone, sizeof(entry->zone));
		break;
	case OCCUPANT_NETNS:
		memcpy(to, &netns_ino, sizeof(netns_ino));
		break;
	case OCCUPANT_ASSURED:
		*to = (char)!!(entry->status & IPS_ASSURED);
		break;
	default:
		break;
	}
}

#define NEEDS_OWNER (1u << OCCUPANT_POD | 1u << OCCUPANT_NAMESPACE | 1u << OCCUPANT_WORKLOAD)

static void add_to_group(struct occupants *o, __u32 netns_ino, const struct conntrack_entry *entry)
{
	char key[__OCCUPANT_KEY_MAX * sizeof(struct address_value)];
	struct group_value *value;
	struct owner owner = {};
	size_t k;

	if (o->wanted & NEEDS_OWNER)
		occupant_names__owner(o->names, netns_ino, entry, &owner);
	for (k = 0; k < o->options.key_count; k++)
		put_value(o, o->options.keys[k], netns_ino, entry, &owner, key + o->offsets[k]);
	value = heavy__add(o->groups, key).value;
	value->assured += !!(entry->status & IPS_ASSURED);
	value->unreplied += !(entry->status & IPS_SEEN_REPLY);
}

void occupants__add(struct occupants *o, __u32 netns_ino, const struct conntrack_entry *entry)
{
	add_to(&o->total.all, 1, !!(entry->status & IPS_ASSURED),
	       !(entry->status & IPS_SEEN_REPLY));
	occupant_facts__add(&o->facts, entry, &o->options.timeouts);
	conntrack_sources__add(o->sources, entry);
	if (o->groups)
		add_to_group(o, netns_ino, entry);
}

struct visit {
	struct occupants *o;
	__u32 ino;
};

static void on_entry(void *ctx, const struct conntrack_entry *entry)
{
	const struct visit *visit = ctx;

	occupants__add(visit->o, visit->ino, entry);
}

static __u32 timeout_here(const char *path)
{
	char text[SYSCTL_VALUE_LEN];
	bool cut;

	sysctl_value__read("", path, text, &cut);
	return (__u32)strtoul(text, NULL, 10);
}

static struct conntrack_timeouts timeouts_here(void)
{
	__u32 retransmitted = timeout_here("net/netfilter/nf_conntrack_tcp_timeout_max_retrans");
	__u32 unacknowledged = timeout_here("net/netfilter/nf_conntrack_tcp_timeout_unacknowledged");

	return (struct conntrack_timeouts){
		.established_s = timeout_here("net/netfilter/nf_conntrack_tcp_timeout_established"),
		.unanswered_s = retransmitted > unacknowledged ? retransmitted : unacknowledged,
	};
}

static int dump_here(void *ctx, __u32 ino)
{
	struct visit visit = { ctx, ino };

	visit.o->options.timeouts = timeouts_here();
	return conntrack_dump__here(on_entry, &visit, &visit.o->total.dump);
}

int occupants__dump(struct occupants *o, struct netns_table *netns, const __u32 *inos,
		    size_t count, size_t *ret_unreadable)
{
	struct netns_visits visits = {};
	size_t i;
	int err;

	/* it may look at /proc and learn: before the namespaces are entered */
	for (i = 0; i < count; i++)
		occupant_names__learn(o->names, inos[i]);
	err = netns_visit__some(netns, inos, count, dump_here, o, &visits);
	*ret_unreadable = visits.unreadable;
	return err;
}

/* --- reading */

static int by_count(const void *a, const void *b)
{
	const struct occupant_group *x = *(struct occupant_group *const *)a;
	const struct occupant_group *y = *(struct occupant_group *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return 0;
}

int occupants__sorted(struct occupants *o, const struct occupant_group *const **ret_groups,
		      size_t *ret_count)
{
	size_t count = o->groups ? heavy__count(o->groups) : 0, i;

	free(o->list);
	free(o->sorted);
	o->list = calloc(count + 1, sizeof(*o->list));
	o->sorted = calloc(count + 1, sizeof(*o->sorted));
	if (!o->list || !o->sorted)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct heavy_record record = heavy__at(o->groups, i);
		const struct group_value *value = record.value;

		o->list[i] = (struct occupant_group){ record.count, value->assured,
						      value->unreplied, record.key };
		o->sorted[i] = &o->list[i];
	}
	qsort(o->sorted, count, sizeof(*o->sorted), by_count);
	*ret_groups = (const struct occupant_group *const *)o->sorted;
	*ret_count = count;
	return 0;
}

static size_t copy_text(const char *from, char *to)
{
	snprintf(to, OCCUPANT_VALUE_LEN, "%s", from);
	return strlen(to);
}

static const char *state_name(__u8 state)
{
	static const char *const others[] = { "UNREPLIED", "REPLIED", "ASSURED" };

	return state < CT_TCP_STATES ? conntrack_tcp_state__name(state) :
				       others[state - CT_TCP_STATES];
}

size_t occupants__value(const struct occupants *o, const struct occupant_group *group, size_t key,
			char *ret_text)
{
	const char *from = (const char *)group->key + o->offsets[key];
	struct address_value address;
	struct flow_tuple tuple = {};
	__u32 number;
	__u16 small;

	switch (o->options.keys[key]) {
	case OCCUPANT_STATE:
		return copy_text(state_name((__u8)*from), ret_text);
	case OCCUPANT_PROTO:
		return flow__format_proto((__u8)*from, ret_text);
	case OCCUPANT_ASSURED:
		return copy_text(*from ? "yes" : "no", ret_text);
	case OCCUPANT_SRC:
	case OCCUPANT_DST:
		memcpy(&address, from, sizeof(address));
		memcpy(tuple.saddr, address.ip, sizeof(tuple.saddr));
		tuple.ip_version = address.ip_version;
		return flow__format_address(&tuple, FLOW_SRC, ret_text);
	case OCCUPANT_DST_PORT:
		memcpy(&small, from, sizeof(small));
		ret_text[0] = '\0';
		return small ? number__decimal(small, ret_text) : 0;
	case OCCUPANT_ZONE:
		memcpy(&small, from, sizeof(small));
		return number__decimal(small, ret_text);
	case OCCUPANT_NETNS:
		memcpy(&number, from, sizeof(number));
		return number__decimal(number, ret_text);
	default:
		memcpy(&number, from, sizeof(number));
		return copy_text(occupant_names__text(o->names, number), ret_text);
	}
}

const struct occupants_total *occupants__total(const struct occupants *o)
{
	return &o->total;
}

void occupants__free(struct occupants *o)
{
	if (!o)
		return;
	heavy__free(o->groups);
	conntrack_sources__free(o->sources);
	occupant_names__free(o->names);
	free(o->list);
	free(o->sorted);
	free(o);
}
