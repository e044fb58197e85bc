/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells the service manager how we are, by its protocol (sd_notify(3)).
 */
#ifndef DROPWHY_NOTIFY_H
#define DROPWHY_NOTIFY_H

/**
 * @brief **notify__open()** connects to $NOTIFY_SOCKET and forgets the variable.
 * @return a descriptor for the others; -ENOENT: nobody wants to know, which is fine
 * for all of them; or -errno
 */
int notify__open(void);

/**
 * @brief **notify__send()** sends a state such as "READY=1" or "WATCHDOG=1".
 * @return 0 or -errno
 */
int notify__send(int fd, const char *state);

/**
 * @brief **notify__watchdog_s()** how often "WATCHDOG=1" is due: half the time
 * that the manager allows (WATCHDOG_USEC, WATCHDOG_PID).
 * @return seconds; 0: no watchdog
 */
double notify__watchdog_s(void);

#endif
