package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// question is a measured query; the bar is DESIGN's.
type question struct {
	name, bar string
	spec      map[string]any
}

func questions() []question {
	calc := func(op, column string) map[string]any {
		c := map[string]any{"op": op}
		if column != "" {
			c["column"] = column
		}
		return c
	}
	one := func(c map[string]any, by ...string) map[string]any {
		return map[string]any{"calculations": []any{c}, "breakdowns": by, "limit": 100}
	}
	return []question{
		{"p99 by route", "0.5 s", one(calc("P99", "duration_ms"), "http.route")},
		{"heatmap of durations", "0.7 s", one(calc("HEATMAP", "duration_ms"))},
		{"count by user, top 100", "1 s", one(calc("COUNT", ""), "user.id")},
		{"count by service", "", one(calc("COUNT", ""), "service.name")},
		{"errors by service and build", "", map[string]any{
			"calculations": []any{calc("COUNT", "")}, "breakdowns": []string{"service.name", "app.build_id"},
			"filters": []any{map[string]any{"column": "error", "op": "=", "value": true}},
		}},
		{"substring of a statement", "", map[string]any{
			"calculations": []any{calc("COUNT", "")},
			"filters":      []any{map[string]any{"column": "db.statement", "op": "contains", "value": "message_groups"}},
		}},
	}
}

// ask sends a query and returns its result line.
func ask(ctx context.Context, s *process, spec map[string]any, series bool) (json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"dataset": "__all__", "query": spec, "series": series})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/api/query", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(answer) {
		var l struct {
			Type   string          `json:"type"`
			Result json.RawMessage `json:"result"`
		}
		if json.Unmarshal(line, &l) == nil && l.Type == "done" {
			return l.Result, nil
		}
	}
	return nil, fmt.Errorf("query: %d %.500s", resp.StatusCode, answer)
}

func count(ctx context.Context, s *process, l *loaded) (float64, error) {
	return calculate(ctx, s, l, map[string]any{"op": "COUNT"})
}

// calculate asks for one number over all spans.
func calculate(ctx context.Context, s *process, l *loaded, calculation map[string]any) (float64, error) {
	raw, err := ask(ctx, s, map[string]any{"calculations": []any{calculation}, "start_time": l.from / 1e9, "end_time": l.to / 1e9}, false)
	if err != nil {
		return 0, err
	}
	var r struct {
		Rows [][]float64 `json:"rows"`
	}
	if err := json.Unmarshal(raw, &r); err != nil || len(r.Rows) == 0 || len(r.Rows[0]) == 0 {
		return 0, fmt.Errorf("%v: %s: %w", calculation, raw, err)
	}
	return r.Rows[0][0], nil
}

