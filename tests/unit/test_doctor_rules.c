/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each rule of the doctor firing, and staying silent just beside.
 */
#include <criterion/criterion.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sample_drop.h"
#include "user/doctor/rule.h"

#define MAX_TALLIES 32

/* A node on which all is well; tests spoil it. */
struct node {
	struct facts facts;
	struct table_facts table;
	struct counter counters[2];
	struct counter_moved moved[2];
	struct sysctl_change change;
	struct tally tallies[MAX_TALLIES];
	struct finding findings[MAX_TALLIES];
	size_t count;
};

static void well(struct node *n)
{
	memset(n, 0, sizeof(*n));
	n->table = (struct table_facts){
		.netns_name = "host",
		.now = { .host = true, .entries = 1000, .max = 524288, .buckets = 131072 },
		.pace = { .seconds = 10, .full_in_s = -1 },
	};
	n->facts = (struct facts){
		.seconds = 10,
		.cores = 16,
		.tables = &n->table,
		.table_count = 1,
		.counters.rows = n->moved,
		.arp = { 100, 1024 },
		.ndisc = { 100, 1024 },
		.netdev_max_backlog = 1000,
		.somaxconn = 4096,
	};
	n->moved[0].counter = &n->counters[0];
	n->moved[1].counter = &n->counters[1];
}

static void count(struct node *n, const char *name, __u64 value)
{
	struct counter *counter = &n->counters[n->facts.counters.count++];

	snprintf(counter->name, sizeof(counter->name), "%s", name);
	snprintf(counter->iface, sizeof(counter->iface), "eth0");
	counter->value = value;
}

static size_t rule_index(const char *id)
{
	size_t i;

	for (i = 0; i < rule_count; i++)
		if (!strcmp(rules[i].id, id))
			return i;
	cr_assert_fail("no rule %s", id);
	return 0;
}

static void lose(struct node *n, const char *id, __u64 packets)
{
	n->tallies[rule_index(id)] = (struct tally){ packets, "shop/web > 10.96.0.10 (3)" };
}

/* The finding of that rule; NULL: it is silent. */
static const struct finding *judge(struct node *n, const char *id)
{
	size_t i;

	cr_assert_leq(rule_count, MAX_TALLIES);
	n->count = rules__apply(&n->facts, n->tallies, n->findings);
	for (i = 0; i < n->count; i++)
		if (!strcmp(n->findings[i].rule->id, id))
			return &n->findings[i];
	return NULL;
}

static void expect_silent(struct node *n, const char *id, const char *when)
{
	cr_expect_null(judge(n, id), "%s fires %s", id, when);
}

static const struct finding *expect_fires(struct node *n, const char *id, enum harm harm)
{
	const struct finding *finding = judge(n, id);

	cr_assert_not_null(finding, "%s is silent", id);
	cr_expect_eq(finding->harm, harm, "%s: %s", id, harm__name(finding->harm));
	cr_expect(*finding->title && *finding->evidence, "%s", id);
	cr_expect(*finding->now || *finding->lasting, "%s has no remedy", id);
	cr_expect(*finding->rule->why, "%s", id);
	return finding;
}

static void expect_says(const char *text, const char *what)
{
	cr_expect(strstr(text, what), "'%s' is not in: %s", what, text);
}

Test(doctor_rules, all_silent_on_a_healthy_node)
{
	struct node n;

	well(&n);
	cr_expect_eq(rules__apply(&n.facts, n.tallies, n.findings), 0);
	/* and where nothing at all is known */
	n.facts = (struct facts){ .seconds = 1, .cores = 1 };
	cr_expect_eq(rules__apply(&n.facts, n.tallies, n.findings), 0);
}

/* --- each rule on both sides of its limit */

static void full(struct node *n, bool beside)
{
	n->table.now.entries = n->table.now.max - (beside ? n->table.now.max / 4 : 0);
}

static void nearly_full(struct node *n, bool beside)
{
	n->table.now.entries = n->table.now.max / 100 * (beside ? 79 : 81);
}

static void lowered(struct node *n, bool beside)
{
	n->facts.configured_max.value = n->table.now.max + !beside;
}

static void would_lower(struct node *n, bool beside)
{
	n->facts.kube_proxy = (struct kube_proxy){ .running = true, .max_per_core = 32768,
						   .min = n->table.now.max - !beside };
	n->facts.cores = 1;
}

static void few_buckets(struct node *n, bool beside)
{
	n->table.now.buckets = n->table.now.max / 4 - !beside;
}

