package cloudwatch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

func policyOperations() map[string]operation {
	return map[string]operation{
		"PutAccountPolicy":           served((*Front).putAccountPolicy),
		"DescribeAccountPolicies":    served((*Front).describeAccountPolicies),
		"DeleteAccountPolicy":        served((*Front).deleteAccountPolicy),
		"PutDataProtectionPolicy":    served((*Front).putDataProtectionPolicy),
		"GetDataProtectionPolicy":    served((*Front).getDataProtectionPolicy),
		"DeleteDataProtectionPolicy": served((*Front).deleteDataProtectionPolicy),
		"PutResourcePolicy":          served((*Front).putResourcePolicy),
		"DescribeResourcePolicies":   served((*Front).describeResourcePolicies),
		"DeleteResourcePolicy":       served((*Front).deleteResourcePolicy),
	}
}

// resourcePolicy says who else may write: kept for those who manage it, since only
// keys of the account itself are let in here.
type resourcePolicy struct {
	PolicyName      string `json:"policyName,omitempty"`
	PolicyDocument  string `json:"policyDocument"`
	LastUpdatedTime int64  `json:"lastUpdatedTime"`
	PolicyScope     string `json:"policyScope"`
	ResourceArn     string `json:"resourceArn,omitempty"`
	RevisionID      string `json:"revisionId,omitempty"`
}

// maxResourcePolicies of an account and region.
const maxResourcePolicies = 10

// resourcePolicies are those of the account, or those of single groups.
func (f *Front) resourcePolicies(arn string) shelf[resourcePolicy] {
	if arn != "" {
		return shelf[resourcePolicy]{groups: f.groups, kind: "resource-policy-of-group"}
	}
	return shelf[resourcePolicy]{groups: f.groups, kind: "resource-policy", most: maxResourcePolicies}
}

type resourcePolicyRequest struct {
	PolicyName, PolicyDocument, ResourceArn, ExpectedRevisionID string
}

func (f *Front) readResourcePolicy(c *call) (in resourcePolicyRequest, key string, err error) {
	if err := c.Decode(&in); err != nil {
		return in, "", err
	}
	if in.ResourceArn != "" {
		_, err := c.ownGroup("", in.ResourceArn)
		return in, in.ResourceArn, err
	}
	if in.PolicyName == "" {
		return in, "", invalidParameter("Either policyName or resourceArn must be specified.")
	}
	return in, in.PolicyName, nil
}

func (f *Front) putResourcePolicy(c *call) (any, error) {
	in, key, err := f.readResourcePolicy(c)
	if err != nil {
		return nil, err
	}
	if !json.Valid([]byte(in.PolicyDocument)) {
		return nil, invalidParameter("The policy document is not valid JSON.")
	}
	k, err := f.resourcePolicies(in.ResourceArn).put(c.Context(), c.at(""), key, c.nowMS(), func(old *kept[resourcePolicy]) (resourcePolicy, error) {
		p := resourcePolicy{PolicyName: in.PolicyName, PolicyDocument: in.PolicyDocument, PolicyScope: "ACCOUNT", RevisionID: "1"}
		if in.ResourceArn != "" {
			p.PolicyScope, p.ResourceArn = "RESOURCE", in.ResourceArn
		}
		if old != nil {
			n, _ := strconv.Atoi(old.Body.RevisionID) // ours
			p.RevisionID = strconv.Itoa(n + 1)
		}
		if want := in.ExpectedRevisionID; want != "" && (old == nil || old.Body.RevisionID != want) {
			return p, conflicting()
		}
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	k.Body.LastUpdatedTime = k.Updated
	return map[string]any{"resourcePolicy": k.Body, "revisionId": k.Body.RevisionID}, nil
}

func (f *Front) describeResourcePolicies(c *call) (any, error) {
	var in struct {
		NextToken, ResourceArn, PolicyScope string
		Limit                               int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	of := in.ResourceArn
	if of == "" && in.PolicyScope == "RESOURCE" {
		of = "all"
	}
	all, err := f.resourcePolicies(of).list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	found := []resourcePolicy{}
	for _, k := range all {
		if in.ResourceArn == "" || k.Body.ResourceArn == in.ResourceArn {
			k.Body.LastUpdatedTime = k.Updated
			found = append(found, k.Body)
		}
	}
	return answerPage("resourcePolicies", listing[resourcePolicy]{
		limit: in.Limit, token: in.NextToken, key: func(p *resourcePolicy) string { return p.PolicyName + p.ResourceArn },
		asked: asked("DescribeResourcePolicies", in.ResourceArn, in.PolicyScope),
	}, found)
}

func (f *Front) deleteResourcePolicy(c *call) (any, error) {
	in, key, err := f.readResourcePolicy(c)
	if err != nil {
		return nil, err
	}
	shelf := f.resourcePolicies(in.ResourceArn)
	if in.ExpectedRevisionID != "" {
		k, err := shelf.get(c.Context(), c.at(""), key)
		if err != nil {
			return nil, err
		}
		if k != nil && k.Body.RevisionID != in.ExpectedRevisionID {
			return nil, conflicting()
		}
	}
	was, err := shelf.delete(c.Context(), c.at(""), key)
	if err == nil && !was {
		err = noSuchPolicy(key)
	}
	return nil, err
}

// Limits of index policies.
const (
	maxIndexes   = 20
	maxIndexName = 100
)

// readIndexPolicy returns the fields that a policy's document names, with whether
// each is a facet.
func readIndexPolicy(document string) (map[string]bool, error) {
	var in struct {
		Fields   []string
		FieldsV2 map[string]struct {
			Type string `json:"type"`
		}
	}
	if err := json.Unmarshal([]byte(document), &in); err != nil {
		return nil, invalidParameter("The policy document is not valid: " + err.Error())
	}
	fields := map[string]bool{}
	for _, name := range in.Fields {
		fields[name] = false
	}
	for name, how := range in.FieldsV2 {
		if _, twice := fields[name]; twice {
			return nil, invalidParameter("The field " + cut(name) + " is in both Fields and FieldsV2 of the policy document.")
		}
		if !slices.Contains([]string{"", "FACET", "FIELD_INDEX"}, how.Type) {
			return nil, invalidParameter("The field " + cut(name) + " of the policy document has type " + cut(how.Type) + "; it must be FACET or FIELD_INDEX.")
		}
		fields[name] = how.Type == "FACET"
	}
	if len(fields) == 0 || len(fields) > maxIndexes {
		return nil, invalidParameter(fmt.Sprintf("The policy document names %d fields; it must be 1 to %d.", len(fields), maxIndexes))
	}
	for name := range fields {
		if name == "" || len(name) > maxIndexName {
			return nil, invalidParameter(fmt.Sprintf("The field %s of the policy document has %d characters; it must be 1 to %d.", cut(name), len(name), maxIndexName))
		}
	}
	return fields, nil
}
