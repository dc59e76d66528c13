package dataset

import (
	"hash/maphash"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
)

// Limits of how many names the fields of a dataset have in all. The first are its
// columns; of the others only a hash is remembered. What somebody makes names of (ids,
// times) has no end, and each name is listed in every segment that has it.
const (
	maxNames    = 20_000
	maxAllNames = 1_000_000 // of all datasets, beside their columns
)

// Beyond returns the columns of a batch whose names are too many for their dataset, in
// the order of the batch. The other names count as the dataset's from then on. Names
// that have a meaning of their own are never too many. It costs next to nothing while
// a dataset has few columns.
func (r *Registry) Beyond(b *event.Batch) []*event.Column {
	r.mu.RLock()
	s := r.sets[id{b.Environment, b.Dataset}]
	if s == nil || len(s.columns)+len(b.Columns) <= maxColumns && r.columns < maxAllColumns {
		r.mu.RUnlock()
		return nil
	}
	var news []*event.Column
	for _, c := range b.Columns {
		if c.Len() > 0 && s.columns[c.Name] == nil && !s.others[r.hash(c.Name)] {
			news = append(news, c)
		}
	}
	r.mu.RUnlock()
	if len(news) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.beyondLocked(s, news)
}

func (r *Registry) beyondLocked(s *set, news []*event.Column) (beyond []*event.Column) {
	columns, most := len(s.columns), len(s.columns)
	if !r.full(s) {
		most = maxColumns // Touch adds them
	}
	for _, c := range news {
		switch {
		case columns < most:
			columns++
		case !r.otherLocked(s, columns, c.Name) && !hasMeaning(c.Name):
			beyond = append(beyond, c)
		}
	}
	return beyond
}

// otherLocked remembers a name that is no column, or reports that there are too many
// beside so many columns.
func (r *Registry) otherLocked(s *set, columns int, name string) bool {
	h := r.hash(name)
	if s.others[h] {
		return true
	}
	if columns+len(s.others) >= maxNames || r.others >= maxAllNames {
		return false
	}
	if s.others == nil {
		s.others = map[uint64]bool{}
	}
	s.others[h] = true
	r.others++
	return true
}

func (r *Registry) hash(name string) uint64 { return maphash.String(r.seed, name) }

// hasMeaning reports whether a field means something beyond its dataset: traces, lines
// and errors are made of it.
func hasMeaning(name string) bool {
	return event.HasMeaning(name) || slices.ContainsFunc(usualColumns(), func(u usual) bool { return slices.Contains(u.columns, name) })
}
