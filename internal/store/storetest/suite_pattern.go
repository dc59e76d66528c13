package storetest

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// filterPatterns tests messages, one of which is long, by patterns of each kind:
// a store may do that by itself.
func filterPatterns(_ *testing.T, p *pair) {
	batches := []*event.Batch{
		patternLines(`{"level":"ERROR","status":500,"user":{"handle":"ada"},"tags":["a","b"]}`, `25 May 2019 10:24:39,474 [ERROR] {foo=2} it broke`, "", strings.Repeat("long ", 1000)+"end"),
		patternLines(`{"level":"INFO","status":200.5,"tags":[]}`, `{"level":"INFO"`, `user=ada "GET / HTTP/1.1" 404`),
	}
	var conds []query.Expr
	for _, text := range []string{
		``, `ERROR -broke`, `?INFO ?%\d{4}%`, `{ $.status >= 500 }`, `{ $.status < 500 || $.tags[*] = "b" }`, `{ $.user.handle NOT EXISTS }`,
		`[u, ..., status = 4*]`, `[a, b, c = 2019, d]`, `[..., e = end]`,
	} {
		test := query.Text{Op: query.Pattern, X: field(event.FieldBody), S: text}
		conds = append(conds, test, query.Not{X: test})
	}
	p.inEveryLayout(batches, func() { p.conditions(conds) })
}

// patternLines are events with these messages, and one without.
func patternLines(messages ...string) *event.Batch {
	b := event.NewBatch(Environment, "app")
	for i, m := range messages {
		b.Begin(suiteBase + int64(i)*second)
		b.Set(event.FieldBody, event.StringValue(m))
	}
	b.Begin(suiteBase)
	return b
}
