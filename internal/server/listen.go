package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits of connections: slow or idle peers are closed, headers are bounded.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 3 * time.Minute
	maxHeaderBytes = 64 << 10
	maxStreams     = 250
)

// listener is one bound address and what serves it.
type listener struct {
	name string // as in the ready line
	net.Listener
	http *http.Server
}

// listeners are all bound addresses.
type listeners struct {
	log         *slog.Logger
	connections *connections
	tls         *tlsNotice
	list        []*listener
	datagrams   string // address of the X-Ray daemon's sockets
	wg          sync.WaitGroup
}

// bind opens an address; an empty one is skipped. A customary port that is
// taken is a warning, unless the caller asked for that very address.
func (l *listeners) bind(ctx context.Context, name, address string, customary bool, handler http.Handler) error {
	if address == "" {
		return nil
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return l.taken(ctx, name, address, customary, err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	l.list = append(l.list, &listener{name: name, Listener: boundedListener{ln, l.connections, l.tls.tell}, http: &http.Server{
		ConnState: l.connections.changed, Handler: handler, Protocols: protocols, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, MaxReadFrameSize: 1 << 20,
			MaxReceiveBufferPerConnection: 8 << 20, MaxReceiveBufferPerStream: 4 << 20,
		},
		ErrorLog: slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
	}})
	return nil
}

// taken says why an address can't be bound; for a customary one that is a warning.
func (l *listeners) taken(ctx context.Context, name, address string, customary bool, err error) error {
	if customary {
		l.log.WarnContext(ctx, "a customary port is taken; the main address speaks the same protocol",
			slog.String("door", name), slog.String("address", address), slog.Any("error", err))
		return nil
	}
	setting := "--" + strings.ReplaceAll(name, "_", "-")
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens at %s: stop it, or choose another address with %s", address, setting)
	}
	return fmt.Errorf("%s %s: %w", setting, address, err)
}

// addresses returns the bound addresses by name; those not bound are "".
func (l *listeners) addresses() map[string]string {
	out := map[string]string{"listen": "", "otlp_grpc": "", "otlp_http": "", "xray": l.datagrams}
	for _, ln := range l.list {
		out[ln.name] = ln.Addr().String()
	}
	return out
}

// browsable turns the address of a listener into one that a browser on this
// machine can open: the one of all interfaces is none.
func browsable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// ready writes the line that scripts wait for.
func (l *listeners) ready(out io.Writer) error {
	a := l.addresses()
	line, err := json.Marshal(struct {
		Listen   string `json:"listen"`
		OTLPGRPC string `json:"otlp_grpc"`
		OTLPHTTP string `json:"otlp_http"`
		XRay     string `json:"xray"`
	}{a["listen"], a["otlp_grpc"], a["otlp_http"], a["xray"]})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "ready %s\n", line)
	return err
}

// serve starts serving all addresses; failed gets the first error of a listener.
func (l *listeners) serve(failed chan<- error) {
	for _, ln := range l.list {
		l.wg.Go(func() {
			if err := ln.http.Serve(ln.Listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
				select {
				case failed <- fmt.Errorf("serve %s: %w", ln.name, err):
				default:
				}
			}
		})
	}
}

// shutdown stops taking requests and waits for those under way until ctx ends;
// then it cuts them off.
func (l *listeners) shutdown(ctx context.Context) {
	l.connections.close()
	var wg sync.WaitGroup
	for _, ln := range l.list {
		wg.Go(func() {
			if err := ln.http.Shutdown(ctx); err != nil {
				_ = ln.http.Close()
			}
		})
	}
	wg.Wait()
	l.wg.Wait()
}

func (l *listeners) close() {
	for _, ln := range l.list {
		_ = ln.Close()
	}
}
