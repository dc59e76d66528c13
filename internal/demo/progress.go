package demo

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// progress is how far the hour has been loaded, in a file that is there only while it
// is not in whole: what is newest does not say so, because the app goes on meanwhile.
type progress struct {
	file string
	at   time.Time // as the file says
}

// often is how much of what is loaded may come twice if the process is killed.
const often = 30 * time.Second

// since is after which moment something is missing, where newest is the latest there is.
func (p *progress) since(newest time.Time) time.Time {
	text, err := os.ReadFile(p.file)
	if err != nil {
		return newest
	}
	if at, err := time.Parse(time.RFC3339Nano, string(text)); err == nil && at.Before(newest) {
		return at
	}
	return newest
}

// reached notes that all before a moment is in, now and then.
func (p *progress) reached(at time.Time) error {
	if at.Sub(p.at) < often {
		return nil
	}
	return p.note(at)
}

func (p *progress) note(at time.Time) error {
	p.at = at
	fresh := p.file + ".new"
	if err := os.WriteFile(fresh, []byte(at.Format(time.RFC3339Nano)), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, p.file)
}

// done notes that nothing is missing.
func (p *progress) done() error {
	if err := os.Remove(p.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
