/*
 * error.h: what the environment did to us, as a value that travels up.
 *
 * Three kinds of trouble have three mechanisms: a bad input line is an `enum reject` and is
 * counted; the environment (open, disk, memory, a bad option) is a struct error that the command
 * prints once; our own bug is an assert. An error names the file and the reason, never a byte of a
 * log.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
	char text[512];
};

/*
 * Writes the message (printf form, cut at the size) and returns -1, so that a function can end with
 * `return error_set(error, …)`. `error` may be NULL.
 */
int error_set(struct error *error, const char *form, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of errno as it was at the call. */
int error_errno(struct error *error, const char *form, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " in front of what the error already says; returns -1. */
int error_prefix(struct error *error, const char *form, ...) __attribute__((format(printf, 2, 3)));

#endif
