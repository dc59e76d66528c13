package auth

import (
	"crypto/rand"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Alphabets of the vendors' key shapes. 22 characters of alnum hold 131 random
// bits, 26 of crockford 130, 32 of hex 128.
const (
	alnum     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	crockford = "0123456789abcdefghjkmnpqrstvwxyz"
	hexDigits = "0123456789abcdef"
	base32    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base64Set = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)

// minted is a new key's public id and secret.
type minted struct {
	id     string
	secret Secret
}

func mint(kind Kind) (minted, error) {
	switch kind {
	case Honeycomb:
		return minted{id: "hcxlk_" + token(crockford, 26), secret: Secret{Key: token(alnum, 22)}}, nil
	case HoneycombClassic:
		return minted{id: "hcxlc_" + token(crockford, 26), secret: Secret{Key: token(hexDigits, 32)}}, nil
	case HoneycombIngest:
		id := "hcxik_" + token(crockford, 26)
		return minted{id: id, secret: Secret{Key: id + token(alnum, 32)}}, nil
	case HoneycombManagement:
		id := "hcxmk_" + token(crockford, 26)
		return minted{id: id, secret: Secret{Key: id + ":" + token(alnum, 32)}}, nil
	case AWS:
		id := "AKIA" + token(base32, 16)
		return minted{id: id, secret: Secret{AccessKeyID: id, SecretAccessKey: token(base64Set, 40)}}, nil
	case RollbarWrite, RollbarRead, RollbarAccount:
		return minted{id: "rb_" + token(crockford, 26), secret: Secret{Key: token(hexDigits, 32)}}, nil
	}
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return minted{}, fault.New(fault.Invalid, "key kind %.100q: want one of %s", string(kind), strings.Join(names, ", "))
}

// token returns n random characters of an alphabet, each equally likely.
func token(alphabet string, n int) string {
	out := make([]byte, 0, n)
	var buf [64]byte
	limit := byte(256 / len(alphabet) * len(alphabet) % 256) // 0: every byte is usable
	for len(out) < n {
		_, _ = rand.Read(buf[:]) // never fails: it ends the process instead
		for _, b := range buf {
			if (limit == 0 || b < limit) && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}
