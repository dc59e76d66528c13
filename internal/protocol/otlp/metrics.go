package otlp

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
)

// metrics reads an ExportMetricsServiceRequest. Points of equal resources with
// the same second and attributes become one event, with a field for each metric.
func (d *decoder) metrics(body []byte) error {
	all := groups{byKey: map[string]*group{}}
	err := submessages(body, 1, "a resource", func(raw []byte) error {
		var g *group
		return d.underResource(raw, func(slug string, scopeMetrics []byte) error {
			if g == nil {
				g = d.group(&all, slug)
			}
			return submessages(scopeMetrics, 2, "a metric", func(metric []byte) error { return d.metric(g, metric) })
		})
	})
	if err != nil {
		return err
	}
	for _, g := range all.order {
		for _, p := range g.order {
			for ; p != nil; p = p.next {
				if err := d.pointRow(g, p); err != nil {
					return err
				}
			}
		}
	}
	d.declare()
	return nil
}

// groups are the resources of a request, equal ones once.
type groups struct {
	byKey map[string]*group
	order []*group
}

// group gathers the data points of a resource.
type group struct {
	slug   string
	series uint64 // see seriesOf
	fields []constant
	rate   sampleRate
	byKey  map[string]*point
	order  []*point
}

// group finds the group of the resource at hand.
func (d *decoder) group(all *groups, slug string) *group {
	slices.SortStableFunc(d.attributes, func(a, b attribute) int {
		return cmp.Or(bytes.Compare(a.key, b.key), bytes.Compare(a.value, b.value))
	})
	key := append([]byte(slug), 0)
	for _, a := range d.attributes {
		key = append(binary.AppendUvarint(key, uint64(len(a.key))), a.key...)
		key = append(binary.AppendUvarint(key, uint64(len(a.value))), a.value...)
	}
	g := all.byKey[string(key)]
	if g == nil {
		g = &group{slug: slug, series: seriesOf(slug, d.attributes), fields: slices.Clone(d.resource), rate: d.resourceRate, byKey: map[string]*point{}}
		d.grow(len(key) + groupBytes + constantBytes*len(g.fields))
		all.byKey[string(key)] = g
		all.order = append(all.order, g)
	}
	return g
}

// What groups and points take until they are rows, roughly, in bytes.
const (
	groupBytes    = 256
	constantBytes = 72
	pointBytes    = 128
	measureBytes  = 72
)

// point is an event in the making.
type point struct {
	time   int64
	attrs  [][]byte
	fields []measure
	series uint64
	start  int64 // since when its counters count, see event.FieldSeriesStart
	nature nature
	next   *point // of the same time and attributes, for what can't be in this event
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

// toldMetric is one metric of a request, as its data points are read.
type toldMetric struct {
	event.Metric
	form int // its field in the oneof
}

// maxMetricNote bounds what is kept of a unit or a description.
const maxMetricNote = 120

func (d *decoder) metric(g *group, raw []byte) error {
	m := message{rest: raw}
	var f field
	var told toldMetric
	var data []byte
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			told.Name = string(d.utf8(event.Cut(f.bytes, maxText)))
		case f.number == 2 && f.wire == wireBytes:
			told.Description = string(toValid(event.Cut(f.bytes, maxMetricNote)))
		case f.number == 3 && f.wire == wireBytes:
			told.Unit = string(toValid(event.Cut(f.bytes, maxMetricNote)))
		case f.wire == wireBytes && f.number >= metricGauge && f.number <= metricSummary:
			told.form, data = f.number, f.bytes
		}
	}
	if m.bad {
		return malformed("a metric")
	}
	told.Kind = kindOf(told.form, data)
	return submessages(data, 1, "a data point", func(raw []byte) error { return d.dataPoint(g, &told, raw) })
}

const temporalityDelta = 1 // of the enumeration AggregationTemporality

// kindOf reads what a metric says of its data points. One that does not say from
// when they count is taken to count from a beginning, as most do.
func kindOf(form int, data []byte) event.MetricKind {
	m := message{rest: data}
	var f field
	temporality, monotonic := uint64(0), false
	for m.next(&f) {
		switch {
		case f.number == 2 && f.wire == wireVarint:
			temporality = f.num
		case f.number == 3 && f.wire == wireVarint:
			monotonic = f.num != 0
		}
	}
	switch form {
	case metricGauge:
		return event.Gauge
	case metricSummary:
		return event.Summary
	case metricSum:
		switch {
		case temporality == temporalityDelta && monotonic:
			return event.DeltaCounter
		case temporality == temporalityDelta:
			return event.DeltaSum
		case monotonic:
			return event.CumulativeCounter
		}
		return event.CumulativeSum
	case metricHistogram, metricExponent:
		if temporality == temporalityDelta {
			return event.DeltaHistogram
		}
		return event.CumulativeHistogram
	}
	return event.NoMetric
}

