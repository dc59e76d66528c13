package item

import (
	"cmp"
	"slices"

	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// Trial finds out what other rules would make of past occurrences, without doing
// anything: the caller adds them, the newest first, and asks for the result.
type Trial struct {
	t           *Items
	environment string
	rules       *grouping.Rules
	checked     int
	changed     int
	moves       map[move]*Move
}

type move struct{ errorEnvironment, from, to string }

// Move is what became of the occurrences of one fingerprint that got another.
type Move struct {
	ErrorEnvironment string
	From             string // fingerprint
	To               string
	Item             int64  // that From belongs to, 0 for none
	ToItem           int64  // that To belongs to, 0 for a new one
	Title            string // that a new item would have
	Count            int64
}

// Outcome is what a trial found.
type Outcome struct {
	Checked  int
	Changed  int                // occurrences that would be grouped otherwise
	Moves    []Move             // the most frequent first
	Merges   [][]int64          // items whose occurrences would come together
	Splits   []int64            // items whose occurrences would come apart
	Problems []grouping.Problem // rules that took too long
}

// maxMoves bounds what a trial remembers.
const maxMoves = 5000

// Try begins a trial of rules for a project. Errors: Invalid.
func (t *Items) Try(environment, rules, paths string, ignoreClient bool) (*Trial, error) {
	r, err := grouping.Compile(rules, paths, ignoreClient)
	if err != nil {
		return nil, err
	}
	return &Trial{t: t, environment: environment, rules: r, moves: map[move]*Move{}}, nil
}

// Add looks at an occurrence: its stamped environment and fingerprint, and the
// data of its payload, see [PayloadOf].
func (r *Trial) Add(errorEnvironment, fingerprint string, data map[string]any) grouping.Decision {
	d := r.rules.Decide(data)
	r.checked++
	if d.Fingerprint != fingerprint {
		r.changed++
	}
	k := move{errorEnvironment, fingerprint, d.Fingerprint}
	m := r.moves[k]
	if m == nil {
		if len(r.moves) >= maxMoves {
			return d
		}
		m = &Move{ErrorEnvironment: errorEnvironment, From: fingerprint, To: d.Fingerprint, Title: d.Title}
		r.moves[k] = m
	}
	m.Count++
	return d
}

// Outcome tells what was found so far.
func (r *Trial) Outcome() Outcome {
	out := Outcome{Checked: r.checked, Changed: r.changed, Problems: r.rules.Problems()}
	into := map[move][]int64{}
	from := map[int64]int{}
	r.t.mu.RLock()
	for k, m := range r.moves {
		m.Item, m.ToItem = r.item(k.errorEnvironment, k.from), r.item(k.errorEnvironment, k.to)
		to := move{errorEnvironment: k.errorEnvironment, to: k.to}
		if m.Item != 0 {
			from[m.Item]++
			into[to] = append(into[to], m.Item)
		}
		if k.from != k.to {
			out.Moves = append(out.Moves, *m)
		}
	}
	r.t.mu.RUnlock()
	for _, items := range into {
		if slices.Sort(items); len(slices.Compact(items)) > 1 {
			out.Merges = append(out.Merges, slices.Compact(items))
		}
	}
	for id, ways := range from {
		if ways > 1 {
			out.Splits = append(out.Splits, id)
		}
	}
	slices.Sort(out.Splits)
	slices.SortFunc(out.Merges, slices.Compare)
	slices.SortFunc(out.Moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}

func (r *Trial) item(errorEnvironment, fingerprint string) int64 {
	if e := r.t.byKey[key{r.environment, errorEnvironment, fingerprint}]; e != nil {
		return e.ID
	}
	return 0
}
