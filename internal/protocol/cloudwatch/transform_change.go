package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The processors that change what parsers found.

// pair is an entry with two keys.
type pair struct {
	from, to  []string
	overwrite bool
}

func pairs(raw json.RawMessage) ([]pair, error) {
	var in struct {
		Entries []struct {
			Source, Target, Key, RenameTo string
			OverwriteIfExists             bool
		}
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	var out []pair
	for _, e := range in.Entries {
		from, err := keyPath(e.Source + e.Key)
		if err != nil {
			return nil, err
		}
		to, err := keyPath(e.Target + e.RenameTo)
		if err != nil {
			return nil, err
		}
		out = append(out, pair{from, to, e.OverwriteIfExists})
	}
	return out, nil
}

func addKeysStep(raw json.RawMessage) (step, error) {
	var in struct {
		Entries []struct {
			Key, Value        string
			OverwriteIfExists bool
		}
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	keys, err := keyPaths(len(in.Entries), func(i int) string { return in.Entries[i].Key })
	if err != nil {
		return nil, err
	}
	reference := regexp.MustCompile(`\$\{([^}]+)\}`)
	return func(d *document) error {
		for i, e := range in.Entries {
			value := e.Value
			if v, isMeta := d.meta[value]; isMeta {
				value = v
			}
			value = reference.ReplaceAllStringFunc(value, func(ref string) string {
				key, err := keyPath(ref[2 : len(ref)-1])
				if err != nil {
					return ""
				}
				text, _ := d.text(key)
				return text
			})
			if len(value) > maxTransformed {
				return errTooLong
			}
			d.set(keys[i], value, e.OverwriteIfExists)
		}
		return nil
	}, nil
}

// withKeys are the keys that a processor is about.
func withKeys(raw json.RawMessage) ([][]string, error) {
	var in struct{ WithKeys []string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	return keyPaths(len(in.WithKeys), func(i int) string { return in.WithKeys[i] })
}

// keyPaths reads the keys of n entries.
func keyPaths(n int, key func(i int) string) ([][]string, error) {
	paths := make([][]string, n)
	for i := range paths {
		var err error
		if paths[i], err = keyPath(key(i)); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func deleteKeysStep(raw json.RawMessage) (step, error) {
	keys, err := withKeys(raw)
	return func(d *document) error {
		for _, k := range keys {
			d.remove(k)
		}
		return nil
	}, err
}

func moveKeysStep(raw json.RawMessage) (step, error) {
	entries, err := pairs(raw)
	return func(d *document) error {
		for _, e := range entries {
			v, ok := d.get(e.from)
			if !ok {
				continue
			}
			d.remove(e.from)
			to := e.to
			if _, isObject := d.objectAt(to); isObject { // moved into an object, under its own name
				to = append(append([]string{}, to...), e.from[len(e.from)-1])
			}
			d.set(to, v, e.overwrite)
		}
		return nil
	}, err
}

func (d *document) objectAt(key []string) (map[string]any, bool) {
	v, _ := d.get(key)
	object, is := v.(map[string]any)
	return object, is
}

func renameKeysStep(raw json.RawMessage) (step, error) {
	entries, err := pairs(raw)
	return func(d *document) error {
		for _, e := range entries {
			v, ok := d.get(e.from)
			_, taken := d.get(e.to)
			if ok && (!taken || e.overwrite) {
				d.remove(e.from)
				d.set(e.to, v, true)
			}
		}
		return nil
	}, err
}

func copyValueStep(raw json.RawMessage) (step, error) {
	entries, err := pairs(raw)
	return func(d *document) error {
		for _, e := range entries {
			if v, ok := d.get(e.from); ok {
				d.set(e.to, v, e.overwrite)
			}
		}
		return nil
	}, err
}

func listToMapStep(raw json.RawMessage) (step, error) {
	var in struct {
		Source, Key, ValueKey, Target, FlattenedElement string
		Flatten                                         bool
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	src, dst, err := source(in.Source, in.Target)
	if err == nil && in.Flatten && in.FlattenedElement == "" {
		err = errors.New("flattenedElement must be first or last where flatten is true")
	}
	return func(d *document) error {
		v, _ := d.get(src)
		list, isList := v.([]any)
		if !isList {
			return errNoSource
		}
		fields := map[string]any{}
		for _, item := range list {
			object, is := item.(map[string]any)
			if !is {
				continue
			}
			name, ok := scalarText(object[in.Key])
			if !ok {
				continue
			}
			var value any = object
			if in.ValueKey != "" {
				value = object[in.ValueKey]
			}
			if in.Flatten {
				if _, taken := fields[name]; !taken || in.FlattenedElement == "last" {
					fields[name] = value
				}
				continue
			}
			values, _ := fields[name].([]any)
			fields[name] = append(values, value)
		}
		d.merge(dst, fields, true)
		return nil
	}, err
}

// stringsStep changes texts.
func stringsStep(change func(string) string) func(json.RawMessage) (step, error) {
	return func(raw json.RawMessage) (step, error) {
		keys, err := withKeys(raw)
		return func(d *document) error {
			for _, k := range keys {
				if v, _ := d.get(k); v != nil {
					if text, is := v.(string); is {
						d.set(k, change(text), true)
					}
				}
			}
			return nil
		}, err
	}
}

func splitStep(raw json.RawMessage) (step, error) {
	var in struct {
		Entries []struct{ Source, Delimiter string }
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	keys, err := keyPaths(len(in.Entries), func(i int) string { return in.Entries[i].Source })
	if err != nil {
		return nil, err
	}
	return func(d *document) error {
		const most = 10_000
		for i, e := range in.Entries {
			text, ok := d.text(keys[i])
			if !ok {
				continue
			}
			var list []any
			for _, part := range strings.SplitN(text, e.Delimiter, most) {
				list = append(list, part)
			}
			d.set(keys[i], list, true)
		}
		return nil
	}, nil
}

func substituteStep(raw json.RawMessage) (step, error) {
	var in struct {
		Entries []struct{ Source, From, To string }
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	keys, from := make([][]string, len(in.Entries)), make([]*regexp.Regexp, len(in.Entries))
	for i, e := range in.Entries {
		var err error
		if keys[i], err = keyPath(e.Source); err != nil {
			return nil, err
		}
		if from[i], err = regexp.Compile(e.From); err != nil {
			return nil, fmt.Errorf("from is no regular expression: %w", err)
		}
	}
	return func(d *document) error {
		for i, e := range in.Entries {
			text, ok := d.text(keys[i])
			if !ok {
				continue
			}
			places := len(from[i].FindAllStringIndex(text, -1))
			if len(text)+places*len(e.To) > maxTransformed {
				return errTooLong
			}
			if text = from[i].ReplaceAllString(text, e.To); len(text) > maxTransformed {
				return errTooLong
			}
			d.set(keys[i], text, true)
		}
		return nil
	}, nil
}

func typeStep(raw json.RawMessage) (step, error) {
	var in struct {
		Entries []struct{ Key, Type string }
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	keys, err := keyPaths(len(in.Entries), func(i int) string { return in.Entries[i].Key })
	if err != nil {
		return nil, err
	}
	return func(d *document) error {
		for i, e := range in.Entries {
			if text, ok := d.text(keys[i]); ok {
				d.set(keys[i], converted(text, e.Type), true)
			}
		}
		return nil
	}, nil
}

// converted returns a text as a value of a type, or as it is if it is none.
func converted(text, kind string) any {
	switch kind {
	case "integer":
		if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && math.Abs(n) < 1<<63 {
			if i, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
				return json.Number(strconv.FormatInt(i, 10))
			}
			return json.Number(strconv.FormatInt(int64(n), 10))
		}
	case "double":
		if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return json.Number(strconv.FormatFloat(n, 'g', -1, 64))
		}
	case "boolean":
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			return b
		}
	}
	return text
}

// defaultTimeForm is what times become unless it is said.
const defaultTimeForm = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"

func dateTimeStep(raw json.RawMessage) (step, error) {
	var in struct {
		Source, Target, TargetFormat, SourceTimezone, TargetTimezone string
		MatchPatterns                                                []string
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	src, dst, err := source(in.Source, in.Target)
	if err != nil {
		return nil, err
	}
	if in.TargetFormat == "" {
		in.TargetFormat = defaultTimeForm
	}
	form, err := timeLayout(in.TargetFormat)
	if err != nil {
		return nil, err
	}
	var layouts []string
	for _, p := range in.MatchPatterns {
		layout := p
		if p != "epoch" {
			if layout, err = timeLayout(p); err != nil {
				return nil, err
			}
		}
		layouts = append(layouts, layout)
	}
	from, err := time.LoadLocation(in.SourceTimezone)
	if err != nil {
		return nil, fmt.Errorf("the time zone '%s' is unknown", cut(in.SourceTimezone))
	}
	to, err := time.LoadLocation(in.TargetTimezone)
	if err != nil {
		return nil, fmt.Errorf("the time zone '%s' is unknown", cut(in.TargetTimezone))
	}
	return func(d *document) error {
		text, ok := d.text(src)
		if !ok {
			return errNoSource
		}
		for _, layout := range layouts {
			if t, ok := readTime(text, layout, from); ok {
				d.set(dst, t.In(to).Format(form), true)
				return nil
			}
		}
		return errors.New("no pattern matches the time")
	}, nil
}

func readTime(text, layout string, zone *time.Location) (time.Time, bool) {
	if layout != "epoch" {
		t, err := time.ParseInLocation(layout, text, zone)
		return t, err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	const seconds = 100_000_000_000
	switch {
	case err != nil:
		return time.Time{}, false
	case n < seconds && n > -seconds:
		return time.Unix(n, 0), true
	}
	return time.UnixMilli(n), true
}

// timeLayout turns a pattern of Java's into a layout.
func timeLayout(pattern string) (string, error) {
	forms := map[string]string{
		"yyyy": "2006", "uuuu": "2006", "yy": "06", "MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "dd": "02", "d": "2", "EEEE": "Monday", "EEE": "Mon", "E": "Mon",
		"HH": "15", "H": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5", "a": "PM", "z": "MST", "Z": "-0700", "X": "Z07", "XX": "Z0700", "XXX": "Z07:00", "xxx": "-07:00",
	}
	var out strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end < 0 {
				return "", fmt.Errorf("the time pattern '%s' has a quote without end", cut(pattern))
			}
			if end == 0 {
				out.WriteByte('\'')
			}
			out.WriteString(pattern[i+1 : i+1+end])
			i += end + 2
			continue
		}
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			out.WriteByte(c)
			i++
			continue
		}
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		run := pattern[i : i+n]
		form, known := forms[run]
		if c == 'S' && n <= 9 {
			form, known = strings.Repeat("0", n), true
		}
		if !known {
			return "", fmt.Errorf("the time pattern '%s' has '%s', which is not known", cut(pattern), cut(run))
		}
		out.WriteString(form)
		i += n
	}
	return out.String(), nil
}
