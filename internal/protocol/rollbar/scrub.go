package rollbar

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/event"
)

// filtered is what takes the place of a secret.
const filtered = "[FILTERED]"

// ScrubRules say what is taken out of payloads before they are stored. Names are
// those of members anywhere in a payload, of headers, and of parameters in
// addresses and forms; case, dashes and underscores make no difference, and *
// stands for any text.
type ScrubRules struct {
	Names       []string `json:"names"`
	Except      []string `json:"except"`       // names that no rule above is for
	CardNumbers bool     `json:"card_numbers"` // numbers of payment cards, wherever they stand in a text
}

// defaultScrubRules are those of an environment that has none of its own.
func defaultScrubRules() ScrubRules {
	return ScrubRules{
		Names: []string{
			"*password*", "*passwd*", "*passphrase*", "pwd", "pw", "*secret*", "*token", "*tokens", "*authorization*", "*cookie", "*cookies",
			"*api_key*", "*access_key*", "*private_key*", "*credential*", "*credit_card*", "*card_number*", "cc_number", "cvv", "cvc", "cvv2",
			"ssn", "social_security*", "iban", "session_id_secret", "xsrf*", "csrf*", "x-rollbar-access-token", "x-api-key", "x-honeycomb-team",
		},
		Except:      []string{},
		CardNumbers: true,
	}
}

// scrubber applies rules. Names are looked at once, up to a bound.
type scrubber struct {
	rules  ScrubRules
	names  []string
	except []string
	known  atomic.Pointer[map[string]bool] // never changed: what comes new is added to a copy

	mu     sync.Mutex
	fresh  map[string]bool // not in known yet
	misses int
}

const maxKnownNames = 8192

func newScrubber(rules ScrubRules) *scrubber {
	s := &scrubber{rules: rules}
	s.known.Store(&map[string]bool{})
	for _, n := range rules.Names {
		s.names = append(s.names, plainName(n))
	}
	for _, n := range rules.Except {
		s.except = append(s.except, plainName(n))
	}
	return s
}

// plainName is a name without what makes no difference.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == ' ':
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// secret reports whether values of a name are taken out.
func (s *scrubber) secret(name string) bool {
	if name == "" {
		return false
	}
	known := *s.known.Load()
	if is, ok := known[name]; ok {
		return is
	}
	if len(known) >= maxKnownNames || len(name) > maxName {
		return s.matches(name)
	}
	return s.learn(name)
}

func (s *scrubber) matches(name string) bool {
	plain := plainName(event.Cut(name, maxName))
	return matchesAny(s.names, plain) && !matchesAny(s.except, plain)
}

// learn remembers a name. They are made known together: each time, all are copied.
func (s *scrubber) learn(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.misses++
	is, waits := s.fresh[name]
	if !waits {
		is = s.matches(name)
		if s.fresh == nil {
			s.fresh = map[string]bool{}
		}
		s.fresh[strings.Clone(name)] = is
	}
	known := *s.known.Load()
	if s.misses <= len(known) {
		return is
	}
	all := make(map[string]bool, len(known)+len(s.fresh))
	maps.Copy(all, known)
	maps.Copy(all, s.fresh)
	s.known.Store(&all)
	s.fresh, s.misses = nil, 0
	return is
}

func matchesAny(globs []string, name string) bool {
	for _, g := range globs {
		if globbed(g, name) {
			return true
		}
	}
	return false
}

// globbed matches a name with a pattern whose * stand for any text.
func globbed(glob, name string) bool {
	parts := strings.Split(glob, "*")
	if len(parts) == 1 {
		return glob == name
	}
	last := len(parts) - 1
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	for _, part := range parts[1:last] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return strings.HasSuffix(name, parts[last])
}

// scrub takes secrets out of a tree below a node and returns how many there were.
func (s *scrubber) scrub(t *tree, at int32) (found int) {
	if t.nodes[at].kind == isObject {
		// Attributes are objects of a key and a value.
		if value := t.get(at, "value"); value != none && s.secret(t.textAt(at, "key")) {
			return blank(t, value)
		}
	}
	for i := t.nodes[at].child; i != 0; i = t.nodes[i].next {
		n := &t.nodes[i]
		switch {
		case n.gone:
		case s.secret(n.name):
			found += blank(t, i)
		case n.kind == isObject || n.kind == isList:
			found += s.scrub(t, i)
		case n.kind == isText || n.kind == isNumber:
			if text := s.text(n); text != n.text {
				t.setText(i, text)
				found++
			}
		}
	}
	return found
}

