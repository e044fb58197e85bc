/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fields of a drop that say whose it is. As in fields.h: each writes into @p buf
 * (FIELD_LEN bytes), and 0 is unknown.
 */
#ifndef DROPWHY_FIELDS_WHO_H
#define DROPWHY_FIELDS_WHO_H

#include "user/sinks/fields.h"

/** @brief **field__qualified()** "namespace/name", or the name alone; NULL name is unknown. */
size_t field__qualified(const char *namespace, const char *name, char *buf);

/** @brief **field__container()** the owner's name, if it is a container of no pod. */
size_t field__container(const struct drop *drop, char *buf);

/** @brief **field__unit()** the systemd unit of the socket. */
size_t field__unit(const struct drop *drop, char *buf);

/** @brief **field__node()** the node. */
size_t field__node(const struct drop *drop, char *buf);

/** @brief **field__workload()** what owns the pod: "deployment/cart". */
size_t field__workload(const struct drop *drop, char *buf);

/** @brief **field__src_name()** who sent it: "shop/cart-1". */
size_t field__src_name(const struct drop *drop, char *buf);

/** @brief **field__src_kind()** what that is: "pod", "service", "node", … */
size_t field__src_kind(const struct drop *drop, char *buf);

/** @brief **field__dst_name()** whom it is for. */
size_t field__dst_name(const struct drop *drop, char *buf);

/** @brief **field__dst_kind()** what that is. */
size_t field__dst_kind(const struct drop *drop, char *buf);

/** @brief **field__service()** "shop/cart". */
size_t field__service(const struct drop *drop, char *buf);

/** @brief **field__backend()** who conntrack chose behind a Service: "shop/cart-1", or its address. */
size_t field__backend(const struct drop *drop, char *buf);

#endif
