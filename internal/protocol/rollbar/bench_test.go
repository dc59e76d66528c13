package rollbar

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// typical is a payload of 4 kB as SDKs send them.
func typical(tb testing.TB, n int) []byte {
	tb.Helper()
	var frames []any
	for i := range 14 {
		frames = append(frames, map[string]any{
			"filename": fmt.Sprintf("/app/services/part_%d.py", i), "lineno": 10 + i, "method": fmt.Sprintf("handle_%d", i), "code": "return self.next(request, timeout=0.25)",
			"context": map[string]any{"pre": []string{"def handle(self):"}, "post": []string{""}},
		})
	}
	data := map[string]any{
		"environment": "production", "level": "error", "language": "python 3.12.4", "framework": "flask", "platform": "linux", "uuid": fmt.Sprintf("%032d", n), "timestamp": 1764000000,
		"body": map[string]any{"trace": map[string]any{"frames": frames, "exception": map[string]any{"class": "TimeoutError", "message": fmt.Sprintf("deadline of %d ms exceeded", n)}}},
		"request": map[string]any{"url": "https://cruddur.example/api/home?page=3", "method": "GET", "user_ip": "$remote_ip", "headers": map[string]any{
			"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Authorization": "Bearer x",
			"Traceparent": fmt.Sprintf("00-%032x-00f067aa0ba902b7-01", n+1), "Accept": "application/json",
		}},
		"person": map[string]any{"id": fmt.Sprint(n % 1000), "username": "ann"}, "server": map[string]any{"host": "web-1", "root": "/app", "pid": 77},
		"custom": map[string]any{"region": "eu-west-1", "attempt": 2, "note": strings.Repeat("lorem ipsum ", 20)}, "notifier": map[string]any{"name": "pyrollbar", "version": "1.5.0"},
		"code_version": "2026.11.3151",
	}
	text, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// BenchmarkDecode is what an item costs until it is ready for the door: read,
// checked, scrubbed, its fields, and grouped. It is measured per occurrence.
func BenchmarkDecode(b *testing.B) {
	r := newRig(b, true)
	token, err := r.front.admit(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	body := typical(b, 1)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	p := &post{front: r.front, policy: r.front.policies.of("test")}
	for b.Loop() {
		p.call = &call{Request: new(http.Request), token: token}
		p.batch, p.stamps = event.NewBatch("test", "errors"), p.stamps[:0]
		scan := jsonscan.Scanner{In: body}
		if err := p.payload.read(&scan); err != nil {
			b.Fatal(err)
		}
		if _, err := p.add(1); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPostItem is the whole way of a request without the network: through
// the door to the journal.
func BenchmarkPostItem(b *testing.B) {
	r := newRig(b, true)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if a := r.do("POST", "/api/1/item/", typical(b, n), tokenHeader, "k"); a.status != http.StatusOK {
			b.Fatalf("%d %s", a.status, a.body)
		}
	}
}
