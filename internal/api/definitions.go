package api

import (
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// meaningOf is what the fields with a fixed meaning are called in dataset definitions.
func meaningOf() map[string]string {
	return map[string]string{
		event.FieldSpanID: "span_id", event.FieldParentID: "parent_id", event.FieldName: "name", event.FieldService: "service_name",
		event.FieldDuration: "duration_ms", event.FieldSpanKind: "span_kind", event.FieldAnnotation: "annotation_type",
		event.FieldError: "error", event.FieldSeverity: "log_severity", event.FieldBody: "log_message",
	}
}

// definedColumns tells which column of rows of the environment holds a field:
// the one that somebody defined, or calculates; else the field's own; else the
// usual one that the dataset has.
func (a *API) definedColumns(environment string) func(b *event.Batch, field string) *event.Column {
	meanings, known := meaningOf(), map[string]map[string]dataset.Definition{}
	return func(b *event.Batch, field string) *event.Column {
		definitions, seen := known[b.Dataset]
		if !seen {
			definitions, _ = a.Datasets.Definitions(environment, b.Dataset) // nil of a dataset that was deleted meanwhile
			known[b.Dataset] = definitions
		}
		d, ok := definitions[meanings[field]]
		if !ok || d.Name == field && !d.Calculated {
			return nil
		}
		own := b.Find(field)
		switch {
		case d.Calculated:
			return a.calculate(b, d.Name)
		case !d.Said && own != nil && own.Len() > 0:
			return own
		}
		if c := b.Find(d.Name); c != nil && c.Len() > 0 {
			return c
		}
		return own
	}
}

// calculate makes the column of a saved calculated field; nil if its expression
// can't be read any more.
func (a *API) calculate(b *event.Batch, alias string) *event.Column {
	e, err := query.ParseField(a.Datasets.Calculated(b.Environment, b.Dataset)[alias])
	if err != nil {
		return nil
	}
	made := event.NewBatch(b.Environment, b.Dataset)
	for row := range b.Len() {
		made.Begin(b.Times[row])
		made.Set(alias, query.Eval(e, b.Row(row)))
	}
	return made.Find(alias)
}
