package honeycomb

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/body"
)

// packer packs what is written to it.
type packer func(io.Writer) (io.WriteCloser, error)

func gzipper(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestSpeed) }

func zstder(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
}

func deflater(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) }

// bomb packs n zeros.
func bomb(t *testing.T, pack packer, n int) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := pack(&buf)
	must(t, err)
	block := make([]byte, 1<<20)
	for n > 0 {
		part := block[:min(n, len(block))]
		_, err := w.Write(part)
		must(t, err)
		n -= len(part)
	}
	must(t, w.Close())
	return buf.Bytes()
}

// wideFrame is a zstd frame that asks for a window of 2 GB and holds one empty block.
func wideFrame() []byte {
	const exponent = 31 - 10
	return append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3}, 1, 0, 0)
}

// Not parallel: what it measures is the process's.
func TestBodies_RefuseBombs(t *testing.T) { //nolint:paralleltest // see above
	const mb = 1 << 20
	gz, zs := bomb(t, gzipper, maxUnpacked+1), bomb(t, zstder, maxUnpacked+1)
	members := bytes.Repeat(bomb(t, gzipper, 4*mb), 17)
	claim := binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, 1<<40)
	random := bytes.Repeat([]byte("0123456789abcdef"), (maxPacked+16)/16)
	for _, c := range []struct {
		name, coding string
		body         []byte
		want         fault.Kind
	}{
		{"gzip", "gzip", gz, fault.TooLarge},
		{"gzip of many members", "gzip", members, fault.TooLarge},
		{"zstd", "zstd", zs, fault.TooLarge},
		{"zstd of many frames", "zstd", bytes.Repeat(bomb(t, zstder, 4*mb), 17), fault.TooLarge},
		{"zstd with a window of 2 GB", "zstd", wideFrame(), fault.Invalid},
		{"zstd that claims 1 TB", "zstd", claim, fault.Invalid},
		{"plain", "", make([]byte, maxUnpacked+1), fault.TooLarge},
		{"packed, over the limit", "gzip", append(gzipStored(t, random), 0), fault.TooLarge},
		{"deflate", "deflate", bomb(t, deflater, mb), fault.Invalid},
		{"gzip said to be zstd", "zstd", gz, fault.Invalid},
		{"zstd said to be gzip", "gzip", zs, fault.Invalid},
		{"unknown coding", "br", gz, fault.Invalid},
		{"two codings", "gzip, zstd", gz, fault.Invalid},
		{"garbage after gzip", "gzip", append(bomb(t, gzipper, 10), "garbage"...), fault.Invalid},
	} {
		all := newBodies(nil)
		mem := all.memory()
		var err error
		got := allocated(func() { _, err = mem.read(bytes.NewReader(c.body), c.coding, -1) })
		if !fault.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		// All buffers count, also those that were outgrown: at most the limit and
		// body.LargeBuffer are held at once.
		if limit := uint64(maxUnpacked + 2*body.LargeBuffer + 8*mb); got > limit {
			t.Errorf("%s: %d MB allocated", c.name, got/mb)
		}
		if mem.Held() > maxUnpacked+body.LargeBuffer {
			t.Errorf("%s: %d MB held", c.name, mem.Held()/mb)
		}
		if mem.Release(); all.budget.Held() != 0 {
			t.Errorf("%s: %d bytes are held after the end", c.name, all.budget.Held())
		}
	}
}

// gzipStored packs without making it smaller.
func gzipStored(t *testing.T, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.NoCompression)
	must(t, err)
	_, err = w.Write(body)
	must(t, err)
	must(t, w.Close())
	return buf.Bytes()
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestBodies_ReadWhatIsGood(t *testing.T) {
	t.Parallel()
	all := newBodies(nil)
	for _, size := range []int{0, 1, smallBuffer - 1, smallBuffer, smallBuffer + 1, 3 << 20, body.LargeBuffer, body.LargeBuffer + 1} {
		want := bytes.Repeat([]byte("x"), size)
		for coding, body := range map[string][]byte{"": want, "identity": want, "gzip": gzipStored(t, want), "GZIP": gzipStored(t, want), "zstd": pack(t, "zstd", want)} {
			for _, length := range []int64{-1, int64(len(body))} {
				mem := all.memory()
				got, err := mem.read(iotest.HalfReader(bytes.NewReader(body)), coding, length)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes as %q: %d bytes, %v", size, coding, len(got), err)
				}
				mem.Release()
			}
		}
	}
	if all.budget.Held() != 0 {
		t.Errorf("%d bytes are held after the end", all.budget.Held())
	}
}

func TestBodies_RefuseWhatIsTooMuchTogether(t *testing.T) {
	t.Parallel()
	all := newBodies(nil)
	first := all.memory()
	must(t, first.reserve(body.MostHeld-body.SmallBuffer))
	second := all.memory()
	if _, err := second.read(bytes.NewReader(make([]byte, smallBuffer+1)), "", -1); !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) <= 0 {
		t.Errorf("the second request: %v", err)
	}
	second.Release()
	first.Release()
	if _, err := second.read(bytes.NewReader(make([]byte, smallBuffer+1)), "", -1); err != nil {
		t.Errorf("once there is room: %v", err)
	}
}

