package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// Link leads from an occurrence to another tool. Its template is an address with
// values of the occurrence in {{ }}.
type Link struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Template string `json:"template"`
}

const (
	maxLinks    = 100
	maxLinkName = 255
)

func (l *Link) check() error {
	switch {
	case l.Name == "" || len(l.Name) > maxLinkName:
		return fault.New(fault.Invalid, "Invalid format. name has %d bytes: want 1 to %d", len(l.Name), maxLinkName)
	case l.Template == "" || len(l.Template) > maxAddress:
		return fault.New(fault.Invalid, "Invalid format. template has %d bytes: want 1 to %d", len(l.Template), maxAddress)
	case !strings.HasPrefix(l.Template, "https://") && !strings.HasPrefix(l.Template, "http://"):
		return fault.New(fault.Invalid, "Invalid format. template is %.100q: want an address that begins with https:// or http://", l.Template)
	}
	return nil
}

// Links lists a project's links, oldest first.
func (a *Alerts) Links(ctx context.Context, environment string) (list []Link, err error) {
	list = []Link{}
	err = a.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, name, template FROM alert_link WHERE environment = ? ORDER BY id", environment)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var l Link
			if err := rows.Scan(&l.ID, &l.Name, &l.Template); err != nil {
				return err
			}
			list = append(list, l)
		}
		return rows.Err()
	})
	return list, err
}

// Link returns a link. Errors: NotFound.
func (a *Alerts) Link(ctx context.Context, environment string, id int64) (l Link, err error) {
	err = a.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT id, name, template FROM alert_link WHERE environment = ? AND id = ?", environment, id).Scan(&l.ID, &l.Name, &l.Template)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return l, fault.New(fault.NotFound, "Not found")
	}
	return l, err
}

// SetLink keeps a link, a new one if it has no id. Errors: Invalid, NotFound, Conflict.
func (a *Alerts) SetLink(ctx context.Context, environment string, l Link) (Link, error) {
	if err := l.check(); err != nil {
		return l, err
	}
	if l.ID != 0 {
		return l, a.changed(ctx, "UPDATE alert_link SET name = ?, template = ? WHERE environment = ? AND id = ?", l.Name, l.Template, environment, l.ID)
	}
	err := a.db.Write(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM alert_link WHERE environment = ?", environment).Scan(&n); err != nil {
			return err
		}
		if n >= maxLinks {
			return fault.New(fault.Conflict, "there are %d service links already, the most there may be", n)
		}
		done, err := tx.ExecContext(ctx, "INSERT INTO alert_link (environment, name, template) VALUES (?, ?, ?)", environment, l.Name, l.Template)
		if err != nil {
			return err
		}
		l.ID, err = done.LastInsertId()
		return err
	})
	return l, err
}

// RemoveLink forgets a link. Errors: NotFound.
func (a *Alerts) RemoveLink(ctx context.Context, environment string, id int64) error {
	return a.changed(ctx, "DELETE FROM alert_link WHERE environment = ? AND id = ?", environment, id)
}

// changed runs a statement that must change a row.
func (a *Alerts) changed(ctx context.Context, text string, args ...any) error {
	return a.db.Write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, text, args...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return fault.New(fault.NotFound, "Not found")
	})
}

// Resolve returns the address for an occurrence of an item, whose data are those
// of its payload; false if the template names a value that is not there, or what
// comes of it is no address of the web.
func (l Link) Resolve(data map[string]any, i *item.Item, project, occurrence, at int64) (string, bool) {
	found := true
	address := variable().ReplaceAllStringFunc(l.Template, func(m string) string {
		text, ok := linkValue(strings.TrimSpace(m[2:len(m)-2]), data, i, project, occurrence, at)
		found = found && ok
		return url.QueryEscape(text)
	})
	u, err := url.Parse(address)
	return address, found && err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

func linkValue(name string, data map[string]any, i *item.Item, project, occurrence, at int64) (string, bool) {
	switch name {
	case "item.id":
		return strconv.FormatInt(i.ID, 10), true
	case "item.counter_id":
		return strconv.FormatInt(i.Counter, 10), true
	case "item.occurrence_id":
		return strconv.FormatInt(occurrence, 10), true
	case "item.project_id":
		return strconv.FormatInt(project, 10), true
	}
	// format_unix_timestamp("%Y-%m-%dT%H:%M:%S", timestamp - 300)
	if m := regexp.MustCompile(`^format_unix_timestamp\(\s*["']([^"']{1,100})["']\s*,\s*([^\s()]+)\s*(?:([+-])\s*(\d{1,9}))?\s*\)$`).FindStringSubmatch(name); m != nil {
		seconds := at
		if m[2] != "timestamp" {
			v, ok := find(data, m[2])
			f, err := strconv.ParseFloat(textOf(v), 64)
			if !ok || err != nil {
				return "", false
			}
			seconds = int64(f)
		}
		by, _ := strconv.ParseInt(m[4], 10, 64) // none is 0
		if m[3] == "-" {
			by = -by
		}
		return strftime(time.Unix(seconds+by, 0).UTC(), m[1]), true
	}
	v, ok := find(data, name)
	return textOf(v), ok
}

// strftime writes a time in a form of C's.
func strftime(t time.Time, form string) string {
	var b strings.Builder
	for i := 0; i < len(form); i++ {
		if form[i] != '%' || i+1 == len(form) {
			b.WriteByte(form[i])
			continue
		}
		i++
		layout, known := map[byte]string{
			'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'b': "Jan", 'B': "January", 'a': "Mon", 'A': "Monday", 'I': "03",
			'p': "PM", 'z': "-0700", 'Z': "MST", 'e': "_2", 'F': "2006-01-02", 'T': "15:04:05", 'j': "002",
		}[form[i]]
		switch {
		case form[i] == '%':
			b.WriteByte('%')
		case form[i] == 's':
			fmt.Fprint(&b, t.Unix())
		case known:
			b.WriteString(t.Format(layout))
		default:
			b.WriteString(form[i-1 : i+1])
		}
	}
	return b.String()
}
