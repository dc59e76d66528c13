package xray

import (
	"bytes"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// awsMember sets what lies in a unit's block "aws": where a segment ran, under the
// names that OpenTelemetry has for it, and what a subsegment called, under aws.
func (w *rowWriter) awsMember(s *jsonscan.Scanner, name []byte) {
	switch c := s.Peek(); {
	case c == '{':
		group := string(name)
		switch group {
		case "ec2", "ecs", "eks", "elastic_beanstalk":
			w.b.SetString(w.b.Column("cloud.provider"), "aws")
		}
		w.each(value(s, '{'), func(s *jsonscan.Scanner, key []byte) { w.resourceMember(s, group, string(key)) })
	case string(name) == "cloudwatch_logs":
		w.logGroups(value(s, '['))
	case string(name) == "account_id" && !w.u.subsegment:
		w.scalar(s, "cloud.account.id")
	case !w.room():
		s.Skip()
	default:
		w.name = append(append(w.name[:0], "aws."...), name...)
		w.scalarIn(s, func() *event.Column { return w.b.ColumnBytes(w.name) })
	}
}

// resourceMember sets one value of a group that says where a segment ran.
func (w *rowWriter) resourceMember(s *jsonscan.Scanner, group, key string) {
	if group == "xray" && key == "sdk" {
		text := w.texts.text(s)
		name, language, _ := bytes.Cut(text, []byte(" for "))
		if len(name) > 0 {
			w.b.SetBytes(w.b.Column("telemetry.sdk.name"), name)
		}
		if len(language) > 0 {
			w.b.SetString(w.b.Column("telemetry.sdk.language"), strings.ToLower(string(language)))
		}
		return
	}
	field := resourceField(group, key)
	if field == "" {
		if !w.room() {
			s.Skip()
			return
		}
		field = "aws." + group + "." + key
	}
	w.scalar(s, field)
}

// resourceField is the field of a value in a group, "" if it has no other name.
func resourceField(group, key string) string {
	switch group + "." + key {
	case "ec2.instance_id":
		return "host.id"
	case "ec2.instance_size":
		return "host.type"
	case "ec2.ami_id":
		return "host.image.id"
	case "ec2.availability_zone", "ecs.availability_zone":
		return "cloud.availability_zone"
	case "ecs.container":
		return "container.name"
	case "ecs.container_id", "eks.container_id":
		return "container.id"
	case "ecs.container_arn":
		return "aws.ecs.container.arn"
	case "ecs.task_arn":
		return "aws.ecs.task.arn"
	case "ecs.task_family":
		return "aws.ecs.task.family"
	case "ecs.cluster_arn":
		return "aws.ecs.cluster.arn"
	case "ecs.launch_type":
		return "aws.ecs.launchtype"
	case "eks.cluster_name":
		return "k8s.cluster.name"
	case "eks.pod":
		return "k8s.pod.name"
	case "elastic_beanstalk.environment_name":
		return "service.namespace"
	case "elastic_beanstalk.deployment_id":
		return "service.instance.id"
	case "elastic_beanstalk.version_label":
		return "service.version"
	case "xray.sdk_version":
		return "telemetry.sdk.version"
	case "xray.sampling_rule_name", "xray.rule_name":
		return "aws.xray.sampling_rule_name"
	}
	return ""
}

// logGroups sets the log groups of a segment, as JSON lists, so that its lines are found.
func (w *rowWriter) logGroups(list []byte) {
	if len(list) == 0 {
		return
	}
	names, arns := []byte{'['}, []byte{'['}
	add := func(to, text []byte) []byte {
		if len(text) == 0 {
			return to
		}
		if len(to) > 1 {
			to = append(to, ',')
		}
		return appendText(to, text)
	}
	s := &jsonscan.Scanner{In: list, Most: maxDepth}
	if !s.Enter('[') {
		return
	}
	for more := s.First(']'); more; more = s.More(']') {
		w.each(value(s, '{'), func(s *jsonscan.Scanner, name []byte) {
			switch string(name) {
			case "log_group":
				names = add(names, w.texts.text(s))
			case "arn":
				arns = add(arns, w.texts.text(s))
			default:
				s.Skip()
			}
		})
	}
	if len(names) > 1 {
		w.b.SetBytes(w.b.Column("aws.log.group.names"), append(names, ']'))
	}
	if len(arns) > 1 {
		w.b.SetBytes(w.b.Column("aws.log.group.arns"), append(arns, ']'))
	}
}
