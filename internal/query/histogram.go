package query

import "math"

// Bins are e^(1/128) wide, so that any value is within 0.4 % of the middle of
// its bin. Positive values lie around +binOrigin, negative ones around
// -binOrigin, zero in bin 0; the order of bins is that of values for values of
// one sign.
const (
	binOrigin    = 200_000
	binsPerEFold = 128
)

// HistogramBin returns the bin of a value. Infinities and NaN are in bin 0.
func HistogramBin(v float64) int32 {
	switch {
	case v > 0 && !math.IsInf(v, 1):
		return binOrigin + int32(math.Floor(math.Log(v)*binsPerEFold))
	case v < 0 && !math.IsInf(v, -1):
		return -binOrigin - int32(math.Floor(math.Log(-v)*binsPerEFold))
	}
	return 0
}

// HistogramValue returns the value in the middle of a bin.
func HistogramValue(bin int32) float64 {
	switch {
	case bin > 0:
		return math.Exp((float64(bin-binOrigin) + 0.5) / binsPerEFold)
	case bin < 0:
		return -math.Exp((float64(-bin-binOrigin) + 0.5) / binsPerEFold)
	}
	return 0
}
