package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

// engine is an in-memory DuckDB that reads the segments. It owns no file.
type engine struct {
	db    bindings.Database
	conns chan *conn
	all   []*conn
}

// conn is a connection, used by one query at a time.
type conn struct{ c bindings.Connection }

// connections is how many queries DuckDB can have under way.
const connections = 12

// openEngine starts DuckDB with access to one folder only, and locks its settings.
func openEngine(dir string, memory int64, threads int) (*engine, error) {
	var config bindings.Config
	if bindings.CreateConfig(&config) != bindings.StateSuccess {
		return nil, errors.New("make DuckDB's configuration")
	}
	defer bindings.DestroyConfig(&config)
	settings := map[string]string{
		"threads": strconv.Itoa(threads), "memory_limit": strconv.FormatInt(max(memory>>20, 64), 10) + "MiB",
		"autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
		"allow_community_extensions": "false", "allow_unsigned_extensions": "false",
		"temp_directory": filepath.Join(dir, "spill"), "max_temp_directory_size": "16GiB",
		"preserve_insertion_order": "false",
	}
	for name, value := range settings {
		if bindings.SetConfig(config, name, value) != bindings.StateSuccess {
			return nil, fmt.Errorf("DuckDB does not take %s = %s", name, value)
		}
	}
	e := &engine{conns: make(chan *conn, connections)}
	var message string
	if bindings.OpenExt(":memory:", &e.db, config, &message) != bindings.StateSuccess {
		return nil, fmt.Errorf("start DuckDB: %s", message)
	}
	for range connections {
		c := &conn{}
		if bindings.Connect(e.db, &c.c) != bindings.StateSuccess {
			e.close()
			return nil, errors.New("connect to DuckDB")
		}
		e.all = append(e.all, c)
		e.conns <- c
	}
	if err := registerHotRows(e.all[0]); err != nil {
		e.close()
		return nil, err
	}
	if err := RegisterFunctions(e.all[0].c); err != nil {
		e.close()
		return nil, err
	}
	for _, statement := range []string{
		// Both fail on some queries in 1.5.6: the first on table functions (NotNullExpressionAnalyzer), the second
		// with "Failed to bind column reference file_index"; sqlgen reads wide rows late by itself.
		"SET disabled_optimizers = 'top_n_window_elimination,late_materialization'",
		"SET enable_external_file_cache = true", "SET parquet_metadata_cache = true",
		"SET allowed_directories = [" + quote(dir) + "]", "SET enable_external_access = false", "SET lock_configuration = true",
	} {
		if err := e.all[0].exec(statement); err != nil {
			e.close()
			return nil, fmt.Errorf("set up DuckDB: %w", err)
		}
	}
	return e, nil
}

func (e *engine) close() {
	for _, c := range e.all {
		bindings.Disconnect(&c.c)
	}
	bindings.Close(&e.db)
}

// quote makes a literal of text that we made ourselves: a path, a time.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (c *conn) exec(statement string) error {
	var res bindings.Result
	defer bindings.DestroyResult(&res)
	if bindings.Query(c.c, statement, &res) != bindings.StateSuccess {
		return errors.New(bindings.ResultError(&res))
	}
	return nil
}

// borrow returns a free connection.
func (e *engine) borrow(ctx context.Context) (*conn, error) {
	select {
	case c := <-e.conns:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *engine) giveBack(c *conn) { e.conns <- c }

const progressEvery = 100 * time.Millisecond

// query runs a SELECT to its end and gives the result to read. A context that
// ends interrupts the engine; query returns once the work has stopped.
func (c *conn) query(ctx context.Context, statement string, progress func(store.Progress), read func(*bindings.Result) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan struct{})
	watcher := make(chan struct{})
	go func() {
		defer close(watcher)
		c.watch(ctx, done, progress)
	}()
	var res bindings.Result
	state := bindings.Query(c.c, statement, &res)
	close(done)
	<-watcher
	defer bindings.DestroyResult(&res)
	if err := ctx.Err(); err != nil {
		return err
	}
	if state != bindings.StateSuccess {
		return classify(bindings.ResultErrorType(&res), bindings.ResultError(&res))
	}
	return read(&res)
}

// watch interrupts the query when ctx ends, again and again until it has stopped,
// since an interrupt that comes before the query has begun is lost.
func (c *conn) watch(ctx context.Context, done <-chan struct{}, progress func(store.Progress)) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	ended := ctx.Done()
	for {
		select {
		case <-done:
			return
		case <-ended:
			bindings.Interrupt(c.c)
			ended = nil
			tick.Reset(time.Millisecond)
		case <-tick.C:
			if ended == nil {
				bindings.Interrupt(c.c)
				continue
			}
			if progress == nil {
				continue
			}
			p := bindings.QueryProgress(c.c)
			percent, rows, total := bindings.QueryProgressTypeMembers(&p)
			if percent >= 0 {
				progress(store.Progress{Share: min(percent/100, 1), Scanned: int64(rows), Rows: int64(total)})
			}
		}
	}
}

// engineError is an error of DuckDB that may be about a damaged file.
type engineError struct{ message string }

func (e *engineError) Error() string { return "DuckDB: " + e.message }

func classify(kind bindings.ErrorType, message string) error {
	switch {
	case kind == bindings.ErrorTypeInterrupt:
		return fault.New(fault.Canceled, "the query was interrupted")
	case kind == bindings.ErrorTypeOutOfMemory || strings.Contains(message, "Out of Memory"):
		return fault.Wrap(fault.TooLarge, &engineError{message}, "the query needs more memory than it may have: ask for fewer groups, fewer columns or a shorter time range, or raise the setting memory")
	}
	return &engineError{message}
}
