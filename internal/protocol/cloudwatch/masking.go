package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A data protection policy says what must not be seen in a group's lines. What
// matches is masked when a line comes in, byte by byte, so that it is nowhere: not
// in the journal, not in a segment, not in an answer. Nobody can unmask it: who asks
// for that is told so.

// masker masks what matches one of its expressions.
type masker struct{ expressions []identifier }

type identifier struct {
	*regexp.Regexp
	valid func(match []byte) bool // nil: every match counts
}

// identifiers are the service's data identifiers that are served.
func identifiers() map[string]struct {
	expression string
	valid      func([]byte) bool
} {
	const private = `(?s)-----BEGIN %s-----.*?-----END %s-----`
	key := func(name string) string { return fmt.Sprintf(private, name, name) }
	return map[string]struct {
		expression string
		valid      func([]byte) bool
	}{
		"EmailAddress":      {`[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+`, nil},
		"IpAddress":         {`\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\b|\b(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}\b|\b(?:[0-9A-Fa-f]{1,4}:){1,6}:(?:[0-9A-Fa-f]{1,4})?(?::[0-9A-Fa-f]{1,4}){0,5}`, nil},
		"CreditCardNumber":  {`\b[0-9](?:[ -]?[0-9]){12,18}\b`, luhn},
		"AwsSecretKey":      {`\b[A-Za-z0-9/+]{40}\b`, mixed},
		"Ssn-US":            {`\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b`, nil},
		"OpenSshPrivateKey": {key("OPENSSH PRIVATE KEY"), nil},
		"PgpPrivateKey":     {key("PGP PRIVATE KEY BLOCK"), nil},
		"PkcsPrivateKey":    {key(`(?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY`), nil},
	}
}

// luhn reports whether the digits of a match add up as those of a card do.
func luhn(match []byte) bool {
	sum, double := 0, false
	for _, c := range slices.Backward(match) {
		if c < '0' || c > '9' {
			continue
		}
		n := int(c - '0')
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
		double = !double
	}
	return sum%10 == 0
}

// mixed reports whether a match has letters of both cases and a digit: words and
// paths of that length have not.
func mixed(match []byte) bool {
	var lower, upper, digit bool
	for _, c := range match {
		lower = lower || c >= 'a' && c <= 'z'
		upper = upper || c >= 'A' && c <= 'Z'
		digit = digit || c >= '0' && c <= '9'
	}
	return lower && upper && digit
}

// mask overwrites what matches. A nil masker masks nothing.
func (m *masker) mask(message []byte) {
	if m == nil {
		return
	}
	for _, e := range m.expressions {
		for _, at := range e.FindAllIndex(message, -1) {
			if found := message[at[0]:at[1]]; e.valid == nil || e.valid(found) {
				for i := range found {
					found[i] = '*'
				}
			}
		}
	}
}

// maxCustom is how many expressions of its own a policy may have.
const maxCustom = 10

type protectionPolicy struct {
	Configuration struct {
		CustomDataIdentifier []struct{ Name, Regex string }
	}
	Statement []struct {
		DataIdentifier []string
		Operation      struct {
			Audit *struct {
				FindingsDestination map[string]json.RawMessage
			}
			Deidentify *struct{ MaskConfig map[string]json.RawMessage }
		}
	}
}

