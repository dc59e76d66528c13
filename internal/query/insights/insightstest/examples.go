// Package insightstest runs the worked examples of the language on stores: texts,
// the rows they give, and the events they are about. It is for tests only.
package insightstest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/logline"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/store"
)

// The environment, account and main group of the events.
const (
	Environment = "test"
	Account     = "123456789012"
	MainGroup   = "/cruddur/api"
)

// Start is when the events begin; they lie within an hour.
func Start() time.Time { return time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC) }

type line struct {
	after   time.Duration
	stream  string
	message string
}

// groups are the lines by group, and the datasets they are kept in.
func groups() (names []insights.Group, lines map[string][]line) {
	const s = time.Second
	lines = map[string][]line{
		MainGroup: {
			{0, "web-1", `{"level":"INFO","route":"/api/activities/home","status":200,"ms":10,"user":{"handle":"ada"},"tags":["a","b"]}`},
			{10 * s, "web-1", `{"level":"INFO","route":"/api/activities/home","status":200,"ms":30,"user":{"handle":"bob"}}`},
			{70 * s, "web-1", `{"level":"ERROR","route":"/api/messages","status":500,"ms":250,"user":{"handle":"ada"},"err":"db timeout"}`},
			{130 * s, "web-1", `{"level":"WARN","route":"/api/activities/home","status":429,"ms":5}`},
			{305 * s, "web-2", `{"level":"ERROR","route":"/api/messages","status":503,"ms":1200.5,"user":{"handle":"eve"},"err":"upstream reset"}`},
			{310 * s, "web-2", `25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException`},
			{320 * s, "web-2", `user=ada method=GET path=/health latency=7`},
			{610 * s, "web-2", `{"level":"INFO","route":"/api/activities/home","status":200,"ms":20,"user":{"handle":"ada"}}`},
		},
		"/cruddur/db": {
			{71 * s, "db", `{"requestId":"db timeout","slow":true}`},
			{72 * s, "db", `{"requestId":"other","slow":true}`},
			{73 * s, "db", `{"requestId":"third","slow":false}`},
		},
		"/aws/lambda/f": {
			{100 * s, "x", "START RequestId: 8f5 Version: $LATEST"},
			{101 * s, "x", "REPORT RequestId: 8f5\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 128 MB\tMax Memory Used: 61 MB\tInit Duration: 200.5 ms\t"},
		},
		"/vpc/flow": {{5 * s, "eni", "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"}},
		"/xml":      {{5 * s, "x", "<Event><Data><Name>Ada</Name></Data></Event>"}},
	}
	for _, name := range []string{MainGroup, "/cruddur/db", "/aws/lambda/f", "/vpc/flow", "/xml"} {
		names = append(names, insights.Group{Dataset: strings.ReplaceAll(name[1:], "/", "-"), Name: name})
	}
	return names, lines
}

// Events are the lines as stored events.
func Events() []*event.Batch {
	names, lines := groups()
	var batches []*event.Batch
	var reader logline.Reader
	arrival := Start().UnixNano()
	for _, g := range names {
		b := event.NewBatch(Environment, g.Dataset)
		for _, l := range lines[g.Name] {
			arrival++
			b.Begin(Start().Add(l.after).UnixNano())
			b.Set(event.FieldBody, event.StringValue(l.message))
			b.Set(event.FieldLogGroup, event.StringValue(g.Name))
			b.Set(event.FieldLogStream, event.StringValue(l.stream))
			b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
			if said := reader.Read(b, []byte(l.message)); said.Severity != "" {
				b.Set(event.FieldSeverity, event.StringValue(said.Severity))
			}
			if l.message == lines[MainGroup][2].message {
				b.Set("requestId", event.StringValue("db timeout"))
			}
		}
		batches = append(batches, b)
	}
	return batches
}

// Options are those the examples are read with: of the main group, over one hour.
func Options() insights.Options {
	names, _ := groups()
	return insights.Options{
		Environment: Environment, Account: Account, Region: "us-east-1", Start: Start().UnixNano(), End: Start().Add(time.Hour).UnixNano(),
		Now: Start().Add(time.Hour).UnixNano(), Groups: names[:1],
		Resolve: func(s insights.Source) ([]insights.Group, error) {
			var found []insights.Group
			for _, g := range names {
				for _, prefix := range s.Prefixes {
					if strings.HasPrefix(g.Name, prefix) {
						found = append(found, g)
					}
				}
				if slices.Contains(s.Names, g.Name) {
					found = append(found, g)
				}
			}
			if len(found) == 0 {
				return nil, fault.New(fault.NotFound, "there is no such log group")
			}
			return found, nil
		},
	}
}

// Rows prints the rows of an answer: "name=value | …", what is null left out.
func Rows(p *insights.Program, r *store.Result) []string {
	rows := make([]string, r.Rows)
	for i := range rows {
		var cells []string
		for _, c := range p.Columns {
			if s, ok := c.Text(r.Column(c.Field).Values[i]); ok {
				cells = append(cells, c.Name+"="+s)
			}
		}
		rows[i] = strings.Join(cells, " | ")
	}
	return rows
}

// Check runs an example. Faults of kind Unsupported skip it.
func Check(t *testing.T, e *golden.Example, run func(*query.Query) (*store.Result, error)) {
	t.Helper()
	o := Options()
	p, err := insights.Compile(e.Text, o)
	if err != nil {
		t.Fatalf("%s\n%v", e.Text, err)
	}
	q, err := p.Query(o).WithLists(func(q *query.Query) ([]event.Value, error) {
		r, err := run(q)
		if err != nil {
			return nil, err
		}
		return r.Columns[0].Values, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := run(q)
	if fault.Is(err, fault.Unsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("%s\n%v", q, err)
	}
	e.Compare(t, q, Rows(p, r))
}
