package xray

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/sampling"
)

// policyStatement is what the check of a policy reads of a statement. Members that
// IAM takes as one or as several are kept as they are.
type policyStatement struct {
	Effect                  string
	Principal, NotPrincipal json.RawMessage
	Action, NotAction       oneOrMore
	Resource, NotResource   oneOrMore
	Condition               map[string]any
}

// oneOrMore is a text or a list of texts.
type oneOrMore []string

// UnmarshalJSON takes either.
func (o *oneOrMore) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(o))
}

func malformed(what string) error {
	return &aws.Error{Code: "MalformedPolicyDocumentException", Message: "The policy document " + what}
}

// readPolicy checks the form of a policy of a resource.
func readPolicy(text string) ([]policyStatement, error) {
	var document struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, malformed("is no JSON object.")
	}
	switch document.Version {
	case "", "2008-10-17", "2012-10-17":
	default:
		return nil, malformed("has the Version " + aws.Cut(document.Version) + "; it must be 2012-10-17.")
	}
	statements, err := readStatements(document.Statement)
	if err != nil {
		return nil, err
	}
	for i := range statements {
		if err := statements[i].check(strconv.Itoa(i + 1)); err != nil {
			return nil, err
		}
	}
	return statements, nil
}

func readStatements(raw json.RawMessage) ([]policyStatement, error) {
	if len(raw) == 0 {
		return nil, malformed("has no Statement.")
	}
	var one policyStatement
	if raw[0] == '{' {
		if json.Unmarshal(raw, &one) != nil {
			return nil, malformed("has a Statement whose members are not as IAM's.")
		}
		return []policyStatement{one}, nil
	}
	var list []policyStatement
	if json.Unmarshal(raw, &list) != nil {
		return nil, malformed("has a Statement whose members are not as IAM's.")
	}
	if len(list) == 0 {
		return nil, malformed("has no Statement.")
	}
	return list, nil
}

func (s *policyStatement) check(which string) error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return malformed("has no Effect in statement " + which + ": it must be Allow or Deny.")
	case len(s.Principal) == 0 && len(s.NotPrincipal) == 0:
		return malformed("has no Principal in statement " + which + ": a policy of a resource says whom it is about.")
	case len(s.Action) == 0 && len(s.NotAction) == 0:
		return malformed("has no Action in statement " + which + ".")
	case len(s.Resource) == 0 && len(s.NotResource) == 0:
		return malformed("has no Resource in statement " + which + ".")
	}
	return nil
}

// locksOut reports whether a statement would keep the account itself from ever
// changing the policy again.
func (s *policyStatement) locksOut(account string) bool {
	const change = "xray:PutResourcePolicy"
	if s.Effect != "Deny" || len(s.Condition) > 0 || !meansAccount(s.Principal, account) {
		return false
	}
	means := func(pattern string) bool { return sampling.Like(pattern, change) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, means)
	}
	return slices.ContainsFunc(s.Action, means)
}

// meansAccount reads a principal: "*", or the account by its number or its root.
func meansAccount(principal json.RawMessage, account string) bool {
	all := func(p string) bool { return p == "*" || p == account || p == "arn:aws:iam::"+account+":root" }
	var plain string
	if json.Unmarshal(principal, &plain) == nil {
		return plain == "*"
	}
	var kinds map[string]oneOrMore
	if json.Unmarshal(principal, &kinds) != nil {
		return false
	}
	return slices.ContainsFunc(kinds["AWS"], all)
}