// blank takes out all values below a name of a secret, and leaves which there were.
// What is true or false tells no secret.
func blank(t *tree, at int32) (found int) {
	n := &t.nodes[at]
	switch n.kind {
	case isObject, isList:
		for i := n.child; i != 0; i = t.nodes[i].next {
			found += blank(t, i)
		}
	case isText, isNumber:
		if n.text == "" || n.text == filtered || strings.Trim(n.text, "*") == "" {
			return 0 // the client was here before us
		}
		t.setText(at, filtered)
		return 1
	case isTrue, isFalse, isNull:
	}
	return found
}

// text returns a value without what is secret in it.
func (s *scrubber) text(n *node) string {
	text := n.text
	if s.rules.CardNumbers {
		text = withoutCards(text, n.kind == isNumber)
	}
	if n.kind == isText && strings.IndexByte(text, '=') > 0 && holdsPairs(n.name) {
		text = s.pairs(text)
	}
	if n.kind == isText && len(text) > 1 && text[0] == '{' && strings.EqualFold(n.name, "body") {
		text = s.inner(text)
	}
	return text
}

// holdsPairs reports whether a value of a name is an address or a form.
func holdsPairs(name string) bool {
	name = plainName(name)
	for _, end := range [...]string{"url", "uri", "querystring", "referer", "referrer", "body", "href", "location", "from", "to"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// pairs takes secrets out of parameters: name=value with & ; or ? before them.
func (s *scrubber) pairs(text string) string {
	var out strings.Builder
	from := 0 // of what is not in out yet
	for i := 0; i < len(text); {
		next := strings.IndexByte(text[i:], '=')
		if next < 0 {
			break
		}
		equals := i + next
		name := text[i:equals]
		if cut := strings.LastIndexAny(name, "?&;# \n"); cut >= 0 {
			name = name[cut+1:]
		}
		end := strings.IndexAny(text[equals:], "&;# \n")
		if end < 0 {
			end = len(text)
		} else {
			end += equals
		}
		if value := text[equals+1 : end]; value != "" && value != filtered && s.secret(strings.TrimSuffix(name, "[]")) && strings.Trim(value, "*") != "" {
			out.WriteString(text[from : equals+1])
			out.WriteString(filtered)
			from = end
		}
		i = max(end, equals+1)
	}
	if from == 0 {
		return text
	}
	out.WriteString(text[from:])
	return out.String()
}

// inner takes secrets out of JSON in a text.
func (s *scrubber) inner(text string) string {
	var t tree
	if t.readAll([]byte(text)) != nil || s.scrub(&t, 0) == 0 {
		return text
	}
	return string(t.print(nil, 0, none))
}

const (
	minCard = 13
	maxCard = 19
)

// withoutCards takes numbers of payment cards out of a text: 13 to 19 digits,
// which may stand in groups, that begin as cards' do and add up as they do.
func withoutCards(text string, number bool) string {
	if len(text) < minCard {
		return text
	}
	from := 0
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] < '2' || text[i] > '6' || i > 0 && wordByte(text[i-1]) {
			continue
		}
		end := cardAt(text[i:])
		if end == 0 || number && (end != len(text) || end < 15 || end > 16) {
			continue
		}
		out.WriteString(text[from:i])
		out.WriteString(filtered)
		i += end - 1
		from = i + 1
	}
	if from == 0 {
		return text
	}
	out.WriteString(text[from:])
	return out.String()
}

// cardAt returns the length of the card's number at the start of text, 0 if there is none.
func cardAt(text string) int {
	var digits [maxCard]byte
	n, end := 0, 0
	for i := range len(text) {
		c := text[i]
		if (c == ' ' || c == '-') && i+1 < len(text) && isDigit(text[i+1]) && text[i-1] != ' ' && text[i-1] != '-' {
			continue
		}
		if !isDigit(c) {
			if wordByte(c) || c == '.' && i+1 < len(text) && isDigit(text[i+1]) {
				return 0
			}
			break
		}
		if n == maxCard {
			return 0
		}
		digits[n] = c - '0'
		n++
		end = i + 1
	}
	if n < minCard || !cardPrefix(digits[:4]) || !luhn(digits[:n]) {
		return 0
	}
	return end
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// wordByte reports whether a byte before or after digits makes them a part of something else.
func wordByte(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '.' || c == '-' || c == '/'
}

// cardPrefix reports whether a card's number may begin so.
func cardPrefix(d []byte) bool {
	switch two := int(d[0])*10 + int(d[1]); {
	case d[0] == 4, two >= 50 && two <= 69:
		return true
	case d[0] == 3:
		return two == 30 || two >= 34 && two <= 39
	default:
		return two >= 22 && two <= 27
	}
}

// luhn reports whether digits add up as those of a card.
func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		v := int(d)
		if (len(digits)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
