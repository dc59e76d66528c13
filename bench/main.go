// Command bench measures a built Oriel from the outside, as DESIGN's bars ask:
// ingest in CPU-seconds per million spans, disk and memory, the time to find one
// trace, queries over everything, and starts. It prints one Markdown table.
// Nothing is asserted: machines differ, so read figures of one run against each
// other.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

type options struct {
	bin      string
	data     string
	spans    int
	wide     bool
	senders  int
	perReq   int
	lookups  int
	repeats  int
	keep     bool
	skipCold bool
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin/oriel", "`path` of the built server")
	flag.StringVar(&o.data, "data", "", "data `folder`; a temporary one if empty")
	flag.IntVar(&o.spans, "spans", 10_000_000, "`number` of spans to send")
	flag.BoolVar(&o.wide, "wide", false, "300 distinct attribute names, 20 a span, instead of 15 common ones")
	flag.IntVar(&o.senders, "senders", 4, "`connections` that send")
	flag.IntVar(&o.perReq, "traces", 60, "`traces` in a request")
	flag.IntVar(&o.lookups, "lookups", 500, "`number` of traces looked up")
	flag.IntVar(&o.repeats, "repeats", 5, "`times` each query is asked")
	flag.BoolVar(&o.keep, "keep", false, "keep the data folder")
	flag.BoolVar(&o.skipCold, "skip-cold", false, "do not restart for the cold figures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.data == "" {
		dir, err := os.MkdirTemp("", "oriel-bench-")
		if err != nil {
			return err
		}
		o.data = dir
		if !o.keep {
			defer func() { _ = os.RemoveAll(dir) }()
		}
	}
	t := &table{}
	empty := time.Now()
	s, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer s.kill()
	t.add("start, empty", time.Since(empty), "0.3 s")
	t.add("memory, idle", bytesOf(s.rss()), "100 MB")
	load, err := ingest(ctx, s, o)
	if err != nil {
		return err
	}
	load.report(t, s, o)
	if err := measureQueries(ctx, s, load, o, t); err != nil {
		return err
	}
	if err := measureBubbleUp(ctx, s, load, o, t); err != nil {
		return err
	}
	if err := measureLookups(ctx, s, load, o, t, "one trace by id, warm"); err != nil {
		return err
	}
	t.add("memory, peak", bytesOf(s.peak()), "bounded")
	if !o.skipCold {
		s.kill()
		began := time.Now()
		if s, err = startServer(ctx, o); err != nil {
			return err
		}
		defer s.kill()
		t.add(fmt.Sprintf("start with %s spans, after kill -9", millions(load.spans)), time.Since(began), "1 s")
		o.lookups = min(o.lookups, 50)
		if err := measureLookups(ctx, s, load, o, t, "one trace by id, just restarted"); err != nil {
			return err
		}
	}
	t.print(os.Stdout)
	return nil
}
