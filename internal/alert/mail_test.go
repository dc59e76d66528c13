package alert_test

import (
	"bufio"
	"errors"
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
)

func TestMail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	post := newPostbox(t)
	r.cfg.Mail = alert.Mail{Server: post.address, From: "Oriel <oriel@example.com>"}
	r.open()
	_, err := r.SetSettings(t.Context(), "test", alert.Email, alert.Settings{Enabled: true, IncludeRequestParams: true})
	must(t, err)
	r.rule(alert.Email, `{"trigger":"new_item","config":{"users":["carol"]}}`)
	summary := r.rule(alert.Email, `{"trigger":"daily_summary","config":{"summary_time":0,"send_only_if_data":true}}`)
	r.happen(strings.Replace(boom, "bad cart", `bad cärt\nBcc: eve@example.com`, 1))
	r.step()
	mails := post.take()
	if len(mails) != 1 || mails[0].from != "oriel@example.com" || strings.Join(mails[0].to, " ") != "carol@example.com" {
		t.Fatalf("%v", mails)
	}
	m, err := mail.ReadMessage(strings.NewReader(mails[0].data))
	must(t, err)
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	must(t, err)
	if m.Header.Get("Bcc") != "" || !strings.Contains(string(text), "https://oriel.example/errors/1") || !strings.Contains(string(text), "https://shop.example/cart") {
		t.Errorf("%v %s", m.Header, text)
	}
	r.pass(24 * time.Hour)
	r.step()
	mails = post.take()
	if len(mails) != 1 || !strings.Contains(mails[0].data, "Daily summary") || len(mails[0].to) != 2 {
		t.Fatalf("%v", mails)
	}
	r.step()
	r.pass(24 * time.Hour)
	r.step()
	if mails := post.take(); len(mails) != 0 {
		t.Errorf("a day without errors is told of: %v", mails)
	}
	if list := r.history(summary.ID); len(list) != 1 {
		t.Errorf("history %v", list)
	}
}

// postbox is as much of a mail server as a client needs.
type postbox struct {
	address string
	mu      sync.Mutex
	mails   []sent
}

type sent struct {
	from string
	to   []string
	data string
}

func (p *postbox) take() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.mails
	p.mails = nil
	return got
}

func newPostbox(t *testing.T) *postbox {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	p := &postbox{address: l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) || err != nil {
				return
			}
			wg.Go(func() { p.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return p
}

func (p *postbox) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	say("220 postbox")
	var one sent
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, rest, _ := strings.Cut(strings.TrimSpace(line), ":"); {
		case strings.HasPrefix(line, "EHLO"), strings.HasPrefix(line, "HELO"):
			say("250 postbox")
		case verb == "MAIL FROM":
			one = sent{from: strings.Trim(strings.Fields(rest)[0], "<>")}
			say("250 ok")
		case verb == "RCPT TO":
			one.to = append(one.to, strings.Trim(rest, "<>"))
			say("250 ok")
		case strings.HasPrefix(line, "DATA"):
			say("354 go on")
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				one.data += strings.TrimPrefix(line, ".")
			}
			p.mu.Lock()
			p.mails = append(p.mails, one)
			p.mu.Unlock()
			say("250 taken")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		default:
			say("502 what")
		}
	}
}
