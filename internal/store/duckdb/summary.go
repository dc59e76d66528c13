package duckdb

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/store"
)

// summary is what a segment says of its spans without their being read, in
// segment.Options.Extra. It is compressed with zstd and looks like this:
//
//	2                                   the form's number; segments of before hold 1, or JSON, which begins with {
//	texts    n, then n times: length, bytes
//	rollups  bytes of what follows, n, then n times: environment, dataset, service, origin, namespace, name,
//	         kind (numbers of texts), minute, flags, count, errors, refused, throttles, faults, sum, bins,
//	         and where the flags say so the slowest span: its trace and its own id (length, bytes) and its ms;
//	         forms before 2 have none
//	calls    bytes of what follows, n, then n times: environment, caller, its origin, callee, its origin, peer, its
//	         type (numbers of texts), minute, flags, count, refused, throttles, faults, sum, bins
//
// Numbers are variable-length integers; minutes since 1970, and bins, signed. A sum
// is a number (see appendSum). Bins are how many there are, then by turns the step
// from the last bin and the sum.
type summary struct {
	Rollups []storedRollup `json:"rollups"`
	Calls   []storedCall   `json:"calls"`
}

const (
	summaryForm = 2
	firstForm   = 1
	minuteNS    = int64(time.Minute)

	flagRoot   = 1
	flagServes = 2
	flagSlow   = 4
	flagAsync  = 1
)

// summaryPart is what is wanted of a summary.
type summaryPart struct {
	rollups, calls bool
	environment    string // empty: of all, whenever
	start, end     int64
}

// everything is the whole summary.
func everything() summaryPart { return summaryPart{rollups: true, calls: true} }

func (p *summaryPart) wants(environment string, minute int64) bool {
	return p.environment == "" || p.environment == environment && minute >= p.start && minute < p.end
}

func (s *summary) encode() ([]byte, error) {
	w := summaryWriter{texts: map[string]uint64{}}
	for i := range s.Rollups {
		w.rollup(&s.Rollups[i])
	}
	rollups := w.out
	w.out = nil
	for i := range s.Calls {
		w.call(&s.Calls[i])
	}
	out := binary.AppendUvarint([]byte{summaryForm}, uint64(len(w.order)))
	for _, t := range w.order {
		out = append(binary.AppendUvarint(out, uint64(len(t))), t...)
	}
	for _, section := range []struct {
		n    int
		body []byte
	}{{len(s.Rollups), rollups}, {len(s.Calls), w.out}} {
		body := append(binary.AppendUvarint(nil, uint64(section.n)), section.body...)
		out = append(binary.AppendUvarint(out, uint64(len(body))), body...)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return enc.EncodeAll(out, nil), nil
}

type summaryWriter struct {
	texts map[string]uint64
	order []string
	out   []byte
}

func (w *summaryWriter) text(list ...string) {
	for _, t := range list {
		n, known := w.texts[t]
		if !known {
			n = uint64(len(w.order))
			w.texts[t] = n
			w.order = append(w.order, t)
		}
		w.out = binary.AppendUvarint(w.out, n)
	}
}

func (w *summaryWriter) at(minute int64, flags ...bool) {
	w.out = binary.AppendVarint(w.out, minute/minuteNS)
	bits := byte(0)
	for i, set := range flags {
		if set {
			bits |= 1 << i
		}
	}
	w.out = append(w.out, bits)
}

func (w *summaryWriter) sums(list ...float64) {
	for _, f := range list {
		w.out = appendSum(w.out, f)
	}
}

func (w *summaryWriter) bins(b storedBins) {
	bins := make([]int32, 0, len(b))
	for bin := range b {
		bins = append(bins, bin)
	}
	slices.Sort(bins)
	w.out = binary.AppendUvarint(w.out, uint64(len(bins)))
	last := int32(0)
	for _, bin := range bins {
		w.out = binary.AppendVarint(w.out, int64(bin)-int64(last))
		w.sums(b[bin])
		last = bin
	}
}

func (w *summaryWriter) rollup(r *storedRollup) {
	w.text(r.Environment, r.Dataset, r.Service, r.Origin, r.Namespace, r.Name, r.Kind)
	slowest := r.Slowest.TraceID != ""
	w.at(r.Minute, r.Root, r.Serves, slowest)
	w.sums(r.Count, r.Errors, r.Refused, r.Throttles, r.Faults, r.SumMS)
	w.bins(r.Bins)
	if slowest {
		w.own(r.Slowest.TraceID)
		w.own(r.Slowest.SpanID)
		w.sums(r.Slowest.MS)
	}
}

// own writes a text that hardly comes twice.
func (w *summaryWriter) own(t string) {
	w.out = append(binary.AppendUvarint(w.out, uint64(len(t))), t...)
}

func (w *summaryWriter) call(c *storedCall) {
	w.text(c.Environment, c.Caller, c.CallerOrigin, c.Callee, c.CalleeOrigin, c.Peer, c.PeerType)
	w.at(c.Minute, c.Async)
	w.sums(c.Count, c.Refused, c.Throttles, c.Faults, c.SumMS)
	w.bins(c.Bins)
}

// appendSum appends a number: twice its value where it is whole and not negative, as
// counts mostly are, else 1 and its eight bytes.
func appendSum(out []byte, f float64) []byte {
	if f >= 0 && f < 1<<53 && f == math.Trunc(f) {
		return binary.AppendUvarint(out, uint64(f)<<1)
	}
	return binary.LittleEndian.AppendUint64(append(out, 1), math.Float64bits(f))
}

var errSummary = errors.New("the roll-ups of a segment are damaged")

// unpackSummary takes the compression off a summary.
func unpackSummary(raw []byte) ([]byte, error) {
	const most = 1 << 30
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(most))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	text, err := dec.DecodeAll(raw, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack roll-ups: %w", err)
	}
	return text, nil
}

