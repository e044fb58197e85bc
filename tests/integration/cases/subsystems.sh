# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Reasons that belong to a subsystem, whose names are in its module's types.

ovs_pair() {
	[ "$DROPWHY" != none ] || skip "DROPWHY=none"
	pair
}

ovs_drops() {
	# it makes conntrack look at the packets of every namespace from then on
	[ "${THROWAWAY:-0}" != 1 ] || modprobe -q openvswitch || :
	has in_ns b "$TOOLS/ovs_drop" ovs0 veth0 || skip "no openvswitch"
	grep -qs ovs_drop_reason /sys/kernel/btf/openvswitch || skip "openvswitch has no reasons of its own"
}

# In a guest its module is loaded while dropwhy traces already.
case_ovs_reason() {
	ovs_pair
	[ "${THROWAWAY:-0}" != 1 ] || ! grep -q '^openvswitch ' /proc/modules || modprobe -r openvswitch
	trace_ns b
	ovs_drops
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 30
	trace_stop
	assert_drops 30 reason=OVS_DROP_LAST_ACTION proto=udp src=10.9.0.1 sport=4000 dst=10.9.0.2 dport=53 \
		netns="$(ns_inode b)" iface=veth0
	assert_only 30
	assert_summary 'reasons[reason=OVS_DROP_LAST_ACTION].seen' "$(drops)"
}

case_ovs_reason_filter() {
	ovs_pair
	ovs_drops
	kfree_start NO_SOCKET
	trace_ns a,b --reason 'ovs_*'
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.2 --dport 53 --count 30
	send a traffic udp --from 10.9.0.1 --sport 4000 --to 10.9.0.1 --dport 53 --count 20
	trace_stop
	assert_kfree 20
	assert_drops 30 reason=OVS_DROP_LAST_ACTION src=10.9.0.1 dst=10.9.0.2
	assert_only 30
}
