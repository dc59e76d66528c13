package segment

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
)

// system columns come first in every file.
const (
	columnTime = iota
	columnEnvironment
	columnDataset
	columnSampleRate
	systemColumns
)

// layout is what of which batch goes where in a file.
type layout struct {
	batches  []*event.Batch
	columns  []schemaColumn
	names    []string     // by column: the attribute's name, as it was sent
	kinds    []event.Kind // by column; String for _overflow
	byName   map[string]int
	overflow []map[string]bool // by batch: names without a column
	extra    []*event.Column   // by batch: the overflow column, nil if it has none
	groups   []rowGroup
}

// rowGroup is the rows of a row group, in order.
type rowGroup struct {
	rows   []ref
	byTime bool // sorted by time and arrival, else by trace id and time
}

// ref names a row of a batch.
type ref struct{ batch, row uint32 }

func newLayout(batches []*event.Batch, opts Options) *layout {
	l := &layout{byName: map[string]int{}}
	for _, b := range batches {
		if b.Len() > 0 {
			l.batches = append(l.batches, b)
		}
	}
	l.columns = []schemaColumn{
		{name: event.SystemTime, physical: typeInt64, timestamp: true},
		{name: event.SystemEnvironment, physical: typeByteArray, utf8: true},
		{name: event.SystemDataset, physical: typeByteArray, utf8: true},
		{name: event.SystemSampleRate, physical: typeInt64},
	}
	l.kinds = []event.Kind{event.Int, event.String, event.String, event.Int}
	l.names = make([]string, systemColumns)
	l.chooseColumns(opts)
	l.fillOverflow()
	l.arrange(opts)
	return l
}

// chooseColumns gives each attribute a column, or the overflow.
func (l *layout) chooseColumns(opts Options) {
	folded := map[string]string{event.FieldOverflow: event.FieldOverflow, event.FieldArrival: event.FieldArrival, event.SystemLag: event.SystemLag}
	for _, c := range l.columns {
		folded[c.name] = c.name
	}
	l.overflow = make([]map[string]bool, len(l.batches))
	for i, b := range l.batches {
		l.overflow[i] = map[string]bool{}
		for _, c := range widest(b, opts.MaxFields) {
			l.overflow[i][c.Name] = true
		}
		for _, c := range b.Columns {
			if c.Len() == 0 || l.overflow[i][c.Name] {
				continue
			}
			lower := foldCase(c.Name)
			if first, taken := folded[lower]; !speakable(c.Name) || (taken && first != c.Name) {
				l.overflow[i][c.Name] = true
				continue
			}
			folded[lower] = c.Name
			at, known := l.byName[c.Name]
			if !known {
				at = len(l.columns)
				l.byName[c.Name] = at
				l.columns = append(l.columns, schemaColumn{name: c.Name, optional: true})
				l.kinds = append(l.kinds, event.Null)
				l.names = append(l.names, c.Name)
			}
			l.kinds[at] = event.Unify(l.kinds[at], c.Kind)
		}
	}
	for i := systemColumns; i < len(l.columns); i++ {
		l.columns[i].physical, l.columns[i].utf8 = physicalType(l.kinds[i])
	}
}

// widest returns the columns of a batch beyond the limit: those with the fewest
// values, never the trace id. The lag is none of those that are limited.
func widest(b *event.Batch, limit int) []*event.Column {
	if len(b.Columns) <= limit {
		return nil
	}
	sorted := slices.DeleteFunc(slices.Clone(b.Columns), func(c *event.Column) bool { return c.Name == event.SystemLag })
	slices.SortStableFunc(sorted, func(x, y *event.Column) int {
		if x.Name == event.FieldTraceID || y.Name == event.FieldTraceID {
			return strings.Compare(mark(y), mark(x))
		}
		return cmp.Compare(y.Len(), x.Len())
	})
	return sorted[min(limit, len(sorted)):]
}

// mark sorts the trace id before everything else.
func mark(c *event.Column) string {
	if c.Name == event.FieldTraceID {
		return "1"
	}
	return "0"
}

func physicalType(k event.Kind) (physical int32, utf8 bool) {
	switch k {
	case event.Bool:
		return typeBoolean, false
	case event.Int:
		return typeInt64, false
	case event.Float:
		return typeDouble, false
	case event.String, event.Null:
	}
	return typeByteArray, true
}

// speakable reports whether every reader can call a column by this name: it is
// UTF-8 without control characters and the like.
func speakable(name string) bool {
	return name != "" && utf8.ValidString(name) && strings.IndexFunc(name, func(r rune) bool {
		return !unicode.IsPrint(r) || r == utf8.RuneError
	}) < 0
}

// foldCase lowers ASCII letters, as DuckDB does to tell columns apart.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// fillOverflow makes the JSON texts of the overflow column.
func (l *layout) fillOverflow() {
	l.extra = make([]*event.Column, len(l.batches))
	used := false
	for i, b := range l.batches {
		if len(l.overflow[i]) == 0 {
			continue
		}
		objects := map[int]map[string]any{}
		for _, c := range b.Columns {
			if !l.overflow[i][c.Name] {
				continue
			}
			for k := range c.Len() {
				row := c.Row(k)
				if objects[row] == nil {
					objects[row] = map[string]any{}
				}
				objects[row][c.Name] = overflowValue(c.ValueAt(k))
			}
		}
		l.extra[i] = overflowColumn(objects)
		used = used || l.extra[i] != nil
	}
	if used {
		l.byName[event.FieldOverflow] = len(l.columns)
		l.columns = append(l.columns, schemaColumn{name: event.FieldOverflow, physical: typeByteArray, utf8: true, optional: true})
		l.kinds = append(l.kinds, event.String)
		l.names = append(l.names, event.FieldOverflow)
	}
}

// overflowValue keeps what JSON has no number for as text.
func overflowValue(v event.Value) any {
	if f := v.Float(); v.Kind() == event.Float && (f != f || f-f != 0) { //nolint:gocritic // NaN and infinities differ from themselves so
		return v.Text()
	}
	return v.Any()
}

func overflowColumn(objects map[int]map[string]any) *event.Column {
	if len(objects) == 0 {
		return nil
	}
	rows := make([]int, 0, len(objects))
	for row := range objects {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	c := &event.Column{Name: event.FieldOverflow, Kind: event.String, Rows: make([]uint32, len(rows)), Codes: make([]uint32, len(rows))}
	for i, row := range rows {
		raw, err := json.Marshal(objects[row])
		if err != nil {
			raw = []byte("{}") // only scalars are in it: it can't fail
		}
		c.Rows[i] = uint32(row)
		c.Codes[i] = c.Dict.InternBytes(raw)
	}
	return c
}
