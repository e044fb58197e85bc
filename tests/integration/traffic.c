/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ordinary traffic through ordinary sockets, counted by its sender: UDP
 * datagrams, TCP connection attempts, one that sends what it is told, and
 * receivers that do not read. What no socket would send is left to frame.c.
 *
 * Senders print "sent N failed N errno NAME" when done. Receivers print
 * "ready", live until SIGTERM, then print "received N" or "accepted N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define MAX_PAYLOAD 65507

struct options {
	const char *from, *to;	/* addresses, NULL: any */
	long sport, dport;	/* 0: let the kernel choose */
	long count;		/* packets of each flow, attempts, or listen backlog */
	long size;		/* payload bytes */
	long sports, dports;	/* how many consecutive ports to use */
	long rcvbuf, sndbuf;	/* bytes, 0: the kernel's default */
	bool wait;		/* connect: wait for the answer */
	bool announce;		/* udp: print "ready" first */
	bool hold;		/* connect: keep the connections until SIGTERM */
	bool dont_fragment;
	bool hop;		/* udp: go from CPU to CPU while sending */
};

struct tally {
	unsigned long sent, failed;
	int error;		/* errno of the first failure */
};

/* Each send that fails counts once and goes on with the next packet. */
static void tally_failure(struct tally *tally)
{
	tally->failed++;
	if (!tally->error)
		tally->error = errno;
}

static void print_tally(const struct tally *tally)
{
	printf("sent %lu failed %lu errno %s\n", tally->sent, tally->failed,
	       tally->error ? strerrorname_np(tally->error) : "0");
}

static void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static socklen_t to_sockaddr(const char *address, long port, int family,
			     struct sockaddr_storage *ret_addr)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				  .ai_family = family, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *info;
	char service[16];
	socklen_t len;
	int err;

	snprintf(service, sizeof(service), "%ld", port);
	err = getaddrinfo(address, service, &hints, &info);
	if (err) {
		fprintf(stderr, "traffic: %s: %s\n", address ? address : "any", gai_strerror(err));
		exit(2);
	}
	memcpy(ret_addr, info->ai_addr, info->ai_addrlen);
	len = info->ai_addrlen;
	freeaddrinfo(info);
	return len;
}

static void set_buffer(int fd, int option, long bytes)
{
	int value = bytes;

	if (bytes && setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)))
		die("setsockopt");
}

static int open_socket(const struct options *options, int type, int family, long sport)
{
	struct sockaddr_storage from;
	int fd, one = 1, pmtu;
	socklen_t len;

	fd = socket(family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		die("SO_REUSEADDR");
	set_buffer(fd, SO_SNDBUF, options->sndbuf);
	set_buffer(fd, SO_RCVBUF, options->rcvbuf);
	if (options->dont_fragment) {
		/* PROBE: send it with DF whatever the path MTU known here. */
		pmtu = IP_PMTUDISC_PROBE;
		if (family == AF_INET ?
		    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu, sizeof(pmtu)) :
		    setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &pmtu, sizeof(pmtu)))
			die("MTU_DISCOVER");
	}
	if (options->from || sport) {
		len = to_sockaddr(options->from, sport, family, &from);
		if (bind(fd, (struct sockaddr *)&from, len))
			die("bind");
	}
	return fd;
}

static void set_port(struct sockaddr_storage *addr, long port)
{
	if (addr->ss_family == AF_INET)
		((struct sockaddr_in *)addr)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)addr)->sin6_port = htons(port);
}

/* One socket's datagrams: count to each destination port. */
static void send_flows(const struct options *options, int fd, struct tally *tally)
{
	static char payload[MAX_PAYLOAD];
	struct iovec iov = { payload, options->size };
	struct sockaddr_storage to[BATCH];
	struct mmsghdr messages[BATCH] = {};
	long total = options->count * options->dports, done = 0;
	int batch, n, i;
	socklen_t len;

	len = to_sockaddr(options->to, options->dport, AF_UNSPEC, &to[0]);
	for (i = 1; i < BATCH; i++)
		to[i] = to[0];
	for (i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_name = &to[i], .msg_namelen = len,
						       .msg_iov = &iov, .msg_iovlen = 1 };
	while (done < total) {
		batch = total - done < BATCH ? total - done : BATCH;
		if (options->dports > 1)
			for (i = 0; i < batch; i++)
				set_port(&to[i], options->dport + (done + i) % options->dports);
		n = sendmmsg(fd, messages, batch, 0);
		if (n > 0) {
			tally->sent += n;
			done += n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		tally_failure(tally);
		done++;
	}
}

/* Where a preemptible kernel moves the sender, it does so in the middle of a send, too. */
struct hopper {
	pthread_t thread;
	pid_t sender;
	atomic_bool done;
	unsigned long hops;
};

static void *hop(void *arg)
{
	struct hopper *hopper = arg;
	cpu_set_t all, one;
	int cpu;

	if (sched_getaffinity(0, sizeof(all), &all))
		die("sched_getaffinity");
	for (cpu = 0; !hopper->done; cpu = (cpu + 1) % CPU_SETSIZE) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(hopper->sender, sizeof(one), &one))
			die("sched_setaffinity");
		hopper->hops++;
	}
	return NULL;
}

