package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	spancall "github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

const tooLarge = fault.TooLarge

func wantFault(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("error %v is %v, want %v", err, fault.KindOf(err), kind)
	}
}

func appendedRowsAreVisibleAtOnce(_ *testing.T, p *pair) {
	for i, b := range sampleBatches() {
		p.append(b)
		p.agree(ask(count()))
		p.agree(ask())
		if i == 1 {
			p.flush()
			p.agree(ask(count("route")))
		}
	}
}

func replayedBatchesAreIgnored(t *testing.T, p *pair) {
	batches := sampleBatches()
	p.append(batches[0])
	p.append(batches[1])
	p.flush()
	for seq := uint64(1); seq <= p.store.Durable(); seq++ {
		if err := p.store.Append(t.Context(), seq, copies(batches[:1])); err != nil {
			t.Fatal(err)
		}
	}
	p.agree(ask(count("route")))
	p.append(batches[2])
	p.flush()
	p.agree(ask(count("route")))
}

func durableGrowsByFlush(t *testing.T, p *pair) {
	last := p.store.Durable()
	for _, b := range sampleBatches() {
		p.append(b)
		if d := p.store.Durable(); d < last || d > p.seq {
			t.Fatalf("durable went from %d to %d, %d appended", last, d, p.seq)
		}
		p.flush()
		if last = p.store.Durable(); last != p.seq {
			t.Fatalf("durable is %d after a flush of %d", last, p.seq)
		}
	}
	p.flush()
	if d := p.store.Durable(); d != last {
		t.Fatalf("an empty flush moved durable from %d to %d", last, d)
	}
	if err := p.store.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.agree(ask())
}

func batchesWithoutRowsOrFields(_ *testing.T, p *pair) {
	bare := event.NewBatch(Environment, "bare")
	bare.Begin(suiteBase)
	bare.Begin(suiteBase + 1)
	p.append()
	p.append(event.NewBatch(Environment, "nothing"))
	p.append(bare)
	p.agree(ask())
	p.flush()
	p.agree(ask())
	p.agree(ask(count(event.SystemDataset)))
}

func environmentsAreApart(t *testing.T, p *pair) {
	for _, env := range []string{"prod", Environment} {
		b := batchOf("api", object{event.FieldTraceID: "t1", event.FieldSpanID: env, "secret": env, event.FieldDuration: 1.5})
		b.Environment = env
		p.append(b)
	}
	for range 2 {
		for _, env := range []string{Environment, "prod", "other"} {
			q := ask()
			q.Environment = env
			p.agree(q)
			q = ask(query.Filter{Where: query.Exists{X: field("secret")}}, count(event.SystemEnvironment, "secret"))
			q.Environment = env
			p.agree(q)
			p.sameTrace(env, "t1", 10)
			p.sameCatalog(env)
			p.sameRollups(env, suiteStart, suiteEnd)
		}
		p.flush()
	}
	if c := p.store.Catalog("other"); len(c.Datasets) != 0 {
		t.Errorf("an environment without events has datasets: %v", c.Datasets)
	}
}

func tracesAreWhole(t *testing.T, p *pair) {
	check := func() {
		for _, id := range []string{"aaaa", "bbbb", "cccc", "", "zzzz"} {
			p.sameTrace(Environment, id, 1000)
		}
		rows, more, err := p.store.Trace(t.Context(), Environment, "aaaa", 3)
		if err != nil || !more || rowCount(rows) != 3 {
			t.Errorf("limit 3: %d rows, more %v, %v", rowCount(rows), more, err)
		}
	}
	for i, dataset := range []string{"api", "web", "api", "db"} {
		p.append(batchOf(dataset,
			object{event.FieldTraceID: "aaaa", event.FieldSpanID: fmt.Sprint("s", i), "name": "GET /", "n": i, "_sample_rate": i + 1},
			object{event.FieldTraceID: "bbbb", event.FieldSpanID: fmt.Sprint("s", i), "mixed": []any{1, "text", 2.5, true}[i]},
			object{event.FieldTraceID: "aaaa", event.FieldAnnotation: event.AnnotationSpanEvent, event.FieldParentID: fmt.Sprint("s", i)},
			object{"name": "no trace"},
		))
		if i == 1 {
			p.flush()
		}
		if i > 0 {
			check()
		}
	}
	p.flush()
	check()
}

