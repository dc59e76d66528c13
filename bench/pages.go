package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// filtering is a page of lines that is asked for.
type filtering struct {
	name, bar string
	in        map[string]any
}

// measurePages measures the pages that people and scripts read lines by.
func measurePages(ctx context.Context, s *process, c credentials, l *loaded, o options, t *table) error {
	day := map[string]any{"startTime": l.to/1e6 - 24*3600*1000, "limit": 100}
	with := func(more map[string]any) map[string]any {
		in := map[string]any{"logGroupName": logGroup}
		maps.Copy(in, day)
		maps.Copy(in, more)
		return in
	}
	for _, f := range []filtering{
		{"page of 100 lines, the newest of a day", "100 ms", with(map[string]any{"startFromHead": false})},
		{"page of 100 lines of a day that contain a word", "100 ms", with(map[string]any{"filterPattern": `"warn"`})},
		{"page of 100 lines of a day by JSON pattern", "100 ms", with(map[string]any{"filterPattern": `{ $.level = "error" && $.status = 500 }`})},
		{"a substring that no line has, looked for in all", "1.5 s", with(map[string]any{"filterPattern": `"needle in the hay"`})},
		{"a JSON pattern that no line satisfies, over all", "", with(map[string]any{"filterPattern": `{ $.level = "fatal" }`})},
	} {
		var took []time.Duration
		cpu, lines := s.cpu(), 0
		for range o.repeats {
			began := time.Now()
			var err error
			if lines, err = c.filter(ctx, s, f.in); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.add(f.name, fmt.Sprintf("%s median, %s worst, %s CPU, %d lines", short(took[len(took)/2]), short(took[len(took)-1]), short((s.cpu()-cpu)/time.Duration(o.repeats)), lines), f.bar)
	}
	return measureTracesOfLines(ctx, s, c, o, t)
}

// filter counts the lines of a page. One that is short because it was looked for
// too long goes on.
func (c credentials) filter(ctx context.Context, s *process, in map[string]any) (lines int, err error) {
	delete(in, "nextToken")
	for {
		body, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		answer, err := c.call(ctx, http.DefaultClient, s.url, "FilterLogEvents", body)
		if err != nil {
			return 0, err
		}
		var page struct {
			Events    []json.RawMessage `json:"events"`
			NextToken string            `json:"nextToken"`
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return 0, err
		}
		if lines += len(page.Events); lines >= 100 || page.NextToken == "" {
			return lines, nil
		}
		in["nextToken"] = page.NextToken
	}
}

// measureTracesOfLines looks up traces that lines name.
func measureTracesOfLines(ctx context.Context, s *process, c credentials, o options, t *table) error {
	var took []time.Duration
	for i := range max(o.lookups/10, 1) {
		body, err := json.Marshal(map[string]any{"logGroupName": logGroup, "limit": 1, "filterPattern": fmt.Sprintf(`"u%05d"`, i*997%100_000)})
		if err != nil {
			return err
		}
		answer, err := c.call(ctx, http.DefaultClient, s.url, "FilterLogEvents", body)
		if err != nil {
			return err
		}
		_, id, found := strings.Cut(string(answer), `\"trace_id\":\"`)
		if !found {
			continue
		}
		began := time.Now()
		resp, err := http.Get(s.url + "/api/trace/" + id[:32]) //nolint:noctx // a measured call, ended with the process
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if _ = resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("trace %s: status %d: %w", id[:32], resp.StatusCode, err)
		}
		took = append(took, time.Since(began))
	}
	if len(took) == 0 {
		return fmt.Errorf("no line names a trace")
	}
	slices.Sort(took)
	t.add("the lines of a trace by its id", fmt.Sprintf("%s median, %s worst of %d", short(took[len(took)/2]), short(took[len(took)-1]), len(took)), "10 ms")
	return nil
}
