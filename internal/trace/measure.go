package trace

import (
	"cmp"
	"slices"
)

// measure fills self times, descendants and the error-below flags. Spans stand
// in depth-first order, so children come after their parents.
func (a *assembly) measure() {
	spans := a.out.Spans
	covered := make([]int64, len(spans)) // end of the stretch its children cover so far
	for i := range spans {
		spans[i].Self = spans[i].Duration
		covered[i] = spans[i].Start
	}
	for i := range spans {
		p := spans[i].Parent
		if p < 0 {
			continue
		}
		parentEnd := spans[p].Start + spans[p].Duration
		from := max(spans[i].Start, covered[p])
		to := min(spans[i].Start+spans[i].Duration, parentEnd)
		if to > from {
			spans[p].Self -= to - from
			covered[p] = to
		}
	}
	for _, span := range slices.Backward(spans) {
		p := span.Parent
		if p < 0 {
			continue
		}
		spans[p].Descendants += span.Descendants + 1
		if span.Flags&(FlagError|FlagErrorBelow) != 0 {
			spans[p].Flags |= FlagErrorBelow
		}
	}
}

// criticalPath walks back from the end of the longest root: at each moment it
// goes into the child that ended last, since that is what its parent waited
// for. Children that outlive their parent count until the parent's end.
func (a *assembly) criticalPath() {
	spans := a.out.Spans
	root := a.out.Root()
	if root < 0 {
		return
	}
	children := make([][]int32, len(spans))
	for i := range spans {
		if p := spans[i].Parent; p >= 0 {
			children[p] = append(children[p], int32(i))
		}
	}
	type visit struct {
		span     int32
		from, to int64 // to is where the walk stands; it moves down to from
		next     int   // children still to look at, latest end first
	}
	open := func(i int32, from, to int64) visit {
		slices.SortFunc(children[i], func(x, y int32) int {
			return cmp.Or(cmp.Compare(end(&spans[x]), end(&spans[y])), cmp.Compare(x, y))
		})
		spans[i].Flags |= FlagCritical
		return visit{i, from, to, len(children[i])}
	}
	stack := []visit{open(root, spans[root].Start, end(&spans[root]))}
	for len(stack) > 0 {
		v := &stack[len(stack)-1]
		entered := false
		for v.next > 0 && !entered {
			v.next--
			c := children[v.span][v.next]
			stop := min(end(&spans[c]), v.to)
			start := max(spans[c].Start, v.from)
			if stop <= start {
				continue
			}
			a.step(v.span, stop, v.to)
			v.to = start
			stack = append(stack, open(c, start, stop))
			entered = true
		}
		if !entered {
			a.step(v.span, v.from, v.to)
			stack = stack[:len(stack)-1]
		}
	}
	slices.SortFunc(a.out.Critical, func(x, y Step) int { return cmp.Compare(x.Start, y.Start) })
}

func end(s *Span) int64 { return s.Start + s.Duration }

func (a *assembly) step(span int32, from, to int64) {
	if to > from {
		a.out.Critical = append(a.out.Critical, Step{Span: span, Start: from, End: to})
	}
}

// Root returns the index of the root that stands for the trace: the longest one
// that was received, else the longest placeholder; -1 if there are no spans.
func (t *Trace) Root() int32 {
	best := int32(-1)
	for i := range t.Spans {
		s := &t.Spans[i]
		if s.Parent >= 0 {
			continue
		}
		if best < 0 {
			best = int32(i)
			continue
		}
		b := &t.Spans[best]
		arrived, bestArrived := s.Flags&FlagPlaceholder == 0, b.Flags&FlagPlaceholder == 0
		if (arrived && !bestArrived) || (arrived == bestArrived && s.Duration > b.Duration) {
			best = int32(i)
		}
	}
	return best
}

// annotate hangs events, links, logs and errors on their spans, in time order.
func (a *assembly) annotate() {
	slices.SortStableFunc(a.marks, func(x, y mark) int { return cmp.Compare(x.time, y.time) })
	for _, m := range a.marks {
		an := Annotation{Span: -1, Time: m.time - a.out.Base, Name: m.name, Kind: m.kind, Severity: m.sev, Ref: m.ref}
		if i, ok := a.byID[m.spanID]; ok && m.spanID != "" {
			an.Span = a.final[i]
			if m.kind == Link {
				a.out.Spans[an.Span].Flags |= FlagLinks
			} else {
				a.out.Spans[an.Span].Flags |= FlagEvents
			}
		}
		a.out.Annotations = append(a.out.Annotations, an)
		a.out.Newest = max(a.out.Newest, m.time)
	}
}

func (a *assembly) summarise() {
	byService := map[int32]*Service{}
	var order []int32
	for i := range a.out.Spans {
		s := &a.out.Spans[i]
		a.out.Newest = max(a.out.Newest, a.out.Base+end(s))
		if s.Flags&FlagPlaceholder != 0 {
			continue
		}
		sum := byService[s.Service]
		if sum == nil {
			sum = &Service{Name: a.out.Strings[s.Service]}
			byService[s.Service] = sum
			order = append(order, s.Service)
		}
		sum.Spans++
		sum.Self += s.Self
		if s.Flags&FlagError != 0 {
			sum.Errors++
		}
	}
	for _, k := range order {
		a.out.Services = append(a.out.Services, *byService[k])
	}
}
