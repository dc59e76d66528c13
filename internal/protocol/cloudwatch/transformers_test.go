package cloudwatch

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// transformed runs a configuration over a message.
func transformed(t *testing.T, config, message string) string {
	t.Helper()
	var p processors
	must(t, json.Unmarshal([]byte(config), &p))
	tr, err := compileTransformer(p)
	if err != nil {
		return err.Error()
	}
	text, _ := tr.transform(message, map[string]string{"@logGroupName": "g", "@accountId": "1"})
	return text
}

func TestTransform_EachProcessor(t *testing.T) {
	t.Parallel()
	const parse = `{"parseJSON":{}},`
	for _, c := range []struct{ config, message, want string }{
		{`{"parseJSON":{"destination":"a.b"}}`, `{"x":1.50}`, `{"a":{"b":{"x":1.50}}}`},
		{`{"parseJSON":{}}`, `no json`, `no json`},
		{`{"csv":{"columns":["id","name"],"delimiter":";"}}`, `7;"a;""b"`, `{"id":"7","name":"a;\"b"}`},
		{`{"csv":{}}`, `a,,c`, `{"column_1":"a","column_2":"","column_3":"c"}`},
		{`{"parseKeyValue":{"fieldDelimiter":" ","keyPrefix":"p_","nonMatchValue":"-"}}`, `a=1 b=x=y flag`, `{"p_a":"1","p_b":"x=y","p_flag":"-"}`},
		{`{"grok":{"match":"%{IP:client.ip} %{WORD:verb} %{URIPATH:path} %{NUMBER:ms:int}"}}`, `10.0.0.1 GET /a/b 12`, `{"client":{"ip":"10.0.0.1"},"ms":12,"path":"/a/b","verb":"GET"}`},
		{`{"grok":{"match":"%{COMMONAPACHELOG}"}}`, `1.2.3.4 - frank [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326`, `{"auth":"frank","bytes":"2326","clientip":"1.2.3.4","httpversion":"1.0","ident":"-","request":"/a","response":"200","timestamp":"10/Oct/2000:13:55:36 -0700","verb":"GET"}`},
		{`{"parseVPC":{}}`, `2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK`, `{"accountId":"123456789010","action":"ACCEPT","bytes":4249,"dstAddr":"172.31.16.21","dstPort":22,"end":1418530070,"interfaceId":"eni-1","logStatus":"OK","packets":20,"protocol":6,"srcAddr":"172.31.16.139","srcPort":20641,"start":1418530010,"version":2}`},
		{`{"parseRoute53":{}}`, `1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NOERROR TCP IAD12 192.0.2.0 -`, `{"edgeLocation":"IAD12","ednsClientSubnet":"-","hostZoneId":"Z123412341234","protocol":"TCP","queryName":"example.com","queryTimestamp":"2017-12-13T08:15:50.235Z","queryType":"AAAA","resolverIp":"192.0.2.0","responseCode":"NOERROR","version":1.0}`},
		{`{"parseRoute53":{}}`, `1.0 too short`, `1.0 too short`},
		{
			`{"parseCloudfront":{"source":"@message"}}`,
			strings.ReplaceAll("2026-01-15 10:00:00 LAX1 392 192.0.2.24 GET d1.cloudfront.net /a%20b 200 - Mozilla/5.0%20(X11;%20Linux) q=1 - Hit ID== shop.example https 23 0.001 - TLSv1.3 AES Hit HTTP/2.0 - - 11040 0.002 Hit text/html 78 - -", " ", "\t"),
			`{"c-ip":"192.0.2.24","c-port":11040,"cs(Cookie)":"-","cs(Host)":"d1.cloudfront.net","cs(Referer)":"-","cs(User-Agent)":"Mozilla/5.0 (X11; Linux)","cs-bytes":23,"cs-method":"GET","cs-protocol":"https","cs-protocol-version":"HTTP/2.0","cs-uri-query":"q=1","cs-uri-stem":"/a b","date":"2026-01-15","fle-encrypted-fields":"-","fle-status":"-","sc-bytes":392,"sc-content-len":78,"sc-content-type":"text/html","sc-range-end":"-","sc-range-start":"-","sc-status":200,"ssl-cipher":"AES","ssl-protocol":"TLSv1.3","time":"10:00:00","time-taken":0.001,"time-to-first-byte":0.002,"x-edge-detailed-result-type":"Hit","x-edge-location":"LAX1","x-edge-request-id":"ID==","x-edge-response-result-type":"Hit","x-edge-result-type":"Hit","x-forwarded-for":"-","x-host-header":"shop.example"}`,
		},
		{`{"parsePostgres":{}}`, `2026-03-10 03:54:59 UTC:10.0.0.123(52834):postgres@logtestdb:[20175]:ERROR:  column "a" does not exist: at 8`, `{"dbName":"logtestdb","logLevel":"ERROR","logTime":"2026-03-10 03:54:59 UTC","processId":"20175","srcIp":"10.0.0.123(52834)","userName":"postgres"}`},
		{`{"parsePostgres":{}}`, `2026-03-10 03:54:59 UTC:2001:db8::1(4):ada@shop:[7]:LOG:  x`, `{"dbName":"shop","logLevel":"LOG","logTime":"2026-03-10 03:54:59 UTC","processId":"7","srcIp":"2001:db8::1(4)","userName":"ada"}`},
		{`{"parsePostgres":{}}`, `2026-03-10 03:54:59 UTC::@:[7]:LOG:  checkpoint starting: time`, `{"logLevel":"LOG","logTime":"2026-03-10 03:54:59 UTC","processId":"7"}`},
		{`{"parseWAF":{}}`, `{"action":"BLOCK","httpRequest":{"headers":[{"name":"Host","value":"a"},{"name":"Via","value":"1"},{"name":"Via","value":"2"}],"uri":"/"},"labels":[{"name":"sqli"},{"name":"bot"}]}`, `{"action":"BLOCK","httpRequest":{"headers":{"Host":"a","Via":["1","2"]},"uri":"/"},"labels":{"name":["sqli","bot"]}}`},
		{`{"parseWAF":{}}`, `{"httpRequest":{"headers":"odd"},"labels":[{"name":"v"},7]}`, `{"httpRequest":{"headers":"odd"},"labels":[{"name":"v"},7]}`},
		{parse + `{"addKeys":{"entries":[{"key":"n.g","value":"@logGroupName"},{"key":"x","value":"no"},{"key":"y","value":"${x}-${n.g}"}]}}`, `{"x":"1"}`, `{"n":{"g":"g"},"x":"1","y":"1-g"}`},
		{parse + `{"deleteKeys":{"withKeys":["a.b","nothing"]}}`, `{"a":{"b":1,"c":2}}`, `{"a":{"c":2}}`},
		{parse + `{"moveKeys":{"entries":[{"source":"a","target":"o"},{"source":"b","target":"c.d"}]}}`, `{"a":1,"b":2,"o":{}}`, `{"c":{"d":2},"o":{"a":1}}`},
		{parse + `{"renameKeys":{"entries":[{"key":"a","renameTo":"b"},{"key":"c","renameTo":"d"}]}}`, `{"a":1,"c":2,"d":3}`, `{"b":1,"c":2,"d":3}`},
		{parse + `{"copyValue":{"entries":[{"source":"a[1]","target":"b"}]}}`, `{"a":[1,2]}`, `{"a":[1,2],"b":2}`},
		{parse + `{"listToMap":{"source":"l","key":"k","valueKey":"v","target":"m","flatten":true,"flattenedElement":"first"}}`, `{"l":[{"k":"a","v":1},{"k":"a","v":2},{"v":3}]}`, `{"l":[{"k":"a","v":1},{"k":"a","v":2},{"v":3}],"m":{"a":1}}`},
		{parse + `{"listToMap":{"source":"l","key":"k","valueKey":"v"}}`, `{"l":[{"k":"a","v":1},{"k":"a","v":2}]}`, `{"a":[1,2],"l":[{"k":"a","v":1},{"k":"a","v":2}]}`},
		{parse + `{"upperCaseString":{"withKeys":["a"]}},{"trimString":{"withKeys":["b"]}},{"lowerCaseString":{"withKeys":["c"]}}`, `{"a":"x","b":" y ","c":5}`, `{"a":"X","b":"y","c":5}`},
		{parse + `{"splitString":{"entries":[{"source":"a","delimiter":"|"}]}}`, `{"a":"x|y"}`, `{"a":["x","y"]}`},
		{parse + `{"substituteString":{"entries":[{"source":"a","from":"(\\d+)","to":"<$1>"}]}}`, `{"a":"b12"}`, `{"a":"b<12>"}`},
		{parse + `{"typeConverter":{"entries":[{"key":"a","type":"integer"},{"key":"b","type":"double"},{"key":"c","type":"boolean"},{"key":"d","type":"string"},{"key":"e","type":"integer"}]}}`, `{"a":"12.7","b":"1.5","c":"TRUE","d":7,"e":"x"}`, `{"a":12,"b":1.5,"c":true,"d":"7","e":"x"}`},
		{parse + `{"dateTimeConverter":{"source":"a","target":"b","matchPatterns":["epoch","dd/MMM/yyyy:HH:mm:ss XX"]}}`, `{"a":"10/Oct/2000:13:55:36 -0700"}`, `{"a":"10/Oct/2000:13:55:36 -0700","b":"2000-10-10T20:55:36.000Z"}`},
		{parse + `{"dateTimeConverter":{"source":"a","target":"b","matchPatterns":["epoch"],"targetFormat":"yyyy-MM-dd HH:mm","targetTimezone":"Europe/Berlin"}}`, `{"a":1768471200}`, `{"a":1768471200,"b":"2026-01-15 11:00"}`},
	} {
		if got := transformed(t, "["+c.config+"]", c.message); got != c.want {
			t.Errorf("%s of %s:\n %s\nwant\n %s", c.config, c.message, got, c.want)
		}
	}
}

