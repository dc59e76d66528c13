package auth

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is one process's view of the keys in a folder.
type rig struct {
	*Keys
	dir string
	now *atomic.Int64
}

func open(t *testing.T, dir string, acceptAny bool) rig {
	t.Helper()
	r := rig{dir: dir, now: new(atomic.Int64)}
	r.now.Store(1_764_000_000_000_000_000)
	db, err := meta.Open(t.Context(), filepath.Join(dir, "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	r.Keys, err = Open(t.Context(), db, Config{
		Dir: dir, AcceptAny: acceptAny, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Unix(0, r.now.Load()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r rig) create(t *testing.T, spec NewKey) (Key, Secret) {
	t.Helper()
	key, secret, err := r.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return key, secret
}

func TestCreate_MakesKeysOfEachVendorsShape(t *testing.T) {
	t.Parallel()
	r := open(t, t.TempDir(), false)
	shapes := map[Kind]string{
		Honeycomb:           `^[A-Za-z0-9]{22}$`,
		HoneycombClassic:    `^[0-9a-f]{32}$`,
		HoneycombIngest:     `^hc[a-z]ik_[0-9a-z]{26}[A-Za-z0-9]{32}$`,
		HoneycombManagement: `^hc[a-z]mk_[0-9a-z]{26}:[A-Za-z0-9]{32}$`,
		RollbarWrite:        `^[0-9a-f]{32}$`,
		RollbarRead:         `^[0-9a-f]{32}$`,
		RollbarAccount:      `^[0-9a-f]{32}$`,
	}
	for _, kind := range Kinds() {
		seen := map[string]bool{}
		for range 20 {
			key, secret := r.create(t, NewKey{Kind: kind})
			text := secret.Key
			if kind == AWS {
				text = secret.SecretAccessKey
				if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(secret.AccessKeyID) || !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(text) {
					t.Errorf("aws: %q, %q", secret.AccessKeyID, text)
				}
			} else if !regexp.MustCompile(shapes[kind]).MatchString(text) {
				t.Errorf("%s: %q", kind, text)
			}
			if seen[text] || seen[key.ID] {
				t.Errorf("%s: the same key twice", kind)
			}
			seen[text], seen[key.ID] = true, true
			if key.Name != string(kind) || key.Environment != "test" || key.Disabled {
				t.Errorf("%+v", key)
			}
		}
	}
}

func TestClassic_FollowsTheShape(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"0123456789abcdef0123456789abcdef":        true,
		"0123456789ABCDEF0123456789ABCDEF":        false,
		"0123456789abcdef0123456789abcde":         false,
		"0123456789abcdef0123456789abcdeg":        false,
		"hcxic_" + strings.Repeat("0a", 29):       true,
		"hcxik_" + strings.Repeat("0a", 29):       false,
		"hcXic_" + strings.Repeat("0a", 29):       false,
		"hcxic_" + strings.Repeat("0A", 29):       false,
		"hcxic_" + strings.Repeat("0a", 29) + "0": false,
		"":                       false,
		"abcdefghijklmnopqrstuv": false,
	} {
		if got := Classic(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}

func TestAuthenticate_EachKindInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	r := open(t, t.TempDir(), false)
	for _, kind := range Kinds() {
		key, secret := r.create(t, NewKey{Kind: kind})
		for _, family := range []Family{Sending, Management, Rollbar} {
			p, err := r.Authenticate(t.Context(), family, secret.Key)
			if !family.holds(kind) || kind == AWS {
				if !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("%s as one of family %d: %v", kind, family, err)
				}
				continue
			}
			if err != nil || p.KeyID != key.ID || p.Kind != kind || p.Environment != "test" || p.Team != "oriel" || p.Classic != (kind == HoneycombClassic) {
				t.Errorf("%s: %+v, %v", kind, p, err)
			}
		}
		if _, _, err := r.Secret(t.Context(), key.ID); (err == nil) != (kind == AWS) {
			t.Errorf("the secret of a %s key: %v", kind, err)
		}
	}
	_, secret := r.create(t, NewKey{Kind: Honeycomb})
	for _, wrong := range []string{"", "nobody", secret.Key[:21], secret.Key + "x", strings.ToUpper(secret.Key) + ".", strings.Repeat("x", 1<<20)} {
		if _, err := r.Authenticate(t.Context(), Sending, wrong); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%.30q: %v", wrong, err)
		}
	}
	if _, open := r.Anonymous(); open {
		t.Error("no key is needed")
	}
}

func TestAuthenticate_RefusesDisabledAndExpiredKeys(t *testing.T) {
	t.Parallel()
	for _, acceptAny := range []bool{false, true} { // open mode, too, believes what it knows
		r := open(t, t.TempDir(), acceptAny)
		key, secret := r.create(t, NewKey{Kind: Honeycomb, Expires: time.Unix(0, r.now.Load()).Add(time.Hour)})
		works := func() bool {
			_, err := r.Authenticate(t.Context(), Sending, secret.Key)
			if err != nil && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%v", err)
			}
			return err == nil
		}
		if !works() {
			t.Error("a new key does not work")
		}
		for _, disabled := range []bool{true, false} {
			if err := r.Disable(t.Context(), key.ID, disabled); err != nil {
				t.Fatal(err)
			}
			if works() == disabled {
				t.Errorf("disabled %v: works %v", disabled, !disabled)
			}
		}
		r.now.Add(int64(time.Hour))
		if works() {
			t.Error("an expired key works")
		}
	}
	r := open(t, t.TempDir(), false)
	if err := r.Disable(t.Context(), "nothing", true); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestAuthenticate_OpenModeTakesAnyKey(t *testing.T) {
	t.Parallel()
	r := open(t, t.TempDir(), true)
	for _, c := range []struct {
		family  Family
		key     string
		kind    Kind
		classic bool
	}{
		{Sending, "whatever", Honeycomb, false},
		{Sending, "", Honeycomb, false},
		{Sending, "0123456789abcdef0123456789abcdef", HoneycombClassic, true},
		{Management, "id:secret", HoneycombManagement, false},
		{Rollbar, "0123456789abcdef0123456789abcdef", RollbarWrite, false},
	} {
		p, err := r.Authenticate(t.Context(), c.family, c.key)
		if err != nil || p.Kind != c.kind || p.Classic != c.classic || p.Environment != "test" || p.KeyID != "" || !p.Permissions.SendEvents {
			t.Errorf("%q: %+v, %v", c.key, p, err)
		}
	}
	if p, open := r.Anonymous(); !open || p.Environment != "test" {
		t.Errorf("%+v, %v", p, open)
	}
	if _, err := r.CreateEnvironment(t.Context(), "prod", "Production"); err != nil {
		t.Fatal(err)
	}
	_, secret := r.create(t, NewKey{Kind: Honeycomb, Environment: "prod"})
	if p, err := r.Authenticate(t.Context(), Sending, secret.Key); err != nil || p.Environment != "prod" || p.EnvironmentName != "Production" {
		t.Errorf("a key that is known: %+v, %v", p, err)
	}
}

// S1: no secret can be read from disk, and what the server key seals is bound to it.
func TestCreate_S1_KeepsNoSecretInClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, false)
	var secrets []string
	for _, kind := range Kinds() {
		_, s := r.create(t, NewKey{Kind: kind})
		for _, text := range []string{s.Key, s.SecretAccessKey} {
			if id, after, ok := strings.Cut(text, ":"); ok && strings.HasPrefix(id, "hc") {
				text = after
			}
			if strings.HasPrefix(text, "hcxik_") {
				text = text[32:]
			}
			if text != "" {
				secrets = append(secrets, text)
			}
		}
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, s := range secrets {
			if bytes.Contains(raw, []byte(s)) {
				t.Errorf("%s holds a secret", filepath.Base(path))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, serverKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
}

func TestSecret_NeedsTheServerKeyThatSealedIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, false)
	key, secret := r.create(t, NewKey{Kind: AWS})
	if got, p, err := r.Secret(t.Context(), key.ID); err != nil || got != secret.SecretAccessKey || p.Kind != AWS {
		t.Fatalf("%v", err)
	}
	again := open(t, dir, false)
	if got, _, err := again.Secret(t.Context(), key.ID); err != nil || got != secret.SecretAccessKey {
		t.Errorf("after a restart: %v", err)
	}
	path := filepath.Join(dir, serverKeyFile)
	for name, change := range map[string]func() error{
		"another key":      func() error { return os.WriteFile(path, []byte(strings.Repeat("ab", 32)+"\n"), 0o600) },
		"no key":           func() error { return os.WriteFile(path, []byte("short"), 0o600) },
		"for all to read":  func() error { return os.Chmod(path, 0o644) },
		"gone":             func() error { return os.Remove(path) },
		"sealed as others": func() error { return nil },
	} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		other := open(t, dir, false)
		id := key.ID
		if name == "sealed as others" { // bound to its id: not to be swapped in the database
			if _, err := other.seal.open(other.known.Load().byID[id].sealed, "AKIAOTHER"); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: %v", name, err)
			}
		} else if _, _, err := other.Secret(t.Context(), id); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		_ = os.Remove(path)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := r.Secret(t.Context(), "AKIANOBODY"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("%v", err)
	}
}

