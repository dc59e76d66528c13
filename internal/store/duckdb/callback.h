// What SQL has no words for is computed in Go, a chunk of rows at a time.
#ifndef CALLBACK_H
#define CALLBACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// callback_column is an argument of all rows of a chunk: 16 bytes a text, as
// DuckDB keeps a string, and a bitmap of those that are not null, or none.
struct callback_column {
	const void *texts;
	const uint64_t *valid;
};

// callback_register makes the function known; 0 if that went well.
int callback_register(void *connection, const char *name);

// callback_answer sets rows texts: number i is bytes[ends[i-1]:ends[i]], or null.
void callback_answer(void *vector, int64_t rows, const char *bytes, const int64_t *ends, const uint8_t *null);

#endif
