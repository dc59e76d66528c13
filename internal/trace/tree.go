package trace

import (
	"cmp"
	"slices"
)

// merge sorts spans by start, drops those received twice and keeps at most
// limit. The order in which they came does not matter: content breaks ties.
func (a *assembly) merge(limit int) {
	a.dropSuperseded()
	slices.SortStableFunc(a.nodes, a.compare)
	kept := a.nodes[:0]
	for _, n := range a.nodes {
		if k := len(kept) - 1; k >= 0 && a.compare(kept[k], n) == 0 {
			kept[k].flags |= n.flags & FlagError
			kept[k].status = max(kept[k].status, n.status)
			kept[k].http = max(kept[k].http, n.http)
			continue
		}
		kept = append(kept, n)
	}
	a.out.Total = len(kept)
	a.nodes = a.choose(kept, limit)
	for i := range a.nodes {
		n := &a.nodes[i]
		first, seen := a.byID[n.id]
		if !seen {
			a.byID[n.id] = int32(i)
			continue
		}
		a.out.Notes.Duplicates++
		n.flags |= FlagDuplicate
		a.nodes[first].flags |= FlagDuplicate
	}
}

// dropSuperseded takes out what was said of spans before they ended, where they have,
// and of what is left keeps the last word on each.
func (a *assembly) dropSuperseded() {
	unfinished := func(n *node) bool { return n.flags&FlagInProgress != 0 }
	if !slices.ContainsFunc(a.nodes, func(n node) bool { return unfinished(&n) }) {
		return
	}
	last := make(map[string]int, len(a.nodes))
	for i := range a.nodes {
		n := &a.nodes[i]
		known, seen := last[n.id]
		switch {
		case !seen, unfinished(&a.nodes[known]) && (!unfinished(n) || n.end >= a.nodes[known].end):
			last[n.id] = i
		}
	}
	kept := a.nodes[:0]
	for i, n := range a.nodes {
		if !unfinished(&n) || last[n.id] == i {
			kept = append(kept, n)
		}
	}
	a.nodes = kept
}

// compare orders spans by start, then the longest first, then by what they are.
// Spans that compare equal are one span received twice.
func (a *assembly) compare(x, y node) int {
	if c := cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(y.end, x.end), cmp.Compare(x.id, y.id), cmp.Compare(x.parentID, y.parentID)); c != 0 {
		return c
	}
	text := a.out.Strings
	return cmp.Or(cmp.Compare(text[x.service], text[y.service]), cmp.Compare(text[x.name], text[y.name]))
}

// choose keeps limit spans of a trace that has more: roots, then errors, then
// the longest, each with all that is above it, so that no kept span seems to
// miss a parent that did arrive. The order stays.
func (a *assembly) choose(all []node, limit int) []node {
	if len(all) <= limit {
		return all
	}
	byID := make(map[string]int32, len(all))
	rank := make([]int32, len(all))
	for i := range all {
		rank[i] = int32(i)
		if _, seen := byID[all[i].id]; !seen {
			byID[all[i].id] = int32(i)
		}
	}
	class := func(i int32) int {
		switch {
		case all[i].parentID == "":
			return 0
		case all[i].flags&FlagError != 0:
			return 1
		}
		return 2
	}
	slices.SortFunc(rank, func(x, y int32) int {
		return cmp.Or(cmp.Compare(class(x), class(y)), cmp.Compare(all[y].end-all[y].start, all[x].end-all[x].start), cmp.Compare(x, y))
	})
	keep := make([]bool, len(all))
	left := limit
	var chain []int32
	for _, i := range rank {
		chain = chain[:0]
		for known := true; known && !keep[i]; i, known = byID[all[i].parentID] {
			keep[i] = true // ends the walk in a loop, too
			chain = append(chain, i)
		}
		if len(chain) > left {
			for _, c := range chain {
				keep[c] = false
			}
			continue
		}
		if left -= len(chain); left == 0 {
			break
		}
	}
	kept := all[:0]
	for i, k := range keep {
		if k {
			kept = append(kept, all[i])
		}
	}
	return kept
}

