package rql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Select is a query as it was read. Its String is a query that reads as the same.
type Select struct {
	Items   []Item
	Table   string // item_occurrence or deploy
	Where   *Node  // nil for none
	Groups  []*Node
	Orders  []Order
	Limit   int // -1 where the text has none
	Offset  int
	limitAt [2]int
}

// Item is a selected expression; Star is “*”.
type Item struct {
	Star  bool
	Expr  *Node
	Alias string // "" for none
	Text  string // as written
}

// Order is a key of ORDER BY.
type Order struct {
	Expr *Node
	Desc bool
}

// Kind is what a Node is.
type Kind uint8

// The kinds of nodes.
const (
	Column  Kind = iota
	Literal      // a number, a text or NULL
	Call         // Name(Args); Name is in lower case
	Star         // the argument of count(*)
	Unary        // "-" or "not"
	Binary       // arithmetic, comparison, "and", "or"
	In           // Args[0] in the others
	Between      // Args[0] between Args[1] and Args[2]
	Like         // Args[0] like Args[1]
	IsNull
)

// Node is a part of an expression.
type Node struct {
	Kind       Kind
	Name       string // column, function, or operator in lower case
	Value      event.Value
	Args       []*Node
	Negative   bool // NOT IN, NOT BETWEEN, NOT LIKE, IS NOT NULL
	Start, End int  // bytes of the text
}

// String prints the query.
func (s *Select) String() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, it := range s.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		if it.Star {
			b.WriteByte('*')
			continue
		}
		b.WriteString(it.Expr.String())
		if it.Alias != "" {
			b.WriteString(" AS " + name(it.Alias))
		}
	}
	b.WriteString(" FROM " + s.Table)
	if s.Where != nil {
		b.WriteString(" WHERE " + s.Where.String())
	}
	for i, g := range s.Groups {
		b.WriteString(pick(i == 0, " GROUP BY ", ", ") + g.String())
	}
	for i, o := range s.Orders {
		b.WriteString(pick(i == 0, " ORDER BY ", ", ") + o.Expr.String() + pick(o.Desc, " DESC", ""))
	}
	if s.Limit >= 0 {
		b.WriteString(" LIMIT ")
		if s.Offset > 0 {
			b.WriteString(strconv.Itoa(s.Offset) + ", ")
		}
		b.WriteString(strconv.Itoa(s.Limit))
	}
	return b.String()
}

func pick(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// String prints the expression. Every part that could be read otherwise stands in
// brackets.
func (n *Node) String() string {
	switch n.Kind {
	case Column:
		return name(n.Name)
	case Literal:
		return literal(n.Value)
	case Star:
		return "*"
	case Call:
		return n.Name + "(" + list(n.Args) + ")"
	case Unary:
		if n.Name == "-" {
			return "-" + n.Args[0].operand()
		}
		return "NOT " + n.Args[0].operand()
	case Binary:
		parts := make([]string, len(n.Args))
		for i, a := range n.Args {
			parts[i] = a.operand()
		}
		return strings.Join(parts, " "+strings.ToUpper(n.Name)+" ")
	case In:
		return n.Args[0].operand() + pick(n.Negative, " NOT IN (", " IN (") + list(n.Args[1:]) + ")"
	case Between:
		return n.Args[0].operand() + pick(n.Negative, " NOT BETWEEN ", " BETWEEN ") + n.Args[1].operand() + " AND " + n.Args[2].operand()
	case Like:
		return n.Args[0].operand() + pick(n.Negative, " NOT LIKE ", " LIKE ") + n.Args[1].operand()
	case IsNull:
		return n.Args[0].operand() + pick(n.Negative, " IS NOT NULL", " IS NULL")
	}
	return ""
}

func (n *Node) operand() string {
	switch n.Kind {
	case Column, Literal, Call, Star:
		return n.String()
	case Unary, Binary, In, Between, Like, IsNull:
	}
	return "(" + n.String() + ")"
}

func list(nodes []*Node) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = n.String()
	}
	return strings.Join(parts, ", ")
}

func literal(v event.Value) string {
	switch v.Kind() {
	case event.Null:
		return "NULL"
	case event.String:
		r := strings.NewReplacer("\\%", "\\%", "\\_", "\\_", "\\", "\\\\", "'", "''")
		return "'" + r.Replace(v.Str()) + "'"
	case event.Float:
		return strconv.FormatFloat(v.Float(), 'e', -1, 64)
	case event.Int, event.Bool:
	}
	return v.Text()
}

// name prints a name, in back quotes where it needs them.
func name(s string) string {
	if isPlainName(s) {
		return s
	}
	return "`" + s + "`"
}

func isPlainName(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' || isReserved(s) {
		return false
	}
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

// reserved are the words that are no names unless they are quoted.
//
//nolint:gochecknoglobals // a table of constants
var reserved = []string{
	"select", "from", "where", "group", "by", "order", "limit", "asc", "desc", "as", "and", "or", "not", "in", "between", "like", "is", "null",
	"div", "mod", "distinct", "having", "join", "union", "true", "false",
}

func isReserved(word string) bool { return slices.Contains(reserved, strings.ToLower(word)) }

// same reports whether two expressions say the same.
func same(a, b *Node) bool { return a.String() == b.String() }

// each calls f for a node and those within, until it returns false.
func (n *Node) each(f func(*Node) bool) {
	if n == nil || !f(n) {
		return
	}
	for _, a := range n.Args {
		a.each(f)
	}
}

// some reports whether f is true of the node or of one within.
func (n *Node) some(f func(*Node) bool) bool {
	found := false
	n.each(func(n *Node) bool {
		found = found || f(n)
		return !found
	})
	return found
}
