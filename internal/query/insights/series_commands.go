package insights

import (
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// setting reads "name=value" where value is a word, number or string; done is true
// where no setting follows.
func (c *compiler) setting() (name string, value token, done bool, err error) {
	t := c.p.peek()
	if t.kind != wordToken || c.p.next+1 >= len(c.p.tokens) || !c.p.tokens[c.p.next+1].is("=") {
		return "", t, true, nil
	}
	c.p.next += 2
	v := c.p.take()
	if v.kind != wordToken && v.kind != numberToken && v.kind != stringToken {
		return "", v, false, c.p.unexpected(v)
	}
	return strings.ToLower(t.text), v, false, nil
}

func (c *compiler) truthOf(t token) (bool, error) {
	switch strings.ToLower(t.text) {
	case "true", "t", "1", "yes":
		return true, nil
	case "false", "f", "0", "no":
		return false, nil
	}
	return false, wrong(t.start, t.end, "unexpected symbol found %s at %s: true or false is wanted", t.text, place(c.p.text, t.start))
}

func (c *compiler) unknownSetting(command, name string, at token) error {
	return wrong(at.start, at.end, "unexpected symbol found %s at %s: %s has no such setting", name, place(c.p.text, at.start), command)
}

// shows adds a column that a command makes.
func (c *compiler) shows(name string, typ Type) string {
	col := c.column(name)
	c.scope[name] = stored(col, typ)
	if c.closed {
		c.fields = replaced(c.fields, Column{Name: name, Field: col, Type: typ})
	} else {
		c.parsed = replaced(c.parsed, Column{Name: name, Field: col, Type: typ})
	}
	return col
}

// names reads names with commas or blanks between, and gives their columns. The
// command goes through rows in order, so they are put in order first.
func (c *compiler) namesOf() ([]string, error) {
	var columns []string
	for c.p.peek().kind == wordToken && !c.p.peek().word("as") && !c.p.peek().word("maxspan") && !c.p.peek().word("where") {
		t, err := c.p.name()
		if err != nil {
			return nil, err
		}
		columns = append(columns, c.compute(c.lookup(t.text).expr, ""))
		c.p.takeSign(",")
	}
	c.order()
	return columns, nil
}

// named reads a name and what it is called from there on: its alias, or itself.
func (c *compiler) named() (t token, alias string, err error) {
	if t, err = c.p.name(); err != nil {
		return t, "", err
	}
	if alias, err = c.alias(); alias == "" {
		alias = t.text
	}
	return t, alias, err
}

func (c *compiler) accumCommand(token) error {
	t, alias, err := c.named()
	if err != nil {
		return err
	}
	field := c.compute(c.lookup(t.text).expr, "")
	c.order()
	c.add(query.RunningTotal{Field: field, Name: c.shows(alias, Number)})
	return nil
}

const maxLag = 100

func (c *compiler) autoregressCommand(token) error {
	t, alias, err := c.named()
	if err != nil {
		return err
	}
	name, _, done, err := c.setting()
	if err != nil || done || name != "p" {
		return c.p.unexpected(c.p.peek())
	}
	c.p.next--
	from, err := c.p.count("p", maxLag)
	if err != nil {
		return err
	}
	to := from
	if c.p.takeSign("-") {
		if to, err = c.p.count("p", maxLag); err != nil {
			return err
		}
	}
	f := c.lookup(t.text)
	field := c.compute(f.expr, "")
	c.order()
	c.add(query.Lag{Field: field, Name: c.column(alias + "_p"), From: from, To: max(to, from)})
	for n := from; n <= to; n++ {
		c.shows(alias+"_p"+itoa(n), f.typ)
	}
	return nil
}

func (c *compiler) filldownCommand(token) error {
	columns, err := c.namesOf()
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		for _, col := range c.fields {
			columns = append(columns, col.Field)
		}
	}
	c.add(query.FillDown{Fields: columns})
	return nil
}

// fillmissingCommand reads "fillmissing [with value for field, …]".
func (c *compiler) fillmissingCommand(name token) error {
	i := slices.IndexFunc(c.fields, func(col Column) bool { return col.Key && col.Type == Time })
	if !c.closed || i < 0 || c.step == 0 {
		return wrong(name.start, name.end, "fillmissing at %s needs rows by time: put it behind stats … by bin(5m), with a period that the calendar does not stretch", place(c.p.text, name.start))
	}
	s := query.FillGaps{Time: c.fields[i].Field, Step: c.step}
	for _, col := range c.fields {
		if col.Key && col.Field != s.Time {
			s.Keys = append(s.Keys, col.Field)
		}
	}
	for c.p.takeWord("with") {
		v, err := c.p.member()
		if err != nil {
			return err
		}
		if !c.p.takeWord("for") {
			return c.p.unexpected(c.p.peek())
		}
		t, err := c.p.name()
		if err != nil {
			return err
		}
		s.Values = append(s.Values, query.FillValue{Field: c.compute(c.lookup(t.text).expr, ""), Value: v})
		c.p.takeSign(",")
	}
	c.order()
	c.add(s)
	return nil
}

