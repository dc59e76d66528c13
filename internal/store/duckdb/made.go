package duckdb

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Fields that a query computes, and conditions that call functions, are worked out
// row by row. That costs so much more than counting what is stored that only a share
// of the rows is looked at where somebody wants an answer soon: the same share of
// every part of the range, so that what is found is like the whole.

// Weights, as segment.Reader.Weight has them: of a call of a function, of a value that
// was worked out before and is looked up, and of opening a row group.
const (
	callWeight    = 2
	patternWeight = 30
	knownWeight   = 1
	groupWeight   = 8_000
	stretchRows   = 2_048 // a page
)

// effortOf is what working out an expression costs for a row; nothing where no
// function is called.
func effortOf(e query.Expr) (weight int64) {
	query.Calls(e, func(name string) {
		weight += callWeight
		if strings.HasPrefix(name, "REG_") || name == "FORMAT_TIME" {
			weight += patternWeight
		}
	})
	return weight
}

// measure finds out which share of the rows is looked at.
func (c *contrast) measure() {
	each := effortOf(c.where) + effortOf(c.selection)
	for _, f := range c.fields {
		if f.expr == nil {
			continue
		}
		if newMaker(c.sn, f.expr).known != nil {
			each += knownWeight
			continue
		}
		each += max(effortOf(f.expr), knownWeight)
	}
	if c.opts.Enough <= 0 || each == 0 {
		return
	}
	rows := int64(1)
	for _, p := range c.sn.pieces() {
		switch {
		case p.hot != nil:
			rows += int64(p.hot.Len())
		case c.mayCount(p.file.reader.GroupInfo(p.group)):
			rows += int64(p.file.reader.GroupInfo(p.group).Rows)
		}
	}
	c.each, c.share = each, float64(c.opts.Enough)/float64(each*rows)
}

// mayCount reports whether a row group may have rows of the question.
func (c *contrast) mayCount(info segment.GroupInfo) bool {
	return info.MaxTime >= c.sn.start && info.MinTime < c.sn.end && (info.Environment == "" || info.Environment == c.sn.environment) &&
		(info.Dataset == "" || c.sn.wants(info.Dataset))
}

// weight is what reading a row group costs.
func (c *contrast) weight(p piece, rows int) (weight int64) {
	for _, name := range slices.Concat(c.names, c.conditions) {
		if f := c.fields[name]; f == nil || f.expr == nil {
			weight += p.file.reader.Weight(p.group, name)
		}
	}
	if c.each == 0 {
		return weight
	}
	n := c.stretch(rows)
	return groupWeight + c.each*int64(n) + weight*int64(n)/int64(max(rows, 1))
}

// stretch is how many of n rows that lie together are looked at.
func (c *contrast) stretch(n int) int {
	if c.each == 0 || c.share >= 1 {
		return n
	}
	pages := int(c.share*float64(n))/stretchRows + 1
	return min(pages*stretchRows, n)
}

// recent is the part of a batch in memory that is looked at: its latest rows.
func (c *contrast) recent(b *event.Batch) *event.Batch {
	n := c.stretch(b.Len())
	if n == b.Len() {
		return b
	}
	c.unread.Add(int64(b.Len() - n))
	return b.Slice(b.Len()-n, b.Len(), slices.Concat(c.names, c.conditions))
}
