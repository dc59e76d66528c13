package dataset

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Definition says which column, or calculated field, of a dataset has a meaning.
type Definition struct {
	Meaning    string // one of Meanings
	Name       string // of the column or calculated field
	Calculated bool
	Said       bool // by a person; else it is the first of the usual columns
}

// usual are the columns that have a meaning where nobody defined one: the first
// that there is.
type usual struct {
	meaning string
	columns []string
}

func usualColumns() []usual {
	return []usual{
		{"span_id", []string{"id", "trace.span_id"}},
		{"trace_id", []string{"trace.trace_id", "traceId"}},
		{"parent_id", []string{"trace.parent_id", "parentId"}},
		{"name", []string{"name"}},
		{"service_name", []string{"service_name", "service.name", "serviceName"}},
		{"duration_ms", []string{"duration_ms", "durationMs", "request_processing_time"}},
		{"span_kind", []string{"meta.span_type", "span.kind"}},
		{"annotation_type", []string{"meta.annotation_type"}},
		{"link_trace_id", []string{"trace.link.trace_id"}},
		{"link_span_id", []string{"trace.link.span_id", "trace.span_id"}},
		{"error", []string{"error"}},
		{"status", []string{"response.status_code", "http.status_code", "elb_status_code"}},
		{"route", []string{"route", "http.route", "request_path"}},
		{"user", []string{"user.id", "user.email", "request.user.id", "request.user.username"}},
		{"log_severity", []string{"severity"}},
		{"log_message", []string{"body"}},
	}
}

// Meanings returns what can be defined, in the order of the documentation.
func Meanings() []string {
	var names []string
	for _, u := range usualColumns() {
		names = append(names, u.meaning)
	}
	return names
}

// Definitions returns what the columns of a dataset mean, by meaning: as somebody
// defined it, else the first of the usual columns that the dataset has. A meaning
// that no column has is left out. Errors: NotFound.
func (r *Registry) Definitions(environment, slug string) (map[string]Definition, error) {
	s, err := r.find(environment, slug)
	if err != nil {
		return nil, err
	}
	r.mu.RLock()
	defined := maps.Clone(s.meaning)
	r.mu.RUnlock()
	out, has := map[string]Definition{}, r.has(s)
	for _, u := range usualColumns() {
		if name, ok := defined[u.meaning]; ok {
			if d, ok := r.define(s, has, u.meaning, name); ok {
				out[u.meaning] = d
				continue
			}
		}
		for _, name := range u.columns {
			if has(name) {
				out[u.meaning] = Definition{Meaning: u.meaning, Name: name}
				break
			}
		}
	}
	return out, nil
}

// define finds what a name stands for; a calculated field goes before a column.
func (r *Registry) define(s *set, has func(string) bool, meaning, name string) (Definition, bool) {
	calculated := r.hasCalculated(s.Environment, s.Slug, name) || r.hasCalculated(s.Environment, All, name)
	return Definition{Meaning: meaning, Name: name, Calculated: calculated, Said: true}, calculated || has(name)
}

// Define gives columns, or calculated fields, meanings by name; an empty name
// brings the usual column back. Errors: NotFound; Invalid for a meaning that is
// none of [Meanings]; Invalid for columns that the dataset does not have, all of
// which are named.
func (r *Registry) Define(ctx context.Context, environment, slug string, names map[string]string) error {
	r.write.Lock()
	defer r.write.Unlock()
	s, err := r.find(environment, slug)
	if err != nil {
		return err
	}
	known, meanings := Meanings(), slices.Sorted(maps.Keys(names))
	has := r.has(s)
	var unknown []string
	for _, meaning := range meanings {
		if !slices.Contains(known, meaning) {
			return fault.New(fault.Invalid, "%q is no definition; there are %s", meaning, strings.Join(known, ", "))
		}
		name := names[meaning]
		if _, ok := r.define(s, has, meaning, name); name != "" && !ok && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fault.New(fault.Invalid, "The following columns were not found: %s", strings.Join(unknown, ", "))
	}
	err = r.change(ctx, s, func(tx *sql.Tx) error {
		for _, meaning := range meanings {
			if err := writeDefinition(ctx, tx, s, meaning, names[meaning]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, meaning := range meanings {
		if names[meaning] == "" {
			delete(s.meaning, meaning)
		} else {
			s.meaning[meaning] = names[meaning]
		}
	}
	return nil
}

// usedAs returns a meaning that a column, or calculated field, of a dataset has.
func (r *Registry) usedAs(environment, slug, name string) (meaning string, used bool) {
	definitions, err := r.Definitions(environment, slug)
	if err != nil {
		return "", false
	}
	for _, meaning := range Meanings() {
		if definitions[meaning].Name == name {
			return meaning, true
		}
	}
	return "", false
}
