package xray

import (
	"encoding/json"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// Whatever comes, the decoder returns, and what it takes is JSON and gives rows.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(segment("aaaaaaaaaaaaaaaa", "x", `"cause":{"exceptions":[{"id":"a","stack":[{"path":"p","line":1,"label":"l"}]}]},"links":[{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"bbbbbbbbbbbbbbbb"}]`)))
	f.Add([]byte(segment("aaaaaaaaaaaaaaaa", "x", `"metadata":{"a":NaN,"b":{"c":[1,{}]}},"annotations":{"a\u0022":"\ud800","b":1e9},"http":{"request":{"url":"u"}},"aws":{"ec2":{"x":1}},"sql":{"url":"a/b"}`)))
	f.Add([]byte(segment("aaaaaaaaaaaaaaaa", "x", `"subsegments":[{"id":"bbbbbbbbbbbbbbbb","name":"y","type":"subsegment","start_time":"1.5E9","in_progress":true,"subsegments":[]}]`)))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := newIntake(nil, "test")
		in.rows.batchOf = batchForTest
		in.rows.altered = func(string, int, string) {}
		doc, err := in.decoder.decode(raw)
		if err != nil {
			return
		}
		if !json.Valid(doc.raw) {
			t.Fatalf("taken, and no JSON: %q", doc.raw)
		}
		if err := in.rows.write(doc, "x"); err != nil {
			t.Fatal(err)
		}
		if n := in.rows.b.Len(); n < len(doc.units) {
			t.Fatalf("%d rows of %d units", n, len(doc.units))
		}
	})
}

func batchForTest(string) (*event.Batch, error) { return event.NewBatch("test", "x"), nil }
