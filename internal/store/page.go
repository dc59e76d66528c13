package store

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// PageOptions say which rows of a query a page holds.
type PageOptions struct {
	Backward bool      // from the latest row to the earliest
	After    *Position // only rows behind it, in the direction; nil begins at the end of the range
	Limit    int       // rows; 0 means 100
	Fields   []string  // of the rows, computed ones too; nil means every field they have

	// Bounds that make a page shorter than Limit, though there are more rows: then
	// Page.More is set. A page that could move on at all does.
	MaxBytes int64         // of the texts of Fields, counted as MaxBytes says; 0 is no limit
	RowBytes int64         // added to each row's bytes
	Within   time.Duration // after so long no more rows are looked at; 0 is no limit

	Threads  int            // 0 means the engine's own
	Progress func(Progress) // called now and then from another goroutine; may be nil
}

// DefaultPage is the limit of a page that asks for none.
const DefaultPage = 100

// Page is a run of the rows of a query, in the order of their positions, or
// against it where it was asked for backward.
type Page struct {
	Rows []PageRow

	// Next is where the page after this one begins: everything up to it has been
	// looked at. It need not be the position of a row. More is false if nothing lay
	// behind it when the page was read.
	Next  Position
	More  bool
	Stats Stats
}

// PageRow is a row with its place. Its batch belongs to the page.
type PageRow struct {
	event.Row
	Position Position
}

// Position is the place of a row in the order in which pages give rows. It stays
// the same as long as the row is kept: over flushes, compactions and restarts.
// Rows are ordered by time, then by arrival; those without one come before those
// with one, in an arbitrary order that is always the same.
type Position struct {
	Time    int64  // Unix ns
	Arrival int64  // of event.FieldArrival, 0 without it
	Tie     uint64 // of a row without arrival, by its fields
	Nth     uint32 // among the rows that are alike in all of that, from 0
}

// BeforeTime is the position before every row of a time and later.
func BeforeTime(at int64) Position { return Position{Time: at, Arrival: math.MinInt64} }

// AfterTime is the position behind every row of a time.
func AfterTime(at int64) Position {
	return Position{Time: at, Arrival: math.MaxInt64, Tie: math.MaxUint64, Nth: math.MaxUint32}
}

// Before returns a position before p with none between them: going on from there
// begins with the row at p.
func (p Position) Before() Position {
	switch {
	case p.Nth > 0:
		p.Nth--
	case p.Tie > 0:
		p.Tie, p.Nth = p.Tie-1, math.MaxUint32
	case p.Arrival > math.MinInt64:
		p.Arrival, p.Tie, p.Nth = p.Arrival-1, math.MaxUint64, math.MaxUint32
	default:
		return AfterTime(p.Time - 1)
	}
	return p
}

// Compare orders positions.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Time, o.Time), cmp.Compare(p.Arrival, o.Arrival), cmp.Compare(p.Tie, o.Tie), cmp.Compare(p.Nth, o.Nth))
}

// String returns the position as a short text that may stand in a URL.
func (p Position) String() string {
	return fmt.Sprintf("%d.%d.%x.%d", p.Time, p.Arrival, p.Tie, p.Nth)
}

// ParsePosition reads what String returns. Errors: Invalid.
func ParsePosition(text string) (Position, error) {
	var p Position
	const longest = 80
	if n, err := fmt.Sscanf(text, "%d.%d.%x.%d", &p.Time, &p.Arrival, &p.Tie, &p.Nth); err != nil || n != 4 || len(text) > longest || p.String() != text {
		return p, fault.New(fault.Invalid, "%.80q is not the position of an event", text)
	}
	return p, nil
}
