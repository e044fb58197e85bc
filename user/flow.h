/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses, ports and protocols of a flow as text. Shared by the stages that
 * name flows; no look-up of any name service.
 */
#ifndef DROPWHY_FLOW_H
#define DROPWHY_FLOW_H

#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/drop_record.h"

enum flow_end {
	FLOW_SRC,
	FLOW_DST,
};

/* Longest "[address]:port" with its NUL. */
#define FLOW_ENDPOINT_LEN (INET6_ADDRSTRLEN + 8)

/* Longest "endpoint > endpoint" with its NUL. */
#define FLOW_PAIR_LEN (2 * FLOW_ENDPOINT_LEN + 3)

/* Longest protocol name or number with its NUL. */
#define FLOW_PROTO_LEN 12

/**
 * @brief **flow__has_ports()** tells whether a protocol has ports: TCP, UDP,
 * SCTP, DCCP, UDP-Lite.
 * @param l4_proto IPPROTO_*
 */
bool flow__has_ports(__u8 l4_proto);

/**
 * @brief **flow__port()** is one end's port in host order.
 */
__u16 flow__port(const struct flow_tuple *tuple, enum flow_end end);

/**
 * @brief **flow__address()** is one end's address, 16 bytes in network order,
 * of which IPv4 uses the first 4; lives as long as @p tuple.
 */
const __u8 *flow__address(const struct flow_tuple *tuple, enum flow_end end);

/**
 * @brief **flow__same_end()** compares an end of one tuple with an end of
 * another: address and port.
 */
bool flow__same_end(const struct flow_tuple *a, enum flow_end a_end, const struct flow_tuple *b,
		    enum flow_end b_end);

/**
 * @brief **flow__format_address()** writes an address as inet_ntop() does.
 * @param tuple its ip_version says what the address is
 * @param end which end
 * @param buf FLOW_ENDPOINT_LEN bytes; gets a NUL
 * @return length; 0, and an empty text, when ip_version is neither 4 nor 6
 */
size_t flow__format_address(const struct flow_tuple *tuple, enum flow_end end, char *buf);

/**
 * @brief **flow__format_endpoint()** writes "10.0.0.1:53", "[2001:db8::1]:53",
 * or the address alone.
 * @param tuple as for flow__format_address()
 * @param end which end
 * @param with_port whether the port is known
 * @param buf FLOW_ENDPOINT_LEN bytes; gets a NUL
 * @return length; 0 when there is no address
 */
size_t flow__format_endpoint(const struct flow_tuple *tuple, enum flow_end end, bool with_port,
			     char *buf);

/**
 * @brief **flow__format_pair()** writes "10.0.0.1:40000 > 10.0.0.2:53".
 * @param tuple as for flow__format_address()
 * @param with_ports whether the ports are known
 * @param buf FLOW_PAIR_LEN bytes; gets a NUL
 * @return length; 0 when there are no addresses
 */
size_t flow__format_pair(const struct flow_tuple *tuple, bool with_ports, char *buf);

/**
 * @brief **flow__format_proto()** writes a protocol's name, such as "udp", or
 * its number where it has none here.
 * @param l4_proto IPPROTO_*
 * @param buf FLOW_PROTO_LEN bytes; gets a NUL
 * @return length, at least 1
 */
size_t flow__format_proto(__u8 l4_proto, char *buf);

#endif
