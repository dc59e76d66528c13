package duckdb

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// part counts one field's values in the rows of one batch, all at once or page
// by page, before they are added to those of other batches. A worker uses one
// for all its work, one field after the other.
type part struct {
	first  int // place of the field to begin with: workers at one field wait for each other
	f      *counter
	sides  *sides
	makers map[*counter]*maker

	dict     event.Dict
	numbers  *event.Column // the dictionary where it is one of numbers
	rows     int
	weighed  []counts    // of the dictionary's entries, by code
	unweighd [][4]uint32 // the same where each row is one event
	hashes   []uint32    // of texts, by code
	runs     []textRun   // of texts without a code

	bools    [2]counts
	small    [smallIntegers]counts
	anySmall bool
	integers tally[int64]
	floats   tally[float64]
}

// begin makes the part ready for a field.
func (p *part) begin(f *counter, s *sides) {
	p.f, p.sides = f, s
	many := f.hasMany()
	p.integers.many, p.floats.many = many, many
}

// addMade computes a field and counts its values, in a batch whose sides are known.
func (p *part) addMade(f *counter, sn *snapshot, s *sides) {
	m := p.makers[f]
	if m == nil {
		if p.makers == nil {
			p.makers = map[*counter]*maker{}
		}
		m = newMaker(sn, f.expr)
		p.makers[f] = m
	}
	if m.known != nil {
		if known := m.count(s); known != nil {
			f.addKnown(known)
			return
		}
		m.known = nil
	}
	if c := m.column(f.name, s); c != nil && !f.unique.Load() {
		p.begin(f, s)
		p.add(c, 0, false)
		p.end()
	}
}

// add counts the values of a column whose rows are counted from first on; same
// tells that its dictionary is that of the column before.
func (p *part) add(c *event.Column, first int, same bool) {
	of := p.sides.of[first:]
	var weights []uint32
	if p.sides.weights != nil {
		weights = p.sides.weights[first:]
	}
	weight := func(row int) float64 {
		if weights == nil {
			return 1
		}
		return float64(weights[row])
	}
	switch c.Kind {
	case event.String:
		if !same {
			p.endCodes()
			p.dict = c.Dict
			p.beginCodes(c.Dict.Len())
		}
		p.addCodes(c.Codes, c.Rows, first)
	case event.Int:
		p.addIntegers(c, of, weight)
	case event.Float:
		for i, v := range c.Floats {
			row := c.Row(i)
			if side := of[row]; side != neither && v == v { //nolint:gocritic // NaN differs from itself
				p.floats.add(v, side, weight(row))
			}
		}
	case event.Bool:
		for i, v := range c.Bools {
			row, n := c.Row(i), 0
			if v {
				n = 1
			}
			p.bools[n][of[row]&3] += weight(row)
		}
	case event.Null:
	}
}

// addPage counts the values of a page. Numbers that are coded are counted as texts
// are: by code.
func (p *part) addPage(page *segment.Page) {
	switch {
	case page.Kind == event.String && !page.Coded:
		p.endCodes()
		p.addTexts(&page.Column, page.First)
	case page.Entries == nil:
		if p.add(&page.Column, page.First, page.Same); !page.Coded {
			p.endCodes() // its dictionary is gone with it
		}
	case !page.Same:
		p.endCodes()
		p.numbers = page.Entries
		p.beginCodes(page.Entries.Len())
		fallthrough
	default:
		p.addCodes(page.Codes, page.Rows, page.First)
	}
}

// beginCodes makes room for the counts of a dictionary of n entries.
func (p *part) beginCodes(n int) {
	if p.sides.weights == nil {
		p.unweighd = slices.Grow(p.unweighd[:0], n)[:n]
		clear(p.unweighd)
		return
	}
	p.weighed = slices.Grow(p.weighed[:0], n)[:n]
	clear(p.weighed)
}

// addCodes counts values by their code; rows are those they are of, counted from
// first on, nil if none is left out.
func (p *part) addCodes(codes, rows []uint32, first int) {
	p.rows += len(codes)
	of := p.sides.of[first:]
	switch {
	case p.sides.weights != nil:
		weights := p.sides.weights[first:]
		for i, code := range codes {
			row := i
			if rows != nil {
				row = int(rows[i])
			}
			p.weighed[code][of[row]&3] += float64(weights[row])
		}
	case rows == nil:
		by, of := p.unweighd, of[:len(codes)]
		for row, code := range codes {
			by[code][of[row]&3]++
		}
	default:
		by, rows := p.unweighd, rows[:len(codes)]
		for i, code := range codes {
			by[code][of[rows[i]]&3]++
		}
	}
}

