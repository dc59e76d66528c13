package honeycomb

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

// packedData is a batch of one event with one field, whose value is given.
func packedData(value []byte) []byte {
	return append([]byte("\x91\x81\xa4data\x81\xa1a"), value...)
}

// What is hostile is refused with a clear error, and harms nothing that comes after.
func TestEvents_HoldAgainstHostileBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	_, _, err := r.front.Datasets.Create(t.Context(), "test", "deep", dataset.Settings{ExpandJSONDepth: 10})
	must(t, err)
	const many = 0xffffffff
	count := func(head byte, n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{head}, n) }
	deepPack := packedData(append(bytes.Repeat([]byte{0x91}, 1<<20-64), 0xc0))
	deepMaps := packedData(append(bytes.Repeat([]byte("\x81\xa1k"), 100_000), 0xc0))
	longPath := `[{"data":` + strings.Repeat(`{"`+strings.Repeat("k", 200)+`":`, 9) + "1" + strings.Repeat("}", 9) + `}]`
	for _, c := range []struct {
		name, path, kind, coding string
		body                     []byte
		status                   int
		answer                   string
	}{
		{"a list said to be long", "/1/batch/x", "msgpack", "", count(0xdd, many), 400, saysMalformed},
		{"a map said to be long", "/1/events/x", "msgpack", "", count(0xdf, many), 400, saysMalformed},
		{"data said to be long", "/1/batch/x", "msgpack", "", append([]byte("\x91\x81\xa4data"), count(0xdf, many)...), 400, saysMalformed},
		{"a text said to be long", "/1/batch/x", "msgpack", "", packedData(count(0xdb, many)), 400, saysMalformed},
		{"bytes said to be long", "/1/batch/x", "msgpack", "", packedData(count(0xc6, many)), 400, saysMalformed},
		{"an extension said to be long", "/1/batch/x", "msgpack", "", packedData(count(0xc9, many)), 400, saysMalformed},
		{"the byte that is never used", "/1/batch/x", "msgpack", "", packedData([]byte{0xc1}), 400, saysMalformed},
		{"a name that is a list", "/1/events/x", "msgpack", "", []byte("\x81\x90\x01"), 400, saysMalformed},
		{"something after msgpack", "/1/events/x", "msgpack", "", []byte("\x81\xa1a\x01\x01"), 400, saysMalformed},
		{"lists in lists, packed", "/1/batch/x", "msgpack", "", deepPack, 400, saysMalformed},
		{"maps in maps, packed", "/1/batch/deep", "msgpack", "", deepMaps, 400, saysMalformed},
		{"lists in lists", "/1/events/x", "json", "", []byte(`{"a":` + strings.Repeat("[", 900_000)), 400, saysMalformed},
		{"objects in objects", "/1/batch/deep", "json", "", []byte(`[{"data":{"a":` + strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_002) + `]`), 400, saysMalformed},
		{"long dotted names", "/1/batch/deep", "json", "", []byte(longPath), 200, `[{"status":202}]`},
		{"100 MB", "/1/batch/x", "json", "", bytes.Repeat([]byte("["), 100<<20), 400, saysTooLarge},
		{"a gzip bomb", "/1/batch/x", "json", "gzip", pack(t, "gzip", bytes.Repeat([]byte(" "), 100<<20)), 400, saysTooLarge},
		{"a zstd bomb", "/1/batch/x", "msgpack", "zstd", pack(t, "zstd", make([]byte, 100<<20)), 400, saysTooLarge},
		{"a million events", "/1/batch/x", "json", "", []byte("[" + strings.Repeat("{},", 1_000_000) + "{}]"), 400, saysTooLarge},
		{"a million columns", "/1/batch/x", "json", "", []byte("[" + manyColumns(1_000_000) + "]"), 400, saysTooLarge},
	} {
		status, _, answer := r.do(http.MethodPost, c.path, map[string]string{
			"X-Honeycomb-Team": r.keys[auth.Honeycomb], "Content-Type": "application/" + c.kind, "Content-Encoding": c.coding,
		}, c.body)
		if status != c.status || !strings.Contains(answer, c.answer) {
			t.Errorf("%s: %d %.200s", c.name, status, answer)
		}
		if held := r.front.bodies.budget.Held(); held != 0 {
			t.Fatalf("%s: %d bytes are still held", c.name, held)
		}
	}
	r.store.Take()
	if status, _, answer := r.do(http.MethodPost, "/1/batch/x", map[string]string{"X-Honeycomb-Team": r.keys[auth.Honeycomb]}, []byte(`[{"data":{"a":1}}]`)); status != 200 {
		t.Errorf("afterwards: %d %s", status, answer)
	}
	if got := protocoltest.Events(r.store.Take(), testClock.UnixNano()); got != "test x +0 x1\n  a=1\n" {
		t.Errorf("afterwards: %s", got)
	}
}

// manyColumns are events of 1,000 fields, all with names of their own.
func manyColumns(n int) string {
	var b strings.Builder
	for i := 0; i < n; i += 1000 {
		b.WriteString(`{"data":{`)
		for k := range 1000 {
			if k > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"c` + string(rune('a'+k%26)) + strconv.Itoa(i+k) + `":1`)
		}
		b.WriteString("}},")
	}
	return strings.TrimSuffix(b.String(), ",")
}

// What is deep but sound is kept as text, cut where values are.
func TestEvents_CutWhatIsLong(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		body := []byte(`[{"data":{"list":[` + strings.Repeat(`"abcdefgh",`, 20_000) + `1],"text":"` + strings.Repeat("ä", 40_000) + `","after":1,"bad":"` + "\xff" + `"}}]`)
		if packed {
			body = []byte("\x91\x81\xa4data\x84\xa4list\xdc\x4e\x20" + strings.Repeat("\xa8abcdefgh", 20_000) + "\xa4text\xda\xff\xfe" + strings.Repeat("ä", 32_767) + "\xa5after\x01\xa3bad\xa1\xff")
		}
		e := newTestEvents(0)
		must(t, e.read(body, packed, false))
		row := e.taken().Row(0)
		if n := len(row.Get("list").Str()); n != maxEventValue {
			t.Errorf("packed %v: the list has %d bytes", packed, n)
		}
		if n := len(row.Get("text").Str()); n != maxEventValue-1 {
			t.Errorf("packed %v: the text has %d bytes", packed, n)
		}
		if row.Get("after").Int() != 1 || row.Get("bad").Str() != "\ufffd" {
			t.Errorf("packed %v: after %v, bad %q", packed, row.Get("after"), row.Get("bad").Str())
		}
	}
}
