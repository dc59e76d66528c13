package rollbar

import (
	"context"
	"io"
	"mime/multipart"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/sourcemap"
	"github.com/oriel-dev/oriel/internal/symbol"
)

func symbolHandlers() map[string]handler {
	return map[string]handler{
		"uploadSourceMap": (*Front).uploadSourceMap, "downloadSourceMap": (*Front).downloadSourceMap,
		"signSourceMapBundle": (*Front).signSourceMapBundle, "putSourceMapBundle": (*Front).putSourceMapBundle,
		"uploadProguard":       noSymbols("ProGuard mapping", "stack traces of Android are shown as they were sent"),
		"uploadDSYM":           noSymbols("dSYM", "crash reports of iOS are shown as they were sent"),
		"uploadFlutterSymbols": noSymbols("Flutter symbol", "stack traces of Flutter are shown as they were sent"),
	}
}

// noSymbols refuses symbols that nothing would be made of.
func noSymbols(kind, instead string) handler {
	return func(*Front, *call) (reply, error) {
		return reply{}, fault.New(fault.Unsupported, "%s files are not applied by this version of Oriel, so they are not taken: %s. Source maps of JavaScript are", kind, instead)
	}
}

// uploadSourceMap keeps a map. Its other files are sources, under their paths.
func (f *Front) uploadSourceMap(c *call) (reply, error) {
	if c.file == nil {
		return reply{}, invalid("Invalid format. A source map is uploaded as multipart/form-data with the fields version, minified_url and source_map.")
	}
	u := symbol.Upload{Environment: c.token.Environment, Version: c.field("version"), URL: c.field("minified_url"), Sources: map[string][]byte{}}
	if err := f.reserveParts(c); err != nil {
		return reply{}, err
	}
	for name, files := range c.file.File {
		content, err := readPart(files[0])
		if err != nil {
			return reply{}, err
		}
		if name == "source_map" {
			u.Map = content
		} else {
			u.Sources[name] = content
		}
	}
	if text := c.form.Get("source_map"); u.Map == nil && text != "" { // without a file name, curl's -F source_map=<file
		u.Map = []byte(text)
	}
	if u.Map == nil {
		return reply{}, invalid("Invalid format. source_map is missing: send the map as a file.")
	}
	m, err := f.Symbols.Put(c.Context(), u)
	if err != nil {
		return reply{}, refusedMap(err)
	}
	return reply{result: shownMap(m)}, nil
}

// reserveParts counts what the files of a form hold once they are read.
func (f *Front) reserveParts(c *call) error {
	size := int64(0)
	for _, files := range c.file.File {
		size += files[0].Size
	}
	return c.memory.reserve(int(size))
}

func readPart(h *multipart.FileHeader) ([]byte, error) {
	file, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(file, sourcemap.MaxBytes+1))
}

// refusedMap is why a map was not taken, in the vendor's form: what is wrong in
// the file is no matter of the request's size.
func refusedMap(err error) error {
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge) {
		return invalid("%s", fault.MessageOf(err))
	}
	return err
}

func shownMap(m symbol.Map) map[string]any {
	return map[string]any{"id": m.ID, "version": m.Version, "minified_url": "//" + m.URL, "size": m.Bytes, "sources": len(m.Sources)}
}

// failMap notes in the list of maps why there is none, and refuses the request
// with the vendor's code.
func (f *Front) failMap(ctx context.Context, environment, version, url, code, problem string) error {
	if err := f.Symbols.Failed(ctx, environment, version, url, code, problem); err != nil {
		return refusedMap(err)
	}
	return invalid("%s: %s", code, strings.TrimSuffix(problem, "."))
}
