// Package dataset is the registry of datasets: which there are in each
// environment, how they are called, when they were last written, what their
// columns are and mean, which fields are calculated, and which colour slot each
// service has. It is asked on every request, so it answers from memory; what
// events bring is written to the settings database in the background, what a
// person changes before the change is answered.
package dataset

import (
	"strings"
	"time"
)

// All is the slug that stands for every dataset of an environment in queries,
// and for the environment itself where calculated fields belong to it.
const All = "__all__"

// Limits of what people may say about a dataset, its columns and calculated
// fields; lengths are in bytes.
const (
	MaxName            = 255
	MaxDescription     = 1024 // of a dataset
	MaxNote            = 255  // description of a column or calculated field
	MaxExpression      = 4095
	MaxExpandJSONDepth = 10
)

// Slots is how many service colours there are; slots count from 1.
const Slots = 12

// Dataset describes one dataset.
type Dataset struct {
	Environment string // slug
	Slug        string
	Name        string // as the first sender wrote it
	Created     time.Time
	LastWritten time.Time // when events last came in, not their own time; zero: never
	Columns     int       // how many there are, as Columns lists them
	Metrics     bool      // its first events were data points of metrics
	Settings
}

// Settings are what a person may change about a dataset.
type Settings struct {
	Description     string
	ExpandJSONDepth int  // levels of objects in events whose members become fields of their own
	Deletable       bool // else Delete refuses
}

// Service is a service with the colour it keeps for ever.
type Service struct {
	Name string
	Slot int   // 1..Slots
	Rows int64 // seen so far, roughly
}

// Slug returns the slug of a dataset's name: lower case, and a "-" for every
// character that is not a letter a-z, a digit or one of _ ~ . -. Names that
// differ only in case are one dataset.
func Slug(name string) string {
	plain := true
	for i := range len(name) {
		if !slugByte(name[i]) {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 && slugByte(byte(r)) {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

func slugByte(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '~' || c == '.' || c == '-'
}
