package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestDiskFull_RefusesReadsOnAndRecovers(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("a small disk can't be mounted here (it needs root): %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	o := start(t, filepath.Join(disk, "data"), "--flush-rows", "500")
	acked := 0
	send := func() (*http.Response, error) {
		name := fmt.Sprintf("full-%d", acked)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+"/v1/traces", bytes.NewReader(batch(name, 20, time.Now())))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				acked++
			}
		}
		return resp, err
	}
	for acked < 50 {
		if _, err := send(); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 2 {
		fill(t, filepath.Join(disk, "ballast"))
		var resp *http.Response
		eventually(t, "a full disk is refused", func() (err error) {
			if resp, err = send(); err == nil && resp.StatusCode != http.StatusServiceUnavailable {
				err = errors.New(resp.Status)
			}
			return err
		})
		if resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		eventually(t, "readyz says so", func() error {
			if status, text := o.get("/readyz"); status != http.StatusServiceUnavailable {
				return fmt.Errorf("%d %s", status, text)
			}
			return nil
		})
		for _, path := range []string{"/healthz", "/", "/api/start", "/metrics", "/api/traces"} {
			if status, text := o.get(path); status != http.StatusOK {
				t.Errorf("%s on a full disk: %d %s", path, status, text)
			}
		}
		if err := o.counted("full-", acked*20); err != nil {
			t.Errorf("on a full disk: %v", err)
		}
		if round == 1 {
			o.kill() // nothing more can be written, so what is acknowledged must be there already
			if err := os.Remove(filepath.Join(disk, "ballast")); err != nil {
				t.Fatal(err)
			}
			o = start(t, filepath.Join(disk, "data"))
		} else if err := os.Remove(filepath.Join(disk, "ballast")); err != nil {
			t.Fatal(err)
		}
		before := acked
		eventually(t, "batches are taken again", func() error {
			resp, err := send()
			if err == nil && acked == before {
				err = errors.New(resp.Status)
			}
			return err
		})
		if err := o.counted("full-", acked*20); err != nil {
			t.Errorf("after space was freed: %v\n%s", err, o.log)
		}
	}
	if err := o.stop(); err != nil {
		t.Errorf("stop: %v\n%s", err, o.log)
	}
}

// fill writes a file until the disk has no byte left.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}
