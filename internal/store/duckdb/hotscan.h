// Rows in memory as a table function of DuckDB. Go makes the tables, whose
// arrays are pinned Go memory, and hands over their address; everything that
// DuckDB calls is C, on its own threads.
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HOT_BOOL = 1, HOT_INT = 2, HOT_FLOAT = 3, HOT_TEXT = 4 };

// hot_column is one column of a part. A text is a code into texts; a code beyond
// them is a null. The others have a bitmap of the rows with a value, or none.
struct hot_column {
	const void *data;
	const uint8_t *valid;
	const void *texts; // 16 bytes each, as DuckDB keeps a string
	uint32_t count;    // of texts
};

// hot_part is a stretch of rows that lie together.
struct hot_part {
	int64_t rows;
	struct hot_column *columns;
};

struct hot_table {
	int64_t columns;
	int32_t *kinds;
	char **names;
	int64_t parts;
	struct hot_part *part;
	int64_t rows;
};

struct hot_table *hot_table_new(int64_t columns, int64_t parts);
void hot_table_name(struct hot_table *t, int64_t i, const char *name, int32_t kind);
void hot_table_part(struct hot_table *t, int64_t i, int64_t rows);
void hot_table_column(struct hot_table *t, int64_t part, int64_t i, const void *data, const uint8_t *valid, const void *texts, uint32_t count);
void hot_table_free(struct hot_table *t);
int hot_register(void *connection);
