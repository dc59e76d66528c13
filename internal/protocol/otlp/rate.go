package otlp

import (
	"math"
	"strconv"
	"strings"
)

// sampleRate takes the rate from an attribute's value; rank tells attributes
// that win from those that lose.
func (d *decoder) sampleRate(value []byte, rank int) bool {
	m := message{rest: value}
	var f field
	for m.next(&f) {
		if rank <= d.rateRank {
			continue
		}
		switch {
		case f.number == 1 && f.wire == wireBytes:
			v, err := strconv.ParseFloat(strings.TrimSpace(string(f.bytes)), 64)
			if err != nil {
				v = 1
			}
			d.rate, d.rateRank = roundRate(v), rank
		case f.number == 3 && f.wire == wireVarint:
			d.rate, d.rateRank = clampRate(int64(f.num)), rank
		case f.number == 4 && f.wire == wireFixed64:
			d.rate, d.rateRank = roundRate(math.Float64frombits(f.num)), rank
		}
	}
	return !m.bad
}

func roundRate(v float64) uint32 {
	switch {
	case !(v >= 0.5): // also NaN
		return 1
	case v >= math.MaxInt32:
		return math.MaxInt32
	}
	return uint32(v + 0.5)
}

func clampRate(v int64) uint32 {
	return uint32(min(max(v, 1), math.MaxInt32))
}

// stateRate reads the sampling threshold of a W3C tracestate, as OpenTelemetry
// writes it: ot=…;th:HEX among entries separated by commas, formerly th=HEX among
// entries separated by semicolons. float decides rates that are not whole.
func stateRate(state string, float func() float64) uint32 {
	hex := ""
	for entry := range strings.SplitSeq(state, ",") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(entry), "ot="); ok {
			for part := range strings.SplitSeq(rest, ";") {
				if th, ok := strings.CutPrefix(part, "th:"); ok {
					hex = th
				}
			}
		}
	}
	if hex == "" {
		for part := range strings.SplitSeq(state, ";") {
			if th, ok := strings.CutPrefix(strings.TrimSpace(part), "th="); ok {
				hex = th
			}
		}
	}
	return thresholdRate(hex, float)
}

// thresholdRate turns a threshold of up to 14 hex digits, a share of 2^56 that
// was dropped, into how many events one stands for.
func thresholdRate(hex string, float func() float64) uint32 {
	const digits = 14
	if hex == "" || len(hex) > digits {
		return 1
	}
	n, err := strconv.ParseUint(hex+strings.Repeat("0", digits-len(hex)), 16, 64)
	if err != nil {
		return 1
	}
	const whole = 1 << 56
	count := float64(whole) / float64(whole-n)
	low := math.Floor(count)
	const exactAbove = 100
	if count > exactAbove || count == low || float == nil {
		return roundRate(min(low, math.MaxInt32))
	}
	if float() < count-low {
		low++
	}
	return uint32(low)
}
