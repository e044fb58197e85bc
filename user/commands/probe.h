/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy probe`: the node's daemon.
 */
#ifndef DROPWHY_PROBE_H
#define DROPWHY_PROBE_H

/**
 * @brief **probe__main()** runs the command.
 * @param argv argv[0] is "probe"
 * @return the process's exit status
 */
int probe__main(int argc, char **argv);

#endif
