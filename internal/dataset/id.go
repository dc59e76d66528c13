package dataset

import (
	"crypto/rand"
	"crypto/sha256"
)

// idLength is how many characters an id of a column or calculated field has.
const idLength = 12

// base58 leaves out what is mistaken for something else: 0, O, I and l.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// IsID reports whether text has the shape of an id, whether or not there is
// something of that id.
func IsID(text string) bool {
	if len(text) != idLength {
		return false
	}
	for i := range len(text) {
		c := text[i]
		letter := (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O') || (c >= 'a' && c <= 'z' && c != 'l')
		if !letter && (c < '1' || c > '9') {
			return false
		}
	}
	return true
}

// columnID is the id of a column: always the same for the same name, so that a
// column has one before anything about it is stored. 70 bits of a hash tell the
// few thousand columns of a dataset apart.
func columnID(environment, dataset, name string) string {
	sum := sha256.Sum256([]byte(environment + "\x00" + dataset + "\x00" + name))
	return spell(sum[:idLength])
}

func newID() string {
	random := make([]byte, idLength)
	_, _ = rand.Read(random) // never fails: it ends the process instead
	return spell(random)
}

func spell(bytes []byte) string {
	out := make([]byte, len(bytes))
	for i, b := range bytes {
		out[i] = base58[int(b)%len(base58)]
	}
	return string(out)
}