// A key that the command line makes beside a running server works at once.
func TestAuthenticate_KnowsKeysOfOtherProcessesAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, tool := open(t, dir, false), open(t, dir, false)
	for range 3 {
		_, secret := tool.create(t, NewKey{Kind: Honeycomb})
		if _, err := server.Authenticate(t.Context(), Sending, secret.Key); err != nil {
			t.Error(err)
		}
	}
	key, secret := tool.create(t, NewKey{Kind: AWS})
	if got, _, err := server.Secret(t.Context(), key.ID); err != nil || got != secret.SecretAccessKey {
		t.Error(err)
	}
	if err := tool.Disable(t.Context(), key.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := server.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := server.Secret(t.Context(), key.ID); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a key that was disabled elsewhere: %v", err)
	}
}

// A flood of wrong keys must not become a flood of reads.
func TestBucket_BoundsLooksForUnknownKeys(t *testing.T) {
	t.Parallel()
	var b bucket
	now := time.Unix(1_764_000_000, 0)
	count := func() (n int) {
		for range 10 * missesPerSecond {
			if b.take(now) {
				n++
			}
		}
		return n
	}
	if n := count(); n != missesPerSecond {
		t.Errorf("%d at first", n)
	}
	now = now.Add(100 * time.Millisecond)
	if n := count(); n != missesPerSecond/10 {
		t.Errorf("%d after a tenth of a second", n)
	}
	now = now.Add(-time.Hour) // a clock that was put back
	if n := count(); n != 0 {
		t.Errorf("%d", n)
	}
	now = now.Add(2 * time.Hour)
	if n := count(); n != missesPerSecond {
		t.Errorf("%d after hours", n)
	}
}

func TestList_ShowsWhenAKeyWasLastUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, false)
	key, secret := r.create(t, NewKey{Kind: Honeycomb, Name: "backend"})
	if l := r.List(); len(l) != 1 || !l[0].LastUsed.IsZero() {
		t.Fatalf("%+v", l)
	}
	r.now.Add(int64(90 * time.Second))
	if _, err := r.Authenticate(t.Context(), Sending, secret.Key); err != nil {
		t.Fatal(err)
	}
	want := time.Unix(0, r.now.Load()).Truncate(time.Minute).UTC()
	if got := r.List()[0]; !got.LastUsed.Equal(want) || got.Name != "backend" || got.ID != key.ID {
		t.Errorf("%+v, want %s", got, want)
	}
	r.create(t, NewKey{Kind: HoneycombIngest}) // re-reads the keys; the use is not forgotten
	if err := r.writeUsed(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, k := range open(t, dir, false).List() {
		if k.ID == key.ID && !k.LastUsed.Equal(want) {
			t.Errorf("another process sees %s", k.LastUsed)
		}
	}
}

func TestCreate_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := open(t, t.TempDir(), false)
	for name, c := range map[string]struct {
		spec NewKey
		want fault.Kind
	}{
		"kind":        {NewKey{Kind: "honeycom"}, fault.Invalid},
		"environment": {NewKey{Kind: Honeycomb, Environment: "nowhere"}, fault.NotFound},
		"long name":   {NewKey{Kind: Honeycomb, Name: strings.Repeat("é", maxNameRunes+1)}, fault.Invalid},
		"bad name":    {NewKey{Kind: Honeycomb, Name: "\xff"}, fault.Invalid},
	} {
		if _, _, err := r.Create(t.Context(), c.spec); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.List()) != 0 {
		t.Error("a key was made all the same")
	}
	for slug, want := range map[string]fault.Kind{"": fault.Invalid, "Prod": fault.Invalid, "a/b": fault.Invalid, "test": fault.Conflict, strings.Repeat("a", maxNameRunes+1): fault.Invalid} {
		if _, err := r.CreateEnvironment(t.Context(), slug, "Name"); !fault.Is(err, want) {
			t.Errorf("environment %.20q: %v", slug, err)
		}
	}
	if len(r.Environments()) != 1 || r.Default().Slug != "test" {
		t.Errorf("%+v", r.Environments())
	}
}

