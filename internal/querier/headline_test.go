package querier

import (
	"math"
	"testing"
)

func TestQuantity_IsInTheUnitThatItsFieldNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field string
		v     float64
		want  string
	}{
		{"duration_ms", 3.14159, "3.14 ms"},
		{"duration_ms", 1204.4, "1.2 s"},
		{"wait_ns", 82_000, "82 µs"},
		{"timeout_seconds", 30, "30 s"},
		{"http.response.body_bytes", 58_310, "58.3 kB"},
		{"retries", 58_310, "58300"},
		{"share", 0.1234, "0.123"},
		{"offset_ms", -1500, "-1.5 s"},
	} {
		if got := quantity(c.field, c.v); got != c.want {
			t.Errorf("%s of %v: %q, want %q", c.field, c.v, got, c.want)
		}
	}
}

func TestHeatmap_IsLogarithmicThoughSomeValuesAreZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		low, high, least float64
		scale            string
		zero, middle     float64 // places of zero and of the least value's tenfold
	}{
		{0, 1000, 1, "log", 0, 1.0 / 3},
		{1, 1000, 1, "log", 0, 1.0 / 3},
		{0, 5, 1, "linear", 0, 2},
		{-5, 1000, 1, "linear", 5.0 / 1005, 15.0 / 1005},
	} {
		h := &Heatmap{Min: c.low, Max: c.high}
		place := h.scale(c.least)
		if h.Scale != c.scale || math.Abs(place(0)-c.zero) > 1e-9 || math.Abs(place(10*c.least)-c.middle) > 1e-9 {
			t.Errorf("from %v to %v: %s, zero at %v, ten at %v", c.low, c.high, h.Scale, place(0), place(10*c.least))
		}
		if c.scale == "log" && h.Min != c.least {
			t.Errorf("the axis begins at %v", h.Min)
		}
	}
}

func TestHeatmap_OfOneValueHasItInTheMiddleOfARow(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{12.5, 0, -3, 0.001} {
		h := &Heatmap{Min: v, Max: v, Bins: 60}
		place := h.scale(max(v, 1e-9))
		row := place(v) * float64(h.Bins)
		if middle := row - math.Floor(row); h.Scale != "linear" || math.Abs(middle-0.5) > 1e-6 {
			t.Errorf("%v is at %v of the row, on an axis from %v to %v (%s)", v, middle, h.Min, h.Max, h.Scale)
		}
		if got := h.Min + place(v)*(h.Max-h.Min); math.Abs(got-v) > 1e-9 {
			t.Errorf("the axis says %v where %v is", got, v)
		}
	}
}
