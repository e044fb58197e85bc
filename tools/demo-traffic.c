/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The actors of tools/demo: a DNS and web server, clients that look names up
 * and fetch pages as applications do, and a service that leaks connections.
 * Each acts in the network namespace that it is started in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DNS_PORT	  53
#define WEB_PORT	  80
#define DNS_HEADER_BYTES  12
#define DNS_MAX_BYTES	  512 /* a UDP message without EDNS: RFC 1035 section 4.2.1 */
#define DNS_ATTEMPTS	  2   /* as resolv.conf's default */
#define LOOKUP_TIMEOUT_MS 500
#define FETCH_TIMEOUT_MS  1500 /* long enough for the first retransmitted SYN */
#define LEAKED_SECONDS	  600
#define FILL_BATCH	  256	/* entries a send: some 45 kB */
#define FILL_PORTS	  60000 /* source ports used for each destination port */
#define FILL_MESSAGE_MAX  256	/* bytes of one request; 172 are used */

static const char web_answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

static int parse_address(const char *text, uint16_t port, struct sockaddr_in *ret_addr)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, text, &addr.sin_addr) != 1)
		return -EINVAL;
	*ret_addr = addr;
	return 0;
}

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* --- server ------------------------------------------------------------- */

static int listen_on(const char *ip, int type, uint16_t port)
{
	struct sockaddr_in addr;
	int fd, err, on = 1;

	err = parse_address(ip, port, &addr);
	if (err)
		return err;
	fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    (type == SOCK_STREAM && listen(fd, 128))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Answers any question with 192.0.2.80, by pointing back at the question. */
static void answer_query(int fd)
{
	static const uint8_t record[] = {
		0xc0, DNS_HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 80
	};
	uint8_t message[DNS_MAX_BYTES];
	struct sockaddr_in peer;
	socklen_t peer_len = sizeof(peer);
	ssize_t len;

	len = recvfrom(fd, message, sizeof(message) - sizeof(record), 0, (struct sockaddr *)&peer,
		       &peer_len);
	if (len < DNS_HEADER_BYTES)
		return;
	message[2] = 0x81; /* response, recursion desired: RFC 1035 section 4.1.1 */
	message[3] = 0x80; /* recursion available, no error */
	message[7] = 1;	   /* one answer */
	memcpy(message + len, record, sizeof(record));
	(void)sendto(fd, message, len + sizeof(record), 0, (struct sockaddr *)&peer, peer_len);
}

static void answer_request(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	(void)send(fd, web_answer, sizeof(web_answer) - 1, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	close(fd);
}

static int serve(const char *ip)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	pid_t parent = getppid();

	/* Nobody else ends this process if the demo is killed with SIGKILL. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		return -errno;
	fds[0].fd = listen_on(ip, SOCK_DGRAM, DNS_PORT);
	if (fds[0].fd < 0)
		return fds[0].fd;
	fds[1].fd = listen_on(ip, SOCK_STREAM, WEB_PORT);
	if (fds[1].fd < 0)
		return fds[1].fd;
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			return -errno;
		if (fds[0].revents)
			answer_query(fds[0].fd);
		if (fds[1].revents)
			answer_request(fds[1].fd);
	}
}

/* --- clients ------------------------------------------------------------ */

/* Builds an A query. Returns its length, or -EINVAL for a name that is none. */
static int build_query(const char *name, uint16_t id, uint8_t *message)
{
	static const uint8_t question_end[] = { 0, 0, 1, 0, 1 }; /* root, type A, class IN */
	uint8_t *at = message + DNS_HEADER_BYTES;

	if (strlen(name) > 253)
		return -EINVAL;
	memset(message, 0, DNS_HEADER_BYTES);
	message[0] = id >> 8;
	message[1] = id & 0xff;
	message[2] = 1; /* recursion desired */
	message[5] = 1; /* one question */
	while (*name) {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > 63)
			return -EINVAL;
		*at++ = label;
		memcpy(at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	memcpy(at, question_end, sizeof(question_end));
	return at + sizeof(question_end) - message;
}

/* One attempt with a socket of its own, as a resolver does. 0, or -errno. */
static int query_once(const struct sockaddr_in *server, const char *name, uint16_t id)
{
	uint8_t message[DNS_MAX_BYTES];
	struct pollfd pfd = { .events = POLLIN };
	int len, ready, err = 0;

	len = build_query(name, id, message);
	if (len < 0)
		return len;
	pfd.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (pfd.fd < 0)
		return -errno;
	if (connect(pfd.fd, (const struct sockaddr *)server, sizeof(*server)) ||
	    send(pfd.fd, message, len, 0) < 0) {
		err = -errno;
		goto cleanup;
	}
	ready = poll(&pfd, 1, LOOKUP_TIMEOUT_MS);
	if (ready == 0)
		err = -ETIMEDOUT;
	else if (ready < 0 || recv(pfd.fd, message, sizeof(message), 0) < 0)
		err = -errno;
cleanup:
	close(pfd.fd);
	return err;
}

static int lookup(const char *server_ip, const char *name)
{
	struct sockaddr_in server;
	struct timespec start;
	int err, attempt;

	err = parse_address(server_ip, DNS_PORT, &server);
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (attempt = 0; attempt < DNS_ATTEMPTS; attempt++) {
		err = query_once(&server, name, (uint16_t)(getpid() + attempt));
		if (err != -ETIMEDOUT)
			break;
	}
	printf("   php: %-24s %s (%ld ms)\n", name,
	       err ? "getaddrinfo: Temporary failure in name resolution" : "resolved",
	       elapsed_ms(&start));
	return err;
}

/* Connects within the time-out and reads the first bytes of the answer. */
static int fetch_once(const struct sockaddr_in *server)
{
	struct pollfd pfd = { .events = POLLOUT };
	char answer[64];
	socklen_t len = sizeof(int);
	int err = 0, ready;

	pfd.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (pfd.fd < 0)
		return -errno;
	if (connect(pfd.fd, (const struct sockaddr *)server, sizeof(*server)) &&
	    errno != EINPROGRESS) {
		err = -errno;
		goto cleanup;
	}
	ready = poll(&pfd, 1, FETCH_TIMEOUT_MS);
	if (ready <= 0) {
		err = ready ? -errno : -ETIMEDOUT;
		goto cleanup;
	}
	if (getsockopt(pfd.fd, SOL_SOCKET, SO_ERROR, &err, &len) || err) {
		err = err ? -err : -errno;
		goto cleanup;
	}
	pfd.events = POLLIN;
	ready = poll(&pfd, 1, FETCH_TIMEOUT_MS);
	if (ready <= 0)
		err = ready ? -errno : -ETIMEDOUT;
	else if (recv(pfd.fd, answer, sizeof(answer), 0) < 0)
		err = -errno;
cleanup:
	close(pfd.fd);
	return err;
}

static int fetch(const char *server_ip)
{
	struct sockaddr_in server;
	struct timespec start;
	char url[64];
	int err;

	err = parse_address(server_ip, WEB_PORT, &server);
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &start);
	err = fetch_once(&server);
	snprintf(url, sizeof(url), "http://%s/", server_ip);
	printf("   php: %-24s %s (%ld ms)\n", url, err ? strerror(-err) : "200 OK",
	       elapsed_ms(&start));
	return err;
}

/* --- the service that leaks connections --------------------------------- */

static void put_tuple(struct nlmsghdr *nlh, uint16_t type, in_addr_t src, in_addr_t dst,
		      uint16_t sport, uint16_t dport)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type), *part;

	part = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, src);
	mnl_attr_put_u32(nlh, CTA_IP_V4_DST, dst);
	mnl_attr_nest_end(nlh, part);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(sport));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(dport));
	mnl_attr_nest_end(nlh, part);
	mnl_attr_nest_end(nlh, tuple);
}

