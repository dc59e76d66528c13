package demo

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/oriel-dev/oriel/internal/sample"
)

// A group that is not there is made, and the lines come in the order of time.
func TestPut_MakesTheGroupItNeeds(t *testing.T) {
	t.Parallel()
	made := map[string]bool{}
	var got []int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			LogGroupName string
			LogEvents    []struct{ Timestamp int64 }
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &in); err != nil {
			t.Error(err)
		}
		switch operation := r.Header.Get("X-Amz-Target"); {
		case operation != "Logs_20140328.PutLogEvents":
			made[operation] = true
		case len(made) < 2:
			w.WriteHeader(http.StatusBadRequest)
		default:
			for _, e := range in.LogEvents {
				got = append(got, e.Timestamp)
			}
		}
	}))
	defer srv.Close()
	s := sender{config: Config{Endpoint: srv.URL, Log: slog.New(slog.DiscardHandler)}, client: srv.Client()}
	if err := s.put(t.Context(), "/a", []sample.Line{{At: 9e6}, {At: 5e6}, {At: 7e6}}); err != nil {
		t.Fatal(err)
	}
	if want := []int64{5, 7, 9}; !slices.Equal(got, want) {
		t.Errorf("lines at %v, want %v", got, want)
	}
}