static void evicts(struct node *n, bool beside)
{
	n->table.moved[CT_STAT_EARLY_DROP] = !beside;
}

static void many_neighbours(struct node *n, bool beside)
{
	n->facts.ndisc.entries = beside ? 921 : 922;
}

/* No "1 packets". */
static void expect_singular(const char *text)
{
	regex_t plural_of_one;

	cr_assert_eq(regcomp(&plural_of_one, "(^| )1 [a-z]*(ies|ets|pts|res|mes)( |$)", REG_EXTENDED), 0);
	cr_expect_eq(regexec(&plural_of_one, text, 0, NULL, 0), REG_NOMATCH, "%s", text);
	regfree(&plural_of_one);
}

/* What makes a rule fire, and what just does not: one fewer. */
static const struct trial {
	const char *id;
	__u64 drops;		/* packets of its tally; 0: fires by something else */
	const char *counter;	/* of the kernel's; NULL: by none */
	__u64 counted;
	void (*trouble)(struct node *n, bool beside);
} trials[] = {
	{ "conntrack_full", 1, NULL, 0, NULL },
	{ "conntrack_full", 0, NULL, 0, full },
	{ "conntrack_nearly_full", 0, NULL, 0, nearly_full },
	{ "conntrack_lowered", 0, NULL, 0, lowered },
	{ "kube_proxy", 0, NULL, 0, would_lower },
	{ "conntrack_buckets", 1, NULL, 0, NULL },
	{ "conntrack_buckets", 0, NULL, 0, few_buckets },
	{ "dns_race", 1, NULL, 0, NULL },
	{ "snat_ports", 1, NULL, 0, NULL },
	{ "early_drop", 0, NULL, 0, evicts },
	{ "no_endpoints", 1, NULL, 0, NULL },
	{ "rule_drops", 5, NULL, 0, NULL },
	{ "rp_filter", 5, NULL, 0, NULL },
	{ "rp_filter", 0, "TcpExt.IPReversePathFilter", 5, NULL },
	{ "mtu", 1, NULL, 0, NULL },
	{ "mtu", 0, "Ip.FragFails", 1, NULL },
	{ "mtu", 0, "Ip6.FragFails", 1, NULL },
	{ "mtu", 0, "Ip6.InTooBigErrors", 1, NULL },
	{ "reassembly", 0, "Ip.ReasmFails", 5, NULL },
	{ "reassembly", 0, "Ip6.ReasmFails", 5, NULL },
	{ "listen_backlog", 1, NULL, 0, NULL },
	{ "listen_backlog", 0, "TcpExt.ListenOverflows", 1, NULL },
	{ "listen_backlog", 0, "TcpExt.TCPReqQFullDrop", 1, NULL },
	{ "socket_buffers", 1, NULL, 0, NULL },
	{ "socket_buffers", 0, "Udp.RcvbufErrors", 1, NULL },
	{ "socket_buffers", 0, "Udp6.RcvbufErrors", 1, NULL },
	{ "socket_buffers", 0, "TcpExt.TCPBacklogDrop", 1, NULL },
	{ "socket_buffers", 0, "TcpExt.TCPRcvQDrop", 1, NULL },
	{ "socket_buffers", 0, "TcpExt.RcvPruned", 1, NULL },
	{ "neighbour_table", 1, NULL, 0, NULL },
	{ "neighbour_table", 0, "arp_cache.table_fulls", 1, NULL },
	{ "neighbour_table", 0, "ndisc_cache.table_fulls", 1, NULL },
	{ "neighbour_table", 0, NULL, 0, many_neighbours },
	{ "softnet_backlog", 1, NULL, 0, NULL },
	{ "softnet_backlog", 0, "softnet.dropped", 1, NULL },
	{ "softnet_backlog", 0, "softnet.time_squeeze", 100, NULL },
	{ "nic_ring", 0, "link.rx_missed_errors", 1, NULL },
	{ "nic_ring", 0, "link.rx_fifo_errors", 1, NULL },
	{ "nic_ring", 0, "link.rx_over_errors", 1, NULL },
	{ "nic_ring", 0, "ethtool.rx_no_dma_resources", 1, NULL },
	{ "nic_ring", 0, "ethtool.rx_out_of_buffer", 1, NULL },
	{ "nic_ring", 0, "ethtool.rx_no_buffer_count", 1, NULL },
	{ "nic_ring", 0, "ethtool.pkts rx OOB", 1, NULL },
	{ "nic_ring", 0, "ethtool.port_rx_nodesc_drops", 1, NULL },
	{ "nic_ring", 0, "ethtool.rx_total_ring_discards", 1, NULL },
	{ "nic_ring", 0, "ethtool.rxbds_empty", 1, NULL },
	{ "instance_allowance", 0, "ethtool.linklocal_allowance_exceeded", 1, NULL },
	{ "instance_allowance", 0, "ethtool.conntrack_allowance_exceeded", 1, NULL },
	{ "instance_allowance", 0, "ethtool.pps_allowance_exceeded", 1, NULL },
	{ "instance_allowance", 0, "ethtool.bw_in_allowance_exceeded", 1, NULL },
	{ "instance_allowance", 0, "ethtool.bw_out_allowance_exceeded", 1, NULL },
	{ "qdisc", 5, NULL, 0, NULL },
	{ "refused", 5, NULL, 0, NULL },
	{ "other_drops", 5, NULL, 0, NULL },
	{ "qdisc", 0, "qdisc.drops", 1, NULL },
};

