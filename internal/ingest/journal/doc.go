// Package journal is the append-only log that makes an acknowledgement true:
// [Journal.Append] completes a record only when it is on disk and synced. Many
// callers share one write and one sync (group commit). It knows nothing of what
// a record holds.
//
// # Files
//
// A journal is a folder of files NNNNNNNN-SSSSSSSSSSSSSSSS.journal: a number that
// grows from file to file, and a random salt, in hex. A file is written once,
// front to back, by one process, and never again after that process or after
// an error on it. It is removed when the store holds all of its records; if part
// of it was damaged it is renamed to ….damaged instead, and the last few of
// those are kept. Two more files: LOCK, held while a process has the journal, and
// RESERVE, disk space that is given back when the disk fills up, so that
// cleaning up has room to work in.
//
//	file   = "ORIEL JOURNAL 1\n" record*
//
//	record, little-endian:
//	  offset  bytes
//	       0      4  magic: "OJ1e" an entry, "OJ1n" a note
//	       4      4  CRC-32C of the salt (8 bytes, big-endian) and of bytes 8 to 47
//	       8      4  length of the payload
//	      12      4  CRC-32C of the payload
//	      16      8  seq: of an entry, its place; of a note, of the entry that comes next
//	      24      8  time, Unix nanoseconds: of an entry, what its writer said, or when
//	                 it was appended; of a note, when it was made
//	      32     16  fingerprint, opaque
//	      48      …  payload
//
// The first record of a file is a note, made by [Config.Preface]: what must
// survive the removal of the files before it.
//
// # Reading
//
// Opening checks every byte. Where something is wrong it looks for the next
// place at which a whole record stands, byte by byte, so that damage costs only
// the records it touches. The salt keeps a sender from planting a false record
// inside a payload: it would have to know the file's name. Entries come back
// in the order of seq, each once, whatever order they stand in.
//
// # Failing
//
// A failed write or sync leaves a file in a state nobody can know, so it is
// abandoned, and the records of that group go to a new file at once. If that
// fails too, their callers get an Unavailable fault; the journal tries again with
// the next group. A seq that was given out is never given out again.
package journal
