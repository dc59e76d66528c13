package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

// insightsAnswer is the last line of the answer of /api/insights.
type insightsAnswer struct {
	Columns []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"columns"`
	Rows       [][]*string `json:"rows"`
	Statistics struct {
		Matched int64 `json:"matched"`
		Scanned int64 `json:"scanned"`
		Bytes   int64 `json:"bytes"`
	} `json:"statistics"`
	Elapsed  float64 `json:"elapsed_ms"`
	Complete bool    `json:"complete"`
}

// askInsights asks a question in Logs Insights QL about log groups.
func askInsights(ctx context.Context, s Streams, c *client, groups string, last time.Duration, question string, how output) error {
	if last < time.Second {
		return usage.Errorf("last is %s; it must be at least a second", last)
	}
	datasets, err := c.datasetsOf(ctx, groups)
	if err != nil {
		return err
	}
	done, err := askLines(ctx, s, c, "/api/insights", map[string]any{"query": question, "datasets": datasets, "time_range": int64(last / time.Second)})
	if err != nil {
		return explain(question, err)
	}
	if how == asJSON {
		_, err = fmt.Fprintln(s.Out, s.json(done))
		return err
	}
	var a insightsAnswer
	if err := json.Unmarshal(done, &a); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if how == asCSV {
		err = a.printCSV(s)
	} else {
		err = a.printTable(s)
	}
	if !a.Complete {
		_, _ = fmt.Fprintln(s.Err, "the answer is not whole")
	}
	return err
}

// datasetsOf returns the datasets of log groups: comma-separated names, of which
// one may end in *; * alone is all.
func (c *client) datasetsOf(ctx context.Context, groups string) ([]string, error) {
	if groups == "*" {
		return nil, nil
	}
	var storage struct {
		Datasets []struct{ Slug, Name string } `json:"datasets"`
	}
	if err := c.get(ctx, "/api/storage", nil, &storage); err != nil {
		return nil, err
	}
	var found []string
	for want := range strings.SplitSeq(groups, ",") {
		want = strings.TrimSpace(want)
		prefix, open := strings.CutSuffix(want, "*")
		before := len(found)
		for _, d := range storage.Datasets {
			if d.Name == want || (open && strings.HasPrefix(d.Name, prefix)) {
				found = append(found, d.Slug)
			}
		}
		if len(found) == before {
			return nil, fmt.Errorf("there is no log group %s with lines in it", clean(want))
		}
	}
	return found, nil
}

// shown are the places of the columns that are for people: not those by which an
// event is found again.
func (a *insightsAnswer) shown() []int {
	var out []int
	for i, c := range a.Columns {
		if c.Type != "pointer" {
			out = append(out, i)
		}
	}
	return out
}

func (a *insightsAnswer) printTable(s Streams) error {
	if len(a.Rows) == 0 {
		_, err := fmt.Fprintln(s.Err, "no rows: nothing in this range matches")
		return err
	}
	var tab table
	for _, i := range a.shown() {
		tab.columns = append(tab.columns, column{title: clean(a.Columns[i].Name), right: a.Columns[i].Type == "number"})
	}
	for _, row := range a.Rows {
		var cells []string
		for _, i := range a.shown() {
			cells = append(cells, clean(text(row[i])))
		}
		tab.rows = append(tab.rows, cells)
	}
	if err := tab.print(s); err != nil || !s.Hints || s.Width == 0 {
		return err
	}
	_, err := fmt.Fprintln(s.Err, s.paint(dim, fmt.Sprintf("%s · %s of %s lines matched in %s", several(len(a.Rows), "row"),
		grouped(a.Statistics.Matched), grouped(a.Statistics.Scanned), duration(int64(a.Elapsed*1e6)))))
	return err
}

func (a *insightsAnswer) printCSV(s Streams) error {
	out := csv.NewWriter(s.Out)
	var record []string
	for _, i := range a.shown() {
		record = append(record, guard(s.cell(a.Columns[i].Name)))
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range a.Rows {
		for k, i := range a.shown() {
			record[k] = s.cell(text(row[i]))
			if a.Columns[i].Type != "number" {
				record[k] = guard(record[k])
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
