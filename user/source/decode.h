/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes to struct drop: checks type, version, size and sections. Pure.
 */
#ifndef DROPWHY_DECODE_H
#define DROPWHY_DECODE_H

#include <stddef.h>

#include "user/drop.h"

/**
 * @brief **drop__decode()** checks one record and takes it apart.
 * @param data one record of any alignment, from the ring buffer or a file; not kept
 * @param size how many bytes there are; what follows the record's own size is
 * not looked at
 * @param ret_drop filled whole on success: enricher fields are zeroed, count is
 * 1 and bytes is rec.len_bytes. Untouched on failure.
 * @return 0;
 * -EBADMSG: cut off, or its size contradicts its sections;
 * -EPROTO: a version this build does not know;
 * -ENOMSG: a type this build does not know (skip it);
 * -EINVAL: a value out of range (cause, VLAN count, unterminated name, …)
 */
int drop__decode(const void *data, size_t size, struct drop *ret_drop);

#endif
