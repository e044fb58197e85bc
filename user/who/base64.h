/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Base64 (RFC 4648) as kubeconfigs carry certificates and keys in it.
 */
#ifndef DROPWHY_BASE64_H
#define DROPWHY_BASE64_H

#include <stddef.h>

/**
 * @brief **base64__decode()** decodes a text; white space in it is skipped.
 * @param ret_data to be freed; has a NUL behind its bytes
 * @return 0; -EINVAL: this is no base64; -ENOMEM
 */
int base64__decode(const char *text, char **ret_data, size_t *ret_len);

#endif