// compileProtection reads the document of a data protection policy: two statements
// about the same identifiers, one that audits and one that masks.
func compileProtection(document string) (*masker, error) {
	var p protectionPolicy
	decoder := json.NewDecoder(strings.NewReader(document))
	if err := decoder.Decode(&p); err != nil {
		return nil, fmt.Errorf("it is not valid JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it goes on after its end")
	}
	if len(p.Statement) != 2 || p.Statement[0].Operation.Audit == nil || p.Statement[1].Operation.Deidentify == nil || p.Statement[1].Operation.Deidentify.MaskConfig == nil {
		return nil, errors.New("it must have two statements: one with the operation Audit, then one with Deidentify and an empty MaskConfig")
	}
	names := p.Statement[0].DataIdentifier
	if len(names) == 0 || !slices.Equal(names, p.Statement[1].DataIdentifier) {
		return nil, errors.New("both statements must have the same DataIdentifier, which must not be empty")
	}
	if len(p.Statement[0].Operation.Audit.FindingsDestination) > 0 {
		return nil, errors.New("findings are not delivered by this server: FindingsDestination must be empty")
	}
	custom := map[string]string{}
	for _, c := range p.Configuration.CustomDataIdentifier {
		custom[c.Name] = c.Regex
	}
	if len(custom) > maxCustom {
		return nil, fmt.Errorf("it has %d custom data identifiers; the limit is %d", len(custom), maxCustom)
	}
	m := &masker{}
	known := identifiers()
	for _, name := range names {
		short := name[strings.LastIndexByte(name, '/')+1:]
		one, is := known[short]
		if expression, own := custom[name]; own {
			one.expression, is = expression, true
			one.valid = nil
		}
		if !is {
			return nil, fmt.Errorf("the data identifier '%s' is not served by this version of Oriel; it has %s, and custom ones", cut(name), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		e, err := regexp.Compile(one.expression)
		if err != nil {
			return nil, fmt.Errorf("the expression of '%s' is not valid: %w", cut(name), err)
		}
		m.expressions = append(m.expressions, identifier{e, one.valid})
	}
	return m, nil
}

// maxProtection of a policy's document, in bytes.
const maxProtection = 30_720

// checkProtection refuses documents that are none.
func checkProtection(document string) error {
	if len(document) > maxProtection {
		return invalidParameter(fmt.Sprintf("The data protection policy has %d bytes; the limit is %d.", len(document), maxProtection))
	}
	if _, err := compileProtection(document); err != nil {
		return invalidParameter("The data protection policy is not valid: " + err.Error())
	}
	return nil
}

// keptProtection is a group's policy.
type keptProtection struct{ Document string }

const (
	protectionKind = "data-protection"
	protectionName = "policy" // a group has one
)

func (g *Groups) protections() shelf[keptProtection] {
	return shelf[keptProtection]{groups: g, kind: protectionKind}
}

// protected notes that lines were masked by a policy that is gone.
type protected struct{}

// protectedKind of notes, of a group or (without an owner) of the account.
const protectedKind = "data-protected"

func (g *Groups) protecteds() shelf[protected] {
	return shelf[protected]{groups: g, kind: protectedKind}
}

// noteProtected notes that a policy goes.
func (g *Groups) noteProtected(ctx context.Context, at place, nowMS int64) error {
	_, err := g.protecteds().replace(ctx, at, protectionName, nowMS, protected{})
	return err
}

// protectedUntil returns when the last policy of a place went, Unix ms; 0: none did.
func (g *Groups) protectedUntil(ctx context.Context, at place) (int64, error) {
	k, err := g.protecteds().get(ctx, at, protectionName)
	if err != nil || k == nil {
		return 0, err
	}
	return k.Updated, nil
}

// protectionStatus says whether the lines of a group are masked, as the service calls it.
type protectionStatus string

const (
	unprotected   protectionStatus = ""
	protectedNow  protectionStatus = "ACTIVATED"
	protectedOnce protectionStatus = "DELETED"
)

// inheritedProtection says of a group that the account's policy holds for it.
const inheritedProtection = "ACCOUNT_DATA_PROTECTION"

// maskAll masks every line as a whole.
func maskAll() *masker {
	return &masker{[]identifier{{regexp.MustCompile(`(?s).+`), nil}}}
}

// loadProtection brings the policies of a group and its account to where lines are put.
func (g *Groups) loadProtection(ctx context.Context, one *group, rules *accountRules) error {
	k, err := g.protections().get(ctx, one.at(), protectionName)
	if err != nil {
		return err
	}
	var m *masker
	if k != nil {
		if m, err = compileProtection(k.Body.Document); err != nil {
			m = maskAll() // rather nothing than a secret
		}
	}
	if a := rules.protection; a != nil && m != nil {
		m = &masker{slices.Concat(m.expressions, a.expressions)}
	} else if a != nil {
		m = a
	}
	until, untilErr := g.protectedUntil(ctx, one.at())
	one.mu.Lock()
	defer one.mu.Unlock()
	one.masker, one.inherits = m, rules.protection != nil
	switch {
	case m != nil:
		one.protection = protectedNow
	case until > 0 || rules.protected > one.created:
		one.protection = protectedOnce
	default:
		one.protection = unprotected
	}
	return errors.Join(err, untilErr)
}

// unmaskable refuses to show what is kept nowhere.
func (g *group) unmaskable(asked bool) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if !asked || g.protection == unprotected {
		return nil
	}
	return invalidParameter("The lines of log group " + g.name + " can't be unmasked: this server masks what a data protection policy names when a line comes in, and keeps it nowhere. Ask without unmask.")
}

// masking returns what masks the group's lines, nil for nothing.
func (g *group) masking() *masker {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.masker
}

// putDataProtectionPolicy masks what comes in from now on.
func (f *Front) putDataProtectionPolicy(c *call) (any, error) {
	var in struct{ LogGroupIdentifier, PolicyDocument string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup("", in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if err := checkProtection(in.PolicyDocument); err != nil {
		return nil, err
	}
	k, err := f.groups.protections().replace(c.Context(), g.at(), protectionName, c.nowMS(), keptProtection{in.PolicyDocument})
	if err != nil {
		return nil, err
	}
	return map[string]any{"logGroupIdentifier": in.LogGroupIdentifier, "policyDocument": in.PolicyDocument, "lastUpdatedTime": k.Updated}, f.groups.load(c.Context(), g)
}

func (f *Front) getDataProtectionPolicy(c *call) (any, error) {
	var in struct{ LogGroupIdentifier string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.group("", in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	k, err := f.groups.protections().get(c.Context(), g.at(), protectionName)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"logGroupIdentifier": in.LogGroupIdentifier}
	if k != nil {
		answer["policyDocument"], answer["lastUpdatedTime"] = k.Body.Document, k.Updated
	}
	return answer, nil
}

func (f *Front) deleteDataProtectionPolicy(c *call) (any, error) {
	g, err := c.identifiedGroup()
	if err != nil {
		return nil, err
	}
	was, err := f.groups.protections().delete(c.Context(), g.at(), protectionName)
	if err == nil && !was {
		err = notFound("The specified log group has no data protection policy.")
	}
	if err == nil {
		err = f.groups.noteProtected(c.Context(), g.at(), c.nowMS())
	}
	if err != nil {
		return nil, err
	}
	return nil, f.groups.load(c.Context(), g)
}