static void spoil(struct node *n, const struct trial *trial, bool beside)
{
	well(n);
	if (trial->drops > beside)
		lose(n, trial->id, trial->drops - beside);
	if (trial->counter && trial->counted > beside)
		count(n, trial->counter, trial->counted - beside);
	if (trial->trouble)
		trial->trouble(n, beside);
}

Test(doctor_rules, each_fires_and_stays_silent)
{
	bool tried[MAX_TALLIES] = {};
	size_t i;

	for (i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		const struct trial *trial = &trials[i];
		const struct finding *finding;
		struct node n;

		spoil(&n, trial, false);
		finding = judge(&n, trial->id);
		cr_assert_not_null(finding, "trial %zu: %s is silent", i, trial->id);
		cr_expect_eq(n.count, 1, "trial %zu: not %s alone", i, trial->id);
		cr_expect(*finding->title && *finding->evidence && *finding->rule->why, "%s", trial->id);
		cr_expect(*finding->now || *finding->lasting, "%s has no remedy", trial->id);
		expect_singular(finding->evidence);
		if (trial->drops) {
			cr_expect_eq(finding->lost, finding->harm == HARM_NOTE ? 0 : trial->drops,
				     "%s", trial->id);
			expect_says(finding->evidence, "shop/web");
		}
		spoil(&n, trial, true);
		cr_expect_null(judge(&n, trial->id), "trial %zu: %s fires just beside", i, trial->id);
		tried[rule_index(trial->id)] = true;
	}
	for (i = 0; i < rule_count; i++)
		cr_expect(tried[i], "no trial of %s", rules[i].id);
}

/* Counters that look alike, and are not of rings. */
Test(doctor_rules, other_counters)
{
	struct node n;

	well(&n);
	count(&n, "ethtool.rx_queue_0_drops", 9);
	count(&n, "ethtool.tx_total_ring_discards", 9);
	cr_expect_eq(rules__apply(&n.facts, n.tallies, n.findings), 0);
	well(&n);
	count(&n, "link.rx_dropped", 9);
	cr_expect_eq(rules__apply(&n.facts, n.tallies, n.findings), 0);
}

/* The link's and the driver's counters are of the same packets, on each card. */
Test(doctor_rules, fullest_ring)
{
	const struct finding *finding;
	struct node n;

	well(&n);
	count(&n, "ethtool.rx_missed_errors", 7);
	count(&n, "link.rx_missed_errors", 9);
	finding = expect_fires(&n, "nic_ring", HARM_LOSS);
	cr_expect_eq(finding->lost, 9);
	expect_says(finding->evidence, "link.rx_missed_errors of eth0 moved by 9");
}

/* What EC2 drops is told before what it may only have delayed, and is all that is counted as lost. */
Test(doctor_rules, allowances_of_an_instance)
{
	const struct finding *finding;
	struct node n;

	well(&n);
	count(&n, "ethtool.bw_out_allowance_exceeded", 900);
	finding = expect_fires(&n, "instance_allowance", HARM_SLOW);
	cr_expect_eq(finding->lost, 0);
	expect_says(finding->title, "goes out");
	count(&n, "ethtool.linklocal_allowance_exceeded", 7);
	finding = expect_fires(&n, "instance_allowance", HARM_LOSS);
	cr_expect_eq(finding->lost, 7);
	expect_says(finding->title, "DNS resolver");
	expect_says(finding->evidence, "ethtool.linklocal_allowance_exceeded 7 at eth0");
	expect_says(finding->evidence, "ethtool.bw_out_allowance_exceeded 900 at eth0");
	expect_says(finding->lasting, "NodeLocal DNSCache");
	/* no card has a ring that is full */
	expect_silent(&n, "nic_ring", "without a counter of rings");
}

