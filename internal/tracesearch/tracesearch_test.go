package tracesearch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// source is a store without a querier.
type source struct{ *storetest.Reference }

func (s source) Run(ctx context.Context, q *query.Query) (*store.Result, error) {
	return s.Reference.Run(ctx, q, store.Options{})
}

const (
	from = int64(1_600_000_000_000_000_000)
	to   = int64(1_800_000_000_000_000_000)
)

func conditions(t *rapid.T, depth int) string {
	sub := func() string { return conditions(t, depth-1) }
	if depth > 0 {
		switch rapid.IntRange(0, 6).Draw(t, "form") {
		case 0:
			return "(" + sub() + " AND " + sub() + ")"
		case 1:
			return "(" + sub() + " OR " + sub() + ")"
		case 2:
			return "!(" + sub() + ")"
		}
	}
	inner := rapid.SampledFrom([]string{
		"", "{ fault }", "{ error }", "{ throttle }", "{ ok }", "{ http.status = 404 OR fault }", "{ responsetime > 0.05 }", "{ inferred }", "{ annotation.db.system = \"redis\" }",
		"{ http.url CONTAINS \"mail\" }", "{ !fault http.status }", "{ http.status != 200 }", "{ http.status >= 429 }",
		"{ fault AND http.status >= 500 }", "{ (fault OR throttle) AND annotation.db.system }", "{ fault AND annotation.server.address = \"db1\" OR http.status = 404 AND responsetime > 0.01 }",
		"{ annotation.server.address CONTAINS \"a\" annotation.db.system }", "{ !(!fault) AND http.url }", "{ http.url OR annotation.db.system }",
	})
	name := rapid.SampledFrom([]string{"web", "api", "store", "mail.example.com", "db1", "DynamoDB", "redis", "dstore", "d"})
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return fmt.Sprintf("service(%q) %s", name.Draw(t, "service"), inner.Draw(t, "inner"))
	case 1:
		return fmt.Sprintf("edge(%q, %q) %s", name.Draw(t, "caller"), name.Draw(t, "callee"), inner.Draw(t, "inner"))
	case 2:
		return "service() " + inner.Draw(t, "inner")
	}
	return rapid.SampledFrom([]string{
		"fault AND http.status >= 500", "http.url AND http.status = 404", "(fault OR http.status = 404) AND http.url", "fault AND annotation.db.system OR throttle",
		"ok", "fault", "error = true", "throttle", "!fault", "ok = false", "partial", "inferred", "responsetime > 0.03", "duration > 10", "http.status = 404", "http.status != 404", "http.url",
		`http.url ENDSWITH "/2"`, `annotation.server.address = "db1"`, `annotation.server.address CONTAINS "api"`, "annotation.db.system", "annotation.http.response.status_code > 300",
		`annotation.url.full BEGINSWITH "https"`, `rootcause.fault.service { name = "api" }`, `rootcause.error.entity { last }`, `service(id(type: "AWS::EC2::Instance"))`,
		`service(id(name: "web", type: "client"))`, `service(id(type: "Database::SQL"))`,
	}).Draw(t, "condition")
}

// What the store answers and what is matched with all traces is the same.
func TestNewest_FindsWhatMatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ref := storetest.NewReference()
		for i := range rapid.IntRange(1, 6).Draw(t, "batches") {
			if err := ref.Append(context.Background(), uint64(i+1), storetest.RandomTraces(t, i, 12)); err != nil {
				t.Fatal(err)
			}
		}
		var filters []xrayfilter.Expression
		for range rapid.IntRange(1, 2).Draw(t, "filters") {
			text := conditions(t, 2)
			e, err := xrayfilter.Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			filters = append(filters, e)
		}
		q := &Question{Environment: storetest.Environment, Start: from, End: to, Filters: filters}
		var want []string
		for i := range 6 {
			for _, half := range []string{"0", "1"} {
				id := fmt.Sprintf("%d-%s", i, half)
				trace, _, err := Read(context.Background(), source{ref}, storetest.Environment, id, nil)
				if err != nil {
					t.Fatal(err)
				}
				matches := len(trace.Segments) > 0
				for _, f := range filters {
					matches = matches && f.Match(trace, xrayfilter.Options{})
				}
				if matches {
					want = append(want, id)
				}
			}
		}
		for _, whole := range []bool{false, true} {
			q.Passing = !q.Passing
			got := found(t, ref, q, Limits{}, whole)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Fatalf("%v finds %v, want %v", filters, got, want)
			}
		}
	})
}

