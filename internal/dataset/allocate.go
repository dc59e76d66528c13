package dataset

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of names that are not a sender's: those of what has a dataset to itself.
const (
	maxAllocatedName = 512
	maxAllocatedSlug = 200 // bytes; what is cut is told apart by the suffix
	allocatedShare   = 10  // how many datasets, as a multiple of what senders may make
)

// Allocate makes a dataset that nobody else has, for what must have one to
// itself whatever its name: a log group, say. Its slug is that of the name, with
// a suffix if a dataset of that slug exists. Errors: Invalid for a name of no or
// too many bytes, Conflict at the limit of such datasets,
// which are not counted among those that senders make.
func (r *Registry) Allocate(ctx context.Context, environment, name string, settings Settings) (Dataset, error) {
	if name == "" || len(name) > maxAllocatedName || !utf8.ValidString(name) {
		return Dataset{}, fault.New(fault.Invalid, "dataset name %.40q has %d bytes: want 1 to %d bytes of UTF-8", name, len(name), maxAllocatedName)
	}
	r.write.Lock()
	defer r.write.Unlock()
	r.mu.RLock()
	n := r.perEnv[environment].allocated
	slug := r.freeSlugLocked(environment, name)
	r.mu.RUnlock()
	if most := allocatedShare * r.cfg.MaxDatasets; n >= most {
		return Dataset{}, fault.New(fault.Conflict, "environment has reached the maximum number of datasets allowed, %d", most)
	}
	s := newSet(environment, slug, name, r.cfg.Clock())
	s.Settings, s.allocated = settings, true
	if err := r.change(ctx, s, nil); err != nil {
		return Dataset{}, fmt.Errorf("allocate dataset: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if came := r.sets[id{environment, slug}]; came != nil { // an event brought it meanwhile
		r.countLocked(came, -1)
		came.Name, came.Settings, came.Created, came.allocated = name, settings, s.Created, true
		r.countLocked(came, 1)
		return came.describe(), nil
	}
	r.addLocked(s)
	return s.describe(), nil
}

// freeSlugLocked returns the first slug of a name that no dataset has.
func (r *Registry) freeSlugLocked(environment, name string) string {
	slug := Slug(name)
	if len(slug) > maxAllocatedSlug {
		slug = slug[:maxAllocatedSlug]
	}
	free := slug
	for i := 2; free == All || r.sets[id{environment, free}] != nil; i++ {
		free = slug + "-" + strconv.Itoa(i)
	}
	return free
}
