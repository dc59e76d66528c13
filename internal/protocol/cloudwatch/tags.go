package cloudwatch

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

func tagOperations() map[string]operation {
	return map[string]operation{
		"TagResource":         served((*Front).tagResource),
		"UntagResource":       served((*Front).untagResource),
		"ListTagsForResource": served((*Front).listTagsForResource),
		"TagLogGroup":         served((*Front).tagLogGroup),
		"UntagLogGroup":       served((*Front).untagLogGroup),
		"ListTagsLogGroup":    served((*Front).listTagsLogGroup),
	}
}

func checkTags(tags map[string]string) error {
	for name := range tags {
		if strings.HasPrefix(strings.ToLower(name), "aws:") {
			return invalidParameter("Tag keys that start with aws: are reserved: " + name)
		}
	}
	return nil
}

// tagged returns the resource that an ARN names, if there is one and it can have
// tags. The form of a group's ARN that ends in :* is refused, as the service does.
func (c *call) tagged(arn string) (resource, error) {
	path, ours := strings.CutPrefix(arn, c.arn(""))
	kind, name, _ := strings.Cut(path, ":")
	if !ours || name == "" || strings.HasSuffix(name, ":*") {
		return resource{}, notFound("The specified resource does not exist.")
	}
	r := resource{c.Who.Environment, c.Region, path}
	if kind == "log-group" {
		if g := c.f.groups.find(r.environment, r.region, name); g == nil || g.virtual {
			return resource{}, notFound("The specified log group does not exist.")
		}
		return r, nil
	}
	exists, err := c.f.hasResource(c.Context(), r, kind, name)
	if err == nil && !exists {
		err = notFound("The specified resource does not exist.")
	}
	return r, err
}

func (c *call) tagGroup(name string) (resource, error) {
	g, err := c.ownGroup(name, "")
	if err != nil {
		return resource{}, err
	}
	return g.resource(), nil
}

func (g *Groups) tags(ctx context.Context, r resource) (tags map[string]string, err error) {
	err = g.db.Read(ctx, func(tx *sql.Tx) error {
		tags, err = tagsOf(ctx, tx, r)
		return err
	})
	return tags, err
}

func (g *Groups) tag(ctx context.Context, r resource, tags map[string]string) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	err := g.db.Write(ctx, func(tx *sql.Tx) error { return writeTags(ctx, tx, r, tags) })
	if errors.Is(err, errTooManyTags) {
		return &aws.Error{Code: "TooManyTagsException", Message: "The resource can have up to 50 tags.", Members: map[string]any{"resourceName": r.path}}
	}
	return err
}

func (g *Groups) untag(ctx context.Context, r resource, names []string) error {
	return g.db.Write(ctx, func(tx *sql.Tx) error {
		for _, name := range names {
			_, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_tag WHERE environment = ? AND region = ? AND resource = ? AND name = ?", r.environment, r.region, r.path, name)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *Front) tagResource(c *call) (any, error) {
	var in struct {
		ResourceArn string
		Tags        map[string]string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	r, err := c.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, f.groups.tag(c.Context(), r, in.Tags)
}

func (f *Front) untagResource(c *call) (any, error) {
	var in struct {
		ResourceArn string
		TagKeys     []string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	r, err := c.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, f.groups.untag(c.Context(), r, in.TagKeys)
}

func (f *Front) listTagsForResource(c *call) (any, error) {
	var in struct{ ResourceArn string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	r, err := c.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return f.tagsAnswer(c, r)
}

func (f *Front) tagsAnswer(c *call, r resource) (any, error) {
	tags, err := f.groups.tags(c.Context(), r)
	return map[string]any{"tags": tags}, err
}

func (f *Front) tagLogGroup(c *call) (any, error) {
	var in struct {
		LogGroupName string
		Tags         map[string]string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	r, err := c.tagGroup(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return nil, f.groups.tag(c.Context(), r, in.Tags)
}

func (f *Front) untagLogGroup(c *call) (any, error) {
	var in struct {
		LogGroupName string
		Tags         []string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	r, err := c.tagGroup(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return nil, f.groups.untag(c.Context(), r, in.Tags)
}

func (f *Front) listTagsLogGroup(c *call) (any, error) {
	var in struct{ LogGroupName string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	r, err := c.tagGroup(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return f.tagsAnswer(c, r)
}
