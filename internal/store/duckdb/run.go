package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

const defaultMaxRows = 1_000_000

// Run implements store.Store.
func (s *Store) Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error) {
	if opts.MaxRows <= 0 {
		opts.MaxRows = defaultMaxRows
	}
	if res, err := s.countGroups(ctx, q, opts); res != nil || err != nil {
		return res, ended(ctx, err)
	}
	for {
		res, err := s.runOnce(ctx, q, opts)
		var e *engineError
		if err == nil || ctx.Err() != nil || !errors.As(err, &e) || fault.KindOf(err) != fault.Internal {
			return res, ended(ctx, err)
		}
		// A file may be damaged: if one is, the rest answers without it.
		if !s.inspect(ctx, q) {
			return nil, err
		}
	}
}

// ended classifies the end of a query by its context.
func ended(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.Wrap(fault.Deadline, ctx.Err(), "the query did not end in time: ask for a shorter time range or fewer groups")
	case ctx.Err() != nil:
		return fault.Wrap(fault.Canceled, ctx.Err(), "the query was cancelled")
	}
	return err
}

func (s *Store) runOnce(ctx context.Context, q *query.Query, opts store.Options) (res *store.Result, err error) {
	sn := s.snapshotOf(q)
	defer sn.release()
	stmt, err := sqlgen.Compile(sqlgen.DuckDB, q, sn)
	if err != nil {
		return nil, err
	}
	c, err := s.engine.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.engine.giveBack(c)
	r := relation{sn: sn, stmt: stmt}
	if len(sn.hot) > 0 {
		scan := newHotScan(hotColumns(sn, stmt), sn.hot)
		defer scan.close()
		r.hot = scan.from()
	}
	progress := opts.Progress
	if progress != nil {
		told := progress
		progress = func(p store.Progress) {
			p.Rows = sn.total
			p.Scanned = int64(p.Share * float64(sn.total))
			told(p)
		}
	}
	err = c.query(ctx, r.sql(), progress, func(out *bindings.Result) error {
		var err error
		res, err = fetch(out, stmt.Columns, opts.MaxRows)
		return err
	})
	if err != nil {
		return nil, err
	}
	res.Stats = store.Stats{
		Segments: len(sn.files), Scanned: sn.total, Sampled: sn.weighted, Partial: len(sn.missing) > 0, Missing: sn.missing,
	}
	return res, nil
}

// inspect reads the segments a failed query looked at, and sets the damaged ones
// aside; it reports whether there were any.
func (s *Store) inspect(ctx context.Context, q *query.Query) bool {
	sn := s.snapshotOf(q)
	defer sn.release()
	found := false
	for _, f := range sn.files {
		if err := verify(f.reader); errors.Is(err, segment.ErrDamaged) {
			found = s.retire(ctx, f, err) || found
		}
	}
	return found
}

func verify(r *segment.Reader) error {
	for i := range r.Groups() {
		if _, err := r.Group(i); err != nil {
			return err
		}
	}
	return nil
}

// retire takes a damaged segment out of use.
func (s *Store) retire(ctx context.Context, f *file, cause error) bool {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.files, f)
	if i < 0 {
		return true // somebody else has
	}
	if err := s.manifest.commit(edit{Remove: []string{f.name}}); err != nil {
		s.config.Log.ErrorContext(ctx, "a damaged segment could not be taken out of use", slog.String("file", f.name), slog.Any("error", err))
		return false
	}
	s.config.Log.ErrorContext(ctx, "a segment is damaged and is set aside", slog.String("file", f.name), slog.Any("error", cause))
	s.files = slices.Delete(slices.Clone(s.files), i, i+1)
	s.missing = append(slices.Clone(s.missing), f.name)
	s.revisions.removed()
	s.setAside(ctx, f.name)
	f.drop()
	return true
}

// Trace implements store.Store. Segments are read by ourselves, page by page.
func (s *Store) Trace(ctx context.Context, environment, traceID string, limit int) (rows []*event.Batch, more bool, err error) {
	const (
		beginning = -1 << 63
		end       = 1<<63 - 1
	)
	q := &query.Query{Environment: environment, Start: beginning, End: end, Stages: []query.Stage{query.Filter{Where: query.Compare{
		Op: query.Eq, L: query.Field{Name: event.FieldTraceID}, R: query.Literal{Value: event.StringValue(traceID)},
	}}}}
	sn := s.snapshotOf(q)
	defer sn.release()
	if err := ctx.Err(); err != nil {
		return nil, false, ended(ctx, err)
	}
	for _, f := range sn.files {
		if err := ctx.Err(); err != nil {
			return nil, false, ended(ctx, err)
		}
		found, cut, err := f.reader.Trace(traceID, limit)
		if errors.Is(err, segment.ErrDamaged) {
			if _, err := s.examine(ctx, damage{f, err}); err != nil {
				return nil, false, err
			}
			more = true
			continue
		}
		if err != nil {
			return nil, false, fmt.Errorf("read segment %s: %w", f.name, err)
		}
		more = more || cut
		for _, b := range found {
			if b.Environment != environment {
				continue
			}
			if b = since(b, sn.horizonOf(b.Dataset)); b != nil {
				rows = append(rows, b)
				limit -= b.Len()
			}
		}
	}
	for _, b := range sn.hot {
		found := rowsOfTrace(b, traceID, limit+1)
		if found == nil {
			continue
		}
		if found.Len() > limit {
			more = true
			found = rowsOfTrace(b, traceID, limit)
		}
		if found != nil {
			rows = append(rows, found)
			limit -= found.Len()
		}
	}
	return rows, more, nil
}

// rowsOfTrace copies the rows of a trace out of rows in memory.
func rowsOfTrace(b *event.Batch, traceID string, limit int) *event.Batch {
	c := b.Find(event.FieldTraceID)
	if c == nil || c.Kind != event.String || limit <= 0 {
		return nil
	}
	var codes []uint32
	for code := range c.Dict.Len() {
		if string(c.Dict.Bytes(uint32(code))) == traceID {
			codes = append(codes, uint32(code))
		}
	}
	if len(codes) == 0 {
		return nil
	}
	var picked []int
	for i, code := range c.Codes {
		if slices.Contains(codes, code) {
			if picked = append(picked, c.Row(i)); len(picked) == limit {
				break
			}
		}
	}
	out := event.NewBatch(b.Environment, b.Dataset)
	for _, row := range picked {
		out.Begin(b.Times[row])
		out.SetSampleRate(b.SampleRate(row))
		b.Row(row).All(func(name string, v event.Value) {
			if v.Kind() == event.String {
				v = event.StringValue(strings.Clone(v.Str()))
			}
			out.SetAt(out.Len()-1, name, v)
		})
	}
	return out
}
