/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends hand-made Ethernet frames on an interface: what no socket would send.
 * A frame is spelt layer by layer; lengths, EtherTypes, protocol numbers and
 * checksums follow from the layers unless they are given:
 *
 *   frame veth0 20 eth dst=MAC vlan id=100 ip src=1.2.3.4 dst=1.2.3.5 udp dport=53 pad len=8
 *   frame veth0 1 eth dst=MAC type=0x88cc hex 0204
 *
 * A number with a step, such as sport=1000+1, grows with every frame. "+cut=N"
 * at the end sends only the first N bytes. Prints "sent N failed N errno NAME".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FRAME 9000
#define MAX_LAYERS 16

enum field_kind {
	F_U8,
	F_U16,
	F_U24,
	F_U32,
	F_MAC,
	F_IP4,
	F_IP6,
	F_TCP_FLAGS,		/* letters of FSRPAU */
	F_IP_FRAG,		/* bytes; kept as units of 8 */
	F_IP_MORE,		/* more fragments follow */
	F_FRAG6_MORE,
	F_BAD_CSUM,		/* not in the header: spoils the checksum */
	F_LENGTH,		/* not in the header: length of a payload */
};

struct field {
	const char *name;
	enum field_kind kind;
	unsigned int offset;
};

struct frame;
struct layer;

struct layer_type {
	const char *name;
	unsigned int size;
	int ethertype;		/* what the layer below calls it, -1: nothing */
	int ip_proto;		/* what an IP header below calls it, -1: nothing */
	int type_offset;	/* where it says what comes next, -1: nowhere */
	bool next_is_ethertype;	/* 16 bits of EtherType rather than 8 of protocol */
	const char *preset;	/* header bytes before fields are set, as hex */
	struct field fields[10];
	void (*finish)(struct frame *frame, struct layer *layer, size_t len);
};

struct layer {
	const struct layer_type *type;
	size_t start;
	bool type_given;
	bool bad_csum;
};

struct frame {
	uint8_t data[MAX_FRAME];
	size_t len;
	size_t cut;		/* bytes to send, 0: all */
	struct layer layers[MAX_LAYERS];
	size_t layer_count;
	unsigned long index;	/* which frame this is, from 0 */
};

static void fail(const char *what, const char *text)
{
	fprintf(stderr, "frame: %s: %s\n", what, text);
	exit(2);
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static uint32_t sum16(const uint8_t *data, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	return len & 1 ? sum + (data[len - 1] << 8) : sum;
}

static unsigned int fold(uint32_t sum, bool bad)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return bad ? (~sum & 0xffff) ^ 0x5555 : ~sum & 0xffff;
}

static void finish_ip4(struct frame *frame, struct layer *layer, size_t len)
{
	uint8_t *header = frame->data + layer->start;

	put16(header + 2, len);
	put16(header + 10, fold(sum16(header, 20, 0), layer->bad_csum));
}

static void finish_ip6(struct frame *frame, struct layer *layer, size_t len)
{
	put16(frame->data + layer->start + 4, len - 40);
}

/* RFC 768, RFC 8200 section 8.1: addresses, length and protocol are summed too. */
static uint32_t pseudo_sum(const struct frame *frame, const struct layer *layer, size_t len)
{
	const struct layer *below = layer;
	const uint8_t *header;

	while (below > frame->layers) {
		below--;
		header = frame->data + below->start;
		if (!strcmp(below->type->name, "ip"))
			return sum16(header + 12, 8, len + layer->type->ip_proto);
		if (!strcmp(below->type->name, "ip6"))
			return sum16(header + 8, 32, len + layer->type->ip_proto);
	}
	return 0;
}

static void checksum_at(struct frame *frame, struct layer *layer, size_t len, size_t offset,
			bool pseudo)
{
	uint8_t *header = frame->data + layer->start;
	uint32_t sum = pseudo ? pseudo_sum(frame, layer, len) : 0;

	put16(header + offset, fold(sum16(header, len, sum), layer->bad_csum));
}

