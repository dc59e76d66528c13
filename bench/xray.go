package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// xrayProfile is the traffic that is segments sent to the X-Ray daemon's address.
const xrayProfile = "xray"

// datagram is a segment with one subsegment, as the Python SDK sends it; ids and
// times in it are written over before it is sent again.
type datagram struct {
	text       []byte
	ids, times []int
}

func newDatagram(rng *rand.Rand) *datagram {
	service := []string{"web", "shop", "search", "users"}[rng.IntN(4)]
	const id, moment = "................", "0000000000.000000"
	text := `{"format": "json", "version": 1}` + "\n" + `{"id": "` + id + `", "name": "` + service + `", "start_time": ` + moment + `, "in_progress": false, "http": {"request": {"method": "GET", "url": "http://` +
		service + `.example.com/items/` + strconv.Itoa(rng.IntN(100_000)) + `", "client_ip": "10.0.0.` + strconv.Itoa(rng.IntN(250)) + `", "user_agent": "python-requests/2.32"}, "response": {"status": 200, "content_length": ` +
		strconv.Itoa(rng.IntN(9000)) + `}}, "aws": {"xray": {"sampling_rule_name": "Default", "sdk": "X-Ray for Python", "sdk_version": "2.15.0"}, "ec2": {"instance_id": "i-0a1b2c3d", "availability_zone": "eu-west-1a"}}, ` +
		`"service": {"runtime": "CPython", "runtime_version": "3.12.4"}, "user": "u` + strconv.Itoa(rng.IntN(100_000)) + `", "annotations": {"plan": "free", "items": ` + strconv.Itoa(rng.IntN(20)) + `}, "metadata": {"default": {"cart": {"size": 3}}}, ` +
		`"subsegments": [{"id": "` + id + `", "name": "items@db.example.com", "start_time": ` + moment + `, "in_progress": false, "namespace": "remote", "sql": {"database_type": "PostgreSQL", ` +
		`"sanitized_query": "SELECT id, name FROM items WHERE owner = $1", "url": "postgresql://db.example.com:5432/items"}, "end_time": ` + moment + `}], "trace_id": "1-00000000-` + id + `00000000", "end_time": ` + moment + `}`
	d := &datagram{text: []byte(text)}
	for at := 0; ; at++ {
		next := strings.Index(text[at:], id)
		if next < 0 {
			break
		}
		at += next
		d.ids = append(d.ids, at)
	}
	for at := 0; ; at++ {
		next := strings.Index(text[at:], moment)
		if next < 0 {
			break
		}
		at += next
		d.times = append(d.times, at)
	}
	return d
}

// move gives it ids and times of its own.
func (d *datagram) move(rng *rand.Rand, now time.Time) {
	const digits = "0123456789abcdef"
	for _, at := range d.ids {
		bits := rng.Uint64()
		for b := range 16 {
			d.text[at+b] = digits[bits>>(4*b)&15]
		}
	}
	us := now.UnixMicro()
	for i, at := range d.times {
		moment := fmt.Sprintf("%010d.%06d", us/1e6, us%1e6)
		if i >= 2 {
			end := us + 1500
			moment = fmt.Sprintf("%010d.%06d", end/1e6, end%1e6)
		}
		copy(d.text[at:], moment)
	}
}

// runXRay sends segments at a steady rate and says what arrived and what it cost.
func runXRay(ctx context.Context, o options) error {
	done, err := o.makeFolder()
	if err != nil {
		return err
	}
	defer done()
	p, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer p.kill()
	before := p.cpu()
	began := time.Now()
	sent, err := sendSegments(ctx, p.xray, o)
	if err != nil {
		return err
	}
	took := time.Since(began)
	counts, err := p.settled(ctx)
	if err != nil {
		return err
	}
	cpu, worked := p.cpu()-before, time.Since(began)
	size, _ := p.stored()
	fmt.Printf("| segments over UDP, one subsegment each, %d bytes | |\n|---|---|\n", len(newDatagram(rand.New(rand.NewPCG(1, 1))).text))
	fmt.Printf("| sent | %d in %.1f s: %.0f a second |\n", sent, took.Seconds(), float64(sent)/took.Seconds())
	for _, name := range []string{
		`oriel_xray_datagrams_total{outcome="received"}`, "oriel_xray_documents_total", `oriel_xray_datagrams_total{outcome="lost_in_socket"}`,
		`oriel_xray_datagrams_total{outcome="dropped"}`, `oriel_xray_datagrams_total{outcome="rejected"}`, "oriel_xray_documents_refused_total", "oriel_xray_socket_buffer_bytes",
	} {
		fmt.Printf("| `%s` | %.0f |\n", name, counts[name])
	}
	stored := counts["oriel_xray_documents_total"]
	fmt.Printf("| unaccounted for | %.0f |\n", float64(sent)-stored-counts["oriel_xray_documents_refused_total"]-
		counts[`oriel_xray_datagrams_total{outcome="lost_in_socket"}`]-counts[`oriel_xray_datagrams_total{outcome="dropped"}`]-counts[`oriel_xray_datagrams_total{outcome="rejected"}`])
	fmt.Printf("| CPU | %.1f µs a segment stored, %.2f of a core |\n", float64(cpu.Microseconds())/max(stored, 1), cpu.Seconds()/worked.Seconds())
	fmt.Printf("| memory at its peak, segments on disk | %d MB, %d MB |\n", p.peak()>>20, size>>20)
	return nil
}

// sendSegments sends at the rate that is asked for, from several sockets.
func sendSegments(ctx context.Context, address string, o options) (int64, error) {
	var sent atomic.Int64
	var failed atomic.Value
	var wg sync.WaitGroup
	for n := range o.senders {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano())))
			made := make([]*datagram, 64)
			for i := range made {
				made[i] = newDatagram(rng)
			}
			conn, err := (&net.Dialer{}).DialContext(ctx, "udp", address)
			if err != nil {
				failed.Store(err)
				return
			}
			defer func() { _ = conn.Close() }()
			share, mine, began := float64(o.rate)/float64(o.senders), 0, time.Now()
			for {
				now := time.Now()
				if now.Sub(began) > o.during || ctx.Err() != nil {
					return
				}
				for due := int(share * now.Sub(began).Seconds()); mine < due; mine++ {
					d := made[mine%len(made)]
					d.move(rng, now)
					if _, err := conn.Write(d.text); err != nil {
						failed.Store(err)
						return
					}
					sent.Add(1)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	wg.Wait()
	err, _ := failed.Load().(error)
	return sent.Load(), err
}

// settled waits until nothing waits for being stored, and what the kernel counts, which
// is asked once a second, has been asked; it returns the daemon's counts.
func (p *process) settled(ctx context.Context) (map[string]float64, error) {
	const seconds = 90
	var counts map[string]float64
	for range seconds {
		time.Sleep(2 * time.Second)
		var err error
		if counts, err = p.metrics(ctx, "oriel_xray_"); err != nil {
			return nil, err
		}
		if counts["oriel_xray_datagrams_waiting"] == 0 {
			break
		}
	}
	return counts, nil
}

// metrics reads the samples whose names begin so.
func (p *process) metrics(ctx context.Context, prefix string) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	out := map[string]float64{}
	for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
		at := strings.LastIndexByte(sc.Text(), ' ')
		if at > 0 && strings.HasPrefix(sc.Text(), prefix) {
			out[sc.Text()[:at]], _ = strconv.ParseFloat(sc.Text()[at+1:], 64)
		}
	}
	return out, nil
}
