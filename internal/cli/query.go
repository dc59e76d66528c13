package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

const aboutQuery = `Asks a question in one line of text or as Honeycomb query JSON, for example:

  oriel query 'VISUALIZE P99(duration_ms), COUNT WHERE service.name = "api" GROUP BY http.route LAST 1h'
  oriel query 'VISUALIZE HEATMAP(duration_ms) WHERE error = true LAST 6h'
  oriel query '{"calculations":[{"op":"COUNT"}],"breakdowns":["service.name"],"time_range":3600}'

A question may also lie in a file (oriel query @question.json) or come from
standard input (with "-", or piped in without an argument). In a terminal each
group of the table has a sparkline of its course over time, and a heatmap is drawn.

The clauses of the text, in any order, none of which has to be there:

  VISUALIZE  COUNT, SUM(f), AVG(f), MIN(f), MAX(f), P50(f) to P999(f),
             COUNT_DISTINCT(f), HEATMAP(f), CONCURRENCY, RATE_SUM(f)
  WHERE      f = "text" AND (f > 5 OR f exists); also != < <= >=, in (1, 2),
             contains, starts-with, ends-with, matches, and does-not-contain …
  GROUP BY   f, f
  HAVING     COUNT > 10
  ORDER BY   COUNT DESC, f
  LIMIT      20
  LAST       15m, 2h, 7d, or FROM "2026-11-27T10:00:00Z" TO "2026-11-27T11:00:00Z"
  GRANULARITY 1m, UNWEIGHTED
  COMPARE    previous, 1d, 36h: the same so long before, as a second sparkline
  WITH       slow AS ($duration_ms > 500), for COUNT IF (slow = true) AS bad

With --group the question is one about log lines, in the language of CloudWatch
Logs Insights:

  oriel query --group /shop/api 'filter level = "error" | stats count(*) by bin(5m)'
  oriel query --group '/shop/*' --last 1d 'parse @message "* took * ms" as what, ms | stats pct(ms, 99) by what'`

// queryLine is the last line of the answer of /api/query.
type queryLine struct {
	Elapsed float64  `json:"elapsed_ms"`
	Scanned int64    `json:"scanned"`
	Whole   *bool    `json:"complete"`
	Missing []string `json:"missing"`
}

type queryResult struct {
	Columns []struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	} `json:"columns"`
	Rows    [][]any  `json:"rows"`
	Series  *courses `json:"series"`
	Compare *struct {
		Offset int64    `json:"offset"` // ns
		Series *courses `json:"series"`
	} `json:"compare"`
	Heatmaps   []heatmap `json:"heatmaps"`
	Breakdowns int       `json:"breakdowns"`
	More       bool      `json:"more"`
	raw        json.RawMessage
	line       queryLine // the end of the answer: what it took
}

// courses are values over time, by group and calculation.
type courses struct {
	Groups []struct {
		Key    []any                 `json:"key"`
		Values map[string][]*float64 `json:"values"`
	} `json:"groups"`
}

func runQuery(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "query", aboutQuery, &t)
	dataset := set.String("dataset", "__all__", "dataset `slug`; __all__ is the whole environment")
	groups, last := set.String("group", "", "ask in Logs Insights QL, about these log groups: comma-separated `names`, of which one may end in *"), time.Hour
	usage.Duration(set, &last, "last", "with --group: how far `back`: 15m, 3h, 2d")
	form := outputFlags(set, asTable, asCSV, asJSON)
	rest, how, err := parse(set, args, form)
	if err != nil {
		return err
	}
	question, err := readQuestion(s, strings.TrimSpace(strings.Join(rest, " ")))
	if err != nil {
		return err
	}
	if *groups != "" {
		return askInsights(ctx, s, t.client(s), *groups, last, question, how)
	}
	body := map[string]any{"dataset": *dataset, "series": how == asTable && s.Width > 0}
	if strings.HasPrefix(question, "{") {
		body["query"] = json.RawMessage(question)
		if !json.Valid([]byte(question)) {
			return errors.New("the question begins with { but is not valid JSON")
		}
	} else {
		body["text"] = question
	}
	result, err := ask(ctx, s, t.client(s), body)
	if err != nil {
		return explain(question, err)
	}
	switch how {
	case asJSON:
		_, err = fmt.Fprintln(s.Out, s.json(result.raw))
	case asCSV:
		err = printCSV(s, result)
	case asTable:
		err = printResult(s, result)
	}
	result.hint(s, how)
	return err
}

