/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy features`: what this kernel offers, and which variant of each
 * program runs on it.
 */
#ifndef DROPWHY_FEATURES_H
#define DROPWHY_FEATURES_H

/**
 * @brief **features__main()** runs the command.
 * @param argv argv[0] is the command's name; changed
 * @return exit status: see user/exit_status.h
 */
int features__main(int argc, char **argv);

#endif
