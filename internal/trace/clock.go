package trace

import "slices"

// process is one clock: a service on a host.
type process struct{ service, host int32 }

// correctClocks shifts the spans of a process whose clock disagrees with its
// caller's. A child can't start before its parent, and the server's side of a
// call can't end after the client's: over all calls into a process these give a
// range of possible offsets, and zero is kept whenever it is possible.
func (a *assembly) correctClocks() {
	offsets := map[process]int64{}
	spans := map[process]int{}
	for i := range a.nodes {
		spans[process{a.nodes[i].service, a.nodes[i].host}]++
	}
	calls := a.callsBetweenProcesses()
	for _, r := range a.roots {
		n := &a.nodes[r]
		if n.flags&FlagPlaceholder == 0 {
			settle(offsets, process{n.service, n.host}, 0)
		}
	}
	for _, callee := range calls.order {
		if _, settled := offsets[callee]; settled {
			continue
		}
		offsets[callee] = a.offsetOf(calls.into[callee], offsets)
	}
	a.shift(offsets, spans)
}

func settle(offsets map[process]int64, p process, ns int64) {
	if _, ok := offsets[p]; !ok {
		offsets[p] = ns
	}
}

type calls struct {
	order []process           // callees, in the order in which the tree reaches them
	into  map[process][]int32 // child spans by callee
}

func (a *assembly) callsBetweenProcesses() calls {
	c := calls{into: map[process][]int32{}}
	queue := slices.Clone(a.roots)
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		n := &a.nodes[i]
		from := process{n.service, n.host}
		for _, k := range n.children {
			child := &a.nodes[k]
			to := process{child.service, child.host}
			if to != from && n.flags&FlagPlaceholder == 0 {
				if len(c.into[to]) == 0 {
					c.order = append(c.order, to)
				}
				c.into[to] = append(c.into[to], k)
			}
		}
		queue = append(queue, n.children...)
	}
	return c
}

func (a *assembly) offsetOf(children []int32, offsets map[process]int64) int64 {
	const far = int64(1) << 62
	low, high := -far, far
	for _, k := range children {
		child := &a.nodes[k]
		parent := &a.nodes[child.parent]
		by := offsets[process{parent.service, parent.host}]
		low = max(low, parent.start+by-child.start)
		if parent.kind == KindClient && child.kind == KindServer && child.end-child.start <= parent.end-parent.start {
			high = min(high, parent.end+by-child.end)
		}
	}
	const tolerance = 1_000_000 // clocks of one machine differ by less than a millisecond, and nobody sees it
	switch {
	case low <= tolerance && high >= -tolerance:
		return 0
	case low <= high && high != far && low != -far:
		return low + (high-low)/2
	case low > 0:
		return low
	}
	// Calls contradict each other: some outlived their caller, as after a
	// timeout. Starts are in order as they are, so the clock is believed.
	return 0
}

func (a *assembly) shift(offsets map[process]int64, spans map[process]int) {
	noted := map[process]bool{}
	for i := range a.nodes {
		n := &a.nodes[i]
		p := process{n.service, n.host}
		by := offsets[p]
		if by == 0 || n.flags&FlagPlaceholder != 0 {
			continue
		}
		n.start += by
		n.end += by
		n.flags |= FlagClock
		if !noted[p] {
			noted[p] = true
			a.out.Notes.Skew = append(a.out.Notes.Skew, Skew{
				Service: a.out.Strings[p.service], Host: a.out.Strings[p.host], NS: by, Spans: spans[p],
			})
		}
	}
	for k := range a.marks {
		m := &a.marks[k]
		if i, ok := a.byID[m.spanID]; ok && m.spanID != "" {
			m.time += offsets[process{a.nodes[i].service, a.nodes[i].host}]
		}
	}
}
