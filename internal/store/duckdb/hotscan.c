#include "hotscan.h"

#include <stdatomic.h>

// The part of DuckDB's C interface that is used here, as its header gives it. The
// library comes with the bindings.
typedef uint64_t idx_t;
typedef void *handle;
typedef void (*destroy_t)(void *);
extern handle duckdb_create_table_function(void);
extern void duckdb_destroy_table_function(handle *);
extern void duckdb_table_function_set_name(handle, const char *);
extern void duckdb_table_function_add_parameter(handle, handle type);
extern void duckdb_table_function_set_bind(handle, void (*)(handle));
extern void duckdb_table_function_set_init(handle, void (*)(handle));
extern void duckdb_table_function_set_function(handle, void (*)(handle, handle));
extern void duckdb_table_function_supports_projection_pushdown(handle, bool);
extern int duckdb_register_table_function(handle connection, handle);
extern handle duckdb_create_logical_type(int);
extern void duckdb_destroy_logical_type(handle *);
extern handle duckdb_bind_get_parameter(handle, idx_t);
extern int64_t duckdb_get_int64(handle value);
extern void duckdb_destroy_value(handle *);
extern void duckdb_bind_add_result_column(handle, const char *, handle type);
extern void duckdb_bind_set_bind_data(handle, void *, destroy_t);
extern void duckdb_bind_set_cardinality(handle, idx_t, bool);
extern void *duckdb_init_get_bind_data(handle);
extern idx_t duckdb_init_get_column_count(handle);
extern idx_t duckdb_init_get_column_index(handle, idx_t);
extern void duckdb_init_set_init_data(handle, void *, destroy_t);
extern void duckdb_init_set_max_threads(handle, idx_t);
extern void *duckdb_function_get_bind_data(handle);
extern void *duckdb_function_get_init_data(handle);
extern handle duckdb_data_chunk_get_vector(handle, idx_t);
extern void duckdb_data_chunk_set_size(handle, idx_t);
extern void *duckdb_vector_get_data(handle);
extern void duckdb_vector_ensure_validity_writable(handle);
extern uint64_t *duckdb_vector_get_validity(handle);

enum { TYPE_BOOLEAN = 1, TYPE_BIGINT = 5, TYPE_DOUBLE = 11, TYPE_VARCHAR = 17 };
enum { CHUNK = 2048 };

struct hot_table *hot_table_new(int64_t columns, int64_t parts) {
	struct hot_table *t = calloc(1, sizeof *t);
	t->columns = columns;
	t->kinds = calloc(columns, sizeof *t->kinds);
	t->names = calloc(columns, sizeof *t->names);
	t->parts = parts;
	t->part = calloc(parts + 1, sizeof *t->part);
	return t;
}

void hot_table_name(struct hot_table *t, int64_t i, const char *name, int32_t kind) {
	t->names[i] = strdup(name);
	t->kinds[i] = kind;
}

void hot_table_part(struct hot_table *t, int64_t i, int64_t rows) {
	t->part[i].rows = rows;
	t->part[i].columns = calloc(t->columns, sizeof *t->part[i].columns);
	t->rows += rows;
}

void hot_table_column(struct hot_table *t, int64_t part, int64_t i, const void *data, const uint8_t *valid, const void *texts, uint32_t count) {
	struct hot_column *c = &t->part[part].columns[i];
	c->data = data;
	c->valid = valid;
	c->texts = texts;
	c->count = count;
}

void hot_table_free(struct hot_table *t) {
	for (int64_t i = 0; i < t->columns; i++) free(t->names[i]);
	for (int64_t i = 0; i < t->parts; i++) free(t->part[i].columns);
	free(t->kinds);
	free(t->names);
	free(t->part);
	free(t);
}

static void keep(void *p) { (void)p; }

static void bind(handle info) {
	static const int types[] = {0, TYPE_BOOLEAN, TYPE_BIGINT, TYPE_DOUBLE, TYPE_VARCHAR};
	handle value = duckdb_bind_get_parameter(info, 0);
	struct hot_table *t = (struct hot_table *)(intptr_t)duckdb_get_int64(value);
	duckdb_destroy_value(&value);
	for (int64_t i = 0; i < t->columns; i++) {
		handle type = duckdb_create_logical_type(types[t->kinds[i]]);
		duckdb_bind_add_result_column(info, t->names[i], type);
		duckdb_destroy_logical_type(&type);
	}
	duckdb_bind_set_cardinality(info, t->rows, true);
	duckdb_bind_set_bind_data(info, t, keep);
}

