package rollbar

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

func reportHandlers() map[string]handler {
	return map[string]handler{
		"reportTopActiveItems": (*Front).reportTopActiveItems, "reportOccurrenceCounts": (*Front).reportOccurrenceCounts,
		"reportActivatedCounts": (*Front).reportActivatedCounts,
	}
}

const (
	minuteSeconds = 60
	hourSeconds   = 3600
	daySeconds    = 86400
)

// soon is behind all that senders may say about time.
func (f *Front) soon() int64 { return f.Clock().Add(48 * time.Hour).UnixNano() }

// reportTopActiveItems lists the items that happened most within so many hours.
func (f *Front) reportTopActiveItems(c *call) (reply, error) {
	const usualHours, mostHours, usualLimit, mostLimit = 24, 168, 10, 1000
	hours, err := c.wholeNumber("hours", usualHours, 1, mostHours)
	if err != nil {
		return reply{}, err
	}
	limit, err := c.wholeNumber("limit", usualLimit, 1, mostLimit)
	if err != nil {
		return reply{}, err
	}
	if sort := cmp.Or(c.URL.Query().Get("sort"), "occurrences"); sort != "occurrences" && sort != "unique_occurrences" {
		return reply{}, invalid("Invalid format. sort is %.40q: want occurrences or unique_occurrences", sort)
	}
	filter, _, err := f.itemFilter(c)
	if err != nil {
		return reply{}, err
	}
	filter.ErrorEnvironments = append(filter.ErrorEnvironments, c.list("environments")...)
	filter.Statuses = []item.Status{item.Active}
	now := f.Clock().Unix()
	filter.LastAfter = (now/hourSeconds - hours + 1) * hourSeconds * int64(time.Second)
	var ids []int64
	f.Items.Visit(filter, func(i *item.Item) { ids = append(ids, i.ID) })
	counts, err := f.Items.Counts(c.Context(), ids, hourSeconds, hours, now)
	if err != nil {
		return reply{}, err
	}
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	list := []topItem{}
	for id, n := range counts {
		if i, err := f.Items.Get(id); err == nil {
			list = append(list, topItemOf(&i, p.ID, n.N))
		}
	}
	unique := c.URL.Query().Get("sort") == "unique_occurrences"
	slices.SortFunc(list, func(a, b topItem) int {
		if unique {
			return cmp.Or(cmp.Compare(b.Item.unique, a.Item.unique), cmp.Compare(b.Item.ID, a.Item.ID))
		}
		return cmp.Or(cmp.Compare(b.Item.Occurrences, a.Item.Occurrences), cmp.Compare(b.Item.ID, a.Item.ID))
	})
	return reply{result: list[:min(int(limit), len(list))]}, nil
}

// topItem is an item with its occurrences by the hour.
type topItem struct {
	Item   topItemObject `json:"item"`
	Counts []int64       `json:"counts"`
}

type topItemObject struct {
	ID          int64  `json:"id"`
	Counter     int64  `json:"counter"`
	Environment string `json:"environment"`
	Framework   int    `json:"framework"`
	LastAt      int64  `json:"last_occurrence_timestamp"`
	Level       int    `json:"level"`
	Occurrences int64  `json:"occurrences"`
	ProjectID   int64  `json:"project_id"`
	Title       string `json:"title"`
	Unique      any    `json:"unique_occurrences"`
	GroupStatus int    `json:"group_status"`

	unique int64
}

func topItemOf(i *item.Item, project int64, counts []int64) topItem {
	t := topItem{Counts: counts, Item: topItemObject{
		ID: i.ID, Counter: i.Counter, Environment: i.ErrorEnvironment, Framework: item.FrameworkID(i.Framework), LastAt: unix(i.Last.At), Level: int(i.Level),
		ProjectID: project, Title: i.Title, Unique: idOrNull(i.IPs), GroupStatus: 1, unique: i.IPs,
	}}
	if i.IsGroup {
		t.Item.GroupStatus = 2
	}
	for _, n := range counts {
		t.Item.Occurrences += n
	}
	return t
}

// buckets are those of a report, oldest first.
type buckets struct {
	start, width, n int64
}

func (c *call) buckets(now, usual, least, most int64, widths ...int64) (b buckets, err error) {
	if b.width, err = c.wholeNumber("bucket_size", daySeconds, 1, daySeconds); err != nil {
		return b, err
	}
	if !slices.Contains(widths, b.width) {
		return b, invalid("Invalid format. bucket_size is %d: want one of %d seconds", b.width, widths)
	}
	if b.n, err = c.wholeNumber("buckets", usual, least, most); err != nil {
		return b, err
	}
	b.start = (now/b.width - b.n + 1) * b.width
	return b, nil
}

// fill makes the pairs of a report.
func (b buckets) fill(at func(start int64) int64) [][2]int64 {
	out := make([][2]int64, b.n)
	for k := range out {
		start := b.start + int64(k)*b.width
		out[k] = [2]int64{start, at(start)}
	}
	return out
}

