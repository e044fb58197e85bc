# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make help lists the targets. Everything generated lands below $(O).
#
#   vmlinux/ + bpf/*.h  ->  bpf/drop.bpf.c  ->  drop.skel.h  ->  user/  ->  dropwhy

O ?= .output
V ?= 0
PREFIX ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions

CC ?= cc
CLANG ?= clang
BPFTOOL ?= $(firstword $(shell command -v bpftool 2>/dev/null) $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
INSTALL ?= install

VERSION := 0.1.0

# A build with ASan and UBSan beside the normal one.
SANITIZE ?= 0
ifeq ($(SANITIZE),1)
override O := $(O)/sanitize
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

# for targets that begin with nothing built, on all CPUs; who says -j has said it
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

WARNINGS := -Wall -Wextra -Werror
CFLAGS ?= -O2 -g
LIBS := -lbpf -lelf -lz -ljansson -lmnl -lmicrohttpd -larchive -lcap-ng -lseccomp -lm -lyaml -lpthread -ldl
HOST_CFLAGS = $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(SANITIZE_FLAGS) -I. -I$(O) \
	-DDROPWHY_VERSION='"$(VERSION)"'

BPF_ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
# clang -target bpf has no signature for unused parameters; programs must take their context
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) $(WARNINGS) \
	-Wno-unused-parameter -I.

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' "$(1)" "$(2)"
MAKEFLAGS += --no-print-directory
endif

