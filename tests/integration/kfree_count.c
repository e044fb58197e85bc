/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counts skb:kfree_skb by reason with perf's counting mode: exact at any rate,
 * and nothing in common with the tracer under test. The whole machine is counted.
 *
 * usage: kfree_count [REASON]... | --list
 * Prints "ready", counts until SIGTERM, prints "REASON N" for each. Without a
 * reason, or where the kernel gives none, it prints "any N". Exits 3 when the
 * kernel has reasons but none of that name. --list prints this kernel's reasons.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EVENTS "/sys/kernel/tracing/events/skb/kfree_skb/"
#define MAX_CPUS 1024
#define MAX_REASONS 16
#define MAX_FORMAT 65536

struct counter {
	const char *name;
	int fds[MAX_CPUS];
};

static void die(const char *what)
{
	fprintf(stderr, "kfree_count: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Tracefs is mounted for this process alone where nobody mounted it. */
static void mount_tracefs(void)
{
	if (!access(EVENTS "id", R_OK))
		return;
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		die("mounting tracefs");
}

static void read_file(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t n;

	if (!file)
		die(path);
	n = fread(buf, 1, size - 1, file);
	if (ferror(file))
		die(path);
	buf[n] = '\0';
	fclose(file);
}

/* Reasons are numbered differently by every kernel: "{ 2, \"NOT_SPECIFIED\" }". */
static bool find_reason(const char *format, const char *name, long *ret_number)
{
	char quoted[80];
	const char *at;

	snprintf(quoted, sizeof(quoted), ", \"%s\" }", name);
	at = strstr(format, quoted);
	if (!at)
		return false;
	while (at > format && at[-1] != ' ')
		at--;
	*ret_number = strtol(at, NULL, 0);
	return true;
}

static void list_reasons(const char *format)
{
	const char *at = format, *end;

	while ((at = strstr(at, ", \"")) && (end = strstr(at, "\" }"))) {
		printf("%.*s\n", (int)(end - at - 3), at + 3);
		at = end;
	}
}

static void open_counter(struct counter *counter, long id, const char *filter)
{
	/* not before the filter is there: until then everything would count */
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr),
					.config = id, .disabled = 1 };
	long cpus = sysconf(_SC_NPROCESSORS_CONF), cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		counter->fds[cpu] = -1;
	for (cpu = 0; cpu < cpus && cpu < MAX_CPUS; cpu++) {
		counter->fds[cpu] = syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
					    PERF_FLAG_FD_CLOEXEC);
		if (counter->fds[cpu] < 0 && errno == ENODEV)
			continue;	/* offline */
		if (counter->fds[cpu] < 0)
			die("perf_event_open");
		if (filter && ioctl(counter->fds[cpu], PERF_EVENT_IOC_SET_FILTER, filter))
			die("setting the filter");
		if (ioctl(counter->fds[cpu], PERF_EVENT_IOC_ENABLE, 0))
			die("starting to count");
	}
}

static unsigned long long read_counter(const struct counter *counter)
{
	unsigned long long sum = 0, value;
	int cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (counter->fds[cpu] < 0)
			continue;
		if (read(counter->fds[cpu], &value, sizeof(value)) != sizeof(value))
			die("reading a counter");
		sum += value;
	}
	return sum;
}

static void wait_for_sigterm(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		die("sigprocmask");
	printf("ready\n");
	fflush(stdout);
	if (sigwait(&set, &sig))
		exit(1);
}

int main(int argc, char **argv)
{
	static struct counter counters[MAX_REASONS];
	static char format[MAX_FORMAT];
	char text[64];
	int i, count = 0;
	long id, reason;

	if (argc - 1 > MAX_REASONS)
		return 2;
	mount_tracefs();
	read_file(EVENTS "id", text, sizeof(text));
	id = strtol(text, NULL, 10);
	read_file(EVENTS "format", format, sizeof(format));
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list_reasons(format);
		return 0;
	}
	for (i = 1; i < argc && strstr(format, " reason;"); i++) {
		if (!find_reason(format, argv[i], &reason)) {
			fprintf(stderr, "kfree_count: this kernel has no reason %s\n", argv[i]);
			return 3;
		}
		snprintf(text, sizeof(text), "reason == %ld", reason);
		counters[count].name = argv[i];
		open_counter(&counters[count++], id, text);
	}
	if (!count) {
		counters[0].name = "any";
		open_counter(&counters[count++], id, NULL);
	}
	wait_for_sigterm();
	for (i = 0; i < count; i++)
		printf("%s %llu\n", counters[i].name, read_counter(&counters[i]));
	return 0;
}