func found(t *rapid.T, ref *storetest.Reference, q *Question, l Limits, whole bool) []string {
	var got []string
	ask := *q
	ask.Whole = whole
	reach, err := Newest(context.Background(), source{ref}, &ask, l, func(trace *xraymodel.Trace, _ bool) { got = append(got, trace.ID) })
	if err != nil {
		t.Fatal(err)
	}
	if !reach.Done || reach.Matched != len(got) {
		t.Fatalf("%+v of %d", reach, len(got))
	}
	return got
}

// Page after page, each trace comes once, the newest first.
func TestNewest_GoesOnFromWhereItStopped(t *testing.T) {
	t.Parallel()
	ref := storetest.NewReference()
	b := event.NewBatch(storetest.Environment, "api")
	const traces = 1200
	for i := range traces {
		for span := range 2 {
			b.Begin(from + int64(i)*1e9 + int64(span)*1e6)
			id := fmt.Sprintf("%032x", i)
			for name, v := range map[string]event.Value{
				event.FieldTraceID: event.StringValue(id), event.FieldSpanID: event.StringValue(fmt.Sprint("s", span)), event.FieldService: event.StringValue("api"),
				event.FieldDuration: event.FloatValue(1), event.FieldSpanKind: event.StringValue("server"), "number": event.IntValue(int64(i)),
			} {
				b.Set(name, v)
			}
			if span > 0 {
				b.Set(event.FieldParentID, event.StringValue("s0"))
			}
		}
	}
	if err := ref.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	odd := query.Compare{Op: query.Ge, L: query.Field{Name: "number"}, R: query.Literal{Value: event.IntValue(400)}}
	for i, filter := range []string{"", "annotation.number >= 400", "", "annotation.number >= 400", "duration > 1000 OR annotation.number >= 400"} {
		limits := Limits{Traces: 100}
		if i >= 2 {
			limits = Limits{Enough: func() bool { return true }} // a page is a slice then
		}
		e, err := xrayfilter.Parse(filter)
		if err != nil {
			t.Fatal(err)
		}
		q := &Question{Environment: storetest.Environment, Start: from, End: from + traces*1e9, Filters: []xrayfilter.Expression{e}, Spans: []query.Expr{odd}}
		var ids []string
		pages := 0
		for q.End > q.Start {
			reach, err := Newest(t.Context(), source{ref}, q, limits, func(tr *xraymodel.Trace, _ bool) { ids = append(ids, tr.ID) })
			if err != nil {
				t.Fatal(err)
			}
			q.End = reach.Start
			pages++
		}
		if len(ids) != 800 || pages < 3 && i < 2 || !slices.IsSortedFunc(ids, func(x, y string) int { return strings.Compare(y, x) }) {
			t.Errorf("%q: %d traces on %d pages", filter, len(ids), pages)
		}
	}
}

// Whoever has gone costs nothing more.
func TestNewest_StopsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	ref := storetest.NewReference()
	b := event.NewBatch(storetest.Environment, "api")
	for i := range 40 {
		b.Begin(from + int64(i)*1e9)
		b.Set(event.FieldTraceID, event.StringValue(fmt.Sprintf("%032x", i)))
		b.Set(event.FieldSpanID, event.StringValue("s"))
	}
	if err := ref.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	ctx, gone := context.WithCancel(t.Context())
	visits := 0
	q := &Question{Environment: storetest.Environment, Start: from, End: to, Passing: true}
	_, err := Newest(ctx, source{ref}, q, Limits{}, func(*xraymodel.Trace, bool) { visits++; gone() })
	if fault.KindOf(err) != fault.Canceled || visits != 1 {
		t.Errorf("%v after %d visits", err, visits)
	}
}