USER_SOURCES := $(wildcard user/*.c user/*/*.c)
LIVE_SOURCES := $(wildcard user/source/live*.c)
# what includes a skeleton that bpftool generates
SKELETON_USERS := $(LIVE_SOURCES) user/source/conntrack_hooks.c user/source/sysctl_watch.c
USER_OBJECTS := $(patsubst %.c,$(O)/%.o,$(filter-out user/main.c,$(USER_SOURCES)))
UNIT_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tests/unit/*.c))
INTEGRATION_TOOLS := $(patsubst %.c,$(O)/%,$(wildcard tests/integration/*.c)) \
	$(patsubst tests/integration/preload/%.c,$(O)/tests/integration/%.so,$(wildcard tests/integration/preload/*.c))
CHECK_VMLINUX_OBJECTS := $(patsubst %.c,$(O)/%.o,tools/check-vmlinux.c $(wildcard tools/core_*.c))
FUZZERS := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

.PHONY: all
all: $(O)/dropwhy

.PHONY: help
help:
	@echo 'make               build $(O)/dropwhy (no root, no network)'
	@echo 'sudo make run      install what is missing, build, trace this node until Ctrl-C'
	@echo 'sudo make test     install what is missing, build, run every test'
	@echo 'sudo make demo     fill a conntrack table in throwaway namespaces and watch'
	@echo '     make unit     the unit tests alone (no root)'
	@echo 'sudo make bench    what tracing costs, beside bpftrace and perf: under ten minutes'
	@echo 'sudo make integration [CASE=name,...]   the integration tests alone'
	@echo 'sudo make probe [CASE=name,...]         the tests of the daemon alone'
	@echo '     make deploy-check   rules, manifests, dashboard and unit of tools/deploy'
	@echo '     make table-check    what gets into the README of the kernels that were tested'
	@echo 'sudo make soak [SOAK_SECONDS=660]       pods come and go under the daemon'
	@echo 'sudo make pods [CASE=name,...]          the tests on real pods (containerd, runc, CNI) alone'
	@echo 'sudo make test-kubernetes [CASE=name,...]   on a real kubelet, API server and kube-proxy'
	@echo 'sudo make test-vm [KERNEL=name] [CASE=name,...]   the same cases in other kernels'
	@echo 'sudo make test-vm-arm64 [KERNEL=name] [CASE=name,...]   these in arm64 kernels'
	@echo 'sudo make test-systemd [CASE=name,...]    the unit under systemd, in a virtual machine'
	@echo '     make fuzz [FUZZ_SECONDS=600]     every fuzz target, so long in all'
	@echo '     make check-vmlinux [BTF=file]    what the CO-RE header wants that a kernel lacks'
	@echo '     make lint     clang-tidy and mandoc, minutes: -j helps'
	@echo '     make install  [PREFIX=$(PREFIX)] [DESTDIR=]'
	@echo 'sudo make install-service   the systemd unit, after install'
	@echo '     make clean'
	@echo 'Variables: V=1 shows commands, SANITIZE=1 builds with ASan and UBSan, O=DIR builds elsewhere.'

# --- kernel side

$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $@

$(O)/bpf/%.o: $(O)/bpf/%.bpf.o
	$(call say,OBJECT,$@)
	$(Q)$(BPFTOOL) gen object $@ $<

$(O)/%.skel.h: $(O)/bpf/%.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# --- user side

$(O)/%.o: %.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(LIVE_SOURCES:%.c=$(O)/%.o): $(O)/drop.skel.h
$(O)/tests/unit/test_live_claims.o: $(O)/drop.skel.h
$(O)/user/source/conntrack_hooks.o: $(O)/conntrack_hooks.skel.h
$(O)/user/source/sysctl_watch.o: $(O)/sysctl_watch.skel.h

$(O)/libdropwhy.a: $(USER_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(O)/dropwhy: $(O)/user/main.o $(O)/libdropwhy.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

.PHONY: run
run:
	$(Q)tools/install-dependencies build run
	$(Q)$(MAKE) $(JOBS) all
	$(Q)$(O)/dropwhy trace

.PHONY: install
install: all
	$(INSTALL) -D -m 0755 $(O)/dropwhy $(DESTDIR)$(SBINDIR)/dropwhy
	$(INSTALL) -D -m 0644 user/dropwhy.8 $(DESTDIR)$(MANDIR)/man8/dropwhy.8
	$(INSTALL) -D -m 0644 user/dropwhy.bash-completion $(DESTDIR)$(COMPLETIONDIR)/dropwhy

SYSTEMDDIR ?= /etc/systemd/system

.PHONY: install-service
install-service:
	$(Q)sed 's,/usr/local/sbin/,$(SBINDIR)/,' tools/deploy/systemd/dropwhy.service > $(O)/dropwhy.service
	$(INSTALL) -D -m 0644 $(O)/dropwhy.service $(DESTDIR)$(SYSTEMDDIR)/dropwhy.service

# --- tests

# what would ask the kernel, for test_run_hooks.c and test_live_claims.c
UNIT_REPLACED := conntrack_hooks__open conntrack_hooks__evictions conntrack_hooks__close \
	live__modules_changed live__conntrack_gone live__conntrack_up live__verdicts_fd live__events_fd \
	bpf_map__fd bpf_map__max_entries bpf_map_get_next_key bpf_map_lookup_elem bpf_map_delete_elem

$(O)/tests/unit/unit: $(UNIT_OBJECTS) $(O)/libdropwhy.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $(UNIT_REPLACED:%=-Wl,--wrap=%) $^ -lcriterion $(LIBS) -o $@

$(O)/tests/integration/%: $(O)/tests/integration/%.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ -ljansson -lmnl -o $@

$(O)/tests/integration/%.so: tests/integration/preload/%.c tests/integration/preload/next_syscall.h
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -fPIC -shared $< -o $@ -ldl

.PHONY: unit
unit: $(O)/tests/unit/unit
	$(Q)$<

.PHONY: integration
integration: all $(INTEGRATION_TOOLS)
	$(Q)O=$(O) tests/integration/run

.PHONY: test
test:
	$(Q)tools/install-dependencies build run test probe pods deploy vm
	$(Q)$(MAKE) $(JOBS) all check-vmlinux
	$(Q)$(MAKE) $(JOBS) deploy-check table-check
	$(Q)$(MAKE) $(JOBS) unit
	$(Q)$(MAKE) $(JOBS) unit SANITIZE=1
	$(Q)$(MAKE) $(JOBS) fuzz FUZZ_SECONDS=60
	$(Q)$(MAKE) $(JOBS) integration
	$(Q)$(MAKE) $(JOBS) integration SANITIZE=1
	$(Q)$(MAKE) $(JOBS) soak SOAK_SECONDS=30
	$(Q)$(MAKE) $(JOBS) pods CASE=pod_daemonset
	$(Q)$(MAKE) $(JOBS) pods SANITIZE=1
	$(Q)$(MAKE) -j3 test-probe test-systemd test-vm KERNEL= CASE=

# Both ways. The daemon waits more than it works: guests, which are nice, have the CPUs meanwhile.
.PHONY: test-probe
test-probe:
	$(Q)$(MAKE) probe
	$(Q)$(MAKE) probe SANITIZE=1 CASE='daemon_*,metrics_*'

# The daemon: metrics, Prometheus, full disks, signals.
$(O)/tests/probe/failing_malloc.so: tests/probe/failing_malloc.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -fno-builtin -fPIC -shared $< -o $@

$(O)/tests/probe/large_cluster: $(O)/tests/probe/large_cluster.o $(O)/tests/unit/fake_kube.o $(O)/libdropwhy.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ -lcriterion $(LIBS) -o $@

$(O)/tests/probe/socket_log: $(O)/tests/probe/socket_log.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ -o $@

PROBE_TOOLS := $(addprefix $(O)/tests/probe/,failing_malloc.so large_cluster socket_log)

# The sanitizers need memory and malloc() to themselves.
ifeq ($(SANITIZE),1)
PROBE_EXCEPT := EXCEPT=cluster_memory,memory_short*
endif

.PHONY: probe
probe: all $(INTEGRATION_TOOLS) $(PROBE_TOOLS)
	$(Q)O=$(O) $(PROBE_EXCEPT) tests/probe/run

# What tools/deploy holds, as far as it can be checked without a cluster.
.PHONY: deploy-check
deploy-check: all
	$(Q)O=$(abspath $(O)) tools/deploy/check

# Pods come and go under a daemon, in a storm: memory flat, every packet counted.
.PHONY: soak
soak: all $(INTEGRATION_TOOLS)
	$(Q)O=$(O) $(if $(SOAK_SECONDS),SOAK_SECONDS=$(SOAK_SECONDS)) tests/probe/soak

# The manifest's limit of memory is not for sanitizers.
ifeq ($(SANITIZE),1)
PODS_EXCEPT := EXCEPT=pod_daemonset
endif

# Pods made by a real containerd, runc and CNI plugins.
.PHONY: pods
pods: all $(INTEGRATION_TOOLS) $(O)/tools/demo-traffic
	$(Q)O=$(O) $(PODS_EXCEPT) tests/pods/run

# The real kubelet, API server, controller manager and kube-proxy, built once: see tests/kubernetes/build.
.PHONY: test-kubernetes
test-kubernetes:
	$(Q)tools/install-dependencies build run test pods kubernetes
	$(Q)$(MAKE) $(JOBS) all $(INTEGRATION_TOOLS) $(O)/tools/demo-traffic
	$(Q)O=$(O) tests/kubernetes/run

# The same cases inside real kernels, see tests/vm/kernels; KERNEL=6.1 CASE=name for less.
.PHONY: test-vm
test-vm:
	$(Q)tools/install-dependencies build run test vm
	$(Q)$(MAKE) $(JOBS) all $(INTEGRATION_TOOLS)
	$(Q)O=$(O) KERNEL='$(KERNEL)' CASE='$(CASE)' tests/vm/run

# The same for arm64, built and emulated here. Emulation takes its time: not part of test.
.PHONY: test-vm-arm64
test-vm-arm64:
	$(Q)tools/install-dependencies build vm arm64
	$(Q)root=$$(tests/vm/fetch-root arm64) && $(MAKE) $(JOBS) O=$(O)/arm64 BPF_ARCH=arm64 \
		CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar CFLAGS="$(CFLAGS) --sysroot=$$root" \
		all $(patsubst $(O)/%,$(O)/arm64/%,$(INTEGRATION_TOOLS))
	$(Q)O=$(O)/arm64 ARCH=arm64 KERNEL='$(KERNEL)' CASE='$(CASE)' tests/vm/run

# The README's table of them, from results made up.
.PHONY: table-check
table-check:
	$(Q)tests/vm/check-table

# The unit of tools/deploy under this machine's systemd, the first process of a guest with Debian 12's kernel.
.PHONY: test-systemd
test-systemd:
	$(Q)tools/install-dependencies build run test probe deploy vm
	$(Q)$(MAKE) $(JOBS) all $(INTEGRATION_TOOLS)
	$(Q)O=$(O) GUEST=systemd KERNEL=6.1 CASE='$(CASE)' tests/vm/run

# all targets together; each gets its share
FUZZ_SECONDS ?= 120
FUZZ_CFLAGS := -g -O1 -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -I. -DDROPWHY_VERSION='"$(VERSION)"' \
	-fsanitize=address,undefined -fno-sanitize-recover=all
# everything but what needs the skeleton or runs the program
FUZZED_SOURCES := $(filter-out user/main.c $(SKELETON_USERS) user/commands/% user/run/%,$(USER_SOURCES))
FUZZED_OBJECTS := $(patsubst %.c,$(O)/fuzz/%.o,$(FUZZED_SOURCES))

$(O)/fuzz/%.o: %.c Makefile
	$(call say,FUZZ CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

$(O)/fuzz/libdropwhy.a: $(FUZZED_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(O)/tests/fuzz/%: tests/fuzz/%.c $(O)/fuzz/libdropwhy.a Makefile
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(filter %.c,$^) $(O)/fuzz/libdropwhy.a $(LIBS) -o $@

# as many at a time as there are CPUs
.PHONY: fuzz
fuzz: $(FUZZERS)
	$(Q)cpus=$$(nproc) && printf '%s\n' $(FUZZERS) | xargs -P $$cpus -n 1 \
		tests/fuzz/run $$(($(FUZZ_SECONDS) * cpus / $(words $(FUZZERS)) + 1))

$(O)/tools/check-vmlinux: $(CHECK_VMLINUX_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ -lbpf -lelf -lz -o $@

.PHONY: check-vmlinux
check-vmlinux: $(O)/tools/check-vmlinux $(O)/bpf/drop.bpf.o
	$(Q)$< --object $(O)/bpf/drop.bpf.o $(if $(BTF),--btf $(BTF))

LINT_FLAGS := -std=gnu11 -D_GNU_SOURCE -I. -isystem $(O) -DDROPWHY_VERSION='"$(VERSION)"'

LINTED := $(addprefix lint/,$(USER_SOURCES) $(wildcard tests/*/*.c tools/*.c tools/*/*.c))

