package duckdb

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// valueList keeps numbers, in pieces that are not moved once they are full.
type valueList struct {
	full [][]float64
	last []float64
	n    int // in full
}

// Pieces hold as many values as there are half of already, but between so many.
const (
	leastPiece = 4
	mostPiece  = 4096
)

func (l *valueList) add(v float64) {
	if len(l.last) == cap(l.last) {
		l.grow()
	}
	l.last = append(l.last, v)
}

func (l *valueList) grow() {
	if len(l.last) > 0 {
		l.full = append(l.full, l.last)
		l.n += len(l.last)
	}
	l.last = make([]float64, 0, min(max(l.n/2, leastPiece), mostPiece))
}

// join adds the values of another list, which may grow on; neither is changed.
func (l *valueList) join(o *valueList) {
	l.full = append(l.full, o.full...)
	l.n += o.n
	if n := len(o.last); n > 0 {
		l.full = append(l.full, o.last[:n:n])
		l.n += n
	}
}

// at returns the values at shares of a list that was joined, which is not empty.
func (l *valueList) at(shares []share) []float64 {
	ranks := make([]int, 0, 2*len(shares))
	for _, s := range shares {
		low, high := s.ranks(l.n)
		ranks = append(ranks, low, high)
	}
	values := atRanks(l.full, l.n, ranks)
	found := make([]float64, len(shares))
	for i, s := range shares {
		low, high := values[2*i], values[2*i+1]
		if found[i] = low; s.between && low != high {
			place := s.q * float64(l.n-1)
			found[i] = low + (high-low)*(place-math.Floor(place))
		}
	}
	return found
}

// nearEnough is how little a running total may lack of the rank that is looked for:
// shares are decimal fractions, which floats don't hold.
const nearEnough = 1e-6

// ranks are the places, from 0, of the values that a share of n lies at or between.
func (s share) ranks(n int) (low, high int) {
	if s.between {
		place := s.q * float64(n-1)
		return int(math.Floor(place)), int(math.Ceil(place))
	}
	at := int(math.Ceil(s.q*float64(n)-nearEnough)) - 1
	at = min(max(at, 0), n-1)
	return at, at
}

