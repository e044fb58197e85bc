/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Label selectors as kubectl takes them: "app=web,tier!=db,env in (a,b),!old".
 */
#ifndef DROPWHY_SELECTOR_H
#define DROPWHY_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

/* More requirements, or values of one, are a mistake. */
#define SELECTOR_REQUIREMENTS_MAX 16
#define SELECTOR_VALUES_MAX	  16

struct selector;

/**
 * @brief **selector__parse()** reads a selector: requirements that all must
 * hold, separated by commas: KEY, !KEY, KEY=VALUE, KEY==VALUE, KEY!=VALUE,
 * KEY in (VALUE,…), KEY notin (VALUE,…).
 * @return free with selector__free(); NULL with errno EINVAL, E2BIG or ENOMEM
 */
struct selector *selector__parse(const char *text);

/**
 * @brief **selector__matches()** whether labels satisfy it. As in Kubernetes,
 * KEY!=VALUE and notin also hold where there is no such label.
 * @param labels "key=value" each
 */
bool selector__matches(const struct selector *s, const char *const *labels, size_t count);

/** @brief **selector__free()** NULL is fine. */
void selector__free(struct selector *s);

#endif
