/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/counters/counter_files.h"

static __u64 value_of(const struct counters *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (!strcmp(c->list[i].name, name))
			return c->list[i].value;
	return 0;
}

Test(counters, reads_pairs)
{
	char text[] = "Ip: Forwarding ReasmFails NewOne\nIp: 1 7 9\n"
		      "Udp: InDatagrams RcvbufErrors\nUdp: 4 18446744073709551615\n"
		      "MPTcpExt: A\nMPTcpExt: 3\n";
	struct counters c = {};

	cr_assert_eq(counter_files__pairs(text, 5, &c), 0);
	cr_assert_eq(c.count, 2);
	cr_expect_eq(value_of(&c, "Ip.ReasmFails"), 7);
	cr_expect_eq(value_of(&c, "Udp.RcvbufErrors"), ~0ULL);
	cr_expect_eq(c.list[0].netns_ino, 5);
	counters__done(&c);
}

Test(counters, refuses_bad_pairs)
{
	static const char *const texts[] = {
		"", "\n", "Ip: ReasmFails\n", "Ip: ReasmFails\nUdp: 1\n", "no colon\n1\n",
		"Ip: ReasmFails\nIp 1\n",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct counters c = {};
		char text[64];

		snprintf(text, sizeof(text), "%s", texts[i]);
		cr_expect_eq(counter_files__pairs(text, 5, &c), -EINVAL, "%zu", i);
		cr_expect_eq(c.count, 0);
		counters__done(&c);
	}
}

Test(counters, reads_snmp6)
{
	char text[] = "Ip6ReasmFails                   \t3\nIp6ReasmFailsToo 4\nUdp6RcvbufErrors 5\n"
		      "Ip6\nIcmp6InMsgs 9\n";
	struct counters c = {};

	cr_assert_eq(counter_files__snmp6(text, 5, &c), 0);
	cr_assert_eq(c.count, 2);
	cr_expect_eq(value_of(&c, "Ip6.ReasmFails"), 3);
	cr_expect_eq(value_of(&c, "Udp6.RcvbufErrors"), 5);
	counters__done(&c);
}

Test(counters, adds_up_the_cpus)
{
	char text[] = "00000001 0000000a 00000002 0\n00000001 00000001 00000003 0\n";
	char short_line[] = "00000001 0000000a\n", no_number[] = "1 2 z\n", nothing[] = "";
	struct counters c = {};

	cr_assert_eq(counter_files__softnet(text, &c), 0);
	cr_expect_eq(counters__sum(&c, "softnet.dropped"), 11);
	cr_expect_eq(counters__sum(&c, "softnet.time_squeeze"), 5);
	cr_expect_eq(c.list[0].netns_ino, 0);
	cr_expect_eq(counter_files__softnet(short_line, &c), -EINVAL);
	cr_expect_eq(counter_files__softnet(no_number, &c), -EINVAL);
	cr_expect_eq(counter_files__softnet(nothing, &c), -EINVAL);
	counters__done(&c);
}

static void read_softnet(struct counters *c, const char *lines)
{
	char text[512];

	snprintf(text, sizeof(text), "%s", lines);
	cr_assert_eq(counter_files__softnet(text, c), 0);
}

/* A line of softnet_stat. */
#define SOFTNET(dropped, cpu) "9 " dropped " 0 0 0 0 0 0 0 0 0 0 " cpu " 0 0\n"

/* What a CPU counted before it went offline is nothing new when it is back. */
Test(counters, cpus_go_and_come_back)
{
	struct counters before = {}, without = {}, after = {}, moved;

	read_softnet(&before, SOFTNET("5", "0") SOFTNET("40", "a") SOFTNET("7", "b"));
	read_softnet(&without, SOFTNET("6", "0") SOFTNET("7", "b"));
	read_softnet(&after, SOFTNET("8", "0") SOFTNET("42", "a") SOFTNET("8", "b"));
	cr_assert_eq(counters__moved(&before, &without, &moved), 0);
	cr_expect_eq(moved.count, 1);
	cr_expect_eq(counters__sum(&moved, "softnet.dropped"), 1);
	counters__done(&moved);
	cr_assert_eq(counters__moved(&without, &after, &moved), 0);
	cr_expect_eq(moved.count, 1);
	cr_expect_eq(counters__sum(&moved, "softnet.dropped"), 3);
	counters__done(&moved);
	cr_assert_eq(counters__moved(&before, &after, &moved), 0);
	cr_expect_eq(moved.count, 1);
	cr_expect_eq(counters__sum(&moved, "softnet.dropped"), 6);
	counters__done(&moved);
	counters__done(&before);
	counters__done(&without);
	counters__done(&after);
}

Test(counters, reads_neighbours)
{
	char text[] = "entries  allocs   destroys unresolved_discards table_fulls\n"
		      "000003ff 0 0 2 1\n000003ff 0 0 1 f\n";
	char old[] = "entries allocs\n00000002 00000001\n", bad[] = "allocs\n1\n";
	struct counters c = {};
	__u32 entries;

	cr_assert_eq(counter_files__neighbours(text, "arp_cache", &c, &entries), 0);
	cr_expect_eq(entries, 1023);
	cr_expect_eq(value_of(&c, "arp_cache.table_fulls"), 16);
	cr_expect_eq(value_of(&c, "arp_cache.unresolved_discards"), 3);
	cr_expect_eq(counter_files__neighbours(old, "x", &c, &entries), 0);
	cr_expect_eq(entries, 2);
	cr_expect_eq(counter_files__neighbours(bad, "x", &c, &entries), -EINVAL);
	counters__done(&c);
}

