package dataset

import (
	"database/sql"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// told is an event of a metrics dataset that tells of its metrics.
func (r *rig) told(dataset string, fields map[string]any, metrics ...event.Metric) {
	r.t.Helper()
	r.seq++
	fields[event.FieldSignal] = event.SignalMetric
	b := eventOf(dataset, fields)
	b.SetAt(0, event.FieldSeries, event.IntValue(7))
	b.SetAt(0, event.FieldMetrics, event.StringValue(event.DeclareMetrics(metrics)))
	must(r.t, r.store.Append(r.t.Context(), r.seq, []*event.Batch{b}))
	r.Touch(b)
}

func (r *rig) kind(dataset, name string) string {
	r.t.Helper()
	metrics := r.Metrics(env, dataset)
	if metrics == nil {
		return "no metrics dataset"
	}
	return metrics(name).Kind.String()
}

// TestMetrics_AreWhatTheirSendersSay: of each metric its kind, unit and description;
// it survives a restart, and the loss of the settings database.
func TestMetrics_AreWhatTheirSendersSay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.told("points", map[string]any{"requests": 1, "load": 0.5, "latency": "[]", "latency.count": 3, "latency.sum": 1.5, "latency.p99": 2.5, "host": "a"},
		event.Metric{Name: "requests", Kind: event.CumulativeCounter, Unit: "{request}", Description: `what "came" in`},
		event.Metric{Name: "load", Kind: event.Gauge},
		event.Metric{Name: "latency", Kind: event.DeltaHistogram, Unit: "ms"})
	r.send("events", map[string]any{"requests": 1})
	check := func(when string) {
		t.Helper()
		for name, want := range map[string]string{
			"requests": "sum(cumulative,monotonic)", "load": "gauge", "latency": "histogram(delta)", "latency.count": "sum(delta,monotonic)",
			"latency.sum": "sum(delta,monotonic)", "latency.p99": "gauge", "host": "", "absent": "",
		} {
			equal(t, when+": kind of "+name, r.kind("points", name), want)
		}
		equal(t, when+": another dataset", r.kind("events", "requests"), "no metrics dataset")
		c := r.column("points", "requests")
		equal(t, when+": what is said of it", c.Metric.Unit+", "+c.Metric.Description, `{request}, what "came" in`)
		equal(t, when+": type of a histogram", r.column("points", "latency").Type, "histogram")
		equal(t, when+": columns", r.names("points"), "host string, latency histogram, latency.count integer, latency.p99 float, latency.sum float, load float, meta.signal_type string, requests integer")
	}
	check("at once")
	r.restart()
	check("after a restart")
	must(t, r.db.Write(t.Context(), func(tx *sql.Tx) error { return deleteSet(t.Context(), tx, env, "points") }))
	r.restart()
	check("of the events")

	// What was said last counts, and columns that come later are described as well.
	r.told("points", map[string]any{"load": 1, "latency.max": 3.5}, event.Metric{Name: "load", Kind: event.CumulativeSum},
		event.Metric{Name: "latency", Kind: event.DeltaHistogram, Unit: "ms"})
	equal(t, "kind of load", r.kind("points", "load"), "sum(cumulative)")
	equal(t, "kind of latency.max", r.kind("points", "latency.max"), "gauge")
}

// TestMetrics_WithoutWordsAreNone: what is told can't be read, or is none.
func TestMetrics_WithoutWordsAreNone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := eventOf("points", map[string]any{event.FieldSignal: event.SignalMetric, "load": 1})
	b.SetAt(0, event.FieldMetrics, event.StringValue(`[{"n":"load","k":"of tomorrow"},{"n":"load"},{"n":"absent","k":"gauge"}`))
	r.Touch(b)
	equal(t, "kind", r.kind("points", "load"), "")
	b = eventOf("points", map[string]any{"load": 1})
	b.SetAt(0, event.FieldMetrics, event.StringValue(`[{"n":"load","k":"of tomorrow"},{"n":"load"},{"n":"absent","k":"gauge"}]`))
	r.Touch(b)
	equal(t, "kind", r.kind("points", "load"), "")
	equal(t, "columns", r.names("points"), "load string, meta.signal_type string")
}

// TestMetrics_StayWhatTheyAreWhenSettingsChange: and so after a restart.
func TestMetrics_StayWhatTheyAreWhenSettingsChange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.told("points", map[string]any{"load": 0.5}, event.Metric{Name: "load", Kind: event.Gauge})
	r.restart()
	_, err := r.Update(t.Context(), env, "points", Settings{Description: "of the machines"})
	must(t, err)
	r.restart()
	equal(t, "kind", r.kind("points", "load"), "gauge")
}