// hint says on standard error what the rows do not: that there are more, that
// some are not there, that a name was not found.
func (r *queryResult) hint(s Streams, how output) {
	if r.line.Whole != nil && !*r.line.Whole {
		_, _ = fmt.Fprintf(s.Err, "the answer is not whole: %s\n", clean(strings.Join(r.line.Missing, "; ")))
	}
	if r.More && how != asJSON {
		_, _ = fmt.Fprintf(s.Err, "there are more than these %d groups: raise LIMIT, or narrow with WHERE\n", len(r.Rows))
	}
	if !s.Hints || how != asTable {
		return
	}
	for i, c := range r.Columns[min(r.Breakdowns, len(r.Columns)):] {
		empty := len(r.Rows) > 0
		for _, row := range r.Rows {
			empty = empty && (r.Breakdowns+i >= len(row) || row[r.Breakdowns+i] == nil)
		}
		if empty {
			_, _ = fmt.Fprintf(s.Err, "%s has no value: is the field's name right?\n", clean(c.Name))
		}
	}
	if s.Width > 0 {
		text := fmt.Sprintf("%s events read in %s", grouped(r.line.Scanned), duration(int64(r.line.Elapsed*1e6)))
		if len(r.Columns) > 0 {
			text = several(len(r.Rows), "row") + " · " + text
		}
		_, _ = fmt.Fprintln(s.Err, s.paint(dim, text))
	}
}

// maxQuestion bounds a question read from a file or a pipe.
const maxQuestion = 1 << 20

// readQuestion finds the question: the argument itself, the file it names, or
// standard input.
func readQuestion(s Streams, argument string) (string, error) {
	source := io.Reader(nil)
	path, isFile := strings.CutPrefix(argument, "@")
	if !isFile && !strings.ContainsAny(argument, " {(") && strings.HasSuffix(argument, ".json") {
		path, isFile = argument, true
	}
	switch {
	case isFile:
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("read the question: %w", err)
		}
		defer func() { _ = f.Close() }()
		source = f
	case argument == "-" || (argument == "" && s.Piped):
		source = s.In
	case argument == "":
		return "", usage.Errorf(`no question was given; try oriel query 'VISUALIZE COUNT GROUP BY service.name LAST 1h', or --help`)
	default:
		return argument, nil
	}
	raw, err := io.ReadAll(io.LimitReader(source, maxQuestion+1))
	if err != nil {
		return "", fmt.Errorf("read the question: %w", err)
	}
	if len(raw) > maxQuestion {
		return "", fmt.Errorf("the question is longer than %d bytes", maxQuestion)
	}
	question := strings.TrimSpace(string(raw))
	if question == "" {
		return "", usage.Errorf("the question is empty")
	}
	return question, nil
}

