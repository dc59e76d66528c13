package journal

// FS is the part of a file system the journal needs, so that tests can make it
// fail, fill up or crash.
type FS interface{ todo() }
