/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads OCI runtime specifications.
 */
#include <errno.h>
#include <string.h>

#include "user/who/json_file.h"
#include "user/who/oci_spec.h"

int oci_spec__parse(const json_t *json, struct oci_spec *ret_spec)
{
	const json_t *linux_part = json_object_get(json, "linux"), *namespaces, *one;
	struct oci_spec spec = {};
	const char *type;
	size_t i;

	/* every specification has its version, a torn file perhaps not the end */
	if (!json_file__text(json, "ociVersion") || !json_is_object(linux_part))
		return -EINVAL;
	spec.annotations = json_object_get(json, "annotations");
	namespaces = json_object_get(linux_part, "namespaces");
	json_array_foreach(namespaces, i, one) {
		type = json_file__text(one, "type");
		if (!type || strcmp(type, "network") != 0)
			continue;
		spec.own_network = true;
		spec.netns_path = json_file__text(one, "path");
	}
	*ret_spec = spec;
	return 0;
}

const char *oci_spec__annotation(const struct oci_spec *spec, const char *name)
{
	return json_file__text(spec->annotations, name);
}
