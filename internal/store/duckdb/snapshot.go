package duckdb

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/segment"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// snapshot is what a query looks at: each row once, wherever it lies at that
// moment. It must be released.
type snapshot struct {
	environment string
	start, end  int64
	datasets    []string // none means all
	files       []*file
	hot         []*event.Batch
	bases       []*event.Batch // what hot are views of; nil where some rows are hidden
	missing     []string
	open        []*halves
	horizons    map[string]int64 // of the datasets some of whose rows are hidden

	kinds    map[string]event.Kind
	names    []string
	weighted bool
	rows     int64
	total    int64 // rows of the files and in memory, whatever their time
}

// snapshotOf takes what the query may have to look at.
func (s *Store) snapshotOf(q *query.Query) *snapshot {
	sn := &snapshot{environment: q.Environment, start: q.Start, end: q.End, datasets: q.Datasets}
	if sqlgen.LooksAtTraces(q) {
		sn.datasets = nil
	}
	traceID, oneTrace := traceOf(q)
	s.mu.RLock()
	horizon := s.horizon
	for _, f := range s.files {
		if sn.reaches(f.info) && (!oneTrace || segment.MayHold(f.info.Filter, traceID)) {
			f.hold()
			sn.files = append(sn.files, f)
		}
	}
	for _, g := range append(slices.Clone(s.sealed), s.active) {
		hot, bases := g.views(q.Environment, sn.wants)
		sn.hot, sn.bases = append(sn.hot, hot...), append(sn.bases, bases...)
	}
	sn.missing, sn.open = s.missing, s.open
	s.mu.RUnlock()
	sn.hide(horizon)
	sn.describe()
	return sn
}

func (sn *snapshot) release() {
	for _, f := range sn.files {
		f.release()
	}
}

func (sn *snapshot) wants(dataset string) bool {
	return len(sn.datasets) == 0 || slices.Contains(sn.datasets, dataset)
}

// reaches reports whether a segment has rows of the wanted kind in the range.
func (sn *snapshot) reaches(info *segment.Info) bool {
	if info.MinTime >= sn.end || info.MaxTime < sn.start {
		return false
	}
	return slices.ContainsFunc(info.Datasets, func(d segment.DatasetInfo) bool {
		return d.Environment == sn.environment && sn.wants(d.Dataset) && d.MinTime < sn.end && d.MaxTime >= sn.start
	})
}

// describe finds the unified kinds of all fields.
func (sn *snapshot) describe() {
	sn.kinds = map[string]event.Kind{}
	note := func(name string, kind event.Kind) {
		old, known := sn.kinds[name]
		if !known {
			sn.names = append(sn.names, name)
		}
		sn.kinds[name] = event.Unify(old, kind)
	}
	for _, f := range sn.files {
		sn.weighted = sn.weighted || f.info.MaxSampleRate > 1
		sn.total += f.info.Rows
		for _, d := range f.info.Datasets {
			if d.Environment != sn.environment || !sn.wants(d.Dataset) {
				continue
			}
			sn.rows += d.Rows
			for _, field := range d.Fields {
				if field.Column == "" {
					note(field.Name, event.String) // of the overflow column
					continue
				}
				note(field.Name, field.Kind)
			}
		}
	}
	for _, b := range sn.hot {
		sn.rows += int64(b.Len())
		sn.total += int64(b.Len())
		sn.weighted = sn.weighted || b.SampleRates != nil
		for _, c := range b.Columns {
			if c.Len() > 0 {
				note(c.Name, c.Kind)
			}
		}
	}
}

// Kind implements sqlgen.Schema.
func (sn *snapshot) Kind(field string) event.Kind { return sn.kinds[field] }

// Fields implements sqlgen.Schema.
func (sn *snapshot) Fields() []string { return sn.names }

// Weighted implements sqlgen.Schema.
func (sn *snapshot) Weighted() bool { return sn.weighted }

// Rows says how many rows there are at most, for the choice of an algorithm.
func (sn *snapshot) Rows() int64 { return sn.rows }

// traceOf finds the trace id that every row must have, if the query begins by
// asking for one.
func traceOf(q *query.Query) (id string, one bool) {
	for _, stage := range q.Stages {
		f, ok := stage.(query.Filter)
		if !ok {
			return "", false
		}
		if id, one = traceIn(f.Where); one {
			return id, true
		}
	}
	return "", false
}

func traceIn(e query.Expr) (id string, one bool) {
	switch x := e.(type) {
	case query.And:
		for _, t := range x.Terms {
			if id, one = traceIn(t); one {
				return id, true
			}
		}
	case query.Compare:
		f, isField := x.L.(query.Field)
		v, isValue := x.R.(query.Literal)
		if x.Op == query.Eq && isField && isValue && f.Name == event.FieldTraceID && v.Value.Kind() == event.String {
			return v.Value.Str(), true
		}
	}
	return "", false
}
