package auth

import (
	"strings"
	"testing"
)

// Who has put one vendor's key where another's belongs is told so.
func TestKeys_SayWhatAKeyWasMistakenFor(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir(), false)
	secrets := map[Kind]Secret{}
	for _, kind := range []Kind{Honeycomb, RollbarWrite, AWS} {
		_, s, err := k.Create(t.Context(), NewKey{Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		secrets[kind] = s
	}
	for _, c := range []struct {
		family Family
		secret string
		want   string
	}{
		{Sending, secrets[RollbarWrite].Key, "a key of kind rollbar-write"},
		{Rollbar, secrets[Honeycomb].Key, "a key of kind honeycomb"},
		{Sending, secrets[Honeycomb].Key, ""},
		{Sending, secrets[AWS].AccessKeyID, "the id of a key, not its secret"},
		{Sending, "AKIA" + strings.Repeat("Q", 16), "an access key id of AWS's shape"},
		{Rollbar, "hcaik_" + strings.Repeat("a", 58), "an ingest key of Honeycomb's shape"},
		{Sending, `"abc"`, "text with quotes in it"},
		{Sending, "Bearer abc", "text with spaces in it"},
		{Sending, "wrong", ""},
	} {
		if got := k.Mistaken(c.family, c.secret); got != c.want {
			t.Errorf("%.8s…: %q, want %q", c.secret, got, c.want)
		}
	}
}
