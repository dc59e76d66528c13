package xray

import (
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// Limits of resource policies, the service's.
const (
	maxPolicies    = 5
	maxPolicyBytes = 5 << 10
	noRevision     = "0" // there must be no such policy yet
)

// resourcePolicy is kept and given back. Who may do what is said by keys here, not by it.
type resourcePolicy struct{ Document, Revision string }

type resourcePolicyOnWire struct {
	PolicyName, PolicyDocument string
	PolicyRevisionID           string `json:"PolicyRevisionId"`
	LastUpdatedTime            seconds
}

func (f *Front) policies() shelf[resourcePolicy] {
	return shelf[resourcePolicy]{
		settings: f.settings, kind: "policy", most: maxPolicies,
		full: &aws.Error{Code: "PolicyCountLimitExceededException", Message: "There are 5 resource policies, which is the limit: delete one first."},
	}
}

func policyOnWire(k *kept[resourcePolicy]) resourcePolicyOnWire {
	return resourcePolicyOnWire{k.Name, k.Body.Document, k.Body.Revision, seconds(time.Unix(0, k.Updated))}
}

func badRevision(want string) error {
	return &aws.Error{Code: "InvalidPolicyRevisionIdException", Message: "The policy has another revision than " + aws.Cut(want) + ": it was changed meanwhile."}
}

func (f *Front) putResourcePolicy(c *call) (any, error) {
	var in struct {
		PolicyName, PolicyDocument string
		PolicyRevisionID           string `json:"PolicyRevisionId"`
		BypassPolicyLockoutCheck   bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if len(in.PolicyDocument) > maxPolicyBytes {
		return nil, &aws.Error{Code: "PolicySizeLimitExceededException", Message: "The policy document is larger than 5120 bytes."}
	}
	statements, err := readPolicy(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	if !in.BypassPolicyLockoutCheck && slices.ContainsFunc(statements, func(s policyStatement) bool { return s.locksOut(c.Account) }) {
		return nil, &aws.Error{Code: "LockoutPreventionException", Message: "The policy denies this account xray:PutResourcePolicy, so that it could never be changed again. BypassPolicyLockoutCheck takes it all the same."}
	}
	k, err := f.policies().put(c.Context(), c.Who.Environment, in.PolicyName, f.Clock().UnixNano(), func(old *kept[resourcePolicy]) (resourcePolicy, error) {
		switch want := in.PolicyRevisionID; {
		case want == "", want == noRevision && old == nil:
		case old == nil, old.Body.Revision != want:
			return resourcePolicy{}, badRevision(want)
		}
		return resourcePolicy{in.PolicyDocument, aws.NewID()}, nil
	})
	return map[string]any{"ResourcePolicy": policyOnWire(&k)}, err
}

func (f *Front) listResourcePolicies(c *call) (any, error) {
	var in struct{ NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.policies().list(c.Context(), c.Who.Environment)
	if err != nil {
		return nil, err
	}
	list := make([]resourcePolicyOnWire, len(all))
	for i := range all {
		list[i] = policyOnWire(&all[i])
	}
	return answerPage("ResourcePolicies", aws.Listing[resourcePolicyOnWire]{
		Token: in.NextToken, Asked: "ListResourcePolicies", Key: func(p *resourcePolicyOnWire) string { return p.PolicyName },
	}, list)
}

func (f *Front) deleteResourcePolicy(c *call) (any, error) {
	var in struct {
		PolicyName       string
		PolicyRevisionID string `json:"PolicyRevisionId"`
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	was, err := f.policies().delete(c.Context(), c.Who.Environment, in.PolicyName, func(old *kept[resourcePolicy]) error {
		if in.PolicyRevisionID != "" && in.PolicyRevisionID != old.Body.Revision {
			return badRevision(in.PolicyRevisionID)
		}
		return nil
	})
	if err == nil && was == nil && in.PolicyRevisionID != "" {
		err = badRevision(in.PolicyRevisionID)
	}
	return empty{}, err
}
