/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dropwhy trace`: the live source through all stages to one sink.
 */
#ifndef DROPWHY_TRACE_H
#define DROPWHY_TRACE_H

/**
 * @brief **trace__main()** runs the command.
 * @param argv argv[0] is "trace"
 * @return the process's exit status
 */
int trace__main(int argc, char **argv);

#endif
