package cloudwatch

import (
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/logline"
	"github.com/oriel-dev/oriel/internal/store"
)

// getLogRecord is GetLogRecord: a line with all its fields, as texts.
func (f *Front) getLogRecord(c *call) (any, error) {
	var in struct {
		LogRecordPointer string
		Unmask           bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	slug, at, ok := ReadPointer(in.LogRecordPointer)
	if !ok {
		return nil, invalidParameter("The specified logRecordPointer is invalid.")
	}
	g, isSpan := f.groups.holding(c.Who.Environment, c.Region, slug), false
	if g == nil { // a span's: only lines make a dataset a group
		g, isSpan = f.groups.find(c.Who.Environment, c.Region, spansGroup), true
	}
	page, err := f.findLine(c, g, at)
	if err == nil && len(page.Rows) == 0 && !isSpan && at.Arrival == 0 {
		g = f.groups.find(c.Who.Environment, c.Region, spansGroup)
		page, err = f.findLine(c, g, at)
	}
	if err != nil {
		return nil, err
	}
	if err := g.unmaskable(in.Unmask); err != nil {
		return nil, err
	}
	for _, r := range page.Rows {
		if r.Position == at && r.Batch.Dataset == slug {
			return map[string]any{"logRecord": g.record(c, r)}, nil
		}
	}
	return nil, notFound("The log event that logRecordPointer names does not exist any more.")
}

// findLine returns the line at a position, if there is one.
func (f *Front) findLine(c *call, g *group, at store.Position) (*store.Page, error) {
	before := at.Before()
	return f.page(c, g.lines(lineRange{at.Time, at.Time + 1}, c.nowMS()), store.PageOptions{After: &before, Limit: 1})
}

// holding returns the group whose lines a dataset holds, nil if it is none's.
func (g *Groups) holding(environment, region, slug string) *group {
	g.mu.RLock()
	own := g.byDataset[datasetKey{environment, slug}]
	g.mu.RUnlock()
	if own != nil {
		return own
	}
	if d, known := g.cfg.Datasets.Find(environment, slug); known && g.isVirtual(environment, slug) {
		return virtualGroup(environment, region, d)
	}
	return nil
}

// record names the fields of a line as Insights does.
func (g *group) record(c *call, r store.PageRow) map[string]string {
	out := map[string]string{}
	r.Each(func(name string, v event.Value) {
		if shown, ok := g.shownField(name); ok {
			out[shown] = v.Text()
		}
	})
	out["@message"] = g.message(r.Row)
	out["@timestamp"] = strconv.FormatInt(r.Position.Time/perMS, 10)
	out["@ingestionTime"] = strconv.FormatInt(ingestedMS(r.Position), 10)
	out["@logStream"] = streamOf(r.Row)
	out["@log"] = c.Account + ":" + g.name
	return out
}

// shownField is the name under which a caller knows a field of a row; ok is false
// of those that it does not: the line itself, and what was found out about it.
func (g *group) shownField(name string) (shown string, ok bool) {
	switch name {
	case event.FieldBody, event.FieldLogGroup, event.FieldLogStream, event.FieldArrival:
		return "", false
	}
	if g.virtual {
		return name, true
	}
	if path, renamed := strings.CutPrefix(name, logline.Prefix); renamed && logline.FieldName(path) == name {
		return path, true
	}
	if strings.HasPrefix(name, "@@") {
		return name[1:], true
	}
	if strings.HasPrefix(name, "trace.") || strings.HasPrefix(name, "meta.") || name == event.FieldSeverity {
		return "", false
	}
	return name, true
}
