package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/logline"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// Bounds of the embedded metric format, the service's but for those of a whole call.
const (
	maxNamespace     = 1024
	maxEMFMetrics    = 100
	maxEMFDimensions = 30
	maxEMFValues     = 100
	maxEMFDirectives = 100
	maxEMFName       = 1024
	maxEMFRows       = 100_000 // of a call
)

// embedded is what a message of the embedded metric format says under _aws.
type embedded struct {
	Timestamp *int64
	Metrics   []embeddedDirective `json:"CloudWatchMetrics"`
}

type embeddedDirective struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []struct{ Name, Unit string }
}

// extraction makes events of the metrics that messages embed. The metrics of a
// directive are one event: their names are fields, and so are the dimensions of
// all its sets, of which any can be asked for. Where values are lists, each place
// of them is an event.
type extraction struct {
	f       *Front
	g       *group
	min     int64 // Unix ms that metrics may have
	max     int64
	batches map[string]*event.Batch // by namespace
	out     []*event.Batch
	rows    int

	members []rootMember
	values  []float64

	bad, missing int // messages, metrics
	why, which   string
}

// rootMember is a member of a message's object, its value as it was sent.
type rootMember struct{ name, value []byte }

// embeddedMetrics returns what the metrics that lines embed make, to be written
// with the lines. Bad ones cost the line nothing: they are counted.
func (f *Front) embeddedMetrics(g *group, p *put, now int64) []*event.Batch {
	if !g.extracts() {
		return nil
	}
	var x *extraction
	for i := p.from; i < p.to; i++ {
		message := p.sent.message(i)
		if message[0] != '{' || !bytes.Contains(message, []byte(`"_aws"`)) {
			continue
		}
		if x == nil {
			x = &extraction{
				f: f, g: g, batches: map[string]*event.Batch{},
				min: now - maxLineAge.Milliseconds(), max: now + maxLineAhead.Milliseconds(),
			}
		}
		x.line(message)
	}
	if x == nil {
		return nil
	}
	ledger := f.Door.Ledger()
	ledger.Alter("emf_invalid", protocolName, x.bad, g.name+": "+x.why)
	ledger.Alter("emf_metric", protocolName, x.missing, g.name+": "+x.which)
	return x.out
}

// extracts reports whether metrics are made of what lines embed.
func (g *group) extracts() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return !g.unextracted
}

// refuse counts a message whose metrics can't be made out.
func (x *extraction) refuse(format string, args ...any) {
	if x.bad++; x.bad == 1 {
		x.why = fmt.Sprintf(format, args...)
	}
}

// skip counts a metric without a value.
func (x *extraction) skip(format string, args ...any) {
	if x.missing++; x.missing == 1 {
		x.which = fmt.Sprintf(format, args...)
	}
}

func (x *extraction) line(message []byte) {
	if !x.split(message) {
		return // no JSON: it only looks like it
	}
	raw := x.member("_aws")
	if raw == nil {
		return // further down in the message
	}
	var said embedded
	if err := json.Unmarshal(raw, &said); err != nil {
		x.refuse("_aws is not as it should be: %v", err)
		return
	}
	switch {
	case said.Timestamp == nil:
		x.refuse("_aws has no Timestamp")
		return
	case *said.Timestamp < x.min || *said.Timestamp > x.max:
		x.refuse("the Timestamp %d is more than 14 days ago or 2 hours ahead: is it in milliseconds?", *said.Timestamp)
		return
	case len(said.Metrics) == 0 || len(said.Metrics) > maxEMFDirectives:
		x.refuse("_aws has %d CloudWatchMetrics, there may be 1 to %d", len(said.Metrics), maxEMFDirectives)
		return
	}
	for i := range said.Metrics {
		if problem := said.Metrics[i].problem(); problem != "" {
			x.refuse("%s", problem)
			return
		}
	}
	for i := range said.Metrics {
		x.directive(&said.Metrics[i], *said.Timestamp*int64(time.Millisecond))
	}
}

func (d *embeddedDirective) problem() string {
	if d.Namespace == "" || len(d.Namespace) > maxNamespace {
		return fmt.Sprintf("a Namespace has %d bytes, it must have 1 to %d", len(d.Namespace), maxNamespace)
	}
	if len(d.Metrics) > maxEMFMetrics {
		return fmt.Sprintf("%s has %d Metrics, the limit is %d", d.Namespace, len(d.Metrics), maxEMFMetrics)
	}
	for _, set := range d.Dimensions {
		if len(set) > maxEMFDimensions {
			return fmt.Sprintf("%s has %d keys in a set of Dimensions, the limit is %d", d.Namespace, len(set), maxEMFDimensions)
		}
	}
	for _, m := range d.Metrics {
		if m.Name == "" || len(m.Name) > maxEMFName {
			return fmt.Sprintf("a metric of %s has a name of %d bytes, it must have 1 to %d", d.Namespace, len(m.Name), maxEMFName)
		}
	}
	return ""
}