func TestTransform_IsCheckedAndBounded(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`[{"addKeys":{"entries":[]}}]`:       "must be a parser",
		`[{"parseToOCSF":{}}]`:               "'parseToOCSF', which is not served",
		`[{"parseWAF":{"source":"a"}}]`:      "can only be @message",
		`[{"parseJSON":{}},{"parseWAF":{}}]`: "must be the first",
		`[{"parseJSON":{},"csv":{}}]`:        "two members",
		`[{}]`:                               "''",
		`[{"grok":{"match":"%{NOPE:a}"}}]`:   "%{NOPE} is unknown",
		`[{"grok":{"match":"x"}}]`:           "names no field",
		`[{"grok":{"match":"%{WORD:a"}},{"grok":{"match":"%{WORD:a}"}}]`:                              "names no field",
		`[{"grok":{"match":"%{WORD:a}"}},{"grok":{"match":"%{WORD:a}"}}]`:                             "one grok",
		`[{"parseJSON":{}},{"deleteKeys":{"withKeys":["a..b"]}}]`:                                     "empty part",
		`[{"parseJSON":{}},{"substituteString":{"entries":[{"source":"a","from":"(","to":""}]}}]`:     "no regular expression",
		`[{"parseJSON":{}},{"dateTimeConverter":{"source":"a","target":"b","matchPatterns":["QQ"]}}]`: "'QQ', which is not known",
		`[{"parseJSON":{}},{"listToMap":{"source":"a","key":"k","flatten":true}}]`:                    "flattenedElement",
	} {
		if got := transformed(t, config, "{}"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", config, got, want)
		}
	}
	long := `{"a":"` + strings.Repeat("x", 1000) + `"}`
	bomb := `[{"parseJSON":{}}` + strings.Repeat(`,{"substituteString":{"entries":[{"source":"a","from":"x","to":"xxxxxxxx"}]}}`, 10) + `]`
	double := `[{"parseJSON":{}}` + strings.Repeat(`,{"copyValue":{"entries":[{"source":"a","target":"b.x"},{"source":"a","target":"b.y"},{"source":"b","target":"a","overwriteIfExists":true},{"source":"a","target":"c"}]}},{"deleteKeys":{"withKeys":["b"]}}`, 9) + `]`
	for _, config := range []string{double, `[{"parseJSON":{}},{"copyValue":{"entries":[{"source":"o","target":"o.o"}]}}]`} {
		message := `{"a":"` + strings.Repeat("x", 10_000) + `","o":{}}`
		if got := transformed(t, config, message); len(got) > maxTransformed {
			t.Errorf("%d bytes came out", len(got))
		}
	}
	if got := transformed(t, bomb, long); got != long {
		t.Errorf("%d bytes came out", len(got))
	}
}

