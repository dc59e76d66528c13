// Package duckdb is the embedded engine: rows in memory, Parquet segments, a
// manifest that names them, and DuckDB to ask both. Nothing else imports DuckDB.
//
// # Folder
//
//	lock                  held (flock) while a process uses the folder
//	manifest              names the segments in use; see below
//	00000000000000a1.parquet   a segment, see package segment
//	*.tmp                 files being written; removed at start
//	quarantine/           files that turned out to be damaged
//	spill/                what DuckDB puts aside while it runs a query
//
// # Manifest
//
// A sequence of records, appended and synced one by one:
//
//	magic   4 bytes  "OMR1"
//	length  4 bytes  little endian, of the body
//	crc     4 bytes  CRC-32C of the body
//	body    JSON     {"add":["…parquet"],"remove":["…parquet"],"durable":N,"next":N}
//
// A record adds and removes segments in one step and says up to which journal
// position rows are in segments. Reading goes on at the next magic after damage;
// then segments that no record names, and that no other segment replaces, are
// taken in by what they say of themselves, and the manifest is written anew. It
// is also written anew, beside and then renamed, when it has grown long.
//
// # Summary
//
// Each segment carries, as segment.Options.Extra, a summary of its spans, so that
// overviews read no spans: one zstd frame of roll-ups and calls, drawn at type summary.
// Roll-ups are of the segment's own spans and are made anew when segments are
// merged. Calls also join spans of earlier flushes (see joinCalls), and are added
// up when segments are merged.
package duckdb
