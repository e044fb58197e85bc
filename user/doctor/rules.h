/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The functions of the table in rules.c.
 */
#ifndef DROPWHY_DOCTOR_RULES_H
#define DROPWHY_DOCTOR_RULES_H

#include <stdlib.h>

#include "user/doctor/finding.h"

/** @brief **RULE_CONCERNS()** declares which drops concern a rule: see struct rule. */
#define RULE_CONCERNS(name) bool rule_##name##__concerns(const struct drop_evidence *e)

/** @brief **RULE_CHECK()** declares when a rule fires: see struct rule. */
#define RULE_CHECK(name)                                                                           \
	bool rule_##name##__check(const struct facts *f, const struct tally *tally,                \
				  struct finding *out)

RULE_CONCERNS(ct_full);
RULE_CHECK(ct_full);
RULE_CHECK(ct_nearly_full);
RULE_CHECK(ct_lowered);
RULE_CHECK(kube_proxy);
RULE_CHECK(ct_buckets);
RULE_CONCERNS(dns_race);
RULE_CHECK(dns_race);
RULE_CONCERNS(snat_ports);
RULE_CHECK(snat_ports);
RULE_CHECK(early_drop);
RULE_CONCERNS(no_endpoints);
RULE_CHECK(no_endpoints);
RULE_CONCERNS(policy);
RULE_CHECK(policy);
RULE_CONCERNS(rp_filter);
RULE_CHECK(rp_filter);
RULE_CONCERNS(mtu);
RULE_CHECK(mtu);
RULE_CHECK(reassembly);
RULE_CONCERNS(listen);
RULE_CHECK(listen);
RULE_CONCERNS(socket_buffers);
RULE_CHECK(socket_buffers);
RULE_CONCERNS(neighbours);
RULE_CHECK(neighbours);
RULE_CONCERNS(softnet);
RULE_CHECK(softnet);
RULE_CHECK(nic_ring);
RULE_CHECK(instance_allowance);
RULE_CONCERNS(qdisc);
RULE_CHECK(qdisc);
RULE_CONCERNS(refused);
RULE_CHECK(refused);
RULE_CONCERNS(other);
RULE_CHECK(other);

#endif
