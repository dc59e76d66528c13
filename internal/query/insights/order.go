package insights

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// reads lists the fields that a stage reads.
func reads(stage query.Stage) []string {
	var names []string
	switch s := stage.(type) {
	case query.Filter:
		return query.FieldsOf(s.Where)
	case query.Compute:
		return query.FieldsOf(s.Expr)
	case query.Unnest:
		return query.FieldsOf(s.List)
	case query.Aggregate:
		names = append(names, s.Groups...)
		for _, calc := range s.Calcs {
			if names = append(names, calc.Field); calc.Op == query.First || calc.Op == query.Last {
				names = append(names, event.SystemTime)
			}
		}
	case query.Sort:
		for _, k := range s.Keys {
			names = append(names, k.Field)
		}
	case query.Dedup:
		return s.Fields
	case query.Project:
		return s.Fields
	case query.Local:
		return s.Reads()
	}
	return names
}

// narrowed lets the store's part of a pipeline give the fields that the rest
// reads, and not all there are.
func narrowed(stages []query.Stage) []query.Stage {
	before, local := query.Cut(stages)
	if len(local) == 0 || slices.ContainsFunc(before, func(s query.Stage) bool { _, ok := s.(query.Aggregate); return ok }) {
		return stages
	}
	switch local[0].(type) {
	case query.Relevant, query.Templates:
		return stages
	}
	var names []string
	for _, s := range local {
		for _, name := range reads(s) {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return slices.Concat(before, []query.Stage{query.Project{Fields: names}}, local)
}

// late puts the computation of columns behind sorting and limits where these do
// not read them, so that it is done for the rows of the answer only, and leaves
// out those that nothing reads.
func late(stages []query.Stage) []query.Stage {
	stages = used(stages)
	for i := len(stages) - 2; i >= 0; i-- {
		s, ok := stages[i].(query.Compute)
		if !ok {
			continue
		}
		to := i
		for to+1 < len(stages) && passes(s, stages[to+1]) {
			to++
		}
		for to > i && !cuts(stages[i+1:to+1]) {
			to = i // nothing is gained
		}
		if to > i {
			copy(stages[i:], stages[i+1:to+1])
			stages[to] = s
		}
	}
	return stages
}

func passes(s query.Compute, next query.Stage) bool {
	switch n := next.(type) {
	case query.Filter, query.Sort, query.Limit, query.Dedup:
		return !slices.Contains(reads(next), s.Name)
	case query.Compute:
		return n.Name != s.Name && !slices.Contains(reads(n), s.Name) && !slices.Contains(query.FieldsOf(s.Expr), n.Name)
	}
	return false
}

func cuts(stages []query.Stage) bool {
	return slices.ContainsFunc(stages, func(s query.Stage) bool {
		switch s.(type) {
		case query.Limit, query.Filter, query.Dedup:
			return true
		}
		return false
	})
}

// used leaves out computed columns that no later stage reads.
func used(stages []query.Stage) []query.Stage {
	read := map[string]bool{}
	kept := make([]query.Stage, 0, len(stages))
	for _, s := range slices.Backward(stages) {
		if s, ok := s.(query.Compute); ok {
			if !read[s.Name] {
				continue
			}
			delete(read, s.Name)
		}
		for _, name := range reads(s) {
			read[name] = true
		}
		kept = append(kept, s)
	}
	slices.Reverse(kept)
	return kept
}