// addTexts counts texts of which none has a code. Rows lie by traces, and those of a
// trace often have the same, which is looked up once for them.
func (p *part) addTexts(c *event.Column, first int) {
	f, of := p.f, p.sides.of[first:]
	p.runs = p.runs[:0]
	var last []byte
	for i, code := range c.Codes {
		row := c.Row(i)
		side := of[row]
		if side == neither {
			continue
		}
		weight := 1.0
		if p.sides.weights != nil {
			weight = float64(p.sides.weights[first+row])
		}
		if text := c.Dict.Bytes(code); len(p.runs) == 0 || string(text) != string(last) {
			// Other workers wait for the lock: hashes are found before it is taken.
			p.runs = append(p.runs, textRun{hash: f.hash(text), code: code})
			last = text
		}
		p.runs[len(p.runs)-1].n[side] += weight
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows += len(c.Codes)
	for i := range p.runs {
		run := &p.runs[i]
		f.addText(run.hash, c.Dict.Bytes(run.code), &run.n)
	}
	f.judge()
}

// textRun are rows that follow each other and have the same text.
type textRun struct {
	hash, code uint32
	n          counts
}

// endCodes adds what was counted with the dictionary at hand.
func (p *part) endCodes() {
	if p.rows == 0 {
		p.numbers = nil
		return
	}
	rows := p.rows
	p.rows = 0
	if p.numbers != nil {
		p.addEntries()
		p.numbers = nil
		return
	}
	// Other workers wait for the lock: hashes are found before it is taken.
	f := p.f
	p.hashes = slices.Grow(p.hashes[:0], p.dict.Len())[:p.dict.Len()]
	for code := range p.hashes {
		if n := p.counted(code); n.some() {
			p.hashes[code] = f.hash(p.dict.Bytes(uint32(code)))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows += rows
	for code, hash := range p.hashes {
		if n := p.counted(code); n.some() {
			f.addText(hash, p.dict.Bytes(uint32(code)), &n)
		}
	}
	f.judge()
}

func (p *part) addEntries() {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	for code := range p.numbers.Len() {
		if n := p.counted(code); n.some() {
			p.addEntry(p.numbers.ValueAt(code), &n)
		}
	}
}

// counted are the events of an entry of the dictionary.
func (p *part) counted(code int) counts {
	if p.sides.weights != nil {
		return p.weighed[code]
	}
	by := &p.unweighd[code]
	return counts{store.Selected: float64(by[store.Selected]), store.Others: float64(by[store.Others])}
}

// addEntry counts a number of a dictionary. The caller holds the counter's lock.
func (p *part) addEntry(v event.Value, n *counts) {
	number, _ := v.Number()
	if number != number { //nolint:gocritic // NaN differs from itself
		return
	}
	for side, events := range n[:neither] {
		if events > 0 {
			p.integers.bins.add(number, uint8(side), events)
		}
	}
	p.f.addNumber(v, n)
}

func (p *part) addIntegers(c *event.Column, of []uint8, weight func(row int) float64) {
	for i, v := range c.Ints {
		row := c.Row(i)
		if uint64(v) < smallIntegers {
			p.small[v][of[row]&3] += weight(row)
			p.anySmall = true
			continue
		}
		if side := of[row]; side != neither {
			p.integers.add(v, side, weight(row))
		}
	}
}

// end adds what was counted.
func (p *part) end() {
	p.endCodes()
	f := p.f
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range p.bools {
		if p.bools[n].some() {
			p.bools[n].addTo(&f.present)
			f.addNumber(event.BoolValue(n == 1), &p.bools[n])
		}
	}
	p.bools = [2]counts{}
	if p.anySmall {
		for v := range p.small {
			if n := &p.small[v]; n.some() {
				bin, _ := store.BinOf(float64(v))
				n.addTo(binAt(f.bins, bin))
				n.addTo(&f.present)
				f.addNumber(event.IntValue(int64(v)), n)
			}
		}
		clear(p.small[:])
		p.anySmall = false
	}
	p.integers.addTo(f, event.IntValue)
	p.floats.addTo(f, event.FloatValue)
}
