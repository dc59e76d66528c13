package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// The parsers. Each is made of its own configuration.

var errNoSource = errors.New("there is no text at the source") //nolint:gochecknoglobals // a constant

func parseJSONStep(raw json.RawMessage) (step, error) {
	var in struct{ Source, Destination string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	src, dst, err := source(in.Source, in.Destination)
	if err != nil {
		return nil, err
	}
	return func(d *document) error {
		text, ok := d.text(src)
		if !ok {
			return errNoSource
		}
		fields, err := readObject(text)
		if err != nil {
			return err
		}
		d.merge(dst, fields, true)
		return nil
	}, nil
}

// readObject reads a text that is one JSON object; its numbers stay as they are written.
func readObject(text string) (fields map[string]any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) || fields == nil {
		return nil, errors.New("it is no JSON object")
	}
	return fields, nil
}

// maxCSVColumns of a line.
const maxCSVColumns = 100

func csvStep(raw json.RawMessage) (step, error) {
	var in struct {
		QuoteCharacter, Delimiter, Source, Destination string
		Columns                                        []string
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	src, dst, err := source(in.Source, in.Destination)
	if err != nil {
		return nil, err
	}
	delimiter, quote := in.Delimiter, in.QuoteCharacter
	if delimiter == "" {
		delimiter = ","
	}
	if delimiter == `\t` {
		delimiter = "\t"
	}
	if quote == "" {
		quote = `"`
	}
	if len(in.Columns) > maxCSVColumns {
		return nil, fmt.Errorf("it has %d columns; the limit is %d", len(in.Columns), maxCSVColumns)
	}
	return func(d *document) error {
		text, ok := d.text(src)
		if !ok {
			return errNoSource
		}
		fields := map[string]any{}
		for i, value := range splitQuoted(text, delimiter, quote) {
			name := fmt.Sprintf("column_%d", i+1)
			if i < len(in.Columns) {
				name = in.Columns[i]
			}
			fields[name] = value
		}
		d.merge(dst, fields, true)
		return nil
	}, nil
}

// splitQuoted splits at a delimiter outside of quotes; two quotes are one.
func splitQuoted(text, delimiter, quote string) []string {
	var out []string
	var value strings.Builder
	quoted := false
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, quote) && quoted && strings.HasPrefix(rest[len(quote):], quote):
			value.WriteString(quote)
			i += 2 * len(quote)
		case strings.HasPrefix(rest, quote) && (quoted || value.Len() == 0):
			quoted = !quoted
			i += len(quote)
		case strings.HasPrefix(rest, delimiter) && !quoted:
			if out = append(out, value.String()); len(out) == maxCSVColumns {
				return out
			}
			value.Reset()
			i += len(delimiter)
		default:
			value.WriteByte(text[i])
			i++
		}
	}
	return append(out, value.String())
}

