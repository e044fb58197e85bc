/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text that others chose (interface, namespace and pod names, symbols) made
 * harmless for each output. Any bytes are allowed in; what comes out is valid
 * UTF-8 without control characters, so one value never breaks a line, moves a
 * cursor or makes a file unreadable as a whole.
 */
#ifndef DROPWHY_ESCAPE_H
#define DROPWHY_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Room that @p len bytes can take, without a NUL. */
#define ESCAPE_TERMINAL_ROOM(len) (4 * (len))
#define ESCAPE_JSON_ROOM(len)	  (6 * (len))
#define ESCAPE_CSV_ROOM(len)	  (4 * (len) + 2)

/**
 * @brief **escape__terminal()** writes each byte of a control character
 * (C0, DEL, C1), of a character that reorders or breaks lines (U+061C, U+200E,
 * U+200F, U+2028-202E, U+2066-2069), of invalid UTF-8, and each backslash, as \xNN: so
 * the original can be had back.
 * @param in any bytes
 * @param len how many
 * @param out ESCAPE_TERMINAL_ROOM(len) bytes; gets no NUL
 * @return bytes written
 */
size_t escape__terminal(const char *in, size_t len, char *out);

/**
 * @brief **escape__json()** writes the inside of a JSON string (RFC 8259):
 * what escape__terminal() would replace comes as JSON's own escapes; a byte of
 * invalid UTF-8, which JSON cannot hold, as the text \xNN.
 * @param in any bytes
 * @param len how many
 * @param out ESCAPE_JSON_ROOM(len) bytes; gets no NUL
 * @return bytes written
 */
size_t escape__json(const char *in, size_t len, char *out);

/**
 * @brief **escape__csv()** writes one field (RFC 4180), quoted only where it
 * holds a comma or a quote. Before quoting it is treated as by
 * escape__terminal(): no field spans lines, so grep and cut work too. A first
 * character that spreadsheets take for a formula (= + - @) becomes \xNN as well.
 * @param in any bytes
 * @param len how many
 * @param out ESCAPE_CSV_ROOM(len) bytes; gets no NUL
 * @return bytes written
 */
size_t escape__csv(const char *in, size_t len, char *out);

/** @brief **escape__is_plain_csv()** @return true: ASCII that escape__csv() would leave as it is. */
bool escape__is_plain_csv(const char *in, size_t len);

#endif
