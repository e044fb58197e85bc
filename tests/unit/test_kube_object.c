/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is kept of pods, Services, slices and nodes; and that nothing is kept
 * of what is wrong.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "user/who/kube_object.h"

static void put(char *buf, size_t room, const char *what, const char *text)
{
	size_t len = strlen(buf);

	if (text)
		snprintf(buf + len, room - len, "%s%s=%s", len ? " " : "", what, text);
}

/* All that an object holds, as one text. */
static void describe(const struct kube_object *o, char *buf, size_t room)
{
	char text[128];
	const char *label = o->labels;
	__u32 i;

	buf[0] = '\0';
	put(buf, room, "name", o->name);
	put(buf, room, "ns", o->namespace);
	put(buf, room, "uid", o->uid);
	put(buf, room, "static", o->static_uid);
	put(buf, room, "node", o->node);
	put(buf, room, "workload", o->workload);
	put(buf, room, "service", o->service);
	for (i = 0; i < o->label_count; i++, label += strlen(label) + 1)
		put(buf, room, "label", label);
	for (i = 0; i < o->address_count; i++) {
		inet_ntop(o->addresses[i].ip_version == 4 ? AF_INET : AF_INET6, o->addresses[i].ip,
			  text, sizeof(text));
		put(buf, room, i + o->claim_count < o->address_count ? "ip" : "claim", text);
	}
	for (i = 0; i < o->port_count; i++) {
		snprintf(text, sizeof(text), "%u/%u/%u", ntohs(o->ports[i].port_be),
			 o->ports[i].l4_proto, ntohs(o->ports[i].node_port_be));
		put(buf, room, "port", text);
	}
	if (o->host_network)
		put(buf, room, "host", "yes");
}

#define META "'metadata':{'name':'n','namespace':'s'"

