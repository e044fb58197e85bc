/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an OCI runtime specification (config.json of a bundle) says of the
 * sandbox. Pure.
 */
#ifndef DROPWHY_OCI_SPEC_H
#define DROPWHY_OCI_SPEC_H

#include <jansson.h>
#include <stdbool.h>

/* Strings live as long as the JSON; NULL is not said. */
struct oci_spec {
	const json_t *annotations;
	const char *netns_path; /* linux.namespaces[network].path */
	bool own_network;	/* it has a network namespace, with or without a path */
};

/** @brief **oci_spec__parse()** 0; -EINVAL: no specification of a Linux container. */
int oci_spec__parse(const json_t *json, struct oci_spec *ret_spec);

/** @brief **oci_spec__annotation()** NULL: not there, or empty. */
const char *oci_spec__annotation(const struct oci_spec *spec, const char *name);

#endif
