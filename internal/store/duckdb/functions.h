// Functions of our own in DuckDB, written in Go.
#include <stdbool.h>
#include <stdint.h>

int functions_register(void *connection, const char *name);
