# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the kubelet makes of the first container of a DaemonSet's pod: the ContainerConfig of a CRI
# call, in protobuf's text format. Host paths become those below $host where there is one of that
# name, for the machine's own are not to be touched.

def text: tojson;
def mega: capture("^(?<n>[0-9]+)Mi$").n | tonumber * 1048576;

.spec.template.spec as $pod | $pod.containers[0] as $it | $it.securityContext as $may
| ($pod.volumes | map({(.name): .hostPath.path}) | add) as $volumes
| "metadata { name: \($it.name | text) }",
"image { image: \($it.image | text) }",
($it.args[] | "args: \(text)"),
($it.volumeMounts[] | "mounts { container_path: \(.mountPath | text) host_path: \($host[.name] // $volumes[.name] | text)"
	+ " readonly: \(.readOnly // false)"
	+ (if .mountPropagation == "HostToContainer" then " propagation: HOST_TO_CONTAINER" else "" end) + " }"),
"log_path: \("\($it.name).log" | text)",
"linux {",
" resources { memory_limit_in_bytes: \($it.resources.limits.memory | mega) }",
" security_context {",
"  capabilities {",
($may.capabilities.add[] | "   add_capabilities: \(text)"),
($may.capabilities.drop[] | "   drop_capabilities: \(text)"),
"  }",
"  privileged: \($may.privileged)",
"  namespace_options { network: \(if $pod.hostNetwork then "NODE" else "POD" end) pid: \(if $pod.hostPID then "NODE" else "CONTAINER" end) }",
"  run_as_user { value: \($may.runAsUser) }",
"  run_as_group { value: \($may.runAsGroup) }",
"  readonly_rootfs: \($may.readOnlyRootFilesystem)",
"  no_new_privs: \($may.allowPrivilegeEscalation | not)",
"  seccomp { profile_type: \($may.seccompProfile.type) }",
"  apparmor { profile_type: Unconfined }",
# the kubelet's defaults
("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi", "/sys/firmware" | "  masked_paths: \(text)"),
("/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" | "  readonly_paths: \(text)"),
" }",
"}"
