package otlp

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Why a point has no figures.
var (
	errMalformed = errors.New("it is malformed")
	errBuckets   = fmt.Errorf("it has more than %d buckets", maxBuckets)
	errScale     = errors.New("its scale is not between -20 and 40")
)

// maxBuckets is far more than any library makes.
const maxBuckets = 10_000

// noValue is the flag of points that only say that there is nothing.
const noValue = 1

// measures are the figures of a point; none if it says that it has none.
func measures(name string, kind int, raw []byte) ([]measure, error) {
	switch kind {
	case metricGauge, metricSum:
		return numberOf(name, raw)
	case metricHistogram:
		return histogramOf(name, raw)
	case metricExponent:
		return exponentialOf(name, raw)
	case metricSummary:
		return summaryOf(name, raw)
	}
	return nil, nil
}

func numberOf(name string, raw []byte) ([]measure, error) {
	var out []measure
	m := message{rest: raw}
	var f field
	flags := uint64(0)
	for m.next(&f) {
		switch {
		case f.number == 4 && f.wire == wireFixed64:
			out = []measure{{name, event.FloatValue(math.Float64frombits(f.num))}}
		case f.number == 6 && f.wire == wireFixed64:
			out = []measure{{name, event.IntValue(int64(f.num))}}
		case f.number == 8 && f.wire == wireVarint:
			flags = f.num
		}
	}
	if m.bad {
		return nil, errMalformed
	}
	if flags&noValue != 0 {
		return nil, nil
	}
	return out, nil
}

// bucket holds count values between two bounds.
type bucket struct{ low, high, count float64 }

// distribution is what histograms of all kinds come down to.
type distribution struct {
	count          uint64
	sum, low, high optional
	buckets        []bucket
	coarse         []bucket // in which they are kept, nil if that is buckets
	flags          uint64
}

// optional is a number that may not be there.
type optional struct {
	value float64
	set   bool
}

func (o *optional) read(f *field) { o.value, o.set = math.Float64frombits(f.num), true }

// usualMeasures is how many a histogram has.
const usualMeasures = 20

// measures are the figures; the first is the distribution itself, if it is kept.
func (h *distribution) measures(name string, kept bool) []measure {
	if h.flags&noValue != 0 {
		return nil
	}
	out := make([]measure, 0, usualMeasures)
	if kept {
		out = append(out, measure{name, event.StringValue(h.text())})
	}
	out = append(out, measure{name + ".count", event.IntValue(int64(min(h.count, math.MaxInt64)))})
	for _, o := range []struct {
		name string
		optional
	}{{"sum", h.sum}, {"min", h.low}, {"max", h.high}} {
		if o.set {
			out = append(out, measure{name + "." + o.name, event.FloatValue(o.value)})
		}
	}
	if h.count == 0 {
		return out
	}
	if h.sum.set {
		out = append(out, measure{name + ".avg", event.FloatValue(h.sum.value / float64(h.count))})
	}
	for _, p := range []struct {
		name string
		q    float64
	}{
		{"p001", 0.001},
		{"p01", 0.01},
		{"p05", 0.05},
		{"p10", 0.10},
		{"p20", 0.20},
		{"p25", 0.25},
		{"p50", 0.50},
		{"p75", 0.75},
		{"p80", 0.80},
		{"p90", 0.90},
		{"p95", 0.95},
		{"p99", 0.99},
		{"p999", 0.999},
	} {
		if v, ok := h.quantile(p.q); ok {
			out = append(out, measure{name + "." + p.name, event.FloatValue(v)})
		}
	}
	return out
}

// quantile interpolates inside the bucket that holds the rank.
func (h *distribution) quantile(q float64) (float64, bool) {
	total := 0.0
	for _, b := range h.buckets {
		total += b.count
	}
	rank, before := q*total, 0.0
	for _, b := range h.buckets {
		if b.count > 0 && before+b.count >= rank {
			switch {
			case math.IsInf(b.low, -1):
				return b.high, !math.IsInf(b.high, 0)
			case math.IsInf(b.high, 1):
				return b.low, !math.IsInf(b.low, 0)
			}
			return b.low + (b.high-b.low)*(rank-before)/b.count, true
		}
		before += b.count
	}
	return 0, false
}

