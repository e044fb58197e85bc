// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capabilities by libcap-ng, system calls by libseccomp: see privileges.h.
 */
#include <cap-ng.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "user/probe/privileges.h"

/* In order of what they are still good for while the probe runs. */
static const unsigned int kept_capabilities[] = {
	CAP_BPF,		/* counters, and programs on a conntrack module that comes later */
	CAP_PERFMON,		/* the same, and to run the walk through the namespaces */
	CAP_NET_ADMIN,		/* to ask conntrack in each network namespace */
	CAP_SYS_ADMIN,		/* to enter network namespaces that appear: setns(2) asks for no less */
	CAP_SYS_PTRACE,		/* to see in which namespaces other users' processes live */
	CAP_SYSLOG,		/* addresses in kallsyms, after a module was loaded */
	CAP_DAC_READ_SEARCH,	/* container runtimes' state is root's alone where we are not root */
};

/*
 * What a probe calls: the event loop, BPF maps and programs, files and
 * directories, sockets that it has or opens to netlink, threads and the child
 * that writes a bundle. No execve: nothing is ever run.
 */
static const char *const allowed_calls[] = {
	/* memory, threads, children */
	"brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "futex", "futex_waitv",
	"fork", "vfork", "set_robust_list", "rseq", "exit", "exit_group",
	"wait4", "waitid", "membarrier", "set_tid_address", "arch_prctl",
	"sched_yield", "sched_getaffinity", "getcpu",
	/* time, signals, events */
	"clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "alarm",
	"setitimer", "timerfd_create", "timerfd_settime", "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "sigaltstack", "restart_syscall", "signalfd4", "epoll_create1",
	"epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "eventfd2",
	"inotify_init1", "inotify_add_watch", "inotify_rm_watch", "pipe2",
	/* files */
	"read", "write", "readv", "writev", "pread64", "pwrite64", "open", "openat", "close",
	"open_by_handle_at", /* a cgroup by its number */
	"close_range", "fstat", "newfstatat", "stat", "lstat", "statx", "statfs", "fstatfs",
	"lseek", "fcntl", "flock", "dup", "dup3", "getdents64", "readlink", "readlinkat", "access",
	"faccessat", "faccessat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "rename",
	"renameat", "renameat2", "ftruncate", "fallocate", "fsync", "fdatasync", "fchmod",
	"fchmodat", "chmod", "fchown", "fchownat", "utimensat", "futimesat", "umask", "ioctl",
	"copy_file_range", "sendfile", "getcwd", "lgetxattr", "llistxattr", "flistxattr",
	/* sockets */
	"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "shutdown",
	"getsockname", "getpeername", "getsockopt", "setsockopt", "sendto", "recvfrom",
	"sendmsg", "recvmsg", "sendmmsg", "recvmmsg",
	/* who we are */
	"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "uname",
	"getrusage", "prlimit64", "getrlimit", "sysinfo", "getrandom", "times", "capget",
	"capset",
	/* what this is about */
	"bpf", "perf_event_open",
};

static int drop_capabilities(void)
{
	size_t i;

	if (capng_get_caps_process() < 0)
		return -EIO;
	for (i = 0; i <= (size_t)CAP_LAST_CAP; i++) {
		size_t k;

		for (k = 0; k < sizeof(kept_capabilities) / sizeof(kept_capabilities[0]); k++)
			if (kept_capabilities[k] == i)
				break;
		if (k < sizeof(kept_capabilities) / sizeof(kept_capabilities[0]))
			continue;
		capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE,
			     (unsigned int)i);
	}
	/* the bounding set matters to execve alone, and can be lowered with CAP_SETPCAP only */
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}

static int allow(scmp_filter_ctx filter)
{
	size_t i;
	int call, err;

	for (i = 0; i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++) {
		call = seccomp_syscall_resolve_name(allowed_calls[i]);
		if (call == __NR_SCMP_ERROR)
			continue; /* younger than the library, or another machine's */
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
		if (err)
			return err;
	}
	/* network namespaces only, and threads or children, but no new namespaces */
	err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setns), 1,
			       SCMP_A1(SCMP_CMP_EQ, CLONE_NEWNET, 0));
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ,
					       CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWNET |
						       CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC,
					       0));
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(unshare), 1,
				       SCMP_A0(SCMP_CMP_EQ, CLONE_FS, 0));
	return err;
}

static int filter_calls(void)
{
	/* refused with EPERM, not killed: a call that a library update makes is no crash */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!filter)
		return -ENOMEM;
	/* clone3 takes its flags in memory, where no filter sees them; told that there is none,
	 * libc calls clone */
	err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!err)
		err = allow(filter);
	/* the thread that talks to the API server runs already, and reads what the network sends */
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

int privileges__drop(const char **ret_what)
{
	int err;

	*ret_what = "give up capabilities";
	err = drop_capabilities();
	if (err)
		return err;
	*ret_what = "forbid new privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	*ret_what = "filter system calls";
	return filter_calls();
}
