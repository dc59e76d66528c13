package query

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
)

// evalCode applies a function of a text, null where it has no answer.
func evalCode(of func(s string) (string, bool)) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		if args[0].IsNull() {
			return event.Value{}
		}
		s, ok := of(args[0].Text())
		if !ok {
			return event.Value{}
		}
		return event.StringValue(s)
	}
}

func urlEncode(s string) (string, bool) { return url.QueryEscape(s), true }

func urlDecode(s string) (string, bool) {
	out, err := url.QueryUnescape(s)
	return strings.ToValidUTF8(out, "\uFFFD"), err == nil
}

func base64Encode(s string) (string, bool) { return base64.StdEncoding.EncodeToString([]byte(s)), true }

func base64Decode(s string) (string, bool) {
	out, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		out, err = base64.RawStdEncoding.DecodeString(s)
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), err == nil
}

func hexText(s string) (string, bool) {
	out, err := hex.DecodeString(s)
	return strings.ToValidUTF8(string(out), "\uFFFD"), err == nil
}

func md5Text(s string) (string, bool) {
	sum := md5.Sum([]byte(s)) // a checksum that people look values up by
	return hex.EncodeToString(sum[:]), true
}

func sha256Text(s string) (string, bool) {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:]), true
}

func parseInt(s string) event.Value {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return event.Value{}
	}
	return event.IntValue(n)
}

func evalHexNumber(_ Row, args []event.Value) event.Value {
	if args[0].IsNull() {
		return event.Value{}
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.ToLower(args[0].Text()), "0x"), 16, 64)
	if err != nil {
		return event.Value{}
	}
	return event.IntValue(n)
}

func evalNumberHex(_ Row, args []event.Value) event.Value {
	n := evalWhole(nil, args)
	if n.IsNull() || args[0].Kind() == event.Bool {
		return event.Value{}
	}
	return event.StringValue(strconv.FormatInt(n.Int(), 16))
}

func evalAddress(of func(a netip.Addr) bool) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		if args[0].IsNull() {
			return event.Value{}
		}
		a, err := netip.ParseAddr(args[0].Text())
		return bit(err == nil && of(a.Unmap()))
	}
}

func isAddress(netip.Addr) bool     { return true }
func isAddressV4(a netip.Addr) bool { return a.Is4() }
func isAddressV6(a netip.Addr) bool { return a.Is6() }
func isPrivate(a netip.Addr) bool   { return a.IsPrivate() }

// reserved are the special-purpose ranges that the net package has no word for.
func reserved() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2001:db8::/32"),
	}
}

func isReserved(a netip.Addr) bool {
	if a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsUnspecified() {
		return true
	}
	for _, p := range reserved() {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func isPublic(a netip.Addr) bool { return !a.IsPrivate() && !isReserved(a) }

func evalSubnet(of func(a netip.Addr) bool) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		if args[0].IsNull() || args[1].IsNull() {
			return event.Value{}
		}
		a, err := netip.ParseAddr(args[0].Text())
		p, errOfPrefix := netip.ParsePrefix(args[1].Text())
		return bit(err == nil && errOfPrefix == nil && of(a.Unmap()) && p.Contains(a.Unmap()))
	}
}

func evalAddressNumber(_ Row, args []event.Value) event.Value {
	a, err := netip.ParseAddr(args[0].Text())
	if err != nil || !a.Is4() {
		return event.Value{}
	}
	b := a.As4()
	return event.IntValue(int64(b[0])<<24 | int64(b[1])<<16 | int64(b[2])<<8 | int64(b[3]))
}

// maxJSONDepth is how deep JSON in a text may nest; deeper text is none.
const maxJSONDepth = 100