// scan is one reading of a table: which columns, and the next rows to give. Each
// thread takes the next chunk.
struct scan {
	_Atomic int64_t next; // chunk, counted over all parts
	idx_t columns;
	idx_t index[];
};

static void init(handle info) {
	struct hot_table *t = duckdb_init_get_bind_data(info);
	idx_t n = duckdb_init_get_column_count(info);
	struct scan *s = calloc(1, sizeof *s + n * sizeof s->index[0]);
	s->columns = n;
	for (idx_t i = 0; i < n; i++) s->index[i] = duckdb_init_get_column_index(info, i);
	duckdb_init_set_init_data(info, s, free);
	idx_t threads = t->rows / (60 * CHUNK) + 1;
	duckdb_init_set_max_threads(info, threads < 16 ? threads : 16);
}

static void fill(handle vector, const struct hot_column *c, int32_t kind, int64_t first, int64_t n) {
	void *out = duckdb_vector_get_data(vector);
	uint64_t *validity = NULL;
	if (kind == HOT_TEXT) {
		const uint32_t *codes = (const uint32_t *)c->data + first;
		const char *texts = c->texts;
		for (int64_t i = 0; i < n; i++) {
			if (codes[i] < c->count) {
				memcpy((char *)out + 16 * i, texts + 16 * (size_t)codes[i], 16);
				continue;
			}
			if (!validity) {
				duckdb_vector_ensure_validity_writable(vector);
				validity = duckdb_vector_get_validity(vector);
			}
			memset((char *)out + 16 * i, 0, 16);
			validity[i / 64] &= ~(1ULL << (i % 64));
		}
		return;
	}
	size_t size = kind == HOT_BOOL ? 1 : 8;
	memcpy(out, (const char *)c->data + size * first, size * n);
	if (!c->valid) return;
	duckdb_vector_ensure_validity_writable(vector);
	validity = duckdb_vector_get_validity(vector);
	for (int64_t i = 0; i < n; i++) {
		int64_t row = first + i;
		if (!(c->valid[row / 8] >> (row % 8) & 1)) validity[i / 64] &= ~(1ULL << (i % 64));
	}
}

static void scan(handle info, handle output) {
	struct hot_table *t = duckdb_function_get_bind_data(info);
	struct scan *s = duckdb_function_get_init_data(info);
	int64_t chunk = atomic_fetch_add(&s->next, 1);
	for (int64_t p = 0; p < t->parts; p++) {
		struct hot_part *part = &t->part[p];
		int64_t chunks = (part->rows + CHUNK - 1) / CHUNK;
		if (chunk >= chunks) {
			chunk -= chunks;
			continue;
		}
		int64_t first = chunk * CHUNK;
		int64_t n = part->rows - first < CHUNK ? part->rows - first : CHUNK;
		for (idx_t i = 0; i < s->columns; i++) {
			idx_t at = s->index[i];
			if (at >= (idx_t)t->columns) continue; // a column that only counts rows
			fill(duckdb_data_chunk_get_vector(output, i), &part->columns[at], t->kinds[at], first, n);
		}
		duckdb_data_chunk_set_size(output, n);
		return;
	}
	duckdb_data_chunk_set_size(output, 0);
}

int hot_register(void *connection) {
	handle f = duckdb_create_table_function();
	handle type = duckdb_create_logical_type(TYPE_BIGINT);
	duckdb_table_function_set_name(f, "hot_rows");
	duckdb_table_function_add_parameter(f, type);
	duckdb_table_function_set_bind(f, bind);
	duckdb_table_function_set_init(f, init);
	duckdb_table_function_set_function(f, scan);
	duckdb_table_function_supports_projection_pushdown(f, true);
	int state = duckdb_register_table_function(connection, f);
	duckdb_destroy_logical_type(&type);
	duckdb_destroy_table_function(&f);
	return state;
}