func measureQueries(ctx context.Context, s *process, l *loaded, o options, list []question, what string, t *table) error {
	for _, q := range list {
		var took []time.Duration
		for i := range o.repeats {
			spec := map[string]any{}
			maps.Copy(spec, q.spec)
			// Each run asks for another range, so that no cache answers.
			spec["start_time"], spec["end_time"] = l.from/1e9-int64(i), l.to/1e9
			began := time.Now()
			_, series := spec["granularity"]
			if _, err := ask(ctx, s, spec, series); err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.add(fmt.Sprintf("%s over %s %s, median of %d", q.name, millions(l.spans), what, o.repeats), took[len(took)/2], q.bar)
	}
	return nil
}

// measureUsers counts the users that the count by user was of.
func measureUsers(ctx context.Context, s *process, l *loaded, t *table) error {
	n, err := calculate(ctx, s, l, map[string]any{"op": "COUNT_DISTINCT", "column": "user.id"})
	if err == nil {
		t.add("different users among them", fmt.Sprintf("%.0f", n), "")
	}
	return err
}

// measureCompletion asks for values as somebody does who types: of fields with few
// and with many values, and of calculated ones that read one field and several.
func measureCompletion(ctx context.Context, s *process, l *loaded, o options, t *table) error {
	for alias, expression := range map[string]string{
		"bench.class": `IF($http.response.status_code >= 500, "failed", $http.response.status_code >= 400, "refused", "fine")`,
		"bench.what":  `IF($duration_ms > 100, CONCAT("slow ", $name), CONCAT("quick ", $service.name))`,
	} {
		body, err := json.Marshal(map[string]any{"alias": alias, "expression": expression})
		if err != nil {
			return err
		}
		if err := post(ctx, s.url+"/1/derived_columns/__all__", body); err != nil {
			return fmt.Errorf("make %s: %w", alias, err)
		}
	}
	for _, field := range []string{"http.route", "user.id", "bench.class", "bench.what"} {
		var took []time.Duration
		exact := true
		for i := range o.repeats {
			ask := url.Values{"field": {field}, "dataset": {"__all__"}, "from": {fmt.Sprint(l.from - int64(i))}, "to": {fmt.Sprint(l.to)}}
			began := time.Now()
			var answer struct {
				Exact bool `json:"exact"`
			}
			if err := getJSON(ctx, s.url+"/api/values?"+ask.Encode(), &answer); err != nil {
				return fmt.Errorf("values of %s: %w", field, err)
			}
			took = append(took, time.Since(began))
			exact = exact && answer.Exact
		}
		slices.Sort(took)
		which := "some of them counted"
		if exact {
			which = "all counted"
		}
		t.add(fmt.Sprintf("values of %s, %s, median of %d", field, which, o.repeats), took[len(took)/2], "100 ms")
	}
	return nil
}

// post sends JSON, which must be taken.
func post(ctx context.Context, to string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Honeycomb-Team", "bench")
	return answered(req, nil)
}

func getJSON(ctx context.Context, from string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	return answered(req, into)
}

func answered(req *http.Request, into any) error {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("status %d: %.200s", resp.StatusCode, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// measureBubbleUp explains slow spans over all fields and all spans.
func measureBubbleUp(ctx context.Context, s *process, l *loaded, o options, t *table) error {
	var first, whole []time.Duration
	fields := 0
	for i := range o.repeats {
		body, err := json.Marshal(map[string]any{
			"dataset": "__all__", "query": map[string]any{"start_time": l.from/1e9 - int64(i), "end_time": l.to / 1e9},
			"selection": map[string]any{"type": "filter", "text": "duration_ms > 100"},
		})
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/api/bubbleup", bytes.NewReader(body))
		if err != nil {
			return err
		}
		began := time.Now()
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		dec := json.NewDecoder(resp.Body)
		for {
			var line struct {
				Type   string            `json:"type"`
				Fields []json.RawMessage `json:"fields"`
			}
			if err := dec.Decode(&line); err != nil {
				return fmt.Errorf("bubbleup: %w", err)
			}
			if len(line.Fields) > 0 && len(first) == i {
				first = append(first, time.Since(began))
			}
			if line.Type == "done" {
				fields = len(line.Fields)
				break
			}
			if line.Type == "error" {
				return fmt.Errorf("bubbleup: the server answered an error")
			}
		}
		_ = resp.Body.Close()
		whole = append(whole, time.Since(began))
	}
	slices.Sort(first)
	slices.Sort(whole)
	t.add(fmt.Sprintf("BubbleUp over %d fields of %s spans, median of %d", fields, millions(l.spans), o.repeats), whole[len(whole)/2], "2 s")
	t.add("its first fields", first[len(first)/2], "0.5 s")
	return nil
}

func measureLookups(_ context.Context, s *process, l *loaded, o options, t *table, name string) error {
	if len(l.traceIDs) == 0 {
		return fmt.Errorf("no trace ids were kept")
	}
	var took []time.Duration
	for i := range o.lookups {
		id := l.traceIDs[i*7919%len(l.traceIDs)]
		began := time.Now()
		resp, err := http.Get(s.url + "/api/trace/" + id) //nolint:noctx // a measured call, ended with the process
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("trace %s: %d %.200s %w", id, resp.StatusCode, body, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	bar := "p99 10 ms"
	if name != "one trace by id, warm" {
		bar = "p99 50 ms"
	}
	t.add(name+", p50 / p99", fmt.Sprintf("%s / %s", short(at(took, 0.5)), short(at(took, 0.99))), bar)
	return nil
}

// table is the report.
type table struct{ rows [][3]string }

func (t *table) add(what string, value any, bar string) {
	text := fmt.Sprint(value)
	if d, ok := value.(time.Duration); ok {
		text = short(d)
	}
	t.rows = append(t.rows, [3]string{what, text, bar})
	fmt.Printf("%s: %s\n", what, text)
}

func (t *table) print(w io.Writer) {
	_, _ = fmt.Fprintln(w, "\n| what | measured | bar |\n| --- | --- | --- |")
	for _, r := range t.rows {
		_, _ = fmt.Fprintf(w, "| %s | %s | %s |\n", r[0], r[1], r[2])
	}
}

func bytesOf(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

func millions(n int64) string { return fmt.Sprintf("%.1f M", float64(n)/1e6) }
