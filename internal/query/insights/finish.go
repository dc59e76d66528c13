package insights

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// finish puts order, limits and columns at the end.
func (c *compiler) finish() (*Program, error) {
	p := c.program
	if p.Estimate && c.o.Limit > 0 {
		return nil, wrong(0, len(c.p.text), "limit cannot be given together with the command estimate")
	}
	p.Raw = !c.closed
	c.order()
	if !c.limited {
		c.add(query.Limit{Count: DefaultLimit})
	}
	if c.o.Limit > 0 {
		c.add(query.Limit{Count: c.o.Limit})
	}
	p.Columns = c.columns()
	p.Matching = matching(c.stages)
	names := []string{}
	for _, col := range p.Columns {
		if !slices.Contains(names, col.Field) {
			names = append(names, col.Field)
		}
	}
	p.Spans = c.o.Spans != nil && c.o.Spans(p.Groups)
	if err := c.checkMessage(); err != nil {
		return nil, err
	}
	if p.Raw {
		told := PointerFields()
		if p.Spans {
			told = append(told, SpanFields()...)
		}
		for _, name := range told {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if p.Estimate {
		p.Raw, p.Columns = false, EstimateColumns()
	}
	p.Stages = late(narrowed(append(c.stages, query.Project{Fields: names})))
	p.counted()
	return p, nil
}

// checkMessage refuses what reads the message of spans: it is made when the answer
// is read.
func (c *compiler) checkMessage() error {
	if !c.program.Spans || !slices.ContainsFunc(c.stages, func(s query.Stage) bool { return slices.Contains(reads(s), event.FieldBody) }) {
		return nil
	}
	start, end := 0, len(c.p.text)
	for _, t := range c.p.tokens {
		if t.kind == wordToken && t.text == "@message" {
			start, end = t.start, t.end
		}
	}
	return wrong(start, end, "@message at %s is made of all fields of a span when the answer is read, and can only be shown: name a field, such as name, attributes.… or resource.attributes.…", place(c.p.text, start))
}

func (c *compiler) columns() []Column {
	switch {
	case c.shown != nil:
		return c.shown
	case c.closed:
		return c.fields
	case c.fields != nil:
		columns := c.fields
		for _, col := range c.parsed {
			columns = replaced(columns, col)
		}
		return columns
	}
	return append([]Column{
		{Name: "@timestamp", Field: event.SystemTime, Type: Time}, {Name: "@message", Field: event.FieldBody},
	}, c.parsed...)
}

// matching are the stages that choose events, up to what changes what a row is.
func matching(stages []query.Stage) []query.Stage {
	var kept []query.Stage
	for _, s := range stages {
		switch s.(type) {
		case query.Filter, query.Compute:
			kept = append(kept, s)
		case query.Sort:
		default:
			return needed(kept)
		}
	}
	return needed(kept)
}

// needed leaves out the computed columns that no filter reads.
func needed(stages []query.Stage) []query.Stage {
	var kept []query.Stage
	read := map[string]bool{}
	for _, s := range slices.Backward(stages) {
		if s, ok := s.(query.Compute); ok && !read[s.Name] {
			continue
		}
		for _, name := range reads(s) {
			read[name] = true
		}
		kept = append(kept, s)
	}
	slices.Reverse(kept)
	return kept
}
