package segment

import (
	"bytes"

	"github.com/oriel-dev/oriel/internal/event"
)

// Needle finds the rows whose text contains a part, page by page of one column.
type Needle struct {
	part  []byte
	known []uint8 // of the entries of the dictionary at hand
}

// NewNeedle returns what finds a part, which is not empty.
func NewNeedle(part string) *Needle { return &Needle{part: []byte(part)} }

// Each calls f for the rows of a page of texts in which the part is, counted as
// those of the page's column are.
func (n *Needle) Each(p *Page, f func(row int)) {
	if p.Kind == event.String {
		n.column(&p.Column, p.Same && p.Coded, f)
	}
}

// EachOf is Each for the rows of a column of texts in memory.
func (n *Needle) EachOf(c *event.Column, f func(row int)) { n.column(c, false, f) }

// column is Each; same tells that the dictionary is that of the column before.
func (n *Needle) column(c *event.Column, same bool, f func(row int)) {
	if len(c.Codes) == 0 {
		return
	}
	if !same {
		n.known = n.known[:0]
	}
	if isRun(c.Codes) {
		n.eachAlone(c, f)
		return
	}
	if len(n.known) == 0 {
		n.known = make([]uint8, c.Dict.Len())
	}
	const no, yes = 1, 2
	for i, code := range c.Codes {
		if n.known[code] == 0 {
			n.known[code] = no
			if bytes.Contains(c.Dict.Bytes(code), n.part) {
				n.known[code] = yes
			}
		}
		if n.known[code] == yes {
			f(c.Row(i))
		}
	}
}

// isRun reports whether every value has a text of its own, one behind the other.
func isRun(codes []uint32) bool {
	first := codes[0]
	for i, code := range codes {
		if code != first+uint32(i) {
			return false
		}
	}
	return true
}

// eachAlone is column where texts are searched as they lie.
func (n *Needle) eachAlone(c *event.Column, f func(row int)) {
	data, ends := c.Dict.Data, c.Dict.Ends[c.Codes[0]:]
	at := uint32(0)
	if c.Codes[0] > 0 {
		at = c.Dict.Ends[c.Codes[0]-1]
	}
	last := ends[len(c.Codes)-1]
	for i := 0; at < last; {
		found := find(data[at:last], n.part)
		if found < 0 {
			return
		}
		begin := at + uint32(found)
		for ends[i] <= begin {
			i++
		}
		if begin+uint32(len(n.part)) > ends[i] { // it reaches into the next text
			at = begin + 1
			continue
		}
		f(c.Row(i))
		at = ends[i]
	}
}
