/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams to where a descriptor leads whose reader cannot stop us: a pipe, or a
 * socket such as systemd's to its journal, that nobody empties. The descriptor
 * may be shared with others and stays as it is.
 */
#ifndef DROPWHY_LOG_STREAM_H
#define DROPWHY_LOG_STREAM_H

#include <stdio.h>

/**
 * @brief **log_stream__open()** opens a stream for rows, which never waits: what there is no room
 * for fails with EAGAIN. SIGPIPE is to be ignored.
 * @param fd stays the caller's, open while the stream is used
 * @param ret_poll_fd where poll(2) tells that there is room: @p fd, or the stream's own
 * @return to be closed with fclose(); NULL with errno ENOMEM
 */
FILE *log_stream__open(int fd, int *ret_poll_fd);

/**
 * @brief **log_stream__messages()** opens a stream for messages, lines each of which leaves at its
 * end. For room one waits a tenth of a second, then it is given up.
 * @param fd as for log_stream__open()
 * @return to be closed with fclose(); NULL with errno ENOMEM
 */
FILE *log_stream__messages(int fd);

#endif
