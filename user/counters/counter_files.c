/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Picks from /proc/net what counts losses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/counters/counter_files.h"

#define COLUMNS_MAX 64

/* The column of softnet_stat that has the CPU's number. */
#define SOFTNET_CPU 12

/* In snmp and netstat: what a family has that is of losses. */
static const struct {
	const char *family, *name;
} wanted_pairs[] = {
	{ "Ip", "ReasmFails" },		 { "Ip", "FragFails" },
	{ "Ip", "InDiscards" },		 { "Ip", "OutDiscards" },
	{ "Udp", "RcvbufErrors" },	 { "Udp", "SndbufErrors" },
	{ "Udp", "MemErrors" },		 { "TcpExt", "ListenOverflows" },
	{ "TcpExt", "ListenDrops" },	 { "TcpExt", "TCPReqQFullDrop" },
	{ "TcpExt", "TCPReqQFullDoCookies" }, { "TcpExt", "TCPBacklogDrop" },
	{ "TcpExt", "TCPRcvQDrop" },	 { "TcpExt", "TCPZeroWindowDrop" },
	{ "TcpExt", "PruneCalled" },	 { "TcpExt", "RcvPruned" },
	{ "TcpExt", "OfoPruned" },	 { "TcpExt", "TCPAbortOnMemory" },
	{ "TcpExt", "TCPMemoryPressures" }, { "TcpExt", "IPReversePathFilter" },
};

/* In snmp6, where the family is the beginning of the name. */
static const struct {
	const char *family, *name;
} wanted_snmp6[] = {
	{ "Ip6", "ReasmFails" },  { "Ip6", "FragFails" },     { "Ip6", "InTooBigErrors" },
	{ "Ip6", "InDiscards" },  { "Ip6", "OutDiscards" },   { "Udp6", "RcvbufErrors" },
	{ "Udp6", "SndbufErrors" }, { "Udp6", "MemErrors" },
};

static bool is_wanted(const char *family, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(wanted_pairs) / sizeof(wanted_pairs[0]); i++)
		if (!strcmp(wanted_pairs[i].family, family) && !strcmp(wanted_pairs[i].name, name))
			return true;
	return false;
}

/* Adds the wanted ones of one family; the lines lose their blanks. */
static int add_pairs(const char *family, char *names, char *values, __u32 netns_ino,
		     struct counters *c)
{
	char *name, *value, *name_at = NULL, *value_at = NULL;
	int err = 0;

	name = strtok_r(names, " ", &name_at);
	value = strtok_r(values, " ", &value_at);
	for (; !err && name && value;
	     name = strtok_r(NULL, " ", &name_at), value = strtok_r(NULL, " ", &value_at))
		if (is_wanted(family, name))
			err = counters__add(c, netns_ino, "", family, name,
					    strtoull(value, NULL, 10));
	return err;
}

int counter_files__pairs(char *text, __u32 netns_ino, struct counters *c)
{
	char *names, *values, *at = NULL, *colon;
	size_t len;
	int err = 0;

	names = strtok_r(text, "\n", &at);
	if (!names)
		return -EINVAL;
	for (; !err && names; names = strtok_r(NULL, "\n", &at)) {
		values = strtok_r(NULL, "\n", &at);
		colon = strchr(names, ':');
		if (!values || !colon)
			return -EINVAL;
		len = (size_t)(colon - names) + 1;
		if (strncmp(names, values, len))
			return -EINVAL;
		*colon = '\0';
		err = add_pairs(names, colon + 1, values + len, netns_ino, c);
	}
	return err;
}

int counter_files__snmp6(char *text, __u32 netns_ino, struct counters *c)
{
	char *line, *at = NULL;
	int err = 0;
	size_t i;

	for (line = strtok_r(text, "\n", &at); !err && line; line = strtok_r(NULL, "\n", &at)) {
		size_t len = strcspn(line, " \t");

		for (i = 0; !err && i < sizeof(wanted_snmp6) / sizeof(wanted_snmp6[0]); i++) {
			const char *family = wanted_snmp6[i].family, *name = wanted_snmp6[i].name;
			size_t family_len = strlen(family);

			if (len != family_len + strlen(name) ||
			    strncmp(line, family, family_len) ||
			    strncmp(line + family_len, name, strlen(name)))
				continue;
			err = counters__add(c, netns_ino, "", family, name,
					    strtoull(line + len, NULL, 10));
		}
	}
	return err;
}

/* How many numbers a line has; at most @max are stored. */
static size_t read_hex(char *line, __u64 *numbers, size_t max)
{
	char *word, *at = NULL, *end;
	size_t count = 0;

	for (word = strtok_r(line, " \t", &at); word && count < max;
	     word = strtok_r(NULL, " \t", &at)) {
		numbers[count] = strtoull(word, &end, 16);
		if (*end)
			return 0;
		count++;
	}
	return count;
}

int counter_files__softnet(char *text, struct counters *c)
{
	__u64 numbers[COLUMNS_MAX];
	__u32 cpu = 0;
	char *line, *at = NULL;
	size_t count;
	int err = 0;

	line = strtok_r(text, "\n", &at);
	if (!line)
		return -EINVAL;
	for (; !err && line; line = strtok_r(NULL, "\n", &at)) {
		count = read_hex(line, numbers, COLUMNS_MAX);
		if (count < 3)
			return -EINVAL;
		/* the lines are of those that are online only */
		if (count > SOFTNET_CPU)
			cpu = (__u32)numbers[SOFTNET_CPU];
		err = counters__add_cpu(c, cpu, "softnet", "dropped", numbers[1]);
		if (!err)
			err = counters__add_cpu(c, cpu, "softnet", "time_squeeze", numbers[2]);
		cpu++;
	}
	return err;
}

int counter_files__neighbours(char *text, const char *family, struct counters *c,
			      __u32 *ret_entries)
{
	__u64 numbers[COLUMNS_MAX], fulls = 0, discards = 0, entries = 0;
	char *names, *line, *word, *at = NULL, *name_at = NULL;
	size_t full_column = COLUMNS_MAX, discard_column = COLUMNS_MAX, columns = 0, count;
	int err;

	names = strtok_r(text, "\n", &at);
	if (!names || strncmp(names, "entries", 7))
		return -EINVAL;
	for (word = strtok_r(names, " \t", &name_at); word && columns < COLUMNS_MAX;
	     word = strtok_r(NULL, " \t", &name_at), columns++) {
		if (!strcmp(word, "table_fulls"))
			full_column = columns;
		else if (!strcmp(word, "unresolved_discards"))
			discard_column = columns;
	}
	while ((line = strtok_r(NULL, "\n", &at))) {
		count = read_hex(line, numbers, COLUMNS_MAX);
		if (!count)
			return -EINVAL;
		entries = numbers[0]; /* the whole table's, on every line */
		fulls += full_column < count ? numbers[full_column] : 0;
		discards += discard_column < count ? numbers[discard_column] : 0;
	}
	*ret_entries = (__u32)entries;
	err = counters__add(c, 0, "", family, "table_fulls", fulls);
	return err ? err : counters__add(c, 0, "", family, "unresolved_discards", discards);
}