// reportOccurrenceCounts counts occurrences by time.
func (f *Front) reportOccurrenceCounts(c *call) (reply, error) {
	const usual, most = 60, 1000
	b, err := c.buckets(f.Clock().Unix(), usual, 1, most, minuteSeconds, hourSeconds, daySeconds)
	if err != nil {
		return reply{}, err
	}
	filter, err := f.countFilter(c)
	if err != nil {
		return reply{}, err
	}
	var ids []int64
	f.Items.Visit(filter, func(i *item.Item) { ids = append(ids, i.ID) })
	sums := make([]int64, b.n)
	counts, err := f.Items.Counts(c.Context(), ids, b.width, b.n, b.start+b.n*b.width-1)
	if err != nil {
		return reply{}, err
	}
	for _, one := range counts {
		for k, n := range one.N {
			sums[k] += n
		}
	}
	return reply{result: b.fill(func(start int64) int64 { return sums[(start-b.start)/b.width] })}, nil
}

// countFilter reads which items' occurrences are counted: of what is no group, so
// that none counts twice.
func (f *Front) countFilter(c *call) (item.Filter, error) {
	no := false
	filter := item.Filter{Environment: c.token.Environment, ErrorEnvironments: append(c.list("environments"), c.list("environment")...), Members: true, Groups: &no}
	least, ok := item.ParseLevel(cmp.Or(c.URL.Query().Get("min_level"), "error"))
	if !ok {
		return filter, invalid("Invalid format. min_level is %.40q: want critical, error, warning, info or debug", c.URL.Query().Get("min_level"))
	}
	most, ok := item.ParseLevel(cmp.Or(c.URL.Query().Get("max_level"), "critical"))
	if !ok {
		return filter, invalid("Invalid format. max_level is %.40q: want critical, error, warning, info or debug", c.URL.Query().Get("max_level"))
	}
	for l := item.Debug; l <= item.Critical; l += 10 {
		if l >= least && l <= most {
			filter.Levels = append(filter.Levels, l)
		}
	}
	if len(filter.Levels) == 0 {
		return filter, invalid("Invalid format. min_level is above max_level")
	}
	if text := c.URL.Query().Get("item_id"); text != "" {
		i, err := f.itemWithID(c, text)
		if err != nil {
			return filter, err
		}
		filter.IDs, filter.Levels = append([]int64{i.ID}, i.Members...), nil
	}
	return filter, nil
}

// reportActivatedCounts counts, by day, how often items became active: new ones and
// those that came back.
func (f *Front) reportActivatedCounts(c *call) (reply, error) {
	const usual, least, most = 60, 2, 366
	b, err := c.buckets(f.Clock().Unix(), usual, least, most, daySeconds)
	if err != nil {
		return reply{}, err
	}
	filter := item.Filter{Environment: c.token.Environment, ErrorEnvironments: append(c.list("environments"), c.list("environment")...)}
	sums := make([]int64, b.n)
	f.Items.Visit(filter, func(i *item.Item) {
		seen := []int64{unix(i.First.At)}
		if i.Activating.ID != i.First.ID {
			seen = append(seen, unix(i.ActivatedAt))
		}
		for _, at := range seen {
			if k := (at - b.start) / b.width; at >= b.start && k < b.n {
				sums[k]++
			}
		}
	})
	return reply{result: b.fill(func(start int64) int64 { return sums[(start-b.start)/b.width] })}, nil
}

// resolved are the times at which an item was resolved and became active, oldest first.
type lived struct {
	active, resolved []int64
}

// lifeOf reads an item's life from what was done to it.
func (f *Front) lifeOf(ctx context.Context, i *item.Item) (lived, error) {
	const most = 1000
	acts, err := f.Items.Activity(ctx, i.ID, 0, most)
	l := lived{active: []int64{i.First.At}}
	for _, a := range slices.Backward(acts) {
		switch a.Kind {
		case item.ActResolved:
			l.resolved = append(l.resolved, a.At)
		case item.ActReactivated, item.ActReopened:
			l.active = append(l.active, a.At)
		}
	}
	return l, err
}

// spells are how long each spell of being active took until it was resolved.
func (l lived) spells() (ends, took []int64) {
	for _, end := range l.resolved {
		began := int64(-1)
		for _, at := range l.active {
			if at <= end && (len(ends) == 0 || at >= ends[len(ends)-1]) {
				began = at
				break
			}
		}
		if began >= 0 {
			ends, took = append(ends, end), append(took, (end-began)/int64(time.Second))
		}
	}
	return ends, took
}

// occurrenceWhere is true of the occurrences of the items that a filter passes.
func occurrenceWhere(environments []string) query.Expr {
	if len(environments) == 0 {
		return query.And{}
	}
	values := make([]event.Value, len(environments))
	for k, e := range environments {
		values[k] = event.StringValue(e)
	}
	return query.In{X: query.Field{Name: event.FieldErrorEnvironment}, Values: values}
}