func histogramOf(name string, raw []byte) ([]measure, error) {
	var h distribution
	var counts, bounds []uint64
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		var err error
		switch f.number {
		case 6:
			counts, err = packed64(counts, &f)
		case 7:
			bounds, err = packed64(bounds, &f)
		default:
			h.read(&f, 11)
		}
		if err != nil {
			return nil, err
		}
	}
	if m.bad {
		return nil, errMalformed
	}
	low := math.Inf(-1)
	for i, n := range counts {
		high := math.Inf(1)
		if i < len(bounds) {
			high = math.Float64frombits(bounds[i])
		}
		h.buckets = append(h.buckets, bucket{low, high, float64(n)})
		low = high
	}
	return h.measures(name, true), nil
}

// packed64 appends fixed64 values, packed or one by one.
func packed64(list []uint64, f *field) ([]uint64, error) {
	if f.wire == wireFixed64 {
		list = append(list, f.num)
	} else {
		if f.wire != wireBytes || len(f.bytes)%8 != 0 {
			return list, errMalformed
		}
		for raw := f.bytes; len(raw) > 0 && len(list) <= maxBuckets; raw = raw[8:] {
			list = append(list, binary.LittleEndian.Uint64(raw))
		}
	}
	if len(list) > maxBuckets {
		return list, errBuckets
	}
	return list, nil
}

func exponentialOf(name string, raw []byte) ([]measure, error) {
	var h distribution
	var scale int64
	var zero uint64
	var positive, negative []byte
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 6 && f.wire == wireVarint:
			scale = unzigzag(f.num)
		case f.number == 7 && f.wire == wireFixed64:
			zero = f.num
		case f.number == 8 && f.wire == wireBytes:
			positive = f.bytes
		case f.number == 9 && f.wire == wireBytes:
			negative = f.bytes
		default:
			h.read(&f, 12)
		}
	}
	switch {
	case m.bad:
		return nil, errMalformed
	case scale < -20 || scale > 40:
		return nil, errScale
	}
	if err := errors.Join(h.exponents(negative, scale, -1), h.exponents(positive, scale, 1)); err != nil {
		return nil, err
	}
	if zero > 0 {
		none := bucket{0, 0, float64(zero)}
		h.buckets = append(h.buckets, none)
		if scale > keptScale {
			h.coarse = append(h.coarse, none)
		}
	}
	slices.SortFunc(h.buckets, func(a, b bucket) int { return cmp.Compare(a.low, b.low) })
	slices.SortFunc(h.coarse, func(a, b bucket) int { return cmp.Compare(a.low, b.low) })
	return h.measures(name, true), nil
}

