package rollbar

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/item"
)

func metricHandlers() map[string]handler {
	return map[string]handler{"metricsItems": (*Front).metricsItems, "metricsOccurrences": (*Front).metricsOccurrences, "metricsTTR": (*Front).metricsTTR}
}

const mostCounters = 1000

// metricsItems tells how long items took to be resolved, first and last.
func (f *Front) metricsItems(c *call) (reply, error) {
	var body struct {
		Counters []int64 `json:"item_counters"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if len(body.Counters) == 0 || len(body.Counters) > mostCounters {
		return reply{}, invalid("Invalid format. item_counters has %d numbers: want 1 to %d", len(body.Counters), mostCounters)
	}
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	type metric struct {
		Counter int64 `json:"item_counter"`
		First   any   `json:"first_ttr"`
		Last    any   `json:"last_ttr"`
	}
	list := []metric{}
	for _, n := range body.Counters {
		i, err := f.Items.ByCounter(c.token.Environment, n)
		if err != nil {
			continue
		}
		life, err := f.lifeOf(c.Context(), &i)
		if err != nil {
			return reply{}, err
		}
		m := metric{Counter: n}
		if _, took := life.spells(); len(took) > 0 {
			m.First, m.Last = took[0], took[len(took)-1]
		}
		list = append(list, m)
	}
	return reply{result: map[string]any{"project_id": p.ID, "project_slug": p.Environment, "metrics": list}}, nil
}

// span is the time that metrics are about, in steps of a calendar.
type span struct {
	Start       flexible  `json:"start_time"`
	End         *flexible `json:"end_time"` // its second counts
	Granularity string    `json:"granularity"`
	Timezone    string    `json:"timezone"`

	zone *time.Location
}

const mostPoints = 5000

func (s *span) check(now int64, usual string) error {
	s.Granularity, s.Timezone = cmp.Or(s.Granularity, usual), cmp.Or(s.Timezone, "US/Pacific")
	if s.End == nil {
		end := flexible(now)
		s.End = &end
	}
	var err error
	switch s.zone, err = time.LoadLocation(s.Timezone); {
	case err != nil || s.Timezone == "Local":
		return invalid("Invalid format. timezone is %.60q: want a name as UTC or America/New_York", s.Timezone)
	case s.Start <= 0:
		return invalid("Invalid format. start_time is missing and it is required.")
	case *s.End < s.Start:
		return invalid("Invalid format. end_time is before start_time")
	}
	if s.Granularity != "" && !slices.Contains(granularities(), s.Granularity) {
		return invalid("Invalid format. granularity is %.40q: want second, minute, hour, day, week, month or year", s.Granularity)
	}
	return nil
}

func granularities() []string {
	return []string{"second", "minute", "hour", "day", "week", "month", "year"}
}

// points are the beginnings of the steps, oldest first.
func (s *span) points() ([]int64, error) {
	if s.Granularity == "" {
		return []int64{int64(s.Start)}, nil
	}
	var list []int64
	for at := s.floor(time.Unix(int64(s.Start), 0).In(s.zone)); at.Unix() <= int64(*s.End); at = s.next(at) {
		if len(list) == mostPoints {
			return nil, invalid("Invalid format. There are more than %d steps of a %s between start_time and end_time: ask for less time or a coarser granularity", mostPoints, s.Granularity)
		}
		list = append(list, at.Unix())
	}
	return list, nil
}

func (s *span) floor(t time.Time) time.Time {
	switch y, m, d := t.Date(); s.Granularity {
	case "second":
		return t.Truncate(time.Second)
	case "minute":
		return t.Truncate(time.Minute)
	case "hour":
		return time.Date(y, m, d, t.Hour(), 0, 0, 0, s.zone)
	case "day":
		return time.Date(y, m, d, 0, 0, 0, 0, s.zone)
	case "week":
		return time.Date(y, m, d-(int(t.Weekday())+6)%7, 0, 0, 0, 0, s.zone)
	case "month":
		return time.Date(y, m, 1, 0, 0, 0, 0, s.zone)
	default:
		return time.Date(y, 1, 1, 0, 0, 0, 0, s.zone)
	}
}

func (s *span) next(t time.Time) time.Time {
	switch s.Granularity {
	case "second":
		return t.Add(time.Second)
	case "minute":
		return t.Add(time.Minute)
	case "hour":
		return t.Add(time.Hour)
	case "day":
		return t.AddDate(0, 0, 1)
	case "week":
		return t.AddDate(0, 0, 7)
	case "month":
		return t.AddDate(0, 1, 0)
	default:
		return t.AddDate(1, 0, 0)
	}
}

// metricsTTR tells how long items took to be resolved, by when that was.
func (f *Front) metricsTTR(c *call) (reply, error) {
	var body struct {
		span
		Function     string   `json:"function"`
		ProjectIDs   []int64  `json:"project_ids"`
		Environments []string `json:"environments"`
		Levels       []string `json:"levels"`
		Frameworks   []string `json:"frameworks"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if err := body.check(f.Clock().Unix(), "day"); err != nil {
		return reply{}, err
	}
	body.Function = cmp.Or(body.Function, "mean")
	if !slices.Contains([]string{"mean", "median", "min", "max"}, body.Function) {
		return reply{}, invalid("Invalid format. function is %.40q: want mean, median, min or max", body.Function)
	}
	filter := item.Filter{Environment: c.token.Environment, ErrorEnvironments: body.Environments, Frameworks: body.Frameworks}
	for _, text := range body.Levels {
		l, ok := item.ParseLevel(text)
		if !ok {
			return reply{}, invalid("Invalid format. levels has %.40q: want critical, error, warning, info or debug", text)
		}
		filter.Levels = append(filter.Levels, l)
	}
	if p, err := f.projectOf(c); err != nil || len(body.ProjectIDs) > 0 && !slices.Contains(body.ProjectIDs, p.ID) {
		if err == nil {
			err = invalid("Invalid format. project_ids does not have %d, the project of the token", p.ID)
		}
		return reply{}, err
	}
	points, err := body.points()
	if err != nil {
		return reply{}, err
	}
	took, err := f.spells(c.Context(), filter, points, int64(body.Start), int64(*body.End))
	if err != nil {
		return reply{}, err
	}
	type point struct {
		Timestamp int64 `json:"timestamp"`
		TTR       any   `json:"ttr"`
	}
	data := make([]point, len(points))
	for k, at := range points {
		data[k] = point{at, summary(body.Function, took[k])}
	}
	return reply{result: map[string]any{"data": data, "params": map[string]any{
		"start_time": body.Start, "end_time": *body.End, "granularity": body.Granularity, "function": body.Function, "timezone": body.Timezone,
		"environments": body.Environments, "levels": body.Levels, "frameworks": body.Frameworks, "project_ids": body.ProjectIDs,
	}}}, nil
}

// spells are how long items were open that were resolved from start to end (Unix
// seconds), by the last of the points that is not after the resolution.
func (f *Front) spells(ctx context.Context, filter item.Filter, points []int64, start, end int64) ([][]int64, error) {
	var items []item.Item
	f.Items.Visit(filter, func(i *item.Item) {
		if i.ResolvedAt != 0 {
			items = append(items, *i)
		}
	})
	took := make([][]int64, len(points))
	for k := range items {
		life, err := f.lifeOf(ctx, &items[k])
		if err != nil {
			return nil, err
		}
		ends, spells := life.spells()
		for n, resolved := range ends {
			at, found := slices.BinarySearch(points, unix(resolved))
			if !found {
				at--
			}
			if at >= 0 && unix(resolved) >= start && unix(resolved) <= end {
				took[at] = append(took[at], spells[n])
			}
		}
	}
	return took, nil
}

// summary is the function of a list; null of none.
func summary(function string, list []int64) any {
	if len(list) == 0 {
		return nil
	}
	switch slices.Sort(list); function {
	case "min":
		return list[0]
	case "max":
		return list[len(list)-1]
	case "median":
		return float64(list[(len(list)-1)/2]+list[len(list)/2]) / 2
	}
	sum := int64(0)
	for _, v := range list {
		sum += v
	}
	return float64(sum) / float64(len(list))
}
