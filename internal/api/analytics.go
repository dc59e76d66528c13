package api

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Limits of analytics.
const (
	mostAnalysed   = 20_000 // traces of a set, the newest
	mostValues     = 50     // of a table
	mostDistinct   = 20_000 // values of a table that are told apart
	mostKeys       = 30     // annotations that get tables
	longestValue   = 500    // bytes
	defaultBins    = 60
	defaultBuckets = 60
)

type analyticsSet struct {
	health
	Distribution []float64 `json:"distribution"`
	Activity     []float64 `json:"activity"`
}

type analyticsTable struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Values   []analyticsValue `json:"values"`
	Distinct int              `json:"distinct"`
}

type analyticsValue struct {
	Value  string     `json:"value"`
	Filter string     `json:"filter"`
	Counts []float64  `json:"counts"`
	MeanMS []*float64 `json:"mean_ms"`
}

// analysis sums up one or two sets of traces.
type analysis struct {
	sets   []*analysedSet
	tables map[string]*valueTable
	// annotations are the tables of annotations by key, nil for those that get none.
	annotations map[string]*valueTable
	traces      int // how many were added, of all sets
}

type analysedSet struct {
	stats  servicegraph.Stats
	points []analysedTrace
	reach  tracesearch.Reach
}

// analysedTrace is what distributions are made of.
type analysedTrace struct {
	at     int64
	ms     float64
	weight float64
}

