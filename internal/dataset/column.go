package dataset

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

// Column describes a field of a dataset: as events have it, as somebody
// described it, or both.
type Column struct {
	ID          string
	Environment string
	Dataset     string // slug
	Name        string
	Created     time.Time    // when it was first seen or made
	Updated     time.Time    // when somebody last changed it
	LastWritten time.Time    // time of the newest events that may have it, roughly; zero: none has
	Metric      event.Metric // what its sender says of it; zero for what is no metric
	ColumnSettings
}

// ColumnSettings are what a person may change about a column.
type ColumnSettings struct {
	Type        string // one of ColumnTypes; as events have it where nobody said. Values are kept as sent
	Description string
	Hidden      bool // left out of completion
}

// ColumnTypes returns the types a column may have.
func ColumnTypes() []string {
	return []string{"string", "float", "integer", "boolean", "histogram"}
}

// defaultType is that of a column without events of which nobody said more.
const defaultType = "string"

// column is what is remembered of a column: when it first came, and what people
// said. It is changed under the registry's lock.
type column struct {
	ColumnSettings        // Type is empty where the data decides
	removed        bool   // by a person, and not seen since
	created        int64  // Unix nanoseconds
	updated        int64  // Unix nanoseconds
	id             string // "" until it is asked for
	metric         event.Metric
}

// notedColumn is a column to be written to the database.
type notedColumn struct {
	of   *set
	name string
}

// knowsAll reports whether all columns of a batch are remembered, or can't be.
func (r *Registry) knowsAll(s *set, b *event.Batch) bool {
	full := r.full(s)
	for _, c := range b.Columns {
		if event.Internal(c.Name) {
			continue // is not the sender's
		}
		known := s.columns[c.Name]
		if news := known == nil && !full || known != nil && known.removed; news && c.Len() > 0 {
			return false
		}
	}
	return true
}

// full reports whether no more columns of a dataset are remembered.
func (r *Registry) full(s *set) bool {
	return len(s.columns) >= maxColumns || r.columns >= maxAllColumns
}

// noteLocked remembers a column that events brought. One that was removed begins anew.
func (r *Registry) noteLocked(s *set, name string, now int64) {
	if c := s.columns[name]; (c != nil && !c.removed) || (c == nil && r.full(s)) {
		return
	}
	name = strings.Clone(name) // it may lie in a request's buffer
	r.putColumnLocked(s, name, column{created: now, updated: now})
	r.noted = append(r.noted, notedColumn{s, name})
	r.signal()
}

func (r *Registry) putColumnLocked(s *set, name string, c column) {
	old := s.columns[name]
	if old == nil {
		r.columns++
	}
	if was, is := old != nil && !old.removed, !c.removed; is && !was {
		s.live++
	} else if was && !is {
		s.live--
	}
	s.columns[name] = &c
}

// noteCatalogue remembers columns, and datasets, that the store has and the
// settings database lacks: its last write may have been lost, or it is new.
func (r *Registry) noteCatalogue(ctx context.Context) {
	if r.cfg.Data == nil {
		return
	}
	for environment := range r.perEnv {
		for _, held := range r.cfg.Data.Catalog(environment).Datasets {
			s := r.sets[id{environment, held.Slug}]
			if s == nil {
				s = newSet(environment, held.Slug, held.Slug, r.cfg.Clock())
				s.last.Store(held.Last)
				r.addLocked(s)
			}
			told, known := false, false
			for _, f := range held.Fields {
				told = told || f.Name == event.FieldMetrics
				if s.columns[f.Name] != nil || event.Internal(f.Name) { // one that was removed stays so
					continue
				}
				if r.noteLocked(s, f.Name, s.Created.UnixNano()); s.columns[f.Name] == nil {
					r.otherLocked(s, len(s.columns), f.Name)
				}
			}
			for _, c := range s.columns {
				known = known || c.metric.Kind != event.NoMetric
			}
			if told && !known {
				r.learnMetrics(ctx, s)
			}
		}
	}
}

// heldFields are fields that the store has, by name.
type heldFields map[string]store.FieldInfo

// held returns the fields of each dataset that the store has rows of.
func (r *Registry) held(environment string) map[string]heldFields {
	sets := map[string]heldFields{}
	if r.cfg.Data == nil {
		return sets
	}
	for _, d := range r.cfg.Data.Catalog(environment).Datasets {
		fields := make(heldFields, len(d.Fields))
		for _, f := range d.Fields {
			if !event.Internal(f.Name) {
				fields[f.Name] = f
			}
		}
		sets[d.Slug] = fields
	}
	return sets
}

