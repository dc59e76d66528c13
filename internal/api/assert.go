package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

const (
	defaultAssert = 10 * time.Second
	maxAssert     = 10 * time.Minute
	maxExpected   = 50
	maxExamples   = 3
	assertPause   = 50 * time.Millisecond // between two looks, so that a burst is looked at once
	assertLook    = 2 * time.Second       // without news: rows that were missed are found, too
)

// wantedAssert is what a test wants to be true.
type wantedAssert struct {
	Within string        `json:"within"` // how long to wait, like 30s
	From   string        `json:"from"`   // events since then count; the last hour by default
	Expect []expectation `json:"expect"`
}

// expectation is one expectation: so many events of a kind for which a condition is true.
type expectation struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"` // span, log, error, event or trace; any if empty
	Dataset string   `json:"dataset"`
	Where   string   `json:"where"`
	All     []string `json:"all"` // of a trace: each is true for some span or line of it
	AtLeast *float64 `json:"at_least"`
	AtMost  *float64 `json:"at_most"`

	stages []query.Stage
	terms  []query.Expr // of where, for the explanation
}

// met is what became of an expectation.
type met struct {
	Name     string           `json:"name"`
	OK       bool             `json:"ok"`
	Found    float64          `json:"found"`
	AtLeast  float64          `json:"at_least"`
	AtMost   *float64         `json:"at_most,omitempty"`
	Examples []map[string]any `json:"examples"`
	Why      string           `json:"why,omitempty"`
}

// assert waits until all expectations are met, or the time is over, and says of each
// what was found. An expectation that allows none is looked at last of all, when the
// others are met: it holds for what has arrived by then.
func (a *API) assert(w http.ResponseWriter, r *http.Request) error {
	var want wantedAssert
	if err := readJSON(w, r, &want); err != nil {
		return err
	}
	within, from, err := a.readAssert(&want)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	news := make(chan struct{}, 1)
	watching, err := a.Door.Subscribe(ctx, 1, func(event.Row) bool {
		select {
		case news <- struct{}{}:
		default:
		}
		return false
	})
	if err != nil {
		return err
	}
	defer watching.Close()
	began := a.clock()
	for {
		// Whatever is asked is asked to its end: the last look must not be cut short.
		found, ok, err := a.look(r.Context(), a.environment(r), from, want.Expect)
		if err != nil {
			return err
		}
		if ok || !a.nextLook(ctx, news) {
			if !ok {
				if err := a.explainAll(r.Context(), a.environment(r), from, want.Expect, found); err != nil {
					return err
				}
			}
			return a.answer(w, r, store.Stats{}, map[string]any{"ok": ok, "waited_ms": a.clock().Sub(began).Milliseconds(), "expect": found})
		}
	}
}

// nextLook waits for news, and reports whether there is time for another look.
func (a *API) nextLook(ctx context.Context, news <-chan struct{}) bool {
	idle := time.NewTimer(assertLook)
	defer idle.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-a.closing:
		return false
	case <-idle.C:
	case <-news:
	}
	pause := time.NewTimer(assertPause)
	defer pause.Stop()
	select {
	case <-ctx.Done(): // what came last is looked at, too
	case <-pause.C:
	}
	return true
}

func (a *API) readAssert(want *wantedAssert) (within time.Duration, from int64, err error) {
	within = defaultAssert
	if want.Within != "" {
		if within, err = time.ParseDuration(want.Within); err != nil || within < 0 || within > maxAssert {
			return 0, 0, fault.New(fault.Invalid, "within is %q; it must be a time like 30s, at most %s", want.Within, maxAssert)
		}
	}
	if n := len(want.Expect); n == 0 || n > maxExpected {
		return 0, 0, fault.New(fault.Invalid, "expect holds %d expectations; it must hold 1 to %d", n, maxExpected)
	}
	now := a.clock()
	if from, err = readTime(want.From, now, now.UnixNano()-defaultRange); err != nil {
		return 0, 0, err
	}
	for i := range want.Expect {
		if err := want.Expect[i].plan(); err != nil {
			return 0, 0, err
		}
	}
	return within, from, nil
}