/* A few packets may have many causes. */
Test(doctor_rules, few_packets_too_large)
{
	struct node n;

	well(&n);
	lose(&n, "mtu", 4);
	cr_expect_eq(expect_fires(&n, "mtu", HARM_LOSS)->confidence, CONFIDENCE_POSSIBLE);
	lose(&n, "mtu", 5);
	cr_expect_eq(expect_fires(&n, "mtu", HARM_LOSS)->confidence, CONFIDENCE_LIKELY);
}

Test(doctor_rules, conntrack_fills)
{
	const struct finding *finding;
	struct node n;

	well(&n);
	n.table.now.entries = 524288;
	finding = expect_fires(&n, "conntrack_full", HARM_LOSS);
	expect_says(finding->evidence, "524288 of 524288");
	expect_says(finding->now, "nf_conntrack_max=1048576");
	expect_says(finding->lasting, "/etc/sysctl.d");
	expect_silent(&n, "conntrack_nearly_full", "with a full table");

	/* somebody lowered it meanwhile: back to what it was, not twice what it is */
	n.change = (struct sysctl_change){ .name = "net.netfilter.nf_conntrack_max", .old_value = "2310720",
					   .new_value = "524288" };
	n.facts.settings.changes = &n.change;
	n.facts.settings.count = 1;
	expect_says(expect_fires(&n, "conntrack_full", HARM_LOSS)->now, "nf_conntrack_max=2310720");
	n.facts.settings.count = 0;

	/* room again: no evidence against the drops */
	n.table.now.entries = 1000;
	lose(&n, "conntrack_full", 60);
	expect_says(expect_fires(&n, "conntrack_full", HARM_LOSS)->evidence, "no table is full any more: in host 1000");
	n.tallies[rule_index("conntrack_full")].count = 0;

	n.table.now.entries = 450000;
	n.table.pace.growth = 100;
	n.table.pace.full_in_s = 743;
	expect_silent(&n, "conntrack_full", "before it is");
	finding = expect_fires(&n, "conntrack_nearly_full", HARM_NEAR);
	expect_says(finding->evidence, "full in 743 s");
	n.facts.kube_proxy = (struct kube_proxy){ .running = true, .max_per_core = 32768,
						  .min = 131072 };
	expect_says(expect_fires(&n, "conntrack_nearly_full", HARM_NEAR)->lasting, "conntrack.min");

	n.table.now.entries = 400000;
	expect_silent(&n, "conntrack_nearly_full", "at 76 %");
}

