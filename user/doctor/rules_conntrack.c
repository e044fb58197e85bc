/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What goes wrong in connection tracking.
 */
#include <math.h>
#include <netinet/in.h>
#include <string.h>

#include "user/doctor/rules.h"
#include "user/number.h"

#define NEARLY_FULL	 0.20 /* headroom below which it is to be told */
#define BUCKETS_PER_MAX	 4 /* entries a hash chain may have: kube-proxy's and older kernels' own ratio */
#define LONG_TIME_S	 86400
#define DNS_PORT	 53

static double percent_used(const struct conntrack_table *t)
{
	return t->max ? 100.0 * t->entries / t->max : 0;
}

static void say_use(const struct table_facts *t, struct finding *out)
{
	SAY(out->evidence, "in %s %u of %u %s in use", t->netns_name ? t->netns_name : "a namespace",
	    t->now.entries, t->now.max, number__form(t->now.max, "entry is", "entries are"));
}

static void say_lasting_limit(__u64 wanted, struct finding *out)
{
	SAY(out->lasting, "net.netfilter.nf_conntrack_max = %llu in /etc/sysctl.d/90-conntrack.conf; "
			  "nf_conntrack in /etc/modules-load.d, so that the setting exists at boot",
	    wanted);
}

/* The change from the highest value that the limit had during the run; NULL: it has that now. */
static const struct sysctl_change *lowered(const struct facts *f, __u64 now)
{
	const struct sysctl_change *found = NULL;
	__u64 highest = now, old;
	size_t i;

	for (i = 0; i < f->settings.count; i++) {
		const struct sysctl_change *change = &f->settings.changes[i];

		if (strcmp(change->name, "net.netfilter.nf_conntrack_max") &&
		    strcmp(change->name, "net.nf_conntrack_max"))
			continue;
		old = strtoull(change->old_value, NULL, 10);
		if (old > highest) {
			highest = old;
			found = change;
		}
	}
	return found;
}

/* The highest value that the limit had during the run. */
static __u64 highest_seen(const struct facts *f, __u64 now)
{
	const struct sysctl_change *change = lowered(f, now);

	return change ? strtoull(change->old_value, NULL, 10) : now;
}

/* Where whoever runs kube-proxy keeps what it sets, and what has it read that again. */
static void say_kube_proxy_min(const struct kube_proxy *proxy, __u64 min, struct finding *out)
{
	bool rke2 = proxy->kind == KUBE_PROXY_RKE2;

	if (proxy->kind >= KUBE_PROXY_K3S && *proxy->config && !proxy->config_unread)
		SAY(out->lasting, "conntrack.min: %llu in %s, which it is given for kube-proxy", min,
		    proxy->config);
	else if (rke2 || proxy->kind == KUBE_PROXY_K3S)
		SAY(out->lasting, "kube-proxy-arg: [\"conntrack-min=%llu\"] in "
				  "/etc/rancher/%s/config.yaml, then systemctl restart %s%s",
		    min, rke2 ? "rke2" : "k3s", rke2 ? "rke2" : "k3s",
		    proxy->agent ? "-agent" : rke2 ? "-server" : "");
	else if (proxy->kind == KUBE_PROXY_MICROK8S)
		SAY(out->lasting, "--conntrack-min=%llu in /var/snap/microk8s/current/args/kube-proxy, "
				  "then snap restart microk8s.daemon-kubelite",
		    min);
	else
		SAY(out->lasting, "in its configuration conntrack.min: %llu (flag --conntrack-min=%llu)",
		    min, min);
	if (proxy->kind == KUBE_PROXY_KUBEADM)
		SAY(out->lasting, ", with kubeadm in ConfigMap kube-proxy of namespace kube-system, then "
				  "kubectl -n kube-system rollout restart daemonset kube-proxy");
	SAY(out->lasting, "; or maxPerCore 0 (conntrack-max-per-core=0) there");
}

