package querier

import (
	"context"
	"net/netip"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// fillGaps adds the rows of buckets without any.
func (t *rows) fillGaps(s query.FillGaps) error {
	if len(t.values) == 0 || s.Step <= 0 {
		return nil
	}
	there := map[string]bool{}
	groups := map[string]int{} // a row of each
	low, high := int64(1<<63-1), int64(-1<<63)
	for i := range t.values {
		v := t.get(i, s.Time)
		if v.Kind() != event.Int {
			continue
		}
		low, high = min(low, v.Int()), max(high, v.Int())
		there[t.key(i, append([]string{s.Time}, s.Keys...))] = true
		groups[t.key(i, s.Keys)] = i
	}
	descending := len(t.values) > 1 && t.get(0, s.Time).Int() > t.get(len(t.values)-1, s.Time).Int()
	if low <= high && float64(high-low)/float64(s.Step)*float64(len(groups)) > float64(t.most) {
		return t.tooMany()
	}
	for at := low; at <= high; at += s.Step {
		for _, of := range groups {
			i := len(t.values)
			t.values = append(t.values, nil)
			t.set(i, s.Time, event.IntValue(at))
			for _, name := range s.Keys {
				t.set(i, name, t.get(of, name))
			}
			if there[t.key(i, append([]string{s.Time}, s.Keys...))] {
				t.values = t.values[:i]
				continue
			}
			for _, v := range s.Values {
				t.set(i, v.Field, v.Value)
			}
		}
	}
	keys := []query.SortKey{{Field: s.Time, Desc: descending}}
	for _, name := range s.Keys {
		keys = append(keys, query.SortKey{Field: name, Natural: true})
	}
	t.sort(keys)
	return nil
}

// lookup adds columns of a table.
func (t *rows) lookup(s query.Lookup) {
	key := slices.Index(s.Table.Columns, s.Key)
	byKey := map[string][]string{}
	var networks []netip.Prefix
	var networkRows [][]string
	for _, r := range s.Table.Rows {
		if key < 0 || key >= len(r) {
			continue
		}
		if p, err := netip.ParsePrefix(r[key]); s.Networks && err == nil {
			networks, networkRows = append(networks, p), append(networkRows, r)
		}
		if _, again := byKey[r[key]]; !again {
			byKey[r[key]] = r
		}
	}
	for _, o := range s.Outputs {
		t.column(o.Name)
	}
	for i := range t.values {
		v := t.get(i, s.Field)
		found := byKey[v.Text()]
		if s.Networks {
			found = narrowest(v.Text(), networks, networkRows)
		}
		for _, o := range s.Outputs {
			at := slices.Index(s.Table.Columns, o.Column)
			if s.Keep && !t.get(i, o.Name).IsNull() {
				continue
			}
			if v.IsNull() || found == nil || at < 0 || at >= len(found) {
				if !s.Keep {
					t.set(i, o.Name, event.Value{})
				}
				continue
			}
			t.set(i, o.Name, event.StringValue(found[at]))
		}
	}
}

// narrowest is the row of the smallest network that an address is in.
func narrowest(address string, networks []netip.Prefix, list [][]string) []string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	var found []string
	bits := -1
	for i, p := range networks {
		if p.Contains(a.Unmap()) && p.Bits() > bits {
			found, bits = list[i], p.Bits()
		}
	}
	return found
}

// other answers the query of another stage.
func (q *Querier) other(ctx context.Context, ask *query.Query) (*rows, error) {
	r, err := q.runAll(ctx, ask, Telling{})
	if err != nil {
		return nil, err
	}
	return newRows(r, q.config.MaxRows), nil
}

func (q *Querier) join(ctx context.Context, t *rows, s query.Join) error {
	with, err := q.other(ctx, s.With)
	if err != nil {
		return err
	}
	byKey := map[string][]int{}
	for i := range with.values {
		if v := with.get(i, s.WithKey); !v.IsNull() {
			byKey[v.Text()] = append(byKey[v.Text()], i)
		}
	}
	if s.MostKeys > 0 && len(byKey) > s.MostKeys {
		return fault.New(fault.TooLarge, "the right side of the join has more than %d keys; narrow it", s.MostKeys)
	}
	for _, c := range s.Columns {
		t.column(c.Name)
	}
	out := &rows{names: t.names, order: t.order, most: t.most}
	for i := range t.values {
		var matches []int
		if v := t.get(i, s.Field); !v.IsNull() {
			matches = byKey[v.Text()]
		}
		if len(matches) == 0 && s.Outer {
			out.values = append(out.values, t.values[i])
		}
		for _, m := range matches {
			out.values = append(out.values, slices.Clone(t.values[i]))
			for _, c := range s.Columns {
				out.set(len(out.values)-1, c.Name, with.get(m, c.Field))
			}
		}
		if len(out.values) > t.most {
			return t.tooMany()
		}
	}
	t.values = out.values
	return nil
}

// beside glues columns to the rows.
func (q *Querier) beside(ctx context.Context, t *rows, s query.Beside) error {
	with, err := q.other(ctx, s.With)
	if err != nil {
		return err
	}
	for _, c := range s.Columns {
		t.column(c.Name)
	}
	for i := range with.values {
		if s.Most > 0 && i >= s.Most {
			return nil
		}
		if i == len(t.values) {
			t.values = append(t.values, nil)
		}
		for _, c := range s.Columns {
			if s.Keep && !t.get(i, c.Name).IsNull() {
				continue
			}
			t.set(i, c.Name, with.get(i, c.Field))
		}
	}
	return nil
}

// earlier puts what the query gives for an earlier range beside its rows.
func (q *Querier) earlier(ctx context.Context, t *rows, s query.Earlier, sofar *query.Query) error {
	ask := *sofar
	ask.Start, ask.End = ask.Start-s.Shift, ask.End-s.Shift
	with, err := q.other(ctx, &ask)
	if err != nil {
		return err
	}
	keys := slices.Clone(s.Keys)
	if s.Time != "" {
		keys = append(keys, s.Time)
		for i := range with.values {
			if v := with.get(i, s.Time); v.Kind() == event.Int {
				with.set(i, s.Time, event.IntValue(v.Int()+s.Shift))
			}
		}
	}
	byKey := map[string]int{}
	for i := range with.values {
		byKey[with.key(i, keys)] = i
	}
	for _, c := range s.Columns {
		t.column(c.Name)
	}
	for i := range t.values {
		if m, ok := byKey[t.key(i, keys)]; ok {
			for _, c := range s.Columns {
				t.set(i, c.Name, with.get(m, c.Field))
			}
		}
	}
	return nil
}