/* The incident: 2,310,720 in a file, 524,288 set by kube-proxy on 16 CPUs. */
Test(doctor_rules, limit_lowered)
{
	const struct finding *finding;
	struct sysctl_change steps[2];
	struct node n;

	well(&n);
	n.facts.configured_max = (struct configured_facts){ 2310720, "/etc/sysctl.d/99-ct.conf" };
	finding = expect_fires(&n, "conntrack_lowered", HARM_NEAR);
	cr_expect_eq(finding->confidence, CONFIDENCE_CERTAIN);
	expect_says(finding->evidence, "/etc/sysctl.d/99-ct.conf says 2310720");
	expect_says(finding->evidence, "by default on 16 CPUs");
	expect_says(finding->now, "nf_conntrack_max=2310720");

	expect_says(finding->title, "lower than was configured");
	expect_says(finding->lasting, "--conntrack-min");

	/* nobody's default, and no kube-proxy here: the file was read too early */
	n.facts.cores = 8;
	finding = expect_fires(&n, "conntrack_lowered", HARM_NEAR);
	cr_expect_eq(finding->confidence, CONFIDENCE_LIKELY);
	expect_says(finding->lasting, "/etc/modules-load.d");
	cr_expect_null(strstr(finding->lasting, "kube-proxy"));
	/* with flags of its own */
	n.facts.kube_proxy = (struct kube_proxy){ .running = true, .pid = 9, .set = true,
						  .max_per_core = 65536, .min = 131072 };
	finding = expect_fires(&n, "conntrack_lowered", HARM_NEAR);
	cr_expect_eq(finding->confidence, CONFIDENCE_CERTAIN);
	expect_says(finding->evidence, "kube-proxy (pid 9) sets on 8 CPUs with maxPerCore 65536");
	/* raised to what was configured, at least */
	n.table.now.entries = n.table.now.max;
	expect_says(expect_fires(&n, "conntrack_full", HARM_LOSS)->now, "nf_conntrack_max=2310720");
	n.table.now.entries = 1000;
	n.facts.kube_proxy.running = false;
	n.facts.configured_max.value = 524288;
	expect_silent(&n, "conntrack_lowered", "at the configured limit");

	n.facts.configured_max.value = 0;
	n.change = (struct sysctl_change){ .name = "net.netfilter.nf_conntrack_max",
					   .old_value = "2310720", .new_value = "524288",
					   .pid = 77, .comm = "kube-proxy" };
	n.facts.settings = (struct settings_found){ .changes = &n.change, .count = 1 };
	finding = expect_fires(&n, "conntrack_lowered", HARM_NEAR);
	expect_says(finding->evidence, "2310720 until kube-proxy (pid 77) wrote 524288");
	expect_says(finding->title, "somebody lowered");
	n.change.seen_by = SYSCTL_SEEN_VALUE;
	expect_says(expect_fires(&n, "conntrack_lowered", HARM_NEAR)->evidence,
		    "2310720, then 524288; by whom is not known");
	n.change.seen_by = SYSCTL_SEEN_WRITE;
	/* in steps, the first of which is the one to be undone */
	steps[0] = steps[1] = n.change;
	strcpy(steps[0].new_value, "1000000");
	strcpy(steps[1].old_value, "1000000");
	n.facts.settings = (struct settings_found){ .changes = steps, .count = 2 };
	finding = expect_fires(&n, "conntrack_lowered", HARM_NEAR);
	expect_says(finding->evidence, "2310720 until kube-proxy (pid 77) wrote 1000000");
	expect_says(finding->now, "nf_conntrack_max=2310720");
	n.facts.settings = (struct settings_found){ .changes = &n.change, .count = 1 };
	strcpy(n.change.old_value, "262144");
	expect_silent(&n, "conntrack_lowered", "when it was raised");
	strcpy(n.change.old_value, "2310720");
	strcpy(n.change.name, "net.core.somaxconn");
	expect_silent(&n, "conntrack_lowered", "for another setting");

	/* the cap of 1.36 */
	well(&n);
	n.facts.cores = 64;
	n.table.now.max = 1048576;
	n.table.now.buckets = 262144;
	n.facts.configured_max = (struct configured_facts){ 2310720, "/etc/sysctl.conf" };
	expect_says(expect_fires(&n, "conntrack_lowered", HARM_NEAR)->evidence, "at most 1048576");
}

Test(doctor_rules, kube_proxy_would_lower_it)
{
	const struct finding *finding;
	struct node n;

	well(&n);
	n.table.now.max = 2310720;
	n.table.now.buckets = 577680;
	n.facts.kube_proxy = (struct kube_proxy){ .running = true, .pid = 9, .max_per_core = 32768,
						  .min = 131072 };
	finding = expect_fires(&n, "kube_proxy", HARM_RISK);
	expect_says(finding->evidence, "sets 524288 on 16 CPUs");
	cr_expect_null(strstr(finding->evidence, "1.36"), "no cap is reached: %s", finding->evidence);
	expect_says(finding->lasting, "--conntrack-min=2310720");
	n.facts.kube_proxy.config_unread = true;
	cr_expect_eq(expect_fires(&n, "kube_proxy", HARM_RISK)->confidence, CONFIDENCE_POSSIBLE);
	n.facts.kube_proxy.min = 2310720;
	expect_silent(&n, "kube_proxy", "with that min");
	n.facts.kube_proxy.min = 131072;
	n.facts.kube_proxy.max_per_core = 0;
	expect_silent(&n, "kube_proxy", "when it leaves the limit alone");
	n.facts.kube_proxy.max_per_core = 32768;
	n.facts.kube_proxy.running = false;
	expect_silent(&n, "kube_proxy", "without kube-proxy");

	/* whose version is not known */
	n.facts.kube_proxy = (struct kube_proxy){ .running = true, .max_per_core = 32768,
						  .min = 131072 };
	n.facts.cores = 64;
	expect_says(expect_fires(&n, "kube_proxy", HARM_RISK)->evidence,
		    "sets 2097152 on 64 CPUs, from version 1.36 on 1048576");
	/* its own flags have no cap */
	n.facts.kube_proxy.set = true;
	cr_expect_null(strstr(expect_fires(&n, "kube_proxy", HARM_RISK)->evidence, "1.36"));
}