func (c *compiler) addtotalsCommand(token) error {
	s := query.Totals{}
	name, perRow := "Total", true
	for {
		setting, v, done, err := c.setting()
		if err != nil {
			return err
		}
		if done {
			break
		}
		switch setting {
		case "fieldname":
			name = v.text
		case "row":
			perRow, err = c.truthOf(v)
		case "col":
			s.Row, err = c.truthOf(v)
		default:
			err = c.unknownSetting("addtotals", setting, v)
		}
		if err != nil {
			return err
		}
	}
	var err error
	if s.Fields, err = c.namesOf(); err != nil {
		return err
	}
	if len(s.Fields) == 0 {
		for _, col := range c.fields {
			if col.Type == Number && !col.Key {
				s.Fields = append(s.Fields, col.Field)
			}
		}
	}
	if perRow {
		s.Name = c.shows(name, Number)
	}
	c.add(s)
	return nil
}

func (c *compiler) outlierCommand(token) error {
	s := query.Outliers{Width: 2.5, Lower: true}
	for {
		setting, v, done, err := c.setting()
		if err != nil {
			return err
		}
		if done {
			break
		}
		switch setting {
		case "action":
			action := strings.ToLower(v.text)
			s.Remove = action == "remove" || action == "rm"
			if !s.Remove && action != "transform" && action != "tf" {
				err = wrong(v.start, v.end, "unexpected symbol found %s at %s: the action is transform or remove", v.text, place(c.p.text, v.start))
			}
		case "param":
			f, isNumber := v.value.Number()
			if !isNumber || f < 0 {
				err = c.p.unexpected(v)
			}
			s.Width = f
		case "uselower":
			s.Lower, err = c.truthOf(v)
		case "mark":
			s.Mark, err = c.truthOf(v)
		default:
			err = c.unknownSetting("outlier", setting, v)
		}
		if err != nil {
			return err
		}
	}
	fields, err := c.namesOf()
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		return c.p.unexpected(c.p.peek())
	}
	s.Fields = fields
	c.add(s)
	return nil
}

func (c *compiler) sessionizeCommand(name token) error {
	const usual = 30 * time.Minute
	s := query.Sessions{Time: event.SystemTime, Span: int64(usual)}
	if c.closed {
		return wrong(name.start, name.end, "sessionize at %s works on events, not on what stats gives", place(c.p.text, name.start))
	}
	var err error
	if s.Fields, err = c.namesOf(); err != nil {
		return err
	}
	if c.p.takeWord("maxspan") {
		c.p.takeSign("=")
		n, err := c.p.primary()
		if err != nil {
			return err
		}
		p, err := c.period(n)
		if err != nil {
			return err
		}
		s.Span = p.step
	}
	alias, err := c.alias()
	if err != nil {
		return err
	}
	if alias == "" {
		alias = "session_id"
	}
	s.Name = c.shows(alias, Number)
	c.add(s)
	return nil
}

// countFrequentCommand is "stats count(*) as _approxcount by …", most first.
func (c *compiler) countFrequentCommand(token) error {
	a := &aggregation{c: c}
	if err := c.list(a.key); err != nil {
		return err
	}
	const name = "_approxcount"
	a.calcs = []query.Calc{{Op: query.Count, Name: c.column(name)}}
	a.outputs = []Column{{Name: name, Field: c.column(name), Type: Number}}
	a.finish()
	c.sorted = true
	c.add(query.Sort{Keys: []query.SortKey{{Field: c.column(name), Desc: true}, {Field: a.keys[0].Field, Natural: true}}})
	return nil
}

// logcompareCommand reads "logcompare timeshift 7d".
func (c *compiler) logcompareCommand(name token) error {
	if !c.p.takeWord("timeshift") {
		return c.p.unexpected(c.p.peek())
	}
	c.p.takeSign("=")
	n, err := c.p.primary()
	if err != nil {
		return err
	}
	p, err := c.period(n)
	if err != nil {
		return err
	}
	if p.months > 0 || !c.closed {
		return wrong(name.start, name.end, "logcompare at %s compares what stats gives, over a shift in weeks, days or less", place(c.p.text, name.start))
	}
	s := query.Earlier{Shift: p.step}
	var outputs []Column
	for _, col := range c.fields {
		switch {
		case col.Key && col.Type == Time:
			s.Time = col.Field
		case col.Key:
			s.Keys = append(s.Keys, col.Field)
		default:
			outputs = append(outputs, col)
		}
	}
	for _, col := range outputs {
		s.Columns = append(s.Columns, query.JoinColumn{Field: col.Field, Name: c.shows(col.Name+"_earlier", col.Type)})
	}
	c.order()
	c.add(s)
	return nil
}
