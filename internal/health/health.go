// Package health says whether a service is well: from sums of its requests in one
// stretch of time and before it, from deploys and errors, it makes the causes why
// somebody should look, each with a score and one true sentence. It is pure.
//
// A share or a duration is compared with the service's own past, operation by
// operation: a sentence says since when it is worse, by a deploy where one lies just
// before, and from what. What is bad without having changed is said, too, below what
// has changed.
package health

import (
	"cmp"
	"slices"

	"github.com/oriel-dev/oriel/internal/query"
)

// Sums are the requests of some time. A request is in one outcome: well, or one of
// the three.
type Sums struct {
	Count     float64
	Refused   float64 // 4xx
	Throttles float64 // 429
	Faults    float64 // 5xx, or failed without a status
	Bins      []Bin   // of durations, by their place; may be nil
}

// Bin counts durations in ms of one query.HistogramBin.
type Bin struct {
	At int32
	N  float32
}

// Add adds other sums; bins are left out, see [Histogram].
func (s *Sums) Add(o *Sums) {
	s.Count += o.Count
	s.Refused += o.Refused
	s.Throttles += o.Throttles
	s.Faults += o.Faults
}

// Took is how many ms all of them lasted together.
func (s *Sums) Took() (ms float64) {
	for _, b := range s.Bins {
		ms += float64(b.N) * query.HistogramValue(b.At)
	}
	return ms
}

// Bad is how many did not end well.
func (s *Sums) Bad() float64 { return s.Refused + s.Throttles + s.Faults }

// Histogram adds up bins. The zero value is empty.
type Histogram struct {
	first  int32 // bin of counts[0]
	counts []float64
	zero   float64 // durations of nothing or less
	total  float64
}

// widest bounds what a histogram spans: from a nanosecond to a thousand years.
const widest = 8192

// Add adds bins.
func (h *Histogram) Add(bins []Bin) {
	for _, b := range bins {
		h.add(b.At, float64(b.N))
	}
}

func (h *Histogram) add(at int32, n float64) {
	h.total += n
	if at <= 0 {
		h.zero += n
		return
	}
	if len(h.counts) == 0 {
		h.first = at
	}
	switch {
	case at < h.first:
		if h.first-at+int32(len(h.counts)) > widest { //nolint:gosec // at most widest
			at = h.first
			break
		}
		h.counts = slices.Insert(h.counts, 0, make([]float64, h.first-at)...)
		h.first = at
	case int(at-h.first) >= len(h.counts):
		at = min(at, h.first+widest-1)
		h.counts = append(h.counts, make([]float64, max(int(at-h.first)+1-len(h.counts), 0))...)
	}
	h.counts[at-h.first] += n
}

// join adds another histogram.
func (h *Histogram) join(other *Histogram) {
	h.zero += other.zero
	h.total += other.zero
	for i, n := range other.counts {
		if n != 0 {
			h.add(other.first+int32(i), n) //nolint:gosec // at most widest
		}
	}
}

// without is the histogram less one that is a part of it.
func (h *Histogram) without(part *Histogram) *Histogram {
	rest := &Histogram{first: h.first, counts: slices.Clone(h.counts), zero: h.zero - part.zero, total: h.total - part.total}
	for i, n := range part.counts {
		if n != 0 {
			rest.counts[part.first-h.first+int32(i)] -= n //nolint:gosec // at most widest
		}
	}
	return rest
}

// Reset empties the histogram and keeps its memory.
func (h *Histogram) Reset() {
	h.counts, h.zero, h.total = h.counts[:0], 0, 0
}

// Total is how many were added.
func (h *Histogram) Total() float64 { return h.total }

// Quantile returns the duration in ms below which a share q lies, 0 if it is empty.
func (h *Histogram) Quantile(q float64) float64 {
	seen := h.zero
	if h.total <= 0 || seen >= q*h.total {
		return 0
	}
	last := h.first
	for i, n := range h.counts {
		if n == 0 {
			continue
		}
		last = h.first + int32(i) //nolint:gosec // at most widest
		if seen += n; seen >= q*h.total {
			break
		}
	}
	return query.HistogramValue(last)
}

// above is how many lie above a duration in ms.
func (h *Histogram) above(ms float64) (n float64) {
	for i, c := range h.counts {
		if query.HistogramValue(h.first+int32(i)) > ms { //nolint:gosec // at most widest
			n += c
		}
	}
	return n
}

// Fold joins bins into wider ones, eight to one, for times whose exact quantiles
// nobody asks for. It takes bins by their place.
func Fold(bins []Bin) []Bin {
	const width = 8
	var out []Bin
	for _, b := range bins {
		at := b.At
		if at > 0 {
			at = at/width*width + width/2
		}
		if n := len(out); n > 0 && out[n-1].At == at {
			out[n-1].N += b.N
			continue
		}
		out = append(out, Bin{at, b.N})
	}
	return slices.Clip(out)
}

// BinsOf brings a store's bins into their order.
func BinsOf(bins map[int32]float64) []Bin {
	out := make([]Bin, 0, len(bins))
	for at, n := range bins {
		out = append(out, Bin{at, float32(n)})
	}
	slices.SortFunc(out, func(a, b Bin) int { return cmp.Compare(a.At, b.At) })
	return out
}

// Join adds other bins to bins; both lie by their place, and so does the result.
func Join(bins, other []Bin) []Bin {
	out := make([]Bin, 0, len(bins)+len(other))
	for len(bins) > 0 && len(other) > 0 {
		switch a, b := bins[0], other[0]; {
		case a.At < b.At:
			out, bins = append(out, a), bins[1:]
		case a.At > b.At:
			out, other = append(out, b), other[1:]
		default:
			out, bins, other = append(out, Bin{a.At, a.N + b.N}), bins[1:], other[1:]
		}
	}
	return append(append(out, bins...), other...)
}
