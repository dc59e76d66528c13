package insights

import (
	"strings"
)

// source reads what stands behind SOURCE: names in quotes, with the range that
// DescribeQueries puts behind them, or logGroups(…) or dataSource(…).
func (p *parser) source() (Source, error) {
	var s Source
	for {
		switch t := p.take(); {
		case t.kind == stringToken:
			s.Names = append(s.Names, t.text)
		case t.word("logGroups") && p.takeSign("("):
			if err := p.logGroups(&s); err != nil {
				return s, err
			}
		case t.word("dataSource") && p.takeSign("("):
			list, err := p.texts(10)
			if err != nil {
				return s, err
			}
			if s.DataSets = list; !p.takeSign(")") {
				return s, p.unexpected(p.peek())
			}
		default:
			return s, p.unexpected(t)
		}
		for p.peek().word("start") || p.peek().word("end") {
			p.take()
			if err := p.want("="); err != nil {
				return s, err
			}
			if t := p.take(); t.kind != numberToken {
				return s, p.unexpected(t)
			}
		}
		if !p.takeSign(",") {
			return s, nil
		}
	}
}

func (p *parser) logGroups(s *Source) error {
	for {
		t := p.take()
		if t.kind != wordToken {
			return p.unexpected(t)
		}
		if !p.takeSign("=") {
			if u := p.take(); !u.is(":") {
				return p.unexpected(u)
			}
		}
		var err error
		switch strings.ToLower(t.text) {
		case "nameprefix":
			s.Prefixes, err = p.texts(5)
		case "class":
			s.Class, err = p.texts(10)
		case "accountidentifiers":
			s.Accounts, err = p.texts(20)
		default:
			return wrong(t.start, t.end, "unexpected symbol found %s at %s: logGroups takes namePrefix, class and accountIdentifiers", t.text, place(p.text, t.start))
		}
		if err != nil {
			return err
		}
		if p.takeSign(")") {
			return nil
		}
		if err := p.want(","); err != nil {
			return err
		}
	}
}

// texts reads a list of at most so many strings.
func (p *parser) texts(most int) ([]string, error) {
	if err := p.want("["); err != nil {
		return nil, err
	}
	var list []string
	for {
		t := p.take()
		if t.kind != stringToken {
			return nil, p.unexpected(t)
		}
		if list = append(list, t.text); len(list) > most {
			return nil, wrong(t.start, t.end, "the list at %s has more than %d names", place(p.text, t.start), most)
		}
		if p.takeSign("]") {
			return list, nil
		}
		if err := p.want(","); err != nil {
			return nil, err
		}
	}
}