// The fields of a line are those of its transformed text, its text stays as it was
// put; filters look at either.
func TestTransformers_OfAGroup(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	config := []object{{"parseKeyValue": object{"fieldDelimiter": " "}}, {"typeConverter": object{"entries": []object{{"key": "ms", "type": "integer"}}}}, {"addKeys": object{"entries": []object{{"key": "from", "value": "@logStreamName"}}}}}
	r.fails("ResourceNotFoundException", "no transformer", "GetTransformer", object{"logGroupIdentifier": "g"})
	r.ok("PutTransformer", object{"logGroupIdentifier": "g", "transformerConfig": config})
	for name, on := range map[string]bool{"of-text": false, "of-transformed": true} {
		r.ok("PutMetricFilter", object{
			"logGroupName": "g", "filterName": name, "filterPattern": "{ $.ms > 5 }", "applyOnTransformedLogs": on,
			"metricTransformations": []object{{"metricName": name, "metricNamespace": "m", "metricValue": "$.ms"}},
		})
	}
	r.restart()
	r.store.Take()
	r.put("g", "s", "ms=12 path=/a")
	got := ""
	for _, b := range r.store.Take() {
		for i := range b.Len() {
			row := b.Row(i)
			got += fmt.Sprintf("[%s %s %s %s %s]", row.Get(event.FieldBody).Text(), row.Get("ms").Text(), row.Get("from").Text(), row.Get("of-text").Text(), row.Get("of-transformed").Text())
		}
	}
	if want := `[ms=12 path=/a 12 s  ][    12]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if d := r.ok("GetTransformer", object{"logGroupIdentifier": "g"}); len(d["transformerConfig"].([]any)) != 3 {
		t.Errorf("%v", d)
	}
	out := r.ok("TestTransformer", object{"transformerConfig": config, "logEventMessages": []string{"a=1", "x"}})
	if got := fmt.Sprint(out["transformedLogs"]); got != `[map[eventMessage:a=1 eventNumber:1 transformedEventMessage:{"a":"1","from":""}] map[eventMessage:x eventNumber:2 transformedEventMessage:x]]` {
		t.Error(got)
	}
	r.ok("DeleteTransformer", object{"logGroupIdentifier": "g"})
	r.put("g", "s", "ms=12 path=/a")
	if b := r.store.Take(); len(b) != 1 || b[0].Find("ms") != nil {
		t.Errorf("%v", b)
	}
}

func FuzzTransform(f *testing.F) {
	f.Add(`[{"parseJSON":{}},{"moveKeys":{"entries":[{"source":"a","target":"b"}]}}]`, `{"a":{"b":1}}`)
	f.Add(`[{"grok":{"match":"%{DATA:a} %{GREEDYDATA:b}"}},{"listToMap":{"source":"a","key":"k"}}]`, `x y`)
	f.Add(`[{"csv":{"quoteCharacter":"'","delimiter":"||"}},{"splitString":{"entries":[{"source":"column_1","delimiter":""}]}},{"copyValue":{"entries":[{"source":"column_1","target":"column_1.x"}]}}]`, `'a''||b`)
	f.Add(`[{"parsePostgres":{}}]`, `2026-03-10 03:54:59 UTC:[local]:a@b:[7]:LOG: x`)
	f.Add(`[{"parseWAF":{}}]`, `{"httpRequest":{"headers":[{"name":"a"},{}]},"labels":[{"a":1},{"a":[]}]}`)
	f.Fuzz(func(t *testing.T, config, message string) {
		var p processors
		if json.Unmarshal([]byte(config), &p) != nil || len(p) > 20 {
			return
		}
		tr, err := compileTransformer(p)
		if err != nil {
			return
		}
		if text, ok := tr.transform(message, nil); ok && !json.Valid([]byte(text)) {
			t.Errorf("%q", text)
		}
	})
}
