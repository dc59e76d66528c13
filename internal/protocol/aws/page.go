package aws

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// defaultLimit is how long the page of a listing is.
const defaultLimit = 50

// Listing cuts what is listed into pages. The token of the next page holds the
// key of the last item and a hash of what is asked: it outlives restarts, can be
// used any number of times, and is refused where something else is asked.
type Listing[T any] struct {
	Limit    int
	Token    string
	Asked    string          // operation and filters, see [Asked]
	Key      func(*T) string // of an item: unique, in the order of the listing
	Backward bool            // the order is the keys' in reverse
}

// Page returns the items after the token, in order, and the token of the next
// page, "" for none. items need not be sorted. It is not ok if the token is not one
// of this listing.
func (l Listing[T]) Page(items []T) (page []T, next string, ok bool) {
	if l.Limit <= 0 {
		l.Limit = defaultLimit
	}
	after := ""
	if l.Token != "" {
		if after, ok = OpenToken(l.Asked, l.Token); !ok {
			return nil, "", false
		}
	}
	compare := strings.Compare
	if l.Backward {
		compare = func(a, b string) int { return strings.Compare(b, a) }
	}
	type keyed struct {
		key string
		at  int
	}
	best := make([]keyed, 0, l.Limit+2) // the first of them, and one more
	for i := range items {
		key := l.Key(&items[i])
		if l.Token != "" && compare(key, after) <= 0 {
			continue
		}
		if len(best) > l.Limit && compare(key, best[len(best)-1].key) >= 0 {
			continue
		}
		place, _ := slices.BinarySearchFunc(best, key, func(k keyed, key string) int { return compare(k.key, key) })
		if best = slices.Insert(best, place, keyed{key, i}); len(best) > l.Limit+1 {
			best = best[:l.Limit+1]
		}
	}
	if len(best) > l.Limit {
		best = best[:l.Limit]
		next = SealToken(l.Asked, best[len(best)-1].key)
	}
	page = make([]T, len(best))
	for i, k := range best {
		page[i] = items[k.at]
	}
	return page, next, true
}

const tokenHash = 9 // bytes

// SealToken makes the token of a position within what is asked.
func SealToken(asked, position string) string {
	return base64.RawURLEncoding.EncodeToString(append(hashOf(asked, position), position...))
}

// OpenToken returns the position of a token, if it is one of what is asked.
func OpenToken(asked, token string) (position string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < tokenHash {
		return "", false
	}
	position = string(raw[tokenHash:])
	return position, string(hashOf(asked, position)) == string(raw[:tokenHash])
}

func hashOf(asked, position string) []byte {
	sum := sha256.Sum256([]byte(asked + "\x00" + position))
	return sum[:tokenHash]
}

// Asked joins what makes one listing another.
func Asked(parts ...string) string { return strings.Join(parts, "\x00") }
