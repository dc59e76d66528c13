package auth

import (
	"crypto/sha256"
	"strings"
)

// Mistaken says what somebody sent in place of a key of a family: "a key of kind
// rollbar-write", where it is a key that we know, or what its shape is that of. It
// is "" where that says nothing, and where it is a key of the family itself.
func (k *Keys) Mistaken(family Family, secret string) string {
	hash := sha256.Sum256([]byte(secret))
	if e := k.known.Load().byHash[hash]; e != nil {
		if family.holds(e.key.Kind) {
			return ""
		}
		return "a key of kind " + string(e.key.Kind)
	}
	switch {
	case k.Knows(secret):
		return "the id of a key, not its secret"
	case len(secret) == 20 && (strings.HasPrefix(secret, "AKIA") || strings.HasPrefix(secret, "ASIA")):
		return "an access key id of AWS's shape"
	case family == Sending && strings.HasPrefix(secret, "hcxmk_"):
		return "a management key of Honeycomb's shape"
	case family == Rollbar && len(secret) == 64 && strings.HasPrefix(secret, "hc"):
		return "an ingest key of Honeycomb's shape"
	case strings.ContainsAny(secret, `"'`):
		return "text with quotes in it"
	case strings.ContainsAny(secret, " \t") || strings.HasPrefix(secret, "Bearer"):
		return "text with spaces in it"
	}
	return ""
}