func keyValueStep(raw json.RawMessage) (step, error) {
	var in struct {
		Source, Destination, FieldDelimiter, KeyValueDelimiter, KeyPrefix string
		NonMatchValue                                                     *string
		OverwriteIfExists                                                 bool
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	src, dst, err := source(in.Source, in.Destination)
	if err != nil {
		return nil, err
	}
	if in.FieldDelimiter == "" {
		in.FieldDelimiter = "&"
	}
	if in.KeyValueDelimiter == "" {
		in.KeyValueDelimiter = "="
	}
	return func(d *document) error {
		text, ok := d.text(src)
		if !ok {
			return errNoSource
		}
		fields := map[string]any{}
		for part := range strings.SplitSeq(text, in.FieldDelimiter) {
			name, value, isPair := strings.Cut(part, in.KeyValueDelimiter)
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			switch {
			case isPair:
				fields[in.KeyPrefix+name] = value
			case in.NonMatchValue != nil:
				fields[in.KeyPrefix+name] = *in.NonMatchValue
			}
		}
		if len(fields) == 0 {
			return errors.New("it holds no pairs")
		}
		d.merge(dst, fields, in.OverwriteIfExists)
		return nil
	}, nil
}

// grokPatterns are the named patterns that a match may use.
func grokPatterns() map[string]string {
	return map[string]string{
		"WORD": `\b\w+\b`, "NOTSPACE": `\S+`, "SPACE": `\s*`, "DATA": `.*?`, "GREEDYDATA": `.*`, "GREEDYDATA_MULTILINE": `(?s:.*)`,
		"INT": `[+-]?[0-9]+`, "BASE10NUM": `[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`, "NUMBER": `%{BASE10NUM}`, "BASE16NUM": `[+-]?(?:0x)?[0-9A-Fa-f]+`,
		"POSINT": `\b[1-9][0-9]*\b`, "NONNEGINT": `\b[0-9]+\b`, "BOOLEAN": `(?i:true|false)`,
		"USERNAME": `[a-zA-Z0-9._-]+`, "USER": `%{USERNAME}`, "EMAILADDRESS": `[a-zA-Z0-9!#$%&'*+/=?^_{|}~.-]+@%{HOSTNAME}`,
		"UUID": `[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}`, "MAC": `(?:[A-Fa-f0-9]{2}[:-]){5}[A-Fa-f0-9]{2}`,
		"QUOTEDSTRING": `"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`, "QS": `%{QUOTEDSTRING}`,
		"IPV4": `(?:[0-9]{1,3}\.){3}[0-9]{1,3}`, "IPV6": `[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+`, "IP": `(?:%{IPV6}|%{IPV4})`,
		"HOSTNAME": `[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?`, "HOST": `%{HOSTNAME}`, "IPORHOST": `(?:%{IP}|%{HOSTNAME})`, "HOSTPORT": `%{IPORHOST}:%{POSINT}`,
		"PATH": `(?:%{UNIXPATH}|%{WINPATH})`, "UNIXPATH": `(?:/[\w_%!$@:.,+~-]*)+`, "WINPATH": `[A-Za-z]+:(?:\\[^\\?*]*)+`,
		"URIPROTO": `[A-Za-z][A-Za-z0-9+.-]+`, "URIHOST": `%{IPORHOST}(?::%{POSINT})?`, "URIPATH": `(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+`,
		"URIPARAM": `\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\[\]-]*`, "URIPATHPARAM": `%{URIPATH}(?:%{URIPARAM})?`, "URI": `%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?`,
		"MONTH":    `\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b`,
		"MONTHNUM": `(?:0?[1-9]|1[0-2])`, "MONTHDAY": `(?:0[1-9]|[12][0-9]|3[01]|[1-9])`, "DAY": `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*`, "YEAR": `[0-9]{2,4}`,
		"HOUR": `(?:2[0-3]|[01]?[0-9])`, "MINUTE": `[0-5][0-9]`, "SECOND": `(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?`, "TIME": `%{HOUR}:%{MINUTE}(?::%{SECOND})?`,
		"ISO8601_TIMEZONE": `(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))`, "TIMESTAMP_ISO8601": `%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?`,
		"DATE": `%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}`, "DATESTAMP": `%{DATE}[- ]%{TIME}`, "TZ": `[A-Z]{3}`, "HTTPDATE": `%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}`,
		"SYSLOGTIMESTAMP": `%{MONTH} +%{MONTHDAY} %{TIME}`, "PROG": `[\x21-\x5a\x5c\x5e-\x7e]+`, "SYSLOGPROG": `%{PROG}(?:\[%{POSINT}\])?`, "SYSLOGHOST": `%{IPORHOST}`,
		"LOGLEVEL":        `(?i:trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?|alert)`,
		"COMMONAPACHELOG": `%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \[%{HTTPDATE:timestamp}\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" %{NUMBER:response} (?:%{NUMBER:bytes}|-)`,
	}
}

const maxGrok = 20_000 // bytes of the expression that a match becomes

// grokCapture is where what is found goes, and as what.
type grokCapture struct {
	key  []string
	kind string
}

// grok makes one regular expression of a match such as "%{IP:client} %{NUMBER:ms:int}".
// Its groups c0, c1 and so on are the captures.
func grok(match string) (expression *regexp.Regexp, captures []grokCapture, err error) {
	reference := regexp.MustCompile(`%\{(\w+)(?::([\w.@\[\]-]+))?(?::(\w+))?\}`)
	patterns := grokPatterns()
	var unknown error
	text := match
	for depth := 0; reference.MatchString(text) && unknown == nil; depth++ {
		if depth > 10 || len(text) > maxGrok {
			return nil, nil, errors.New("the match is too large")
		}
		text = reference.ReplaceAllStringFunc(text, func(ref string) string {
			m := reference.FindStringSubmatch(ref)
			pattern, known := patterns[m[1]]
			if !known {
				unknown = fmt.Errorf("the pattern %%{%s} is unknown", m[1])
				return ""
			}
			if m[2] == "" {
				return "(?:" + pattern + ")"
			}
			key, err := keyPath(m[2])
			if err != nil {
				unknown = err
			}
			captures = append(captures, grokCapture{key, m[3]})
			return fmt.Sprintf("(?P<c%d>%s)", len(captures)-1, pattern)
		})
	}
	if unknown != nil {
		return nil, nil, unknown
	}
	expression, err = regexp.Compile(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the match is no regular expression: %w", err)
	}
	return expression, captures, nil
}

// grokStep writes what the named parts of a match find.
func grokStep(raw json.RawMessage) (step, error) {
	var in struct{ Source, Match string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	src, _, err := source(in.Source, "")
	if err != nil {
		return nil, err
	}
	expression, captures, err := grok(in.Match)
	if err != nil {
		return nil, err
	}
	if len(captures) == 0 {
		return nil, errors.New("the match names no field: write %{PATTERN:field}")
	}
	return func(d *document) error {
		text, ok := d.text(src)
		if !ok {
			return errNoSource
		}
		m := expression.FindStringSubmatch(text)
		if m == nil {
			return errors.New("the text does not match")
		}
		for i, c := range captures {
			value := m[expression.SubexpIndex(fmt.Sprintf("c%d", i))]
			if value == "" {
				continue
			}
			d.set(c.key, converted(value, map[string]string{"int": "integer", "long": "integer", "integer": "integer", "float": "double", "double": "double", "boolean": "boolean"}[c.kind]), true)
		}
		return nil
	}, nil
}
