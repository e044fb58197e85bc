// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The form of a kubeconfig: lists of clusters, users and contexts by name, in
 * YAML or, which is a part of it, JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "user/who/base64.h"
#include "user/who/kube_config.h"

struct reader {
	yaml_document_t document;
	const char *path;
	char *error;
	int err;		/* the first one */
};

#define FAIL(reader, format, ...)                                                             \
	do {                                                                                  \
		if (!(reader)->err)                                                           \
			snprintf((reader)->error, KUBE_CONFIG_ERROR_LEN,                      \
				 "kubeconfig %s: " format, (reader)->path, ##__VA_ARGS__);    \
		(reader)->err = (reader)->err ? (reader)->err : -EINVAL;                      \
	} while (0)

static const char *text_of(const yaml_node_t *node)
{
	/* a NUL inside would cut it short without a word */
	if (!node || node->type != YAML_SCALAR_NODE || !node->data.scalar.length ||
	    memchr(node->data.scalar.value, 0, node->data.scalar.length))
		return NULL;
	return (const char *)node->data.scalar.value;
}

static yaml_node_t *get(struct reader *reader, yaml_node_t *map, const char *key)
{
	yaml_node_pair_t *pair;
	const char *name;

	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		name = text_of(yaml_document_get_node(&reader->document, pair->key));
		if (name && !strcmp(name, key))
			return yaml_document_get_node(&reader->document, pair->value);
	}
	return NULL;
}

static const char *get_text(struct reader *reader, yaml_node_t *map, const char *key)
{
	return text_of(get(reader, map, key));
}

/* The element called @name of a list, and in it what is under @key. */
static yaml_node_t *get_named(struct reader *reader, const char *list, const char *name,
			      const char *key)
{
	yaml_node_t *root = yaml_document_get_root_node(&reader->document), *node, *item;
	yaml_node_item_t *at;
	const char *text;

	node = get(reader, root, list);
	if (!node || node->type != YAML_SEQUENCE_NODE || !name)
		return NULL;
	for (at = node->data.sequence.items.start; at < node->data.sequence.items.top; at++) {
		item = yaml_document_get_node(&reader->document, *at);
		text = get_text(reader, item, "name");
		if (text && !strcmp(text, name))
			return get(reader, item, key);
	}
	return NULL;
}

static char *copy(struct reader *reader, const char *text)
{
	char *result = text ? strdup(text) : NULL;

	if (text && !result)
		reader->err = -ENOMEM;
	return result;
}

/* A file's name, which is relative to the kubeconfig's directory. */
static char *copy_path(struct reader *reader, const char *text)
{
	const char *slash = strrchr(reader->path, '/');
	char *result;

	if (!text || text[0] == '/' || !slash)
		return copy(reader, text);
	if (asprintf(&result, "%.*s/%s", (int)(slash - reader->path), reader->path, text) < 0) {
		reader->err = -ENOMEM;
		return NULL;
	}
	return result;
}

/* "NAME-data" in base64 goes before the file NAME, as kubectl has it. */
static void read_pem(struct reader *reader, yaml_node_t *map, const char *name,
		     struct kube_bytes *ret_bytes, char **ret_file)
{
	const char *data;
	char key[64];
	int err;

	snprintf(key, sizeof(key), "%s-data", name);
	data = get_text(reader, map, key);
	if (!data) {
		*ret_file = copy_path(reader, get_text(reader, map, name));
		return;
	}
	err = base64__decode(data, &ret_bytes->data, &ret_bytes->len);
	if (err == -EINVAL)
		FAIL(reader, "%s is no base64", key);
	else if (err)
		reader->err = err;
}

static bool is_true(const char *text)
{
	return text && (!strcmp(text, "true") || !strcmp(text, "True") || !strcmp(text, "TRUE"));
}

static void read_cluster(struct reader *reader, yaml_node_t *cluster, struct kube_config *config)
{
	size_t len;

	config->server = copy(reader, get_text(reader, cluster, "server"));
	config->tls_server_name = copy(reader, get_text(reader, cluster, "tls-server-name"));
	config->proxy = copy(reader, get_text(reader, cluster, "proxy-url"));
	config->insecure = is_true(get_text(reader, cluster, "insecure-skip-tls-verify"));
	read_pem(reader, cluster, "certificate-authority", &config->ca, &config->ca_file);
	for (len = config->server ? strlen(config->server) : 0;
	     len && config->server[len - 1] == '/'; len--)
		config->server[len - 1] = '\0';
}

static void read_user(struct reader *reader, yaml_node_t *user, struct kube_config *config)
{
	if (get(reader, user, "exec") || get(reader, user, "auth-provider"))
		FAIL(reader, "its user gets credentials from a program, and dropwhy runs none: write "
			     "one with a token, from kubectl create token");
	if (get(reader, user, "username"))
		FAIL(reader, "its user has a password, which Kubernetes 1.19 and newer do not take: "
			     "use a token or a client certificate");
	config->token_file = copy_path(reader, get_text(reader, user, "tokenFile"));
	if (!config->token_file)
		config->token = copy(reader, get_text(reader, user, "token"));
	read_pem(reader, user, "client-certificate", &config->cert, &config->cert_file);
	read_pem(reader, user, "client-key", &config->key, &config->key_file);
}

static void read_context(struct reader *reader, const char *name, struct kube_config *config)
{
	yaml_node_t *root = yaml_document_get_root_node(&reader->document), *context, *cluster, *user;
	const char *cluster_name, *user_name;

	if (!root || root->type != YAML_MAPPING_NODE) {
		FAIL(reader, "it is empty or no kubeconfig");
		return;
	}
	name = name ? name : get_text(reader, root, "current-context");
	if (!name) {
		FAIL(reader, "it has no current-context: name one with --context");
		return;
	}
	context = get_named(reader, "contexts", name, "context");
	cluster_name = get_text(reader, context, "cluster");
	user_name = get_text(reader, context, "user");
	cluster = get_named(reader, "clusters", cluster_name, "cluster");
	user = get_named(reader, "users", user_name, "user");
	if (!context)
		FAIL(reader, "it has no context '%.100s'", name);
	else if (!cluster)
		FAIL(reader, "context '%.100s' names no cluster that it has", name);
	else if (user_name && !user)
		FAIL(reader, "context '%.100s' names no user that it has", name);
	if (reader->err)
		return;
	read_cluster(reader, cluster, config);
	read_user(reader, user, config);
}

int kube_config__parse(const char *text, size_t len, const char *path, const char *context,
		       struct kube_config *config, char error[KUBE_CONFIG_ERROR_LEN])
{
	struct reader reader = { .path = path, .error = error };
	yaml_parser_t parser;

	error[0] = '\0';
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &reader.document)) {
		FAIL(&reader, "line %zu: %s", parser.problem_mark.line + 1,
		     parser.problem ? parser.problem : "no YAML");
		yaml_parser_delete(&parser);
		return reader.err;
	}
	read_context(&reader, context, config);
	yaml_document_delete(&reader.document);
	yaml_parser_delete(&parser);
	if (reader.err == -ENOMEM)
		snprintf(error, KUBE_CONFIG_ERROR_LEN, "kubeconfig %s: out of memory", path);
	return reader.err;
}
