package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const aboutTail = `Prints events as they arrive, one line each, until it is interrupted:

  oriel tail 'service.name = "api" AND error = true'
  oriel tail --fields http.route,user.id`

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
	fields := set.String("fields", "", "comma-separated `names` to show; all if empty")
	form := outputFlags(set, asTable, asJSON)
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	how, err := form()
	if err != nil {
		return err
	}
	filter := strings.Join(rest, " ")
	params := url.Values{}
	if filter != "" {
		params.Set("q", filter)
	}
	if *dataset != "" {
		params.Set("dataset", *dataset)
	}
	var names []string
	if *fields != "" {
		names = strings.Split(*fields, ",")
	}
	err = t.client(s).serverEvents(ctx, "/api/tail", params, func(name, data string) error {
		if name != "events" {
			return nil
		}
		var batch tailBatch
		if err := json.Unmarshal([]byte(data), &batch); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		return batch.print(s, names, how)
	})
	return explain(filter, err)
}

func (b *tailBatch) print(s Streams, names []string, how output) error {
	for _, e := range b.Events {
		if how == asJSON {
			raw, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(s.Out, s.json(raw)); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(s.Out, eventLine(s, e.Time, e.Dataset, e.Fields, names)); err != nil {
			return err
		}
	}
	if b.Skipped > 0 {
		_, _ = fmt.Fprintf(s.Err, "… %d more were too many to show\n", b.Skipped)
	}
	return nil
}

func eventLine(s Streams, at, dataset string, fields map[string]any, names []string) string {
	if ns, err := strconv.ParseInt(at, 10, 64); err == nil {
		at = time.Unix(0, ns).Format("15:04:05.000")
	}
	if len(names) == 0 {
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	var b strings.Builder
	b.WriteString(s.paint(dim, at) + "  " + s.paint(bold, clean(dataset)))
	for _, name := range names {
		v, ok := fields[name]
		if !ok {
			continue
		}
		text := clean(exact(v))
		if strings.ContainsAny(text, " =\"") || text == "" {
			text = strconv.Quote(text)
		}
		b.WriteString("  " + s.paint(blue, clean(name)) + "=" + text)
	}
	return b.String()
}
