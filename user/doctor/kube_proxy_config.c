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
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "user/doctor/kube_proxy_inside.h"

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

/* NULL in @ret_node: it is not there, or null. -EINVAL: twice, or merged in from elsewhere. */
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

/* An argument as k3s gives it to kube-proxy: pkg/util/args.go, GetArgs(). */
static int add_argument(const char *text, struct rancher_settings *settings)
{
	const char *name = strncmp(text, "--", 2) ? text : text + 2, *equals = strchrnul(name, '=');
	size_t size = sizeof(settings->args) - settings->len;
	int len;

	/* a name with a sign changes the order; a comma parts two for some versions */
	if (equals == name || strchr("+-", equals[-1]) ||
	    (strchr(text, ',') && strstr(text, "conntrack-m")))
		return -EINVAL;
	len = snprintf(settings->args + settings->len, size, "--%s%s", name, *equals ? "" : "=true");
	if (len >= (int)size)
		return -E2BIG;
	settings->len += (size_t)len + 1;
	return 0;
}

static int add_arguments(yaml_document_t *document, yaml_node_t *node,
			 struct rancher_settings *settings)
{
	yaml_node_item_t *at;
	const char *text;
	int err = 0;

	if (node->type != YAML_SEQUENCE_NODE) {
		text = text_of(node);
		return text ? add_argument(text, settings) : -EINVAL;
	}
	for (at = node->data.sequence.items.start; !err && at < node->data.sequence.items.top; at++) {
		text = text_of(yaml_document_get_node(document, *at));
		err = text ? add_argument(text, settings) : -EINVAL;
	}
	return err;
}

static int get_switch(yaml_document_t *document, yaml_node_t *root, const char *key, bool *value)
{
	yaml_node_t *node;
	const char *text;
	int err;

	err = get(document, root, key, &node);
	if (err || !node)
		return err;
	text = text_of(node);
	if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
		return -EINVAL;
	*value = !strcmp(text, "true");
	return 0;
}

/* A key stands for those of the files before, with a + it adds to them. */
static int read_settings(yaml_document_t *document, struct rancher_settings *settings)
{
	yaml_node_t *root = yaml_document_get_root_node(document), *args, *more;
	int err;

	if (!root)
		return 0;
	err = get(document, root, "kube-proxy-arg", &args);
	if (!err)
		err = get(document, root, "kube-proxy-arg+", &more);
	if (!err && args && more)
		err = -EINVAL; /* their order counts */
	if (!err && args)
		settings->len = 0;
	if (!err && (args || more))
		err = add_arguments(document, args ? args : more, settings);
	if (!err)
		err = get_switch(document, root, "disable-agent", &settings->disable_agent);
	if (!err)
		err = get_switch(document, root, "disable-kube-proxy", &settings->disable_kube_proxy);
	return err;
}

int rancher_settings__add(const char *text, size_t len, struct rancher_settings *settings)
{
	yaml_document_t document;
	int err;

	err = load(text, len, &document);
	if (err)
		return err;
	err = read_settings(&document, settings);
	yaml_document_delete(&document);
	return err;
}
