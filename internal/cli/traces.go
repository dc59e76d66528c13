package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

const aboutTraces = `Lists the traces of a time range, newest first, or shows one as a tree:

  oriel traces --service api --errors --last 1h
  oriel traces --filter 'http.route = "/home" AND duration_ms > 500' --sort duration
  oriel traces show 5759e988bd862e3fe1be46a994272793`

func runTraces(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "traces", aboutTraces, &t)
	service := set.String("service", "", "only traces that touch this `service`")
	name := set.String("name", "", "only traces whose root has this `name`")
	filter := set.String("filter", "", "only traces with a span for which this `condition` is true")
	last := time.Hour
	usage.Duration(set, &last, "last", "how far `back`: 15m, 3h, 2d")
	failed := set.Bool("errors", false, "only traces in which something failed")
	var minimum time.Duration
	usage.Duration(set, &minimum, "min", "only traces that took at least this `duration`")
	sort := set.String("sort", "start", "`order`: start, duration, spans or errors")
	limit := set.Int("limit", 20, "`number` of traces, at most 1,000")
	keepClocks := set.Bool("keep-clocks", false, "show: do not correct clocks that disagree")
	form := outputFlags(set, asTable, asJSON)
	rest, how, err := parse(set, args, form)
	if err != nil {
		return err
	}
	c := t.client(s)
	if len(rest) == 1 && rest[0] != "show" {
		rest = []string{"show", rest[0]} // an id pasted from elsewhere is meant to be shown
	}
	if len(rest) > 0 && rest[0] == "show" {
		if len(rest) != 2 {
			return usage.Errorf("traces show wants one trace id")
		}
		return showTrace(ctx, s, c, rest[1], *keepClocks, how)
	}
	if len(rest) > 0 {
		return usage.Errorf("unexpected %q: to show a trace write oriel traces show TRACE-ID", rest[0])
	}
	if last < time.Second {
		return usage.Errorf("last is %s; it must be at least a second", last)
	}
	params := url.Values{"from": {"now-" + strconv.FormatInt(int64(last/time.Second), 10) + "s"}, "to": {"now"}, "sort": {*sort}, "limit": {strconv.Itoa(*limit)}}
	for k, v := range map[string]string{"service": *service, "name": *name, "q": *filter} {
		if v != "" {
			params.Set(k, v)
		}
	}
	if *failed {
		params.Set("errors", "1")
	}
	if minimum > 0 {
		params.Set("min_ms", strconv.FormatFloat(float64(minimum)/1e6, 'f', -1, 64))
	}
	return explain(*filter, listTraces(ctx, s, c, params, how))
}

type traceList struct {
	Base   string `json:"base"`
	Next   string `json:"next"`
	Traces []struct {
		TraceID  string `json:"trace_id"`
		Start    int64  `json:"start"`
		Duration int64  `json:"duration"`
		Root     struct {
			Service string `json:"service"`
			Name    string `json:"name"`
			Missing bool   `json:"missing"`
		} `json:"root"`
		Spans    int `json:"spans"`
		Errors   int `json:"errors"`
		Services []struct {
			Name string `json:"name"`
		} `json:"services"`
	} `json:"traces"`
}

func listTraces(ctx context.Context, s Streams, c *client, params url.Values, how output) error {
	if how == asJSON {
		var raw json.RawMessage
		if err := c.get(ctx, "/api/traces", params, &raw); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.Out, s.json(raw))
		return err
	}
	var list traceList
	if err := c.get(ctx, "/api/traces", params, &list); err != nil {
		return err
	}
	if len(list.Traces) == 0 {
		_, err := fmt.Fprintln(s.Err, "no traces in this range match; look further back with --last 24h")
		return err
	}
	base, err := strconv.ParseInt(list.Base, 10, 64)
	if err != nil {
		return fmt.Errorf("read the answer: base %q is no time", list.Base)
	}
	tab := table{columns: []column{
		{title: "started", whole: true, dim: true},
		{title: "root"},
		{title: "took", right: true},
		{title: "spans", right: true},
		{title: "errors", right: true, alarm: true},
		{title: "services", right: true},
		{title: "trace id", whole: true},
	}}
	form := s.timeForm(base+list.Traces[len(list.Traces)-1].Start, base+list.Traces[0].Start)
	for _, t := range list.Traces {
		root := strings.TrimSpace(t.Root.Service + " " + t.Root.Name)
		if t.Root.Missing {
			root = strings.TrimSpace(root + " (root missing)")
		}
		tab.rows = append(tab.rows, []string{
			time.Unix(0, base+t.Start).In(s.zone()).Format(form), clean(root), duration(t.Duration),
			strconv.Itoa(t.Spans), strconv.Itoa(t.Errors), strconv.Itoa(len(t.Services)), clean(t.TraceID),
		})
	}
	if s.Width > 0 && s.Width < 100 {
		tab.drop("services", "spans")
	}
	if err := tab.print(s); err != nil {
		return err
	}
	if list.Next != "" {
		_, _ = fmt.Fprintf(s.Err, "there are more than %d: raise --limit or narrow with --filter\n", len(list.Traces))
	}
	return nil
}

// timeForm is how times are shown: in a terminal without the date, if all are of
// today; scripts always get it whole.
func (s Streams) timeForm(times ...int64) string {
	if s.Width == 0 {
		return "2006-01-02 15:04:05.000"
	}
	today := s.Clock().In(s.zone()).Format(time.DateOnly)
	for _, ns := range times {
		if time.Unix(0, ns).In(s.zone()).Format(time.DateOnly) != today {
			return "01-02 15:04:05.000"
		}
	}
	return "15:04:05.000"
}

// zone is the time zone that times are shown in.
func (s Streams) zone() *time.Location { return s.Clock().Location() }

func showTrace(ctx context.Context, s Streams, c *client, id string, keepClocks bool, how output) error {
	params := url.Values{}
	if keepClocks {
		params.Set("skew", "off")
	}
	path := "/api/trace/" + url.PathEscape(id)
	if how == asJSON {
		var raw json.RawMessage
		if err := c.get(ctx, path, params, &raw); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.Out, s.json(raw))
		return err
	}
	var sk skeleton
	if err := c.get(ctx, path, params, &sk); err != nil {
		return err
	}
	return sk.print(s)
}
