package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// The parsers of what services of AWS write. They read a whole line, come first,
// and take nothing to set but the source, which can only be the line.

// vendedNames are those parsers.
func vendedNames() map[string]func(raw json.RawMessage) (step, error) {
	return map[string]func(json.RawMessage) (step, error){
		"parseVPC": vendedStep(flowReader), "parseRoute53": vendedStep(route53Reader), "parseCloudfront": vendedStep(cloudfrontReader),
		"parsePostgres": vendedStep(postgresReader), "parseWAF": vendedStep(wafReader),
	}
}

// vendedReader reads the fields of a line.
type vendedReader func(message string) (map[string]any, error)

// vendedStep makes a parser of what makes a reader.
func vendedStep(reader func() vendedReader) func(json.RawMessage) (step, error) {
	return func(raw json.RawMessage) (step, error) {
		var in struct{ Source string }
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, err
		}
		if in.Source != "" && in.Source != "@message" {
			return nil, fmt.Errorf("its source is '%s'; it can only be @message", cut(in.Source))
		}
		read := reader()
		return func(d *document) error {
			fields, err := read(d.message)
			if err != nil {
				return err
			}
			d.merge(nil, fields, true)
			return nil
		}, nil
	}
}

// columns are the names of what stands between blanks in a line; those that end in
// # are numbers.
type columns []string

// read names the values of a line. value is applied to each.
func (names columns) read(message, what string, value func(string) string) (map[string]any, error) {
	values := strings.Fields(message)
	if len(values) != len(names) {
		return nil, fmt.Errorf("it has %d fields; %s has %d", len(values), what, len(names))
	}
	fields := make(map[string]any, len(names))
	for i, name := range names {
		name, isNumber := strings.CutSuffix(name, "#")
		if isNumber && values[i] != "-" && json.Valid([]byte(values[i])) {
			fields[name] = json.Number(values[i])
			continue
		}
		fields[name] = value(values[i])
	}
	return fields, nil
}

func asItIs(value string) string { return value }

// flowReader reads flow logs of the usual form. What one does not know is missing.
func flowReader() vendedReader {
	names := columns(strings.Fields("version# accountId interfaceId srcAddr dstAddr srcPort# dstPort# protocol# packets# bytes# start# end# action logStatus"))
	return func(message string) (map[string]any, error) {
		fields, err := names.read(message, "a flow log", asItIs)
		for name, v := range fields {
			if v == "-" {
				delete(fields, name)
			}
		}
		return fields, err
	}
}

// route53Reader reads lines about queries to a hosted zone.
func route53Reader() vendedReader {
	names := columns(strings.Fields("version# queryTimestamp hostZoneId queryName queryType responseCode protocol edgeLocation resolverIp ednsClientSubnet"))
	return func(message string) (map[string]any, error) { return names.read(message, "a log of queries", asItIs) }
}

// cloudfrontReader reads access logs. Their texts are encoded as in an address.
func cloudfrontReader() vendedReader {
	names := columns(strings.Fields(`date time x-edge-location sc-bytes# c-ip cs-method cs(Host) cs-uri-stem sc-status# cs(Referer) cs(User-Agent)
		cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes# time-taken# x-forwarded-for ssl-protocol
		ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields# c-port# time-to-first-byte#
		x-edge-detailed-result-type sc-content-type sc-content-len# sc-range-start# sc-range-end#`))
	return func(message string) (map[string]any, error) {
		return names.read(message, "an access log", func(value string) string {
			if plain, err := url.PathUnescape(value); err == nil {
				return plain
			}
			return value
		})
	}
}

// postgresPrefix is what log_line_prefix is on RDS, %t:%r:%u@%d:[%p]:, then the level.
const postgresPrefix = `^(\S+ \S+ [A-Za-z0-9+-]+):(.*?):([^:@]*)@([^:]*):\[(\d+)\]:\s*([A-Z][A-Z0-9]*):`

func postgresReader() vendedReader {
	prefix := regexp.MustCompile(postgresPrefix)
	return func(message string) (map[string]any, error) {
		m := prefix.FindStringSubmatch(message)
		if m == nil {
			return nil, errors.New("it does not begin as a line of PostgreSQL on RDS does, time:host:user@database:[process]:LEVEL: and a text")
		}
		fields := map[string]any{}
		for i, name := range []string{"logTime", "srcIp", "userName", "dbName", "processId", "logLevel"} {
			if m[i+1] != "" {
				fields[name] = m[i+1]
			}
		}
		return fields, nil
	}
}

// wafReader reads the JSON of a web ACL, whose headers and labels it turns from lists
// into objects, so that a header can be asked for by its name.
func wafReader() vendedReader {
	return func(message string) (map[string]any, error) {
		fields, err := readObject(message)
		if err != nil {
			return nil, err
		}
		if request, is := fields["httpRequest"].(map[string]any); is {
			request["headers"] = byName(request["headers"], func(o map[string]any) (map[string]any, bool) {
				name, is := o["name"].(string)
				return map[string]any{name: o["value"]}, is
			})
		}
		if labels, has := fields["labels"]; has {
			fields["labels"] = byName(labels, func(o map[string]any) (map[string]any, bool) { return o, true })
		}
		return fields, nil
	}
}

// byName makes one object of a list of them. What has the same name becomes a list;
// a list of anything else stays.
func byName(v any, members func(map[string]any) (map[string]any, bool)) any {
	list, is := v.([]any)
	if !is {
		return v
	}
	all := map[string][]any{}
	for _, item := range list {
		o, is := item.(map[string]any)
		if !is {
			return v
		}
		found, ok := members(o)
		if !ok {
			return v
		}
		for name, value := range found {
			all[name] = append(all[name], value)
		}
	}
	out := make(map[string]any, len(all))
	for name, values := range all {
		if out[name] = values[0]; len(values) > 1 {
			out[name] = values
		}
	}
	return out
}
