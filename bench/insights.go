package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// asking is a measured query in Logs Insights QL.
type asking struct{ text, bar string }

func askings() []asking {
	return []asking{
		{"stats count(*) by bin(5m), level", "0.5 s"},
		{`parse @message '"user":"*"' as user | stats count(*) by user | limit 100`, "3 s"},
		{`parse @message '"route":"*","status":*,' as route, status | stats count(*) by route, status`, "3 s"},
		{`parse @message '"user":"*"' as user | filter user = "u00042" | stats count(*)`, "3 s"},
		{`filter @message like "notifications" | stats count(*)`, "1.5 s"},
		{`filter @message like "needle in the hay" | limit 100`, "1.5 s"},
	}
}

// measureInsights asks all lines in Logs Insights QL, as the page does.
func measureInsights(ctx context.Context, s *process, l *loaded, o options, t *table) error {
	for _, a := range askings() {
		var took []time.Duration
		cpu := s.cpu()
		for i := range o.repeats {
			// Each run asks for another range, so that no cache answers.
			body, err := json.Marshal(map[string]any{"query": a.text, "start_time": l.from/1e9 - int64(i), "end_time": l.to / 1e9})
			if err != nil {
				return err
			}
			began := time.Now()
			if err := askInsights(ctx, s, body); err != nil {
				return fmt.Errorf("%s: %w", a.text, err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.add("Insights over "+millions(l.spans)+" lines: "+a.text, fmt.Sprintf("%s median, %s worst, %s CPU", short(took[len(took)/2]), short(took[len(took)-1]), short((s.cpu()-cpu)/time.Duration(o.repeats))), a.bar)
	}
	return nil
}

func askInsights(ctx context.Context, s *process, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/api/insights", bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(answer) {
		var l struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(line, &l) == nil && l.Type == "done" {
			return nil
		}
	}
	return fmt.Errorf("insights: %d %.500s", resp.StatusCode, answer)
}
