/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks conntrack by netlink, in the namespace of the calling thread.
 */
#ifndef DROPWHY_CTNETLINK_H
#define DROPWHY_CTNETLINK_H

#include <libmnl/libmnl.h>
#include <linux/types.h>
#include <stdbool.h>

/**
 * @brief **ctnetlink__available()** whether nf_conntrack is loaded. Asking
 * without it would load it, and then it would track.
 */
bool ctnetlink__available(void);

/**
 * @brief **ctnetlink__open()** opens a socket on which no answer is waited for
 * longer than two seconds.
 * @return to be closed with mnl_socket_close(); NULL with errno set
 */
struct mnl_socket *ctnetlink__open(void);

/**
 * @brief **ctnetlink__ask()** sends one request and hands all answers to @p cb.
 * @param type IPCTNL_MSG_CT_*
 * @param flags NLM_F_DUMP, NLM_F_ACK
 * @param cb returns MNL_CB_OK, or MNL_CB_ERROR with errno set, which ends it
 * @return 0; -ETIMEDOUT; -EINTR: the table changed its size meanwhile, what was
 * handed over is not all; or -errno
 */
int ctnetlink__ask(struct mnl_socket *nl, __u16 type, __u16 flags, mnl_cb_t cb, void *ctx);

#endif
