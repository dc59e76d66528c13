package otlp

import (
	"math"
	"strconv"
	"strings"
)

// sampleRate says how many events one stands for. Rank tells where it was found:
// what ranks higher wins, 0 is not found.
type sampleRate struct {
	events uint32
	rank   int
}

// Ranks of where attributes lie. The preferred spelling wins wherever it lies.
const (
	rankResource  = 1
	rankScope     = 2
	rankItem      = 3
	rankPreferred = 3
)

// isRate reports whether an attribute is the sample rate. A map of that name is
// not: its members have names of their own.
func isRate(a attribute) bool {
	if len(a.key) != 10 || (string(a.key) != "sampleRate" && string(a.key) != "SampleRate") {
		return false
	}
	v, ok := readValue(a.value)
	return !ok || v.kind != valueMap
}

// look takes the rate from an attribute that names it, unless one that wins was
// found before. False if the attribute is malformed.
func (r *sampleRate) look(a attribute, rank int) bool {
	if !isRate(a) {
		return true
	}
	if a.key[0] == 's' {
		rank += rankPreferred
	}
	v, ok := readValue(a.value)
	if !ok || v.kind == 0 || rank < r.rank {
		return ok
	}
	r.rank, r.events = rank, 1
	switch v.kind {
	case valueText:
		if f, err := strconv.ParseFloat(strings.TrimSpace(string(v.bytes)), 64); err == nil {
			r.events = roundRate(f)
		}
	case valueInt:
		r.events = clampRate(int64(v.num))
	case valueFloat:
		r.events = roundRate(math.Float64frombits(v.num))
	case valueBool, valueList, valueMap, valueBytes: // no number: 1
	}
	return true
}

// rates finds the rate of an item, whose attributes must be in attrs.
func (d *decoder) rates() bool {
	d.rate = d.scopeRate
	for _, raw := range d.attrs {
		// Most attributes can't be it: a cheap look before cutting them.
		if len(raw) > 1 && raw[0] == 1<<3|wireBytes && raw[1] != 10 {
			continue
		}
		a, ok := splitAttribute(raw)
		if !ok || !d.rate.look(a, rankItem) {
			return false
		}
	}
	return true
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
