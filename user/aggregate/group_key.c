/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The --by keys: their names, and each one's binary and readable form. Every
 * part is of fixed length or ends in a NUL, so no two keys share their bytes.
 */
#include <errno.h>
#include <string.h>

#include "user/aggregate/group_key.h"
#include "user/enrich/dns.h"
#include "user/flow.h"
#include "user/number.h"

/* struct flow_tuple.pad is free in a key: what kind of tuple it is */
#define TUPLE_HAS_PORTS (1u << 0)
#define TUPLE_IS_ARP	(1u << 1)

/* One end of a flow as key. */
struct address_key {
	__u8 ip_version;
	__u8 addr[16];
};

struct key_part {
	const char *name;
	/* Appends the binary form, returns its end. */
	__u8 *(*build)(const struct drop *drop, __u8 *at);
	/* Appends the text, without NUL, to *text, moves that on, returns the end of the
	 * binary form. */
	const __u8 *(*format)(const __u8 *at, char **text);
};

static __u8 *build_bytes(const char *s, size_t len, __u8 *at)
{
	memcpy(at, s, len);
	at[len] = '\0';
	return at + len + 1;
}

static __u8 *build_string(const char *s, __u8 *at)
{
	size_t len;

	if (!s)
		s = "";
	len = strlen(s);
	return build_bytes(s, len < GROUP_KEY_STRING_LEN ? len : GROUP_KEY_STRING_LEN - 1, at);
}

static const __u8 *format_string(const __u8 *at, char **text)
{
	size_t len = strlen((const char *)at);

	memcpy(*text, at, len);
	*text += len;
	return at + len + 1;
}

static __u8 *build_number(__u64 value, __u8 *at)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static __u64 take_number(const __u8 **at)
{
	__u64 value;

	memcpy(&value, *at, sizeof(value));
	*at += sizeof(value);
	return value;
}

static __u8 *build_pod(const struct drop *drop, __u8 *at)
{
	return build_string(drop->pod ? drop->pod : drop->container,
			    build_string(drop->pod_namespace, at));
}

static const __u8 *format_pod(const __u8 *at, char **text)
{
	bool has_namespace = *at != '\0';

	at = format_string(at, text);
	if (has_namespace)
		*(*text)++ = '/';
	return format_string(at, text);
}

static __u8 *build_end(const struct drop_end *end, __u8 *at)
{
	return build_string(end->name, build_string(end->namespace, at));
}

static __u8 *build_src_name(const struct drop *drop, __u8 *at)
{
	return build_end(&drop->src, at);
}

static __u8 *build_dst_name(const struct drop *drop, __u8 *at)
{
	return build_end(&drop->dst, at);
}

static __u8 *build_service(const struct drop *drop, __u8 *at)
{
	return build_string(drop->service, build_string(drop->service_namespace, at));
}

/* Of pods whose owner is not known the pod itself is what works. */
static __u8 *build_workload(const struct drop *drop, __u8 *at)
{
	return build_string(drop->workload ? drop->workload : drop->pod,
			    build_string(drop->pod_namespace, at));
}

/* The inode belongs to the key: two namespaces may be called after the same command. */
static __u8 *build_netns(const struct drop *drop, __u8 *at)
{
	return build_string(drop->netns_name, build_number(drop->rec.netns_ino, at));
}

/* A name if there is one, else the number if there is one. */
static const __u8 *format_name_or_number(const __u8 *at, char **text,
					 size_t (*format)(__u64 value, char *buf))
{
	__u64 number = take_number(&at);

	if (*at)
		return format_string(at, text);
	if (number)
		*text += format(number, *text);
	return at + 1;
}

static const __u8 *format_netns(const __u8 *at, char **text)
{
	return format_name_or_number(at, text, number__decimal);
}

static __u8 *build_reason(const struct drop *drop, __u8 *at)
{
	return build_string(drop->reason, at);
}

static __u8 *build_cause(const struct drop *drop, __u8 *at)
{
	*at = drop->rec.cause;
	return at + 1;
}

static const __u8 *format_cause(const __u8 *at, char **text)
{
	const char *name = drop_cause__name(*at);
	size_t len = strlen(name);

	memcpy(*text, name, len);
	*text += len;
	return at + 1;
}

static __u8 *build_tuple(const struct drop *drop, __u8 *at)
{
	struct flow_tuple tuple = {};

	if (drop__has_addresses(drop)) {
		tuple = drop->rec.tuple;
		tuple.pad = 0;
		if (drop->rec.flags & DROP_F_ARP)
			tuple.pad |= TUPLE_IS_ARP;
		if (drop__has_ports(drop))
			tuple.pad |= TUPLE_HAS_PORTS;
		else
			tuple.sport_be = tuple.dport_be = 0;
	}
	memcpy(at, &tuple, sizeof(tuple));
	return at + sizeof(tuple);
}

