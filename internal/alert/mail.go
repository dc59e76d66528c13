package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Mail says how mail is sent. An empty Server sends none.
type Mail struct {
	Server   string // host:port
	User     string // signs in with it, if not empty
	Password string
	From     string // an address, with a name or without
	TLS      string // "starttls" (if it is offered, the default), "require", "always" (from the first byte) or "never"
}

// Check says what is wrong with settings of mail.
func (m *Mail) Check() error {
	if m.Server == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(m.Server); err != nil {
		return fmt.Errorf("smtp is %q; it must be HOST:PORT, as mail.example.com:587", m.Server)
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		return fmt.Errorf("smtp-from is %q; it must be an address, as oriel@example.com", m.From)
	}
	if !slices.Contains([]string{"", "starttls", "require", "always", "never"}, m.TLS) {
		return fmt.Errorf("smtp-tls is %q; it must be starttls, require, always or never", m.TLS)
	}
	return nil
}

func (a *Alerts) renderMail(d *Delivery, r *Rule, set Settings, s *subject) error {
	var b strings.Builder
	subject := fmt.Sprintf("[%s] %s", s.Environment, s.summary())
	switch {
	case s.Item != nil:
		i := s.Item
		subject = fmt.Sprintf("[%s] %s: #%d %s", s.Environment, s.happened(), i.Counter, i.Title)
		fmt.Fprintf(&b, "%s: #%d %s\n%s\n\n", s.happened(), i.Counter, i.Title, s.link())
		for _, line := range [][2]string{
			{"Environment", i.ErrorEnvironment},
			{"Level", i.Level.String()},
			{"Status", i.Status.String()},
			{"Where", i.Culprit},
			{"Version", i.LastVersion},
			{"Occurrences", fmt.Sprint(i.Total)},
			{"First", isoTime(i.First.At)},
			{"Last", isoTime(i.Last.At)},
			{"By", s.Actor},
		} {
			if line[1] != "" {
				fmt.Fprintf(&b, "%-13s%s\n", line[0]+":", line[1])
			}
		}
		if set.IncludeRequestParams {
			s.writeRequest(&b)
		}
	case s.Deploy != nil:
		fmt.Fprintf(&b, "%s was deployed to %s at %s.\n%s\n", s.Deploy.Revision, s.Deploy.ErrorEnvironment, isoTime(s.Deploy.FinishedAt), s.Deploy.Comment)
	default:
		fmt.Fprintf(&b, "Version %s was seen for the first time in %s.\n", s.Version, s.ErrorEnvironment)
	}
	d.Subject, d.Body, d.ContentType = subject, b.String(), "text/plain; charset=utf-8"
	return a.address(d, r)
}

// address says who gets a mail: whoever is a member when it is sent.
func (a *Alerts) address(d *Delivery, r *Rule) error {
	if a.cfg.Mail.Server == "" {
		return fault.New(fault.Invalid, "this server sends no mail: start it with --smtp")
	}
	for _, u := range r.Config.Users {
		d.Members = append(d.Members, textOf(u))
	}
	for _, t := range r.Config.Teams {
		d.Teams = append(d.Teams, textOf(t))
	}
	return nil
}

// writeRequest adds the request of the occurrence.
func (s *subject) writeRequest(b *strings.Builder) {
	request, _ := s.data["request"].(map[string]any)
	for _, name := range []string{"method", "url", "query_string", "params", "GET", "POST"} {
		if text := textOf(request[name]); text != "" {
			const most = 2000
			fmt.Fprintf(b, "%-13s%s\n", name+":", cut(text, most))
		}
	}
}

// sendMail hands a mail to the server of the settings.
func (a *Alerts) sendMail(ctx context.Context, d *Delivery) (response string, err error) {
	to, err := a.cfg.Recipients(ctx, d.Members, d.Teams)
	if err != nil {
		return "", err
	}
	if len(to) == 0 {
		return "", fault.New(fault.Invalid, "nobody with a mail address is named by the rule, or is a member")
	}
	m := a.cfg.Mail
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	c, err := m.connect(ctx)
	if err != nil {
		return "", fmt.Errorf("deliver: %w", err)
	}
	defer func() { _ = c.Close() }()
	if err := m.hello(c); err != nil {
		return "", fmt.Errorf("deliver: %w", err)
	}
	from, err := mail.ParseAddress(m.From)
	if err != nil {
		return "", err
	}
	if err := c.Mail(from.Address); err != nil {
		return "", fmt.Errorf("deliver: %w", err)
	}
	for _, one := range to {
		if err := c.Rcpt(one); err != nil {
			return "", fmt.Errorf("deliver to %s: %w", one, err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return "", fmt.Errorf("deliver: %w", err)
	}
	if _, err := w.Write(a.message(d, to)); err != nil {
		return "", fmt.Errorf("deliver: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("deliver: %w", err)
	}
	_ = c.Quit() // it has the mail
	return "accepted for " + strings.Join(to, ", "), nil
}

const mailTimeout = 20 * time.Second

func (m *Mail) connect(ctx context.Context) (*smtp.Client, error) {
	host, _, _ := net.SplitHostPort(m.Server)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	if m.TLS == "always" {
		conn = tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	}
	return smtp.NewClient(conn, host)
}

// hello makes the connection private if that is wanted, and signs in.
func (m *Mail) hello(c *smtp.Client) error {
	host, _, _ := net.SplitHostPort(m.Server)
	if m.TLS != "always" && m.TLS != "never" {
		if offered, _ := c.Extension("STARTTLS"); offered {
			if err := c.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
				return err
			}
		} else if m.TLS == "require" {
			return fault.New(fault.Unavailable, "%s does not offer STARTTLS, which smtp-tls asks for", m.Server)
		}
	}
	if m.User == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", m.User, m.Password, host))
}

// message is the mail as it is sent. Nothing that an app sent can begin a header.
func (a *Alerts) message(d *Delivery, to []string) []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", strings.Map(printable, a.cfg.Mail.From))
	if len(to) == 1 {
		header("To", to[0])
	} else {
		header("To", "undisclosed-recipients:;")
	}
	header("Subject", mime.QEncoding.Encode("utf-8", cut(strings.Map(printable, d.Subject), 200)))
	header("Date", a.now().UTC().Format(time.RFC1123Z))
	header("Message-ID", fmt.Sprintf("<delivery-%d.%d@oriel>", d.ID, d.CreatedAt))
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	header("Auto-Submitted", "auto-generated")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(strings.ReplaceAll(d.Body, "\n", "\r\n"))) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

func printable(c rune) rune {
	if c < ' ' || c == 0x7f {
		return ' '
	}
	return c
}
