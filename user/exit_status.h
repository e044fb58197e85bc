/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every command exits with; dropwhy(8) documents them.
 */
#ifndef DROPWHY_EXIT_STATUS_H
#define DROPWHY_EXIT_STATUS_H

#define EXIT_FINE   0
#define EXIT_FAILED 1		/* at run time */
#define EXIT_USAGE  2		/* wrong options */
#define EXIT_KERNEL 3		/* this kernel cannot do it */
#define EXIT_FINDINGS 4		/* doctor: something is wrong with the node */

#endif