/* Where to change it depends on who runs it. */
Test(doctor_rules, kube_proxy_of_each_distribution)
{
	static const struct {
		struct kube_proxy proxy;
		const char *name, *lasting;
	} cases[] = {
		{ { .kind = KUBE_PROXY_PLAIN }, "kube-proxy", "conntrack.min: 2310720" },
		{ { .kind = KUBE_PROXY_KUBEADM, .config = "/var/lib/kube-proxy/config.conf" },
		  "kube-proxy", "in ConfigMap kube-proxy of namespace kube-system" },
		{ { .kind = KUBE_PROXY_K3S, .embedded = true }, "k3s",
		  "[\"conntrack-min=2310720\"] in /etc/rancher/k3s/config.yaml, then systemctl restart k3s;" },
		{ { .kind = KUBE_PROXY_K3S, .embedded = true, .agent = true }, "k3s",
		  "systemctl restart k3s-agent;" },
		{ { .kind = KUBE_PROXY_K3S, .embedded = true, .config = "/etc/kp.yaml" }, "k3s",
		  "conntrack.min: 2310720 in /etc/kp.yaml" },
		{ { .kind = KUBE_PROXY_RKE2, .embedded = true }, "rke2",
		  "/etc/rancher/rke2/config.yaml, then systemctl restart rke2-server;" },
		{ { .kind = KUBE_PROXY_RKE2, .agent = true }, "kube-proxy", "systemctl restart rke2-agent;" },
		{ { .kind = KUBE_PROXY_MICROK8S, .embedded = true }, "kubelite",
		  "--conntrack-min=2310720 in /var/snap/microk8s/current/args/kube-proxy, then snap "
		  "restart microk8s.daemon-kubelite;" },
	};
	const struct finding *finding;
	struct kube_proxy *proxy;
	struct node n;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		well(&n);
		n.table.now.max = 2310720;
		n.table.now.buckets = 577680;
		proxy = &n.facts.kube_proxy;
		*proxy = cases[i].proxy;
		proxy->running = true;
		proxy->pid = 9;
		proxy->max_per_core = 32768;
		proxy->min = 131072;
		finding = expect_fires(&n, "kube_proxy", HARM_RISK);
		cr_expect_eq(finding->confidence, CONFIDENCE_LIKELY, "%zu", i);
		expect_says(finding->title, cases[i].name);
		expect_says(finding->lasting, cases[i].lasting);
		proxy->hidden = true;
		finding = expect_fires(&n, "kube_proxy", HARM_RISK);
		cr_expect_eq(finding->confidence, CONFIDENCE_POSSIBLE, "%zu", i);
		expect_says(finding->evidence, "its command line, which it hides");
		/* the whole of each advice */
		n.table.now.entries = n.table.now.max;
		n.facts.configured_max = (struct configured_facts){ 9000000, "/etc/sysctl.conf" };
		expect_says(expect_fires(&n, "conntrack_full", HARM_LOSS)->lasting,
			    "in /etc/sysctl.d/90-conntrack.conf");
		expect_says(expect_fires(&n, "conntrack_lowered", HARM_NEAR)->lasting,
			    "to leave the limit alone");
		/* one that leaves it alone is not who to ask */
		proxy->max_per_core = 0;
		expect_says(expect_fires(&n, "conntrack_full", HARM_LOSS)->lasting, "modules-load.d");
		expect_silent(&n, "kube_proxy", "when it sets nothing");
	}
}

Test(doctor_rules, tables_of_their_own)
{
	const struct finding *finding;
	struct node n;

	well(&n);
	n.table.now.buckets = 131071;
	finding = expect_fires(&n, "conntrack_buckets", HARM_RISK);
	expect_says(finding->now, "echo 131072 >");
	n.table.now.buckets = 131072;
	n.table.moved[CT_STAT_CHAINTOOLONG] = 3;
	finding = expect_fires(&n, "conntrack_buckets", HARM_LOSS);
	cr_expect_eq(finding->lost, 3);
	expect_says(finding->now, "echo 262144 >");
	expect_says(finding->evidence, "shared by the tables of all namespaces");
	/* a bucket for each entry, as newer kernels have: never advised to have fewer */
	n.table.now.buckets = n.table.now.max;
	expect_says(expect_fires(&n, "conntrack_buckets", HARM_LOSS)->now, "echo 1048576 >");

	well(&n);
	n.table.moved[CT_STAT_EARLY_DROP] = 1;
	expect_says(expect_fires(&n, "early_drop", HARM_LOSS)->evidence, "evicted 1 entry in");
	n.table.moved[CT_STAT_EARLY_DROP] = 0;
	expect_silent(&n, "early_drop", "without evictions");

	well(&n);
	n.facts.arp.entries = 922;
	finding = expect_fires(&n, "neighbour_table", HARM_NEAR);
	expect_says(finding->now, "net.ipv4.neigh.default.gc_thresh3=8192");
	cr_expect_eq(finding->confidence, CONFIDENCE_POSSIBLE, "permanent ones may be most of them");
	n.facts.arp.entries = 921;
	expect_silent(&n, "neighbour_table", "below nine tenths");
	n.facts.ndisc.entries = 1024;
	expect_says(expect_fires(&n, "neighbour_table", HARM_NEAR)->now, "net.ipv6.neigh");

	well(&n);
	count(&n, "softnet.time_squeeze", 100);
	expect_fires(&n, "softnet_backlog", HARM_SLOW);
	n.counters[0].value = 99;
	expect_silent(&n, "softnet_backlog", "for a few squeezes");
}