static void start_hopping(struct hopper *hopper)
{
	hopper->sender = gettid();
	errno = pthread_create(&hopper->thread, NULL, hop, hopper);
	if (errno)
		die("pthread_create");
}

static void stop_hopping(struct hopper *hopper)
{
	hopper->done = true;
	errno = pthread_join(hopper->thread, NULL);
	if (errno)
		die("pthread_join");
}

static int run_udp(const struct options *options)
{
	struct hopper hopper = {};
	struct tally tally = {};
	struct sockaddr_storage to;
	long i;
	int fd;

	to_sockaddr(options->to, options->dport, AF_UNSPEC, &to);
	if (options->announce) {
		printf("ready\n");
		fflush(stdout);
	}
	if (options->hop)
		start_hopping(&hopper);
	for (i = 0; i < options->sports; i++) {
		fd = open_socket(options, SOCK_DGRAM, to.ss_family,
				 options->sport ? options->sport + i : 0);
		send_flows(options, fd, &tally);
		close(fd);
	}
	if (options->hop)
		stop_hopping(&hopper);
	print_tally(&tally);
	return 0;
}

static void wait_for_sigterm(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	printf("ready\n");
	fflush(stdout);
	if (sigwait(&set, &sig))
		exit(1);
}

static void block_sigterm(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		die("sigprocmask");
}

/*
 * Without --wait each attempt sends exactly one SYN: it is given up long
 * before the first retransmission. What --hold keeps is closed by exiting.
 */
static int run_connect(const struct options *options)
{
	struct tally tally = {};
	struct sockaddr_storage to;
	socklen_t len;
	long i;
	int fd;

	if (options->hold)
		block_sigterm();
	len = to_sockaddr(options->to, options->dport, AF_UNSPEC, &to);
	for (i = 0; i < options->count; i++) {
		fd = open_socket(options, options->wait ? SOCK_STREAM : SOCK_STREAM | SOCK_NONBLOCK,
				 to.ss_family, options->sport ? options->sport + i : 0);
		set_port(&to, options->dport + i % options->dports);
		if (!connect(fd, (struct sockaddr *)&to, len) || errno == EINPROGRESS)
			tally.sent++;
		else
			tally_failure(&tally);
		if (!options->hold)
			close(fd);
	}
	if (options->hold)
		wait_for_sigterm();
	print_tally(&tally);
	return 0;
}

static unsigned char from_hex(const char *digits)
{
	char two[3] = { digits[0], digits[1] };

	return (unsigned char)strtoul(two, NULL, 16);
}

/* One connection, that sends what it reads: a line of hexadecimal digits at once. */
static int run_talk(const struct options *options)
{
	static char line[4096];
	unsigned char bytes[sizeof(line) / 2];
	struct sockaddr_storage to;
	socklen_t len;
	size_t i, n;
	int fd;

	len = to_sockaddr(options->to, options->dport, AF_UNSPEC, &to);
	fd = open_socket(options, SOCK_STREAM, to.ss_family, options->sport);
	if (connect(fd, (struct sockaddr *)&to, len))
		die("connect");
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		n = strcspn(line, "\n") / 2;
		for (i = 0; i < n; i++)
			bytes[i] = from_hex(line + 2 * i);
		if (send(fd, bytes, n, 0) != (ssize_t)n)
			die("send");
	}
	return 0;
}

