package xray

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// kindGroup is the shelf of groups, and what begins the last part of their ARNs.
const kindGroup = "group"

// tagged returns the part of an ARN by which tags are kept, if there is a rule or
// group of it.
func (c *call) tagged(arn string) (string, error) {
	missing := notFound(arn, "There is no sampling rule or group with the ARN %s.", aws.Cut(arn))
	parts := strings.SplitN(arn, ":", 6)
	const arnParts = 6
	if len(parts) != arnParts || parts[0] != "arn" || parts[2] != serviceName {
		return "", missing
	}
	resource := parts[arnParts-1]
	if name, ok := strings.CutPrefix(resource, ruleResource); ok {
		if _, err := c.f.Sampling.Rule(c.Who.Environment, name); fault.KindOf(err) == fault.Internal && err != nil {
			return "", err
		} else if err != nil {
			return "", missing
		}
		return resource, nil
	}
	rest, ok := strings.CutPrefix(resource, kindGroup+"/")
	if !ok {
		return "", missing
	}
	name, _, _ := strings.Cut(rest, "/")
	if name == "Default" {
		return resource, nil
	}
	k, err := shelf[json.RawMessage]{settings: c.f.settings, kind: kindGroup}.get(c.Context(), c.Who.Environment, name)
	if err == nil && k == nil {
		err = missing
	}
	return resource, err
}

func (f *Front) tagResource(c *call) (any, error) {
	var in struct {
		ResourceARN string
		Tags        []tag
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	resource, err := c.tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return empty{}, f.tag(c, resource, in.Tags)
}

func (f *Front) untagResource(c *call) (any, error) {
	var in struct {
		ResourceARN string
		TagKeys     []string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	resource, err := c.tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	_, err = f.tags().put(c.Context(), c.Who.Environment, resource, f.Clock().UnixNano(), func(old *kept[map[string]string]) (map[string]string, error) {
		left := map[string]string{}
		if old != nil {
			maps.Copy(left, old.Body)
		}
		for _, key := range in.TagKeys {
			delete(left, key)
		}
		return left, nil
	})
	return empty{}, err
}

func (f *Front) listTagsForResource(c *call) (any, error) {
	var in struct{ ResourceARN, NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	resource, err := c.tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	k, err := f.tags().get(c.Context(), c.Who.Environment, resource)
	if err != nil {
		return nil, err
	}
	list := []tag{}
	if k != nil {
		for _, key := range slices.Sorted(maps.Keys(k.Body)) {
			list = append(list, tag{key, k.Body[key]})
		}
	}
	return answerPage("Tags", aws.Listing[tag]{
		Token: in.NextToken, Asked: aws.Asked("ListTagsForResource", resource), Key: func(t *tag) string { return t.Key },
	}, list)
}