func tracesOfAllDatasets(_ *testing.T, p *pair) {
	p.inEveryLayout([]*event.Batch{
		batchOf("web",
			object{event.FieldTraceID: "1", event.FieldSpanID: "a", "name": "GET /"},
			object{event.FieldTraceID: "2", event.FieldSpanID: "d", "name": "GET /slow"}),
		batchOf("api",
			object{"_time": suiteBase + 5*second, event.FieldTraceID: "1", event.FieldSpanID: "b", event.FieldParentID: "a", "name": "call"},
			object{"_time": suiteBase + 6*second, event.FieldTraceID: "1", event.FieldSpanID: "c", event.FieldParentID: "b", "error": true},
			object{"_time": suiteBase + 7*second, event.FieldTraceID: "2", event.FieldSpanID: "e", event.FieldParentID: "d", "name": "call"},
			object{"_time": suiteBase + 8*second, "name": "call"}),
	}, func() {
		for relation := query.Root; relation <= query.None; relation++ {
			for _, where := range []query.Expr{is("name", "GET /"), is("name", "call"), is("error", true), query.And{}} {
				for _, datasets := range [][]string{nil, {"api"}, {"web"}} {
					q := ask(query.TraceFilter{Conditions: []query.TraceCondition{{Relation: relation, Where: where}}})
					q.Datasets = datasets
					p.agree(q)
				}
			}
		}
	})
}

func catalogDescribes(_ *testing.T, p *pair) {
	p.inEveryLayout(sampleBatches(), func() { p.sameCatalog(Environment) })
}

func rollupsCountSpans(_ *testing.T, p *pair) {
	span := func(at int64, service, name, parent string, ms float64, failed any) object {
		o := object{
			"_time": suiteBase + at*second, event.FieldService: service, event.FieldName: name, event.FieldDuration: ms,
			event.FieldTraceID: "t", event.FieldSpanID: fmt.Sprint(service, at), event.FieldSignal: event.SignalTrace,
			event.FieldSpanKind: "server", event.FieldError: failed, "_sample_rate": 1 + int(at%3),
		}
		if parent != "" {
			o[event.FieldParentID] = parent
		}
		return o
	}
	p.inEveryLayout([]*event.Batch{
		batchOf("web", span(0, "web", "GET /", "", 12.5, false), span(1, "web", "GET /", "", 80, true), span(70, "web", "GET /", "", 3, false)),
		batchOf("api", span(2, "api", "SELECT", "web1", 2.5, false), span(59, "api", "SELECT", "web1", 0, false),
			// Beelines put what went wrong as text.
			span(60, "api", "SELECT", "web1", 1, "connection refused"), span(61, "api", "SELECT", "web1", 1, ""),
			span(62, "api", "SELECT", "web1", 1, "false"), span(63, "api", "SELECT", "web1", 1, "0"), span(64, "api", "SELECT", "web1", 1, 1),
			object{event.FieldTraceID: "t", event.FieldParentID: "api2", event.FieldAnnotation: event.AnnotationSpanEvent, event.FieldName: "exception"},
			object{event.FieldBody: "a log line", event.FieldSignal: event.SignalLog},
			// A line of a request tells of its span, and how long it took.
			object{event.FieldSignal: event.SignalLog, event.FieldTraceID: "t", event.FieldSpanID: "api2", event.FieldDuration: 2.5, event.FieldService: "api"}),
	}, func() {
		p.sameRollups(Environment, suiteStart, suiteEnd)
		p.agree(ask(query.Filter{Where: query.Failed()}))
	})
}

func callsAreCounted(_ *testing.T, p *pair) {
	// Callers come before what they call, and after.
	for _, backwards := range []bool{false, true} {
		batches := append(callBatches(fmt.Sprint(backwards)), batchOf("beeline", object{
			"_time": suiteBase + 10*second, event.FieldService: "beeline", event.FieldDuration: 2.0, event.FieldTraceID: fmt.Sprint(backwards),
			event.FieldSpanID: "m", event.FieldParentID: "c", event.FieldSpanKind: "server", event.FieldError: "no such host",
		}))
		if backwards {
			slices.Reverse(batches)
		}
		p.inEveryLayout(batches, func() { p.sameCalls(Environment, suiteStart, suiteEnd) })
	}
}