Test(doctor_rules, the_worst_first)
{
	struct node n;

	well(&n);
	lose(&n, "mtu", 7);
	lose(&n, "dns_race", 70);
	n.facts.arp.entries = 1000;
	n.table.now.buckets = 1000;
	cr_assert_eq(rules__apply(&n.facts, n.tallies, n.findings), 4);
	cr_expect_str_eq(n.findings[0].rule->id, "dns_race");
	cr_expect_str_eq(n.findings[1].rule->id, "mtu");
	cr_expect_str_eq(n.findings[2].rule->id, "neighbour_table");
	cr_expect_str_eq(n.findings[3].rule->id, "conntrack_buckets");
	/* and what is no trouble behind all that, however much it is */
	lose(&n, "refused", 7000);
	cr_assert_eq(rules__apply(&n.facts, n.tallies, n.findings), 5);
	cr_expect_str_eq(n.findings[4].rule->id, "refused");
	cr_expect_eq(rules__troubles(n.findings, 5), 4);
	cr_expect_eq(rules__troubles(n.findings, 4), 4);
	cr_expect_eq(rules__troubles(n.findings + 4, 1), 0);
	cr_expect_eq(rules__troubles(n.findings, 0), 0);
}

/* Who is answered knows: a note, of which nothing was lost. */
Test(doctor_rules, refused_is_no_loss)
{
	const struct finding *finding;
	struct node n;

	well(&n);
	lose(&n, "refused", 7);
	finding = expect_fires(&n, "refused", HARM_NOTE);
	cr_expect_eq(finding->lost, 0);
	expect_says(finding->evidence, "7 packets refused in 10 s: shop/web");
}