/* Twice the limit or the entries, or what was configured, whatever is most; in kube-proxy's terms too. */
static void say_raise(const struct facts *f, const struct conntrack_table *t, struct finding *out)
{
	__u64 wanted = 2ULL * (t->entries > t->max ? t->entries : t->max);

	if (f->configured_max.value > wanted)
		wanted = f->configured_max.value;
	/* what it was before somebody lowered it held until then */
	wanted = most(wanted, highest_seen(f, t->max));

	SAY(out->now, "sysctl -w net.netfilter.nf_conntrack_max=%llu", wanted);
	if (t->buckets && wanted / BUCKETS_PER_MAX > t->buckets)
		SAY(out->now, "; echo %llu > /sys/module/nf_conntrack/parameters/hashsize",
		    wanted / BUCKETS_PER_MAX);
	if (!kube_proxy__sets(&f->kube_proxy)) {
		say_lasting_limit(wanted, out);
		return;
	}
	SAY(out->lasting, "%s sets it again when it starts: ", kube_proxy__name(&f->kube_proxy));
	say_kube_proxy_min(&f->kube_proxy, wanted, out);
	SAY(out->lasting, " and net.netfilter.nf_conntrack_max = %llu in "
			  "/etc/sysctl.d/90-conntrack.conf",
	    wanted);
}

bool rule_ct_full__concerns(const struct drop_evidence *e)
{
	return e->drop->rec.cause == CAUSE_CT_TABLE_FULL;
}

bool rule_ct_full__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	const struct table_facts *t = facts__fullest_table(f);
	double headroom = t ? conntrack_table__headroom(&t->now) : 1;

	if (!tally->count && headroom > 0.001)
		return false;
	out->harm = HARM_LOSS;
	out->confidence = CONFIDENCE_CERTAIN;
	out->lost = tally->count;
	SAY(out->title, "the conntrack table is full: new connections are dropped");
	if (tally->count)
		SAY(out->evidence, "%llu packet%s dropped by that in %.0f s", tally->count,
		    number__form(tally->count, "", "s"), f->seconds);
	finding__where(out, tally, ", of ");
	if (t) {
		if (*out->evidence)
			SAY(out->evidence, "; ");
		/* it drained, its namespace went, or the limit was raised: no evidence against it */
		if (headroom > 0.001)
			SAY(out->evidence, "no table is full any more: ");
		say_use(t, out);
		say_raise(f, &t->now, out);
	}
	SAY(out->now, "%sdropwhy conntrack --by pod,service,state shows who fills it",
	    *out->now ? "; " : "");
	return true;
}

bool rule_ct_nearly_full__check(const struct facts *f, const struct tally *tally,
				struct finding *out)
{
	const struct table_facts *t = facts__fullest_table(f);
	double headroom;

	(void)tally;
	if (!t)
		return false;
	headroom = conntrack_table__headroom(&t->now);
	if (headroom <= 0.001 || headroom > NEARLY_FULL)
		return false;
	out->harm = HARM_NEAR;
	out->confidence = CONFIDENCE_CERTAIN;
	SAY(out->title, "the conntrack table is %.0f%% full", percent_used(&t->now));
	say_use(t, out);
	SAY(out->evidence, ", %+.0f a second", t->pace.growth);
	if (t->pace.seconds > 0 && t->pace.full_in_s >= 0 && t->pace.full_in_s < LONG_TIME_S)
		SAY(out->evidence, ": full in %.0f s at that pace", t->pace.full_in_s);
	say_raise(f, &t->now, out);
	return true;
}

/* What kube-proxy sets with its defaults; versions from 1.36 on stop at a cap. */
static bool is_kube_proxy_default(__u64 max, unsigned int cores)
{
	__u64 limit = kube_proxy__limit(KUBE_PROXY_MAX_PER_CORE, KUBE_PROXY_MIN, cores);

	return max == limit || (limit > KUBE_PROXY_CAP && max == KUBE_PROXY_CAP);
}

/* What the one that runs here sets with its own flags and file. */
static bool is_kube_proxy_setting(const struct facts *f, __u64 max)
{
	const struct kube_proxy *proxy = &f->kube_proxy;

	return proxy->running && proxy->set && !proxy->config_unread &&
	       max == kube_proxy__limit(proxy->max_per_core, proxy->min, f->cores);
}

