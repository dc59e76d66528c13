package xray

import (
	"hash/maphash"
	"sync"
)

// owners remembers of which service the latest segments and subsegments are, since a
// subsegment that is sent on its own does not say it, and what the segments of each
// sender are called, since a program mostly is one service. It is bounded: what is
// forgotten only makes a subsegment one of nobody known.
type owners struct {
	mu      sync.Mutex
	seed    maphash.Seed
	known   [][ownersAlike]owned // by the hash, the latest of each first
	senders map[string]string
}

type owned struct {
	hash    uint64
	service string
}

const (
	ownersKept  = 1 << 16
	sendersKept = 4096

	// ownersAlike is how many of those with one place are kept. Where it was one, two
	// of a batch of fifty met every fiftieth time, and what hung under the first was of
	// nobody known.
	ownersAlike = 4
)

func newOwners() *owners {
	return &owners{seed: maphash.MakeSeed(), known: make([][ownersAlike]owned, ownersKept/ownersAlike), senders: map[string]string{}}
}

// learn notes whose all units of a document are.
func (o *owners) learn(doc *document, service, sender string) {
	doc.hashes = doc.hashes[:0]
	trace := maphash.String(o.seed, doc.trace)
	for i := range doc.units {
		doc.hashes = append(doc.hashes, hashOf(trace, doc.units[i].id))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range doc.hashes {
		alike := o.alike(h)
		at := 0
		for at < ownersAlike-1 && alike[at].hash != h {
			at++
		}
		copy(alike[1:at+1], alike[:at])
		alike[0] = owned{h, service}
	}
	if sender == "" || o.senders[sender] == service {
		return
	}
	if len(o.senders) >= sendersKept {
		clear(o.senders)
	}
	o.senders[sender] = service
}

// of returns whose a segment or subsegment is, "" if that is not known.
func (o *owners) of(trace string, id []byte) string {
	h := hashOf(maphash.String(o.seed, trace), id)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range o.alike(h) {
		if k.hash == h {
			return k.service
		}
	}
	return ""
}

// alike returns those that have the place of a hash.
func (o *owners) alike(h uint64) *[ownersAlike]owned {
	return &o.known[h>>32%uint64(len(o.known))]
}

func (o *owners) ofSender(sender string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.senders[sender]
}

// hashOf adds an id to its trace's hash; it reads the digits in any case.
func hashOf(trace uint64, id []byte) uint64 {
	key := uint64(0)
	for _, c := range id[:min(len(id), 16)] {
		key = key<<4 | uint64(c&0xf+c>>6*9)
	}
	return trace ^ key*0x9e3779b97f4a7c15
}
