package grouping

import (
	"hash/maphash"
	"strings"
	"sync"
)

// Frame is a call as a payload has it. The frames of a trace may be a []Frame in
// place of a list of objects, where nothing but the algorithm looks at them.
type Frame struct{ File, Method string }

// Memo remembers what stacks count as: errors come again and again, and what
// makes two of them one is in the frames alone. The zero value is ready; it may
// be used by many at once. What it holds is bounded.
type Memo struct {
	mu    sync.RWMutex
	known map[stackKey]counted
	bytes int
}

const maxMemo = 4 << 20 // bytes of texts; then it begins anew

type stackKey [2]uint64

//nolint:gochecknoglobals // never changed: a process has its own, so that nobody can make two stacks collide
var memoSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// Decide is [Rules.Decide]; it remembers where there are no rules.
func (m *Memo) Decide(r *Rules, data map[string]any) Decision {
	s := &subject{data: data, body: object(data["body"])}
	if r == nil {
		s.memo = m
	}
	return r.decide(s, nil)
}

// keyOf is made of all that what a stack counts as depends on.
func (s *subject) keyOf(calls []call, index int) (key stackKey) {
	for i, seed := range memoSeeds {
		var h maphash.Hash
		h.SetSeed(seed)
		text := func(t string) {
			_, _ = h.WriteString(t) // it takes everything
			_ = h.WriteByte(0xff)   // in no text
		}
		text(s.language)
		for _, root := range s.roots {
			text(root)
		}
		_ = h.WriteByte(0xfe)
		_ = h.WriteByte(byte(min(index, 1)))
		for _, c := range calls {
			text(c.file)
			text(c.method)
		}
		key[i] = h.Sum64()
	}
	return key
}

func (m *Memo) get(key stackKey) (counted, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	one, ok := m.known[key]
	return one, ok
}

func (m *Memo) put(key stackKey, one counted) {
	const overhead = 200
	one.text, one.fault = strings.Clone(one.text), frame{strings.Clone(one.fault.file), strings.Clone(one.fault.method)}
	size := overhead + len(one.text) + len(one.fault.file) + len(one.fault.method)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || m.bytes+size > maxMemo {
		m.known, m.bytes = map[stackKey]counted{}, 0
	}
	if _, again := m.known[key]; !again {
		m.known[key] = one
		m.bytes += size
	}
}
