package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const aboutTail = `Prints events as they arrive, one line each, until it is interrupted: when,
from where, what it was, how long it took, whether it failed, and its fields. A
terminal shows as much of that as fits into a line, a pipe gets all.

  oriel tail
  oriel tail 'service.name = "web" AND error = true'
  oriel tail --fields http.route,user.id
  oriel tail --json 'duration_ms > 500' | jq .fields.name

With --group, or --logs for all of them, it prints log lines, and the filter may
be in any of the languages in which lines are searched: a filter pattern of
CloudWatch Logs, words and field:value beside each other, or a condition as above.

  oriel tail --group /shop/api
  oriel tail --group '/shop/*' --stream 'web*' '?ERROR ?WARN'
  oriel tail --group /shop/api '{ $.status >= 500 }'
  oriel tail --logs 'level:error timeout'`

// tailBatch is one update of the live tail.
type tailBatch struct {
	Events []struct {
		Time    string         `json:"time"`
		Dataset string         `json:"dataset"`
		Fields  map[string]any `json:"fields"`
	} `json:"events"`
	Skipped int `json:"skipped"`
}

func runTail(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "tail", aboutTail, &t)
	dataset := set.String("dataset", "", "only events of this dataset `slug`")
	fields := set.String("fields", "", "comma-separated `names` of the fields to show instead; * is all of them")
	var choice lineChoice
	set.StringVar(&choice.groups, "group", "", "only lines of these log groups: comma-separated `names`, of which one may end in *")
	set.StringVar(&choice.stream, "stream", "", "with --group: only lines of the stream of this `name`, which may end in *")
	set.BoolVar(&choice.all, "logs", false, "only log lines, of whatever group or service")
	form := outputFlags(set, asTable, asJSON)
	rest, how, err := parse(set, args, form)
	if err != nil {
		return err
	}
	filter := strings.Join(rest, " ")
	params := url.Values{}
	if err := choice.params(filter, params); err != nil {
		return err
	}
	if *dataset != "" {
		params.Set("dataset", *dataset)
	}
	var names []string
	if *fields != "" {
		names = strings.Split(*fields, ",")
	}
	if s.Hints {
		_, _ = fmt.Fprintln(s.Err, s.paint(dim, "waiting for events; Ctrl-C ends it"))
	}
	lines := tailLines{s: s, names: names}
	err = t.client(s).serverEvents(ctx, "/api/tail", params, func(name, data string) error {
		if name != "events" {
			return nil
		}
		var batch tailBatch
		if err := json.Unmarshal([]byte(data), &batch); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		return lines.print(&batch, how)
	})
	return explain(filter, err)
}

// tailLines prints events; the column of datasets grows with what has come by.
type tailLines struct {
	s     Streams
	names []string // fields to show; nil is a summary and the interesting ones
	wide  int
}

func (l *tailLines) print(b *tailBatch, how output) error {
	for _, e := range b.Events {
		line := ""
		if how == asJSON {
			raw, err := json.Marshal(e)
			if err != nil {
				return err
			}
			line = l.s.json(raw)
		} else {
			line = l.event(e.Time, e.Dataset, e.Fields)
		}
		if _, err := fmt.Fprintln(l.s.Out, line); err != nil {
			return err
		}
	}
	if b.Skipped > 0 {
		_, _ = fmt.Fprintf(l.s.Err, "… %d more were too many to show\n", b.Skipped)
	}
	return nil
}

// event is one line. In a terminal a summary is cut at its edge, so that what
// passes by can be read; a pipe, and who names fields, gets all.
func (l *tailLines) event(at, dataset string, fields map[string]any) string {
	if ns, err := strconv.ParseInt(at, 10, 64); err == nil {
		at = time.Unix(0, ns).In(l.s.zone()).Format("15:04:05.000")
	}
	if group, ok := fields["log.group"].(string); ok {
		dataset = group // as people know it
	}
	dataset = shorten(clean(dataset), 24)
	l.wide = max(l.wide, columns(dataset))
	parts := []part{{dim, at + "  "}, {bold, pad(dataset, l.wide)}}
	names, room := l.names, 0
	if names == nil {
		parts, room = append(parts, summary(fields)...), l.s.Width
	}
	if names == nil || (len(names) == 1 && names[0] == "*") {
		names = interesting(fields, names != nil)
	}
	for _, name := range names {
		v, ok := fields[name]
		if !ok {
			continue
		}
		text := clean(exact(v))
		if strings.ContainsAny(text, " =\"") || text == "" {
			text = strconv.Quote(text)
		}
		parts = append(parts, part{dim, "  " + clean(name) + "="}, part{"", text})
	}
	return l.s.join(parts, room)
}

// part is a piece of a line in a colour, "" for none.
type part struct{ color, text string }

// join paints parts, cut to at most so many columns; 0 does not cut.
func (s Streams) join(parts []part, room int) string {
	var b strings.Builder
	for i, p := range parts {
		if room > 0 {
			left := room - columns(p.text)
			if left < 0 || (left == 0 && i < len(parts)-1) {
				b.WriteString(s.paint(p.color, shorten(p.text+" ", room)))
				break
			}
			room = left
		}
		b.WriteString(s.paint(p.color, p.text))
	}
	return b.String()
}

// summary is what a reader looks for first: name or message, duration, failure.
func summary(fields map[string]any) []part {
	var parts []part
	if level, ok := fields["severity"].(string); ok {
		parts = append(parts, part{severityColor(level), "  " + clean(level)})
	}
	if kind, ok := fields["meta.annotation_type"].(string); ok && fields["meta.signal_type"] == "trace" {
		parts = append(parts, part{dim, "  " + clean(kind)})
	}
	for _, name := range []string{"name", "body", "message"} {
		if v, ok := fields[name]; ok {
			parts = append(parts, part{"", "  " + clean(exact(v))})
			break
		}
	}
	if ms, ok := fields["duration_ms"].(float64); ok && ms >= 0 && ms < 1e12 {
		parts = append(parts, part{blue, "  " + duration(int64(ms*1e6))})
	}
	if fields["error"] == true {
		failure := "  ✗"
		if what, ok := fields["exception.message"].(string); ok {
			failure += " " + clean(what)
		}
		parts = append(parts, part{red, failure})
	}
	return parts
}

func severityColor(level string) string {
	switch level {
	case "error", "fatal":
		return red
	case "warn":
		return yellow
	}
	return dim
}

// interesting are the fields in order, without those that the summary has said
// or that every event of an SDK carries, or a line's message.
func interesting(fields map[string]any, all bool) []string {
	var names []string
	said := saidBy(fields)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if all || (!dull(name) && !said(name)) {
			names = append(names, name)
		}
	}
	return names
}

func dull(name string) bool {
	switch name {
	case "name", "body", "message", "duration_ms", "error", "severity", "severity_code", "severity_text", "service.name", "exception.message",
		"exception.stacktrace", "log.group", "_arrival", "type", "status_code", "status_message", "flags", "parent_name", "trace.span_id", "trace.parent_id":
		return true
	}
	for _, prefix := range []string{"meta.", "telemetry.", "library.", "span.", "process.", "os.", "trace.link."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
