/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kubeconfigs, good and bad; and what a pod finds in itself.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/temp_tree.h"
#include "user/who/base64.h"
#include "user/who/kube_config.h"
#include "user/who/kube_servers.h"

#define HEAD "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://s:6443/'}}]\n"

static int parse(const char *text, const char *context, struct kube_config *config, char *error)
{
	int err;

	memset(config, 0, sizeof(*config));
	err = kube_config__parse(text, strlen(text), "/etc/k/config", context, config, error);
	return err ? err : kube_config__check(config, "/etc/k/config", error);
}

Test(kube_config, reads_all_that_is_used)
{
	static const char text[] =
		"apiVersion: v1\nkind: Config\ncurrent-context: nobody\n"
		"clusters:\n- name: x\n  cluster: {server: 'https://x'}\n- name: c\n  cluster:\n"
		"    server: https://s:6443/\n    certificate-authority-data: Q0E=\n"
		"    tls-server-name: kube\n    proxy-url: http://p:3128\n"
		"users:\n- name: u\n  user:\n    client-certificate: pki/u.crt\n"
		"    client-key: /abs/u.key\n    token: t0k\n"
		"contexts:\n- context: {cluster: c, user: u}\n  name: a\n";
	char error[KUBE_CONFIG_ERROR_LEN], *token;
	struct kube_config config;

	cr_assert_eq(parse(text, "a", &config, error), 0, "%s", error);
	cr_expect_str_eq(config.server, "https://s:6443");
	cr_expect_str_eq(config.ca.data, "CA");
	cr_expect_str_eq(config.tls_server_name, "kube");
	cr_expect_str_eq(config.proxy, "http://p:3128");
	cr_expect_str_eq(config.cert_file, "/etc/k/pki/u.crt");
	cr_expect_str_eq(config.key_file, "/abs/u.key");
	cr_expect_not(config.insecure);
	cr_assert_eq(kube_config__token(&config, &token), 0);
	cr_expect_str_eq(token, "t0k");
	free(token);
	kube_config__done(&config);
}

Test(kube_config, refuses_with_a_word)
{
	static const struct {
		const char *text, *context, *word;
	} cases[] = {
		{ "", NULL, "empty or no kubeconfig" },
		{ "a", NULL, "no kubeconfig" },
		{ "a: [", NULL, "line " },
		{ "\x01", NULL, "line " },
		{ "a: b", NULL, "no current-context" },
		{ HEAD, "b", "no context 'b'" },
		{ HEAD, NULL, "names no cluster" },
		{ HEAD "clusters: {}\n", NULL, "names no cluster" },
		{ HEAD CLUSTER, NULL, "names no user" },
		{ HEAD CLUSTER "users: [{name: u, user: {exec: {command: aws}}}]", NULL, "a program" },
		{ HEAD CLUSTER "users: [{name: u, user: {username: a}}]", NULL, "password" },
		{ HEAD CLUSTER "users: [{name: u, user: {client-key: k}}]", NULL, "certificate needs" },
		{ HEAD CLUSTER "users: [{name: u, user: {client-key-data: '!'}}]", NULL, "no base64" },
		{ HEAD "clusters: [{name: c, cluster: {}}]\nusers: [{name: u, user: {}}]", NULL, "no server" },
		{ HEAD "clusters: [{name: c, cluster: {server: 'ftp://x'}}]\nusers: [{name: u, user: {}}]",
		  NULL, "https://" },
		{ HEAD "clusters: [{name: c, cluster: {server: 'https://x@y'}}]\nusers: [{name: u, user: "
		  "{}}]",
		  NULL, "characters" },
		{ HEAD "clusters: [{name: c, cluster: {server: 'http://x'}}]\nusers: [{name: u, user: "
		  "{token: t}}]",
		  NULL, "plain http" },
		{ HEAD "clusters: [{name: c, cluster: {server: 'http://127.0.0.1.evil'}}]\nusers: [{name: "
		  "u, user: {token: t}}]",
		  NULL, "plain http" },
		{ HEAD "clusters: [{name: c, cluster: {server: 'https://x', insecure-skip-tls-verify: "
		  "true, certificate-authority: f}}]\nusers: [{name: u, user: {}}]",
		  NULL, "exclude" },
	};
	char error[KUBE_CONFIG_ERROR_LEN];
	struct kube_config config;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(parse(cases[i].text, cases[i].context, &config, error), -EINVAL, "%zu", i);
		cr_expect(strstr(error, cases[i].word), "%zu: %s", i, error);
		kube_config__done(&config);
	}
}