func callBatches(trace string) []*event.Batch {
	span := func(at int64, service, id, parent, kind string, ms float64) object {
		return object{
			"_time": suiteBase + at*second, event.FieldService: service, event.FieldDuration: ms, event.FieldTraceID: trace,
			event.FieldSpanID: id, event.FieldParentID: parent, event.FieldSpanKind: kind, event.FieldError: at%2 == 1, "_sample_rate": 1 + int(at%3),
		}
	}
	elsewhere := batchOf("api", span(9, "api", "k", "c", "server", 60))
	elsewhere.Environment = "prod"
	return []*event.Batch{
		batchOf("web", span(0, "web", "a", "", "server", 90), span(1, "web", "b", "a", "internal", 80), span(2, "web", "c", "b", "client", 70)),
		batchOf("api", span(3, "api", "d", "c", "server", 60), span(65, "api", "e", "c", "server", 5), span(4, "api", "f", "d", "client", 50),
			span(5, "api", "g", "b", "server", 50), span(6, "api", "h", "nobody", "server", 1),
			object{event.FieldTraceID: trace, event.FieldParentID: "c", event.FieldAnnotation: event.AnnotationSpanEvent, event.FieldDuration: 1.0},
			object{event.FieldSignal: event.SignalLog, event.FieldTraceID: trace, event.FieldSpanID: "e", event.FieldParentID: "c", event.FieldDuration: 5.0, event.FieldService: "api", event.FieldSpanKind: "server"}),
		batchOf("store", span(7, "store", "i", "f", "", 40), span(8, "store", "j", "i", "consumer", 3)),
		elsewhere,
		batchOf("api", object{event.FieldTraceID: "other", event.FieldSpanID: "l", event.FieldParentID: "c", event.FieldDuration: 1.0, event.FieldService: "api"}),
	}
}

// callsNobodyAnswers: what calls go to is known from them until something answers.
func callsNobodyAnswers(_ *testing.T, p *pair) {
	span := func(at int64, service, id, parent, kind string, more object) object {
		o := object{
			"_time": suiteBase + at*second, event.FieldService: service, event.FieldDuration: float64(at), event.FieldTraceID: "t",
			event.FieldSpanID: id, event.FieldParentID: parent, event.FieldSpanKind: kind, event.FieldName: "n" + id,
		}
		maps.Copy(o, more)
		return o
	}
	batches := []*event.Batch{
		batchOf("web",
			span(0, "web", "root", "", "server", object{"http.response.status_code": 404, "service.namespace": "shop"}),
			span(1, "web", "sql", "root", "client", object{"db.system": "postgresql", "db.name": "users", "server.address": "db1", "error": true}),
			span(2, "web", "sql2", "root", "client", object{"db.system": "postgresql", "db.name": "users", "server.address": "db1"}),
			span(3, "web", "cache", "root", "client", object{"db.system": "redis"}),
			span(4, "web", "mail", "root", "client", object{"url.full": "https://mail.example.com:8443/send?x=1", "http.status_code": "429"}),
			span(5, "web", "sdk", "root", "client", object{"rpc.system": "aws-api", "rpc.service": "DynamoDB", "aws.dynamodb.table_names": `["items"]`}),
			span(6, "web", "wire", "sdk", "client", object{"server.address": "dynamodb.example.com", "http.response.status_code": 500}),
			span(7, "web", "to-api", "root", "client", object{"server.address": "api.internal"}),
			span(8, "web", "to-api-wire", "to-api", "client", object{"server.address": "api.internal"}),
			span(9, "web", "queue", "root", "producer", object{"messaging.system": "kafka", "messaging.destination.name": "orders"}),
			span(10, "web", "again", "root", "client", object{"peer.service": "web"}),
			span(11, "web", "mine", "again", "server", nil),
			span(12, "web", "lost", "lost", "client", nil),
			span(13, "web", "o1", "o2", "client", nil),
		),
		batchOf("api",
			span(20, "api", "a1", "to-api-wire", "server", object{"xray.origin": "AWS::EC2::Instance", "xray.fault": true}),
			span(21, "api", "a2", "to-api-wire", "server", object{"xray.origin": "AWS::EC2::Instance"}),
			span(22, "api", "a3", "root", "server", object{"xray.type": "segment", "xray.throttle": true, "xray.error": true}),
			span(23, "api", "a4", "a3", "client", object{"xray.type": "subsegment", "xray.namespace": "aws", "name": "SQS", "aws.queue_url": "https://q/1"}),
			span(24, "api", "a5", "a3", "internal", object{"xray.type": "subsegment"}),
		),
		batchOf("worker",
			span(30, "worker", "w1", "queue", "consumer", object{"http.response.status_code": 503}),
			span(31, "worker2", "w2", "queue", "consumer", nil),
			span(32, "worker", "w3", "nobody", "consumer", nil),
			span(33, "worker", "w4", "a5", "internal", object{"xray.type": "segment", "xray.error": true}),
		),
	}
	p.inEveryLayout(batches, func() {
		p.sameRollups(Environment, suiteStart, suiteEnd)
		p.sameCalls(Environment, suiteStart, suiteEnd)
	})
	slices.Reverse(batches)
	for _, b := range batches {
		for i := range b.Len() {
			b.SetAt(i, event.FieldTraceID, event.StringValue("u"))
		}
	}
	p.inEveryLayout(batches, func() { p.sameCalls(Environment, suiteStart, suiteEnd) })
}

