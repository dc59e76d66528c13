package api

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

func TestTakesGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip": true, "gzip, deflate, br, zstd": true, "br;q=1.0, gzip;q=0.8": true,
		"gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=lots": false, "identity": false, "x-gzip-like": false,
	} {
		if got := takesGzip(header); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestZipped_CompressesForThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	body := strings.Repeat(`{"span":1}`, 1000)
	write := func(accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set("Accept-Encoding", accept)
		rec := httptest.NewRecorder()
		w, finish := zipped(rec, r)
		for part := range strings.SplitSeq(body, "\n") {
			if _, err := io.WriteString(w, part); err != nil {
				t.Fatal(err)
			}
		}
		if err := finish(); err != nil {
			t.Fatal(err)
		}
		return rec
	}
	plain, small := write("br"), write("gzip")
	if plain.Body.String() != body || plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("plain: %d bytes, %v", plain.Body.Len(), plain.Header())
	}
	if small.Header().Get("Content-Encoding") != "gzip" || small.Body.Len() > len(body)/10 {
		t.Fatalf("compressed: %d bytes, %v", small.Body.Len(), small.Header())
	}
	zip, err := gzip.NewReader(bytes.NewReader(small.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(zip); err != nil || string(got) != body {
		t.Fatalf("%d bytes after unpacking: %v", len(got), err)
	}
}

func TestZipped_SaysNothingBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("Accept-Encoding", "gzip")
	rec := httptest.NewRecorder()
	_, finish := zipped(rec, r)
	if err := finish(); err != nil || rec.Body.Len() > 0 || rec.Header().Get("Content-Encoding") != "" {
		t.Fatalf("%v: %d bytes, %v", err, rec.Body.Len(), rec.Header())
	}
}