// readSummary reads what is wanted of an unpacked summary.
func readSummary(text []byte, want summaryPart) (*summary, error) {
	if len(text) > 0 && text[0] == '{' {
		return decodeJSONSummary(text, want)
	}
	if len(text) == 0 || text[0] < firstForm || text[0] > summaryForm {
		return nil, fmt.Errorf("%w: they are of no form that this version knows", errSummary)
	}
	r := summaryReader{in: text[1:], want: want}
	s := r.summary()
	return s, r.err
}

// summaryReader reads the form of above. Its first mistake ends it.
type summaryReader struct {
	in    []byte
	texts []string
	want  summaryPart
	err   error
}

func (r *summaryReader) fail() {
	if r.err == nil {
		r.err = errSummary
	}
	r.in = nil
}

func (r *summaryReader) uint() uint64 {
	v, n := binary.Uvarint(r.in)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.in = r.in[n:]
	return v
}

func (r *summaryReader) int() int64 {
	v, n := binary.Varint(r.in)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.in = r.in[n:]
	return v
}

// many is a count of things that take a byte each at least.
func (r *summaryReader) many() int {
	n := r.uint()
	if n > uint64(len(r.in)) {
		r.fail()
		return 0
	}
	return int(n) //nolint:gosec // at most the length
}

func (r *summaryReader) bytes(n int) []byte {
	out := r.in[:n]
	r.in = r.in[n:]
	return out
}

func (r *summaryReader) text() string {
	n := r.uint()
	if n >= uint64(len(r.texts)) {
		r.fail()
		return ""
	}
	return r.texts[n]
}

func (r *summaryReader) flags() byte {
	if len(r.in) == 0 {
		r.fail()
		return 0
	}
	return r.bytes(1)[0]
}

func (r *summaryReader) sum() float64 {
	v := r.uint()
	if v&1 == 0 {
		return float64(v >> 1)
	}
	const size = 8
	if len(r.in) < size {
		r.fail()
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(r.bytes(size)))
}

