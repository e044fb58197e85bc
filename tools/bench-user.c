// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How fast the user side takes in records: decode and aggregate, of one flow
 * and of 10 million distinct ones, with the memory that takes; and how fast it
 * makes rows of them. Part of tools/bench; perf stat around it shows cache
 * misses where the CPU counts them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "user/aggregate/aggregate.h"
#include "user/sinks/sink.h"
#include "user/source/decode.h"

#define RECORDS	   10000000UL
#define ROWS	   1000000UL
#define MAX_GROUPS 65536 /* the default of --max-keys */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct drop_record make_record(void)
{
	struct drop_record rec = {
		.hdr = { RECORD_DROP, DROP_RECORD_VERSION, sizeof(rec) },
		.count = 1,
		.bytes = 60,
		.netns_ino = 4026531840,
		.location = 1,
		.iface = "eth0",
		.ifindex = 2,
		.tuple = { .l4_proto = 17, .ip_version = 4 },
		.l3_proto = 0x0800,
		.flags = DROP_F_L3 | DROP_F_L4 | DROP_F_MAC,
	};

	return rec;
}

static int measure(const char *label, bool distinct)
{
	static const enum group_key keys[] = { GROUP_NETNS, GROUP_REASON, GROUP_TUPLE };
	struct aggregate *groups = aggregate__new(keys, 3, MAX_GROUPS);
	struct drop_record rec = make_record();
	struct rusage usage;
	struct drop drop;
	unsigned long i;
	double start;

	if (!groups)
		return 1;
	start = seconds();
	for (i = 0; i < RECORDS; i++) {
		if (distinct)
			memcpy(rec.tuple.saddr, &i, 4);
		if (drop__decode(&rec, sizeof(rec), &drop))
			return 1;
		drop.reason = "NO_SOCKET";
		aggregate__add(groups, &drop);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%s: %.1f million records/s decoded and aggregated, %llu groups evicted, peak RSS %ld MB\n",
	       label, RECORDS / (seconds() - start) / 1e6, aggregate__evicted(groups),
	       usage.ru_maxrss >> 10);
	aggregate__free(groups);
	return 0;
}

static int measure_rows(const char *format)
{
	const struct sink_options options = {};
	struct drop_record rec = make_record();
	FILE *out = fopen("/dev/null", "w");
	struct sink *sink = out ? sink__new(format, out, &options) : NULL;
	struct drop drop;
	unsigned long i;
	double start;
	int err = 0;

	if (!sink || drop__decode(&rec, sizeof(rec), &drop))
		return 1;
	drop.reason = "NO_SOCKET";
	drop.netns_name = "shop";
	drop.symbol = "__udp4_lib_rcv";
	drop.symbol_offset = 0x4bc;
	start = seconds();
	for (i = 0; i < ROWS && !err; i++) {
		drop.time = (struct timespec){ 1795800000, (long)i * 1000 };
		err = sink__drop(sink, &drop);
	}
	printf("rows of %s: %.1f million/s\n", format, ROWS / (seconds() - start) / 1e6);
	sink__free(sink);
	fclose(out);
	return err;
}

int main(void)
{
	return measure("one flow", false) || measure("10 million distinct flows", true) ||
	       measure_rows("csv") || measure_rows("json");
}
