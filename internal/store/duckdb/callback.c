#include "callback.h"
#include "_cgo_export.h"

// The part of DuckDB's C interface that is used here, as its header gives it.
typedef uint64_t idx_t;
typedef void *handle;
extern handle duckdb_create_scalar_function(void);
extern void duckdb_destroy_scalar_function(handle *);
extern void duckdb_scalar_function_set_name(handle, const char *);
extern void duckdb_scalar_function_set_varargs(handle, handle type);
extern void duckdb_scalar_function_set_special_handling(handle);
extern void duckdb_scalar_function_set_return_type(handle, handle type);
extern void duckdb_scalar_function_set_function(handle, void (*)(handle, handle, handle));
extern int duckdb_register_scalar_function(handle connection, handle);
extern handle duckdb_create_logical_type(int);
extern void duckdb_destroy_logical_type(handle *);
extern idx_t duckdb_data_chunk_get_column_count(handle);
extern idx_t duckdb_data_chunk_get_size(handle);
extern handle duckdb_data_chunk_get_vector(handle, idx_t);
extern void *duckdb_vector_get_data(handle);
extern uint64_t *duckdb_vector_get_validity(handle);
extern void duckdb_vector_ensure_validity_writable(handle);
extern void duckdb_vector_assign_string_element_len(handle, idx_t, const char *, idx_t);
extern void duckdb_validity_set_row_invalid(uint64_t *, idx_t);

enum { TYPE_VARCHAR = 17, MOST_ARGUMENTS = 64 };

static void apply(handle info, handle chunk, handle output) {
	struct callback_column columns[MOST_ARGUMENTS];
	idx_t n = duckdb_data_chunk_get_column_count(chunk);
	if (n > MOST_ARGUMENTS) {
		n = MOST_ARGUMENTS;
	}
	for (idx_t i = 0; i < n; i++) {
		handle vector = duckdb_data_chunk_get_vector(chunk, i);
		columns[i].texts = duckdb_vector_get_data(vector);
		columns[i].valid = duckdb_vector_get_validity(vector);
	}
	callbackRows(columns, (int64_t)n, (int64_t)duckdb_data_chunk_get_size(chunk), output);
}

int callback_register(void *connection, const char *name) {
	handle text = duckdb_create_logical_type(TYPE_VARCHAR);
	handle f = duckdb_create_scalar_function();
	duckdb_scalar_function_set_name(f, name);
	duckdb_scalar_function_set_varargs(f, text);
	duckdb_scalar_function_set_special_handling(f);
	duckdb_scalar_function_set_return_type(f, text);
	duckdb_scalar_function_set_function(f, apply);
	int state = duckdb_register_scalar_function(connection, f);
	duckdb_destroy_scalar_function(&f);
	duckdb_destroy_logical_type(&text);
	return state;
}

void callback_answer(void *vector, int64_t rows, const char *bytes, const int64_t *ends, const uint8_t *null) {
	uint64_t *valid = NULL;
	int64_t start = 0;
	for (int64_t i = 0; i < rows; i++) {
		if (null[i]) {
			if (valid == NULL) {
				duckdb_vector_ensure_validity_writable(vector);
				valid = duckdb_vector_get_validity(vector);
			}
			duckdb_validity_set_row_invalid(valid, (idx_t)i);
		} else {
			duckdb_vector_assign_string_element_len(vector, (idx_t)i, bytes + start, (idx_t)(ends[i] - start));
		}
		start = ends[i];
	}
}
