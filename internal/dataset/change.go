package dataset

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Create makes a dataset that no event has brought yet. If one of the name or
// its slug exists, that one is returned, as it is, and created is false. Errors:
// Invalid for a name as in [Registry.Resolve], Conflict at the limit of datasets.
func (r *Registry) Create(ctx context.Context, environment, name string, settings Settings) (d Dataset, created bool, err error) {
	if err := checkName(name); err != nil {
		return Dataset{}, false, err
	}
	r.write.Lock()
	defer r.write.Unlock()
	slug := Slug(name)
	if d, ok := r.Find(environment, slug); ok {
		return d, false, nil
	}
	r.mu.RLock()
	n := r.perEnv[environment].brought
	r.mu.RUnlock()
	if n >= r.cfg.MaxDatasets {
		return Dataset{}, false, fault.New(fault.Conflict, "environment has reached the maximum number of datasets allowed, %d", r.cfg.MaxDatasets)
	}
	s := newSet(environment, slug, name, r.cfg.Clock())
	s.Settings = settings
	if err := r.change(ctx, s, nil); err != nil {
		return Dataset{}, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if came := r.sets[id{environment, slug}]; came != nil { // by an event, while it was written
		came.Name, came.Settings, came.Created = name, settings, s.Created
		return came.describe(), true, nil
	}
	r.addLocked(s)
	return s.describe(), true, nil
}

// Update replaces the settings of a dataset. Errors: NotFound.
func (r *Registry) Update(ctx context.Context, environment, slug string, settings Settings) (Dataset, error) {
	r.write.Lock()
	defer r.write.Unlock()
	s, err := r.find(environment, slug)
	if err != nil {
		return Dataset{}, err
	}
	err = r.change(ctx, s, func(tx *sql.Tx) error { return writeSettings(ctx, tx, s, settings) })
	if err != nil {
		return Dataset{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Settings = settings
	return s.describe(), nil
}

// Delete removes a dataset with its events, columns, definitions and calculated
// fields. Events that arrive beside it, and later, make it anew. Errors: NotFound,
// Conflict unless it is deletable, and what the store answers if its events can't
// be removed; then the dataset stays and Delete can be called again.
func (r *Registry) Delete(ctx context.Context, environment, slug string) error {
	s, err := r.find(environment, slug)
	if err != nil {
		return err
	}
	r.mu.RLock()
	deletable := s.Deletable
	r.mu.RUnlock()
	if !deletable {
		return fault.New(fault.Conflict, "dataset %q is delete protected: disable its delete protection first", slug)
	}
	if r.cfg.Data != nil {
		if err := r.cfg.Data.DropDataset(ctx, environment, slug); err != nil {
			return err
		}
	}
	r.write.Lock()
	defer r.write.Unlock()
	if again, err := r.find(environment, slug); err != nil || again != s {
		return nil // somebody else has deleted it
	}
	if err := r.db.Write(ctx, func(tx *sql.Tx) error { return deleteSet(ctx, tx, environment, slug) }); err != nil {
		return fmt.Errorf("delete dataset %s: %w", slug, err)
	}
	r.mu.Lock()
	r.forgetLocked(s)
	r.mu.Unlock()
	r.takeBack(environment, slug)
	return nil
}

func (r *Registry) forgetLocked(s *set) {
	key := id{s.Environment, s.Slug}
	if r.sets[key] != s {
		return // somebody else did
	}
	delete(r.sets, key)
	delete(r.calculated, key)
	r.countLocked(s, -1)
	r.columns -= len(s.columns)
	r.others -= len(s.others)
	for name, slug := range r.spelling {
		if slug == s.Slug && name.environment == s.Environment {
			delete(r.spelling, name)
		}
	}
}

// takeBack makes a dataset anew whose events arrived between their being dropped
// and its being forgotten.
func (r *Registry) takeBack(environment, slug string) {
	held := r.held(environment)[slug]
	if len(held) == 0 {
		return
	}
	now := r.cfg.Clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sets[id{environment, slug}]
	if s == nil {
		slug = strings.Clone(slug)
		s = newSet(environment, slug, slug, now)
		s.last.Store(now.UnixNano())
		r.addLocked(s)
	}
	for name := range held {
		r.noteLocked(s, name, now.UnixNano())
	}
}

// find returns a dataset, or a NotFound fault.
func (r *Registry) find(environment, slug string) (*set, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.sets[id{environment, slug}]; s != nil {
		return s, nil
	}
	return nil, unknownDataset(slug)
}

// change writes to the database what a person asked for about a dataset, and the
// dataset itself, which the background may not have written yet. The caller holds
// r.write.
func (r *Registry) change(ctx context.Context, s *set, f func(tx *sql.Tx) error) error {
	r.mu.RLock()
	set := s.change()
	r.mu.RUnlock()
	err := r.db.Write(ctx, func(tx *sql.Tx) error {
		if err := set.write(ctx, tx); err != nil {
			return err
		}
		if f == nil {
			return nil
		}
		return f(tx)
	})
	if err != nil {
		return fmt.Errorf("write dataset %s: %w", s.Slug, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.written = set.last
	return nil
}

// ExpandJSONDepth returns how many levels of objects in a dataset's events become
// fields of their own; 0 for none: they are kept as JSON text.
func (r *Registry) ExpandJSONDepth(environment, slug string) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.sets[id{environment, slug}]; s != nil {
		return s.ExpandJSONDepth
	}
	return 0
}