/* Which drops concern which rule, and only that. */
Test(doctor_rules, drops_find_their_rule)
{
	static const struct who empty = { .kind = WHO_SERVICE, .name = "s", .backends = 0 };
	static const struct who full = { .kind = WHO_SERVICE, .name = "s", .backends = 1 };
	static const struct who unknown = { .kind = WHO_SERVICE, .name = "s", .backends = -1 };
	static const struct {
		unsigned int cause;
		const char *reason;
		__u16 dport;
		__u8 l4_proto;
		const struct who *service;
		const char *id;	/* NULL: none */
	} cases[] = {
		{ CAUSE_CT_TABLE_FULL, "NETFILTER_DROP", 53, IPPROTO_UDP, NULL, "conntrack_full" },
		{ CAUSE_CT_CHAIN_TOO_LONG, "NETFILTER_DROP", 53, IPPROTO_UDP, NULL, "conntrack_buckets" },
		{ CAUSE_CT_INSERT_FAILED, "NETFILTER_DROP", 53, IPPROTO_UDP, NULL, "dns_race" },
		{ CAUSE_CT_INSERT_FAILED, "NETFILTER_DROP", 53, IPPROTO_TCP, NULL, "snat_ports" },
		{ CAUSE_CT_INSERT_FAILED, "NETFILTER_DROP", 54, IPPROTO_UDP, NULL, "snat_ports" },
		{ CAUSE_NFT_RULE, "NETFILTER_DROP", 80, IPPROTO_TCP, &full, "rule_drops" },
		{ CAUSE_NF_RULE, "NETFILTER_DROP", 80, IPPROTO_TCP, &unknown, "rule_drops" },
		{ CAUSE_XTABLES_RULE, "NETFILTER_DROP", 80, IPPROTO_TCP, NULL, "rule_drops" },
		{ CAUSE_NFT_RULE, "NETFILTER_DROP", 80, IPPROTO_TCP, &empty, "no_endpoints" },
		{ CAUSE_NONE, "IP_RPFILTER", 80, IPPROTO_TCP, NULL, "rp_filter" },
		{ CAUSE_NONE, "PKT_TOO_BIG", 80, IPPROTO_TCP, NULL, "mtu" },
		{ CAUSE_NONE, "TCP_LISTEN_OVERFLOW", 80, IPPROTO_TCP, NULL, "listen_backlog" },
		{ CAUSE_NONE, "SOCKET_RCVBUFF", 80, IPPROTO_UDP, NULL, "socket_buffers" },
		{ CAUSE_NONE, "NEIGH_CREATEFAIL", 80, IPPROTO_UDP, NULL, "neighbour_table" },
		{ CAUSE_NONE, "CPU_BACKLOG", 80, IPPROTO_UDP, NULL, "softnet_backlog" },
		{ CAUSE_NONE, "QDISC_DROP", 80, IPPROTO_UDP, NULL, "qdisc" },
		{ CAUSE_NONE, "NO_SOCKET", 80, IPPROTO_UDP, NULL, "refused" },
		{ CAUSE_NONE, "NO_SOCKET", 80, IPPROTO_TCP, &full, "refused" },
		{ CAUSE_NONE, "NO_SOCKET", 80, IPPROTO_UDPLITE, NULL, "refused" },
		{ CAUSE_NONE, "NO_SOCKET", 80, IPPROTO_UDP, &empty, "no_endpoints" },
		/* what the kernel sends no answer to */
		{ CAUSE_NONE, "NO_SOCKET", 80, IPPROTO_SCTP, NULL, "other_drops" },
		{ CAUSE_NONE, "UDP_CSUM", 80, IPPROTO_UDP, NULL, "other_drops" },
		{ CAUSE_NONE, NULL, 80, IPPROTO_UDP, NULL, "other_drops" },
	};
	size_t i, k;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop drop = sample_udp();
		const struct drop_evidence evidence = { &drop, cases[i].service };

		drop.rec.cause = (__u8)cases[i].cause;
		drop.reason = cases[i].reason;
		drop.rec.tuple.dport_be = htons(cases[i].dport);
		drop.rec.tuple.l4_proto = cases[i].l4_proto;
		for (k = 0; k < rule_count; k++) {
			bool expected = cases[i].id && !strcmp(rules[k].id, cases[i].id);

			if (rules[k].concerns)
				cr_expect_eq(rules[k].concerns(&evidence), expected, "case %zu: %s",
					     i, rules[k].id);
			else
				cr_expect_not(expected);
		}
	}
}

/* No answer is due to a reset, nor to the answer to a ping. */
Test(doctor_rules, missed_by_nobody)
{
	static const struct {
		const char *reason;
		__u8 l4_proto, tcp_flags, icmp_type;
		const char *id;	/* NULL: none */
	} cases[] = {
		{ "NO_SOCKET", IPPROTO_TCP, 0x02, 0, "refused" },	/* SYN */
		{ "NO_SOCKET", IPPROTO_TCP, 0x11, 0, "refused" },	/* FIN, ACK */
		{ "NO_SOCKET", IPPROTO_TCP, 0x04, 0, NULL },		/* RST */
		{ "NO_SOCKET", IPPROTO_TCP, 0x14, 0, NULL },
		{ "TCP_RESET", IPPROTO_TCP, 0x04, 0, "other_drops" },
		{ "NO_SOCKET", IPPROTO_ICMP, 0, 0, NULL },
		{ "NO_SOCKET", IPPROTO_ICMP, 0, 8, "other_drops" },
		{ "NO_SOCKET", IPPROTO_ICMPV6, 0, 129, NULL },
		{ "NO_SOCKET", IPPROTO_ICMPV6, 0, 128, "other_drops" },
		{ "IP_INHDR", IPPROTO_ICMP, 0, 0, "other_drops" },
	};
	size_t i, k;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop drop = sample_udp();
		const struct drop_evidence evidence = { &drop, NULL };

		drop.rec.cause = CAUSE_NONE;
		drop.rec.flags |= DROP_F_L4;
		drop.reason = cases[i].reason;
		drop.rec.tuple.l4_proto = cases[i].l4_proto;
		drop.rec.tcp_flags = cases[i].tcp_flags;
		drop.rec.icmp_type = cases[i].icmp_type;
		for (k = 0; k < rule_count; k++)
			if (rules[k].concerns)
				cr_expect_eq(rules[k].concerns(&evidence),
					     cases[i].id && !strcmp(rules[k].id, cases[i].id),
					     "case %zu: %s", i, rules[k].id);
	}
}
