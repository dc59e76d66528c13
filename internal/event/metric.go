package event

import (
	"encoding/json"
	"slices"
	"strings"
)

// MetricKind is what the values of a metric mean from one data point to the next.
type MetricKind uint8

// The kinds. Sums that are not monotonic go up and down. A histogram's data points are
// distributions of values.
const (
	NoMetric MetricKind = iota
	Gauge
	CumulativeSum
	CumulativeCounter
	DeltaSum
	DeltaCounter
	CumulativeHistogram
	DeltaHistogram
	Summary
)

var metricKinds = [...]string{ //nolint:gochecknoglobals // a table of constants
	NoMetric: "", Gauge: "gauge", CumulativeSum: "sum(cumulative)", CumulativeCounter: "sum(cumulative,monotonic)",
	DeltaSum: "sum(delta)", DeltaCounter: "sum(delta,monotonic)", CumulativeHistogram: "histogram(cumulative)",
	DeltaHistogram: "histogram(delta)", Summary: "summary",
}

// String returns the kind as Honeycomb writes it: "sum(cumulative,monotonic)".
func (k MetricKind) String() string {
	if int(k) < len(metricKinds) {
		return metricKinds[k]
	}
	return ""
}

// MetricKindNamed returns the kind of a name that String gives, NoMetric for others.
func MetricKindNamed(name string) MetricKind {
	return MetricKind(max(slices.Index(metricKinds[:], name), 0))
}

// Counts reports whether data points say how much there was more, either since the
// one before or since a beginning.
func (k MetricKind) Counts() bool {
	switch k {
	case CumulativeCounter, DeltaSum, DeltaCounter, CumulativeHistogram, DeltaHistogram:
		return true
	case NoMetric, Gauge, CumulativeSum, Summary:
	}
	return false
}

// IsHistogram reports whether data points are distributions.
func (k MetricKind) IsHistogram() bool { return k == CumulativeHistogram || k == DeltaHistogram }

// Metric is what is said of a metric.
type Metric struct {
	Name        string     `json:"n"`
	Kind        MetricKind `json:"k"`
	Unit        string     `json:"u,omitempty"`
	Description string     `json:"d,omitempty"`
}

// Part returns what is said of a figure of the metric, the field of its name with a
// suffix: ".count", ".p99".
func (m Metric) Part(suffix string) Metric {
	part := Metric{Name: m.Name + suffix, Kind: Gauge, Unit: m.Unit}
	if suffix == ".count" || suffix == ".sum" {
		part.Kind = CumulativeCounter
		if m.Kind == DeltaHistogram {
			part.Kind = DeltaCounter
		}
	}
	if suffix == ".count" {
		part.Unit = ""
	}
	return part
}

// MarshalText implements encoding.TextMarshaler.
func (k MetricKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A name that is not known is NoMetric.
func (k *MetricKind) UnmarshalText(text []byte) error {
	*k = MetricKindNamed(string(text))
	return nil
}

// DeclareMetrics writes what is said of metrics as the text of [FieldMetrics]; the
// same metrics give the same text, in whatever order they are. The list is sorted.
func DeclareMetrics(list []Metric) string {
	slices.SortFunc(list, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	const usual = 64 // bytes of each
	out := make([]byte, 0, usual*len(list))
	for i, m := range list {
		out = append(out, "[,"[min(i, 1)], '{')
		out = appendMember(out, "n", m.Name)
		out = appendMember(out, "k", m.Kind.String())
		out = appendMember(out, "u", m.Unit)
		out = appendMember(out, "d", m.Description)
		out[len(out)-1] = '}'
	}
	if len(list) == 0 {
		return ""
	}
	return string(append(out, ']'))
}

// appendMember writes a member of an object with a comma after it, and nothing for "".
func appendMember(out []byte, name, value string) []byte {
	if value == "" {
		return out
	}
	out = append(append(append(out, '"'), name...), '"', ':')
	plain := true
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			plain = false
			break
		}
	}
	if plain {
		return append(append(append(out, '"'), value...), '"', ',')
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		quoted = []byte(`""`) // strings always marshal
	}
	return append(append(out, quoted...), ',')
}

// DeclaredMetrics reads the text of [FieldMetrics]; nothing from what can't be read.
func DeclaredMetrics(text string) []Metric {
	var list []Metric
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil
	}
	return list
}
