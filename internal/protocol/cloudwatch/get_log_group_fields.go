package cloudwatch

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store"
)

// sampledLines is how many lines tell which fields a group has.
const sampledLines = 2000

type logGroupField struct {
	Name    string `json:"name"`
	Percent int    `json:"percent"`
}

// getLogGroupFields is GetLogGroupFields: which fields the newest lines of a
// quarter of an hour have, and how many of a hundred have them.
func (f *Front) getLogGroupFields(c *call) (any, error) {
	var in struct {
		LogGroupName, LogGroupIdentifier string
		Time                             *int64
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	page, err := f.page(c, g.lines(fieldsRange(c.nowMS(), in.Time), c.nowMS()),
		store.PageOptions{Backward: true, Limit: sampledLines, Within: searchFor})
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, r := range page.Rows {
		r.Each(func(name string, _ event.Value) {
			if shown, ok := g.shownField(name); ok {
				counts[shown]++
			}
		})
		for _, name := range []string{"@message", "@timestamp", "@ingestionTime", "@logStream", "@log"} {
			counts[name]++
		}
	}
	fields := make([]logGroupField, 0, len(counts))
	for name, n := range counts {
		fields = append(fields, logGroupField{name, max(int(math.Round(100*float64(n)/float64(len(page.Rows)))), 1)})
	}
	slices.SortFunc(fields, func(x, y logGroupField) int {
		return cmp.Or(cmp.Compare(y.Percent, x.Percent), strings.Compare(x.Name, y.Name))
	})
	const most = 1000
	return map[string]any{"logGroupFields": fields[:min(len(fields), most)]}, nil
}

// fieldsRange is the last quarter of an hour, or eight minutes around a time in
// seconds; one in milliseconds is taken, too.
func fieldsRange(nowMS int64, at *int64) lineRange {
	if at == nil {
		return lineRange{ofMS(nowMS - (15 * time.Minute).Milliseconds()), math.MaxInt64}
	}
	const fromHereMilliseconds = 100_000_000_000
	ms := *at
	if ms < fromHereMilliseconds {
		ms *= 1000
	}
	around := (8 * time.Minute).Milliseconds()
	return lineRange{ofMS(ms - around), ofMS(ms + around)}
}
