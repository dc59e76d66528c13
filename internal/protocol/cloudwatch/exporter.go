package cloudwatch

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Bounds of exported files: of the lines in one, and of a page that is read.
const (
	exportFileBytes = 256 << 20
	exportPage      = 10_000
)

// exporter writes the lines of export tasks to files:
//
//	FOLDER/BUCKET/PREFIX/TASK/STREAM/000000.gz
//
// with - for each / in the stream's name. A file has a line for each line, its
// time before it, in order. What a restart interrupts begins anew.
type exporter struct {
	f      *Front
	folder string
	end    context.CancelFunc
	ctx    context.Context //nolint:containedctx // that of the background work, which ends with the front end
	wg     sync.WaitGroup

	mu      sync.Mutex
	running map[string]context.CancelFunc // by task
}

func newExporter(ctx context.Context, f *Front, folder string) *exporter {
	e := &exporter{f: f, folder: folder, running: map[string]context.CancelFunc{}}
	e.ctx, e.end = context.WithCancel(context.WithoutCancel(ctx))
	return e
}

func (e *exporter) close() {
	e.end()
	e.wg.Wait()
}

// resume starts what was under way when the server stopped.
func (e *exporter) resume() error {
	type task struct {
		at place
		id string
	}
	var all []task
	err := e.f.groups.db.Read(e.ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(e.ctx, "SELECT environment, region, name FROM cloudwatch_resource WHERE kind = ?", exportKind)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var t task
			if err := rows.Scan(&t.at.environment, &t.at.region, &t.id); err != nil {
				return err
			}
			all = append(all, t)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("read export tasks: %w", err)
	}
	for _, t := range all {
		k, err := e.f.groups.exports().get(e.ctx, t.at, t.id)
		if err != nil {
			return err
		}
		if k != nil && k.Body.active() {
			e.start(t.at, t.id)
		}
	}
	return nil
}

// start exports in the background.
func (e *exporter) start(at place, id string) {
	ctx, cancel := context.WithCancel(e.ctx)
	e.mu.Lock()
	e.running[id] = cancel
	e.mu.Unlock()
	e.wg.Go(func() {
		defer e.cancel(id)
		status := exportStatus{Code: exportCompleted, Message: "Completed successfully"}
		err := e.export(ctx, at, id)
		switch {
		case ctx.Err() != nil: // cancelled, which is noted, or to be begun anew
			return
		case err != nil:
			status = exportStatus{Code: exportFailed, Message: err.Error()}
			e.f.Log.WarnContext(ctx, "an export failed", slog.String("task", id), slog.Any("error", err))
		}
		if err := e.f.groups.endExport(ctx, at, id, status, e.f.Clock().UnixMilli()); err != nil {
			e.f.Log.WarnContext(ctx, "the end of an export could not be noted", slog.String("task", id), slog.Any("error", err))
		}
	})
}

// cancel ends a task that is under way.
func (e *exporter) cancel(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if stop := e.running[id]; stop != nil {
		stop()
		delete(e.running, id)
	}
}

func (e *exporter) export(ctx context.Context, at place, id string) error {
	k, err := e.f.groups.exports().put(ctx, at, id, e.f.Clock().UnixMilli(), func(old *kept[keptExport]) (keptExport, error) {
		if old == nil || !old.Body.active() {
			return keptExport{}, errors.New("the task has ended")
		}
		old.Body.Status.Code = exportRunning
		return old.Body, nil
	})
	if err != nil {
		return err
	}
	t := &k.Body
	g := e.f.groups.find(at.environment, at.region, t.LogGroupName)
	if g == nil {
		return noSuchGroup()
	}
	var streams []string
	g.each(func(s *stream) {
		if strings.HasPrefix(s.name, t.StreamPrefix) && s.arrival != 0 {
			streams = append(streams, s.name)
		}
	})
	slices.Sort(streams)
	folder := filepath.Join(e.folder, t.Destination, filepath.FromSlash(t.DestinationPrefix), t.TaskID)
	for _, name := range streams {
		if err := e.exportStream(ctx, g, t, name, filepath.Join(folder, folderOf(name))); err != nil {
			return fmt.Errorf("stream %s: %w", name, err)
		}
	}
	return nil
}

// folderOf is the name of a stream's folder. What could lead elsewhere is escaped.
func folderOf(stream string) string {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == 0 {
			return '-'
		}
		return r
	}, stream)
	if strings.Trim(name, ".") == "" {
		name = "-" + name
	}
	const most = 200 // bytes; file systems take 255
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + fmt.Sprintf("-%016x", checkOf(stream))
	}
	return name
}

func (e *exporter) exportStream(ctx context.Context, g *group, t *keptExport, name, folder string) error {
	q := g.lines(lineRange{ofMS(t.From), ofMS(t.To + 1)}, e.f.Clock().UnixMilli(), g.ofStreams(name))
	out := exportFiles{folder: folder}
	defer out.abandon()
	opts := store.PageOptions{Limit: exportPage, Fields: []string{event.FieldBody}}
	for {
		page, err := e.page(ctx, q, opts)
		if err != nil {
			return err
		}
		for _, r := range page.Rows {
			if err := out.line(r.Position.Time, r.Get(event.FieldBody).Text()); err != nil {
				return err
			}
		}
		if !page.More {
			return out.finish()
		}
		opts.After = &page.Next
	}
}

// page reads a page of lines; a range of no length has none.
func (e *exporter) page(ctx context.Context, q *query.Query, opts store.PageOptions) (*store.Page, error) {
	if q.Start >= q.End {
		return &store.Page{}, nil
	}
	return e.f.Querier.Page(ctx, q, opts)
}

// exportFiles writes lines to one file after the other. A file has its name once
// it is whole and on disk.
type exportFiles struct {
	folder string
	number int
	bytes  int
	file   *os.File
	zip    *gzip.Writer
	buffer *bufio.Writer
}

func (o *exportFiles) line(at int64, message string) error {
	if o.file == nil {
		if err := o.open(); err != nil {
			return err
		}
	}
	text := time.Unix(0, at).UTC().Format("2006-01-02T15:04:05.000Z ") + message + "\n"
	o.bytes += len(text)
	if _, err := o.buffer.WriteString(text); err != nil {
		return err
	}
	if o.bytes >= exportFileBytes {
		return o.finish()
	}
	return nil
}

func (o *exportFiles) path() string { return filepath.Join(o.folder, fmt.Sprintf("%06d.gz", o.number)) }

func (o *exportFiles) open() (err error) {
	if err := os.MkdirAll(o.folder, 0o700); err != nil {
		return err
	}
	if o.file, err = os.OpenFile(o.path()+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	o.zip = gzip.NewWriter(o.file)
	o.buffer, o.bytes = bufio.NewWriterSize(o.zip, 64<<10), 0
	return nil
}

// finish puts the file at hand on disk, if there is one.
func (o *exportFiles) finish() error {
	if o.file == nil {
		return nil
	}
	err := errors.Join(o.buffer.Flush(), o.zip.Close(), o.file.Sync(), o.file.Close())
	o.file = nil
	if err == nil {
		err = os.Rename(o.path()+".part", o.path())
	}
	o.number++
	return err
}

// abandon removes a file that did not become whole.
func (o *exportFiles) abandon() {
	if o.file != nil {
		_ = o.file.Close()
		_ = os.Remove(o.path() + ".part")
	}
}