// subsegmentsOfNobody: a subsegment that comes on its own before its segment counts
// for the service of that, once it is there, and for none before.
func subsegmentsOfNobody(_ *testing.T, p *pair) {
	for _, backwards := range []bool{false, true} {
		span := func(at int64, service, id, parent, document, kind string, more object) object {
			o := object{
				"_time": suiteBase + at*second, event.FieldService: service, event.FieldDuration: float64(at), event.FieldTraceID: fmt.Sprint("lone", backwards),
				event.FieldSpanID: id, event.FieldParentID: parent, event.FieldSpanKind: kind, event.FieldName: "n" + id, spancall.FieldDocument: document,
			}
			maps.Copy(o, more)
			return o
		}
		remote := object{"xray.namespace": "remote"}
		lone := func(spans ...object) *event.Batch { return batchOf(spancall.UnknownService, spans...) }
		batches := []*event.Batch{
			lone(span(1, "unknown", "wire", "sdk", "subsegment", "client", remote)), // a part of the next
			lone(span(2, "unknown", "sdk", "work", "subsegment", "client", remote), span(3, "unknown", "sql", "work", "subsegment", "client", object{"xray.error": true})),
			batchOf("api", span(4, "api", "answer", "sdk", "segment", "server", nil), span(5, "api", "other", "work", "segment", "server", nil)),
			lone(span(6, "unknown", "work", "root", "subsegment", "internal", nil)),
			lone(span(7, "unknown", "never", "nobody", "subsegment", "client", remote), span(8, "unknown", "o1", "o2", "subsegment", "client", remote), span(9, "unknown", "o2", "o1", "subsegment", "client", remote)),
			batchOf("web", span(70, "web", "root", "", "segment", "server", object{spancall.FieldOrigin: "AWS::EC2::Instance"})),
			batchOf("api", span(71, "api", "lost", "never", "segment", "server", nil)),
		}
		if backwards {
			slices.Reverse(batches)
		}
		p.inEveryLayout(batches, func() { p.sameCalls(Environment, suiteStart, suiteEnd) })
		calls, err := p.ref.Calls(p.t.Context(), Environment, suiteStart, suiteEnd)
		if err != nil || len(calls) == 0 || slices.ContainsFunc(calls, func(c store.Call) bool { return c.Caller == spancall.UnknownService }) {
			p.t.Errorf("calls %v, error %v", calls, err)
		}
	}
}

// revisionsFollowRows: an answer may be kept while the revision stays the same.
func revisionsFollowRows(t *testing.T, p *pair) {
	at := func(start, end int64) uint64 {
		return p.store.Revision(Environment, suiteBase+start*second, suiteBase+end*second)
	}
	before := at(0, 60)
	p.append(batchOf("api", object{"_time": suiteBase + 30*second, "x": 1}))
	first := at(0, 60)
	if first == before {
		t.Error("a row came and the revision is the same")
	}
	p.flush()
	p.append(batchOf("api", object{"_time": suiteBase + 59*second, "x": 1}, object{"_time": suiteBase - 4000*second, "x": 2}))
	second := at(0, 60)
	if second == first || at(-4001, -3999) == before || at(-1<<30, 1<<30) == before {
		t.Error("another row came and the revision is the same")
	}
}