bool rule_ct_lowered__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	const struct table_facts *host = facts__host_table(f);
	__u64 max = host ? host->now.max : 0;
	const struct sysctl_change *change = max ? lowered(f, max) : NULL;
	bool by_file = max && f->configured_max.value > max;
	bool as_kube_proxy = max && is_kube_proxy_default(max, f->cores);
	bool as_this_one = max && is_kube_proxy_setting(f, max);
	__u64 wanted;

	(void)tally;
	if (!change && !by_file)
		return false;
	wanted = by_file ? f->configured_max.value : strtoull(change->old_value, NULL, 10);
	out->harm = HARM_NEAR;
	out->confidence = change || as_kube_proxy || as_this_one ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
	if (change)
		SAY(out->title, "somebody lowered conntrack's limit to %llu", max);
	else
		SAY(out->title, "conntrack's limit of %llu is lower than was configured", max);
	if (by_file)
		SAY(out->evidence, "%s says %llu", f->configured_max.path,
		    f->configured_max.value);
	if (change && change->seen_by == SYSCTL_SEEN_VALUE)
		SAY(out->evidence, "%sit was %s, then %s; by whom is not known", by_file ? "; " : "",
		    change->old_value, change->new_value);
	else if (change)
		SAY(out->evidence, "%sit was %s until %s (pid %u%s%s) wrote %s",
		    by_file ? "; " : "", change->old_value,
		    *change->comm ? change->comm : "somebody", change->pid,
		    *change->pod || *change->unit ? ", " : "",
		    *change->pod ? change->pod : change->unit, change->new_value);
	if (as_this_one)
		SAY(out->evidence, "; %llu is what %s (pid %d) sets on %u CPUs with maxPerCore %llu "
				   "and min %llu",
		    max, kube_proxy__name(&f->kube_proxy), f->kube_proxy.pid, f->cores,
		    f->kube_proxy.max_per_core, f->kube_proxy.min);
	else if (as_kube_proxy)
		SAY(out->evidence, "; %llu is what kube-proxy sets by default on %u CPUs: "
				   "max(32768 x CPUs, 131072)%s",
		    max, f->cores, max == KUBE_PROXY_CAP ? ", at most 1048576" : "");
	SAY(out->now, "sysctl -w net.netfilter.nf_conntrack_max=%llu", wanted);
	if (kube_proxy__sets(&f->kube_proxy)) {
		SAY(out->lasting, "%s: ", kube_proxy__name(&f->kube_proxy));
		say_kube_proxy_min(&f->kube_proxy, wanted, out);
		SAY(out->lasting, " to leave the limit alone");
	} else if (as_kube_proxy) {
		SAY(out->lasting, "kube-proxy: conntrack.min (--conntrack-min) at least that value, or "
				  "maxPerCore: 0 (--conntrack-max-per-core=0) to leave the limit alone");
	} else {
		say_lasting_limit(wanted, out);
	}
	return true;
}

bool rule_kube_proxy__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	const struct table_facts *host = facts__host_table(f);
	const struct kube_proxy *proxy = &f->kube_proxy;
	__u64 limit = kube_proxy__limit(proxy->max_per_core, proxy->min, f->cores);

	(void)tally;
	if (!proxy->running || !host || !host->now.max || !limit || limit >= host->now.max)
		return false;
	out->harm = HARM_RISK;
	out->confidence = proxy->config_unread || proxy->hidden ? CONFIDENCE_POSSIBLE :
								  CONFIDENCE_LIKELY;
	SAY(out->title, "%s would lower conntrack's limit at its next start",
	    kube_proxy__name(proxy));
	SAY(out->evidence, "the limit is %u; %s (pid %d) with maxPerCore %llu and min %llu sets %llu "
			   "on %u CPUs",
	    host->now.max, kube_proxy__name(proxy), proxy->pid, proxy->max_per_core, proxy->min,
	    limit, f->cores);
	/* k3s and RKE2 have code of their own */
	if (limit > KUBE_PROXY_CAP && !proxy->set &&
	    (!proxy->embedded || proxy->kind == KUBE_PROXY_MICROK8S))
		SAY(out->evidence, ", from version 1.36 on 1048576");
	if (proxy->config_unread && *proxy->config)
		SAY(out->evidence, "; its file %s could not be read: its defaults are assumed",
		    proxy->config);
	else if (proxy->config_unread)
		SAY(out->evidence, "; not all of its flags are understood");
	if (proxy->hidden)
		SAY(out->evidence, "; its command line, which it hides, may say otherwise");
	say_kube_proxy_min(proxy, host->now.max, out);
	return true;
}

