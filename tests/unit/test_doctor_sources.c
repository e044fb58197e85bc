/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the doctor reads on the node: kube-proxy's configuration and sysctl.d.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/temp_tree.h"
#include "user/doctor/kube_proxy.h"
#include "user/doctor/sysctl_files.h"

Test(doctor_sources, kube_proxy_limits)
{
	static const struct {
		__u64 per_core, min;
		unsigned int cores;
		__u64 limit;
	} cases[] = {
		{ 32768, 131072, 16, 524288 }, { 32768, 131072, 2, 131072 },
		{ 32768, 131072, 4, 131072 },  { 0, 131072, 16, 0 },
		{ 32768, 0, 1, 32768 },	       { 32768, 2310720, 16, 2310720 },
		{ 32768, 131072, 64, 2097152 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(kube_proxy__limit(cases[i].per_core, cases[i].min, cases[i].cores),
			     cases[i].limit, "%zu", i);
}

static struct kube_proxy defaults(void)
{
	return (struct kube_proxy){ .max_per_core = KUBE_PROXY_MAX_PER_CORE, .min = KUBE_PROXY_MIN };
}

Test(doctor_sources, kube_proxy_arguments)
{
	static const struct {
		const char *args;
		size_t size;
		__u64 per_core, min;
		const char *config;
	} cases[] = {
#define ARGS(text) text, sizeof(text)
		{ ARGS("kube-proxy"), 32768, 131072, "" },
		{ ARGS("kube-proxy\0--conntrack-max-per-core=0"), 0, 131072, "" },
		{ ARGS("kube-proxy\0--conntrack_max_per_core=0\0--conntrack-min\0" "5"), 0, 5, "" },
		{ ARGS("kube-proxy\0--conntrack_max-per_core\0" "9\0--conntrack_min=5"), 9, 5, "" },
		{ ARGS("kube-proxy\0__conntrack_min=5\0--conntrack--min=5"), 32768, 131072, "" },
		{ ARGS("kube-proxy\0-conntrack-min=7\0--v=2"), 32768, 7, "" },
		{ ARGS("kube-proxy\0--conntrack-min=0x10\0--conntrack-max-per-core=2147483647"), 2147483647,
		  16, "" },
		{ ARGS("kube-proxy\0--config=/var/lib/kube-proxy/config.conf"), 32768, 131072,
		  "/var/lib/kube-proxy/config.conf" },
		{ ARGS("kube-proxy\0--conntrack-max-per-core\0" "0\0--config\0/etc/kp.yaml"), 0, 131072,
		  "/etc/kp.yaml" },
		{ ARGS("kube-proxy\0--hostname-override\0config\0node-a"), 32768, 131072, "" },
		{ "kube-proxy\0--conntrack-min=77", 28, 32768, 131072, "" }, /* cut off */
		{ "kube-proxy\0--conntrack-min\0" "77", 28, 32768, 131072, "" },
		{ "kube-proxy\0--conntrack-min", 27, 32768, 131072, "" },
		{ "", 0, 32768, 131072, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kube_proxy proxy = defaults();

		kube_proxy__parse_arguments(cases[i].args, cases[i].size, &proxy);
		cr_expect_eq(proxy.max_per_core, cases[i].per_core, "%zu", i);
		cr_expect_eq(proxy.min, cases[i].min, "%zu", i);
		cr_expect_str_eq(proxy.config, cases[i].config, "%zu", i);
		cr_expect_not(proxy.config_unread, "%zu", i);
	}
}

/* kube-proxy does not start with such, or reads it in another way than we do. */
Test(doctor_sources, kube_proxy_arguments_of_doubt)
{
	static const char *const words[] = {
		"--conntrack-min=x", "--conntrack-max-per-core=-3", "--conntrack-min=1_000",
		"--conntrack-min=2147483648", "--conntrack-min=7 ", "--conntrack-min=",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct kube_proxy proxy = defaults();

		kube_proxy__parse_arguments(words[i], strlen(words[i]) + 1, &proxy);
		cr_expect(proxy.config_unread, "%s", words[i]);
		cr_expect_eq(proxy.max_per_core, 32768, "%s", words[i]);
		cr_expect_eq(proxy.min, 131072, "%s", words[i]);
		cr_expect_not(proxy.set, "%s", words[i]);
	}
}

#define KIND "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
#define JSON_KIND "\"kind\":\"KubeProxyConfiguration\",\"apiVersion\":\"kubeproxy.config.k8s.io/v1alpha1\""

Test(doctor_sources, kube_proxy_config)
{
	static const struct {
		const char *text;
		__u64 per_core, min;
		bool set;
	} cases[] = {
		{ KIND "conntrack:\n  maxPerCore: 0\n  min: 9\n", 0, 9, true },
		{ KIND "conntrack:\n  maxPerCore: null\n  min: ~\n", 32768, 131072, false },
		{ KIND "conntrack:\n# x\n\n    min: 5 # y\nmode: ipvs\n", 32768, 5, true },
		{ KIND "ipvs:\n  min: 3\nmaxPerCore: 2\n", 32768, 131072, false },
		{ KIND "conntrack: {}\n", 32768, 131072, false },
		{ KIND "conntrack:\n", 32768, 131072, false },
		{ KIND "conntrack: {maxPerCore: 0, min: 1000}\n", 0, 1000, true },
		{ "---\n" KIND "\"conntrack\":\n  'min': 2147483647\n...\n", 32768, 2147483647, true },
		{ KIND "x: &n 7\nconntrack: {min: *n}\n", 32768, 7, true },
		{ KIND "x: &c {min: 7}\nconntrack: *c\n", 32768, 7, true },
		/* lenient decoding lets these pass */
		{ KIND "mode: ipvs\nmode: ipvs\nconntrack: {min: 7, new: [1]}\n", 32768, 7, true },
		{ "{" JSON_KIND ",\"conntrack\":{\"maxPerCore\":null,\"min\":8}}", 32768, 8, true },
		{ "{\n\t" JSON_KIND ",\n\t\"conntrack\": {\n\t\t\"maxPerCore\": 10\n\t}\n}\n", 10, 131072,
		  true },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kube_proxy proxy = { .max_per_core = 1, .min = 1 };

		cr_expect_eq(kube_proxy__parse_config(cases[i].text, strlen(cases[i].text), &proxy), 0,
			     "%zu", i);
		cr_expect_eq(proxy.max_per_core, cases[i].per_core, "%zu", i);
		cr_expect_eq(proxy.min, cases[i].min, "%zu", i);
		cr_expect_eq(proxy.set, cases[i].set, "%zu", i);
	}
}

/* Nothing certain is in them: the defaults stand. */
Test(doctor_sources, kube_proxy_config_of_doubt)
{
	static const char *const texts[] = {
		"",
		"\xff\xfe:",
		"# nothing\n",
		"conntrack: {min: 7}\n",
		"kind: KubeletConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
		"conntrack: {min: 7}\n",
		"kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1\n"
		"conntrack: {min: 7}\n",
		KIND "conntrack: {maxPerCore: 7, min: \"7\"}\n",
		KIND "conntrack: {min: 7, min: 7}\n",
		KIND "conntrack: {min: 7}\nconntrack: {}\n",
		KIND "x: &c {min: 7}\nconntrack: {<<: *c}\n",
		KIND "x: &c {conntrack: {min: 7}}\n<<: *c\n",
		KIND "conntrack: {min: -1}\n",
		KIND "conntrack: {min: 1_000}\n",
		KIND "conntrack: {min: 010}\n",
		KIND "conntrack: {min: 0x10}\n",
		KIND "conntrack: {min: 1e3}\n",
		KIND "conntrack: {min: 7.0}\n",
		KIND "conntrack: {min: 7 8}\n",
		KIND "conntrack: {min: 2147483648}\n",
		KIND "conntrack: {min: 99999999999999999999999}\n",
		KIND "conntrack: {min: [7]}\n",
		KIND "conntrack: [7]\n",
		KIND "conntrack: 7\n",
		KIND "conntrack: {min: 7\n",
		KIND "conntrack: {min: 7}\n---\n" KIND "conntrack: {min: 8}\n",
		KIND "conntrack: {min: 7}\n\tmode: ipvs\n",
		KIND "conntrack: {min: *nobody}\n",
		"{" JSON_KIND ",\"conntrack\":{\"min\":8}",
		"[1]",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct kube_proxy proxy = { .max_per_core = 1, .min = 1, .set = true };

		cr_expect_eq(kube_proxy__parse_config(texts[i], strlen(texts[i]), &proxy), -EINVAL,
			     "%zu: %s", i, texts[i]);
		cr_expect_eq(proxy.max_per_core, KUBE_PROXY_MAX_PER_CORE, "%zu", i);
		cr_expect_eq(proxy.min, KUBE_PROXY_MIN, "%zu", i);
		cr_expect_not(proxy.set, "%zu", i);
	}
}

Test(doctor_sources, finds_kube_proxy)
{
	static const char args[] = "/usr/local/bin/kube-proxy\0--config=/etc/kp.conf";
	static const char kind[] = KIND "conntrack: {min: 2310720}\n";
	static char large[64 << 10];
	char *root = temp_tree__new(), path[4096], real[4096];
	struct kube_proxy proxy;

	cr_expect_eq(kube_proxy__find(root, &proxy), -ENOENT);
	temp_tree__write(root, "proc/1/cmdline", "/sbin/init", 11);
	temp_tree__write(root, "proc/12/cmdline", "vi\0kube-proxy", 14);
	temp_tree__write(root, "proc/13/cmdline", "", 0);
	cr_expect_eq(kube_proxy__find(root, &proxy), 0);
	cr_expect_not(proxy.running);
	temp_tree__write(root, "proc/14/cmdline", args, sizeof(args));
	cr_expect_eq(kube_proxy__find(root, &proxy), 0);
	cr_expect(proxy.running);
	cr_expect_eq(proxy.pid, 14);
	cr_expect(proxy.config_unread);
	cr_expect_eq(proxy.min, KUBE_PROXY_MIN);
	temp_tree__text(root, "proc/14/root/etc/kp.conf", KIND "conntrack:\n  min: 2310720\n");
	cr_expect_eq(kube_proxy__find(root, &proxy), 0);
	cr_expect_not(proxy.config_unread);
	cr_expect_eq(proxy.min, 2310720);
	/* no prefix of it is enough */
	memset(large, '#', sizeof(large));
	memcpy(large, kind, sizeof(kind) - 1);
	temp_tree__write(root, "proc/14/root/etc/kp.conf", large, sizeof(large));
	cr_expect_eq(kube_proxy__find(root, &proxy), 0);
	cr_expect(proxy.config_unread);
	cr_expect_eq(proxy.min, KUBE_PROXY_MIN);
	temp_tree__write(root, "proc/14/root/etc/kp.conf", kind, sizeof(kind) - 1);
	/* a link means what it means in there; the kubelet makes such */
	snprintf(path, sizeof(path), "%s/proc/14/root/etc/kp.conf", root);
	snprintf(real, sizeof(real), "%s/proc/14/root/etc/real", root);
	cr_assert_eq(rename(path, real), 0);
	cr_assert_eq(symlink("/etc/real", path), 0);
	cr_expect_eq(kube_proxy__find(root, &proxy), 0);
	cr_expect_eq(proxy.min, 2310720);
	/* and leads nowhere else */
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(symlink(real, path), 0);
	cr_expect_eq(kube_proxy__find(root, &proxy), 0);
	cr_expect(proxy.config_unread);
	temp_tree__free(root);
}

#define TITLE(text) text, sizeof(text)

/* A node as k3s leaves it: what it was told stands in its files alone. */
static void put(const char *root, const char *cmdline, size_t size)
{
	temp_tree__write(root, "proc/7/cmdline", cmdline, size);
	temp_tree__text(root, "proc/7/environ", "PATH=/bin");
}

static struct kube_proxy find(const char *root)
{
	struct kube_proxy proxy;

	cr_expect_eq(kube_proxy__find(root, &proxy), 0);
	return proxy;
}

#define K3S "proc/7/root/etc/rancher/k3s/"

Test(doctor_sources, k3s_sets_the_limit)
{
	char *root = temp_tree__new(), longer[300];
	struct kube_proxy proxy;

	put(root, TITLE("/usr/local/bin/k3s server"));
	proxy = find(root);
	cr_expect(proxy.running && proxy.embedded && !proxy.agent && !proxy.hidden);
	cr_expect_eq(proxy.kind, KUBE_PROXY_K3S);
	cr_expect_str_eq(kube_proxy__name(&proxy), "k3s");
	cr_expect_eq(proxy.max_per_core, 32768);
	cr_expect_not(proxy.set);
	/* also where it runs no kube-proxy */
	temp_tree__text(root, K3S "config.yaml", "token: x\nkube-proxy-arg: [\"conntrack-min=1000\", v=2]\n"
						 "disable-kube-proxy: true\n");
	proxy = find(root);
	cr_expect(proxy.set && !proxy.config_unread);
	cr_expect_eq(proxy.min, 1000);
	cr_expect_eq(proxy.max_per_core, 32768);
	/* arguments that it has wiped */
	put(root, TITLE("/usr/local/bin/k3s agent\0\0\0\0\0"));
	proxy = find(root);
	cr_expect(proxy.hidden && proxy.agent);
	put(root, TITLE("k3s\0server\0--disable=traefik"));
	cr_expect(find(root).hidden);

	put(root, TITLE("/usr/local/bin/k3s server"));
	/* in the order of names, a key or one with + */
	temp_tree__text(root, K3S "config.yaml.d/20.yaml", "kube-proxy-arg+: --conntrack-min=3000\n");
	temp_tree__text(root, K3S "config.yaml.d/10.YML", "kube-proxy-arg:\n- conntrack-max-per-core=5\n");
	temp_tree__text(root, K3S "config.yaml.d/30.txt", "{");
	proxy = find(root);
	cr_expect_eq(proxy.max_per_core, 5);
	cr_expect_eq(proxy.min, 3000);
	temp_tree__text(root, K3S "config.yaml.d/40.yaml", "kube-proxy-arg: {");
	proxy = find(root);
	cr_expect(proxy.config_unread);
	cr_expect_eq(proxy.min, KUBE_PROXY_MIN);
	cr_expect_str_eq(proxy.config, "/etc/rancher/k3s/config.yaml");
	/* a file elsewhere */
	temp_tree__write(root, "proc/7/environ", "A=b\0K3S_CONFIG_FILE=/etc/k.yaml", 32);
	temp_tree__text(root, "proc/7/root/etc/k.yaml", "kube-proxy-arg: conntrack-min=4\n");
	cr_expect_eq(find(root).min, 4);
	temp_tree__write(root, "proc/7/environ", "K3S_CONFIG_FILE=http://a/k.yaml", 32);
	cr_expect(find(root).config_unread);
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "K3S_CONFIG_FILE=/", 17);
	temp_tree__write(root, "proc/7/environ", longer, sizeof(longer));
	cr_expect(find(root).config_unread);
	temp_tree__free(root);
}

Test(doctor_sources, k3s_settings_of_doubt)
{
	static const char *const texts[] = {
		"kube-proxy-arg: [conntrack-min=7, [x]]\n", "kube-proxy-arg: conntrack-min+=7\n",
		"kube-proxy-arg: \"v=2,conntrack-min=7\"\n",
		"kube-proxy-arg: x=1\nkube-proxy-arg: conntrack-min=7\n", "[1]\n",
		"kube-proxy-arg+: x=1\nkube-proxy-arg: conntrack-min=7\n", "disable-agent: perhaps\n",
		"kube-proxy-arg: conntrack-min\n", "kube-proxy-arg: conntrack-min=x\n",
	};
	char *root = temp_tree__new();
	size_t i;

	put(root, TITLE("k3s server"));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		temp_tree__text(root, K3S "config.yaml", texts[i]);
		cr_expect(find(root).config_unread, "%s", texts[i]);
	}
	temp_tree__text(root, K3S "config.yaml", "# nothing\n");
	cr_expect_not(find(root).config_unread);
	temp_tree__text(root, K3S "config.yaml", "disable-agent: true\n");
	cr_expect_not(find(root).running, "it runs no node");
	temp_tree__free(root);
}

/* kube-proxy in k3s goes by its file, after k3s has set what flags say. */
Test(doctor_sources, k3s_with_a_file_for_kube_proxy)
{
	static const char args[] = "kube-proxy-arg: [config=/etc/kp.yaml, conntrack-min=7]\n";
	char *root = temp_tree__new(), off[128];
	struct kube_proxy proxy;

	put(root, TITLE("k3s server"));
	temp_tree__text(root, K3S "config.yaml", args);
	cr_expect(find(root).config_unread);
	temp_tree__text(root, "proc/7/root/etc/kp.yaml", KIND "conntrack: {min: 9}\n");
	proxy = find(root);
	cr_expect_eq(proxy.min, 9);
	cr_expect_str_eq(proxy.config, "/etc/kp.yaml");
	temp_tree__text(root, "proc/7/root/etc/kp.yaml", KIND "conntrack: {maxPerCore: 0}\n");
	proxy = find(root);
	cr_expect_eq(proxy.min, 7);
	cr_expect_eq(proxy.max_per_core, 32768);
	temp_tree__text(root, "proc/7/root/etc/kp.yaml", KIND "conntrack: {min: 9}\n");
	snprintf(off, sizeof(off), "%sdisable-kube-proxy: true\n", args);
	temp_tree__text(root, K3S "config.yaml", off);
	cr_expect_eq(find(root).min, 7);
	temp_tree__free(root);
}

Test(doctor_sources, kubelite_runs_kube_proxy)
{
	static const char args[] = "/snap/microk8s/1/kubelite\0--proxy-args-file=/args/kube-proxy";
	char *root = temp_tree__new();
	struct kube_proxy proxy;

	put(root, args, sizeof(args));
	proxy = find(root);
	cr_expect(proxy.config_unread);
	cr_expect_str_eq(proxy.config, "/args/kube-proxy");
	temp_tree__text(root, "proc/7/root/args/kube-proxy",
			"--cluster-cidr=10.1.0.0/16\n\n# --conntrack-min=1\n  --conntrack-min=\"4000\" \n"
			"--conntrack-max-per-core 5");
	proxy = find(root);
	cr_expect(proxy.embedded && proxy.set && !proxy.config_unread && !*proxy.config);
	cr_expect_eq(proxy.kind, KUBE_PROXY_MICROK8S);
	cr_expect_eq(proxy.min, 4000);
	cr_expect_eq(proxy.max_per_core, 5);
	temp_tree__text(root, "proc/7/root/args/kube-proxy", "--conntrack-min=$MIN\n");
	cr_expect(find(root).config_unread);
	/* unless told otherwise */
	put(root, TITLE("kubelite"));
	temp_tree__text(root, "proc/7/root/var/snap/microk8s/current/args/kube-proxy",
			"--conntrack-min=3\n--v=1\n");
	cr_expect_eq(find(root).min, 3);
	temp_tree__free(root);
}

/* Which one sets the limit last. */
Test(doctor_sources, kube_proxy_beside_others)
{
	static const char off[] = "kube-proxy\0--conntrack-max-per-core=0";
	static const char on[] = "kube-proxy\0--conntrack-min=5";
	char *root = temp_tree__new();
	struct kube_proxy proxy;

	put(root, TITLE("/usr/local/bin/rke2 server"));
	temp_tree__write(root, "proc/8/cmdline", off, sizeof(off));
	proxy = find(root);
	cr_expect_eq(proxy.pid, 7, "its pod leaves the limit alone");
	cr_expect_str_eq(kube_proxy__name(&proxy), "rke2");
	cr_expect_eq(proxy.max_per_core, 32768);
	temp_tree__write(root, "proc/8/cmdline", on, sizeof(on));
	proxy = find(root);
	cr_expect_eq(proxy.pid, 8);
	cr_expect_eq(proxy.kind, KUBE_PROXY_RKE2, "where its settings are");
	cr_expect_str_eq(kube_proxy__name(&proxy), "kube-proxy");
	/* in whatever order they are found */
	temp_tree__write(root, "proc/7/cmdline", on, sizeof(on));
	temp_tree__write(root, "proc/8/cmdline", TITLE("/usr/local/bin/rke2 server"));
	cr_expect_eq(find(root).pid, 7);
	put(root, TITLE("/usr/local/bin/rke2 server"));
	temp_tree__write(root, "proc/8/cmdline", on, sizeof(on));
	/* in a namespace from where it cannot set the node's */
	temp_tree__link(root, "proc/1/ns/net", "net:[1]");
	temp_tree__link(root, "proc/8/ns/net", "net:[2]");
	temp_tree__link(root, "proc/7/ns/net", "net:[1]");
	cr_expect_eq(find(root).pid, 7);
	temp_tree__write(root, "proc/8/cmdline", off, sizeof(off));
	temp_tree__link(root, "proc/8/ns/net", "net:[1]");
	temp_tree__write(root, "proc/7/cmdline", "init", 5);
	proxy = find(root);
	cr_expect(proxy.running && !kube_proxy__sets(&proxy));
	temp_tree__free(root);
}

Test(doctor_sources, sysctl_files_in_their_order)
{
	static const char *const names[] = { "net.netfilter.nf_conntrack_max",
					     "net.nf_conntrack_max", NULL };
	/* each adds to those before it */
	static const struct {
		const char *path, *text, *value, *from;
	} cases[] = {
		{ "usr/lib/sysctl.d/50-a.conf", "net.nf_conntrack_max=1\n", "1",
		  "/usr/lib/sysctl.d/50-a.conf" },
		{ "run/sysctl.d/10-b.conf", "net.nf_conntrack_max=2\n", "1",
		  "/usr/lib/sysctl.d/50-a.conf" },
		{ "run/sysctl.d/60-b.conf", " -net/netfilter/nf_conntrack_max = 3 \r\n", "3",
		  "/run/sysctl.d/60-b.conf" },
		{ "etc/sysctl.d/60-b.conf", "# net.nf_conntrack_max=4\n", "1",
		  "/usr/lib/sysctl.d/50-a.conf" },
		{ "etc/sysctl.d/70-c.conf", "net.nf_conntrack_max=5\nnet.nf_conntrack_max=6\n", "6",
		  "/etc/sysctl.d/70-c.conf" },
		{ "etc/sysctl.d/80-d.conf.bak", "net.nf_conntrack_max=7\n", "6",
		  "/etc/sysctl.d/70-c.conf" },
		{ "etc/sysctl.d/90-e.conf", "net.nf_conntrack_max\nnet.nf_conntrack_maxx=8\n=\n", "6",
		  "/etc/sysctl.d/70-c.conf" },
		{ "etc/sysctl.conf", "net.netfilter.nf_conntrack_max=2310720", "2310720",
		  "/etc/sysctl.conf" },
	};
	char value[SYSCTL_FILES_VALUE_LEN], path[SYSCTL_FILES_PATH_LEN];
	char *root = temp_tree__new();
	size_t i;

	cr_expect_eq(sysctl_files__find(root, names, value, path), -ENOENT);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		temp_tree__text(root, cases[i].path, cases[i].text);
		cr_assert_eq(sysctl_files__find(root, names, value, path), 0);
		cr_expect_str_eq(value, cases[i].value, "%s", cases[i].path);
		cr_expect_str_eq(path, cases[i].from, "%s", cases[i].path);
	}
	temp_tree__free(root);
}
