/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a drop's numbers are called, and which of its fields may be believed.
 */
#include "user/drop.h"
#include "user/flow.h"

static const char *const cause_names[__CAUSE_MAX] = {
	[CAUSE_NONE] = "",
	[CAUSE_CT_TABLE_FULL] = "ct_table_full",
	[CAUSE_CT_INSERT_FAILED] = "ct_insert_failed",
	[CAUSE_CT_CHAIN_TOO_LONG] = "ct_chain_too_long",
	[CAUSE_CT_OTHER] = "ct_other",
	[CAUSE_NFT_RULE] = "nft_rule",
	[CAUSE_XTABLES_RULE] = "xtables_rule",
	[CAUSE_NF_RULE] = "nf_rule",
};

static const char *const ct_state_names[__CT_STATE_MAX] = {
	[CT_STATE_NONE] = "",
	[CT_STATE_NEW] = "new",
	[CT_STATE_ESTABLISHED] = "established",
	[CT_STATE_REPLY] = "reply",
	[CT_STATE_RELATED] = "related",
	[CT_STATE_UNTRACKED] = "untracked",
	[CT_STATE_INVALID] = "invalid",
};

const char *drop_cause__name(unsigned int cause)
{
	if (cause >= __CAUSE_MAX || !cause_names[cause])
		return "unknown";
	return cause_names[cause];
}

const char *drop_ct_state__name(unsigned int state)
{
	if (state >= __CT_STATE_MAX || !ct_state_names[state])
		return "unknown";
	return ct_state_names[state];
}

bool drop__is_eviction(const struct drop *drop)
{
	return drop->rec.hdr.type == RECORD_EVICTION;
}

bool drop__has_addresses(const struct drop *drop)
{
	return drop->rec.flags & (DROP_F_L3 | DROP_F_ARP) && drop->rec.tuple.ip_version;
}

bool drop__has_ports(const struct drop *drop)
{
	return drop__has_addresses(drop) && drop->rec.flags & DROP_F_L4 &&
	       flow__has_ports(drop->rec.tuple.l4_proto);
}
