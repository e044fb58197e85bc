/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a command says on stderr when something fails: what, why, and what to
 * do about it, once.
 */
#ifndef DROPWHY_COMPLAINT_H
#define DROPWHY_COMPLAINT_H

#include "user/enrich/enrich.h"
#include "user/run/tracer.h"

/**
 * @brief **complain()** says what failed and why.
 * @param status the exit status that follows from it
 * @param err -errno
 * @param what completes "cannot …"
 * @param remedy NULL: none is known
 * @return @p status
 */
int complain(int status, int err, const char *what, const char *remedy);

/** @brief **complain_of()** the same of a failed run; the exit status that follows from it. */
int complain_of(const struct tracer_failure *failure, int err);

/** @brief **say_notice()** says it on stderr; a handler's function, which needs no @p ctx. */
void say_notice(void *ctx, const struct notice *notice);

/** @brief **say_of_sources()** says on stderr what they have to say and have not said yet. */
void say_of_sources(struct sources *sources);

/** @brief **warn_about_tables()** says which names will be missing. */
void warn_about_tables(const struct enricher *enricher);

/** @brief **warn_about_view()** says so where a container is all that is seen, and what shows more. */
void warn_about_view(const char *root);

/** @brief **let_libbpf_speak()** its words go to stderr, or nowhere. */
void let_libbpf_speak(bool verbose);

#endif
