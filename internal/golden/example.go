package golden

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Example is a text of a query language and the rows it gives.
type Example struct {
	Name    string
	Text    string
	Ordered bool
	Rows    []string
}

// Examples reads a file of examples: "== NAME [ordered]", the text, "--", the rows.
func Examples(path string) ([]Example, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []Example
	for part := range strings.SplitSeq("\n"+string(raw), "\n== ") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		head, body, _ := strings.Cut(part, "\n")
		text, rows, ok := strings.Cut(body, "\n--")
		if !ok {
			return nil, fmt.Errorf("example %s has no rows", head)
		}
		e := Example{Text: text}
		e.Name, e.Ordered = strings.CutSuffix(head, " ordered")
		for row := range strings.SplitSeq(strings.Trim(rows, "\n"), "\n") {
			if row != "" {
				e.Rows = append(e.Rows, row)
			}
		}
		list = append(list, e)
	}
	return list, nil
}

// Compare fails the test where rows differ from those wanted; asked is what gave them.
func (e *Example) Compare(tb testing.TB, asked fmt.Stringer, got []string) {
	tb.Helper()
	want := slices.Clone(e.Rows)
	if !e.Ordered {
		slices.Sort(want)
		slices.Sort(got)
	}
	if d := cmp.Diff(want, got); d != "" && len(want)+len(got) > 0 {
		tb.Errorf("%s\n%s\n%s", e.Text, asked, d)
	}
}
