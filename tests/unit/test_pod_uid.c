/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * UIDs and container ids in paths: what cgroup drivers and runtimes write, and
 * what only looks like it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/who/pod_uid.h"

#define UID_A	   "01234567-89ab-cdef-0123-456789abcdef"
#define UID_A_SYSD "01234567_89ab_cdef_0123_456789abcdef"
#define UID_B	   "fedcba98-7654-3210-fedc-ba9876543210"
#define UID_STATIC "0123456789abcdef0123456789abcdef"

Test(pod_uid, uid_from_cgroup)
{
	static const struct {
		const char *text;
		int err;
		const char *uid;
	} cases[] = {
		{ "0::/kubepods/besteffort/pod" UID_A "/0f1e\n", 0, UID_A },
		{ "0::/kubepods/pod" UID_A "\n", 0, UID_A },
		{ "0::/kubepods/pod" UID_A, 0, UID_A },
		{ "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_A_SYSD
		  ".slice/cri-containerd-0f1e.scope\n",
		  0, UID_A },
		{ "0::/kubepods.slice/kubepods-pod" UID_A_SYSD ".slice\n", 0, UID_A },
		{ "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
		  "kubelet-kubepods-burstable-pod" UID_A_SYSD ".slice/x.scope\n",
		  0, UID_A },
		{ "0::/docker/0f1e/kubelet/kubepods/besteffort/pod" UID_A "/x\n", 0, UID_A },
		{ "0::/kubepods/burstable/pod" UID_STATIC "/0f1e\n", 0, UID_STATIC },
		{ "0::/kubepods.slice/kubepods-pod" UID_STATIC ".slice/x\n", 0, UID_STATIC },
		/* seen from a cgroup namespace of our own */
		{ "0::/../../kubepods/pod" UID_A "/0f1e\n", 0, UID_A },
		{ "12:memory:/kubepods/pod" UID_A "/x\n11:cpu,cpuacct:/kubepods/pod" UID_A
		  "/x\n1:name=systemd:/\n",
		  0, UID_A },
		{ "12:memory:/kubepods/pod" UID_A "/x\n11:cpu:/kubepods/pod" UID_B "/x\n", -EEXIST,
		  "" },
		/* a node in a pod: the outer one is this node's */
		{ "0::/kubepods/pod" UID_A "/x/kubelet/kubepods/pod" UID_B "/y\n", 0, UID_A },

		{ "", -ENOENT, "" },
		{ "\n\n\n", -ENOENT, "" },
		{ "0::/\n", -ENOENT, "" },
		{ "0::", -ENOENT, "" },
		{ "/kubepods/pod" UID_A "\n", -ENOENT, "" },
		{ "0:/kubepods/pod" UID_A "\n", -ENOENT, "" },
		{ "0::/system.slice/kubelet.service\n", -ENOENT, "" },
		{ "0::/system.slice/pod" UID_A "/x\n", -ENOENT, "" },
		{ "0::/mykubepods/pod" UID_A "/x\n", -ENOENT, "" },
		{ "0::/kubepodsx/pod" UID_A "/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod" UID_A "x/y\n", -ENOENT, "" },
		{ "0::/kubepods/pod01234567-89ab-cdef-0123-456789abcde/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod01234567-89ab-cdef-0123-456789abcdeg/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod" UID_A_SYSD "/x\n", -ENOENT, "" },
		{ "0::/kubepods.slice/kubepods-pod" UID_A ".slice/x\n", -ENOENT, "" },
		{ "0::/system-pod" UID_A_SYSD ".slice/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod/x\n", -ENOENT, "" },
		{ "0::/kubepods/pod\n", -ENOENT, "" },
		{ "0::/.slice\n", -ENOENT, "" },
	};
	char uid[POD_UID_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uid[0] = '\0';
		cr_expect_eq(pod_uid__from_cgroup(cases[i].text, uid), cases[i].err, "%s",
			     cases[i].text);
		cr_expect_str_eq(uid, cases[i].uid, "%s", cases[i].text);
	}
}

Test(pod_uid, uid_from_log_dir)
{
	static const char *const bad[] = {
		"",
		"_",
		"__",
		"ns_" UID_A,
		"ns__" UID_A,
		"_pod_" UID_A,
		"ns_pod_",
		"ns_pod_1",
		"ns_pod_" UID_A "_",
		"NS_pod_" UID_A,
		"n s_pod_" UID_A,
		"ns_a_b_" UID_A,
		"ns_\x1b[31m_" UID_A,
		"ns_pod_" UID_A_SYSD,
	};
	struct pod_log_dir dir;
	char name[400];
	size_t i;

	cr_assert_eq(pod_uid__from_log_dir("kube-system_coredns-5d78c9869d-x2x7v_" UID_A, &dir), 0);
	cr_expect(dir.namespace_len == 11 && memcmp(dir.namespace, "kube-system", 11) == 0);
	cr_expect(dir.name_len == 24 && memcmp(dir.name, "coredns-5d78c9869d-x2x7v", 24) == 0);
	cr_expect_str_eq(dir.uid, UID_A);
	cr_expect_eq(pod_uid__from_log_dir("kube-system_etcd-node.1_" UID_STATIC, &dir), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(pod_uid__from_log_dir(bad[i], &dir), -EINVAL, "%s", bad[i]);

	memset(name, 'a', sizeof(name));
	snprintf(name + 64, sizeof(name) - 64, "_pod_%s", UID_A);
	cr_expect_eq(pod_uid__from_log_dir(name, &dir), -EINVAL, "namespace of 64");
	cr_expect_eq(pod_uid__from_log_dir(name + 1, &dir), 0, "namespace of 63");
}

#define ID "aa00000000000000000000000000000000000000000000000000000000000001"

Test(pod_uid, uid_from_container_log)
{
	static const char *const bad[] = {
		"",
		".log",
		"pod_ns_" ID ".log",
		"pod_ns_-" ID ".log",
		"pod_ns_main" ID ".log",
		"pod_ns_main-" ID,
		"pod_ns_main-" ID ".log.1",
		"pod_ns_main-a" ID ".log",
		"pod_ns_MAIN-" ID ".log",
		"pod_ns_m_ain-" ID ".log",
		"pod__main-" ID ".log",
		"_ns_main-" ID ".log",
		"pod_main-" ID ".log",
		"p\x1bod_ns_main-" ID ".log",
	};
	struct container_log log;
	size_t i;

	cr_assert_eq(pod_uid__from_container_log("etcd-n.1_kube-system_etcd-main-" ID ".log", &log), 0);
	cr_expect(log.name_len == 8 && memcmp(log.name, "etcd-n.1", 8) == 0);
	cr_expect(log.namespace_len == 11 && memcmp(log.namespace, "kube-system", 11) == 0);
	cr_expect_eq(memcmp(log.id, ID, 64), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(pod_uid__from_container_log(bad[i], &log), -EINVAL, "%s", bad[i]);
}
