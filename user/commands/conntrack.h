/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef DROPWHY_CONNTRACK_H
#define DROPWHY_CONNTRACK_H

/**
 * @brief **conntrack__main()** runs `dropwhy conntrack`.
 * @param argv argv[0] is the subcommand's name
 * @return exit status
 */
int conntrack__main(int argc, char **argv);

#endif