// split lists the members of the message's object.
func (x *extraction) split(message []byte) bool {
	r := jsonscan.Scanner{In: message}
	x.members = x.members[:0]
	if !r.Enter('{') {
		return false
	}
	for more := r.First('}'); more; more = r.More('}') {
		raw, escaped, ok := r.RawText()
		if !ok {
			return false
		}
		name := raw
		if escaped {
			at := jsonscan.Scanner{In: message, At: r.At - len(raw) - len(`""`)}
			name, _ = at.Text()
		}
		if !r.Take(':') {
			return false
		}
		r.Peek()
		from := r.At
		if !r.Skip() {
			return false
		}
		x.members = append(x.members, rootMember{name, message[from:r.At]})
	}
	r.Peek()
	return r.Err == nil && r.At == len(message)
}

// member returns the value of a member, nil if there is none. Of two the last counts.
func (x *extraction) member(name string) []byte {
	for _, m := range slices.Backward(x.members) {
		if string(m.name) == name {
			return m.value
		}
	}
	return nil
}

// directive adds the events of one directive.
func (x *extraction) directive(d *embeddedDirective, at int64) {
	b := x.batch(d.Namespace)
	if b == nil {
		return
	}
	first := b.Len()
	for _, m := range d.Metrics {
		if !x.number(m.Name) {
			x.skip("%s/%s has no value that is a number, or a list of up to %d", d.Namespace, m.Name, maxEMFValues)
			continue
		}
		for k, v := range x.values {
			if first+k == b.Len() {
				if x.rows++; x.rows > maxEMFRows {
					x.skip("a call embeds more than %d metrics", maxEMFRows)
					return
				}
				b.Begin(at)
				x.surroundings(b, d)
			}
			b.SetAt(first+k, logline.FieldName(m.Name), event.FloatValue(v))
			if hasUnit(m.Unit) {
				b.SetAt(first+k, unitField(m.Name), event.StringValue(m.Unit))
			}
		}
	}
}

// unitField is what holds the unit of a metric beside its value.
func unitField(metric string) string { return logline.FieldName(metric) + ".unit" }

// hasUnit reports whether a unit says something; the longest of the service's has
// sixteen bytes.
func hasUnit(unit string) bool {
	const most = 64
	return unit != "" && unit != "None" && len(unit) <= most
}

// surroundings gives the row at hand what all of a directive's have.
func (x *extraction) surroundings(b *event.Batch, d *embeddedDirective) {
	b.SetString(b.Column(event.FieldSignal), event.SignalMetric)
	b.SetString(b.Column(event.FieldLogGroup), x.g.name)
	for _, set := range d.Dimensions {
		for _, name := range set {
			raw := x.member(name)
			if len(raw) == 0 || name == "" || len(name) > maxEMFName {
				continue
			}
			value := raw
			if raw[0] == '"' {
				r := jsonscan.Scanner{In: raw}
				value, _ = r.Text()
			}
			if len(value) > 0 && len(value) <= maxEMFName && raw[0] != '{' && raw[0] != '[' && raw[0] != 'n' {
				b.SetBytes(b.Column(logline.FieldName(name)), value)
			}
		}
	}
}

// number reads the values of a member: one, or a list of them.
func (x *extraction) number(name string) bool {
	x.values = x.values[:0]
	raw := x.member(name)
	if len(raw) == 0 {
		return false
	}
	r := jsonscan.Scanner{In: raw}
	if raw[0] != '[' {
		return x.one(&r)
	}
	r.Enter('[')
	for more := r.First(']'); more; more = r.More(']') {
		if len(x.values) == maxEMFValues || !x.one(&r) {
			return false
		}
	}
	return len(x.values) > 0
}

func (x *extraction) one(r *jsonscan.Scanner) bool {
	if c := r.Peek(); c != '-' && (c < '0' || c > '9') {
		return false
	}
	raw, ok := r.Number()
	if !ok {
		return false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return false
	}
	x.values = append(x.values, v)
	return true
}

// batch returns the batch of a namespace's dataset, nil if it can't be had.
func (x *extraction) batch(namespace string) *event.Batch {
	if b, known := x.batches[namespace]; known {
		return b
	}
	slug, err := x.f.metricDataset(x.g, namespace)
	if err != nil {
		x.batches[namespace] = nil
		x.refuse("the dataset of %s can't be had: %v", namespace, err)
		return nil
	}
	b := event.NewBatch(x.g.environment, slug)
	x.batches[namespace], x.out = b, append(x.out, b)
	return b
}

// metricDataset returns the dataset of a namespace's metrics. That of a log group
// is for its lines alone: a namespace of the same name has one beside it.
func (f *Front) metricDataset(g *group, namespace string) (slug string, err error) {
	slug, err = f.Datasets.Resolve(g.environment, namespace, true)
	if err != nil {
		return "", err
	}
	if f.groups.owns(g.environment, slug) {
		return f.Datasets.Resolve(g.environment, namespace+" metrics", true)
	}
	return slug, nil
}

// owns reports whether a dataset is a log group's.
func (g *Groups) owns(environment, slug string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.byDataset[datasetKey{environment, slug}] != nil
}