Test(kube_object, keeps_what_is_used)
{
	static const struct {
		enum kube_kind kind;
		const char *json; /* with ' for " */
		const char *text; /* NULL: -EBADMSG */
	} cases[] = {
		{ KUBE_POD, "{" META "}}", "name=n ns=s" },
		{ KUBE_POD,
		  "{" META ",'uid':'u','labels':{'app':'x'},'annotations':{'kubernetes.io/config.hash':'"
		  "0123456789abcdef0123456789abcdef'}},"
		  "'spec':{'nodeName':'w1'},'status':{'podIP':'10.0.0.1','podIPs':[{'ip':'10.0.0.1'},{'ip':"
		  "'2001:db8::1'}]}}",
		  "name=n ns=s uid=u static=0123456789abcdef0123456789abcdef "
		  "node=w1 label=app=x ip=10.0.0.1 ip=2001:db8::1" },
		/* no hash: another pod's UID; too short */
		{ KUBE_POD,
		  "{" META ",'uid':'u','annotations':{'kubernetes.io/config.hash':"
		  "'01234567-89ab-cdef-0123-456789abcdef'}}}", "name=n ns=s uid=u" },
		{ KUBE_POD, "{" META ",'annotations':{'kubernetes.io/config.hash':'0123'}}}", "name=n ns=s" },
		{ KUBE_POD, "{" META "},'status':{'phase':'Succeeded','podIP':'10.0.0.1'}}", "name=n ns=s" },
		{ KUBE_POD, "{" META "},'status':{'phase':'Failed','podIP':'10.0.0.1'}}", "name=n ns=s" },
		{ KUBE_POD, "{" META "},'spec':{'hostNetwork':true},'status':{'podIP':'10.0.0.1'}}",
		  "name=n ns=s host=yes" },
		/* several networks */
		{ KUBE_POD,
		  "{" META ",'annotations':{'k8s.v1.cni.cncf.io/network-status':"
		  "'[{\\'ips\\':[\\'10.0.0.1\\']},{\\'ips\\':[\\'10.9.0.1\\']}]'}},'status':{'podIP':'10.0.0.1'}}",
		  "name=n ns=s ip=10.0.0.1 claim=10.9.0.1" },
		/* the internet's are nobody's to claim */
		{ KUBE_POD,
		  "{" META ",'annotations':{'k8s.v1.cni.cncf.io/network-status':"
		  "'[{\\'ips\\':[\\'8.8.8.8\\',\\'2001:db8::1\\',\\'64:ff9b::808:808\\',\\'100.64.0.1\\',"
		  "\\'172.31.0.1\\',\\'192.168.0.1\\',\\'fd00::1\\']}]'}}}",
		  "name=n ns=s claim=100.64.0.1 claim=172.31.0.1 claim=192.168.0.1 claim=fd00::1" },
		{ KUBE_POD,
		  "{" META ",'annotations':{'k8s.v1.cni.cncf.io/network-status':"
		  "'[{\\'name\\':\\'\\\\u0000\\',\\'ips\\':[\\'10.9.0.1\\']}]'}}}",
		  "name=n ns=s claim=10.9.0.1" },
		{ KUBE_POD, "{" META ",'annotations':{'k8s.v1.cni.cncf.io/network-status':'[{'}}}",
		  "name=n ns=s" },
		/* owners */
		{ KUBE_POD,
		  "{" META ",'labels':{'pod-template-hash':'7d9f'},'ownerReferences':[{'kind':'ReplicaSet',"
		  "'name':'web-7d9f','controller':true}]}}",
		  "name=n ns=s workload=deployment/web label=pod-template-hash=7d9f" },
		{ KUBE_POD,
		  "{" META ",'labels':{'pod-template-hash':'7d9f'},'ownerReferences':[{'kind':'ReplicaSet',"
		  "'name':'web-7d9e','controller':true}]}}",
		  "name=n ns=s workload=replicaset/web-7d9e label=pod-template-hash=7d9f" },
		{ KUBE_POD,
		  "{" META ",'labels':{'rollouts-pod-template-hash':'7'},'ownerReferences':[{'kind':"
		  "'ReplicaSet','name':'web-7','controller':true}]}}",
		  "name=n ns=s workload=rollout/web label=rollouts-pod-template-hash=7" },
		{ KUBE_POD,
		  "{" META ",'ownerReferences':[{'kind':'A','name':'a'},{'kind':'StatefulSet','name':'db',"
		  "'controller':true}]}}",
		  "name=n ns=s workload=statefulset/db" },
		{ KUBE_POD,
		  "{" META ",'ownerReferences':[{'kind':'Node','name':'w1','controller':true}]}}",
		  "name=n ns=s" },
		{ KUBE_SERVICE,
		  "{" META "},'spec':{'clusterIP':'10.96.0.10','clusterIPs':['10.96.0.10','fd00::a'],"
		  "'externalIPs':['192.0.2.1'],'ports':[{'port':80,'nodePort':30080},{'port':53,'protocol':"
		  "'UDP'},{'port':9,'protocol':'X'},{'port':70000}]},'status':{'loadBalancer':{'ingress':[{"
		  "'ip':'198.51.100.7'},{'hostname':'lb'}]}}}",
		  "name=n ns=s ip=10.96.0.10 ip=fd00::a ip=192.0.2.1 ip=198.51.100.7 port=80/6/30080 "
		  "port=53/17/0" },
		{ KUBE_SERVICE, "{" META "},'spec':{'clusterIP':'None'}}", "name=n ns=s" },
		{ KUBE_SLICE,
		  "{'metadata':{'name':'n','namespace':'s','labels':{'kubernetes.io/service-name':'web'}},"
		  "'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1']},{'addresses':['10.0.0.2'],"
		  "'conditions':{'ready':false}},{'addresses':['10.0.0.3'],'conditions':{'ready':true}}]}",
		  "name=n ns=s service=web label=kubernetes.io/service-name=web ip=10.0.0.1 ip=10.0.0.3" },
		{ KUBE_SLICE,
		  "{" META "},'subsets':[{'addresses':[{'ip':'10.0.0.1'}],'notReadyAddresses':[{'ip':"
		  "'10.0.0.2'}]},{'addresses':[{'ip':'10.0.0.3'}]}]}",
		  "name=n ns=s service=n ip=10.0.0.1 ip=10.0.0.3" },
		{ KUBE_SLICE, "{" META "}}", "name=n ns=s service=n" },
		{ KUBE_NODE,
		  "{'metadata':{'name':'w1'},'status':{'addresses':[{'type':'InternalIP','address':"
		  "'192.0.2.9'},{'type':'Hostname','address':'w1'}]}}",
		  "name=w1 node=w1 ip=192.0.2.9" },
		/* nobody's alone */
		{ KUBE_POD, "{" META "},'status':{'podIP':'127.0.0.1'}}", "name=n ns=s" },
		/* wrong */
		{ KUBE_POD, "{'metadata':{'name':'n'}}", NULL },
		{ KUBE_POD, "{'metadata':{'namespace':'s'}}", NULL },
		{ KUBE_POD, "{'metadata':{'name':'','namespace':'s'}}", NULL },
		{ KUBE_POD, "{'metadata':{'name':7,'namespace':'s'}}", NULL },
		{ KUBE_POD, "[]", NULL },
		{ KUBE_POD, "{'metadata':[]}", NULL },
		{ KUBE_NODE, "{}", NULL },
		{ KUBE_POD,
		  "{" META ",'uid':[],'labels':7,'ownerReferences':{},'annotations':[]},'spec':'x',"
		  "'status':{'podIPs':[7,{},{'ip':{}}]}}",
		  "name=n ns=s" },
		{ KUBE_SERVICE, "{" META "},'spec':{'clusterIPs':{},'ports':[7,[]]},'status':[]}",
		  "name=n ns=s" },
		{ KUBE_SLICE, "{" META "},'addressType':'IPv4','endpoints':[7]}", "name=n ns=s" },
	};
	char json[2048], text[2048], *at;
	struct kube_object *object;
	json_t *value;
	size_t i;
	int err;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(json, sizeof(json), "%s", cases[i].json);
		for (at = json; *at; at++)
			*at = *at == '\'' ? '"' : *at;
		value = json_loads(json, 0, NULL);
		cr_assert_not_null(value, "%s", json);
		err = kube_object__from_json(cases[i].kind, value, true, &object);
		json_decref(value);
		cr_expect_eq(err, cases[i].text ? 0 : -EBADMSG, "%s: %d", json, err);
		if (err)
			continue;
		describe(object, text, sizeof(text));
		cr_expect_str_eq(text, cases[i].text ? cases[i].text : "");
		kube_object__free(object);
	}
}

