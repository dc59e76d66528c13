package workspace

import (
	"bytes"
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// Whatever comes in is refused with a reason, or has one form that stays.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"limit":5}`, `[]`, ``, `{"id":"x","filters":[{"column":"a","op":"in","value":[1.0,"<",true]}]}`, `{"filter_combination":"AND"}{}`,
		`{"calculations":[{"op":"COUNT"},{"op":"COUNT"}]}`, `{"a":{"b":[1e400,-0.0,12345678901234567890]}}`, "{\"a\":\"\xff\"}", `{"limit":1,"limit":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		spec, err := Canonical(raw)
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge && k != fault.Unsupported {
				t.Fatalf("%s is refused as %s: %v", raw, k, err)
			}
			return
		}
		again, err := Canonical(spec)
		if err != nil || !bytes.Equal(spec, again) {
			t.Fatalf("%s became %s and then %s, %v", raw, spec, again, err)
		}
		// It asks the same.
		a, errA := query.DecodeSpec(raw)
		b, errB := query.DecodeSpec(spec)
		if errA != nil || errB != nil {
			t.Fatalf("%s: %v, %v", raw, errA, errB)
		}
		if a.Text() != b.Text() {
			t.Fatalf("%s asks %s, and as %s %s", raw, a.Text(), spec, b.Text())
		}
	})
}
