package cloudwatch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
	"github.com/oriel-dev/oriel/internal/store"
)

// filteredLogEvent is a line as FilterLogEvents gives it.
type filteredLogEvent struct {
	LogStreamName string `json:"logStreamName"`
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
	EventID       string `json:"eventId"`
}

type filterLogEventsOutput struct {
	Events             []filteredLogEvent `json:"events"`
	SearchedLogStreams []struct{}         `json:"searchedLogStreams"` // always empty, as the service's
	NextToken          string             `json:"nextToken,omitempty"`
}

type filterLogEventsInput struct {
	LogGroupName, LogGroupIdentifier, LogStreamNamePrefix, FilterPattern, NextToken string
	LogStreamNames                                                                  []string
	StartTime, EndTime                                                              *int64
	StartFromHead                                                                   *bool
	Unmask                                                                          bool
	Limit                                                                           int
}

// filterLogEvents is FilterLogEvents: lines of a group that a pattern matches, of
// all streams or some, in one order. A page is looked for until it is full, or
// for five seconds; then it is short, and the token goes on behind what was looked at.
func (f *Front) filterLogEvents(c *call) (any, error) {
	var in filterLogEventsInput
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if err := g.unmaskable(in.Unmask); err != nil {
		return nil, err
	}
	where, some, err := in.conditions(g)
	if err != nil {
		return nil, err
	}
	backward, err := in.backward()
	if err != nil {
		return nil, err
	}
	span, err := newRange(in.StartTime, in.EndTime, true)
	if err != nil {
		return nil, err
	}
	opts := store.PageOptions{
		Backward: backward, Limit: in.Limit, Fields: g.fields(), MaxBytes: maxLineBytes, RowBytes: lineWeight, Within: searchFor,
	}
	if opts.Limit == 0 {
		opts.Limit = maxLines
	}
	names := slices.Sorted(slices.Values(in.LogStreamNames))
	token := asked("FilterLogEvents", g.environment, g.region, g.name, in.FilterPattern, in.LogStreamNamePrefix, fmt.Sprintf("%q %v", names, backward))
	if in.NextToken != "" {
		inside, err := openToken(token, in.NextToken)
		if err != nil {
			return nil, err
		}
		at, err := store.ParsePosition(inside)
		if err != nil {
			return nil, badToken()
		}
		if opts.After = &at; !backward {
			span.from = 0 // the token knows better: clients move the start meanwhile
		}
	}
	out := &filterLogEventsOutput{Events: []filteredLogEvent{}, SearchedLogStreams: []struct{}{}}
	if !some {
		return out, nil
	}
	page, err := f.page(c, g.lines(span, c.nowMS(), where...), opts)
	if err != nil {
		return nil, err
	}
	for _, r := range page.Rows {
		out.Events = append(out.Events, filteredLogEvent{
			LogStreamName: streamOf(r.Row), Timestamp: r.Position.Time / perMS, Message: g.message(r.Row),
			IngestionTime: ingestedMS(r.Position), EventID: eventID(r.Batch.Dataset, r.Position),
		})
	}
	if page.More {
		out.NextToken = sealToken(token, page.Next.String())
	}
	return out, nil
}

// conditions are what lines must satisfy; some is false if no stream is asked for
// that there is.
func (in *filterLogEventsInput) conditions(g *group) (where []query.Expr, some bool, err error) {
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" {
		return nil, false, invalidParameter("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
	}
	some = true
	if len(in.LogStreamNames) > 0 {
		for _, name := range in.LogStreamNames {
			if !g.hasStream(name) {
				return nil, false, noSuchStream()
			}
		}
		where = append(where, g.ofStreams(in.LogStreamNames...))
	}
	if prefix := in.LogStreamNamePrefix; prefix != "" {
		some = g.virtual && strings.HasPrefix(virtualStream, prefix)
		if !g.virtual {
			g.each(func(s *stream) { some = some || strings.HasPrefix(s.name, prefix) })
			where = append(where, query.Text{Op: query.StartsWith, X: query.Field{Name: event.FieldLogStream}, S: prefix})
		}
	}
	p, err := pattern.Parse(in.FilterPattern)
	if err != nil {
		return nil, false, invalidParameter("Invalid filter pattern: " + fault.MessageOf(err))
	}
	if p.Everything() {
		return where, some, nil
	}
	if g.spans {
		return nil, false, invalidParameter("A filter pattern is not possible on " + spansGroup + ", whose messages are made when they are read: ask with Logs Insights, or without a pattern.")
	}
	return append(where, query.FromPattern(p)), some, nil
}

// backward reports whether the newest lines come first, which the service does
// only for lines since 2024.
func (in *filterLogEventsInput) backward() (bool, error) {
	if in.StartFromHead == nil || *in.StartFromHead {
		return false, nil
	}
	since := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	if in.StartTime == nil || *in.StartTime < since {
		return false, invalidParameter(fmt.Sprintf("startFromHead can be false only with a startTime of %d (2024-01-01) or later.", since))
	}
	return true, nil
}

// marshal returns v as JSON; only what JSON has a form for is given to it.
func marshal(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "{}"
	}
	return strings.TrimSuffix(b.String(), "\n")
}
