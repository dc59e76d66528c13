package body

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

func kindOf(err error) Kind {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Kind
	}
	return 0
}

func packed(t *testing.T, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// One door's requests leave the others what they do not hold, and no more.
func TestBudget_IsOfAllRequestsTogether(t *testing.T) {
	t.Parallel()
	b := NewBudget(100_000)
	one, other := b.Memory(), b.Memory()
	if err := one.Reserve(100_001); kindOf(err) != Beyond {
		t.Errorf("more than there is: %v", err)
	}
	if err := one.Reserve(60_000); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Read(strings.NewReader(strings.Repeat("x", 50_000)), 1<<20, -1); kindOf(err) != Busy {
		t.Errorf("more than is left: %v", err)
	}
	other.Release()
	one.Release()
	if b.Held() != 0 {
		t.Fatalf("%d bytes are held by nobody", b.Held())
	}
	if got, err := other.Read(strings.NewReader("text"), 4, -1); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	other.Release()
}

func TestRead_HoldsItsLimitsAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const limit = 1 << 16
	for name, c := range map[string]struct {
		in     io.Reader
		coding string
		length int64
		want   Kind
	}{
		"said to be longer":     {strings.NewReader(""), "", limit + 1, TooLarge},
		"longer than was said":  {strings.NewReader(strings.Repeat("x", limit+1)), "", 3, TooLarge},
		"as long as may be":     {strings.NewReader(strings.Repeat("x", limit)), "", -1, 0},
		"too slow":              {iotest.ErrReader(os.ErrDeadlineExceeded), "", -1, Slow},
		"broken off":            {iotest.ErrReader(io.ErrUnexpectedEOF), "", -1, Unreadable},
		"a bomb":                {bytes.NewReader(packed(t, 100*limit)), "gzip", -1, TooLarge},
		"longer packed":         {io.MultiReader(bytes.NewReader(packed(t, 1)), bytes.NewReader(packed(t, 1)), strings.NewReader(strings.Repeat("x", limit))), "gzip", -1, Unreadable},
		"no gzip":               {strings.NewReader("no gzip, but long enough"), "gzip", -1, NotGzip},
		"empty":                 {strings.NewReader(""), "gzip", -1, Empty},
		"a gzip that ends":      {bytes.NewReader(packed(t, 5000)[:20]), "gzip", -1, Unreadable},
		"a gzip that stalls":    {io.MultiReader(bytes.NewReader(packed(t, 5000)[:20]), iotest.ErrReader(os.ErrDeadlineExceeded)), "gzip", -1, Slow},
		"no zstd":               {strings.NewReader("no zstd, but long enough"), "zstd", -1, Unreadable},
		"a zstd window of 2 GB": {bytes.NewReader([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0, 0, 0}), "zstd", -1, Unreadable},
	} {
		b := NewBudget(0)
		m := b.Memory()
		var err error
		switch c.coding {
		case "gzip":
			_, err = m.Gunzip(c.in, limit, limit)
		case "zstd":
			_, err = m.Unzstd(c.in, limit, limit)
		default:
			_, err = m.Read(c.in, limit, c.length)
		}
		if kindOf(err) != c.want || (err == nil) != (c.want == 0) {
			t.Errorf("%s: kind %d, want %d: %v", name, kindOf(err), c.want, err)
		}
		if m.Held() > 4*limit {
			t.Errorf("%s: %d bytes are held", name, m.Held())
		}
		if m.Release(); b.Held() != 0 {
			t.Errorf("%s: %d bytes are held after the end", name, b.Held())
		}
	}
}
