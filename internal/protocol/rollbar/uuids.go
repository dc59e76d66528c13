package rollbar

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// uuids remembers which items are here, so that one that comes again is not
// stored again: for a while, and up to a number. The door remembers those that
// came alone, also over a restart.
type uuids struct {
	mu    sync.Mutex
	known map[[16]byte]int64 // Unix nanoseconds
	order [][16]byte         // a ring, oldest at next once it is full
	next  int
}

const (
	uuidWindow = 10 * time.Minute
	maxUUIDs   = 1 << 17
)

func newUUIDs() *uuids { return &uuids{known: map[[16]byte]int64{}} }

func (u *uuids) has(id [16]byte, now int64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	at, ok := u.known[id]
	return ok && now-at < int64(uuidWindow)
}

func (u *uuids) add(id [16]byte, now int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, again := u.known[id]; again {
		return
	}
	u.known[id] = now
	if len(u.order) < maxUUIDs {
		u.order = append(u.order, id)
		return
	}
	delete(u.known, u.order[u.next])
	u.order[u.next] = id
	u.next = (u.next + 1) % maxUUIDs
}

// newUUID returns a random UUID as Rollbar's own are written: without dashes.
func newUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: it ends the process instead
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return hex.EncodeToString(raw[:])
}