static const __u8 *format_tuple(const __u8 *at, char **text)
{
	struct flow_tuple tuple;
	size_t len;

	memcpy(&tuple, at, sizeof(tuple));
	len = flow__format_pair(&tuple, tuple.pad & TUPLE_HAS_PORTS, *text);
	*text += len;
	if (len) {
		*(*text)++ = ' ';
		if (tuple.pad & TUPLE_IS_ARP) {
			memcpy(*text, "arp", 3);
			*text += 3;
		} else {
			*text += flow__format_proto(tuple.l4_proto, *text);
		}
	}
	return at + sizeof(tuple);
}

static __u8 *build_address(const struct drop *drop, enum flow_end end, __u8 *at)
{
	struct address_key key = {};

	if (drop__has_addresses(drop)) {
		key.ip_version = drop->rec.tuple.ip_version;
		memcpy(key.addr, flow__address(&drop->rec.tuple, end), sizeof(key.addr));
	}
	memcpy(at, &key, sizeof(key));
	return at + sizeof(key);
}

static __u8 *build_src(const struct drop *drop, __u8 *at)
{
	return build_address(drop, FLOW_SRC, at);
}

static __u8 *build_dst(const struct drop *drop, __u8 *at)
{
	return build_address(drop, FLOW_DST, at);
}

static const __u8 *format_address(const __u8 *at, char **text)
{
	struct flow_tuple tuple = {};
	struct address_key key;

	memcpy(&key, at, sizeof(key));
	tuple.ip_version = key.ip_version;
	memcpy(tuple.saddr, key.addr, sizeof(tuple.saddr));
	*text += flow__format_address(&tuple, FLOW_SRC, *text);
	return at + sizeof(key);
}

static __u8 *build_iface(const struct drop *drop, __u8 *at)
{
	return build_bytes(drop->rec.iface, strnlen(drop->rec.iface, DROP_IFACE_LEN - 1), at);
}

/* Resolvers vary the case of a name against forgery (0x20 bits): one group all the same. */
static __u8 *build_dns(const struct drop *drop, __u8 *at)
{
	__u8 *end = build_string(drop->dns ? drop->dns->name : NULL, at);

	for (; at < end; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	return end;
}

static __u8 *build_location(const struct drop *drop, __u8 *at)
{
	return build_string(drop->symbol, build_number(drop->symbol ? 0 : drop->rec.location, at));
}

static const __u8 *format_location(const __u8 *at, char **text)
{
	return format_name_or_number(at, text, number__hex);
}

static const struct key_part key_parts[__GROUP_KEY_MAX] = {
	[GROUP_POD] = { "pod", build_pod, format_pod },
	[GROUP_SERVICE] = { "service", build_service, format_pod },
	[GROUP_WORKLOAD] = { "workload", build_workload, format_pod },
	[GROUP_NETNS] = { "netns", build_netns, format_netns },
	[GROUP_REASON] = { "reason", build_reason, format_string },
	[GROUP_CAUSE] = { "cause", build_cause, format_cause },
	[GROUP_TUPLE] = { "tuple", build_tuple, format_tuple },
	[GROUP_SRC] = { "src", build_src, format_address },
	[GROUP_DST] = { "dst", build_dst, format_address },
	[GROUP_IFACE] = { "iface", build_iface, format_string },
	[GROUP_DNS] = { "dns", build_dns, format_string },
	[GROUP_SRC_NAME] = { "src-name", build_src_name, format_pod },
	[GROUP_DST_NAME] = { "dst-name", build_dst_name, format_pod },
	[GROUP_LOCATION] = { "location", build_location, format_location },
};

size_t group_key__build(const enum group_key *keys, size_t key_count, const struct drop *drop,
			__u8 *buf)
{
	__u8 *at = buf;
	size_t i;

	for (i = 0; i < key_count; i++)
		at = key_parts[keys[i]].build(drop, at);
	return (size_t)(at - buf);
}

size_t group_key__format(const enum group_key *keys, size_t key_count, const __u8 *key, char *buf)
{
	char *text = buf;
	size_t i;

	for (i = 0; i < key_count; i++) {
		key = key_parts[keys[i]].format(key, &text);
		*text++ = '\0';
	}
	return (size_t)(text - buf);
}

const char *group_key__name(enum group_key key)
{
	return key_parts[key].name;
}

static int find_key(const char *name, size_t len, enum group_key *ret_key)
{
	size_t i;

	for (i = 0; i < __GROUP_KEY_MAX; i++) {
		if (strlen(key_parts[i].name) != len || memcmp(key_parts[i].name, name, len))
			continue;
		*ret_key = (enum group_key)i;
		return 0;
	}
	return -EINVAL;
}

int group_key__parse(const char *list, enum group_key *ret_keys, size_t *ret_count)
{
	enum group_key keys[__GROUP_KEY_MAX];
	bool used[__GROUP_KEY_MAX] = {};
	size_t count = 0, len;

	for (;; list += len + 1) {
		enum group_key key;

		len = strcspn(list, ",");
		if (find_key(list, len, &key) || used[key])
			return -EINVAL;
		used[key] = true;
		keys[count++] = key;
		if (!list[len])
			break;
	}
	memcpy(ret_keys, keys, count * sizeof(keys[0]));
	*ret_count = count;
	return 0;
}
