package cloudwatch

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// Deliveries say which of AWS's services send their logs where. No such service
// sends here: they are kept for those who describe their set-up as code.

func deliveryOperations() map[string]operation {
	return map[string]operation{
		"CreateDelivery":                  served((*Front).createDelivery),
		"GetDelivery":                     served((*Front).getDelivery),
		"DescribeDeliveries":              served((*Front).describeDeliveries),
		"DeleteDelivery":                  served((*Front).deleteDelivery),
		"UpdateDeliveryConfiguration":     served((*Front).updateDelivery),
		"PutDeliverySource":               served((*Front).putDeliverySource),
		"GetDeliverySource":               served((*Front).getDeliverySource),
		"DescribeDeliverySources":         served((*Front).describeDeliverySources),
		"DeleteDeliverySource":            served((*Front).deleteDeliverySource),
		"PutDeliveryDestination":          served((*Front).putDeliveryDestination),
		"GetDeliveryDestination":          served((*Front).getDeliveryDestination),
		"DescribeDeliveryDestinations":    served((*Front).describeDeliveryDestinations),
		"DeleteDeliveryDestination":       served((*Front).deleteDeliveryDestination),
		"PutDeliveryDestinationPolicy":    served((*Front).putDeliveryDestinationPolicy),
		"GetDeliveryDestinationPolicy":    served((*Front).getDeliveryDestinationPolicy),
		"DeleteDeliveryDestinationPolicy": served((*Front).deleteDeliveryDestinationPolicy),
		"DescribeConfigurationTemplates":  unserved("no service of AWS delivers to it"),
	}
}

type suffixPath struct {
	SuffixPath               string `json:"suffixPath,omitempty"`
	EnableHiveCompatiblePath bool   `json:"enableHiveCompatiblePath,omitempty"`
}

type delivery struct {
	ID                      string            `json:"id"`
	Arn                     string            `json:"arn"`
	DeliverySourceName      string            `json:"deliverySourceName"`
	DeliveryDestinationArn  string            `json:"deliveryDestinationArn"`
	DeliveryDestinationType string            `json:"deliveryDestinationType"`
	RecordFields            []string          `json:"recordFields,omitempty"`
	FieldDelimiter          string            `json:"fieldDelimiter,omitempty"`
	S3DeliveryConfiguration *suffixPath       `json:"s3DeliveryConfiguration,omitempty"`
	Tags                    map[string]string `json:"tags,omitempty"`
}

type deliverySource struct {
	Name          string            `json:"name"`
	Arn           string            `json:"arn"`
	ResourceArns  []string          `json:"resourceArns"`
	Service       string            `json:"service"`
	LogType       string            `json:"logType"`
	Tags          map[string]string `json:"tags,omitempty"`
	Configuration map[string]string `json:"deliverySourceConfiguration,omitempty"`
	Status        string            `json:"status"`
}

type deliveryDestination struct {
	Name          string `json:"name"`
	Arn           string `json:"arn"`
	Type          string `json:"deliveryDestinationType"`
	OutputFormat  string `json:"outputFormat,omitempty"`
	Configuration struct {
		DestinationResourceArn string `json:"destinationResourceArn,omitempty"`
	} `json:"deliveryDestinationConfiguration"`
	Tags map[string]string `json:"tags,omitempty"`
}

// keptDestination is a delivery destination with what is not part of it on the wire.
type keptDestination struct {
	deliveryDestination
	Policy string `json:"policy,omitempty"`
}

const (
	deliveryKind            = "delivery"
	deliverySourceKind      = "delivery-source"
	deliveryDestinationKind = "delivery-destination"
)

func (f *Front) deliveries() shelf[delivery] {
	return shelf[delivery]{groups: f.groups, kind: deliveryKind}
}

func (f *Front) deliverySources() shelf[deliverySource] {
	return shelf[deliverySource]{groups: f.groups, kind: deliverySourceKind}
}

func (f *Front) deliveryDestinations() shelf[keptDestination] {
	return shelf[keptDestination]{groups: f.groups, kind: deliveryDestinationKind}
}

func inConflict(message string) error { return &aws.Error{Code: "ConflictException", Message: message} }

// existing returns what a shelf has of a name, or the error that it has not.
func existing[T any](c *call, s shelf[T], name string) (*kept[T], error) {
	k, err := s.get(c.Context(), c.at(""), name)
	if err == nil && k == nil {
		err = notFound("The specified " + strings.ReplaceAll(s.kind, "-", " ") + " does not exist.")
	}
	return k, err
}

