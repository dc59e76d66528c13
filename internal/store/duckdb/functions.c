#include "functions.h"
#include "_cgo_export.h"

// The part of DuckDB's C interface that is used here, as its header gives it.
typedef uint64_t idx_t;
typedef void *handle;
extern handle duckdb_create_scalar_function(void);
extern void duckdb_destroy_scalar_function(handle *);
extern void duckdb_scalar_function_set_name(handle, const char *);
extern void duckdb_scalar_function_add_parameter(handle, handle type);
extern void duckdb_scalar_function_set_return_type(handle, handle type);
extern void duckdb_scalar_function_set_function(handle, void (*)(handle, handle, handle));
extern void duckdb_scalar_function_set_special_handling(handle);
extern void duckdb_scalar_function_set_error(handle info, const char *);
extern int duckdb_register_scalar_function(handle connection, handle);
extern handle duckdb_create_logical_type(int);
extern void duckdb_destroy_logical_type(handle *);
extern idx_t duckdb_data_chunk_get_size(handle);
extern handle duckdb_data_chunk_get_vector(handle, idx_t);
extern void *duckdb_vector_get_data(handle);
extern uint64_t *duckdb_vector_get_validity(handle);

enum { TYPE_BOOLEAN = 1, TYPE_VARCHAR = 17 };

static void filter_pattern(handle info, handle input, handle output) {
	handle texts = duckdb_data_chunk_get_vector(input, 0), patterns = duckdb_data_chunk_get_vector(input, 1);
	if (filterPatternRows(duckdb_data_chunk_get_size(input), duckdb_vector_get_data(texts), duckdb_vector_get_validity(texts),
		duckdb_vector_get_data(patterns), duckdb_vector_get_data(output)) != 0)
		duckdb_scalar_function_set_error(info, "the filter pattern could not be applied");
}

int functions_register(void *connection, const char *name) {
	handle f = duckdb_create_scalar_function();
	handle text = duckdb_create_logical_type(TYPE_VARCHAR), truth = duckdb_create_logical_type(TYPE_BOOLEAN);
	duckdb_scalar_function_set_name(f, name);
	duckdb_scalar_function_add_parameter(f, text);
	duckdb_scalar_function_add_parameter(f, text);
	duckdb_scalar_function_set_return_type(f, truth);
	duckdb_scalar_function_set_function(f, filter_pattern);
	duckdb_scalar_function_set_special_handling(f); // a null does not match; it is not null
	int state = duckdb_register_scalar_function(connection, f);
	duckdb_destroy_logical_type(&text);
	duckdb_destroy_logical_type(&truth);
	duckdb_destroy_scalar_function(&f);
	return state;
}
