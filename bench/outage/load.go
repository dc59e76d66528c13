package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/telemetry"
)

// ask asks the app at an even rate, and prints a row of what that took.
func (a *app) ask(ctx context.Context, name string, rate int, lasts time.Duration) error {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	n := int(lasts.Seconds() * float64(rate))
	took := make([]time.Duration, n)
	failed := make([]error, n)
	var all sync.WaitGroup
	beat := time.NewTicker(time.Second / time.Duration(rate))
	defer beat.Stop()
	began := time.Now()
	for i := range n {
		select {
		case <-beat.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		all.Go(func() {
			at := time.Now()
			failed[i] = get(ctx, client, a.url+pathOf(i))
			took[i] = time.Since(at)
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	slices.Sort(took)
	v, err := a.vitals(ctx)
	if err != nil {
		return err
	}
	at := func(share float64) time.Duration { return took[int(share*float64(n-1))].Round(10 * time.Microsecond) }
	fmt.Printf("| %s | %s | %d | %s | %s | %s | %d MB | %.1f MB | %d | %s | %s | %s | %s |\n", name, time.Since(began).Round(time.Second), n,
		at(0.5), at(0.99), at(1), a.resident()>>20, float64(v.Heap)/(1<<20), v.Goroutines, flow(v.Traces), flow(v.Logs), flow(v.Errors), flow(v.XRay))
	return nil
}

func flow(f telemetry.Flow) string { return fmt.Sprintf("%d, %d", f.Waiting, f.Dropped) }

func get(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return err
}

// resident is the app's memory as the kernel counts it.
func (a *app) resident() int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}