// remove deletes what a shelf has of a name.
func remove[T any](c *call, s shelf[T], name string) error {
	was, err := s.delete(c.Context(), c.at(""), name)
	if err == nil && !was {
		err = notFound("The specified " + strings.ReplaceAll(s.kind, "-", " ") + " does not exist.")
	}
	return err
}

// describeAll answers a page of all that a shelf has.
func describeAll[T, W any](c *call, s shelf[T], member string, onWire func(T) W) (any, error) {
	var in struct {
		NextToken string
		Limit     int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := s.list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	page, next, err := listing[kept[T]]{limit: in.Limit, token: in.NextToken, key: func(k *kept[T]) string { return k.Name }, asked: member}.page(all)
	if err != nil {
		return nil, err
	}
	items := make([]W, len(page))
	for i := range page {
		items[i] = onWire(page[i].Body)
	}
	out := map[string]any{member: items}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

func same[T any](v T) T { return v }

func wireDestination(d keptDestination) deliveryDestination { return d.deliveryDestination }

// named is a request that says no more than what is meant.
type named struct{ Name, ID, DeliveryDestinationName string }

func (f *Front) createDelivery(c *call) (any, error) {
	var d delivery
	if err := c.Decode(&d); err != nil {
		return nil, err
	}
	if err := checkTags(d.Tags); err != nil {
		return nil, err
	}
	if _, err := existing(c, f.deliverySources(), d.DeliverySourceName); err != nil {
		return nil, err
	}
	name, _ := strings.CutPrefix(d.DeliveryDestinationArn, c.arn(deliveryDestinationKind+":"))
	to, err := existing(c, f.deliveryDestinations(), name)
	if err != nil {
		return nil, err
	}
	all, err := f.deliveries().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if k.Body.DeliverySourceName == d.DeliverySourceName && k.Body.DeliveryDestinationArn == d.DeliveryDestinationArn {
			return nil, inConflict("There is a delivery from this source to this destination already.")
		}
	}
	var id [10]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the process instead
	d.ID = base32.StdEncoding.EncodeToString(id[:])
	d.Arn, d.DeliveryDestinationType = c.arn(deliveryKind+":"+d.ID), to.Body.Type
	if _, err := f.deliveries().replace(c.Context(), c.at(""), d.ID, c.nowMS(), d); err != nil {
		return nil, err
	}
	return map[string]any{"delivery": d}, c.keepTags(deliveryKind, d.ID, d.Tags)
}

func (f *Front) getDelivery(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := existing(c, f.deliveries(), in.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"delivery": k.Body}, nil
}

func (f *Front) describeDeliveries(c *call) (any, error) {
	return describeAll(c, f.deliveries(), "deliveries", same[delivery])
}

func (f *Front) deleteDelivery(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	return nil, remove(c, f.deliveries(), in.ID)
}

func (f *Front) updateDelivery(c *call) (any, error) {
	var in delivery
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	_, err := f.deliveries().put(c.Context(), c.at(""), in.ID, c.nowMS(), func(old *kept[delivery]) (delivery, error) {
		if old == nil {
			return in, notFound("The specified delivery does not exist.")
		}
		d := old.Body
		if in.RecordFields != nil {
			d.RecordFields = in.RecordFields
		}
		if in.FieldDelimiter != "" {
			d.FieldDelimiter = in.FieldDelimiter
		}
		if in.S3DeliveryConfiguration != nil {
			d.S3DeliveryConfiguration = in.S3DeliveryConfiguration
		}
		return d, nil
	})
	return nil, err
}

func (f *Front) putDeliverySource(c *call) (any, error) {
	var in struct {
		Name, ResourceArn, LogType  string
		Tags                        map[string]string
		DeliverySourceConfiguration map[string]string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	parts := strings.SplitN(in.ResourceArn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return nil, validation("resourceArn is '" + cut(in.ResourceArn) + "'; it must be an ARN.")
	}
	d := deliverySource{
		Name: in.Name, Arn: c.arn(deliverySourceKind + ":" + in.Name), ResourceArns: []string{in.ResourceArn}, Service: parts[2], LogType: in.LogType, Tags: in.Tags,
		Configuration: in.DeliverySourceConfiguration, Status: "ACTIVE",
	}
	if _, err := f.deliverySources().replace(c.Context(), c.at(""), in.Name, c.nowMS(), d); err != nil {
		return nil, err
	}
	return map[string]any{"deliverySource": d}, c.keepTags(deliverySourceKind, d.Name, d.Tags)
}

func (f *Front) getDeliverySource(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := existing(c, f.deliverySources(), in.Name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"deliverySource": k.Body}, nil
}

func (f *Front) describeDeliverySources(c *call) (any, error) {
	return describeAll(c, f.deliverySources(), "deliverySources", same[deliverySource])
}

// inUse refuses the deletion of what a delivery names.
func (f *Front) inUse(c *call, uses func(delivery) bool) error {
	all, err := f.deliveries().list(c.Context(), c.at(""), false)
	if err != nil {
		return err
	}
	for _, k := range all {
		if uses(k.Body) {
			return inConflict("The delivery " + k.Name + " uses it: delete that first.")
		}
	}
	return nil
}

func (f *Front) deleteDeliverySource(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := f.inUse(c, func(d delivery) bool { return d.DeliverySourceName == in.Name }); err != nil {
		return nil, err
	}
	return nil, remove(c, f.deliverySources(), in.Name)
}

func (f *Front) putDeliveryDestination(c *call) (any, error) {
	var in struct {
		Name, OutputFormat, DeliveryDestinationType string
		DeliveryDestinationConfiguration            struct{ DestinationResourceArn string }
		Tags                                        map[string]string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	arn := in.DeliveryDestinationConfiguration.DestinationResourceArn
	kind := in.DeliveryDestinationType
	for service, of := range map[string]string{"s3": "S3", "logs": "CWL", "firehose": "FH"} {
		if strings.HasPrefix(arn, "arn:aws:"+service+":") {
			kind = of
		}
	}
	if kind == "" {
		return nil, validation("deliveryDestinationConfiguration.destinationResourceArn is '" + cut(arn) + "'; it must be the ARN of a bucket, a log group or a Firehose stream.")
	}
	d := keptDestination{deliveryDestination: deliveryDestination{
		Name: in.Name, Arn: c.arn(deliveryDestinationKind + ":" + in.Name), Type: kind, OutputFormat: in.OutputFormat, Tags: in.Tags,
	}}
	d.Configuration.DestinationResourceArn = arn
	k, err := f.deliveryDestinations().put(c.Context(), c.at(""), in.Name, c.nowMS(), func(old *kept[keptDestination]) (keptDestination, error) {
		if old != nil {
			d.Policy = old.Body.Policy
		}
		return d, nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"deliveryDestination": wireDestination(k.Body)}, c.keepTags(deliveryDestinationKind, d.Name, d.Tags)
}

func (f *Front) getDeliveryDestination(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := existing(c, f.deliveryDestinations(), in.Name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"deliveryDestination": wireDestination(k.Body)}, nil
}

func (f *Front) describeDeliveryDestinations(c *call) (any, error) {
	return describeAll(c, f.deliveryDestinations(), "deliveryDestinations", wireDestination)
}

func (f *Front) deleteDeliveryDestination(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	arn := c.arn(deliveryDestinationKind + ":" + in.Name)
	if err := f.inUse(c, func(d delivery) bool { return d.DeliveryDestinationArn == arn }); err != nil {
		return nil, err
	}
	return nil, remove(c, f.deliveryDestinations(), in.Name)
}

// setDestinationPolicy changes the policy of a delivery destination.
func (f *Front) setDestinationPolicy(c *call, name, policy string) error {
	_, err := f.deliveryDestinations().put(c.Context(), c.at(""), name, c.nowMS(), func(old *kept[keptDestination]) (keptDestination, error) {
		if old == nil {
			return keptDestination{}, notFound("The specified delivery destination does not exist.")
		}
		old.Body.Policy = policy
		return old.Body, nil
	})
	return err
}

func policyAnswer(policy string) any {
	return map[string]any{"policy": map[string]any{"deliveryDestinationPolicy": policy}}
}

func (f *Front) putDeliveryDestinationPolicy(c *call) (any, error) {
	var in struct{ DeliveryDestinationName, DeliveryDestinationPolicy string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	return policyAnswer(in.DeliveryDestinationPolicy), f.setDestinationPolicy(c, in.DeliveryDestinationName, in.DeliveryDestinationPolicy)
}

func (f *Front) getDeliveryDestinationPolicy(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := existing(c, f.deliveryDestinations(), in.DeliveryDestinationName)
	if err != nil {
		return nil, err
	}
	if k.Body.Policy == "" {
		return map[string]any{}, nil
	}
	return policyAnswer(k.Body.Policy), nil
}

func (f *Front) deleteDeliveryDestinationPolicy(c *call) (any, error) {
	var in named
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	return nil, f.setDestinationPolicy(c, in.DeliveryDestinationName, "")
}
