package cloudwatch

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// defaultLimit is how long the page of a listing is.
const defaultLimit = 50

// listing cuts what is listed into pages. The token of the next page holds the
// key of the last item and a hash of what is asked: it outlives restarts, can be
// used any number of times, and is refused where something else is asked.
type listing[T any] struct {
	limit    int
	token    string
	asked    string          // operation and filters
	key      func(*T) string // of an item: unique, in the order of the listing
	backward bool            // the order is the keys' in reverse
}

// page returns the items after the token, in order. items need not be sorted.
func (l listing[T]) page(items []T) (page []T, next string, err error) {
	if l.limit <= 0 {
		l.limit = defaultLimit
	}
	after := ""
	if l.token != "" {
		if after, err = openToken(l.asked, l.token); err != nil {
			return nil, "", err
		}
	}
	compare := strings.Compare
	if l.backward {
		compare = func(a, b string) int { return strings.Compare(b, a) }
	}
	type keyed struct {
		key string
		at  int
	}
	best := make([]keyed, 0, l.limit+2) // the first of them, and one more
	for i := range items {
		key := l.key(&items[i])
		if l.token != "" && compare(key, after) <= 0 {
			continue
		}
		if len(best) > l.limit && compare(key, best[len(best)-1].key) >= 0 {
			continue
		}
		place, _ := slices.BinarySearchFunc(best, key, func(k keyed, key string) int { return compare(k.key, key) })
		if best = slices.Insert(best, place, keyed{key, i}); len(best) > l.limit+1 {
			best = best[:l.limit+1]
		}
	}
	if len(best) > l.limit {
		best = best[:l.limit]
		next = sealToken(l.asked, best[len(best)-1].key)
	}
	page = make([]T, len(best))
	for i, k := range best {
		page[i] = items[k.at]
	}
	return page, next, nil
}

const tokenHash = 9 // bytes

// sealToken makes the token of a position within what is asked.
func sealToken(asked, position string) string {
	return base64.RawURLEncoding.EncodeToString(append(hashOf(asked, position), position...))
}

// openToken returns the position of a token, which must be of what is asked.
func openToken(asked, token string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < tokenHash {
		return "", badToken()
	}
	position := string(raw[tokenHash:])
	if string(hashOf(asked, position)) != string(raw[:tokenHash]) {
		return "", badToken()
	}
	return position, nil
}

func hashOf(asked, position string) []byte {
	sum := sha256.Sum256([]byte(asked + "\x00" + position))
	return sum[:tokenHash]
}

// asked joins what makes one listing another.
func asked(parts ...string) string { return strings.Join(parts, "\x00") }

// answerPage is the answer of a listing: one page, and the token of the next.
func answerPage[T any](name string, l listing[T], items []T) (any, error) {
	page, next, err := l.page(items)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{name: page}
	if next != "" {
		answer["nextToken"] = next
	}
	return answer, nil
}
