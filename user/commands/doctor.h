/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy doctor`.
 */
#ifndef DROPWHY_COMMAND_DOCTOR_H
#define DROPWHY_COMMAND_DOCTOR_H

/**
 * @brief **doctor__main()** looks at the node for a while, then says what is
 * wrong and what to do.
 * @return exit status: EXIT_FINE if healthy, EXIT_FINDINGS if not
 */
int doctor__main(int argc, char **argv);

#endif
