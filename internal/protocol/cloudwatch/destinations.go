package cloudwatch

import (
	"encoding/json"
	"strings"
)

// destination stands for where subscription filters deliver to, under a name.
type destination struct {
	DestinationName string `json:"destinationName"`
	TargetArn       string `json:"targetArn"`
	RoleArn         string `json:"roleArn"`
	AccessPolicy    string `json:"accessPolicy,omitempty"`
	Arn             string `json:"arn"`
	CreationTime    int64  `json:"creationTime"`
}

const destinationKind = "destination"

func (f *Front) destinations() shelf[destination] {
	return shelf[destination]{groups: f.groups, kind: destinationKind}
}

func (f *Front) putDestination(c *call) (any, error) {
	var in struct {
		DestinationName, TargetArn, RoleArn string
		Tags                                map[string]string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := c.deliverable(in.TargetArn); err != nil {
		return nil, err
	}
	k, err := f.destinations().put(c.Context(), c.at(""), in.DestinationName, c.nowMS(), func(old *kept[destination]) (destination, error) {
		d := destination{DestinationName: in.DestinationName, TargetArn: in.TargetArn, RoleArn: in.RoleArn, Arn: c.arn(destinationKind + ":" + in.DestinationName)}
		if old != nil {
			d.AccessPolicy = old.Body.AccessPolicy
		}
		return d, nil
	})
	if err != nil {
		return nil, err
	}
	k.Body.CreationTime = k.Created
	return map[string]any{"destination": k.Body}, c.keepTags(destinationKind, k.Name, in.Tags)
}

func noSuchDestination() error { return notFound("The specified destination does not exist.") }

func (f *Front) putDestinationPolicy(c *call) (any, error) {
	var in struct{ DestinationName, AccessPolicy string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if !json.Valid([]byte(in.AccessPolicy)) {
		return nil, invalidParameter("The access policy is not valid JSON.")
	}
	_, err := f.destinations().put(c.Context(), c.at(""), in.DestinationName, c.nowMS(), func(old *kept[destination]) (destination, error) {
		if old == nil {
			return destination{}, noSuchDestination()
		}
		old.Body.AccessPolicy = in.AccessPolicy
		return old.Body, nil
	})
	return nil, err
}

func (f *Front) describeDestinations(c *call) (any, error) {
	var in struct {
		DestinationNamePrefix, NextToken string
		Limit                            int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.destinations().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	found := []destination{}
	for _, k := range all {
		if strings.HasPrefix(k.Name, in.DestinationNamePrefix) {
			k.Body.CreationTime = k.Created
			found = append(found, k.Body)
		}
	}
	return answerPage("destinations", listing[destination]{
		limit: in.Limit, token: in.NextToken, key: func(d *destination) string { return d.DestinationName }, asked: asked("DescribeDestinations", in.DestinationNamePrefix),
	}, found)
}

func (f *Front) deleteDestination(c *call) (any, error) {
	var in struct{ DestinationName string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	was, err := f.destinations().delete(c.Context(), c.at(""), in.DestinationName)
	if err == nil && !was {
		err = noSuchDestination()
	}
	return nil, err
}
