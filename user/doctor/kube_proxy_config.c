// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What files say of conntrack's limit, in YAML or, which is a part of it, JSON. What Kubernetes
 * would refuse, or some version of it would read otherwise, is refused: see
 * kubernetes/kubernetes cmd/kube-proxy/app/options.go, loadConfig(), which decodes strictly and
 * lets then pass what has fields unknown or twice.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <yaml.h>

#include "user/doctor/kube_proxy.h"

/* The only document, to be deleted; its root is NULL if it is empty. */
static int load(const char *text, size_t len, yaml_document_t *document)
{
	yaml_document_t next;
	yaml_parser_t parser;
	int err = -EINVAL;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (yaml_parser_load(&parser, document)) {
		if (yaml_parser_load(&parser, &next)) {
			err = yaml_document_get_root_node(&next) ? -EINVAL : 0;
			yaml_document_delete(&next);
		}
		if (err)
			yaml_document_delete(document);
	}
	if (parser.error == YAML_MEMORY_ERROR)
		err = -ENOMEM;
	yaml_parser_delete(&parser);
	return err;
}

/* NULL: no scalar, or one with a NUL inside. */
static const char *text_of(const yaml_node_t *node)
{
	if (!node || node->type != YAML_SCALAR_NODE ||
	    memchr(node->data.scalar.value, 0, node->data.scalar.length))
		return NULL;
	return (const char *)node->data.scalar.value;
}

static bool is_plain(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_null(const yaml_node_t *node)
{
	const char *text = text_of(node);

	return text && is_plain(node) &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null") || !strcmp(text, "Null") ||
		!strcmp(text, "NULL"));
}

/* NULL in @ret_node: it is not there, or null. A key that is there twice, or merged in from elsewhere: -EINVAL */
static int get(yaml_document_t *document, yaml_node_t *map, const char *key, yaml_node_t **ret_node)
{
	yaml_node_t *found = NULL;
	yaml_node_pair_t *pair;
	const char *name;

	if (map->type != YAML_MAPPING_NODE)
		return -EINVAL;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		name = text_of(yaml_document_get_node(document, pair->key));
		if (!name || !strcmp(name, "<<") || (found && !strcmp(name, key)))
			return -EINVAL;
		if (!strcmp(name, key))
			found = yaml_document_get_node(document, pair->value);
	}
	*ret_node = found && !is_null(found) ? found : NULL;
	return 0;
}

/* An int32 of Go's that is not negative, in the one form that YAML, JSON and all their readers share. */
static int get_number(yaml_document_t *document, yaml_node_t *map, const char *key, __u64 *value,
		      bool *set)
{
	yaml_node_t *node;
	const char *text;
	__u64 number = 0;
	int err;

	err = get(document, map, key, &node);
	if (err || !node)
		return err;
	text = text_of(node);
	if (!text || !is_plain(node) || (*text == '0' && text[1]))
		return -EINVAL;
	for (; isdigit((unsigned char)*text) && number <= INT_MAX; text++)
		number = 10 * number + (unsigned int)(*text - '0');
	if (*text || number > INT_MAX)
		return -EINVAL;
	*value = number;
	*set = true;
	return 0;
}

/* Whether it is what kube-proxy takes for its own. */
static int check_kind(yaml_document_t *document, yaml_node_t *root)
{
	yaml_node_t *kind, *version;
	const char *name, *slash;
	int err;

	err = get(document, root, "kind", &kind);
	if (!err)
		err = get(document, root, "apiVersion", &version);
	if (err)
		return err;
	name = text_of(kind);
	slash = version && text_of(version) ? strchr(text_of(version), '/') : NULL;
	return name && !strcmp(name, "KubeProxyConfiguration") && slash &&
			       !strcmp(slash, "/v1alpha1") ?
		       0 :
		       -EINVAL;
}

static int read_conntrack(yaml_document_t *document, struct kube_proxy *proxy)
{
	yaml_node_t *root = yaml_document_get_root_node(document), *conntrack;
	int err;

	if (!root)
		return -EINVAL;
	err = check_kind(document, root);
	if (!err)
		err = get(document, root, "conntrack", &conntrack);
	if (err || !conntrack)
		return err;
	err = get_number(document, conntrack, "maxPerCore", &proxy->max_per_core, &proxy->set);
	return err ? err : get_number(document, conntrack, "min", &proxy->min, &proxy->set);
}

int kube_proxy__parse_config(const char *text, size_t len, struct kube_proxy *proxy)
{
	yaml_document_t document;
	int err;

	kube_proxy__defaults(proxy);
	err = load(text, len, &document);
	if (err)
		return err;
	err = read_conntrack(&document, proxy);
	yaml_document_delete(&document);
	if (err)
		kube_proxy__defaults(proxy);
	return err;
}