Test(kube_object, long_names_and_lists_are_bounded)
{
	json_t *value = json_object(), *metadata = json_object(), *labels = json_object();
	json_t *status = json_object(), *ips = json_array();
	struct kube_object *object;
	char name[KUBE_NAME_MAX + 2];
	int i;

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	json_object_set_new(value, "metadata", metadata);
	json_object_set_new(metadata, "namespace", json_string("s"));
	json_object_set_new(metadata, "name", json_string(name));
	cr_expect_eq(kube_object__from_json(KUBE_POD, value, true, &object), -EBADMSG);
	json_object_set_new(metadata, "name", json_string(name + 1));
	json_object_set_new(metadata, "labels", labels);
	json_object_set_new(value, "status", status);
	json_object_set_new(status, "podIPs", ips);
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "10.1.%d.%d", i >> 8, i & 255);
		json_array_append_new(ips, json_pack("{s:s}", "ip", name));
		json_object_set_new(labels, name, json_string(name));
	}
	cr_assert_eq(kube_object__from_json(KUBE_POD, value, true, &object), 0);
	cr_expect_leq(object->address_count, ENDPOINTS_MAX);
	cr_expect_leq(object->label_count, FACTS_LABELS_MAX);
	cr_expect_lt(object->bytes, 64u << 10);
	kube_object__free(object);
	cr_assert_eq(kube_object__from_json(KUBE_POD, value, false, &object), 0);
	cr_expect_eq(object->label_count, 0);
	cr_expect_not(object->labels_known);
	kube_object__free(object);
	json_decref(value);
}
