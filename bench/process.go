package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// process is the measured server.
type process struct {
	cmd  *exec.Cmd
	url  string
	xray string
	data string
}

// makeFolder makes a data folder where none was named, which done removes unless it
// is to be kept.
func (o *options) makeFolder() (done func(), err error) {
	if o.data != "" {
		return func() {}, nil
	}
	if o.data, err = os.MkdirTemp("", "oriel-bench-"); err != nil || o.keep {
		return func() {}, err
	}
	dir := o.data
	return func() { _ = os.RemoveAll(dir) }, nil
}

func startServer(ctx context.Context, o options) (*process, error) {
	cmd := exec.CommandContext(ctx, o.bin, "serve", "--data", o.data, "--listen", "127.0.0.1:0", "--otlp-grpc", "", "--otlp-http", "", "--xray", "127.0.0.1:0",
		"--log-level", "warn")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.bin, err)
	}
	sc := bufio.NewScanner(out)
	for sc.Scan() {
		line, ok := strings.CutPrefix(sc.Text(), "ready ")
		if !ok {
			continue
		}
		var addr map[string]string
		if err := json.Unmarshal([]byte(line), &addr); err != nil {
			return nil, err
		}
		return &process{cmd: cmd, url: "http://" + addr["listen"], xray: addr["xray"], data: o.data}, nil
	}
	return nil, errors.New("the server ended before it was ready")
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// cpu is the time the process has spent on processors.
func (p *process) cpu() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// Fields are counted after the command's name, which may hold blanks.
	_, rest, _ := strings.Cut(string(raw), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	const ticks = 100 // a second, on Linux
	return time.Duration(user+system) * time.Second / ticks
}

func (p *process) status(name string) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

func (p *process) rss() int64  { return p.status("VmRSS") }
func (p *process) peak() int64 { return p.status("VmHWM") }

// stored is the size of the segments, and how many there are.
func (p *process) stored() (size int64, segments int) {
	_ = filepath.WalkDir(p.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".parquet" {
			return nil //nolint:nilerr // a file may go while we look
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
			segments++
		}
		return nil
	})
	return size, segments
}
