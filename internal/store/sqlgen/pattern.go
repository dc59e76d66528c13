package sqlgen

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// FilterPattern is the function of two texts, a message and a filter pattern,
// that DuckDB must be given: whether the message matches, false for null.
const FilterPattern = "filter_pattern"

// filterPattern compiles a test by a filter pattern that is not one of terms.
// layer is the first that the text may be used in.
func (c *compiler) filterPattern(text, filter string, layer int) (string, error) {
	p := query.FilterPattern(filter)
	if p == nil {
		return "", fault.New(fault.Invalid, "%q is no filter pattern", filter)
	}
	if c.d == DuckDB {
		return FilterPattern + "(" + text + ", " + c.d.Quote(filter) + ")", nil
	}
	if p.Kind == pattern.JSON {
		return c.jsonPattern(text, p, layer), nil
	}
	return c.fieldPattern(text, p, layer), nil
}

// nodes compiles the conditions of a pattern.
func (c *compiler) nodes(n pattern.Node, leaf func(*pattern.Condition) string) string {
	switch x := n.(type) {
	case *pattern.Condition:
		return "(" + leaf(x) + ")"
	case pattern.And:
		return c.nodeList(x, " AND ", leaf)
	case pattern.Or:
		return c.nodeList(x, " OR ", leaf)
	}
	return c.d.truth()
}

func (c *compiler) nodeList(list []pattern.Node, joint string, leaf func(*pattern.Condition) string) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = c.nodes(n, leaf)
	}
	return "(" + strings.Join(parts, joint) + ")"
}

// The pieces of a JSON text, of a JSON string, and of a message split on blanks.
const (
	jsonPieces   = `"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[^"0-9-]+|-`
	stringPieces = `\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]+`
	fieldPieces  = `"[^"]*"?|\[[^\]]*\]?|[^\s"\[]\S*`
)

// jsonPattern compiles for ClickHouse, whose JSON functions are strict but for
// what needsCare finds: whole numbers beyond 64 bits and floats beyond the range
// make no JSON there, nor does half a surrogate pair.
func (c *compiler) jsonPattern(text string, p *pattern.Pattern, layer int) string {
	d := c.d
	const needsCare = `[0-9]{19}|[eE][+]?[0-9]{3}|[0-9]{300}|\\u[dD][89a-fA-F]`
	number := "toFloat64OrZero(t)"
	mended := "arrayStringConcat(arrayMap(t -> multiIf(" +
		"match(t, " + d.Quote(`^".*\\u[dD][89a-fA-F]`) + "), arrayStringConcat(arrayMap(e -> if(match(e, " + d.Quote(`^\\u[dD][89a-fA-F]..$`) + "), " + d.Quote(`\ufffd`) + ", e), extractAll(t, " + d.Quote(stringPieces) + "))), " +
		"match(t, " + d.Quote(`^-?[1-9][0-9]{18,}$`) + "), if(isInfinite(" + number + "), if(startsWith(t, '-'), '-', '') || '1.7976931348623157e308', t || 'e0'), " +
		"match(t, " + d.Quote(`^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$`) + ") AND isInfinite(" + number + "), if(startsWith(t, '-'), '-', '') || '1.7976931348623157e308', " +
		"t), extractAll(" + text + ", " + d.Quote(jsonPieces) + ")))"
	whole := "arrayStringConcat(extractAll(" + text + ", " + d.Quote(jsonPieces) + ")) = " + text
	json := c.hoist(layer, "ifNull(if(match("+text+", "+d.Quote(needsCare)+") AND "+whole+", "+mended+", "+text+"), '')")
	valid := "isValidJSON(" + json + ") AND JSONType(" + json + ") IN ('Object', 'Array') AND NOT startsWith(" + json + ", '\ufeff')"
	return "(" + valid + " AND " + c.nodes(p.Where, func(x *pattern.Condition) string { return c.jsonCondition(json, x) }) + ")"
}

// jsonCondition compiles a condition on what a selector finds. Elements and, for
// wildcards, members are reached by their place, from 1 on.
func (c *compiler) jsonCondition(json string, x *pattern.Condition) string {
	d := c.d
	at := json // and the path so far, as arguments
	var guards []string
	every, everyGuards := "", ""
	for _, s := range x.Path {
		if s.Every || !s.IsMember() {
			container := "Array"
			if s.IsMember() {
				container = "Object"
			}
			guards = append(guards, "JSONType("+at+") = '"+container+"'")
		}
		switch {
		case s.Every:
			every, everyGuards = "range(1, toUInt32(JSONLength("+at+")) + 1)", strings.Join(guards, " AND ")
			guards = nil
			at += ", i"
		case s.IsMember():
			at += ", " + d.Quote(s.Key)
		default:
			at += fmt.Sprintf(", %d", s.Index+1)
		}
	}
	if len(x.Path) > 0 {
		guards = append(guards, "JSONHas("+at+")")
	}
	if test := c.jsonTest(at, x); test != "" {
		guards = append(guards, test)
	}
	cond := strings.Join(guards, " AND ")
	if cond == "" {
		cond = d.truth()
	}
	if every != "" {
		cond = everyGuards + " AND arrayExists(i -> " + cond + ", " + every + ")"
	}
	if x.Op == pattern.NotExists {
		return "NOT (" + cond + ")"
	}
	return cond
}

