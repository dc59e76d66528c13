package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/sample"
)

// tracesProfile is very many small traces, which X-Ray's API and the map are asked about.
const tracesProfile = "traces"

const (
	spansOfTrace = 4
	rareTraces   = 50 // that have the annotation which is looked for
)

// smallTrace is a request to one service that asks another one, which asks its database.
func smallTrace(rng *rand.Rand, rare bool) sample.Trace {
	user := fmt.Sprintf("user-%04d", rng.IntN(2000))
	item := rng.IntN(10_000)
	took := func(ms float64) int64 { return int64(ms * (0.5 + rng.ExpFloat64()) * 1e6) }
	status, method := int64(200), "GET"
	if rng.IntN(4) == 0 {
		method = "POST"
	} else if rng.IntN(50) == 0 {
		status = 503 // of a GET only
	}
	t := sample.Trace{High: rng.Uint64(), Low: rng.Uint64() | 1}
	ids := [spansOfTrace]uint64{rng.Uint64() | 1, rng.Uint64() | 1, rng.Uint64() | 1, rng.Uint64() | 1}
	database := took(2)
	inner := database + took(1)
	outer := inner + took(0.3)
	whole := outer + took(3)
	request := func(host string) []sample.Attribute {
		return []sample.Attribute{
			{Name: "http.request.method", Value: method},
			{Name: "http.response.status_code", Value: status},
			{Name: "url.full", Value: fmt.Sprintf("http://%s/items/%d", host, item)},
			{Name: "user.id", Value: user},
			{Name: "app.plan", Value: []string{"free", "team", "business"}[rng.IntN(3)]},
		}
	}
	first := request("shop.example.com")
	if rare {
		first = append(first, sample.Attribute{Name: "app.campaign", Value: "winter"})
	}
	const front, back, server, client = 0, 3, 2, 3 // places in sample.Services, and kinds
	t.Spans = []sample.Span{
		{Service: front, Name: method + " /items/:id", Kind: server, ID: ids[0], End: whole, Attributes: first},
		{Service: front, Name: method, Kind: client, ID: ids[1], Parent: ids[0], Start: 1e5, End: 1e5 + outer, Attributes: append(request("users"), sample.Attribute{Name: "server.address", Value: "users"})},
		{Service: back, Name: method + " /items/:id", Kind: server, ID: ids[2], Parent: ids[1], Start: 2e5, End: 2e5 + inner, Attributes: request("users")},
		{Service: back, Name: "SELECT items", Kind: client, ID: ids[3], Parent: ids[2], Start: 3e5, End: 3e5 + database, Attributes: []sample.Attribute{
			{Name: "db.system", Value: "postgresql"},
			{Name: "db.name", Value: "items"},
			{Name: "server.address", Value: "db.internal"},
			{Name: "db.statement", Value: "SELECT id, name FROM items WHERE owner_id = $1 LIMIT 50"},
			{Name: "user.id", Value: user},
		}},
	}
	return t
}

func encodeSmall(o options, at int64, rare bool) *sample.Request {
	g := sample.New(sample.Dense(42))
	rng := rand.New(rand.NewPCG(uint64(at), uint64(o.perReq)))
	traces, starts := make([]sample.Trace, o.perReq), make([]int64, o.perReq)
	for i := range traces {
		traces[i], starts[i] = smallTrace(rng, rare && i == 0), at+int64(i)*2e6
	}
	return g.Encode(traces, starts)
}

// loadTraces sends the traces, spread over the last six hours.
func loadTraces(ctx context.Context, s *process, o options, now time.Time) error {
	const span = 6 * time.Hour
	o.perReq = 500
	at := now.Add(-span).UnixNano()
	common := make([]*sample.Request, encodedRequests)
	for i := range common {
		common[i] = encodeSmall(o, at+int64(i), false)
	}
	rare := encodeSmall(o, at-1, true)
	total := max(o.spans/spansOfTrace/o.perReq, 1)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}}
	began, cpu := time.Now(), s.cpu()
	for n := range total {
		r := common[n%len(common)]
		if n%max(total/rareTraces, 1) == 0 {
			r = rare
		}
		r.Move(uint64(n)+1, int64(span)*int64(n)/int64(total))
		if _, _, err := send(ctx, client, s.url, r.Body); err != nil {
			return err
		}
	}
	l := &loaded{}
	l.waitQuiet(ctx, s)
	spans := total * o.perReq * spansOfTrace
	fmt.Printf("%d spans in %s, %.2f CPU-s per million\n", spans, short(time.Since(began)), (s.cpu()-cpu).Seconds()/float64(spans)*1e6)
	return nil
}

// runTraces loads traces, or asks about those that a kept folder has, with no spans to send.
func runTraces(ctx context.Context, o options) error {
	done, err := o.makeFolder()
	if err != nil {
		return err
	}
	defer done()
	s, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer s.kill()
	if o.spans > 0 {
		if err := loadTraces(ctx, s, o, time.Now()); err != nil {
			return err
		}
	}
	end, err := newestTrace(ctx, s)
	if err != nil {
		return err
	}
	t := &table{}
	for _, q := range traceQuestions(s) {
		if err := q.measure(ctx, s, end, o, t); err != nil {
			return err
		}
	}
	t.add("memory, peak", bytesOf(s.peak()), "")
	t.print(os.Stdout)
	return nil
}

