package sqlgen

import (
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

type compiler struct {
	d Dialect
	q *query.Query
	s Schema
}

func newCompiler(d Dialect, q *query.Query, s Schema) *compiler { return &compiler{d: d, q: q, s: s} }

func (c *compiler) compile() (*Statement, error) {
	return nil, fault.New(fault.Unsupported, "not yet")
}