Test(kube_config, a_token_becomes_part_of_a_header)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = { { "abc\n", 0 }, { "abc", 0 }, { "", -EINVAL }, { "\n", -EINVAL },
		      { "a\nX-Evil: 1", -EINVAL }, { "a b", -EINVAL }, { "a\x80", -EINVAL } };
	char *root = temp_tree__new(), path[4096], *token;
	struct kube_config config = { .token_file = path };
	size_t i;

	snprintf(path, sizeof(path), "%s/token", root);
	cr_expect_eq(kube_config__token(&config, &token), -ENOENT);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		temp_tree__text(root, "token", cases[i].text);
		cr_expect_eq(kube_config__token(&config, &token), cases[i].err, "%zu", i);
		if (!cases[i].err)
			cr_expect_str_eq(token, "abc");
		free(token);
	}
	temp_tree__free(root);
}

Test(kube_config, a_pod_finds_its_api_server)
{
	char *root = temp_tree__new(), error[KUBE_CONFIG_ERROR_LEN];
	struct kube_config config = { 0 };

	unsetenv("KUBERNETES_SERVICE_HOST");
	cr_expect_eq(kube_config__in_cluster(root, &config, error), -ENOENT);
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
	cr_expect_eq(kube_config__in_cluster(root, &config, error), -ENOENT);
	kube_config__done(&config);
	temp_tree__text(root, "token", "t");
	temp_tree__text(root, "ca.crt", "c");
	cr_expect_eq(kube_config__in_cluster(root, &config, error), 0);
	cr_expect_str_eq(config.server, "https://[fd00::1]:6443");
	kube_config__done(&config);
	temp_tree__free(root);
}

Test(kube_config, base64)
{
	static const struct {
		const char *text, *data;
	} cases[] = { { "", "" }, { "QQ==", "A" }, { "QUI=", "AB" }, { "QU\nJD\n", "ABC" },
		      { "QQ=", NULL }, { "Q", NULL }, { "QQ==QQ==", NULL }, { "Q===", NULL },
		      { "Q*==", NULL }, { "====", NULL } };
	char *data;
	size_t i, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		data = NULL;
		cr_expect_eq(base64__decode(cases[i].text, &data, &len), cases[i].data ? 0 : -EINVAL,
			     "%s", cases[i].text);
		if (cases[i].data && data)
			cr_expect_str_eq(data, cases[i].data);
		free(data);
	}
}

Test(kube_config, whose_port_it_is)
{
#define LINE(port, state, uid) \
	"   0: 0100007F:" port " 00000000:0000 " state " 00000000:00000000 00:00000000 00000000  " uid \
	"        0 1234 1 0000000000000000 100 0 0 10 0\n"
	static const struct {
		const char *tables;
		bool root;
	} cases[] = {
		{ "", false },
		{ "  sl  local_address rem_address\n", false },
		{ LINE("280F", "0A", "    0"), true },
		{ LINE("280F", "0A", " 1000"), false },
		{ LINE("280F", "01", "    0"), false },
		{ LINE("2810", "0A", "    0"), false },
		/* two may listen on different addresses */
		{ LINE("280F", "0A", "    0") LINE("280F", "0A", " 1000"), false },
		{ "   0: 00000000000000000000000000000000:280F 00000000000000000000000000000000:0000 0A "
		  "00000000:00000000 00:00000000 00000000     0        0 77 1\n",
		  true },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(kube_servers__listener_is_root(cases[i].tables, 10255), cases[i].root,
			     "%zu", i);
}
