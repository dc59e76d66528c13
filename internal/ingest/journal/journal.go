package journal

// Stats are counts of the journal.
type Stats struct {
	Files   int   // on disk
	Bytes   int64 // on disk
	Appends int64 // records written since start
	Groups  int64 // writes with one sync each; Appends/Groups is how well commits are shared
	Failed  int64 // groups that could not be written
	Damaged int   // damaged places found at start
	LastSeq uint64
}