// dataPoint reads a point of any kind; where kinds number their fields in
// different ways, kind decides.
func (d *decoder) dataPoint(g *group, told *toldMetric, raw []byte) error {
	name := told.Name
	if err := d.room(); err != nil {
		return err
	}
	d.out.Items++
	const longestSuffix = 8
	if name == "" || len(name) > maxName-longestSuffix {
		d.out.problem(ReasonNoName, true, func() string { return fmt.Sprintf("a metric's name has %d bytes: %.60q", len(name), name) })
		return nil
	}
	at, start, ok := d.splitPoint(told.form, raw)
	if !ok {
		return malformed("a data point")
	}
	fields, err := measures(name, told.form, raw)
	switch {
	case errors.Is(err, errMalformed):
		return malformed("a data point")
	case errors.Is(err, errBuckets), errors.Is(err, errScale):
		d.out.problem(ReasonHistogram, true, func() string { return name + ": " + err.Error() })
		return nil
	case len(fields) == 0:
		d.out.problem(ReasonNoValue, false, func() string { return "a data point of " + name })
		return nil
	}
	when := int64(min(at, 1<<63-1))
	if !d.timely(when) {
		return nil
	}
	const second = int64(1e9)
	key := binary.LittleEndian.AppendUint64(nil, uint64(when/second))
	d.sortedAttrs = append(d.sortedAttrs[:0], d.attrs...)
	slices.SortFunc(d.sortedAttrs, bytes.Compare)
	for _, a := range d.sortedAttrs {
		key = append(binary.AppendUvarint(key, uint64(len(a))), a...)
	}
	n := natureOf(told.Kind)
	p := g.byKey[string(key)]
	for p != nil && !p.holds(n, fields) {
		p = p.next
	}
	if p == nil {
		p = &point{time: when / second * second, attrs: slices.Clone(d.attrs), series: d.withPoint(g.series)}
		d.grow(pointBytes + len(key) + listedBytes*len(p.attrs))
		if first := g.byKey[string(key)]; first != nil {
			p.next, first.next = first.next, p
		} else {
			g.byKey[string(key)] = p
			g.order = append(g.order, p)
		}
	}
	d.grow(measureBytes * len(fields))
	p.add(n, start, fields)
	d.note(g.slug, told)
	return nil
}

// splitPoint finds the time, that of the beginning, and the attributes of a point.
func (d *decoder) splitPoint(kind int, raw []byte) (at, start uint64, ok bool) {
	attributes := 7
	switch kind {
	case metricHistogram:
		attributes = 9
	case metricExponent:
		attributes = 1
	}
	d.attrs = d.attrs[:0]
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == attributes && f.wire == wireBytes:
			d.listAttribute(f.bytes)
		case f.number == 2 && f.wire == wireFixed64:
			start = f.num
		case f.number == 3 && f.wire == wireFixed64:
			at = f.num
		}
	}
	return at, start, !m.bad
}

func (d *decoder) pointRow(g *group, p *point) error {
	b := d.batch(g.slug)
	d.attrs, d.scopeRate = append(d.attrs[:0], p.attrs...), g.rate
	if !d.rates() {
		return malformed("an attribute")
	}
	if err := d.begin(b, p.time, d.rate.events); err != nil {
		return err
	}
	d.setConstants(b, g.fields)
	for _, raw := range p.attrs {
		if !d.set(b, raw) {
			return malformed("an attribute")
		}
	}
	b.SetString(b.Column(event.FieldSignal), event.SignalMetric)
	row := b.Len() - 1
	b.SetAt(row, event.FieldSeries, event.IntValue(int64(p.series)))
	switch p.nature {
	case sinceStart:
		b.SetAt(row, event.FieldSeriesStart, event.IntValue(p.start))
	case sinceLast:
		b.SetAt(row, event.FieldSeriesSince, event.IntValue(p.start))
	case noCounter:
	}
	for _, f := range p.fields {
		if c := d.column(b, []byte(f.name)); c != nil {
			b.Set(f.name, f.value)
		}
	}
	return nil
}
