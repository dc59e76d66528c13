package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Case is a query with rows to run it over and the rows it must yield, read from
// a text file of sections, each under a line "-- name --":
//
//	query     one stage a line, as JSON; see [ParsePipeline]
//	rows      one event a line, as a JSON object; "_time" (nanoseconds),
//	          "_dataset" and "_sample_rate" have the defaults 0, "api" and 1
//	wanted    as [Table] prints the result
//	duckdb, clickhouse   the SQL, one clause a line
//
// Text before the first section says what the case is about. Events are in
// environment "test"; the range is [0, 1h) unless the query says otherwise.
type Case struct {
	Name     string
	Path     string
	About    string
	Query    *query.Query
	Batches  []*event.Batch
	Sections map[string]string
	order    []string
}

// ReadCases reads all *.txt files of a folder.
func ReadCases(folder string) ([]*Case, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no case files in %s", folder)
	}
	cases := make([]*Case, len(paths))
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		c, err := parseCase(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.Name, c.Path = strings.TrimSuffix(filepath.Base(path), ".txt"), path
		cases[i] = c
	}
	return cases, nil
}

func parseCase(text string) (*Case, error) {
	c := &Case{Sections: map[string]string{}}
	section := ""
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(name, " --") {
			section = strings.TrimSuffix(name, " --")
			c.order = append(c.order, section)
			continue
		}
		if section == "" {
			c.About += line
			continue
		}
		c.Sections[section] += line
	}
	q, err := ParsePipeline(c.Sections["query"])
	if err != nil {
		return nil, err
	}
	c.Query = q
	c.Batches, err = readRows(c.Sections["rows"])
	return c, err
}

// Set replaces a section, or adds it at the end.
func (c *Case) Set(section, text string) {
	if !slices.Contains(c.order, section) {
		c.order = append(c.order, section)
	}
	c.Sections[section] = strings.TrimRight(text, "\n") + "\n"
}

// Text prints the case as a file.
func (c *Case) Text() string {
	var b strings.Builder
	b.WriteString(c.About)
	for _, section := range c.order {
		b.WriteString("-- " + section + " --\n" + c.Sections[section])
	}
	return b.String()
}

// Wanted returns the result the case asks for.
func (c *Case) Wanted() (*store.Result, error) {
	r := &store.Result{}
	for line := range strings.Lines(c.Sections["wanted"]) {
		var cells []any
		if err := decodeJSON(line, &cells); err != nil {
			return nil, fmt.Errorf("wanted row %s: %w", line, err)
		}
		if r.Columns == nil {
			r.Columns = make([]store.ResultColumn, len(cells))
			for i, cell := range cells {
				r.Columns[i].Name = fmt.Sprint(cell)
			}
			continue
		}
		if len(cells) != len(r.Columns) {
			return nil, fmt.Errorf("wanted row has %d cells, not %d: %s", len(cells), len(r.Columns), line)
		}
		r.Rows++
		for i, cell := range cells {
			v, err := toValue(cell)
			if err != nil {
				return nil, err
			}
			r.Columns[i].Values = append(r.Columns[i].Values, v)
			r.Columns[i].Kind = event.Unify(r.Columns[i].Kind, v.Kind())
		}
	}
	return r, nil
}

func decodeJSON(text string, into any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value in a line")
	}
	return nil
}

// toValue converts a decoded JSON scalar; numbers with a point or an exponent are floats.
func toValue(x any) (event.Value, error) {
	switch x := x.(type) {
	case nil:
		return event.Value{}, nil
	case bool:
		return event.BoolValue(x), nil
	case string:
		return event.StringValue(x), nil
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return event.IntValue(i), nil
		}
		f, err := x.Float64()
		return event.FloatValue(f), err
	}
	return event.Value{}, fmt.Errorf("%v is not a scalar", x)
}

// readRows makes one batch for each dataset, its rows in the order of the file.
func readRows(text string) ([]*event.Batch, error) {
	byDataset := map[string]*event.Batch{}
	var batches []*event.Batch
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		names, values, err := orderedObject(line)
		if err != nil {
			return nil, fmt.Errorf("row %s: %w", strings.TrimSpace(line), err)
		}
		dataset, rate, at := "api", int64(1), int64(0)
		for i, name := range names {
			switch name {
			case event.SystemTime:
				at = values[i].Int()
			case event.SystemDataset:
				dataset = values[i].Str()
			case event.SystemSampleRate:
				rate = values[i].Int()
			}
		}
		b := byDataset[dataset]
		if b == nil {
			b = event.NewBatch(Environment, dataset)
			byDataset[dataset] = b
			batches = append(batches, b)
		}
		b.Begin(at)
		b.SetSampleRate(uint32(rate))
		for i, name := range names {
			switch {
			case event.Internal(name):
				b.SetAt(b.Len()-1, name, values[i])
			case !event.IsSystem(name):
				b.Set(name, values[i])
			}
		}
	}
	return batches, nil
}

// orderedObject decodes a flat JSON object, keeping the order of its names.
func orderedObject(line string) (names []string, values []event.Value, err error) {
	dec := json.NewDecoder(bytes.NewReader([]byte(line)))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return nil, nil, err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		var x any
		if err := dec.Decode(&x); err != nil {
			return nil, nil, err
		}
		v, err := toValue(x)
		if err != nil {
			return nil, nil, err
		}
		names, values = append(names, fmt.Sprint(name)), append(values, v)
	}
	return names, values, nil
}
