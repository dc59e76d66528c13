package api

import (
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
)

// meaningOf is what the fields with a fixed meaning are called in dataset definitions.
func meaningOf() map[string]string {
	return map[string]string{
		event.FieldSpanID: "span_id", event.FieldParentID: "parent_id", event.FieldName: "name", event.FieldService: "service_name",
		event.FieldDuration: "duration_ms", event.FieldSpanKind: "span_kind", event.FieldAnnotation: "annotation_type",
		event.FieldError: "error", event.FieldSeverity: "log_severity", event.FieldBody: "log_message",
	}
}

// definedColumns tells which columns of the environment's datasets hold a field:
// first the one that somebody defined, else the field's own, else the usual one
// that the dataset has. A calculated field can't be read from a trace's rows.
func (a *API) definedColumns(environment string) func(set, field string) []string {
	meanings, known := meaningOf(), map[string]map[string]dataset.Definition{}
	return func(set, field string) []string {
		definitions, seen := known[set]
		if !seen {
			definitions, _ = a.Datasets.Definitions(environment, set) // nil of a dataset that was deleted meanwhile
			known[set] = definitions
		}
		d, ok := definitions[meanings[field]]
		switch {
		case !ok || d.Calculated || d.Name == field:
			return nil
		case d.Said:
			return []string{d.Name}
		}
		return []string{field, d.Name}
	}
}
