package otlp

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"

	"github.com/oriel-dev/oriel/internal/event"
)

// metrics reads an ExportMetricsServiceRequest. Points of one resource with the
// same second and attributes become one event, with a field for each metric.
func (d *decoder) metrics(body []byte) error {
	return submessages(body, 1, "a resource", func(raw []byte) error {
		points := &points{byKey: map[string]*point{}}
		slug := ""
		err := d.underResource(raw, func(dataset string, scopeMetrics []byte) error {
			slug = dataset
			return submessages(scopeMetrics, 2, "a metric", func(metric []byte) error { return d.metric(points, metric) })
		})
		if err != nil || len(points.order) == 0 {
			return err
		}
		b := d.batch(slug)
		for _, p := range points.order {
			if err := d.pointRow(b, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// points gathers the data points of a resource.
type points struct {
	byKey map[string]*point
	order []*point
}

// point is an event in the making.
type point struct {
	time   int64
	attrs  [][]byte
	fields []measure
}

// measure is a metric's name, or that of one of its figures, with the value.
type measure struct {
	name  string
	value event.Value
}

// Fields of the oneof in a Metric, and in its points where attributes lie.
const (
	metricGauge     = 5
	metricSum       = 7
	metricHistogram = 9
	metricExponent  = 10
	metricSummary   = 11
)

func (d *decoder) metric(ps *points, raw []byte) error {
	m := message{rest: raw}
	var f field
	name, kind := "", 0
	var data []byte
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			name = string(d.utf8(f.bytes))
		case f.wire == wireBytes && f.number >= metricGauge && f.number <= metricSummary:
			kind, data = f.number, f.bytes
		}
	}
	if m.bad {
		return malformed("a metric")
	}
	if name == "" || len(name) > maxName-8 {
		return nil // nothing could be called by it
	}
	return submessages(data, 1, "a data point", func(raw []byte) error { return d.dataPoint(ps, name, kind, raw) })
}

// dataPoint reads a point of any kind; where kinds number their fields in
// different ways, kind decides.
func (d *decoder) dataPoint(ps *points, name string, kind int, raw []byte) error {
	d.out.Items++
	attrsAt := 7
	switch kind {
	case metricHistogram:
		attrsAt = 9
	case metricExponent:
		attrsAt = 1
	}
	var attrs [][]byte
	var at uint64
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == attrsAt && f.wire == wireBytes:
			attrs = append(attrs, f.bytes)
		case f.number == 3 && f.wire == wireFixed64:
			at = f.num
		}
	}
	fields, ok := measures(name, kind, raw)
	if m.bad || !ok {
		return malformed("a data point")
	}
	when := int64(min(at, 1<<63-1))
	if !d.timely(when) || len(fields) == 0 {
		return nil
	}
	const second = int64(1e9)
	key := binary.LittleEndian.AppendUint64(nil, uint64(when/second))
	for _, a := range attrs {
		key = append(binary.AppendUvarint(key, uint64(len(a))), a...)
	}
	p := ps.byKey[string(key)]
	if p == nil {
		p = &point{time: when / second * second, attrs: attrs}
		ps.byKey[string(key)] = p
		ps.order = append(ps.order, p)
	}
	p.fields = append(p.fields, fields...)
	return nil
}

func (d *decoder) pointRow(b *event.Batch, p *point) error {
	b.Begin(p.time)
	d.fields, d.rateRank, d.rate = 0, 0, 1
	if !d.setAll(b, d.resource, rankResource) {
		return malformed("a resource")
	}
	for _, raw := range p.attrs {
		a, ok := splitAttribute(raw)
		if !ok || !d.set(b, a.key, a.value, rankItem) {
			return malformed("an attribute")
		}
	}
	b.SetSampleRate(d.rate)
	b.SetString(b.Column(event.FieldSignal), event.SignalMetric)
	for _, f := range p.fields {
		if c := d.column(b, []byte(f.name)); c != nil {
			b.Set(f.name, f.value)
		}
	}
	return nil
}

// measures are the figures of a point.
func measures(name string, kind int, raw []byte) ([]measure, bool) {
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
	return nil, true
}

func numberOf(name string, raw []byte) ([]measure, bool) {
	var out []measure
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 4 && f.wire == wireFixed64:
			out = []measure{{name, event.FloatValue(math.Float64frombits(f.num))}}
		case f.number == 6 && f.wire == wireFixed64:
			out = []measure{{name, event.IntValue(int64(f.num))}}
		}
	}
	return out, !m.bad
}

// bucket holds count values between two bounds.
type bucket struct{ low, high, count float64 }

// distribution is what histograms of all kinds come down to.
type distribution struct {
	count, sum float64
	buckets    []bucket
}

func (h *distribution) measures(name string) []measure {
	out := []measure{{name + ".count", event.IntValue(int64(h.count))}, {name + ".sum", event.FloatValue(h.sum)}}
	if h.count == 0 {
		return out
	}
	out = append(out, measure{name + ".avg", event.FloatValue(h.sum / h.count)})
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
				return b.high, !math.IsInf(b.high, 1)
			case math.IsInf(b.high, 1):
				return b.low, true
			}
			return b.low + (b.high-b.low)*(rank-before)/b.count, true
		}
		before += b.count
	}
	return 0, false
}