// jsonAt finds what is at a path in JSON text: keys of objects, and places in arrays.
func jsonAt(s string, path []string) (json.RawMessage, bool) {
	raw := json.RawMessage(strings.TrimSpace(s))
	if tooNested(s) || !json.Valid(raw) {
		return nil, false
	}
	for at := 0; at < len(path); {
		if len(raw) == 0 {
			return nil, false
		}
		switch raw[0] {
		case '{':
			var object map[string]json.RawMessage
			if json.Unmarshal(raw, &object) != nil {
				return nil, false
			}
			// A key may have dots of its own: the nested reading goes first.
			found := false
			for end := at + 1; end <= len(path) && !found; end++ {
				if next, ok := object[strings.Join(path[at:end], ".")]; ok {
					raw, at, found = next, end, true
				}
			}
			if !found {
				return nil, false
			}
		case '[':
			var list []json.RawMessage
			i, err := strconv.Atoi(path[at])
			if json.Unmarshal(raw, &list) != nil || err != nil || i < 0 || i >= len(list) {
				return nil, false
			}
			raw, at = list[i], at+1
		default:
			return nil, false
		}
	}
	return raw, true
}

func tooNested(s string) bool {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{', '[':
			if depth++; depth > maxJSONDepth {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// jsonText is the text of a scalar, or compact JSON; null has none.
func jsonText(raw json.RawMessage) event.Value {
	if len(raw) == 0 {
		return event.Value{}
	}
	switch raw[0] {
	case 'n':
		return event.Value{}
	case 't':
		return event.StringValue("1")
	case 'f':
		return event.StringValue("0")
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return event.Value{}
		}
		return event.StringValue(s)
	case '{', '[':
		return event.StringValue(compactJSON(raw))
	}
	return event.StringValue(string(raw))
}

func compactJSON(raw json.RawMessage) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case quoted && c == '\\' && i+1 < len(raw):
			b.WriteByte(c)
			i++
			c = raw[i]
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func evalJSONValue(_ Row, args []event.Value) event.Value {
	s, ok := texts(args)
	if !ok {
		return event.Value{}
	}
	raw, ok := jsonAt(s[0], s[1:])
	if !ok {
		return event.Value{}
	}
	return jsonText(raw)
}

func jsonList(v event.Value) ([]json.RawMessage, bool) {
	s := strings.TrimSpace(v.Text())
	var list []json.RawMessage
	if !strings.HasPrefix(s, "[") || tooNested(s) || json.Unmarshal([]byte(s), &list) != nil {
		return nil, false
	}
	return list, true
}

// evalJSONList gives the list with texts in place of scalars, which is what an
// engine takes apart.
func evalJSONList(_ Row, args []event.Value) event.Value {
	list, ok := jsonList(args[0])
	if !ok {
		return event.Value{}
	}
	items := make([]event.Value, len(list))
	for i, raw := range list {
		items[i] = jsonText(raw)
	}
	return TextList(items)
}

// TextList returns the texts of values as a JSON array; nulls stay null.
func TextList(items []event.Value) event.Value {
	b := []byte{'['}
	for i, v := range items {
		if i > 0 {
			b = append(b, ',')
		}
		if v.IsNull() {
			b = append(b, "null"...)
			continue
		}
		b = appendJSONText(b, v.Text())
	}
	return event.StringValue(string(append(b, ']')))
}

// appendJSONText quotes as the SQL of engines does: no more than must be.
func appendJSONText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < 0x20:
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// ListItems takes a JSON array of [TextList] apart, null if it is none.
func ListItems(v event.Value) []event.Value {
	list, ok := jsonList(v)
	if !ok {
		return nil
	}
	items := make([]event.Value, len(list))
	for i, raw := range list {
		items[i] = jsonText(raw)
	}
	return items
}

func evalJSONSize(_ Row, args []event.Value) event.Value {
	list, ok := jsonList(args[0])
	if !ok {
		return event.Value{}
	}
	return event.IntValue(int64(len(list)))
}

func evalJSONHas(_ Row, args []event.Value) event.Value {
	list, ok := jsonList(args[0])
	if !ok || args[1].IsNull() {
		return event.Value{}
	}
	for _, raw := range list {
		if v := jsonText(raw); !v.IsNull() && v.Text() == args[1].Text() {
			return bit(true)
		}
	}
	return bit(false)
}

func evalSplit(_ Row, args []event.Value) event.Value {
	s, ok := texts(args)
	if !ok {
		return event.Value{}
	}
	parts := strings.Split(s[0], s[1])
	items := make([]event.Value, len(parts))
	for i, p := range parts {
		items[i] = event.StringValue(p)
	}
	return TextList(items)
}
