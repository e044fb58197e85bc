/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fields of a drop that take more than a number to write, the same in every
 * format.
 */
#ifndef DROPWHY_FIELDS_H
#define DROPWHY_FIELDS_H

#include <stddef.h>

#include "user/drop.h"

/* Longest field with its NUL: "symbol+0xoffset" with KSYM_NAME_LEN = 512 (linux/kallsyms.h). */
#define FIELD_LEN 576

/*
 * Each writes into @p buf (FIELD_LEN bytes) with a NUL and returns the length;
 * 0, and an empty text, when the field is unknown or does not apply. The text
 * is raw: whoever prints it escapes it.
 */

/** @brief **field__text()** copies a text; NULL is unknown; beyond FIELD_LEN it is cut. */
size_t field__text(const char *text, char *buf);

/** @brief **field__proto()** "udp", "arp", or a number where there is no name. */
size_t field__proto(const struct drop *drop, char *buf);

/** @brief **field__l3_proto()** "ipv4", "ipv6", "arp", or "0x88cc". */
size_t field__l3_proto(const struct drop *drop, char *buf);

/** @brief **field__location()** "nf_hook_slow+0xa5", or the address. */
size_t field__location(const struct drop *drop, char *buf);

/** @brief **field__tcp_flags()** "SYN,ACK"; "NONE" when the header has none. */
size_t field__tcp_flags(const struct drop *drop, char *buf);

/** @brief **field__vlan()** VLAN ids, outer first: "100" or "100.200". */
size_t field__vlan(const struct drop *drop, char *buf);

/** @brief **field__mac()** "02:00:00:00:00:01". */
size_t field__mac(const __u8 *mac, char *buf);

/** @brief **field__ct_status()** names of enum ip_conntrack_status bits; "none" without any. */
size_t field__ct_status(const struct drop *drop, char *buf);

/** @brief **field__tunnel()** "vxlan", "geneve" or "ipip". */
size_t field__tunnel(const struct drop *drop, char *buf);

/** @brief **field__has_icmp()** tells whether rec.icmp_type and icmp_code may be shown. */
bool field__has_icmp(const struct drop *drop);

/** @brief **field__has_inner_ports()** tells whether the inner packet's ports may be shown. */
bool field__has_inner_ports(const struct drop *drop);

#endif