static struct nlmsghdr *put_header(char *buf, uint16_t type, uint16_t flags, unsigned int seq)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_INET;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/*
 * The entry of an established connection that has seen both directions: the
 * kernel evicts no such entry to make room (early_drop).
 */
static size_t put_connection(char *buf, in_addr_t src, in_addr_t dst, unsigned int n, bool ack)
{
	uint16_t sport = 1024 + n % FILL_PORTS, dport = 8000 + n / FILL_PORTS;
	struct nlattr *info, *tcp;
	struct nlmsghdr *nlh;

	nlh = put_header(buf, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL | (ack ? NLM_F_ACK : 0),
			 n);
	put_tuple(nlh, CTA_TUPLE_ORIG, src, dst, sport, dport);
	put_tuple(nlh, CTA_TUPLE_REPLY, dst, src, dport, sport);
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(LEAKED_SECONDS));
	info = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	tcp = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);
	mnl_attr_put_u8(nlh, CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	mnl_attr_nest_end(nlh, tcp);
	mnl_attr_nest_end(nlh, info);
	return nlh->nlmsg_len;
}

/* Reads answers up to the acknowledgement of @p last. 0, or the first error. */
static int read_answers(struct mnl_socket *nl, unsigned int last)
{
	char buf[8192];
	int first = 0;

	for (;;) {
		ssize_t len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
		int left = (int)len;

		if (len < 0)
			return errno == ENOBUFS ? -ENOMEM : -errno;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			if (answer->error && !first)
				first = answer->error;
			if (nlh->nlmsg_seq == last)
				return first;
		}
	}
}

