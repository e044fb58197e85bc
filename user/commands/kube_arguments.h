/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options about the kubelet and the Kubernetes API, for all commands that
 * name pods. An argp child: its input is a struct kube_options.
 */
#ifndef DROPWHY_KUBE_ARGUMENTS_H
#define DROPWHY_KUBE_ARGUMENTS_H

#include <argp.h>

#include "user/who/kube_options.h"

/* To be listed among the children of a command's argp, whose parser sets
 * child_inputs at ARGP_KEY_INIT. Wrong usage ends the process. The group is 5. */
extern const struct argp kube_arguments_argp;

#endif
