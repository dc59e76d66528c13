package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/trace"
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
	last := set.String("last", "1h", "how far back, as `15m`, 3h or 2d")
	failed := set.Bool("errors", false, "only traces in which something failed")
	minimum := set.Duration("min", 0, "only traces that took at least this `duration`")
	sort := set.String("sort", "start", "`order`: start, duration, spans or errors")
	limit := set.Int("limit", 20, "`number` of traces, at most 1,000")
	keepClocks := set.Bool("keep-clocks", false, "show: do not correct clocks that disagree")
	form := outputFlags(set, asTable, asJSON)
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	how, err := form()
	if err != nil {
		return err
	}
	c := t.client(s)
	if len(rest) == 1 && rest[0] != "show" {
		rest = []string{"show", rest[0]} // an id pasted from elsewhere is meant to be shown
	}
	if len(rest) > 0 && rest[0] == "show" {
		if len(rest) != 2 {
			return misused("traces show wants one trace id")
		}
		return showTrace(ctx, s, c, rest[1], *keepClocks, how)
	}
	if len(rest) > 0 {
		return misused("unexpected %q: to show a trace write oriel traces show TRACE-ID", rest[0])
	}
	params := url.Values{"from": {"now-" + *last}, "to": {"now"}, "sort": {*sort}, "limit": {strconv.Itoa(*limit)}}
	for k, v := range map[string]string{"service": *service, "name": *name, "q": *filter} {
		if v != "" {
			params.Set(k, v)
		}
	}
	if *failed {
		params.Set("errors", "1")
	}
	if *minimum > 0 {
		params.Set("min_ms", strconv.FormatFloat(float64(*minimum)/1e6, 'f', -1, 64))
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
		_, err := fmt.Fprintln(s.Out, "no traces in this range match; look further back with --last 24h")
		return err
	}
	base, err := strconv.ParseInt(list.Base, 10, 64)
	if err != nil {
		return fmt.Errorf("read the answer: base %q is no time", list.Base)
	}
	tab := table{width: s.Width, columns: []column{
		{title: "started"},
		{title: "root"},
		{title: "took", right: true},
		{title: "spans", right: true},
		{title: "errors", right: true},
		{title: "services", right: true},
		{title: "trace id", right: true},
	}}
	for _, t := range list.Traces {
		root := t.Root.Service + " " + t.Root.Name
		if t.Root.Missing {
			root += " (root missing)"
		}
		tab.rows = append(tab.rows, []string{
			time.Unix(0, base+t.Start).Format("2006-01-02 15:04:05.000"), clean(root), duration(t.Duration),
			strconv.Itoa(t.Spans), strconv.Itoa(t.Errors), strconv.Itoa(len(t.Services)), clean(t.TraceID),
		})
	}
	if err := tab.print(s.Out); err != nil {
		return err
	}
	if list.Next != "" {
		_, err = fmt.Fprintf(s.Out, "there are more than %d: raise --limit or narrow with --filter\n", len(list.Traces))
	}
	return err
}

// skeleton is the part of a trace that the tree needs.
type skeleton struct {
	TraceID  string   `json:"trace_id"`
	Base     string   `json:"base"`
	Duration int64    `json:"duration"`
	Total    int      `json:"total_spans"`
	Arriving bool     `json:"arriving"`
	Cut      bool     `json:"truncated"`
	Strings  []string `json:"strings"`
	Spans    struct {
		Depth    []int32  `json:"depth"`
		Parent   []int32  `json:"parent"`
		Start    []int64  `json:"start"`
		Duration []int64  `json:"duration"`
		Service  []int32  `json:"service"`
		Name     []int32  `json:"name"`
		HTTP     []int32  `json:"http"`
		Flags    []uint32 `json:"flags"`
	} `json:"spans"`
	Services []struct {
		Name string `json:"name"`
	} `json:"services"`
	Notes struct {
		Missing int `json:"missing_parents"`
		Loops   int `json:"loops"`
		Skew    []struct {
			Service string `json:"service"`
			Host    string `json:"host"`
			NS      int64  `json:"ns"`
		} `json:"skew"`
	} `json:"notes"`
}

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

func (sk *skeleton) print(s Streams) error {
	failed := 0
	for _, f := range sk.Spans.Flags {
		if f&trace.FlagError != 0 {
			failed++
		}
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s  %s · %d spans · %d services · %d errors\n",
		s.paint(bold, clean(sk.TraceID)), duration(sk.Duration), sk.Total, len(sk.Services), failed)
	for _, note := range sk.notes() {
		b.WriteString(s.paint(dim, note) + "\n")
	}
	width := s.Width
	if width <= 0 {
		width = 120
	}
	bar := max(width/3, 20)
	label := max(width-bar-14, 30)
	for i := range sk.Spans.Depth {
		sk.line(&b, s, i, label, bar)
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

func (sk *skeleton) notes() []string {
	var notes []string
	if sk.Notes.Missing > 0 {
		notes = append(notes, fmt.Sprintf("%d parents never arrived: sampled out, late, or of a service that is not instrumented", sk.Notes.Missing))
	}
	if sk.Notes.Loops > 0 {
		notes = append(notes, fmt.Sprintf("%d loops of parents were cut", sk.Notes.Loops))
	}
	for _, k := range sk.Notes.Skew {
		notes = append(notes, fmt.Sprintf("clock of %s corrected by %s", clean(strings.TrimSpace(k.Service+" "+k.Host)), signed(k.NS)))
	}
	if sk.Cut {
		notes = append(notes, fmt.Sprintf("only the first %d spans are shown", len(sk.Spans.Depth)))
	}
	if sk.Arriving {
		notes = append(notes, "still arriving")
	}
	return notes
}

func signed(ns int64) string {
	if ns < 0 {
		return "−" + duration(-ns)
	}
	return "+" + duration(ns)
}

func (sk *skeleton) line(b *strings.Builder, s Streams, i, label, bar int) {
	const deepest = 24 // beyond it the indent would eat the line
	sp := &sk.Spans
	flags := sp.Flags[i]
	text := strings.Repeat("  ", int(min(sp.Depth[i], deepest)))
	if flags&trace.FlagPlaceholder != 0 {
		text += "(parent that never arrived)"
	} else {
		text += clean(sk.Strings[sp.Service[i]]) + "  " + clean(sk.Strings[sp.Name[i]])
	}
	if sp.HTTP[i] >= 400 {
		text += fmt.Sprintf("  %d", sp.HTTP[i])
	}
	if flags&trace.FlagError != 0 {
		text += "  ✗"
	}
	text = shorten(text, label)
	pad := strings.Repeat(" ", label-utf8.RuneCountInString(text))
	color := blue
	if flags&trace.FlagError != 0 {
		color = red
		text = s.paint(red, text)
	}
	took := duration(sp.Duration[i])
	_, _ = fmt.Fprintf(b, "%s%s %s%s %s\n", text, pad, strings.Repeat(" ", max(10-utf8.RuneCountInString(took), 0)), took,
		s.paint(color, drawBar(sp.Start[i], sp.Duration[i], sk.Duration, bar)))
}

// drawBar places a span on a line of n characters, at least one wide.
func drawBar(start, length, total int64, n int) string {
	if total <= 0 {
		return "█"
	}
	from := min(int(start*int64(n)/total), n-1)
	to := min(max(int((start+length)*int64(n)/total), from+1), n)
	return strings.Repeat(" ", from) + strings.Repeat("█", to-from)
}