// A sender whose network stalls is cut off, and must not throw its data away for it.
func TestBodies_TellASlowSenderToComeBack(t *testing.T) {
	t.Parallel()
	all := newBodies(nil)
	body := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
	for coding, packed := range map[string][]byte{"": body, "gzip": gzipStored(t, body), "zstd": pack(t, "zstd", body)} {
		for _, n := range []int{0, 3, len(packed) / 2} {
			mem := all.memory()
			_, err := mem.read(io.MultiReader(bytes.NewReader(packed[:n]), iotest.ErrReader(os.ErrDeadlineExceeded)), coding, -1)
			if !fault.Is(err, fault.Unavailable) || fault.RetryAfter(err) <= 0 {
				t.Errorf("%q, stalled after %d bytes: %v", coding, n, err)
			}
			mem.Release()
		}
	}
	for name, head := range map[string][]byte{"in the frame": {0, 0}, "in the message": {0, 0, 0, 0, 9, 1}} {
		mem := all.memory()
		if _, err := mem.readFrame(io.MultiReader(bytes.NewReader(head), iotest.ErrReader(os.ErrDeadlineExceeded)), ""); !fault.Is(err, fault.Unavailable) {
			t.Errorf("gRPC, %s: %v", name, err)
		}
		mem.Release()
	}
}

// A small server takes smaller bodies, and tells one that could never fit from
// one that has to wait.
func TestBodies_ShareWhatMemoryTheServerHas(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	all := newBodies(body.NewBudget(16 * mb))
	for size, want := range map[int]fault.Kind{8 * mb: fault.Internal, 8*mb + 1: fault.TooLarge} {
		for coding, body := range map[string][]byte{"": make([]byte, size), "gzip": bomb(t, gzipper, size), "zstd": bomb(t, zstder, size)} {
			mem := all.memory()
			_, err := mem.read(bytes.NewReader(body), coding, -1)
			if fault.KindOf(err) != want || (want == fault.Internal && err != nil) {
				t.Errorf("%d bytes as %q: %v", size, coding, err)
			}
			mem.Release()
		}
	}
	mem := all.memory()
	if err := mem.reserve(16*mb + 1); !fault.Is(err, fault.TooLarge) {
		t.Errorf("what can never fit: %v", err)
	}
	must(t, mem.reserve(16*mb))
	other := all.memory()
	if err := other.reserve(1); !fault.Is(err, fault.Throttled) {
		t.Errorf("what fits later: %v", err)
	}
	mem.Release()
	other.Release()
	if all.budget.Held() != 0 {
		t.Errorf("%d bytes are held after the end", all.budget.Held())
	}
}

// A hostile request gets its answer, and the next one is served.
func TestOTLP_ServesAfterHostileRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, c := range []struct {
		name, kind, coding string
		body               []byte
		status             int
	}{
		{"bomb", "application/x-protobuf", "gzip", bomb(t, gzipper, maxUnpacked+1), http.StatusRequestEntityTooLarge},
		{"wide window", "application/x-protobuf", "zstd", wideFrame(), http.StatusBadRequest},
		{"gzip in gzip", "application/x-protobuf", "gzip", gzipStored(t, gzipStored(t, []byte(spanJSON("x", testClock)))), http.StatusBadRequest},
		{"protobuf as JSON", "application/json", "", []byte{0x0a, 0x00}, http.StatusBadRequest},
		{"JSON as protobuf", "application/x-protobuf", "", []byte(spanJSON("x", testClock)), http.StatusBadRequest},
		{"nesting", "application/json", "", []byte(strings.Repeat("[", 100_000)), http.StatusBadRequest},
		{"random", "application/x-protobuf", "", []byte(strings.Repeat("\xfe", 1000)), http.StatusBadRequest},
	} {
		header := map[string]string{"Content-Type": c.kind, "X-Honeycomb-Team": r.keys[auth.Honeycomb]}
		if c.coding != "" {
			header["Content-Encoding"] = c.coding
		}
		if status, _, answer := r.do(http.MethodPost, "/v1/traces", header, c.body); status != c.status {
			t.Errorf("%s: %d %s", c.name, status, answer)
		}
		good := map[string]string{"Content-Type": "application/json", "X-Honeycomb-Team": r.keys[auth.Honeycomb]}
		if status, _, answer := r.do(http.MethodPost, "/v1/traces", good, []byte(spanJSON(c.name, testClock))); status != http.StatusOK {
			t.Errorf("after %s: %d %s", c.name, status, answer)
		}
	}
	if n := r.rows("api"); n != 7 {
		t.Errorf("%d rows", n)
	}
	if n := r.front.bodies.budget.Held(); n != 0 {
		t.Errorf("%d bytes are held after the end", n)
	}
}

func TestServeHTTP_AnswersForAPanic(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.front.Datasets = nil // as nothing in the server does
	if status, _, answer := r.do(http.MethodPost, "/v1/traces", map[string]string{"Content-Type": "application/json"}, []byte(spanJSON("a", testClock))); status != http.StatusInternalServerError {
		t.Errorf("%d %s", status, answer)
	}
	if status, _, answer := r.do(http.MethodGet, "/alive", nil, nil); status != http.StatusOK {
		t.Errorf("afterwards: %d %s", status, answer)
	}
	if n := r.front.bodies.budget.Held(); n != 0 {
		t.Errorf("%d bytes are held after the end", n)
	}
}