/* Receives nothing until told to end; what fits the buffer waits there. */
static int run_receive(const struct options *options)
{
	static char payload[MAX_PAYLOAD];
	struct sockaddr_storage address;
	unsigned long received = 0;
	int fd;

	block_sigterm();
	to_sockaddr(options->from, options->sport, AF_UNSPEC, &address);
	fd = open_socket(options, SOCK_DGRAM, address.ss_family, options->sport);
	wait_for_sigterm();
	while (recv(fd, payload, sizeof(payload), MSG_DONTWAIT) >= 0)
		received++;
	printf("received %lu\n", received);
	return 0;
}

/* Accepts nothing until told to end. */
static int run_listen(const struct options *options)
{
	struct sockaddr_storage address;
	unsigned long accepted = 0;
	int fd;

	block_sigterm();
	to_sockaddr(options->from, options->sport, AF_UNSPEC, &address);
	fd = open_socket(options, SOCK_STREAM | SOCK_NONBLOCK, address.ss_family, options->sport);
	if (listen(fd, options->count))
		die("listen");
	wait_for_sigterm();
	while (accept(fd, NULL, NULL) >= 0)
		accepted++;
	printf("accepted %lu\n", accepted);
	return 0;
}

static const struct verb {
	const char *name;
	int (*run)(const struct options *options);
} verbs[] = {
	{ "udp", run_udp },
	{ "connect", run_connect },
	{ "talk", run_talk },
	{ "receive", run_receive },
	{ "listen", run_listen },
};

static int usage(void)
{
	fprintf(stderr,
		"usage: traffic udp|connect|talk|receive|listen [OPTION]...\n"
		"  --from ADDR --sport PORT   this end (receive, listen: where to wait)\n"
		"  --to ADDR --dport PORT     the other end\n"
		"  --count N      datagrams of each flow, connection attempts, backlog\n"
		"  --sports N     consecutive source ports from --sport (udp)\n"
		"  --dports N     consecutive destination ports from --dport\n"
		"  --size BYTES   payload (udp)\n"
		"  --rcvbuf BYTES, --sndbuf BYTES, --df\n"
		"  --hop          go from CPU to CPU while sending (udp)\n"
		"  --announce     print \"ready\" before the first packet (udp)\n"
		"  --wait         wait for each attempt's answer; --hold: keep the connections until SIGTERM (connect)\n");
	return 2;
}

static const struct option long_options[] = {
	{ "from", required_argument, NULL, 'f' },    { "to", required_argument, NULL, 't' },
	{ "sport", required_argument, NULL, 's' },   { "dport", required_argument, NULL, 'd' },
	{ "count", required_argument, NULL, 'n' },   { "size", required_argument, NULL, 'l' },
	{ "sports", required_argument, NULL, 'S' },  { "dports", required_argument, NULL, 'D' },
	{ "rcvbuf", required_argument, NULL, 'r' },  { "sndbuf", required_argument, NULL, 'b' },
	{ "wait", no_argument, NULL, 'w' },	     { "hold", no_argument, NULL, 'h' },
	{ "df", no_argument, NULL, 'F' },	     { "announce", no_argument, NULL, 'a' },
	{ "hop", no_argument, NULL, 'm' },
	{},
};

static bool parse_number(const char *text, long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtol(text, &end, 10);
	return !errno && end != text && !*end && *ret_number >= 0;
}

static bool parse_option(int opt, struct options *options)
{
	switch (opt) {
	case 'f': options->from = optarg; return true;
	case 't': options->to = optarg; return true;
	case 's': return parse_number(optarg, &options->sport);
	case 'd': return parse_number(optarg, &options->dport);
	case 'n': return parse_number(optarg, &options->count);
	case 'l': return parse_number(optarg, &options->size) && options->size <= MAX_PAYLOAD;
	case 'S': return parse_number(optarg, &options->sports);
	case 'D': return parse_number(optarg, &options->dports) && options->dports > 0;
	case 'r': return parse_number(optarg, &options->rcvbuf);
	case 'b': return parse_number(optarg, &options->sndbuf);
	case 'w': options->wait = true; return true;
	case 'a': options->announce = true; return true;
	case 'h': options->hold = true; return true;
	case 'm': options->hop = true; return true;
	case 'F': options->dont_fragment = true; return true;
	default: return false;
	}
}

int main(int argc, char **argv)
{
	struct options options = { .count = 1, .size = 32, .sports = 1, .dports = 1 };
	size_t i;
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!parse_option(opt, &options))
			return usage();
	if (optind != argc - 1)
		return usage();
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[optind], verbs[i].name))
			return verbs[i].run(&options);
	return usage();
}
