/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values of options on the command line. What is none ends the process by
 * argp_error(), whose message says what the option takes.
 */
#ifndef DROPWHY_ARGUMENT_H
#define DROPWHY_ARGUMENT_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* As --help of each command that has --color describes it. */
#define ARGUMENT_COLOR_HELP \
	"auto, always or never; auto is on a terminal without NO_COLOR (default auto)"

/* To be listed among the children of each command's argp: -h is the same as --help. */
extern const struct argp argument_help_argp;

/** @brief **argument__number()** reads a whole number from @p min to @p max. */
unsigned long argument__number(struct argp_state *state, const char *option, const char *text,
			       unsigned long min, unsigned long max);

/** @brief **argument__bytes()** reads a size such as 65536, 256k or 16m, from @p min to @p max. */
size_t argument__bytes(struct argp_state *state, const char *option, const char *text, size_t min,
		       size_t max);

/** @brief **argument__seconds()** reads a time from @p min to @p max seconds, fractions allowed. */
double argument__seconds(struct argp_state *state, const char *option, const char *text, double min,
			 double max);

/**
 * @brief **argument__word()** finds a word in a list that ends in NULL.
 * @return its index
 */
int argument__word(struct argp_state *state, const char *option, const char *text,
		   const char *const *words);

/**
 * @brief **argument__color()** reads auto, always or never.
 * @return -1, 1, 0, as argument__wants_color() takes it
 */
int argument__color(struct argp_state *state, const char *text);

/** @brief **argument__wants_color()** whether to colour what is written to @p out. */
bool argument__wants_color(int color, FILE *out);

#endif