func histogramOf(name string, raw []byte) ([]measure, bool) {
	var h distribution
	var counts, bounds []uint64
	m := message{rest: raw}
	var f field
	ok := true
	for ok && m.next(&f) {
		switch {
		case f.number == 4 && f.wire == wireFixed64:
			h.count = float64(f.num)
		case f.number == 5 && f.wire == wireFixed64:
			h.sum = math.Float64frombits(f.num)
		case f.number == 6:
			counts, ok = packed64(counts, &f)
		case f.number == 7:
			bounds, ok = packed64(bounds, &f)
		}
	}
	if m.bad || !ok {
		return nil, false
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
	return h.measures(name), true
}

// packed64 appends fixed64 values, packed or one by one.
func packed64(list []uint64, f *field) ([]uint64, bool) {
	if f.wire == wireFixed64 {
		return append(list, f.num), true
	}
	if f.wire != wireBytes || len(f.bytes)%8 != 0 {
		return list, false
	}
	for raw := f.bytes; len(raw) > 0; raw = raw[8:] {
		list = append(list, binary.LittleEndian.Uint64(raw))
	}
	return list, true
}

func exponentialOf(name string, raw []byte) ([]measure, bool) {
	var h distribution
	var scale int64
	var zero uint64
	var positive, negative []byte
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 4 && f.wire == wireFixed64:
			h.count = float64(f.num)
		case f.number == 5 && f.wire == wireFixed64:
			h.sum = math.Float64frombits(f.num)
		case f.number == 6 && f.wire == wireVarint:
			scale = int64(f.num>>1) ^ -int64(f.num&1)
		case f.number == 7 && f.wire == wireFixed64:
			zero = f.num
		case f.number == 8 && f.wire == wireBytes:
			positive = f.bytes
		case f.number == 9 && f.wire == wireBytes:
			negative = f.bytes
		}
	}
	if m.bad || scale < -20 || scale > 40 {
		return nil, !m.bad
	}
	base := math.Exp2(math.Exp2(-float64(scale)))
	ok := h.exponents(negative, base, -1) && h.exponents(positive, base, 1)
	if zero > 0 {
		h.buckets = append(h.buckets, bucket{0, 0, float64(zero)})
	}
	sort.Slice(h.buckets, func(i, j int) bool { return h.buckets[i].low < h.buckets[j].low })
	return h.measures(name), ok
}

func (h *distribution) exponents(raw []byte, base, sign float64) bool {
	const most = 10_000
	m := message{rest: raw}
	var f field
	var offset int64
	var counts []uint64
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireVarint:
			offset = int64(f.num>>1) ^ -int64(f.num&1)
		case f.number == 2 && f.wire == wireVarint:
			counts = append(counts, f.num)
		case f.number == 2 && f.wire == wireBytes:
			for rest := f.bytes; len(rest) > 0 && len(counts) <= most; {
				v, n := binary.Uvarint(rest)
				if n <= 0 {
					return false
				}
				counts, rest = append(counts, v), rest[n:]
			}
		}
	}
	if m.bad || len(counts) > most {
		return false
	}
	for i, n := range counts {
		low, high := math.Pow(base, float64(offset+int64(i))), math.Pow(base, float64(offset+int64(i)+1))
		if n > 0 && sign > 0 {
			h.buckets = append(h.buckets, bucket{low, high, float64(n)})
		} else if n > 0 {
			h.buckets = append(h.buckets, bucket{-high, -low, float64(n)})
		}
	}
	return true
}

func summaryOf(name string, raw []byte) ([]measure, bool) {
	var h distribution
	var quantiles []measure
	m := message{rest: raw}
	var f field
	ok := true
	for ok && m.next(&f) {
		switch {
		case f.number == 4 && f.wire == wireFixed64:
			h.count = float64(f.num)
		case f.number == 5 && f.wire == wireFixed64:
			h.sum = math.Float64frombits(f.num)
		case f.number == 6 && f.wire == wireBytes:
			var q, v float64
			qm := message{rest: f.bytes}
			var qf field
			for qm.next(&qf) {
				switch {
				case qf.number == 1 && qf.wire == wireFixed64:
					q = math.Float64frombits(qf.num)
				case qf.number == 2 && qf.wire == wireFixed64:
					v = math.Float64frombits(qf.num)
				}
			}
			ok = !qm.bad
			if q > 0 && q < 1 {
				quantiles = append(quantiles, measure{name + "." + quantileName(q), event.FloatValue(v)})
			}
		}
	}
	return append(h.measures(name), quantiles...), ok && !m.bad
}

// quantileName is p50, p99 or p999: the digits after the point, at least two.
func quantileName(q float64) string {
	digits := fmt.Sprintf("%.3f", q)[2:]
	if digits[2] == '0' {
		digits = digits[:2]
	}
	return "p" + digits
}
