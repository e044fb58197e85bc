/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of those a packet concerns.
 */
#include <stdio.h>

#include "user/flow.h"
#include "user/sinks/fields_who.h"
#include "user/who/who.h"

size_t field__container(const struct drop *drop, char *buf)
{
	return field__text(drop->container, buf);
}

size_t field__unit(const struct drop *drop, char *buf)
{
	return field__text(drop->unit, buf);
}

size_t field__node(const struct drop *drop, char *buf)
{
	return field__text(drop->node, buf);
}

size_t field__workload(const struct drop *drop, char *buf)
{
	return field__text(drop->workload, buf);
}

size_t field__src_name(const struct drop *drop, char *buf)
{
	return field__qualified(drop->src.namespace, drop->src.name, buf);
}

size_t field__src_kind(const struct drop *drop, char *buf)
{
	return field__text(who_kind__name(drop->src.kind), buf);
}

size_t field__dst_name(const struct drop *drop, char *buf)
{
	return field__qualified(drop->dst.namespace, drop->dst.name, buf);
}

size_t field__dst_kind(const struct drop *drop, char *buf)
{
	return field__text(who_kind__name(drop->dst.kind), buf);
}

size_t field__service(const struct drop *drop, char *buf)
{
	return field__qualified(drop->service_namespace, drop->service, buf);
}

size_t field__qualified(const char *namespace, const char *name, char *buf)
{
	int len;

	if (!name || !namespace)
		return field__text(name, buf);
	len = snprintf(buf, FIELD_LEN, "%s/%s", namespace, name);
	return len < FIELD_LEN ? (size_t)len : FIELD_LEN - 1;
}

size_t field__backend(const struct drop *drop, char *buf)
{
	if (!drop->has_backend)
		return field__text(NULL, buf);
	if (drop->backend.name)
		return field__qualified(drop->backend.namespace, drop->backend.name, buf);
	return flow__format_address(&drop->ct.reply, FLOW_SRC, buf);
}
