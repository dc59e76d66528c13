package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

const aboutBubbleUp = `Says what is different about some events: compares those for which the filter is
true with all the others, field by field, most different first. For example:

  oriel bubbleup 'duration_ms > 500'
  oriel bubbleup --of 'WHERE service.name = "api" LAST 3h' 'error = true'

Every event is looked at. Fields that are different in each event (ids), and those
that the filter itself is about, are left out; --all shows them too.`

// difference is a field in the answer of /api/bubbleup.
type difference struct {
	Name     string
	Class    string
	Score    float64
	Headline string
	Values   []struct {
		Value     any
		Selection float64
		Baseline  float64
	}
	Histogram *struct {
		Min, Max  float64
		Selection []*float64
		Baseline  []*float64
	}
}

type bubbleUp struct {
	Selection, Baseline float64
	Fields              []difference
	LeftOut             int `json:"left_out"`
}

func runBubbleUp(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "bubbleup", aboutBubbleUp, &t)
	dataset := set.String("dataset", "__all__", "dataset `slug`; __all__ is the whole environment")
	of := set.String("of", "LAST 1h", "the `question` whose events are compared, as for oriel query")
	top := set.Int("top", 10, "`number` of fields shown")
	all := set.Bool("all", false, "show fields that say nothing, too")
	form := outputFlags(set, asTable, asJSON)
	rest, how, err := parse(set, args, form)
	if err != nil {
		return err
	}
	filter := strings.TrimSpace(strings.Join(rest, " "))
	if filter == "" {
		return usage.Errorf(`no filter was given; try oriel bubbleup 'duration_ms > 500', or --help`)
	}
	if *top < 1 {
		return usage.Errorf("top is %d; it must be at least 1", *top)
	}
	body := map[string]any{"dataset": *dataset, "text": *of, "selection": map[string]any{"type": "filter", "text": filter}}
	if strings.HasPrefix(strings.TrimSpace(*of), "{") {
		body["query"] = json.RawMessage(*of)
		delete(body, "text")
		if !json.Valid([]byte(*of)) {
			return errors.New("the question of --of begins with { but is not valid JSON")
		}
	}
	raw, err := askLines(ctx, s, t.client(s), "/api/bubbleup", body)
	if err != nil {
		return err
	}
	if how == asJSON {
		_, err = fmt.Fprintln(s.Out, s.json(raw))
		return err
	}
	var b bubbleUp
	if err := json.Unmarshal(raw, &b); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return b.print(s, *top, *all)
}

// shownBars is how many values of a field are drawn.
const shownBars = 3

func (b *bubbleUp) print(s Streams, top int, all bool) error {
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "%s events selected, %s others\n", short(b.Selection), short(b.Baseline))
	shown := 0
	for i := range b.Fields {
		d := &b.Fields[i]
		if shown == top || (!all && (d.Class != "ranked" || d.Headline == "")) {
			continue
		}
		shown++
		head := d.Headline
		if head == "" {
			head = d.Name + " (" + strings.ReplaceAll(d.Class, "_", " ") + ")"
		}
		_, _ = fmt.Fprintf(&out, "\n%s\n", s.paint(bold, clean(head)))
		b.bars(&out, s, d)
	}
	if shown == 0 {
		out.WriteString("\n" + b.nothing() + "\n")
	}
	if b.LeftOut > 0 {
		_, _ = fmt.Fprintf(&out, "\n%d fields beyond the limit of names were not looked at\n", b.LeftOut)
	}
	_, err := fmt.Fprint(s.Out, out.String())
	return err
}

func (b *bubbleUp) nothing() string {
	switch {
	case b.Selection == 0 && b.Baseline == 0:
		return "there are no events in this range"
	case b.Selection == 0:
		return "the filter is true of no event"
	case b.Baseline == 0:
		return "the filter is true of every event: there is nothing to compare with"
	}
	return "no field differs"
}

// bars draws a field's most frequent values, or its histograms.
func (b *bubbleUp) bars(out *strings.Builder, s Streams, d *difference) {
	const width = 24
	if h := d.Histogram; h != nil {
		for _, side := range []struct {
			name, color string
			counts      []*float64
		}{{"selected", yellow, h.Selection}, {"others", blue, h.Baseline}} {
			_, _ = fmt.Fprintf(out, "  %-8s  %s\n", side.name, s.paint(side.color, sparkline(side.counts, len(side.counts))))
		}
		_, _ = fmt.Fprintf(out, "            %s to %s\n", short(h.Min), short(h.Max))
		return
	}
	share := func(n, of float64) float64 {
		if of == 0 {
			return 0
		}
		return n / of
	}
	bar := func(color string, share float64) string {
		cells := int(share*width + 0.5)
		return s.paint(color, strings.Repeat("█", cells)) + strings.Repeat("·", width-cells) + fmt.Sprintf(" %5.1f %%", share*100)
	}
	for i, v := range d.Values {
		if i == shownBars {
			break
		}
		_, _ = fmt.Fprintf(out, "  %s  %s   %s\n", pad(shorten(short(v.Value), 28), 28),
			bar(yellow, share(v.Selection, b.Selection)), bar(blue, share(v.Baseline, b.Baseline)))
	}
}
