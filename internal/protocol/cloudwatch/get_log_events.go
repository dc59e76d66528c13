package cloudwatch

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/store"
)

func readOperations() map[string]operation {
	return map[string]operation{
		"GetLogEvents":      served((*Front).getLogEvents),
		"FilterLogEvents":   served((*Front).filterLogEvents),
		"GetLogRecord":      served((*Front).getLogRecord),
		"GetLogGroupFields": served((*Front).getLogGroupFields),
		"GetLogFields":      unserved("fields of data sources are not told; GetLogGroupFields tells those of a log group"),
		"GetLogObject":      unserved("no field of a line is kept apart from it, so there is no pointer to one"),
	}
}

// outputLogEvent is a line as GetLogEvents gives it.
type outputLogEvent struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

type getLogEventsOutput struct {
	Events            []outputLogEvent `json:"events"`
	NextForwardToken  string           `json:"nextForwardToken"`
	NextBackwardToken string           `json:"nextBackwardToken"`
}

// getLogEvents is GetLogEvents: lines of a stream, always ascending. A token's
// direction decides which lines come, in the order of time; at the end the reply
// has the very token that was sent, which is how clients know.
func (f *Front) getLogEvents(c *call) (any, error) {
	var in struct {
		LogGroupName, LogGroupIdentifier, LogStreamName, NextToken string
		StartTime, EndTime                                         *int64
		StartFromHead, Unmask                                      bool
		Limit                                                      int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if !g.hasStream(in.LogStreamName) {
		return nil, noSuchStream()
	}
	if err := g.unmaskable(in.Unmask); err != nil {
		return nil, err
	}
	span, err := newRange(in.StartTime, in.EndTime, false)
	if err != nil {
		return nil, err
	}
	check := asked("GetLogEvents", g.environment, g.region, g.name, in.LogStreamName)
	opts := store.PageOptions{
		Backward: !in.StartFromHead, Limit: in.Limit, Fields: g.fields(), MaxBytes: maxLineBytes, RowBytes: lineWeight, Within: searchFor,
	}
	if opts.Limit == 0 {
		opts.Limit = maxLines
	}
	if in.NextToken != "" {
		direction, at, err := openPosition(check, in.NextToken)
		if err != nil {
			return nil, err
		}
		opts.Backward, opts.After = direction == "b", &at
	}
	page, err := f.page(c, g.lines(span, c.nowMS(), g.ofStreams(in.LogStreamName)), opts)
	if err != nil {
		return nil, err
	}
	if opts.Backward {
		slices.Reverse(page.Rows)
	}
	out := &getLogEventsOutput{Events: make([]outputLogEvent, len(page.Rows))}
	for i, r := range page.Rows {
		out.Events[i] = outputLogEvent{Timestamp: r.Position.Time / perMS, Message: g.message(r.Row), IngestionTime: ingestedMS(r.Position)}
	}
	first, last := edges(page, &opts, span)
	out.NextForwardToken, out.NextBackwardToken = sealPosition("f", check, last), sealPosition("b", check, first)
	return out, nil
}

// edges returns the positions that the next pages of a page of lines, which are
// in ascending order, go on from: backward before first, forward behind last. In
// the direction in which it was read, a page without lines stays where it is,
// unless there was no time to look at all there is.
func edges(page *store.Page, opts *store.PageOptions, span lineRange) (first, last store.Position) {
	switch n := len(page.Rows); {
	case n > 0 && opts.Backward && page.More:
		return page.Next, page.Rows[n-1].Position
	case n > 0 && page.More:
		return page.Rows[0].Position, page.Next
	case n > 0:
		return page.Rows[0].Position, page.Rows[n-1].Position
	case page.More:
		return page.Next, page.Next
	case opts.After == nil: // whatever comes lies behind
		return store.BeforeTime(span.from), store.BeforeTime(span.from)
	case opts.Backward:
		return *opts.After, opts.After.Before()
	}
	return behind(*opts.After), *opts.After
}
