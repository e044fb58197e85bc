/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holds vmlinux/vmlinux.h, by way of the BPF object built with it, against a
 * kernel and says which field, type or enum value that kernel lacks. Loads
 * nothing into the kernel, needs no root, and takes the BTF of any kernel.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core_match.h"

#define DEFAULT_OBJECT ".output/bpf/drop.bpf.o"
#define KERNEL_BTF     "/sys/kernel/btf/vmlinux"
#define KERNEL_MODULES "/sys/kernel/btf/*"

enum exit_status {
	EXIT_ALL_THERE,
	EXIT_LACKS,
	EXIT_USAGE,
	EXIT_NOT_CHECKED,
};

static const char *const outcome_names[__CORE_OUTCOME_MAX] = {
	[CORE_INCOMPATIBLE] = "incompatible", [CORE_MISSING] = "missing",
	[CORE_ALTERNATIVE] = "alternative",   [CORE_GUARDED] = "guarded",
	[CORE_THERE] = "there",
};

static const char usage[] =
	"Usage: check-vmlinux [--object FILE] [--btf FILE [--module FILE]…] [--verbose]\n"
	"\n"
	"Says what the BPF programs use and a kernel lacks.\n"
	"\n"
	"  -o, --object FILE  the programs (default: " DEFAULT_OBJECT ")\n"
	"  -b, --btf FILE     the kernel's BTF (default: the running kernel's, and\n"
	"                     its modules')\n"
	"  -m, --module FILE  BTF of one of that kernel's modules; may be repeated\n"
	"  -v, --verbose      show what is there, too\n"
	"  -h, --help         this text\n"
	"\n"
	"  missing       that kernel lacks it: the program that uses it will not load\n"
	"  incompatible  that kernel has it, but of a kind or size that libbpf rejects\n"
	"  guarded       that kernel lacks it, and the program asks first\n"
	"  alternative   that kernel lacks it, but it belongs to a ___flavour, one of\n"
	"                several forms of a type\n"
	"\n"
	"Exits with 0 if nothing is missing or incompatible, 1 if anything is, 2 for\n"
	"wrong usage, 3 if it could not be checked.\n";

/* A module that is gone since glob() saw it is no error. */
static void add_running_modules(struct core_kernel *kernel)
{
	glob_t found = { 0 };
	size_t i;

	if (!glob(KERNEL_MODULES, 0, NULL, &found))
		for (i = 0; i < found.gl_pathc; i++)
			if (strcmp(found.gl_pathv[i], KERNEL_BTF) != 0)
				(void)core_kernel__add(kernel, found.gl_pathv[i]);
	globfree(&found);
}

static int report(const struct core_object *obj, const struct core_answer *answers, int verbose,
		  const char *kernel_name)
{
	size_t counts[__CORE_OUTCOME_MAX] = { 0 }, i;
	int outcome;

	for (outcome = 0; outcome < __CORE_OUTCOME_MAX; outcome++) {
		for (i = 0; i < obj->count; i++) {
			if ((int)answers[i].outcome != outcome)
				continue;
			counts[outcome]++;
			if (outcome == CORE_THERE && !verbose)
				continue;
			printf("%-12s  %s", outcome_names[outcome], obj->requests[i].path);
			if (*answers[i].detail)
				printf(": %s", answers[i].detail);
			printf(" (%s)\n", obj->requests[i].section);
		}
	}
	printf("%s: %zu used", kernel_name, obj->count);
	for (outcome = __CORE_OUTCOME_MAX - 1; outcome >= 0; outcome--)
		printf(", %zu %s", counts[outcome], outcome_names[outcome]);
	printf("\n");
	return counts[CORE_MISSING] + counts[CORE_INCOMPATIBLE] ? EXIT_LACKS : EXIT_ALL_THERE;
}

static int check(const char *object, struct core_kernel *kernel, int verbose,
		 const char *kernel_name)
{
	struct core_answer *answers = NULL;
	struct core_object obj;
	int err, status = EXIT_NOT_CHECKED;
	char why[128];

	err = core_object__open(&obj, object);
	if (err == -ENODATA) {
		fprintf(stderr, "check-vmlinux: %s: no CO-RE relocations: compile with -g\n",
			object);
		goto cleanup;
	}
	if (!err)
		err = core_object__match(&obj, kernel, &answers);
	if (err) {
		libbpf_strerror(err, why, sizeof(why));
		fprintf(stderr, "check-vmlinux: %s: %s%s\n", object, why,
			err == -ENOENT ? ": run make first" : "");
		goto cleanup;
	}
	status = report(&obj, answers, verbose, kernel_name);
cleanup:
	free(answers);
	core_object__close(&obj);
	return status;
}

static int add_btf(struct core_kernel *kernel, const char *path)
{
	int err = core_kernel__add(kernel, path);
	char why[128];

	if (err) {
		libbpf_strerror(err, why, sizeof(why));
		fprintf(stderr, "check-vmlinux: %s: %s%s\n", path, why,
			!strcmp(path, KERNEL_BTF) && err == -ENOENT ?
				": this kernel has no BTF: pass --btf" :
				"");
	}
	return err;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "object", required_argument, NULL, 'o' },
		{ "btf", required_argument, NULL, 'b' },
		{ "module", required_argument, NULL, 'm' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *object = DEFAULT_OBJECT, *kernel_name = KERNEL_BTF;
	struct core_kernel kernel = { 0 };
	int option, verbose = 0, status = EXIT_USAGE;

	libbpf_set_print(NULL);
	/* The kernel's BTF must come before the modules', which builds on it. */
	while ((option = getopt_long(argc, argv, "o:b:m:vh", options, NULL)) != -1) {
		if (option == 'o') {
			object = optarg;
		} else if (option == 'v') {
			verbose = 1;
		} else if (option == 'h') {
			fputs(usage, stdout);
			status = EXIT_ALL_THERE;
			goto cleanup;
		} else if ((option == 'b' && !kernel.count) || (option == 'm' && kernel.count)) {
			if (option == 'b')
				kernel_name = optarg;
			if (add_btf(&kernel, optarg)) {
				status = EXIT_NOT_CHECKED;
				goto cleanup;
			}
		} else {
			fputs(usage, stderr);
			goto cleanup;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		goto cleanup;
	}
	if (!kernel.count) {
		if (add_btf(&kernel, KERNEL_BTF)) {
			status = EXIT_NOT_CHECKED;
			goto cleanup;
		}
		add_running_modules(&kernel);
	}
	status = check(object, &kernel, verbose, kernel_name);
cleanup:
	core_kernel__close(&kernel);
	return status;
}