// plan makes stages of an expectation, and a name where it has none.
func (e *expectation) plan() error {
	if e.Name == "" {
		e.Name = strings.TrimSpace(e.Kind + " " + e.Where + strings.Join(e.All, "; "))
	}
	var terms []query.Expr
	signal := func(s string) {
		terms = append(terms, is(event.FieldSignal, query.Eq, event.StringValue(s)))
	}
	switch e.Kind {
	case "", "trace":
	case "span":
		terms = append(terms, isSpan()...)
	case "log":
		signal(event.SignalLog)
	case "error":
		terms = append(terms, query.Exists{X: query.Field{Name: event.FieldErrorFingerprint}})
	case "event":
		terms = append(terms, absent(event.FieldSpanID), absent(event.FieldAnnotation), absent(event.FieldErrorFingerprint))
	default:
		return fault.New(fault.Invalid, "kind is %q; it must be span, log, error, event or trace", e.Kind)
	}
	if strings.TrimSpace(e.Where) != "" {
		where, err := query.ParseFilter(e.Where)
		if err != nil {
			return err
		}
		e.terms = []query.Expr{where}
		if and, ok := where.(query.And); ok {
			e.terms = and.Terms
		}
		terms = append(terms, where)
	}
	if len(terms) > 0 {
		e.stages = append(e.stages, query.Filter{Where: query.And{Terms: terms}})
	}
	var together query.TraceFilter
	for _, text := range e.All {
		where, err := query.ParseFilter(text)
		if err != nil {
			return err
		}
		together.Conditions = append(together.Conditions, query.TraceCondition{Relation: query.Any, Where: where})
	}
	if len(together.Conditions) > 0 {
		e.stages = append(e.stages, together)
	}
	if e.Kind != "trace" && len(e.All) > 0 {
		return fault.New(fault.Invalid, "all is for expectations of kind trace; this one is of kind %q", e.Kind)
	}
	return e.bounds()
}

func (e *expectation) bounds() error {
	if e.AtLeast == nil {
		least := 1.0
		if e.AtMost != nil {
			least = min(least, *e.AtMost)
		}
		e.AtLeast = &least
	}
	if *e.AtLeast < 0 || e.AtMost != nil && *e.AtMost < *e.AtLeast {
		return fault.New(fault.Invalid, "%.200q wants at least %v and at most %v", e.Name, *e.AtLeast, *e.AtMost)
	}
	return nil
}

// look asks for each expectation how much there is. It is ok if all are met.
func (a *API) look(ctx context.Context, env string, from int64, list []expectation) (out []met, ok bool, err error) {
	ok = true
	out = make([]met, len(list))
	for i := range list {
		e := &list[i]
		m := met{Name: e.Name, AtLeast: *e.AtLeast, AtMost: e.AtMost, Examples: []map[string]any{}}
		if m.Found, err = a.count(ctx, env, from, e, e.stages); err != nil {
			return nil, false, err
		}
		m.OK = m.Found >= m.AtLeast && (m.AtMost == nil || m.Found <= *m.AtMost)
		if m.Found > 0 {
			if m.Examples, err = a.examples(ctx, env, from, e); err != nil {
				return nil, false, err
			}
		}
		ok = ok && m.OK
		out[i] = m
	}
	return out, ok, nil
}

func (e *expectation) ask(env string, from int64, stages ...query.Stage) *query.Query {
	q := &query.Query{Environment: env, Start: from, End: from + maxRange, Stages: stages, Unweighted: true}
	if e.Dataset != "" {
		q.Datasets = []string{e.Dataset}
	}
	return q
}

func (a *API) count(ctx context.Context, env string, from int64, e *expectation, stages []query.Stage) (float64, error) {
	calc := query.Calc{Op: query.Count, Name: "n"}
	if e.Kind == "trace" {
		calc = query.Calc{Op: query.CountDistinct, Field: event.FieldTraceID, Name: "n"}
	}
	res, err := a.Querier.Run(ctx, e.ask(env, from, append(slices.Clone(stages), query.Aggregate{Calcs: []query.Calc{calc}})...))
	if err != nil || res.Rows == 0 {
		return 0, err
	}
	n, _ := cell(res, "n", 0).Number()
	return n, nil
}

// examples are the newest that were found, in a few fields.
func (a *API) examples(ctx context.Context, env string, from int64, e *expectation) ([]map[string]any, error) {
	shown := []string{event.SystemTime, event.SystemDataset, event.FieldTraceID, event.FieldSpanID, event.FieldName, event.FieldBody, event.FieldErrorTitle, event.FieldDuration}
	stages := slices.Clone(e.stages)
	if e.Kind == "trace" {
		stages = append(stages, query.Dedup{Fields: []string{event.FieldTraceID}})
	}
	res, err := a.Querier.Run(ctx, e.ask(env, from, append(stages,
		query.Sort{Keys: []query.SortKey{{Field: event.SystemTime, Desc: true}}}, query.Limit{Count: maxExamples}, query.Project{Fields: shown})...))
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for row := range res.Rows {
		one := map[string]any{}
		for _, name := range shown {
			switch v := cell(res, name, row); {
			case v.IsNull():
			case name == event.SystemTime:
				one["time"] = time.Unix(0, v.Int()).UTC().Format(time.RFC3339Nano)
			default:
				one[strings.TrimPrefix(name, "_")] = v.Text()
			}
		}
		out = append(out, one)
	}
	return out, nil
}
