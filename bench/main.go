// Command bench measures a built Oriel from the outside, as DESIGN's bars ask:
// ingest in CPU-seconds per million spans, disk and memory, the time to find one
// trace, queries over everything, and starts. It prints one Markdown table.
// Nothing is asserted: machines differ, so read figures of one run against each
// other.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/oriel-dev/oriel/internal/sample"
)

type options struct {
	bin      string
	data     string
	spans    int
	profile  string
	senders  int
	perReq   int
	lookups  int
	repeats  int
	keep     bool
	skipCold bool
	rate     int
	items    int
	during   time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin/oriel", "`path` of the built server")
	flag.StringVar(&o.data, "data", "", "data `folder`; a temporary one if empty")
	flag.IntVar(&o.spans, "spans", 10_000_000, "`number` of spans to send; with 0, lines or traces that a kept folder holds are asked about")
	flag.StringVar(&o.profile, "profile", "all", "`traffic`: dense (15 common attributes), narrow (20 a span, always the same), wide (20 of 300), logs (lines by PutLogEvents, 200 bytes each), xray (segments over UDP), rollbar (errors of 4 kB), traces (many small ones, asked for by X-Ray's API), or all but those four, the latter two with a fifth of the spans")
	flag.IntVar(&o.senders, "senders", 0, "`connections` that send; 0: 4, of rollbar 96")
	flag.IntVar(&o.perReq, "traces", 0, "`traces`, or of rollbar occurrences, in a request; 0: 60, of rollbar 1")
	flag.IntVar(&o.items, "items", 1000, "rollbar: `number` of different errors")
	flag.IntVar(&o.lookups, "lookups", 500, "`number` of traces looked up")
	flag.IntVar(&o.repeats, "repeats", 5, "`times` each query is asked")
	flag.BoolVar(&o.keep, "keep", false, "keep the data folder")
	flag.BoolVar(&o.skipCold, "skip-cold", false, "do not restart for the cold figures")
	flag.IntVar(&o.rate, "rate", 50_000, "xray, rollbar: `segments` or occurrences a second; of rollbar 0 is as many as are taken")
	flag.DurationVar(&o.during, "during", time.Minute, "xray, rollbar: how long to send")
	flag.Parse()
	senders, perReq := 4, 60
	if o.profile == rollbarProfile {
		senders, perReq = 96, 1
	}
	o.senders, o.perReq = cmp.Or(o.senders, senders), cmp.Or(o.perReq, perReq)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := runAll(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// profile is a kind of traffic.
type profile struct {
	about string
	make  func(seed uint64) sample.Profile
}

func profiles() map[string]profile {
	return map[string]profile{
		"dense":  {"15 attributes a span", sample.Dense},
		"narrow": {"the same 20 attributes on each span", sample.Narrow},
		"wide":   {"20 attributes a span of 300 names", sample.Wide},
	}
}

// runAll runs one profile, or all of them one after the other. The last two are
// there for their ratio.
func runAll(ctx context.Context, o options) error {
	switch o.profile {
	case logsProfile:
		return runLogs(ctx, o)
	case xrayProfile:
		return runXRay(ctx, o)
	case rollbarProfile:
		return runRollbar(ctx, o)
	case tracesProfile:
		return runTraces(ctx, o)
	}
	if o.profile != "all" {
		if _, known := profiles()[o.profile]; !known {
			return fmt.Errorf("there is no profile %q", o.profile)
		}
		_, err := run(ctx, o)
		return err
	}
	o.profile = "dense"
	if _, err := run(ctx, o); err != nil {
		return err
	}
	o.spans, o.skipCold, o.data = max(o.spans/5, 1), true, ""
	cost := map[string]float64{}
	for _, name := range []string{"narrow", "wide"} {
		o.profile = name
		l, err := run(ctx, o)
		if err != nil {
			return err
		}
		cost[name] = l.cpu.Seconds() / float64(l.spans)
	}
	fmt.Printf("\n300 names cost %.2f times what 20 do (bar: 1.5)\n", cost["wide"]/cost["narrow"])
	return nil
}

func run(ctx context.Context, o options) (*loaded, error) {
	done, err := o.makeFolder()
	if err != nil {
		return nil, err
	}
	defer done()
	t := &table{}
	empty := time.Now()
	s, err := startServer(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.kill()
	t.add("start, empty", time.Since(empty), "0.3 s")
	t.add("memory, idle", bytesOf(s.rss()), "100 MB")
	load, err := ingest(ctx, s, o)
	if err != nil {
		return nil, err
	}
	load.report(t, s, o)
	if err := measureQueries(ctx, s, load, o, questions(), "spans", t); err != nil {
		return nil, err
	}
	if o.profile == "dense" { // the others have no users
		if err := measureUsers(ctx, s, load, t); err != nil {
			return nil, err
		}
		if err := measureCompletion(ctx, s, load, o, t); err != nil {
			return nil, err
		}
	}
	if err := measureBubbleUp(ctx, s, load, o, t); err != nil {
		return nil, err
	}
	if err := measureLookups(ctx, s, load, o, t, "one trace by id, warm"); err != nil {
		return nil, err
	}
	t.add("memory, peak", bytesOf(s.peak()), "bounded")
	if !o.skipCold {
		s.kill()
		began := time.Now()
		if s, err = startServer(ctx, o); err != nil {
			return nil, err
		}
		defer s.kill()
		t.add(fmt.Sprintf("start with %s spans, after kill -9", millions(load.spans)), time.Since(began), "1 s")
		o.lookups = min(o.lookups, 50)
		if err := measureLookups(ctx, s, load, o, t, "one trace by id, just restarted"); err != nil {
			return nil, err
		}
	}
	t.print(os.Stdout)
	return load, nil
}
