package segment

import "github.com/oriel-dev/oriel/internal/event"

const infoKey = "oriel"

// Info describes a segment. The manifest keeps it, and the file holds it too.
type Info struct {
	Version       int           `json:"version"`
	Rows          int64         `json:"rows"`
	Bytes         int64         `json:"bytes"` // of the file
	MinTime       int64         `json:"min_time"`
	MaxTime       int64         `json:"max_time"` // of the latest row, inclusive; Unix ns
	MaxSampleRate uint32        `json:"max_sample_rate"`
	Datasets      []DatasetInfo `json:"datasets"`
	Durable       uint64        `json:"durable,omitempty"`  // of Options
	Replaces      []string      `json:"replaces,omitempty"` // of Options
	ExtraAt       int64         `json:"extra_at,omitempty"`
	ExtraLen      int           `json:"extra_len,omitempty"`
	FilterAt      int64         `json:"filter_at"`
	FilterLen     int           `json:"filter_len"`
	Filter        []byte        `json:"-"` // over trace ids, for MayHold
}

// DatasetInfo describes the rows of one dataset in a segment.
type DatasetInfo struct {
	Environment string      `json:"environment"`
	Dataset     string      `json:"dataset"`
	Rows        int64       `json:"rows"`
	MinTime     int64       `json:"min_time"`
	MaxTime     int64       `json:"max_time"`
	Fields      []FieldInfo `json:"fields"`
}

// FieldInfo describes a field of a dataset in a segment.
type FieldInfo struct {
	Name   string     `json:"name"`
	Column string     `json:"column,omitempty"` // in the file; "" if it is in the overflow column
	Kind   event.Kind `json:"kind"`             // of the column in the file, or in the overflow as it was sent
	Sent   event.Kind `json:"sent,omitempty"`   // Int where Kind is Float because of other datasets
	Filled int64      `json:"filled"`
	Big    bool       `json:"big,omitempty"` // it has integers that no float holds
}

// formatVersion is that of the conventions in doc.go.
const formatVersion = 1

// Options tune writing. Zero values have the defaults given.
type Options struct {
	RowGroupRows int // 122,880
	BigDataset   int // rows from which a dataset has row groups of its own; 20,000
	PageRows     int // 2,048
	MaxFields    int // columns of a dataset; 2,000

	// What the file says of itself beside its rows: the journal position up to
	// which rows are in segments once it is in use, the files it takes the place
	// of, and bytes that mean nothing to this package.
	Durable  uint64
	Replaces []string
	Extra    []byte
}

func (o *Options) setDefaults() {
	if o.RowGroupRows <= 0 {
		o.RowGroupRows = 122_880
	}
	if o.BigDataset <= 0 {
		o.BigDataset = 20_000
	}
	if o.PageRows <= 0 {
		o.PageRows = 2048
	}
	if o.MaxFields <= 0 {
		o.MaxFields = 2000
	}
}
