package duckdb

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/store"
)

func drawnSummary(r *rand.Rand) *summary {
	s := &summary{}
	text := func() string { return []string{"", "prod", "shop", "GET /cart", "é"}[r.IntN(5)] }
	sum := func() float64 {
		return []float64{0, 1, float64(r.IntN(1 << 30)), -3, r.Float64() * 1e6, 1 << 60}[r.IntN(6)]
	}
	bins := func() storedBins {
		b := storedBins{}
		for range r.IntN(4) {
			b[int32(r.IntN(400)-200)] = sum()
		}
		return b
	}
	minute := func() int64 { return (int64(r.IntN(100)) - 10) * minuteNS }
	for range r.IntN(6) {
		s.Rollups = append(s.Rollups, storedRollup{
			Environment: text(), Bins: bins(), Rollup: store.Rollup{
				Minute: minute(), Dataset: text(), Service: text(), Origin: text(), Namespace: text(), Name: text(), Kind: text(), Root: r.IntN(2) == 0,
				Serves: r.IntN(2) == 0, Slowest: store.Exemplar{TraceID: text(), SpanID: "b7ad6b7169203331", MS: 12.5}, Count: sum(), Errors: sum(), Refused: sum(), Throttles: sum(), Faults: sum(), SumMS: sum(),
			},
		})
	}
	for i := range s.Rollups {
		if r := &s.Rollups[i]; r.Slowest.TraceID == "" {
			r.Slowest = store.Exemplar{} // none
		}
	}
	for range r.IntN(6) {
		s.Calls = append(s.Calls, storedCall{
			Environment: text(), Bins: bins(), Call: store.Call{
				Minute: minute(), Caller: text(), CallerOrigin: text(), Callee: text(), CalleeOrigin: text(), Peer: text(), PeerType: text(),
				Async: r.IntN(2) == 0, Count: sum(), Refused: sum(), Throttles: sum(), Faults: sum(), SumMS: sum(),
			},
		})
	}
	return s
}

func decodeSummary(raw []byte, want summaryPart) (*summary, error) {
	text, err := unpackSummary(raw)
	if err != nil {
		return nil, err
	}
	return readSummary(text, want)
}

func TestSummary_ComesBackWhole_OrTheWantedPartOfIt(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	for range 300 {
		s := drawnSummary(r)
		raw, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeSummary(raw, everything())
		if diff := cmp.Diff(s, got); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
		want, some := &summary{}, summaryPart{calls: true, environment: "prod", start: 5 * minuteNS, end: 50 * minuteNS}
		for _, c := range s.Calls {
			if c.Environment == "prod" && c.Minute >= some.start && c.Minute < some.end {
				want.Calls = append(want.Calls, c)
			}
		}
		got, err = decodeSummary(raw, some)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("a part: %v (-want +got):\n%s", err, diff)
		}
	}
}

// Segments of a while ago have no slowest spans, and are of another form.
func TestSummary_ReadsTheFirstForm(t *testing.T) {
	t.Parallel()
	s := drawnSummary(rand.New(rand.NewPCG(5, 6))) //nolint:gosec // no secret
	for i := range s.Rollups {
		s.Rollups[i].Slowest = store.Exemplar{}
	}
	raw, err := s.encode()
	if err != nil {
		t.Fatal(err)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := dec.DecodeAll(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain[0] = firstForm
	got, err := decodeSummary(enc.EncodeAll(plain, nil), everything())
	if diff := cmp.Diff(s, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Segments of earlier versions hold JSON.
func TestSummary_ReadsTheFormOfBefore(t *testing.T) {
	t.Parallel()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	raw := enc.EncodeAll([]byte(`{"rollups":[{"e":"prod","Minute":60000000000,"Dataset":"shop","Service":"shop","Name":"GET","Kind":"server","Root":true,"Count":3,"Errors":1,"SumMS":12.5,"Bins":null,"b":[-2,1,7,2]}],"calls":[]}`), nil)
	got, err := decodeSummary(raw, summaryPart{rollups: true, environment: "prod", start: 0, end: int64(time.Hour)})
	if err != nil || len(got.Rollups) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	text, err := json.Marshal(got.Rollups[0].Bins)
	if one := got.Rollups[0]; err != nil || one.Count != 3 || !one.Root || one.SumMS != 12.5 || string(text) != `{"-2":1,"7":2}` {
		t.Errorf("%+v %s %v", one, text, err)
	}
	if got, err := decodeSummary(raw, summaryPart{calls: true}); err != nil || len(got.Rollups) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzDecodeSummary(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // no secret
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	for range 5 {
		raw, err := drawnSummary(r).encode()
		if err != nil {
			f.Fatal(err)
		}
		plain, err := dec.DecodeAll(raw, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(plain)
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		s, err := decodeSummary(enc.EncodeAll(plain, nil), everything())
		if (s == nil) == (err == nil) {
			t.Errorf("%v with %v", s, err)
		}
	})
}