static void finish_udp(struct frame *frame, struct layer *layer, size_t len)
{
	put16(frame->data + layer->start + 4, len);
	checksum_at(frame, layer, len, 6, true);
}

static void finish_tcp(struct frame *frame, struct layer *layer, size_t len)
{
	checksum_at(frame, layer, len, 16, true);
}

static void finish_icmp(struct frame *frame, struct layer *layer, size_t len)
{
	checksum_at(frame, layer, len, 2, false);
}

static void finish_icmp6(struct frame *frame, struct layer *layer, size_t len)
{
	checksum_at(frame, layer, len, 2, true);
}

static const struct layer_type layer_types[] = {
	{ "eth", 14, ETH_P_TEB, 143, 12, true, "ffffffffffff0200000000010000",
	  { { "dst", F_MAC, 0 }, { "src", F_MAC, 6 }, { "type", F_U16, 12 } }, NULL },
	{ "vlan", 4, ETH_P_8021Q, -1, 2, true, "00000000",
	  { { "id", F_U16, 0 }, { "type", F_U16, 2 } }, NULL },
	{ "arp", 28, ETH_P_ARP, -1, -1, false, "00010800060400010200000000010000000000000000000000000000",
	  { { "op", F_U16, 6 }, { "sha", F_MAC, 8 }, { "spa", F_IP4, 14 },
	    { "tha", F_MAC, 18 }, { "tpa", F_IP4, 24 } }, NULL },
	{ "ip", 20, ETH_P_IP, IPPROTO_IPIP, 9, false, "4500000000000000400000007f0000017f000001",
	  { { "src", F_IP4, 12 }, { "dst", F_IP4, 16 }, { "ttl", F_U8, 8 }, { "id", F_U16, 4 },
	    { "frag", F_IP_FRAG, 6 }, { "more", F_IP_MORE, 6 }, { "type", F_U8, 9 },
	    { "badcsum", F_BAD_CSUM, 0 } }, finish_ip4 },
	{ "ip6", 40, ETH_P_IPV6, IPPROTO_IPV6, 6, false,
	  "600000000000004000000000000000000000000000000001"
	  "00000000000000000000000000000001",
	  { { "src", F_IP6, 8 }, { "dst", F_IP6, 24 }, { "hop", F_U8, 7 }, { "type", F_U8, 6 } },
	  finish_ip6 },
	{ "hopopts", 8, -1, IPPROTO_HOPOPTS, 0, false, "0000010400000000",
	  { { "type", F_U8, 0 } }, NULL },
	{ "dstopts", 8, -1, IPPROTO_DSTOPTS, 0, false, "0000010400000000",
	  { { "type", F_U8, 0 } }, NULL },
	{ "frag6", 8, -1, IPPROTO_FRAGMENT, 0, false, "0000000000000001",
	  { { "type", F_U8, 0 }, { "frag", F_U16, 2 }, { "more", F_FRAG6_MORE, 3 },
	    { "id", F_U32, 4 } }, NULL },
	{ "udp", 8, -1, IPPROTO_UDP, -1, false, "1000200000000000",
	  { { "sport", F_U16, 0 }, { "dport", F_U16, 2 }, { "badcsum", F_BAD_CSUM, 0 } },
	  finish_udp },
	{ "tcp", 20, -1, IPPROTO_TCP, -1, false, "1000200000000000000000005002fff000000000",
	  { { "sport", F_U16, 0 }, { "dport", F_U16, 2 }, { "seq", F_U32, 4 }, { "ack", F_U32, 8 },
	    { "flags", F_TCP_FLAGS, 13 }, { "badcsum", F_BAD_CSUM, 0 } }, finish_tcp },
	{ "icmp", 8, -1, IPPROTO_ICMP, -1, false, "0800000000010001",
	  { { "type", F_U8, 0 }, { "code", F_U8, 1 }, { "id", F_U16, 4 }, { "seq", F_U16, 6 },
	    { "badcsum", F_BAD_CSUM, 0 } }, finish_icmp },
	{ "icmp6", 8, -1, IPPROTO_ICMPV6, -1, false, "8000000000010001",
	  { { "type", F_U8, 0 }, { "code", F_U8, 1 }, { "id", F_U16, 4 }, { "seq", F_U16, 6 } },
	  finish_icmp6 },
	{ "sctp", 12, -1, IPPROTO_SCTP, -1, false, "100020000000000000000000",
	  { { "sport", F_U16, 0 }, { "dport", F_U16, 2 }, { "vtag", F_U32, 4 } }, NULL },
	{ "vxlan", 8, -1, -1, -1, false, "0800000000000000", { { "vni", F_U24, 4 } }, NULL },
	{ "geneve", 8, -1, -1, 2, true, "0000000000000000",
	  { { "vni", F_U24, 4 }, { "type", F_U16, 2 } }, NULL },
	{ "pad", 0, -1, -1, -1, false, "", { { "len", F_LENGTH, 0 } }, NULL },
};

