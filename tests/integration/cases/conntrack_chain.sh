# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Hash chains that grew too long: a table that is not full, with too few buckets.

case_ct_chain_too_long() {
	router
	conntrack_on r forward
	set_global net/netfilter/nf_conntrack_max 200000
	set_global net/netfilter/nf_conntrack_buckets 512
	know r out0 10.8.2.9 s veth0	# nobody there
	kfree_start NETFILTER_DROP
	trace_ns r --fold 0	# each by itself, though there are more flows than a fold keeps apart
	send c traffic udp --from 10.8.1.2 --sport 20000 --to 10.8.2.9 --dport 1000 --dports 13000
	trace_stop
	lost=$(ct_stat r chaintoolong)
	assert_eq 13000 "$sent" sent
	[ "$lost" -gt 0 ] || skip "this kernel does not limit its hash chains"
	assert_eq $((13000 - lost)) "$(in_ns r conntrack -C)" "entries inserted"
	assert_kfree "$lost"
	assert_ct r 0 "$lost" "$lost"
	assert_drops "$lost" reason="$(reason NETFILTER_DROP)" cause=ct_chain_too_long ct_state=new proto=udp \
		src=10.8.1.2 sport=20000 dst=10.8.2.9 netns="$(ns_inode r)" location='nf_hook_slow+*'
	assert_only "$lost"
}
