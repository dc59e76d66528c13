package item

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// sketch counts distinct texts in bounded memory: exactly up to exactHashes, then
// by HyperLogLog with 3 % error. Its bytes are either that many hashes of 8
// bytes, or registers; the length tells which.
type sketch []byte

const (
	exactHashes   = 64
	registerBits  = 10
	registers     = 1 << registerBits
	fnvOffset     = 14695981039346656037
	fnvPrime      = 1099511628211
	bytesPerHash  = 8
	smallEstimate = 2.5 * registers
)

// hashText is FNV-1a with its bits mixed once more: it is kept on disk, so it
// must be the same in every process.
func hashText(s string) uint64 {
	h := uint64(fnvOffset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// add notes a text and reports whether the sketch changed.
func (s *sketch) add(text string) bool {
	h := hashText(text)
	if len(*s) == registers {
		return s.register(h)
	}
	for at := 0; at < len(*s); at += bytesPerHash {
		if binary.LittleEndian.Uint64((*s)[at:]) == h {
			return false
		}
	}
	if len(*s) < exactHashes*bytesPerHash {
		*s = binary.LittleEndian.AppendUint64(*s, h)
		return true
	}
	few := *s
	*s = make(sketch, registers)
	for at := 0; at < len(few); at += bytesPerHash {
		s.register(binary.LittleEndian.Uint64(few[at:]))
	}
	s.register(h)
	return true
}

func (s *sketch) register(h uint64) bool {
	rank := byte(bits.LeadingZeros64(h<<registerBits|1<<(registerBits-1)) + 1)
	r := &(*s)[h>>(64-registerBits)]
	if rank <= *r {
		return false
	}
	*r = rank
	return true
}

// merge notes all that another has.
func (s *sketch) merge(other sketch) {
	if len(other) == registers {
		if len(*s) != registers {
			few := *s
			*s = make(sketch, registers)
			for at := 0; at < len(few); at += bytesPerHash {
				s.register(binary.LittleEndian.Uint64(few[at:]))
			}
		}
		for i, rank := range other {
			(*s)[i] = max((*s)[i], rank)
		}
		return
	}
	for at := 0; at+bytesPerHash <= len(other); at += bytesPerHash {
		h := binary.LittleEndian.Uint64(other[at:])
		switch {
		case len(*s) == registers:
			s.register(h)
		case !s.has(h):
			if len(*s) == exactHashes*bytesPerHash {
				few := *s
				*s = make(sketch, registers)
				s.merge(few)
				s.register(h)
				continue
			}
			*s = binary.LittleEndian.AppendUint64(*s, h)
		}
	}
}

func (s *sketch) has(h uint64) bool {
	for at := 0; at < len(*s); at += bytesPerHash {
		if binary.LittleEndian.Uint64((*s)[at:]) == h {
			return true
		}
	}
	return false
}

// count returns about how many distinct texts there were.
func (s *sketch) count() int64 {
	if len(*s) != registers {
		return int64(len(*s) / bytesPerHash)
	}
	sum, empty := 0.0, 0
	for _, rank := range *s {
		sum += math.Ldexp(1, -int(rank))
		if rank == 0 {
			empty++
		}
	}
	const m = float64(registers)
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= smallEstimate && empty > 0 {
		estimate = m * math.Log(m/float64(empty))
	}
	return int64(estimate + 0.5)
}

func (s *sketch) clone() sketch { return slices.Clone(*s) }