// Columns returns the columns of a dataset by name, of all datasets of the
// environment for [All]. Errors: NotFound.
func (r *Registry) Columns(environment, slug string) ([]Column, error) {
	held := r.held(environment)
	if slug != All {
		return r.columnsOf(environment, slug, held[slug])
	}
	var all []Column
	for _, d := range r.List(environment) {
		some, err := r.columnsOf(environment, d.Slug, held[d.Slug])
		if err == nil { // else it was deleted meanwhile
			all = append(all, some...)
		}
	}
	return all, nil
}

func (r *Registry) columnsOf(environment, slug string, held heldFields) ([]Column, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sets[id{environment, slug}]
	if s == nil {
		return nil, unknownDataset(slug)
	}
	out := make([]Column, 0, len(s.columns))
	for name := range s.columns {
		if c, ok := s.describeColumn(name, held); ok {
			out = append(out, c)
		}
	}
	for name := range held {
		if s.columns[name] == nil {
			c, _ := s.describeColumn(name, held)
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// describeColumn joins what is remembered with what the store holds. The
// registry's lock is held for writing: ids are made when asked for.
func (s *set) describeColumn(name string, held heldFields) (Column, bool) {
	field, seen := held[name]
	c := s.columns[name]
	switch {
	case c == nil && !seen, c != nil && c.removed:
		return Column{}, false
	case c == nil: // beyond what is remembered
		c = &column{created: s.Created.UnixNano(), updated: s.Created.UnixNano()}
	}
	if c.id == "" {
		c.id = columnID(s.Environment, s.Slug, name)
	}
	out := Column{
		ID: c.id, Environment: s.Environment, Dataset: s.Slug, Name: name,
		Created: moment(c.created), Updated: moment(c.updated), Metric: c.metric, ColumnSettings: c.ColumnSettings,
	}
	if seen {
		out.LastWritten = moment(field.Last)
	}
	switch {
	case out.Type != "":
	case c.metric.Kind.IsHistogram():
		out.Type = "histogram"
	case seen && field.Kind != event.Null:
		out.Type = field.Kind.String()
	default:
		out.Type = defaultType
	}
	return out, true
}

func unknownDataset(slug string) error {
	return fault.New(fault.NotFound, "dataset %q not found", slug)
}

// HasColumn reports whether events of a dataset had a field, as far as is remembered.
func (r *Registry) HasColumn(environment, slug, name string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := r.sets[id{environment, slug}]
	if s == nil {
		return false
	}
	c := s.columns[name]
	return c != nil && !c.removed
}

// Column returns a column by its id. Errors: NotFound.
func (r *Registry) Column(environment, slug, columnID string) (Column, error) {
	all, err := r.Columns(environment, slug)
	if err != nil {
		return Column{}, err
	}
	if at := slices.IndexFunc(all, func(c Column) bool { return c.ID == columnID }); at >= 0 {
		return all[at], nil
	}
	return Column{}, fault.New(fault.NotFound, "dataset %q has no column of the id %q", slug, columnID)
}

// CreateColumn makes a column that no event has brought yet. Errors: NotFound,
// Conflict if there is one or a calculated field of the name, Invalid.
func (r *Registry) CreateColumn(ctx context.Context, environment, slug, name string, settings ColumnSettings) (Column, error) {
	r.write.Lock()
	defer r.write.Unlock()
	s, err := r.find(environment, slug)
	if err != nil {
		return Column{}, err
	}
	switch {
	case r.has(s)(name):
		return Column{}, fault.New(fault.Conflict, "column already exists: %q", name)
	case r.hasCalculated(environment, slug, name):
		return Column{}, fault.New(fault.Conflict, "a calculated field called %q already exists", name)
	case event.IsSystem(name):
		return Column{}, fault.New(fault.Invalid, "%q is a column of every event", name)
	case r.countColumns(s) >= maxColumns:
		return Column{}, fault.New(fault.Conflict, "dataset %q has %d columns, the most that can be made", slug, maxColumns)
	}
	now := r.cfg.Clock().UnixNano()
	return r.saveColumn(ctx, s, name, column{ColumnSettings: settings, created: now, updated: now})
}

// UpdateColumn changes what is said of a column; an empty type leaves it as it
// is. Errors: NotFound.
func (r *Registry) UpdateColumn(ctx context.Context, environment, slug, columnID string, settings ColumnSettings) (Column, error) {
	r.write.Lock()
	defer r.write.Unlock()
	s, err := r.find(environment, slug)
	if err != nil {
		return Column{}, err
	}
	old, err := r.Column(environment, slug, columnID)
	if err != nil {
		return Column{}, err
	}
	c := column{ColumnSettings: settings, created: old.Created.UnixNano(), updated: r.cfg.Clock().UnixNano(), metric: old.Metric}
	if settings.Type == "" {
		c.Type = r.saidType(s, old.Name)
	} else if settings.Type == old.Type && r.saidType(s, old.Name) == "" {
		c.Type = "" // said back what the data decided: it goes on deciding
	}
	return r.saveColumn(ctx, s, old.Name, c)
}

func (r *Registry) saidType(s *set, name string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if c := s.columns[name]; c != nil {
		return c.Type
	}
	return ""
}

// DeleteColumn takes a column out of every list until an event brings it again.
// Values that events have of it stay. Errors: NotFound, Conflict if a definition
// names it or a calculated field reads it.
func (r *Registry) DeleteColumn(ctx context.Context, environment, slug, columnID string) error {
	if r.cfg.Data != nil { // else the journal's replay would bring it back
		if err := r.cfg.Data.Flush(ctx); err != nil {
			return err
		}
	}
	r.write.Lock()
	defer r.write.Unlock()
	s, err := r.find(environment, slug)
	if err != nil {
		return err
	}
	old, err := r.Column(environment, slug, columnID)
	if err != nil {
		return err
	}
	if meaning, used := r.usedAs(environment, slug, old.Name); used {
		return fault.New(fault.Conflict, "column is in use by dataset definition - %s", meaning)
	}
	if by := r.readersOf(environment, slug, old.Name); len(by) > 0 {
		return fault.New(fault.Conflict, "column is in use by %d derived columns: '%s'", len(by), strings.Join(by, "', '"))
	}
	now := r.cfg.Clock().UnixNano()
	_, err = r.saveColumn(ctx, s, old.Name, column{removed: true, created: old.Created.UnixNano(), updated: now})
	return err
}

func (r *Registry) countColumns(s *set) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return s.live
}

// ColumnNote is what is remembered of a column, without what the store knows.
type ColumnNote struct {
	Dataset string // slug
	Name    string
	Removed bool // deleted, and no event has had it since
	Metric  event.Metric
	ColumnSettings
}

// Notes returns what is remembered of the columns of a dataset, of every dataset
// of the environment for [All], in no particular order. A Type is empty where
// nobody said.
func (r *Registry) Notes(environment, slug string) []ColumnNote {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []ColumnNote
	for key, s := range r.sets {
		if key.environment != environment || (slug != All && slug != key.name) {
			continue
		}
		for name, c := range s.columns {
			out = append(out, ColumnNote{Dataset: key.name, Name: name, Removed: c.removed, Metric: c.metric, ColumnSettings: c.ColumnSettings})
		}
	}
	return out
}

// Missing returns those of the names that are no column of a dataset, for [All]
// of any dataset of the environment, nor one that every event has.
func (r *Registry) Missing(environment, slug string, names []string) []string {
	var tests []func(string) bool
	for _, d := range r.List(environment) {
		if s, err := r.find(environment, d.Slug); err == nil && (slug == All || slug == d.Slug) {
			tests = append(tests, r.has(s))
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return event.IsSystem(name) || event.IsArrival(name) || slices.ContainsFunc(tests, func(has func(string) bool) bool { return has(name) })
	})
}

// saveColumn stores a column, then shows it.
func (r *Registry) saveColumn(ctx context.Context, s *set, name string, c column) (Column, error) {
	err := r.change(ctx, s, func(tx *sql.Tx) error { return writeColumn(ctx, tx, s, name, &c) })
	if err != nil {
		return Column{}, err
	}
	held := r.held(s.Environment)[s.Slug]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putColumnLocked(s, strings.Clone(name), c)
	out, _ := s.describeColumn(name, held)
	return out, nil
}

// has returns a test for whether a dataset has a column: by what is remembered,
// and by the store for what is beyond that.
func (r *Registry) has(s *set) func(name string) bool {
	beyond := sync.OnceValue(func() heldFields { return r.held(s.Environment)[s.Slug] })
	return func(name string) bool {
		r.mu.RLock()
		c, full := s.columns[name], r.full(s)
		r.mu.RUnlock()
		if c != nil || !full {
			return c != nil && !c.removed
		}
		_, seen := beyond()[name]
		return seen
	}
}
