package rql

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// Filled is a column of the answer with its values.
type Filled struct {
	OutputColumn

	Values []event.Value
}

// Output arranges what the pipeline gave as columns of the answer. What “*” stands
// for is all columns that the pipeline gave. Values returns those of a column by
// row, nil if it is not there.
func (p *Program) Output(rows int, names []string, values func(name string) []event.Value) []Filled {
	var list []Filled
	for _, col := range p.Columns {
		if col.Field == "" {
			list = append(list, p.stars(rows, names, values)...)
			continue
		}
		list = append(list, Filled{col, values(col.Field)})
	}
	for i := range list {
		if list[i].Values == nil {
			list[i].Values = make([]event.Value, rows)
		}
	}
	return list
}

// some reports whether a column has a value.
func some(values []event.Value) bool {
	return slices.ContainsFunc(values, func(v event.Value) bool { return !v.IsNull() })
}

func (p *Program) stars(rows int, names []string, values func(name string) []event.Value) []Filled {
	if p.Table == Deploys {
		var list []Filled
		for _, h := range DeployColumns() {
			list = append(list, Filled{OutputColumn{Name: h.Name, Field: h.Name, Type: typeOf(h)}, values(h.Name)})
		}
		return list
	}
	at := Filled{OutputColumn{Name: "timestamp", Field: event.SystemTime, Type: Time}, make([]event.Value, rows)}
	for i, v := range values(event.SystemTime) {
		at.Values[i] = query.Apply("whole", []event.Value{event.FloatValue(float64(v.Int() / 1e9))})
	}
	first := []Filled{at}
	var items, rest []Filled
	for _, name := range names {
		if of, ok := cutHidden(name); ok {
			h, _ := helpOf(ItemColumns(), of)
			items = append(items, Filled{OutputColumn{Name: of, Field: name, Type: typeOf(h)}, values(name)})
		} else if shown := StarName(name); shown == "occurrence_id" {
			first = append([]Filled{{OutputColumn{Name: shown, Field: name, Type: Number}, values(name)}}, first...)
		} else if shown != "" && some(values(name)) {
			rest = append(rest, Filled{OutputColumn{Name: shown, Field: name}, values(name)})
		}
	}
	return append(append(first, items...), rest...)
}