// link gives every span its parent, makes placeholders for parents that never
// came, and cuts loops so that all spans hang on some root.
func (a *assembly) link() {
	missing := map[string]int32{}
	for i := range len(a.nodes) {
		n := &a.nodes[i]
		if n.parentID == "" {
			continue
		}
		p, known := a.byID[n.parentID]
		switch {
		case known && p == int32(i), n.parentID == n.id:
			n.flags |= FlagLoop
			a.out.Notes.Loops++
		case known:
			n.parent = p
		default:
			p := a.placeholder(missing, n.parentID)
			a.nodes[i].parent = p // n may point to where the spans were before one more came
		}
	}
	a.out.Notes.MissingParents = len(missing)
	a.cutLoops()
	for i := range a.nodes {
		if p := a.nodes[i].parent; p >= 0 {
			a.nodes[p].children = append(a.nodes[p].children, int32(i))
		} else {
			a.roots = append(a.roots, int32(i))
		}
	}
	for i := len(a.nodes) - 1; i >= 0; i-- { // children mostly start later, and so are done before
		if n := &a.nodes[i]; n.flags&FlagInProgress != 0 {
			for _, c := range n.children {
				n.end = max(n.end, a.nodes[c].end)
			}
		}
	}
	for _, p := range missing {
		a.spread(p)
	}
	a.out.Notes.Roots = len(a.roots)
}

func (a *assembly) placeholder(missing map[string]int32, id string) int32 {
	p, ok := missing[id]
	if !ok {
		p = int32(len(a.nodes))
		missing[id] = p
		a.nodes = append(a.nodes, node{id: id, parent: -1, flags: FlagPlaceholder | FlagNoDuration, ref: Ref{Batch: -1, Row: -1}})
	}
	return p
}

// spread stretches a placeholder over the children it stands above.
func (a *assembly) spread(p int32) {
	n := &a.nodes[p]
	for k, c := range n.children {
		child := &a.nodes[c]
		if k == 0 || child.start < n.start {
			n.start = child.start
		}
		n.end = max(n.end, child.end)
	}
}

// cutLoops makes the earliest span of each loop a root. Each span is walked
// upwards once: the walk stops at a span of an earlier walk.
func (a *assembly) cutLoops() {
	seen := make([]int32, len(a.nodes)) // 0 never, else the number of the walk
	for i := range a.nodes {
		walk := int32(i) + 1
		at := int32(i)
		for at >= 0 && seen[at] == 0 {
			seen[at] = walk
			at = a.nodes[at].parent
		}
		if at < 0 || seen[at] != walk {
			continue
		}
		earliest := at
		for j := a.nodes[at].parent; j != at; j = a.nodes[j].parent {
			if j < earliest { // spans stand in order of their start
				earliest = j
			}
		}
		a.nodes[earliest].parent = -1
		a.nodes[earliest].flags |= FlagLoop
		a.out.Notes.Loops++
	}
}

// order lays the spans out depth first, children by start.
func (a *assembly) order() {
	byStart := func(x, y int32) int {
		return cmp.Or(cmp.Compare(a.nodes[x].start, a.nodes[y].start), cmp.Compare(x, y))
	}
	slices.SortFunc(a.roots, byStart)
	for i := range a.nodes {
		slices.SortFunc(a.nodes[i].children, byStart)
	}
	base, end := a.bounds()
	a.out.Base, a.out.Duration = base, end-base
	a.final = make([]int32, len(a.nodes))
	a.out.Spans = make([]Span, 0, len(a.nodes))
	type frame struct{ node, parent, depth int32 }
	stack := make([]frame, 0, 64)
	for _, r := range slices.Backward(a.roots) {
		stack = append(stack, frame{r, -1, 0})
	}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := &a.nodes[f.node]
		at := int32(len(a.out.Spans))
		a.final[f.node] = at
		a.out.Spans = append(a.out.Spans, Span{
			ID: n.id, Parent: f.parent, Depth: f.depth, Start: n.start - base, Duration: n.end - n.start,
			Service: n.service, Name: n.name, Kind: n.kind, Status: n.status, HTTP: n.http, Flags: n.flags, Ref: n.ref,
		})
		for _, c := range slices.Backward(n.children) {
			stack = append(stack, frame{c, at, f.depth + 1})
		}
	}
}

func (a *assembly) bounds() (base, end int64) {
	for i := range a.nodes {
		n := &a.nodes[i]
		if i == 0 || n.start < base {
			base = n.start
		}
		if i == 0 || n.end > end {
			end = n.end
		}
	}
	if len(a.nodes) == 0 {
		for i, m := range a.marks {
			if i == 0 || m.time < base {
				base = m.time
			}
			end = max(end, m.time)
		}
	}
	return base, max(end, base)
}