// newestTrace is about when the last trace began.
func newestTrace(ctx context.Context, s *process) (time.Time, error) {
	now := time.Now()
	q := summaries(s, "the newest trace", "", "")
	answer, err := q.ask(ctx, now.Add(-30*24*time.Hour), now.Add(time.Hour))
	if err != nil {
		return now, err
	}
	var page struct{ TraceSummaries []struct{ StartTime float64 } }
	if err := json.Unmarshal(answer, &page); err != nil || len(page.TraceSummaries) == 0 {
		return now, fmt.Errorf("no traces are there: %.200s: %w", answer, err)
	}
	return time.UnixMilli(int64(page.TraceSummaries[0].StartTime * 1000)), nil
}

// traceQuestion is a request that is measured.
type traceQuestion struct {
	name, bar, address string
	length             time.Duration                  // of the range
	body               func(start, end time.Time) any // nil asks with GET, the range behind the address
}

const mapped = 6 * time.Hour

func summaries(s *process, name, bar, filter string) traceQuestion {
	return traceQuestion{name, bar, "http://" + s.xray + "/TraceSummaries", mapped, func(start, end time.Time) any {
		in := map[string]any{"StartTime": float64(start.UnixMilli()) / 1000, "EndTime": float64(end.UnixMilli()) / 1000}
		if filter != "" {
			in["FilterExpression"] = filter
		}
		return in
	}}
}

func traceQuestions(s *process) []traceQuestion {
	const analysed = 389 * time.Second // of the six hours of a million traces
	return []traceQuestion{
		summaries(s, "summaries, by an annotation of 50 traces", "0.5 s", `annotation.app.campaign = "winter"`),
		summaries(s, "summaries, by a user of 500 traces", "0.5 s", `annotation.user.id = "user-0123"`),
		summaries(s, "summaries, newest without a filter", "0.5 s", ""),
		summaries(s, "summaries, by a status that 1.5 % have", "0.5 s", `http.status = 503`),
		summaries(s, "summaries, a service with a status that is nowhere", "0.5 s", `service("users") { http.status = 418 }`),
		summaries(s, "summaries, a service's conditions that never meet", "", `service("users") { http.method = "POST" AND http.status = 503 }`),
		summaries(s, "summaries, an edge that never fails so", "", `edge("web", "users") { http.method = "POST" AND fault }`),
		summaries(s, "summaries, a service that never is so", "", `service("web") { annotation.db.system = "postgresql" }`),
		summaries(s, "summaries, what no row tells", "", `duration > 1000`),
		{"service graph of six hours", "0.2 s", "http://" + s.xray + "/ServiceGraph", mapped, func(start, end time.Time) any {
			return map[string]any{"StartTime": start.Unix(), "EndTime": end.Unix()}
		}},
		{"map of six hours", "0.2 s", s.url + "/api/map", mapped, nil},
		{"analytics over 18,000 traces", "2 CPU-s", s.url + "/api/traces/analytics", analysed, func(start, end time.Time) any {
			return map[string]any{"a": map[string]any{"from": iso(start), "to": iso(end)}}
		}},
	}
}

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func (q *traceQuestion) ask(ctx context.Context, start, end time.Time) ([]byte, error) {
	method, body, address := http.MethodGet, io.Reader(nil), q.address
	if q.body == nil {
		address += "?" + url.Values{"from": {iso(start)}, "to": {iso(end)}}.Encode()
	} else {
		raw, err := json.Marshal(q.body(start, end))
		if err != nil {
			return nil, err
		}
		method, body = http.MethodPost, bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d: %.300s", q.name, resp.StatusCode, answer)
	}
	return answer, err
}

// measure asks some times and notes the middle, in time and in that of processors.
// Each time another range is asked about, so that no cache answers.
func (q *traceQuestion) measure(ctx context.Context, s *process, end time.Time, o options, t *table) error {
	var took, spent []time.Duration
	answer := []byte(nil)
	for i := range max(o.repeats, 1) {
		to := end.Add(time.Duration(i+1) * time.Second)
		began, cpu := time.Now(), s.cpu()
		var err error
		if answer, err = q.ask(ctx, to.Add(-q.length), to); err != nil {
			return err
		}
		took, spent = append(took, time.Since(began)), append(spent, s.cpu()-cpu)
	}
	slices.Sort(took)
	slices.Sort(spent)
	var found struct {
		TraceSummaries []json.RawMessage
		NextToken      string
		Traces         int64 `json:"traces"`
	}
	_ = json.Unmarshal(answer, &found) // of another form it says nothing
	note := ""
	if found.TraceSummaries != nil {
		note = fmt.Sprintf(", %d on the page", len(found.TraceSummaries))
	}
	if found.NextToken != "" {
		note += " and more"
	}
	if found.Traces > 0 {
		note += fmt.Sprintf(", %d traces", found.Traces)
	}
	middle := len(took) / 2
	t.add(q.name, fmt.Sprintf("%s, %s of CPU, worst %s%s", short(took[middle]), short(spent[middle]), short(took[len(took)-1]), note), q.bar)
	return nil
}
