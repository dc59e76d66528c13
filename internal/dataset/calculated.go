package dataset

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// maxCalculated is how many calculated fields a dataset, or an environment for
// all of them, may have.
const maxCalculated = 1000

// CalculatedField is a field that queries compute from others by an expression.
type CalculatedField struct {
	ID          string
	Environment string
	Dataset     string // slug, All if it is the environment's
	Created     time.Time
	Updated     time.Time
	CalculatedSettings
}

// CalculatedSettings are what a person says of a calculated field.
type CalculatedSettings struct {
	Alias       string // unique in the dataset or environment
	Expression  string
	Description string
}

// CalculatedFields returns the calculated fields of a dataset, of the environment
// for [All], by alias. Errors: NotFound.
func (r *Registry) CalculatedFields(environment, slug string) ([]CalculatedField, error) {
	if err := r.checkScope(environment, slug); err != nil {
		return nil, err
	}
	r.mu.RLock()
	all := slices.Collect(maps.Values(r.calculated[id{environment, slug}]))
	r.mu.RUnlock()
	slices.SortFunc(all, func(a, b CalculatedField) int { return strings.Compare(a.Alias, b.Alias) })
	return all, nil
}

// CalculatedFor returns the calculated fields that queries of a dataset may use,
// by alias: its own, and those of the environment whose alias is not among them.
// For [All], and for a dataset that is not known, they are the environment's.
func (r *Registry) CalculatedFor(environment, slug string) []CalculatedField {
	r.mu.RLock()
	byAlias := maps.Clone(r.calculated[id{environment, All}])
	if byAlias == nil {
		byAlias = map[string]CalculatedField{}
	}
	maps.Copy(byAlias, r.calculated[id{environment, slug}])
	r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(byAlias), func(a, b CalculatedField) int { return strings.Compare(a.Alias, b.Alias) })
}

// Calculated returns the expressions of [Registry.CalculatedFor], by alias.
func (r *Registry) Calculated(environment, slug string) map[string]string {
	out := map[string]string{}
	for _, f := range r.CalculatedFor(environment, slug) {
		out[f.Alias] = f.Expression
	}
	return out
}

func (r *Registry) checkScope(environment, slug string) error {
	if slug == All {
		return nil
	}
	_, err := r.find(environment, slug)
	return err
}

// CalculatedField returns a calculated field by its id. Errors: NotFound.
func (r *Registry) CalculatedField(environment, slug, fieldID string) (CalculatedField, error) {
	all, err := r.CalculatedFields(environment, slug)
	if err != nil {
		return CalculatedField{}, err
	}
	if at := slices.IndexFunc(all, func(f CalculatedField) bool { return f.ID == fieldID }); at >= 0 {
		return all[at], nil
	}
	return CalculatedField{}, fault.New(fault.NotFound, "there is no calculated field of the id %q", fieldID)
}

// CreateCalculated stores a calculated field, whose expression the caller has
// checked. Errors: NotFound, Conflict if the alias is taken.
func (r *Registry) CreateCalculated(ctx context.Context, environment, slug string, settings CalculatedSettings) (CalculatedField, error) {
	r.write.Lock()
	defer r.write.Unlock()
	if err := r.checkScope(environment, slug); err != nil {
		return CalculatedField{}, err
	}
	r.mu.RLock()
	n := len(r.calculated[id{environment, slug}])
	r.mu.RUnlock()
	if n >= maxCalculated {
		return CalculatedField{}, fault.New(fault.Conflict, "there are %d calculated fields, the most there may be", maxCalculated)
	}
	now := r.cfg.Clock().UTC()
	f := CalculatedField{ID: newID(), Environment: environment, Dataset: slug, Created: now, Updated: now, CalculatedSettings: settings}
	return f, r.saveCalculated(ctx, f, "")
}