func (a *API) analytics(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		A       traceSet  `json:"a"`
		B       *traceSet `json:"b"`
		Bins    int       `json:"bins"`
		Buckets int       `json:"buckets"`
		// Progress asks for lines: how far it is, then the answer.
		Progress bool `json:"progress"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	const most = 500
	if body.Bins == 0 {
		body.Bins = defaultBins
	}
	if body.Buckets == 0 {
		body.Buckets = defaultBuckets
	}
	if body.Bins < 1 || body.Bins > most || body.Buckets < 1 || body.Buckets > most {
		return fault.New(fault.Invalid, "bins is %d and buckets is %d; both must be from 1 to %d", body.Bins, body.Buckets, most)
	}
	sets := []*traceSet{&body.A}
	if body.B != nil {
		sets = append(sets, body.B)
	}
	questions := make([]*tracesearch.Question, len(sets))
	for i, s := range sets {
		var err error
		if questions[i], err = a.traceQuestion(r, s); err != nil {
			return err
		}
	}
	if !body.Progress {
		answer, stats, err := a.analyse(r, questions, body.Bins, body.Buckets, nil)
		if err != nil {
			return err
		}
		return a.answer(w, r, stats, answer)
	}
	lines, started := a.startLines(w), a.clock()
	answer, stats, err := a.analyse(r, questions, body.Bins, body.Buckets, func(p store.Progress) { lines.progress(p, a.clock().Sub(started)) })
	lines.end()
	if err != nil {
		_ = lines.write(a.errorLine(r, err)) // the caller may have gone
		return nil
	}
	a.envelope(r, stats, answer)
	answer["type"] = "done"
	_ = lines.write(answer) // likewise
	return nil
}

// analyse sums sets of traces up; tell, if it is not nil, hears how far that is.
func (a *API) analyse(r *http.Request, questions []*tracesearch.Question, bins, buckets int, tell func(store.Progress)) (map[string]any, store.Stats, error) {
	an := &analysis{tables: map[string]*valueTable{}, annotations: map[string]*valueTable{}}
	start, end := int64(math.MaxInt64), int64(0)
	keys := a.annotationKeys(a.environment(r))
	stats := store.Stats{}
	for i, q := range questions {
		q.Fields, q.Passing = keys, true
		if tell != nil {
			q.Tell = func(p store.Progress) {
				p.Share = (float64(i) + p.Share) / float64(len(questions))
				tell(p)
			}
		}
		start, end = min(start, q.Start), max(end, q.End)
		set := &analysedSet{}
		an.sets = append(an.sets, set)
		var err error
		set.reach, err = tracesearch.Newest(r.Context(), a.Querier, q, tracesearch.Limits{Traces: mostAnalysed, Examine: 5 * mostAnalysed}, func(t *xraymodel.Trace, _ bool) {
			an.add(i, t, q.Slow)
		})
		if err != nil {
			return nil, stats, err
		}
		stats.Scanned += set.reach.Scanned
		stats.Partial = stats.Partial || !set.reach.Done
	}
	return an.answer(start, end, bins, buckets), stats, nil
}

// annotationKeys are the fields that most spans have which say something of a
// request: those that get tables.
func (a *API) annotationKeys(env string) []string {
	filled := map[string]int64{}
	for _, d := range a.Querier.Catalog(env).Datasets {
		for _, f := range d.Fields {
			filled[f.Name] += f.Filled
		}
	}
	var keys []string
	known := map[string]bool{}
	for _, f := range xraymodel.Fields(xraymodel.Options{Annotations: true, Exceptions: true}) {
		known[f] = true
	}
	for name := range filled {
		plain := strings.TrimPrefix(name, xraymodel.AnnotationPrefix)
		if known[name] || event.IsSystem(name) || strings.HasPrefix(name, "_") || tellsNothing(plain) {
			continue
		}
		keys = append(keys, plain)
	}
	sort.Slice(keys, func(i, j int) bool {
		return filled[keys[i]] > filled[keys[j]] || filled[keys[i]] == filled[keys[j]] && keys[i] < keys[j]
	})
	return slices.Compact(keys[:min(len(keys), mostKeys)])
}

// tellsNothing reports fields that are of rows, not of requests.
func tellsNothing(name string) bool {
	for _, prefix := range []string{"trace.", "meta.", "xray.", "metadata.", "error.", "exception.", "log.", "telemetry.", "span.", "severity", "library.", "process.", "thread.", "code."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case event.FieldBody, event.FieldType, event.FieldStatusMessage, "request_id", "timestamp", "message":
		return true
	}
	return false
}

// add counts a trace in a set.
func (an *analysis) add(set int, t *xraymodel.Trace, slow func(*xraymodel.Trace) bool) {
	if t.Root == nil {
		return
	}
	s := an.sets[set]
	p := analysedTrace{at: t.Start, ms: float64(t.Root.Duration()) / 1e6, weight: t.Root.Weight()}
	s.stats.One(t.Root.Outcome(), p.ms, p.weight)
	s.points = append(s.points, p)
	an.traces++
	c := counting{an, set, p}
	c.trace(t, slow)
}

// table returns the table of an id.
func (an *analysis) table(id string) *valueTable {
	t := an.tables[id]
	if t == nil {
		t = &valueTable{values: map[string]*tableValue{}}
		an.tables[id] = t
	}
	return t
}

// answer is the body of the answer.
func (an *analysis) answer(start, end int64, bins, buckets int) map[string]any {
	low, high := math.Inf(1), 0.0
	for _, s := range an.sets {
		for _, p := range s.points {
			low, high = math.Min(low, math.Max(p.ms, 0.001)), math.Max(high, p.ms)
		}
	}
	if math.IsInf(low, 1) {
		low, high = 1, 1
	}
	high = math.Max(high, low) * 1.0001
	step := max((end-start+int64(buckets)-1)/int64(buckets), 1)
	sets := make([]analyticsSet, len(an.sets))
	for i, s := range an.sets {
		sets[i] = analyticsSet{health: healthOf(&s.stats), Distribution: make([]float64, bins), Activity: make([]float64, buckets)}
		for _, p := range s.points {
			at := int(math.Log(math.Max(p.ms, low)/low) / math.Log(high/low) * float64(bins))
			sets[i].Distribution[min(max(at, 0), bins-1)] += p.weight
			sets[i].Activity[min(max(int((p.at-start)/step), 0), buckets-1)] += p.weight
		}
	}
	var traces int64
	for _, s := range an.sets {
		traces += s.reach.Traces
	}
	return map[string]any{
		"min_ms": low, "max_ms": high, "bins": bins, "base": ns(start), "step": step, "buckets": buckets, "sets": sets, "tables": an.list(),
		"traces": traces, "reached": ns(an.reached(end)),
	}
}

// reached is the earliest time back to which every set was looked at.
func (an *analysis) reached(end int64) int64 {
	at := int64(0)
	for _, s := range an.sets {
		at = max(at, s.reach.Start)
	}
	return min(at, end)
}

// list orders the tables as they are shown, and their values by how many have them.
func (an *analysis) list() []analyticsTable {
	titles := tableTitles()
	var out []analyticsTable
	var more []string
	for id := range an.tables {
		if strings.HasPrefix(id, annotationTable) {
			more = append(more, id)
		}
	}
	sort.Strings(more)
	order := make([]string, 0, len(titles)+len(more))
	for _, t := range titles {
		order = append(order, t[0])
	}
	for _, id := range append(order, more...) {
		t := an.tables[id]
		if t == nil || len(t.values) == 0 {
			continue
		}
		title := strings.TrimPrefix(id, annotationTable)
		for _, known := range titles {
			if known[0] == id {
				title = known[1]
			}
		}
		out = append(out, analyticsTable{ID: id, Title: title, Values: an.values(t), Distinct: len(t.values)})
	}
	return out
}

func (an *analysis) values(t *valueTable) []analyticsValue {
	list := make([]analyticsValue, 0, len(t.values))
	for value, v := range t.values {
		o := analyticsValue{Value: value, Filter: v.filter}
		for i := range an.sets {
			var mean *float64
			if v.counts[i] > 0 {
				m := v.sum[i] / v.counts[i]
				mean = &m
			}
			o.Counts, o.MeanMS = append(o.Counts, v.counts[i]), append(o.MeanMS, mean)
		}
		list = append(list, o)
	}
	total := func(v analyticsValue) (n float64) {
		for _, c := range v.Counts {
			n += c
		}
		return n
	}
	slices.SortFunc(list, func(x, y analyticsValue) int {
		return cmp.Or(cmp.Compare(total(y), total(x)), cmp.Compare(x.Value, y.Value))
	})
	return list[:min(len(list), mostValues)]
}

const annotationTable = "annotation."

// tableTitles are the tables that are always there, in the order they are shown.
func tableTitles() [][2]string {
	return [][2]string{
		{"operation", "Operation"},
		{"service", "Service"},
		{"status", "Status"},
		{"method", "Method"},
		{"url", "URL"},
		{"user", "User"},
		{"client", "Client IP"},
		{"response_time_root_cause", "Response time root cause"},
		{"fault_root_cause", "Fault root cause"},
		{"error_root_cause", "Error root cause"},
		{"fault_message", "Fault message"},
		{"instance", "Instance"},
		{"zone", "Availability zone"},
	}
}
