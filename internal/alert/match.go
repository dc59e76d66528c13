package alert

import (
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/item"
)

// subject is what is told of: a notice, and what its occurrence holds.
type subject struct {
	*item.Notice
	project int64
	base    string // address of the pages
	data    map[string]any
	payload json.RawMessage // the same as it was sent
	test    bool            // nothing happened: somebody tries a rule
}

// subject reads the occurrence of a notice. One whose rows are gone is told of
// without them.
func (a *Alerts) subject(ctx context.Context, n *item.Notice) *subject {
	s := &subject{Notice: n, base: a.cfg.URL()}
	if p, err := a.cfg.Items.Project(ctx, n.Environment); err == nil {
		s.project = p.ID
	}
	id := n.OccurrenceID
	if id == 0 && n.Item != nil {
		id = n.Item.Last.ID
	}
	if id == 0 {
		return s
	}
	row, err := a.cfg.Occurrence(ctx, n.Environment, id)
	if err == nil {
		s.payload, err = item.PayloadOf(row)
	}
	if err == nil {
		d := json.NewDecoder(strings.NewReader(string(s.payload)))
		d.UseNumber()
		err = d.Decode(&s.data)
	}
	if err != nil {
		s.data, s.payload = nil, nil
		a.cfg.Log.InfoContext(ctx, "an item is told of without its occurrence", slog.Int64("occurrence", id), slog.Any("error", err))
	}
	return s
}

// rulesFor returns the rules that a notice may be for, oldest first.
func (a *Alerts) rulesFor(n *item.Notice) []Rule {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var list []Rule
	for _, r := range a.rules {
		settings, set := a.channels[channelKey{r.Environment, r.Channel}]
		switch {
		case r.Environment != n.Environment || r.Trigger != n.Kind || r.Status != "enabled":
		case set && !settings.Enabled:
		case n.Automatic && (r.Channel == Email || r.Channel == Slack):
		case n.Kind == item.DeployMade && (n.Deploy == nil || n.Deploy.Status != item.DeploySucceeded):
		default:
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(x, y Rule) int { return int(x.ID - y.ID) })
	return list
}

// matches reports whether all of a rule's filters are true.
func (r *Rule) matches(s *subject) bool {
	for i := range r.Filters {
		if !r.Filters[i].matches(s, r.patterns[i]) {
			return false
		}
	}
	return true
}

func (f *Filter) matches(s *subject, pattern *regexp.Regexp) bool {
	want := textOf(f.Value)
	switch f.Type {
	case "environment":
		return compareText(f.Operation, s.ErrorEnvironment, want, nil)
	case "comment":
		return s.Deploy != nil && strings.Contains(s.Deploy.Comment, want)
	case "rate":
		return s.Rate != nil && *s.Rate == item.Rate{Count: f.Count, Seconds: f.Period}
	case "filename", "method":
		return f.inFrames(s, want, pattern)
	case "context":
		return compareText(f.Operation, textOf(s.data["context"]), want, nil)
	case "path":
		v, found := s.look(f.Path)
		return f.comparePath(v, found, want, pattern)
	}
	if s.Item == nil {
		return false
	}
	switch f.Type {
	case "level":
		level, _ := item.ParseLevel(want)
		return s.Item.Level == level || f.Operation == "gte" && s.Item.Level > level
	case "title":
		return compareText(f.Operation, s.Item.Title, want, pattern)
	case "framework":
		return strconv.Itoa(item.FrameworkID(s.Item.Framework)) == want || s.Item.Framework == want
	case "unique_occurrences":
		n, err := strconv.ParseFloat(want, 64)
		return err == nil && float64(s.Item.IPs) >= n
	}
	return false
}

func compareText(operation, got, want string, pattern *regexp.Regexp) bool {
	switch operation {
	case "eq":
		return got == want
	case "neq":
		return got != want
	case "startswith":
		return strings.HasPrefix(got, want)
	case "within":
		return strings.Contains(got, want)
	case "nwithin":
		return !strings.Contains(got, want)
	case "regex":
		return pattern != nil && pattern.MatchString(got)
	case "nregex":
		return pattern != nil && !pattern.MatchString(got)
	}
	return false
}

// comparePath compares a value of an occurrence. What is not there satisfies
// nexists and neq only: also what a text must not hold is asked of a text.
func (f *Filter) comparePath(v any, found bool, want string, pattern *regexp.Regexp) bool {
	switch f.Operation {
	case "exists":
		return found
	case "nexists":
		return !found
	}
	if !found {
		return f.Operation == "neq"
	}
	got := textOf(v)
	switch f.Operation {
	case "gte", "lte":
		x, errX := strconv.ParseFloat(got, 64)
		y, errY := strconv.ParseFloat(want, 64)
		return errX == nil && errY == nil && (f.Operation == "gte" && x >= y || f.Operation == "lte" && x <= y)
	}
	return compareText(f.Operation, got, want, pattern)
}

// inFrames looks at all frames: a text must be in any, or must not be in any.
func (f *Filter) inFrames(s *subject, want string, pattern *regexp.Regexp) bool {
	operation, negative := strings.TrimPrefix(f.Operation, "n"), strings.HasPrefix(f.Operation, "n")
	for _, frame := range s.frames() {
		if compareText(operation, textOf(frame[f.Type]), want, pattern) {
			return !negative
		}
	}
	return negative
}

// frames are those of all traces of the occurrence.
func (s *subject) frames() (list []map[string]any) {
	body, _ := s.data["body"].(map[string]any)
	traces, _ := body["trace_chain"].([]any)
	if one, ok := body["trace"]; ok {
		traces = append(traces, one)
	}
	for _, t := range traces {
		trace, _ := t.(map[string]any)
		frames, _ := trace["frames"].([]any)
		for _, f := range frames {
			if frame, ok := f.(map[string]any); ok {
				list = append(list, frame)
			}
		}
	}
	return list
}