/* Two hexadecimal digits; false if they are none. */
static bool read_byte(const char *text, uint8_t *ret_byte)
{
	char digits[3] = {};
	char *end;

	memcpy(digits, text, strnlen(text, 2));
	*ret_byte = (uint8_t)strtoul(digits, &end, 16);
	return end == digits + 2;
}

static void add_hex(struct frame *frame, const char *hex)
{
	for (; *hex; hex += 2)
		if (frame->len == MAX_FRAME || !read_byte(hex, &frame->data[frame->len++]))
			fail("bad hex", hex);
}

/* "02:00:00:00:00:0a" */
static bool read_mac(const char *text, uint8_t mac[6])
{
	int i;

	for (i = 0; i < 6; i++) {
		if (!read_byte(text, &mac[i]) || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		text += 3;
	}
	return true;
}

/* "1000+1" is 1000 in the first frame, 1001 in the next. */
static unsigned long parse_number(const struct frame *frame, const char *text)
{
	unsigned long value;
	char *end;

	value = strtoul(text, &end, 0);
	if (*end == '+')
		value += frame->index * strtoul(end + 1, &end, 0);
	if (end == text || *end)
		fail("not a number", text);
	return value;
}

static uint8_t parse_tcp_flags(const char *text)
{
	static const char letters[] = "FSRPAU";
	uint8_t flags = 0;
	const char *at;

	for (; *text; text++) {
		at = strchr(letters, *text);
		if (!at)
			fail("unknown TCP flag", text);
		flags |= 1 << (at - letters);
	}
	return flags;
}

static void set_number(struct frame *frame, struct layer *layer, const struct field *field,
		       const char *text)
{
	uint8_t *at = frame->data + layer->start + field->offset;
	unsigned long value = parse_number(frame, text);

	switch (field->kind) {
	case F_U32: put16(at, value >> 16); put16(at + 2, value); break;
	case F_U24: at[0] = value >> 16; put16(at + 1, value); break;
	case F_U16: put16(at, value); break;
	case F_IP_FRAG: put16(at, (at[0] << 8 & 0xe000) | value / 8); break;
	case F_IP_MORE: at[0] |= value ? 0x20 : 0; break;
	case F_FRAG6_MORE: at[0] |= value ? 1 : 0; break;
	case F_BAD_CSUM: layer->bad_csum = value; break;
	case F_LENGTH:
		if (value > MAX_FRAME - frame->len)
			fail("too long", text);
		frame->len += value;
		break;
	default: *at = value;
	}
}

static void set_field(struct frame *frame, struct layer *layer, const struct field *field,
		      const char *text)
{
	uint8_t *at = frame->data + layer->start + field->offset;
	bool ok = true;

	if (!strcmp(field->name, "type") && (int)field->offset == layer->type->type_offset)
		layer->type_given = true;
	switch (field->kind) {
	case F_MAC: ok = read_mac(text, at); break;
	case F_IP4: ok = inet_pton(AF_INET, text, at) == 1; break;
	case F_IP6: ok = inet_pton(AF_INET6, text, at) == 1; break;
	case F_TCP_FLAGS: *at = parse_tcp_flags(text); break;
	default: set_number(frame, layer, field, text);
	}
	if (!ok)
		fail("bad value", text);
}

static void add_layer(struct frame *frame, const char *name)
{
	const struct layer_type *type = NULL;
	struct layer *layer;
	size_t i;

	for (i = 0; i < sizeof(layer_types) / sizeof(layer_types[0]); i++)
		if (!strcmp(layer_types[i].name, name))
			type = &layer_types[i];
	if (!type || frame->layer_count == MAX_LAYERS)
		fail("unknown layer, or too many", name);
	layer = &frame->layers[frame->layer_count++];
	*layer = (struct layer){ .type = type, .start = frame->len };
	add_hex(frame, type->preset);
}

static void add_field(struct frame *frame, const char *assignment)
{
	size_t name_len = strcspn(assignment, "=");
	const struct field *field;
	struct layer *layer;

	if (!frame->layer_count)
		fail("no layer yet for", assignment);
	layer = &frame->layers[frame->layer_count - 1];
	for (field = layer->type->fields; field->name; field++)
		if (strlen(field->name) == name_len &&
		    !strncmp(field->name, assignment, name_len)) {
			set_field(frame, layer, field, assignment + name_len + 1);
			return;
		}
	fail("the layer has no such field", assignment);
}

/* Each layer tells what the next one is. */
static void link_layers(struct frame *frame)
{
	struct layer *layer;
	uint8_t *at;
	size_t i;

	for (i = 0; i + 1 < frame->layer_count; i++) {
		const struct layer_type *next = frame->layers[i + 1].type;

		layer = &frame->layers[i];
		if (layer->type_given || layer->type->type_offset < 0)
			continue;
		at = frame->data + layer->start + layer->type->type_offset;
		if (layer->type->next_is_ethertype && next->ethertype >= 0)
			put16(at, next->ethertype);
		else if (!layer->type->next_is_ethertype && next->ip_proto >= 0)
			*at = next->ip_proto;
	}
}

static void build(struct frame *frame, unsigned long index, char **words)
{
	size_t i;

	memset(frame, 0, sizeof(*frame));
	frame->index = index;
	for (; *words; words++) {
		if (!strncmp(*words, "+cut=", 5))
			frame->cut = parse_number(frame, *words + 5);
		else if (!strcmp(*words, "hex") && words[1])
			add_hex(frame, *++words);
		else if (strchr(*words, '='))
			add_field(frame, *words);
		else
			add_layer(frame, *words);
	}
	link_layers(frame);
	for (i = frame->layer_count; i-- > 0;) {
		struct layer *layer = &frame->layers[i];

		if (layer->type->finish)
			layer->type->finish(frame, layer, frame->len - layer->start);
	}
	if (frame->cut && frame->cut < frame->len)
		frame->len = frame->cut;
}

static int open_interface(const char *name)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(name) };
	int fd;

	if (!addr.sll_ifindex)
		fail(name, strerror(errno));
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		fprintf(stderr, "frame: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static struct frame frame;
	unsigned long i, count, sent = 0, failed = 0;
	int fd, error = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: frame INTERFACE COUNT LAYER [FIELD=VALUE]... [LAYER...]...\n");
		return 2;
	}
	fd = open_interface(argv[1]);
	count = strtoul(argv[2], NULL, 10);
	for (i = 0; i < count; i++) {
		build(&frame, i, argv + 3);
		if (send(fd, frame.data, frame.len, 0) == (ssize_t)frame.len) {
			sent++;
			continue;
		}
		failed++;
		if (!error)
			error = errno;
	}
	printf("sent %lu failed %lu errno %s\n", sent, failed,
	       error ? strerrorname_np(error) : "0");
	close(fd);
	return 0;
}