MANUAL := user/dropwhy.8

# a file at a time, so that -j helps: three minutes of one CPU
.PHONY: lint $(LINTED) lint/$(MANUAL)
lint: $(LINTED) lint/$(MANUAL)

lint/$(MANUAL):
	$(call say,LINT,$(MANUAL))
	$(Q)mandoc -T lint -W warning $(MANUAL)

# a skeleton leaks in the analyzer's eyes: its owner is freed elsewhere
$(addprefix lint/,$(SKELETON_USERS)): LINT_CHECKS := --checks=-clang-analyzer-unix.Malloc

$(LINTED): lint/%: $(O)/drop.skel.h $(O)/conntrack_hooks.skel.h $(O)/sysctl_watch.skel.h
	$(call say,LINT,$*)
	$(Q)clang-tidy --quiet $(LINT_CHECKS) $* -- $(LINT_FLAGS)

.PHONY: demo
demo:
	$(Q)tools/install-dependencies build run
	$(Q)$(MAKE) $(JOBS) all $(O)/tools/demo-traffic
	$(Q)O=$(O) tools/demo

$(O)/tools/demo-traffic: $(O)/tools/demo-traffic.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ -lmnl -o $@

BENCH_TOOLS := $(O)/tools/bench-user $(O)/tools/bench-floor $(O)/tools/bench-floor.bpf.o

.PHONY: bench
bench:
	$(Q)tools/install-dependencies build run test bench
	$(Q)$(MAKE) $(JOBS) all $(INTEGRATION_TOOLS) $(BENCH_TOOLS)
	$(Q)O=$(O) tools/bench

$(O)/tools/%.bpf.o: tools/%.bpf.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $@

$(O)/tools/bench-floor: $(O)/tools/bench-floor.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ -lbpf -lelf -lz -o $@

$(O)/tools/bench-user: $(O)/tools/bench-user.o $(O)/libdropwhy.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

.PHONY: clean
clean:
	$(call say,CLEAN,$(O))
	$(Q)rm -rf $(O)

-include $(patsubst %.c,$(O)/%.d,$(wildcard bpf/*.bpf.c))
-include $(patsubst %.o,%.d,$(FUZZED_OBJECTS))
-include $(patsubst %.c,$(O)/%.d,$(USER_SOURCES) $(wildcard tests/*/*.c tools/*.c tools/*/*.c))
