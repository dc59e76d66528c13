package xray

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

const maxTags = 50 // of a resource

// tag is one as the service writes it.
type tag struct{ Key, Value string }

// tags are those of rules and groups, kept under the part of the ARN after the
// account: an ARN's region is the caller's.
func (f *Front) tags() shelf[map[string]string] {
	return shelf[map[string]string]{settings: f.settings, kind: "tags"}
}

// tag adds tags to a resource.
func (f *Front) tag(c *call, resource string, list []tag) error {
	if len(list) == 0 {
		return nil
	}
	for _, t := range list {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return invalid("The key of the tag %s begins with aws:, which is reserved.", aws.Cut(t.Key))
		}
	}
	_, err := f.tags().put(c.Context(), c.Who.Environment, resource, f.Clock().UnixNano(), func(old *kept[map[string]string]) (map[string]string, error) {
		all := map[string]string{}
		if old != nil {
			all = old.Body
		}
		for _, t := range list {
			all[t.Key] = t.Value
		}
		if len(all) > maxTags {
			return nil, &aws.Error{Code: "TooManyTagsException", Message: "A resource has at most 50 tags.", Members: map[string]any{"ResourceName": resource}}
		}
		return all, nil
	})
	return err
}

// untagAll forgets the tags of a resource that is no more.
func (f *Front) untagAll(c *call, resource string) error {
	_, err := f.tags().delete(c.Context(), c.Who.Environment, resource, nil)
	return err
}
