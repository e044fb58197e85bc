// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Picks the subcommand. To add one: write its file and list it here.
 */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "user/commands/bundle.h"
#include "user/commands/conntrack.h"
#include "user/commands/doctor.h"
#include "user/commands/features.h"
#include "user/commands/pods.h"
#include "user/commands/probe.h"
#include "user/commands/trace.h"
#include "user/exit_status.h"
#include "user/nearest.h"
#include "user/sinks/escape.h"

const char *argp_program_version = "dropwhy " DROPWHY_VERSION;

static const struct {
	const char *name;
	const char *does;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "trace", "show packet drops as they happen, and a summary", trace__main },
	{ "probe", "watch for as long as it runs: metrics, logs, a flight recorder", probe__main },
	{ "bundle", "list and show what the probe's flight recorder wrote", bundle__main },
	{ "conntrack", "show how full conntrack's tables are, and who fills them", conntrack__main },
	{ "pods", "list the pods, Services and nodes that are known here, and by whom", pods__main },
	{ "doctor", "look for a while, say what is wrong and what to do", doctor__main },
	{ "features", "show what this kernel offers, and which programs run on it", features__main },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *to)
{
	size_t i;

	fputs("Usage: dropwhy COMMAND [OPTION...]\n"
	      "dropwhy tells why this node drops packets, and whose.\n\n"
	      "Commands:\n",
	      to);
	for (i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].does);
	fputs("\n  dropwhy COMMAND --help   what a command can do\n"
	      "  dropwhy --version\n"
	      "  man dropwhy              the whole manual\n",
	      to);
}

/* Bytes of a wrong command that are repeated. */
#define SHOWN_MAX 64

static int refuse(const char *command)
{
	char shown[ESCAPE_TERMINAL_ROOM(SHOWN_MAX)];
	struct nearest nearest = { .typed = command };
	size_t len = escape__terminal(command, strnlen(command, SHOWN_MAX), shown), i;

	for (i = 0; i < COMMAND_COUNT; i++)
		nearest__offer(&nearest, commands[i].name);
	fprintf(stderr, "dropwhy: there is no command '%.*s': ", (int)len, shown);
	if (nearest.name)
		fprintf(stderr, "did you mean %s? ", nearest.name);
	fputs("'dropwhy --help' lists them\n", stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	size_t i;

	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "-?") ||
	    !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EXIT_FINE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts(argp_program_version);
		return EXIT_FINE;
	}
	for (i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		return commands[i].run(argc - 1, argv + 1);
	}
	return refuse(argv[1]);
}
