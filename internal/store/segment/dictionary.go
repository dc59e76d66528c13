package segment

// Dictionaries are made where values repeat often enough.
const (
	dictSample  = 2048
	maxDict     = 1 << 16
	maxDictData = 1 << 20
)

// dictionary codes values if a sample says that they repeat; ok is false if it
// is not worth it.
func dictionary[T int64 | uint64](values []T) (codes []uint32, distinct []T, ok bool) {
	var sample dictTable[T]
	step := max(len(values)/dictSample, 1)
	sampled := 0
	for i := 0; i < len(values); i += step {
		sample.code(values[i])
		sampled++
	}
	if len(sample.distinct) > sampled/4 && len(values) > 64 {
		return nil, nil, false
	}
	var t dictTable[T]
	codes = make([]uint32, len(values))
	for i, v := range values {
		if i > 0 && v == values[i-1] {
			codes[i] = codes[i-1]
			continue
		}
		if codes[i] = t.code(v); len(t.distinct) > maxDict {
			return nil, nil, false
		}
	}
	return codes, t.distinct, true
}

// dictTable numbers values in the order they come: a map without what makes one
// dear, since each number of a flush goes through it.
type dictTable[T int64 | uint64] struct {
	distinct []T
	slots    []uint32 // open addressing: code+1, 0 is free; a power of two, at most half full
}

func (t *dictTable[T]) code(v T) uint32 {
	if 2*len(t.distinct) >= len(t.slots) {
		t.grow()
	}
	for i := t.place(v); ; i = (i + 1) & (len(t.slots) - 1) {
		slot := t.slots[i]
		if slot == 0 {
			t.distinct = append(t.distinct, v)
			t.slots[i] = uint32(len(t.distinct))
			return t.slots[i] - 1
		}
		if t.distinct[slot-1] == v {
			return slot - 1
		}
	}
}

// place is where a value is looked for first.
func (t *dictTable[T]) place(v T) int {
	const spread = 0x9e3779b97f4a7c15
	h := uint64(v) * spread
	return int(h^h>>32) & (len(t.slots) - 1)
}

func (t *dictTable[T]) grow() {
	const least = 64
	t.slots = make([]uint32, max(2*len(t.slots), least))
	for code, v := range t.distinct {
		i := t.place(v)
		for t.slots[i] != 0 {
			i = (i + 1) & (len(t.slots) - 1)
		}
		t.slots[i] = uint32(code) + 1
	}
}