static int send_batch(struct mnl_socket *nl, in_addr_t src, in_addr_t dst, unsigned int from,
		      unsigned int count)
{
	static char buf[FILL_BATCH * FILL_MESSAGE_MAX];
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		used += put_connection(buf + used, src, dst, from + i, i + 1 == count);
	if (mnl_socket_sendto(nl, buf, used) < 0)
		return -errno;
	return read_answers(nl, from + count - 1);
}

static int open_netlink(struct mnl_socket **ret_nl)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int err;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID)) {
		err = -errno;
		mnl_socket_close(nl);
		return err;
	}
	*ret_nl = nl;
	return 0;
}

/* Adds connections until there are @p count or the table takes no more. */
static int leak(const char *src_ip, const char *dst_ip, unsigned int count)
{
	struct sockaddr_in src = { 0 }, dst = { 0 };
	struct mnl_socket *nl = NULL;
	struct timespec start;
	unsigned int done = 0;
	int err;

	err = parse_address(src_ip, 0, &src);
	if (!err)
		err = parse_address(dst_ip, 0, &dst);
	if (!err)
		err = open_netlink(&nl);
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (done < count && !err) {
		unsigned int batch = count - done < FILL_BATCH ? count - done : FILL_BATCH;

		err = send_batch(nl, src.sin_addr.s_addr, dst.sin_addr.s_addr, done, batch);
		done += batch;
	}
	mnl_socket_close(nl);
	if (err == -ENOMEM) /* full: just what was wanted */
		err = 0;
	if (!err)
		printf("%ld\n", elapsed_ms(&start));
	return err;
}

/* Removes every entry of this namespace: the leaking service was stopped. */
static int forget(void)
{
	char buf[FILL_MESSAGE_MAX];
	struct mnl_socket *nl = NULL;
	struct nlmsghdr *nlh;
	int err;

	err = open_netlink(&nl);
	if (err)
		return err;
	nlh = put_header(buf, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, 1);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err = -errno;
	else
		err = read_answers(nl, 1);
	mnl_socket_close(nl);
	return err;
}

static void usage(FILE *to)
{
	fputs("Usage: demo-traffic serve ADDRESS           DNS and web server\n"
	      "       demo-traffic lookup SERVER NAME…     look names up\n"
	      "       demo-traffic fetch SERVER TIMES      fetch a page\n"
	      "       demo-traffic leak SRC DST COUNT      add idle connections to conntrack\n"
	      "       demo-traffic forget                  empty this namespace's conntrack\n"
	      "Exits with 0 if all went well, 1 if anything failed, 2 for wrong usage.\n",
	      to);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int err = 0, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(verb, "serve") && argc == 3) {
		err = serve(argv[2]);
	} else if (!strcmp(verb, "lookup") && argc > 3) {
		for (i = 3; i < argc; i++)
			err |= lookup(argv[2], argv[i]);
		return err ? 1 : 0;
	} else if (!strcmp(verb, "fetch") && argc == 4) {
		for (i = (int)strtol(argv[3], NULL, 10); i > 0; i--)
			err |= fetch(argv[2]);
		return err ? 1 : 0;
	} else if (!strcmp(verb, "leak") && argc == 5) {
		err = leak(argv[2], argv[3], (unsigned int)strtoul(argv[4], NULL, 10));
	} else if (!strcmp(verb, "forget") && argc == 2) {
		err = forget();
	} else if (!strcmp(verb, "--help")) {
		usage(stdout);
		return 0;
	} else {
		usage(stderr);
		return 2;
	}
	if (err)
		fprintf(stderr, "demo-traffic %s: %s\n", verb, strerror(-err));
	return err ? 1 : 0;
}
