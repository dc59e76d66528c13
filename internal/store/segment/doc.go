// Package segment writes and reads Oriel's segments: immutable Parquet files that
// any Parquet tool can open. It knows no query engine.
//
// # Layout
//
//	"PAR1"
//	row group 0: for each column its dictionary page, if it has one, and its data
//	             pages of Options.PageRows rows; then the Bloom filter of trace ids
//	row group 1 …
//	Options.Extra, then the trace filter (ours, see below)
//	column indexes and offset indexes
//	footer (Thrift compact), its length in 4 bytes, "PAR1"
//
// # Columns
//
//	_time         INT64 TIMESTAMP(NANOS), required; UTC, though not marked as such
//	_environment  STRING, required
//	_dataset      STRING, required
//	_sample_rate  INT64, required, at least 1
//	_arrival_lag  INT64, optional: tenths of a second after its time that a row
//	              came in; of log lines _arrival says it, in nanoseconds
//	(attributes)  BOOLEAN, INT64, DOUBLE or STRING, optional, under their own names
//	_overflow     STRING, optional: a JSON object of what has no column of its own:
//	              names that equal another but for case, and names beyond
//	              Options.MaxFields of a dataset
//
// A column has one type in a file: the narrowest that holds its values in all
// datasets of the file.
//
// # Row groups
//
// A dataset with at least Options.BigDataset rows in the file has row groups of
// its own, so that columns which it does not use are one run of nulls; smaller
// ones share row groups. Inside a row group rows are sorted by trace id and time.
//
// Log lines (meta.signal_type is log) lie apart, in row groups sorted by time and
// arrival; the footer says so in sorting_columns. A page of lines is then a few
// pages of a file. The price: the ids of a trace's lines are not sorted, so their
// column index bounds nothing (its order is "unordered"), and a trace is found by
// the Bloom filter of the row group and by reading the row group's ids, some 1 to
// 3 ms for 122,880 lines, of which the ids that repeat cost less; after that only
// the pages that have a line of the trace are read.
//
// # Pages
//
// Data pages are version 1, compressed with zstd, with a CRC-32 of the compressed
// bytes. Strings are dictionary-coded, or DELTA_LENGTH_BYTE_ARRAY where most
// differ; integers dictionary-coded or DELTA_BINARY_PACKED; floats
// dictionary-coded or BYTE_STREAM_SPLIT; booleans PLAIN.
//
// # Trace filter
//
// A split block Bloom filter (as Parquet defines it, without its header) over
// the trace ids of the whole file. The manifest keeps a copy, so that a file
// without the trace is not opened. Its place is in the file's description.
//
// # Description
//
// The footer's key-value metadata holds, under "oriel", an Info as JSON.
package segment