// jsonTest tests the value at a path; nothing is tested for NOT EXISTS.
func (c *compiler) jsonTest(at string, x *pattern.Condition) string {
	kind := "JSONType(" + at + ")"
	const numbers = " IN ('Int64', 'UInt64', 'Double')"
	float := "JSONExtractFloat(" + at + ")"
	switch x.Op {
	case pattern.NotExists:
		return ""
	case pattern.IsNull:
		return kind + " = 'Null'"
	case pattern.IsTrue, pattern.IsFalse:
		return kind + " = 'Bool' AND JSONExtractRaw(" + at + ") = '" + map[bool]string{true: "true", false: "false"}[x.Op == pattern.IsTrue] + "'"
	case pattern.Lt, pattern.Le, pattern.Gt, pattern.Ge:
		return kind + numbers + " AND " + float + " " + x.Op.String() + " " + c.d.Literal(event.FloatValue(x.Value.Number))
	case pattern.Eq, pattern.Ne:
	}
	asNumber := c.d.falsity()
	switch v := &x.Value; {
	case v.Regex != nil || v.Glob != nil:
		text := "if(" + kind + " = 'Int64', toString(JSONExtractInt(" + at + ")), if(" + float + " = 0, '0', " + c.d.floatText(float) + "))"
		asNumber = c.valueTest(text, v)
	case v.IsNumber:
		asNumber = float + " = " + c.d.Literal(event.FloatValue(v.Number))
	}
	same := "multiIf(" + kind + " = 'String', " + c.valueTest("JSONExtractString("+at+")", &x.Value) + ", " +
		kind + " = 'Bool', " + c.valueTest("JSONExtractRaw("+at+")", &x.Value) + ", " +
		kind + numbers + ", " + asNumber + ", false)"
	if x.Op == pattern.Ne {
		return kind + " NOT IN ('Object', 'Array') AND NOT " + same
	}
	return same
}

// valueTest compares a text with the right side of a condition.
func (c *compiler) valueTest(text string, v *pattern.Value) string {
	switch {
	case v.Regex != nil:
		return "match(" + text + ", " + c.d.Quote("(?-s)"+v.Regex.String()) + ")"
	case v.Glob == nil:
		return text + " = " + c.d.Quote(v.Text)
	}
	parts := make([]string, len(v.Glob))
	for i, part := range v.Glob {
		parts[i] = regexp.QuoteMeta(part)
	}
	return "match(" + text + ", " + c.d.Quote(`(?s)\A`+strings.Join(parts, ".*")+`\z`) + ")"
}

// fieldPattern compiles a space-delimited pattern.
func (c *compiler) fieldPattern(text string, p *pattern.Pattern, layer int) string {
	d := c.d
	pieces := c.hoist(layer, "extractAll(ifNull("+text+", ''), "+d.Quote(fieldPieces)+")")
	slots, ellipsis := len(p.Slots), -1
	for i, s := range p.Slots {
		if s.Ellipsis {
			ellipsis = i
		}
	}
	count := fmt.Sprintf("length(%s) = %d", pieces, slots)
	switch {
	case ellipsis >= 0:
		count = fmt.Sprintf("length(%s) >= %d", pieces, slots-1)
	case p.Slots[slots-1].Where == nil:
		count = fmt.Sprintf("length(%s) >= %d", pieces, slots)
	}
	conds := []string{text + " IS NOT NULL", count}
	if p.Where != nil {
		conds = append(conds, c.nodes(p.Where, func(x *pattern.Condition) string {
			place := x.Slot + 1
			if ellipsis >= 0 && x.Slot > ellipsis {
				place = x.Slot - slots
			}
			field := c.hoist(layer+1, fmt.Sprintf("%s[%d]", pieces, place))
			bare := c.hoist(layer+2, "if(match("+field+", "+d.Quote(`^["\[]`)+"), substring("+field+", 2, length("+field+") - 1 - if(length("+field+") > 1 AND match("+field+", "+d.Quote(`(?s)^(".*"|\[.*\])$`)+"), 1, 0)), "+field+")")
			return c.fieldTest(bare, x)
		}))
	}
	return "(" + strings.Join(conds, " AND ") + ")"
}

func (c *compiler) fieldTest(text string, x *pattern.Condition) string {
	number := "ifNull(" + c.d.number(text, event.String) + " %s " + c.d.Literal(event.FloatValue(x.Value.Number)) + ", false)"
	if x.Op > pattern.Ne {
		return fmt.Sprintf(number, x.Op)
	}
	same := c.valueTest(text, &x.Value)
	if x.Value.IsNumber && !x.Value.Quoted {
		same = "(" + same + " OR " + fmt.Sprintf(number, "=") + ")"
	}
	if x.Op == pattern.Ne {
		return "NOT (" + same + ")"
	}
	return same
}