static void add(struct counters *c, __u32 ino, const char *iface, const char *name, __u64 value)
{
	cr_assert_eq(counters__add(c, ino, iface, "f", name, value), 0);
}

Test(counters, tells_what_moved)
{
	struct counters before = {}, after = {}, moved;

	add(&before, 2, "eth0", "grew", 10);
	add(&before, 1, "", "same", 4);
	add(&before, 1, "", "reset", 9);
	add(&before, 3, "", "gone", 9);
	add(&after, 1, "", "same", 4);
	add(&after, 4, "", "new", 3);
	add(&after, 1, "", "reset", 1);
	add(&after, 2, "eth0", "grew", 15);
	add(&after, 2, "eth1", "grew", 0);
	cr_assert_eq(counters__moved(&before, &after, &moved), 0);
	cr_assert_eq(moved.count, 2);
	cr_assert_not_null(moved.list);
	cr_expect_str_eq(moved.list[0].name, "f.grew");
	cr_expect_str_eq(moved.list[0].iface, "eth0");
	cr_expect_eq(moved.list[0].value, 5);
	cr_expect_eq(moved.list[0].netns_ino, 2);
	cr_expect_str_eq(moved.list[1].name, "f.new");
	cr_expect_eq(moved.list[1].value, 3);
	cr_expect_eq(counters__sum(&moved, "f.grew"), 5);
	counters__done(&moved);

	/* it may have been there, only unreadable, or its first process had just ended */
	before.unreadable = 1;
	cr_assert_eq(counters__moved(&before, &after, &moved), 0);
	cr_expect_eq(moved.count, 1);
	counters__done(&moved);
	before.unreadable = 0;
	before.vanished = 1;
	cr_assert_eq(counters__moved(&before, &after, &moved), 0);
	cr_expect_eq(moved.count, 1);
	counters__done(&moved);
	counters__done(&before);
	counters__done(&after);
}

/* A pod's interface is another one than that of the pod before, whatever that had counted. */
Test(counters, a_new_interface_began_at_zero)
{
	struct counters before = {}, after = {}, moved;

	add(&before, 1, "eth0", "grew", 800);
	add(&after, 2, "eth0", "grew", 1000);
	cr_assert_eq(counters__moved(&before, &after, &moved), 0);
	cr_assert_eq(moved.count, 1);
	cr_expect_eq(moved.list[0].value, 1000);
	counters__done(&moved);
	counters__done(&before);
	counters__done(&after);
}

/* Each of a card's queues may have its own under one name. */
Test(counters, of_one_name_are_one)
{
	struct counters before = {}, after = {}, moved;

	counters__add(&before, 1, "eth0", "ethtool", "pkts rx OOB", 5);
	counters__add(&before, 1, "eth0", "ethtool", "pkts rx OOB", 100);
	counters__add(&before, 1, "eth1", "ethtool", "pkts rx OOB", 1);
	counters__add(&after, 1, "eth0", "ethtool", "pkts rx OOB", 7);
	counters__add(&after, 1, "eth1", "ethtool", "pkts rx OOB", 1);
	counters__add(&after, 1, "eth0", "ethtool", "pkts rx OOB", 103);
	cr_assert_eq(counters__moved(&before, &after, &moved), 0);
	cr_expect_eq(moved.count, 1);
	cr_expect_eq(counters__sum(&moved, "ethtool.pkts rx OOB"), 5);
	counters__done(&moved);
	counters__done(&before);
	counters__done(&after);
}

Test(counters, long_names_are_cut)
{
	struct counters c = {};
	char name[100];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_assert_eq(counters__add(&c, 1, name, "ethtool", name, 1), 0);
	cr_expect_eq(strlen(c.list[0].name), COUNTER_NAME_LEN - 1);
	cr_expect_eq(strlen(c.list[0].iface), COUNTER_SUBJECT_LEN - 1);
	counters__done(&c);
}

Test(counters, knows_losses_by_their_names)
{
	static const struct {
		const char *name;
		bool loss;
	} cases[] = {
		{ "rx_no_dma_resources", true }, { "rx_missed_errors", true },
		{ "rx_queue_0_drops", true },	 { "rx_out_of_buffer", true },
		{ "port.rx_discards", true },	 { "rx_packets", false },
		{ "pkts rx OOB", true },	 { "rx buf alloc fail", true },
		{ "rxbds_empty", true },	 { "ucast pkts rx", false },
		{ "tx_bytes", false },		 { "tx_restart", false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(counter__is_driver_loss(cases[i].name), cases[i].loss, "%s",
			     cases[i].name);
	cr_expect_not_null(counter__meaning("softnet.dropped"));
	cr_expect_null(counter__meaning("softnet"));
}
