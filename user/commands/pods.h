/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy pods`: lists what is known of pods, Services and nodes, and by whom.
 */
#ifndef DROPWHY_PODS_H
#define DROPWHY_PODS_H

/** @brief **pods__main()** runs the command. @return exit status */
int pods__main(int argc, char **argv);

#endif
