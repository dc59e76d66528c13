package cloudwatch

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/logline"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// compiledMetric is a metric filter, ready for lines. Each line that matches
// becomes an event of the signal metric in the dataset of the metric's namespace:
// the metric's name is a field that holds the value, dimensions are fields.
type compiledMetric struct {
	pattern    *pattern.Pattern
	namespace  string
	field      string
	value      float64
	selector   *pattern.Selector // of the value; nil: it is always the same
	dimensions []metricDimension
	constants  []metricConstant
	transforms bool     // the transformed text is looked at
	absent     *float64 // what a minute counts in which no line matches
}

type metricDimension struct {
	field    string
	selector *pattern.Selector
}

type metricConstant struct{ field, value string }

// maxDimensions of a metric.
const maxDimensions = 3

// compileMetricFilter checks what can't be checked by the model.
func compileMetricFilter(g *group, k *keptMetricFilter) (*compiledMetric, error) {
	p, err := parsePattern("metric filter", k.FilterPattern)
	if err != nil {
		return nil, err
	}
	t := k.MetricTransformations[0]
	m := &compiledMetric{pattern: p, namespace: t.MetricNamespace, field: logline.FieldName(t.MetricName), absent: t.DefaultValue, transforms: k.ApplyOnTransformedLogs}
	if t.MetricName == "" || t.MetricNamespace == "" {
		return nil, invalidParameter("Invalid metric transformation: metricName and metricNamespace must not be empty.")
	}
	if m.value, err = strconv.ParseFloat(t.MetricValue, 64); err != nil {
		if !strings.HasPrefix(t.MetricValue, "$") {
			return nil, invalidParameter("Invalid metric transformation: metricValue is '" + cut(t.MetricValue) + "'; it must be a number or a selector such as $.latency or $bytes.")
		}
		if m.selector, err = p.Selector(t.MetricValue); err != nil {
			return nil, invalidParameter("Invalid metric transformation: metricValue '" + cut(t.MetricValue) + "': " + err.Error())
		}
	}
	if len(t.Dimensions) > 0 && t.DefaultValue != nil {
		return nil, invalidParameter("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
	}
	if len(t.Dimensions) > maxDimensions {
		return nil, invalidParameter("Invalid metric transformation: a metric has up to 3 dimensions.")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Dimensions)) {
		selector, err := p.Selector(t.Dimensions[name])
		if err != nil {
			return nil, invalidParameter("Invalid metric transformation: dimension '" + cut(name) + "': " + err.Error())
		}
		m.dimensions = append(m.dimensions, metricDimension{logline.FieldName(name), selector})
	}
	if hasUnit(t.Unit) {
		m.constants = append(m.constants, metricConstant{unitField(t.MetricName), t.Unit})
	}
	for _, name := range k.EmitSystemFieldDimensions {
		value, known := map[string]string{"@aws.account": k.Account, "@aws.region": g.region, "@source.log": g.name}[name]
		if !known {
			return nil, invalidParameter("emitSystemFieldDimensions names '" + cut(name) + "'; it must be @aws.account, @aws.region or @source.log.")
		}
		m.constants = append(m.constants, metricConstant{name, value})
	}
	if k.FieldSelectionCriteria != "" {
		criteria, err := readSelection(k.FieldSelectionCriteria)
		if err != nil {
			return nil, err
		}
		if !criteria.matches(g, k.Account) {
			m.pattern = nil // nothing of this group is meant
		}
	}
	return m, nil
}

// metricBatches returns what the metric filters of a group make of lines that are
// put into it, to be written with them: both are on disk, or neither.
func (f *Front) metricBatches(g *group, lines *event.Batch) []*event.Batch {
	g.mu.RLock()
	filters := g.metrics
	g.mu.RUnlock()
	if len(filters) == 0 {
		return nil
	}
	body := lines.Find(event.FieldBody)
	if body == nil || body.Kind != event.String {
		return nil
	}
	byDataset := map[string]*event.Batch{}
	var out []*event.Batch
	for _, m := range filters {
		if m.pattern == nil {
			continue
		}
		slug, err := f.metricDataset(g, m.namespace)
		if err != nil {
			f.Door.Ledger().Drop("metric_dataset", protocolName, lines.Len(), "metric filter of "+g.name+": "+err.Error())
			continue
		}
		b := byDataset[slug]
		if b == nil {
			b = event.NewBatch(g.environment, slug)
			byDataset[slug] = b
			out = append(out, b)
		}
		m.apply(g, lines, body, b, f.Door.Ledger())
	}
	return out
}

// apply adds a row for each line that matches, and one for each minute in which
// none does if there is a value for that.
func (m *compiledMetric) apply(g *group, lines *event.Batch, body *event.Column, out *event.Batch, ledger *ingest.Ledger) {
	minutes := map[int64]bool{} // that had a match
	odd := 0
	for i := range body.Len() {
		row := body.Row(i)
		at := lines.Times[row]
		message := body.Dict.Text(body.Codes[i])
		if m.transforms {
			message, _ = g.transform(streamOf(lines.Row(row)), message)
		}
		matches := m.pattern.MatchString(message)
		if m.absent != nil {
			minute := at - at%int64(time.Minute)
			minutes[minute] = minutes[minute] || matches
		}
		if !matches {
			continue
		}
		value := m.value
		if m.selector != nil {
			text, ok := m.pattern.Value(m.selector, []byte(message))
			var err error
			if value, err = strconv.ParseFloat(text, 64); !ok || err != nil {
				odd++
				continue
			}
		}
		m.row(g, out, at, value)
		for _, d := range m.dimensions {
			if text, ok := m.pattern.Value(d.selector, []byte(message)); ok {
				out.SetString(out.Column(d.field), text)
			}
		}
	}
	for _, minute := range slices.Sorted(maps.Keys(minutes)) {
		if !minutes[minute] {
			m.row(g, out, minute, *m.absent)
		}
	}
	ledger.Alter("metric_value", protocolName, odd, "metric "+m.namespace+"/"+m.field+" of "+g.name+": the value is missing or no number")
}

func (m *compiledMetric) row(g *group, out *event.Batch, at int64, value float64) {
	out.Begin(at)
	out.SetString(out.Column(event.FieldSignal), event.SignalMetric)
	out.SetString(out.Column(event.FieldLogGroup), g.name)
	out.SetFloat(out.Column(m.field), value)
	for _, c := range m.constants {
		out.SetString(out.Column(c.field), c.value)
	}
}