func TestKeys_AreForManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, tool := open(t, dir, false), open(t, dir, false)
	key, secret := r.create(t, NewKey{Kind: Honeycomb})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 50 {
				if _, err := r.Authenticate(t.Context(), Sending, secret.Key); err != nil {
					t.Error(err)
				}
				_, _ = r.Authenticate(t.Context(), Sending, fmt.Sprint("unknown", i, n))
				r.List()
			}
		})
	}
	for range 5 {
		tool.create(t, NewKey{Kind: HoneycombIngest})
		r.create(t, NewKey{Kind: HoneycombIngest})
		if err := r.Disable(t.Context(), key.ID, false); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if n := len(r.List()); n != 11 {
		t.Errorf("%d keys", n)
	}
}

// Sample data is nobody's secret, and nobody's way into what is real.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{true, false} {
		k := open(t, t.TempDir(), taken)
		if _, err := k.CreateEnvironment(t.Context(), Sample, "Mine"); !fault.Is(err, fault.Conflict) {
			t.Errorf("an environment of the name of sample data: %v", err)
		}
		k.now.Add(1)
		if _, err := k.CreateEnvironment(t.Context(), "prod", "Production"); err != nil {
			t.Fatal(err)
		}
		_, secret, err := k.Create(t.Context(), NewKey{Kind: Honeycomb})
		if err != nil {
			t.Fatal(err)
		}
		who, err := k.Authenticate(t.Context(), Sending, secret.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := k.Elsewhere(who, Sample); ok {
			t.Error("sample data that is not there may be seen")
		}
		if _, err := k.OpenSample(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, ok := k.Elsewhere(who, Sample); !ok || p.Environment != Sample || p.Account == who.Account {
			t.Errorf("sample data: %+v, %v", p, ok)
		}
		if p, ok := k.Elsewhere(who, "prod"); ok != taken || ok && p.Environment != "prod" {
			t.Errorf("another environment, open %v: %+v, %v", taken, p, ok)
		}
		if p, ok := k.Elsewhere(who, ""); !ok || p != who {
			t.Errorf("no environment: %+v, %v", p, ok)
		}
		if k.Default().Slug == Sample {
			t.Error("sample data is where all goes that names nothing")
		}
	}
}
