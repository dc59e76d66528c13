package otlp

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// The number of a time series (event.FieldSeries) is made of the dataset and of the
// names and values of attributes, whatever their order and however they came. It
// outlives the process: how it is made must stay as it is. FNV-1a of 64 bits for
// each attribute, mixed as MurmurHash3 does at its end; their sum.
const (
	hashStart uint64 = 14695981039346656037
	hashPrime uint64 = 1099511628211
)

func hashText(h uint64, text []byte) uint64 {
	for _, b := range text {
		h = (h ^ uint64(b)) * hashPrime
	}
	return (h ^ uint64(len(text))) * hashPrime
}

func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// seriesOf is the part of a series' number that its dataset and resource make.
func seriesOf(slug string, resource []attribute) uint64 {
	h := mix(hashText(hashStart, []byte(slug)))
	for _, a := range resource {
		h += hashAttribute(a, 0)
	}
	return h
}

// withPoint adds the attributes of the data point at hand.
func (d *decoder) withPoint(h uint64) uint64 {
	for _, raw := range d.attrs {
		if a, ok := splitAttribute(raw); ok {
			h += hashAttribute(a, 0)
		}
	}
	return h
}

// hashAttribute is 0 for what becomes no field.
func hashAttribute(a attribute, depth int) uint64 {
	const deepest = 32 // beyond, values that are written alike are alike
	v, ok := readValue(a.value)
	if !ok || v.kind == 0 || depth == 0 && len(a.key) == 0 {
		return 0
	}
	h := (hashText(hashStart, a.key) ^ uint64(v.kind)) * hashPrime
	switch {
	case v.kind == valueText || v.kind == valueBytes || depth == deepest:
		return mix(hashText(h, v.bytes))
	case v.kind == valueMap:
		_ = submessages(v.bytes, 1, "", func(raw []byte) error {
			if inner, ok := splitAttribute(raw); ok {
				h += hashAttribute(inner, depth+1)
			}
			return nil
		})
		return mix(h)
	case v.kind == valueList:
		_ = submessages(v.bytes, 1, "", func(raw []byte) error {
			h = h*hashPrime + hashAttribute(attribute{value: raw}, depth+1)
			return nil
		})
		return mix(h)
	}
	return mix((h ^ v.num) * hashPrime)
}

// nature is how the counters of an event count. Those that tell how much there was
// since a beginning, and those that tell how much there was since the last data
// point, are in events of their own, so that each event says what it holds.
type nature uint8

const (
	noCounter nature = iota
	sinceStart
	sinceLast
)

func natureOf(kind event.MetricKind) nature {
	switch {
	case !kind.Counts() && kind != event.Summary:
		return noCounter
	case kind == event.DeltaCounter || kind == event.DeltaSum || kind == event.DeltaHistogram:
		return sinceLast
	}
	return sinceStart
}

// holds reports whether a data point can be in the event. Of one that replaces what
// was read in the same second the last counts; of one that adds to it each does.
func (p *point) holds(n nature, fields []measure) bool {
	if n != noCounter && p.nature != noCounter && p.nature != n {
		return false
	}
	return n != sinceLast || !slices.ContainsFunc(p.fields, func(f measure) bool { return f.name == fields[0].name })
}

// add puts the figures of a data point into the event.
func (p *point) add(n nature, start uint64, fields []measure) {
	const second = int64(1e9)
	p.fields = append(p.fields, fields...)
	if n == noCounter {
		return
	}
	since := int64(min(start, 1<<63-1)) / second * second
	if p.nature == noCounter || since < p.start {
		p.start = since
	}
	p.nature = n
}

// note keeps what is said of a metric, once for each dataset.
func (d *decoder) note(slug string, told *toldMetric) {
	of := d.told[slug]
	if of == nil {
		if d.told == nil {
			d.told = map[string]*declared{}
		}
		of = &declared{names: map[string]bool{}}
		d.told[slug] = of
	}
	if of.last == told || of.names[told.Name] {
		return
	}
	of.last, of.names[told.Name] = told, true
	of.metrics = append(of.metrics, told.Metric)
	d.grow(measureBytes + len(told.Name) + len(told.Unit) + len(told.Description))
}

// declared are the metrics that a dataset was sent.
type declared struct {
	last    *toldMetric // that was noted
	names   map[string]bool
	metrics []event.Metric
}

// maxDeclared is how many metrics one row tells of.
const maxDeclared = 200

// declare puts what was said of the metrics into the last rows of each batch. Of a
// request with more metrics than rows can tell of, the next may tell the rest.
func (d *decoder) declare() {
	for _, b := range d.out.Batches {
		of := d.told[b.Dataset]
		if of == nil {
			continue
		}
		slices.SortFunc(of.metrics, func(x, y event.Metric) int { return strings.Compare(x.Name, y.Name) })
		parts := slices.Collect(slices.Chunk(of.metrics, maxDeclared))
		parts = parts[:min(len(parts), b.Len())]
		for i, part := range parts {
			b.SetAt(b.Len()-len(parts)+i, event.FieldMetrics, event.StringValue(event.DeclareMetrics(part)))
		}
	}
}
