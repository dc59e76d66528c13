package querier

import (
	"context"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/logpattern"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Limits of PatternOptions.
const (
	mostBuckets  = 500
	mostPatterns = 10_000
)

// PatternOptions tune a search for patterns.
type PatternOptions struct {
	Field   string // whose texts are looked at; "" means the messages of log lines
	Buckets int    // of time, in which the events of each pattern are counted; 0 for none
	Earlier int64  // compares with the period so many ns earlier; 0 for none
	Limit   int    // patterns given, the most frequent ones; 0 means 1,000
	Tell    func(store.Progress)
}

// Patterns are the templates of the texts of a query's events.
type Patterns struct {
	Events   float64 // with a text, in the period
	Before   float64 // in the earlier period
	Start    int64   // of the first bucket, Unix ns
	Step     int64   // of the buckets; 0 for none
	Found    int     // how many there are, given or not
	Patterns []logpattern.Pattern
	Stats    store.Stats
}

// Patterns finds the patterns among the events of ask, which may hold Filter and
// Compute stages only. Every event is looked at. Errors: those of Run.
func (q *Querier) Patterns(ctx context.Context, ask *query.Query, opts PatternOptions) (*Patterns, error) {
	if opts.Field == "" {
		opts.Field = event.FieldBody
	}
	if opts.Limit == 0 {
		opts.Limit = 1000
	}
	ask, err := q.withFields(ask, opts.Field)
	if err == nil {
		err = ask.Validate()
	}
	switch {
	case err != nil:
	case opts.Buckets < 0 || opts.Buckets > mostBuckets:
		err = fault.New(fault.Invalid, "%d buckets are asked for; at most %d are possible", opts.Buckets, mostBuckets)
	case opts.Limit < 1 || opts.Limit > mostPatterns:
		err = fault.New(fault.Invalid, "%d patterns are asked for; it must be from 1 to %d", opts.Limit, mostPatterns)
	case opts.Earlier < 0:
		err = fault.New(fault.Invalid, "the period to compare with lies %d ns later; it must lie earlier", -opts.Earlier)
	}
	if err != nil {
		q.failed.Add(1)
		return nil, err
	}
	out := &Patterns{Start: ask.Start}
	if opts.Buckets > 0 {
		out.Step = (ask.End-ask.Start-1)/int64(opts.Buckets) + 1
	}
	_, err = q.admit(ctx, q.gateOf(ask), func(ctx context.Context) (*store.Result, error) {
		return nil, q.mine(ctx, ask, opts, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// mine looks at both periods and puts together what was found.
func (q *Querier) mine(ctx context.Context, ask *query.Query, opts PatternOptions, out *Patterns) error {
	all := logpattern.New(opts.Buckets)
	periods := []*query.Query{ask}
	if opts.Earlier > 0 {
		before := *ask
		before.Start, before.End = ask.Start-opts.Earlier, ask.End-opts.Earlier
		periods = append(periods, &before)
	}
	for i, period := range periods {
		d := &dig{ask: period, field: opts.Field, buckets: opts.Buckets, step: out.Step, before: i > 0}
		if err := d.prepare(); err != nil {
			return err
		}
		tell := opts.Tell
		if tell != nil {
			n := float64(len(periods))
			tell = func(p store.Progress) {
				p.Share = (float64(i) + p.Share) / n
				opts.Tell(p)
			}
		}
		stats, err := q.config.Store.Scan(ctx, period, store.ScanOptions{Fields: d.fields, Begin: d.begin, Visit: d.visit, Progress: tell})
		if err != nil {
			return err
		}
		for _, m := range d.miners {
			all.Merge(m)
		}
		if i == 0 {
			out.Stats = stats
		} else {
			out.Stats.Scanned += stats.Scanned
			out.Stats.Partial = out.Stats.Partial || stats.Partial
		}
	}
	out.Patterns = all.Patterns()
	out.Found = len(out.Patterns)
	for i := range out.Patterns {
		out.Events += out.Patterns[i].Count
		out.Before += out.Patterns[i].Before
	}
	out.Patterns = out.Patterns[:min(len(out.Patterns), opts.Limit)]
	return nil
}

// dig is the search in one period. Each worker of a scan has its own miner.
type dig struct {
	ask     *query.Query
	field   string
	buckets int
	step    int64
	before  bool

	expr   query.Expr // of the field; a plain field unless it is computed
	fields []string   // to load
	miners []*logpattern.Miner
}

func (d *dig) prepare() error {
	_, inline, err := d.ask.Condition()
	if err != nil {
		return err
	}
	d.expr = inline(query.Field{Name: d.field})
	d.fields = append(query.FieldsOf(d.expr), event.FieldSeverity)
	return nil
}

func (d *dig) begin(workers int) {
	d.miners = make([]*logpattern.Miner, workers)
	for i := range d.miners {
		d.miners[i] = logpattern.New(d.buckets)
	}
}

func (d *dig) visit(worker int, b *event.Batch, rows query.Mask) {
	m := d.miners[worker]
	severities := severitiesOf(b)
	line := func(row int) logpattern.Line {
		l := logpattern.Line{N: float64(b.SampleRate(row)), Time: b.Times[row], Bucket: -1}
		if d.ask.Unweighted {
			l.N = 1
		}
		if severities != nil {
			l.Severity = int(severities[row])
		}
		switch {
		case d.before:
		case d.step > 0:
			l.Bucket = int((b.Times[row] - d.ask.Start) / d.step)
		default:
			l.Bucket = 0
		}
		return l
	}
	f, plain := d.expr.(query.Field)
	if !plain || event.IsSystem(f.Name) {
		for row := range b.Len() {
			if rows.Has(row) {
				if v := query.Eval(d.expr, b.Row(row)); !v.IsNull() {
					m.Count(m.Find([]byte(v.Text())), line(row))
				}
			}
		}
		return
	}
	c := b.Find(f.Name)
	if c == nil {
		return
	}
	// A text that stands in many rows is looked at once.
	var known []*logpattern.Template
	if c.Kind == event.String {
		known = make([]*logpattern.Template, c.Dict.Len())
	}
	for i := range c.Len() {
		row := c.Row(i)
		if !rows.Has(row) {
			continue
		}
		if known == nil {
			m.Count(m.Find([]byte(c.ValueAt(i).Text())), line(row))
			continue
		}
		code := c.Codes[i]
		if known[code] == nil {
			known[code] = m.Find(c.Dict.Bytes(code))
		}
		m.Count(known[code], line(row))
	}
}

// severitiesOf gives the severity of each row, as logpattern numbers them; nil if
// none has one.
func severitiesOf(b *event.Batch) []uint8 {
	c := b.Find(event.FieldSeverity)
	if c == nil || c.Kind != event.String {
		return nil
	}
	names := []string{"trace", "debug", "info", "warn", "error", "fatal"}
	of := make([]uint8, c.Dict.Len())
	for code := range of {
		of[code] = uint8(slices.Index(names, string(c.Dict.Bytes(uint32(code)))) + 1)
	}
	out := make([]uint8, b.Len())
	for i, code := range c.Codes {
		out[c.Row(i)] = of[code]
	}
	return out
}