func ask(ctx context.Context, s Streams, c *client, body map[string]any) (*queryResult, error) {
	done, err := askLines(ctx, s, c, "/api/query", body)
	if err != nil {
		return nil, err
	}
	var l struct {
		queryLine
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(done, &l); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	result := &queryResult{raw: l.Result, line: l.queryLine}
	if err := json.Unmarshal(l.Result, result); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return result, nil
}

// askLines asks what is answered as lines, shows how far it is, and returns the
// last line.
func askLines(ctx context.Context, s Streams, c *client, path string, body map[string]any) (done json.RawMessage, err error) {
	resp, err := c.request(ctx, http.MethodPost, path, nil, body) //nolint:bodyclose // closed where it is read
	if err != nil {
		return nil, err
	}
	shown := false
	err = lines(resp, func(raw []byte) error {
		var l struct {
			Type  string       `json:"type"`
			Share float64      `json:"share"`
			Error *serverError `json:"error"`
		}
		if err := json.Unmarshal(raw, &l); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		switch l.Type {
		case "progress":
			if s.Hints {
				shown = true
				_, _ = fmt.Fprintf(s.Err, "\r%3.0f %%", l.Share*100)
			}
		case "error":
			return l.Error
		case "done":
			done = append(json.RawMessage{}, raw...)
		}
		return nil
	})
	if shown {
		_, _ = fmt.Fprint(s.Err, "\r      \r")
	}
	if err == nil && done == nil {
		err = errors.New("the answer broke off before its end")
	}
	return done, err
}

// explain points at the place in the question that the server did not understand.
func explain(question string, err error) error {
	var e *serverError
	if !errors.As(err, &e) || e.Position == nil || strings.Contains(question, "\n") || *e.Position > len(question) {
		return err
	}
	pad := strings.Repeat(" ", len([]rune(question[:*e.Position])))
	return fmt.Errorf("%w\n  %s\n  %s^", err, clean(question), pad)
}

func printCSV(s Streams, r *queryResult) error {
	out := csv.NewWriter(s.Out)
	if len(r.Columns) == 0 && len(r.Heatmaps) > 0 {
		if err := r.Heatmaps[0].csv(out); err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	}
	record := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		record[i] = guard(s.cell(c.Name))
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range r.Rows {
		for i := range record {
			record[i] = ""
			if i < len(row) {
				record[i] = exact(row[i])
				if _, text := row[i].(string); text {
					record[i] = guard(s.cell(record[i]))
				}
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// guard keeps a spreadsheet from running a cell as a formula.
func guard(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// exact prints a value with all its digits.
func exact(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1e15 {
			return fmt.Sprintf("%.0f", x)
		}
	}
	return fmt.Sprint(v)
}

func printResult(s Streams, r *queryResult) error {
	for i := range r.Heatmaps {
		if _, err := fmt.Fprint(s.Out, r.Heatmaps[i].print(s)); err != nil {
			return err
		}
	}
	if len(r.Columns) == 0 && len(r.Heatmaps) > 0 {
		return nil
	}
	tab := table{}
	for _, c := range r.Columns {
		tab.columns = append(tab.columns, column{title: clean(c.Name), right: c.Kind == "integer" || c.Kind == "float"})
	}
	sparks, before := sparksByKey(r, r.Series), map[string]string{}
	if len(sparks) > 0 {
		tab.columns = append(tab.columns, column{title: "over time", whole: true})
	}
	if r.Compare != nil {
		before = sparksByKey(r, r.Compare.Series)
	}
	if len(before) > 0 {
		tab.columns = append(tab.columns, column{title: duration(r.Compare.Offset) + " before", whole: true})
	}
	for _, row := range r.Rows {
		cells := make([]string, 0, len(tab.columns))
		for _, v := range row {
			cells = append(cells, short(v))
		}
		if len(sparks) > 0 {
			cells = append(cells, sparks[keyOf(row, r.Breakdowns)])
		}
		if len(before) > 0 {
			cells = append(cells, before[keyOf(row, r.Breakdowns)])
		}
		tab.rows = append(tab.rows, cells)
	}
	if len(r.Rows) == 0 {
		_, err := fmt.Fprintln(s.Err, "no rows: nothing in this range matches")
		return err
	}
	return tab.print(s)
}

func keyOf(row []any, n int) string {
	raw, err := json.Marshal(row[:min(n, len(row))])
	if err != nil {
		return ""
	}
	return string(raw)
}

// sparksByKey draws the first calculation of each group over time.
func sparksByKey(r *queryResult, over *courses) map[string]string {
	if over == nil || len(over.Groups) == 0 {
		return nil
	}
	first := ""
	for _, c := range r.Columns[min(r.Breakdowns, len(r.Columns)):] {
		if _, ok := over.Groups[0].Values[c.Name]; ok {
			first = c.Name
			break
		}
	}
	if first == "" {
		return nil
	}
	out := map[string]string{}
	for _, g := range over.Groups {
		out[keyOf(g.Key, r.Breakdowns)] = sparkline(g.Values[first], 24)
	}
	return out
}