bool rule_ct_buckets__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	const struct table_facts *host = facts__host_table(f);
	__u64 buckets = host ? host->now.buckets : 0;
	__u64 wanted = host ? host->now.max / BUCKETS_PER_MAX : 0;
	bool few = buckets && host->now.max > BUCKETS_PER_MAX * buckets;

	out->lost = most(tally->count, facts__stat(f, CT_STAT_CHAINTOOLONG));
	if (!out->lost && !few)
		return false;
	out->harm = out->lost ? HARM_LOSS : HARM_RISK;
	out->confidence = CONFIDENCE_CERTAIN;
	SAY(out->title, few ? "conntrack has too few hash buckets for its limit" :
			      "conntrack's hash chains grow too long");
	if (few)
		SAY(out->evidence, "%llu buckets for up to %u entries: chains of %.0f; ", buckets,
		    host->now.max, (double)host->now.max / buckets);
	else if (buckets)
		SAY(out->evidence, "%llu buckets, shared by the tables of all namespaces; ", buckets);
	SAY(out->evidence, "%llu packet%s dropped by a chain that was too long", out->lost,
	    number__form(out->lost, "", "s"));
	finding__where(out, tally, ", of ");
	/* never fewer than there are */
	if (out->lost)
		wanted = most(wanted, 2 * buckets);
	if (wanted) {
		SAY(out->now, "echo %llu > /sys/module/nf_conntrack/parameters/hashsize", wanted);
		SAY(out->lasting, "options nf_conntrack hashsize=%llu in "
				  "/etc/modprobe.d/conntrack.conf", wanted);
	}
	return true;
}

/* The packet's own ports may be those behind NAT. */
static bool is_dns(const struct drop *drop)
{
	const __u16 port_be = htons(DNS_PORT);

	return drop->rec.tuple.l4_proto == IPPROTO_UDP &&
	       (drop->rec.tuple.dport_be == port_be ||
		(drop->rec.sections & DROP_SECTION_CT && drop->ct.orig.dport_be == port_be));
}

/* Its answers come to another address: it is SNAT that found no port. */
static bool is_snat(const struct drop *drop)
{
	return drop->rec.sections & DROP_SECTION_CT &&
	       drop->ct.orig.ip_version == drop->ct.reply.ip_version &&
	       memcmp(drop->ct.orig.saddr, drop->ct.reply.daddr, sizeof(drop->ct.orig.saddr)) != 0;
}

bool rule_dns_race__concerns(const struct drop_evidence *e)
{
	return e->drop->rec.cause == CAUSE_CT_INSERT_FAILED && is_dns(e->drop) && !is_snat(e->drop);
}

bool rule_dns_race__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	if (!tally->count)
		return false;
	finding__loss(out, f, tally->count,
		      "DNS queries lose a race in conntrack: look-ups hang for 5 seconds",
		      "UDP packet", "to port 53 could not be inserted");
	out->confidence = CONFIDENCE_LIKELY;
	finding__where(out, tally, ", of ");
	SAY(out->now, "in the pods' spec dnsConfig.options: single-request-reopen (glibc), or "
		      "use-vc to ask by TCP");
	SAY(out->lasting, "NodeLocal DNSCache, whose queries are exempt from conntrack (NOTRACK); "
			  "fewer queries with ndots:1 and names that end in a dot");
	return true;
}

bool rule_snat_ports__concerns(const struct drop_evidence *e)
{
	return e->drop->rec.cause == CAUSE_CT_INSERT_FAILED && !rule_dns_race__concerns(e);
}

bool rule_snat_ports__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	if (!tally->count)
		return false;
	finding__loss(out, f, tally->count,
		      "SNAT finds no free source port towards some destination",
		      "packet", "whose translated flow was taken already");
	out->confidence = CONFIDENCE_LIKELY;
	finding__where(out, tally, ", of ");
	SAY(out->now, "dropwhy trace --cause ct_insert_failed shows who holds the port (lost-to=); "
		      "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_time_wait=30");
	SAY(out->lasting, "more source addresses for SNAT, a wider port range in the rule, "
			  "--random-fully (kube-proxy and most CNI plugins have it), and clients "
			  "that keep connections open");
	return true;
}

bool rule_early_drop__check(const struct facts *f, const struct tally *tally, struct finding *out)
{
	__u64 evicted = facts__stat(f, CT_STAT_EARLY_DROP);
	const struct table_facts *t = facts__fullest_table(f);

	(void)tally;
	if (!evicted)
		return false;
	out->harm = HARM_LOSS;
	out->confidence = CONFIDENCE_CERTAIN;
	SAY(out->title, "conntrack evicts flows that are under way to make room");
	SAY(out->evidence, "early_drop evicted %llu %s in %.0f s", evicted,
	    number__form(evicted, "entry", "entries"), f->seconds);
	if (t) {
		SAY(out->evidence, "; ");
		say_use(t, out);
		say_raise(f, &t->now, out);
	}
	return true;
}