func endedContextsStop(t *testing.T, p *pair) {
	p.append(sampleBatches()...)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.store.Run(canceled, ask(count("route")), store.Options{})
	wantFault(t, err, fault.Canceled)
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	_, err = p.store.Run(late, ask(count("route")), store.Options{})
	wantFault(t, err, fault.Deadline)
	_, _, err = p.store.Trace(canceled, Environment, "t", 10)
	wantFault(t, err, fault.Canceled)
	// The store is none the worse.
	p.agree(ask(count("route")))
}

// snapshotsBesideWriters counts while rows arrive, are flushed and compacted: a
// reader sees whole appends, all that were acknowledged before it began, and
// never fewer than before.
func snapshotsBesideWriters(t *testing.T, p *pair) {
	const appends, rowsEach, readers = 60, 7, 2
	var acknowledged, started counter
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range readers {
		wg.Go(func() {
			last := 0
			for {
				low := acknowledged.get()
				res, err := p.store.Run(t.Context(), ask(count()), store.Options{})
				high := started.get()
				if err != nil {
					t.Error(err)
					return
				}
				n := int(res.Columns[0].Values[0].Int())
				if n%rowsEach != 0 || n < low || n > high || n < last {
					t.Errorf("a reader saw %d rows: between %d and %d are there, it saw %d before", n, low, high, last)
					return
				}
				last = n
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range appends {
		b := event.NewBatch(Environment, fmt.Sprint("d", i%3))
		for j := range rowsEach {
			b.Begin(suiteBase + int64(i*rowsEach+j))
			b.Set("n", event.IntValue(int64(j)))
		}
		started.add(rowsEach)
		p.append(b)
		acknowledged.add(rowsEach)
		if i%10 == 9 {
			p.flush()
		}
		if i%25 == 24 {
			if err := p.store.Maintain(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	wg.Wait()
	p.agree(ask(count(event.SystemDataset)))
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
}

func (c *counter) get() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// randomQueries gives random events in random layouts to the store, each round in
// an environment of its own.
func randomQueries(t *testing.T, p *pair) {
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		environment := fmt.Sprint("random-", round)
		p.ref = NewReference()
		for _, b := range Events(t, environment, 40) {
			p.append(b)
			if rapid.Bool().Draw(t, "flush") {
				p.flush()
			}
		}
		for range 3 {
			q := Query(t, environment)
			if err := p.compare(t.Context(), q); err != nil {
				t.Fatalf("%s\n%v", q, err)
			}
		}
	})
}

// randomSeries is randomQueries over data points of metrics.
func randomSeries(t *testing.T, p *pair) {
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		environment := fmt.Sprint("random-series-", round)
		p.ref = NewReference()
		for _, b := range Readings(t, environment, 40) {
			p.append(b)
			if rapid.Bool().Draw(t, "flush") {
				p.flush()
			}
		}
		for range 3 {
			q := SeriesQuery(t, environment)
			if err := p.compare(t.Context(), q); err != nil {
				t.Fatalf("%s\n%v", q, err)
			}
		}
	})
}

// manyEvents asks many queries over thousands of events in several segments.
func manyEvents(t *testing.T, p *pair) {
	const rounds, queries = 40, 120
	for i := range rounds {
		batches := rapid.Custom(func(t *rapid.T) []*event.Batch { return Events(t, Environment, 80) }).Example(i)
		for _, b := range batches {
			for row := range b.Times {
				// Keeps times unique over the rounds.
				b.Times[row] += int64(i)
			}
		}
		p.append(batches...)
		if i%9 == 8 {
			p.flush()
		}
	}
	for i := range queries {
		p.agree(rapid.Custom(func(t *rapid.T) *query.Query { return Query(t, Environment) }).Example(i))
	}
	if err := p.store.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.flush()
	for i := range queries / 2 {
		p.agree(rapid.Custom(func(t *rapid.T) *query.Query { return Query(t, Environment) }).Example(queries + i))
	}
}
