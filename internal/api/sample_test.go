package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// fakeSample makes the environment, and nothing in it.
type fakeSample struct {
	keys    *auth.Keys
	removed bool
}

// Status implements Sample.
func (f *fakeSample) Status() (present, loading bool, done float64) {
	if f.keys == nil {
		return false, false, 0
	}
	_, present = f.keys.SampleEnvironment()
	return present, false, 1
}

// Load implements Sample.
func (f *fakeSample) Load(ctx context.Context) error {
	_, err := f.keys.OpenSample(ctx)
	return err
}

// Remove implements Sample.
func (f *fakeSample) Remove(ctx context.Context) error {
	if _, ok := f.keys.SampleEnvironment(); !ok {
		return fault.New(fault.NotFound, "there is no sample data")
	}
	f.removed = true
	return f.keys.RemoveEnvironment(ctx, auth.Sample)
}

// Sample data is what one sees who has nothing else, and never in the way of what is
// real.
func TestSample_IsShownUntilThereIsSomethingReal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sample.keys = b.keys
	b.must(b.api.Datasets.Forget(t.Context(), "test"))
	environment := func() string {
		status, _, raw := b.do(http.MethodGet, "/api/start", "", "")
		var start struct {
			Environment string
			Sample      struct{ Present bool }
		}
		b.must(json.Unmarshal(raw, &start))
		if _, present := b.keys.SampleEnvironment(); status != http.StatusOK || start.Sample.Present != present {
			t.Errorf("%d %s", status, raw)
		}
		return start.Environment
	}
	if e := environment(); e != "test" {
		t.Errorf("without sample data: %s", e)
	}
	if status, _, raw := b.do(http.MethodPost, "/api/sample", "", "{}"); status != http.StatusOK || !strings.Contains(string(raw), `"present":true`) {
		t.Fatalf("load: %d %s", status, raw)
	}
	if e := environment(); e != auth.Sample {
		t.Errorf("with nothing but sample data: %s", e)
	}
	batch := event.NewBatch("test", "shop")
	batch.Begin(time.Now().UnixNano())
	b.api.Datasets.Touch(batch)
	if e := environment(); e != "test" {
		t.Errorf("with data of one's own: %s", e)
	}
	if status, _, raw := b.do(http.MethodDelete, "/api/sample", "", ""); status != http.StatusOK || !b.sample.removed {
		t.Errorf("remove: %d %s", status, raw)
	}
	if status, _, _ := b.do(http.MethodDelete, "/api/sample", "", ""); status != http.StatusNotFound {
		t.Errorf("remove what is not there: %d", status)
	}
}
