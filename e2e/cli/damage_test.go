package cli_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDamage_JournalKeepsWhatIsWhole kills the server, damages its journal at a
// random place and starts it again. DAMAGES says how often, CRASH_SEED
// repeats a run.
func TestDamage_JournalKeepsWhatIsWhole(t *testing.T) {
	t.Parallel()
	seed := setting(t, "CRASH_SEED", int(time.Now().UnixNano()&0xffffff))
	rounds := setting(t, "DAMAGES", 6)
	t.Logf("CRASH_SEED=%d DAMAGES=%d", seed, rounds)
	rng := rand.New(rand.NewPCG(uint64(seed), 2))
	const sent, spans = 40, 20
	for round := range rounds {
		data := t.TempDir()
		o := start(t, data)
		prefix := fmt.Sprintf("d%d-", round)
		for i := range sent {
			if status, body, err := o.post(t.Context(), "/v1/traces", "application/json", batch(fmt.Sprint(prefix, i), spans, time.Now())); err != nil || status != http.StatusOK {
				t.Fatalf("%d, %v, %s", status, err, body)
			}
		}
		o.kill()
		what, tail := harm(t, rng, data, round%3)
		o = start(t, data)
		found := o.batches(prefix)
		for name, n := range found {
			if n != spans {
				t.Errorf("%s: batch %s has %d rows of %d", what, name, n, spans)
			}
		}
		// A flipped bit costs one record, zeros those they touch, a cut what is behind it.
		if most := []int{1, 3, sent}[round%3]; sent-len(found) > most {
			t.Errorf("%s: %d of %d batches are lost, at most %d may be\n%s", what, sent-len(found), sent, most, o.log)
		}
		_, ready := o.get("/readyz")
		doctor, err := exec.Command(binary(t), "doctor", "--url", o.url).CombinedOutput()
		if err != nil {
			t.Errorf("doctor: %v\n%s", err, doctor)
		}
		if lost := len(found) < sent; lost && !tail && (!strings.Contains(ready, "set aside") || !strings.Contains(string(doctor), "set aside") || !strings.Contains(o.log.String(), "journal is damaged")) {
			t.Errorf("%s: nobody says that something is missing:\nreadyz %s\n%s\n%s", what, ready, doctor, o.log)
		}
		if status, body, err := o.post(t.Context(), "/v1/traces", "application/json", batch(prefix+"after", spans, time.Now())); err != nil || status != http.StatusOK {
			t.Errorf("%s: afterwards %d, %v, %s", what, status, err, body)
		}
		if err := o.stop(); err != nil {
			t.Errorf("%s: stop: %v\n%s", what, err, o.log)
		}
		o = start(t, data)
		if err := o.counted(prefix, (len(found)+1)*spans); err != nil {
			t.Errorf("%s: after another start: %v", what, err)
		}
		o.kill()
	}
}

// harm flips a bit, zeroes a stretch or cuts the end off the largest journal
// file. It says what it did, and whether that looks like an unfinished write.
func harm(t *testing.T, rng *rand.Rand, data string, kind int) (what string, tail bool) {
	t.Helper()
	name := largest(t, filepath.Join(data, "journal", "*.journal"))
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := len(raw)/8 + rng.IntN(len(raw)*3/4)
	switch kind {
	case 0:
		raw[at] ^= 1 << rng.IntN(8)
		what = fmt.Sprintf("a bit flipped at %d of %d", at, len(raw))
	case 1:
		clear(raw[at:min(at+512, len(raw))])
		what = fmt.Sprintf("512 zeros at %d of %d", at, len(raw))
	default:
		what, tail = fmt.Sprintf("cut at %d of %d", at, len(raw)), true
		raw = raw[:at]
	}
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return what, tail
}

func largest(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no file is called %s: %v", pattern, err)
	}
	best, size := "", int64(-1)
	for _, n := range names {
		if s, err := os.Stat(n); err == nil && s.Size() > size {
			best, size = n, s.Size()
		}
	}
	return best
}

func TestDamage_SegmentIsSetAsideAndTheRestAnswers(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	const batches, spans = 4, 100
	for i := range batches { // a stop writes what is in memory as a segment
		o := start(t, data)
		if status, body, err := o.post(t.Context(), "/v1/traces", "application/json", batch(fmt.Sprintf("seg-%d", i), spans, time.Now())); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v, %s", status, err, body)
		}
		if err := o.stop(); err != nil {
			t.Fatalf("%v\n%s", err, o.log)
		}
	}
	var segments []string
	err := filepath.WalkDir(filepath.Join(data, "store"), func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".parquet") {
			segments = append(segments, path)
		}
		return err
	})
	if err != nil || len(segments) < 2 {
		t.Fatalf("segments: %v, %v", segments, err)
	}
	raw, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := 8; i < len(raw)*3/4; i += 64 { // all over the pages, none in the footer's end
		raw[i] ^= 0x10
	}
	if err := os.WriteFile(segments[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	o := start(t, data)
	question, err := json.Marshal(map[string]any{"dataset": "__all__", "query": map[string]any{
		"calculations": []any{map[string]any{"op": "SUM", "column": "n"}}, "breakdowns": []any{"batch.id"}, "time_range": 7200,
		"filters": []any{map[string]any{"column": "batch.id", "op": "exists"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	status, body, err := o.post(t.Context(), "/api/query", "application/json", question)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v, %s", status, err, body)
	}
	a := last(t, body)
	if a.Type != "done" || a.Complete || len(a.Result.Rows) == 0 || len(a.Result.Rows) >= batches {
		t.Errorf("the answer must hold the other segments and say that it is incomplete: %s\n%s", body, o.log)
	}
	if n := o.metric("oriel_store_quarantined_segments"); n != 1 {
		t.Errorf("%g segments are set aside", n)
	}
	if status, text := o.get("/readyz"); status != http.StatusOK || !strings.Contains(text, "damaged segments are set aside") {
		t.Errorf("readyz: %d %s", status, text)
	}
}