// bins reads a histogram; where it is not wanted, past it.
func (r *summaryReader) bins(wanted bool) storedBins {
	n := r.many()
	var out storedBins
	if wanted {
		out = make(storedBins, n)
	}
	bin := int64(0)
	for range n {
		bin += r.int()
		sum := r.sum()
		if wanted {
			out[int32(bin)] = sum //nolint:gosec // it was one
		}
	}
	return out
}

func (r *summaryReader) summary() *summary {
	s := &summary{}
	r.texts = make([]string, r.many())
	for i := range r.texts {
		r.texts[i] = string(r.bytes(r.many()))
	}
	rollups, calls := r.bytes(r.many()), r.bytes(r.many())
	if r.err != nil {
		return nil
	}
	if r.in = rollups; r.want.rollups {
		for range r.many() {
			if one, wanted := r.rollup(); wanted && r.err == nil {
				s.Rollups = append(s.Rollups, one)
			}
		}
	}
	if r.err != nil {
		return nil
	}
	if r.in = calls; r.want.calls {
		for range r.many() {
			if one, wanted := r.call(); wanted && r.err == nil {
				s.Calls = append(s.Calls, one)
			}
		}
	}
	if r.err != nil {
		return nil
	}
	return s
}

func (r *summaryReader) rollup() (one storedRollup, wanted bool) {
	one.Environment, one.Dataset, one.Service, one.Origin = r.text(), r.text(), r.text(), r.text()
	one.Namespace, one.Name, one.Kind = r.text(), r.text(), r.text()
	one.Minute = r.int() * minuteNS
	flags := r.flags()
	one.Root, one.Serves = flags&flagRoot != 0, flags&flagServes != 0
	one.Count, one.Errors, one.Refused, one.Throttles, one.Faults, one.SumMS = r.sum(), r.sum(), r.sum(), r.sum(), r.sum(), r.sum()
	wanted = r.want.wants(one.Environment, one.Minute)
	one.Bins = r.bins(wanted)
	if flags&flagSlow != 0 {
		trace, span := r.bytes(r.many()), r.bytes(r.many())
		ms := r.sum()
		if wanted {
			one.Slowest = store.Exemplar{TraceID: string(trace), SpanID: string(span), MS: ms}
		}
	}
	return one, wanted
}

func (r *summaryReader) call() (one storedCall, wanted bool) {
	one.Environment, one.Caller, one.CallerOrigin, one.Callee = r.text(), r.text(), r.text(), r.text()
	one.CalleeOrigin, one.Peer, one.PeerType = r.text(), r.text(), r.text()
	one.Minute = r.int() * minuteNS
	one.Async = r.flags()&flagAsync != 0
	one.Count, one.Refused, one.Throttles, one.Faults, one.SumMS = r.sum(), r.sum(), r.sum(), r.sum(), r.sum()
	wanted = r.want.wants(one.Environment, one.Minute)
	one.Bins = r.bins(wanted)
	return one, wanted
}

// decodeJSONSummary reads the form that segments had before.
func decodeJSONSummary(text []byte, want summaryPart) (*summary, error) {
	s := &summary{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("read roll-ups: %w", err)
	}
	s.Rollups = slices.DeleteFunc(s.Rollups, func(r storedRollup) bool { return !want.rollups || !want.wants(r.Environment, r.Minute) })
	s.Calls = slices.DeleteFunc(s.Calls, func(c storedCall) bool { return !want.calls || !want.wants(c.Environment, c.Minute) })
	return s, nil
}

// storedBins are the bins of a histogram. In the JSON of before they are bin and
// count by turns.
type storedBins map[int32]float64

// UnmarshalJSON implements json.Unmarshaler.
func (b *storedBins) UnmarshalJSON(raw []byte) error {
	var list []float64
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if len(list)%2 != 0 {
		return errors.New(strconv.Itoa(len(list)) + " numbers are no pairs of bins and counts")
	}
	*b = make(storedBins, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		(*b)[int32(list[i])] = list[i+1]
	}
	return nil
}