// read reads what both kinds of histogram have: count and sum, the flags, and
// from field number low on the smallest and the largest value.
func (h *distribution) read(f *field, low int) {
	switch {
	case f.number == 4 && f.wire == wireFixed64:
		h.count = f.num
	case f.number == 5 && f.wire == wireFixed64:
		h.sum.read(f)
	case f.number == 10 && f.wire == wireVarint:
		h.flags = f.num
	case f.number == low && f.wire == wireFixed64:
		h.low.read(f)
	case f.number == low+1 && f.wire == wireFixed64:
		h.high.read(f)
	}
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// keptScale is the finest scale that distributions are kept in: buckets 4.4 % wide.
// Senders make theirs coarser as the range of their values grows; what they begin
// with is much finer, and would not be comparable with what comes after.
const keptScale = 4

// exponents reads the buckets of one sign. Their bounds are powers of two, 1/2^scale
// apart in the exponent.
func (h *distribution) exponents(raw []byte, scale int64, sign float64) error {
	between := func(index, scale int64, n float64) bucket {
		step := math.Exp2(-float64(scale))
		low, high := sign*math.Exp2(float64(index)*step), sign*math.Exp2(float64(index+1)*step)
		return bucket{min(low, high), max(low, high), n}
	}
	last := int64(0)
	m := message{rest: raw}
	var f field
	var offset int64
	var counts []uint64
	for m.next(&f) && len(counts) <= maxBuckets {
		switch {
		case f.number == 1 && f.wire == wireVarint:
			offset = unzigzag(f.num)
		case f.number == 2 && f.wire == wireVarint:
			counts = append(counts, f.num)
		case f.number == 2 && f.wire == wireBytes:
			for rest := f.bytes; len(rest) > 0 && len(counts) <= maxBuckets; {
				v, n := binary.Uvarint(rest)
				if n <= 0 {
					return errMalformed
				}
				counts, rest = append(counts, v), rest[n:]
			}
		}
	}
	switch {
	case m.bad:
		return errMalformed
	case len(counts) > maxBuckets:
		return errBuckets
	}
	for i, n := range counts {
		if n == 0 {
			continue
		}
		index := offset + int64(i)
		h.buckets = append(h.buckets, between(index, scale, float64(n)))
		if scale <= keptScale {
			continue
		}
		wide := index >> (scale - keptScale)
		if k := len(h.coarse); k > 0 && last == wide && h.coarse[k-1].high*sign > 0 {
			h.coarse[k-1].count += float64(n)
			continue
		}
		h.coarse, last = append(h.coarse, between(wide, keptScale, float64(n))), wide
	}
	return nil
}

// maxKept is how many buckets of a distribution are kept; of more, neighbours become one.
const maxKept = 1000

// text writes the distribution: a JSON array of [low, high, count], in order. What is
// below the first bound or above the last is at that bound.
func (h *distribution) text() string {
	buckets := h.buckets
	if h.coarse != nil {
		buckets = h.coarse
	}
	var kept []bucket
	for _, b := range buckets {
		switch {
		case math.IsInf(b.low, -1):
			b.low = b.high
		case math.IsInf(b.high, 1):
			b.high = b.low
		}
		if b.count > 0 && !math.IsInf(b.low, 0) && !math.IsInf(b.high, 0) && !math.IsNaN(b.low) && !math.IsNaN(b.high) {
			kept = append(kept, b)
		}
	}
	for len(kept) > maxKept {
		half := kept[:0]
		for pair := range slices.Chunk(kept, 2) {
			last := pair[len(pair)-1]
			if len(pair) == 2 {
				last.low, last.count = pair[0].low, pair[0].count+last.count
			}
			half = append(half, last)
		}
		kept = half
	}
	const usual = 20 // bytes of a bucket
	out := append(make([]byte, 0, 2+usual*len(kept)), '[')
	for i, b := range kept {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendNumber(append(out, '['), b.low), ',')
		out = append(appendNumber(out, b.high), ',')
		out = append(strconv.AppendFloat(out, b.count, 'f', -1, 64), ']')
	}
	return string(append(out, ']'))
}

func summaryOf(name string, raw []byte) ([]measure, error) {
	var h distribution
	var quantiles []measure
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 4 && f.wire == wireFixed64:
			h.count = f.num
		case f.number == 5 && f.wire == wireFixed64:
			h.sum.read(&f)
		case f.number == 8 && f.wire == wireVarint:
			h.flags = f.num
		case f.number == 6 && f.wire == wireBytes:
			q, v, ok := quantileOf(f.bytes)
			if !ok {
				return nil, errMalformed
			}
			if suffix := quantileName(q); suffix != "" && len(quantiles) < maxBuckets {
				quantiles = append(quantiles, measure{name + "." + suffix, event.FloatValue(v)})
			}
		}
	}
	if m.bad {
		return nil, errMalformed
	}
	if h.flags&noValue != 0 {
		return nil, nil
	}
	return append(h.measures(name, false), quantiles...), nil
}

func quantileOf(raw []byte) (q, v float64, ok bool) {
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireFixed64:
			q = math.Float64frombits(f.num)
		case f.number == 2 && f.wire == wireFixed64:
			v = math.Float64frombits(f.num)
		}
	}
	return q, v, !m.bad
}

// quantileName is p50, p99 or p999: the digits after the point, at least two and
// at most four. The least is min, the greatest max; what is no quantile is "".
func quantileName(q float64) string {
	switch {
	case q == 0:
		return "min"
	case q == 1:
		return "max"
	case !(q > 0 && q < 1):
		return ""
	}
	digits := strconv.FormatFloat(math.Round(q*1e4)/1e4, 'f', -1, 64)
	if digits, ok := strings.CutPrefix(digits, "0."); ok {
		if len(digits) < 2 {
			digits += "0"
		}
		return "p" + digits
	}
	return "" // so near to 0 or 1 that it has no name
}