// UpdateCalculated replaces what is said of a calculated field. Errors: NotFound,
// Conflict if the alias is that of another, or a definition names the old one.
func (r *Registry) UpdateCalculated(ctx context.Context, environment, slug, fieldID string, settings CalculatedSettings) (CalculatedField, error) {
	r.write.Lock()
	defer r.write.Unlock()
	f, err := r.CalculatedField(environment, slug, fieldID)
	if err != nil {
		return CalculatedField{}, err
	}
	old := f.Alias
	if settings.Alias != old {
		if err := r.checkUnused(f); err != nil {
			return CalculatedField{}, err
		}
	}
	f.CalculatedSettings, f.Updated = settings, r.cfg.Clock().UTC()
	return f, r.saveCalculated(ctx, f, old)
}

// saveCalculated stores a field in the place of the one called old, "" for none.
func (r *Registry) saveCalculated(ctx context.Context, f CalculatedField, old string) error {
	if event.IsSystem(f.Alias) {
		return fault.New(fault.Invalid, "%q is a column of every event", f.Alias)
	}
	if f.Alias != old {
		if r.hasCalculated(f.Environment, f.Dataset, f.Alias) {
			return fault.New(fault.Conflict, "a calculated field called %q already exists", f.Alias)
		}
		if s, err := r.find(f.Environment, f.Dataset); err == nil && r.has(s)(f.Alias) {
			return fault.New(fault.Conflict, "a column called %q already exists", f.Alias)
		}
	}
	err := r.db.Write(ctx, func(tx *sql.Tx) error {
		if err := deleteCalculated(ctx, tx, f.Environment, f.Dataset, old); err != nil {
			return err
		}
		return writeCalculated(ctx, tx, f)
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	scope := id{f.Environment, f.Dataset}
	if r.calculated[scope] == nil {
		r.calculated[scope] = map[string]CalculatedField{}
	}
	delete(r.calculated[scope], old)
	r.calculated[scope][f.Alias] = f
	return nil
}

// DeleteCalculated deletes a calculated field. Errors: NotFound, Conflict if a
// definition names it.
func (r *Registry) DeleteCalculated(ctx context.Context, environment, slug, fieldID string) error {
	r.write.Lock()
	defer r.write.Unlock()
	f, err := r.CalculatedField(environment, slug, fieldID)
	if err != nil {
		return err
	}
	if err := r.checkUnused(f); err != nil {
		return err
	}
	err = r.db.Write(ctx, func(tx *sql.Tx) error { return deleteCalculated(ctx, tx, environment, slug, f.Alias) })
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.calculated[id{environment, slug}], f.Alias)
	return nil
}

// checkUnused is a Conflict if a definition stands on the field.
func (r *Registry) checkUnused(f CalculatedField) error {
	for _, d := range r.List(f.Environment) {
		if f.Dataset != All && f.Dataset != d.Slug {
			continue
		}
		if f.Dataset == All && r.hasCalculated(f.Environment, d.Slug, f.Alias) {
			continue // it is the dataset's own that is meant
		}
		definitions, err := r.Definitions(f.Environment, d.Slug)
		if err != nil {
			continue // deleted meanwhile
		}
		for _, meaning := range Meanings() {
			if used := definitions[meaning]; used.Calculated && used.Name == f.Alias {
				return fault.New(fault.Conflict, "calculated field %q is in use by dataset definition - %s of %s", f.Alias, meaning, d.Slug)
			}
		}
	}
	return nil
}

func (r *Registry) hasCalculated(environment, slug, alias string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.calculated[id{environment, slug}][alias]
	return ok
}

// readersOf returns the aliases of the calculated fields that read a column: of
// the dataset, and of the environment if no other dataset has the column.
func (r *Registry) readersOf(environment, slug, column string) []string {
	fields, err := r.CalculatedFields(environment, slug)
	if err != nil {
		return nil
	}
	elsewhere := slices.ContainsFunc(r.List(environment), func(d Dataset) bool {
		return d.Slug != slug && len(r.Missing(environment, d.Slug, []string{column})) == 0
	})
	if wide, err := r.CalculatedFields(environment, All); err == nil && !elsewhere {
		fields = append(fields, wide...)
	}
	var aliases []string
	for _, f := range fields {
		if e, err := query.ParseAnyField(f.Expression); err == nil && slices.Contains(query.FieldsOf(e), column) && !slices.Contains(aliases, f.Alias) {
			aliases = append(aliases, f.Alias)
		}
	}
	return aliases
}