// atRanks returns the values that would stand at ranks if all lists, of n values
// together, were sorted as one. Values are dealt out by their first digits, and only
// those are looked at further that lie where a rank does.
func atRanks(lists [][]float64, n int, ranks []int) []float64 {
	const few, mostDigits = 32, 12
	out := make([]float64, len(ranks))
	if n <= few {
		all := slices.Concat(lists...)
		slices.Sort(all)
		for i, rank := range ranks {
			out[i] = all[rank]
		}
		return out
	}
	low, high := ^uint64(0), uint64(0)
	for _, list := range lists {
		for _, v := range list {
			k := orderOf(v)
			low, high = min(low, k), max(high, k)
		}
	}
	if low == high {
		for i := range out {
			out[i] = lists[0][0]
		}
		return out
	}
	shift := max(bits.Len64(high-low)-min(bits.Len(uint(n))-1, mostDigits), 0)
	ends := make([]uint32, (high-low)>>shift+1) // of the values with the same first digits, were they sorted
	for _, list := range lists {
		for _, v := range list {
			ends[(orderOf(v)-low)>>shift]++
		}
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	for _, c := range closer(lists, ends, ranks, low, shift) {
		for i, v := range atRanks([][]float64{c.values}, len(c.values), c.ranks) {
			out[c.places[i]] = v
		}
	}
	return out
}

// alike are values with the same first digits.
type alike struct {
	digits uint64
	values []float64
	ranks  []int // that are looked for among them
	places []int // of those in the list of all ranks
}

// closer picks the values that have the first digits of those at ranks.
func closer(lists [][]float64, ends []uint32, ranks []int, low uint64, shift int) []alike {
	var all []alike
	for place, rank := range ranks {
		digits, _ := slices.BinarySearch(ends, uint32(rank)+1)
		start := 0
		if digits > 0 {
			start = int(ends[digits-1])
		}
		i := slices.IndexFunc(all, func(a alike) bool { return a.digits == uint64(digits) })
		if i < 0 {
			i = len(all)
			all = append(all, alike{digits: uint64(digits), values: make([]float64, 0, int(ends[digits])-start)})
		}
		all[i].ranks, all[i].places = append(all[i].ranks, rank-start), append(all[i].places, place)
	}
	for _, list := range lists {
		for _, v := range list {
			digits := (orderOf(v) - low) >> shift
			for i := range all {
				if all[i].digits == digits {
					all[i].values = append(all[i].values, v)
				}
			}
		}
	}
	return all
}

// orderOf is a number whose order is that of floats.
func orderOf(v float64) uint64 {
	b := math.Float64bits(v)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// binTable counts numbers by query.HistogramBin, in blocks that are made as they are
// needed.
type binTable struct {
	zero   int64 // events of bin 0, which lies far from all others
	first  int32 // number of the first block
	blocks []*binBlockOf
}

// binBlockOf is bins that follow one another.
type binBlockOf [1 << binBits]struct {
	events int64
	sum    float64 // of the values, by their weights
}

const binBits = 5

// add counts a value, and returns how many blocks it took.
func (t *binTable) add(bin int32, v float64, weight int64) (made int) {
	if bin == 0 {
		t.zero += weight
		return 0
	}
	at := bin >> binBits
	if len(t.blocks) == 0 {
		t.first = at
	}
	if at < t.first || at >= t.first+int32(len(t.blocks)) {
		made = t.reach(at)
	}
	block := t.blocks[at-t.first]
	if block == nil {
		block = &binBlockOf{}
		t.blocks[at-t.first] = block
		made++
	}
	n := &block[bin&(1<<binBits-1)]
	n.events += weight
	n.sum += v * float64(weight)
	return made
}

// reach makes room for a block, and returns about how many blocks that takes as much as.
func (t *binTable) reach(at int32) int {
	const placesOfBlock = int(1<<binBits) * 2
	had := len(t.blocks)
	if at < t.first {
		t.blocks = slices.Concat(make([]*binBlockOf, t.first-at), t.blocks)
		t.first = at
	} else {
		t.blocks = append(t.blocks, make([]*binBlockOf, int(at-t.first)+1-had)...)
	}
	return (len(t.blocks) - had) / placesOfBlock
}

// join adds the bins of another table.
func (t *binTable) join(o *binTable) {
	o.each(func(bin int32, events int64, sum float64) bool {
		if t.add(bin, 0, events); bin != 0 {
			t.blocks[bin>>binBits-t.first][bin&(1<<binBits-1)].sum += sum
		}
		return true
	})
}

// each gives the bins in the order of their values, until f returns false.
func (t *binTable) each(f func(bin int32, events int64, sum float64) bool) {
	zero := t.zero > 0
	for i, block := range t.blocks {
		if zero && t.first+int32(i) >= 0 {
			if zero = false; !f(0, t.zero, 0) {
				return
			}
		}
		if block == nil {
			continue
		}
		for k, n := range block {
			if n.events > 0 && !f((t.first+int32(i))<<binBits+int32(k), n.events, n.sum) {
				return
			}
		}
	}
	if zero {
		f(0, t.zero, 0)
	}
}

// at returns the mean of the bin at which a share of all events is reached.
func (t *binTable) at(q float64, all int64) (found float64) {
	running := int64(0)
	t.each(func(_ int32, events int64, sum float64) bool {
		running += events
		found = sum / float64(events)
		return float64(running) < q*float64(all)-nearEnough
	})
	return found
}

// text is the bins as a JSON object.
func (t *binTable) text() string {
	out := []byte{'{'}
	t.each(func(bin int32, events int64, _ float64) bool {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(strconv.AppendInt(append(out, '"'), int64(bin), 10), '"', ':')
		out = strconv.AppendInt(out, events, 10)
		return true
	})
	return string(append(out, '}'))
}
