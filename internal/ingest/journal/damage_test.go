package journal

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logBytes returns a file of records, and where each begins.
func logBytes(payloads ...string) (data []byte, starts []int) {
	data = append(data, fileMagic...)
	for i, p := range payloads {
		starts = append(starts, len(data))
		h := header{note: i == 0, seq: uint64(max(i, 1)), length: uint32(len(p)), payloadSum: payloadSum([]byte(p))}
		var head [headerBytes]byte
		h.put(&head, 7)
		data = append(append(data, head[:]...), p...)
	}
	return data, starts
}

func openBytes(t testing.TB, data []byte) *Journal {
	t.Helper()
	m := newMemFS()
	f := &memFile{data: data}
	m.names[filepath.Join(dir, fileName(1, 7))] = f
	return open(t, testConfig(m))
}

func TestJournal_D4_CutAnywhere(t *testing.T) {
	t.Parallel()
	data, starts := logBytes("note", "first", "second")
	starts = append(starts, len(data))
	for n := range data {
		j := openBytes(t, slices.Clone(data[:n]))
		got, _ := replayed(t, j, 0)
		var want []string
		for i, p := range []string{"note", "first", "second"} {
			if i > 0 && n >= starts[i+1] {
				want = append(want, p)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("cut at %d: %s", n, d)
		}
		if whole := n == len(fileMagic) || n == 0 || slices.Contains(starts, n); whole != (len(j.Damages()) == 0) {
			t.Fatalf("cut at %d: damages %+v", n, j.Damages())
		}
	}
}

func TestJournal_D4_FlipAnyBit(t *testing.T) {
	t.Parallel()
	payloads := []string{"note", strings.Repeat("a", 250), "OJ1e" + strings.Repeat("b", 250), strings.Repeat("c", 250)}
	data, starts := logBytes(payloads...)
	starts = append(starts, len(data))
	for bit := range len(data) * 8 {
		changed := slices.Clone(data)
		changed[bit/8] ^= 1 << (bit % 8)
		j := openBytes(t, changed)
		got, _ := replayed(t, j, 0)
		var want []string
		for i := 1; i < len(payloads); i++ {
			if bit/8 < starts[i] || bit/8 >= starts[i+1] {
				want = append(want, payloads[i])
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("bit %d: %s", bit, d)
		}
		if len(j.Damages()) == 0 {
			t.Fatalf("bit %d: no damage is reported", bit)
		}
	}
}

func TestJournal_D4_StrangeFiles(t *testing.T) {
	t.Parallel()
	data, s := logBytes("note", "first", "second")
	s = append(s, len(data))
	first, second := data[s[1]:s[2]], data[s[2]:s[3]]
	head := data[:s[1]]
	garbage := bytes.Repeat([]byte("OJ1e garbage "), 300_000) // longer than the reader's window
	huge := slices.Clone(first)
	binary.LittleEndian.PutUint32(huge[8:], math.MaxUint32)
	honest := slices.Clone(huge) // with a right checksum
	binary.LittleEndian.PutUint32(honest[4:], headerSum(7, honest))
	both := []string{"first", "second"}
	for name, c := range map[string]struct {
		data    []byte
		want    []string
		damaged bool
	}{
		"whole":            {slices.Concat(head, first, second), both, false},
		"garbage at end":   {slices.Concat(head, first, second, garbage), both, true},
		"garbage between":  {slices.Concat(head, first, garbage, second), both, true},
		"garbage first":    {slices.Concat(garbage, head, first, second), both, true},
		"zeros at end":     {slices.Concat(head, first, second, make([]byte, 70_000)), both, true},
		"zeros between":    {slices.Concat(head, first, make([]byte, 3<<20), second), both, true},
		"swapped":          {slices.Concat(head, second, first), both, false},
		"twice":            {slices.Concat(head, first, second, second, first), both, false},
		"endless":          {slices.Concat(head, huge, second), []string{"second"}, true},
		"endless, honest":  {slices.Concat(head, honest, second), []string{"second"}, true},
		"only garbage":     {garbage, nil, true},
		"another's record": {slices.Concat(head, alien(), second), []string{"second"}, true},
	} {
		j := openBytes(t, c.data)
		got, _ := replayed(t, j, 0)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if (len(j.Damages()) > 0) != c.damaged {
			t.Errorf("%s: damages %+v", name, j.Damages())
		}
		if _, err := appendWait(j, "on"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// alien is a whole record of a file with another salt, as a sender might put
// into a payload.
func alien() []byte {
	h := header{seq: 1, length: 4, payloadSum: payloadSum([]byte("fake"))}
	var head [headerBytes]byte
	h.put(&head, 8)
	return append(head[:], "fake"...)
}

func TestJournal_SetsDamagedFilesAside(t *testing.T) {
	t.Parallel()
	m := newMemFS()
	data, s := logBytes("note", "first", "second", "third")
	data[s[2]+headerBytes] ^= 1
	m.names[filepath.Join(dir, fileName(1, 7))] = &memFile{data: data}
	j := open(t, testConfig(m))
	if got, _ := replayed(t, j, 0); len(got) != 2 {
		t.Fatalf("%q", got)
	}
	seq, err := appendWait(j, "next")
	if err != nil || seq <= seqLeap {
		t.Fatalf("seq %d might be that of a lost entry, %v", seq, err)
	}
	if err := j.Truncate(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	names, _ := m.List(dir)
	if !slices.Contains(names, fileName(1, 7)+damagedSuffix) {
		t.Fatalf("files %q", names)
	}
}

func FuzzOpen(f *testing.F) {
	data, _ := logBytes("note", "first", "second")
	f.Add(data)
	f.Add(data[:len(data)-3])
	f.Fuzz(func(t *testing.T, data []byte) {
		j := openBytes(t, data)
		replayed(t, j, 0)
	})
}
