/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy bundle`: lists and shows what the probe's flight recorder wrote.
 */
#ifndef DROPWHY_BUNDLE_H
#define DROPWHY_BUNDLE_H

/**
 * @brief **bundle__main()** runs the command.
 * @param argv argv[0] is "bundle"
 * @return the process's exit status
 */
int bundle__main(int argc, char **argv);

#endif
