package insights

import (
	"time"

	"github.com/oriel-dev/oriel/internal/query"
)

// onlyEvents checks that nothing but choosing events and making fields was done.
func (c *compiler) onlyEvents(name token) error {
	for _, s := range c.stages {
		switch s.(type) {
		case query.Filter, query.Compute:
		default:
			return wrong(name.start, name.end, "%s at %s looks at events: only fields, parse and filter may stand before it", name.text, place(c.p.text, name.start))
		}
	}
	return nil
}

// anew begins with rows that are no events, and are in order.
func (c *compiler) anew() {
	c.fields, c.shown, c.parsed, c.scope = nil, nil, nil, map[string]field{}
	c.closed, c.sorted, c.limited, c.step = true, true, false, 0
}

// patternCommand reads "pattern field".
func (c *compiler) patternCommand(name token) error {
	t, err := c.p.name()
	if err != nil {
		return err
	}
	if err := c.onlyEvents(name); err != nil {
		return err
	}
	f := c.lookup(t.text)
	if f.typ == JSON || f.typ == Pointer || f.typ == Time {
		return wrong(t.start, t.end, "%s at %s is no text to find patterns in", t.text, place(c.p.text, t.start))
	}
	s := query.Templates{Field: c.compute(f.expr, "")}
	c.anew()
	for i, name := range []string{"@pattern", "@ratio", "@sampleCount", "@severityLabel", "@patternId"} {
		typ := Any
		if i == 1 || i == 2 {
			typ = Number
		}
		s.Names[i] = c.shows(name, typ)
	}
	c.add(s)
	return nil
}

// diffCommand reads "diff [previousDay|previousWeek|previousMonth]".
func (c *compiler) diffCommand(name token) error {
	const day = int64(24 * time.Hour)
	last := len(c.stages) - 1
	var s query.Templates
	ok := last >= 0
	if ok {
		s, ok = c.stages[last].(query.Templates)
	}
	if !ok {
		return wrong(name.start, name.end, "diff at %s compares patterns: it stands right behind pattern", place(c.p.text, name.start))
	}
	s.Earlier = c.o.End - c.o.Start
	switch {
	case c.p.takeWord("previousDay"):
		s.Earlier = day
	case c.p.takeWord("previousWeek"):
		s.Earlier = 7 * day
	case c.p.takeWord("previousMonth"):
		s.Earlier = 30 * day
	}
	s.Names[5], s.Names[6] = c.shows("@differenceEventCount", Number), c.shows("@differenceDescription", Any)
	c.stages[last] = s
	return nil
}

// relevantCommand reads "relevantfields [f …] where condition".
func (c *compiler) relevantCommand(name token) error {
	if err := c.onlyEvents(name); err != nil {
		return err
	}
	var fields []string
	for !c.p.peek().word("where") {
		t, err := c.p.name()
		if err != nil {
			return err
		}
		f, ok := c.lookup(t.text).expr.(query.Field)
		if !ok {
			return wrong(t.start, t.end, "%s at %s is computed; relevantfields compares fields of events", t.text, place(c.p.text, t.start))
		}
		fields = append(fields, f.Name)
		c.p.takeSign(",")
	}
	c.p.take()
	n, err := c.p.expr()
	if err != nil {
		return err
	}
	where, err := c.condition(n)
	if err != nil {
		return err
	}
	s := query.Relevant{Where: where, Fields: fields}
	c.anew()
	for i, name := range []string{"@fieldName", "@relevanceScore", "@topRelevanceContributors", "@conditionalMedian", "@baselineMedian"} {
		typ := Number
		if i == 0 || i == 2 {
			typ = Any
		}
		s.Names[i] = c.shows(name, typ)
	}
	c.add(s)
	return nil
}
