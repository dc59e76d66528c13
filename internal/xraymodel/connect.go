package xraymodel

import (
	"slices"
	"strings"
)

// connect finds what called each segment, and infers those that sent nothing.
func (b *Builder) connect() {
	t := b.trace
	for _, s := range t.Segments {
		if !s.Segment || s.ParentID == "" {
			continue
		}
		via := b.byID[s.ParentID]
		if via == nil || via == s {
			continue
		}
		s.Via = via
		via.Callees = append(via.Callees, s)
		for p := via; p != nil; p = p.Up {
			p.traced++
		}
	}
	received := t.Segments
	t.Segments = make([]*Part, 0, len(received))
	for _, s := range received {
		t.Segments = append(t.Segments, s)
		b.infer(s)
	}
}

// infer looks through a segment for calls, outermost first: a call that another
// segment answers, or that promises one, infers nothing, and neither does one within
// a call that did.
func (b *Builder) infer(s *Part) {
	type step struct {
		*Part
		covered bool
	}
	t, stack := b.trace, []step{{s, false}}
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range p.Callees {
			via := p.Part
			if !p.IsCall() {
				via = d
			}
			t.Calls = append(t.Calls, Call{From: s, Via: via, To: d})
		}
		switch {
		case p.covered || !p.IsCall() || p.traced > 0:
		case p.Flags.Has(Traced):
			t.Partial = true
		default:
			b.inferOne(s, p.Part)
			p.covered = true
		}
		for _, c := range slices.Backward(p.Parts) {
			stack = append(stack, step{c, p.covered})
		}
	}
}

// inferOne makes the segment of what a subsegment calls.
func (b *Builder) inferOne(s, via *Part) {
	p := b.part()
	p.Segment, p.Inferred, p.ParentID, p.Via, p.Row = true, true, via.ID, via, via.Row
	p.ID = derivedID(b.trace.ID, via.ID, "inferred")
	p.Name, p.Type = called(via)
	p.Start, p.End, p.Flags, p.HTTP, p.Account = via.Start, via.End, via.Flags&^Traced, via.HTTP, via.Account
	p.call, p.Of, p.made = via.call, p, via.made
	via.Callees = append(via.Callees, p)
	b.trace.Segments = append(b.trace.Segments, p)
	b.trace.Calls = append(b.trace.Calls, Call{From: s, Via: via, To: p})
}

// called is the name and type of the node that a call leads to.
func called(via *Part) (name, kind string) {
	c := &via.call
	if via.Namespace != "aws" {
		if c.sql() {
			return via.Name, "Database::SQL"
		}
		return via.Name, "remote"
	}
	switch service := awsService(via.Name); service {
	case "dynamodb":
		if c.table != "" {
			return c.table, "AWS::DynamoDB::Table"
		}
		return "DynamoDB", "AWS::DynamoDB"
	case "sns":
		if at := strings.LastIndexByte(c.topic, ':'); at >= 0 && at < len(c.topic)-1 {
			return c.topic[at+1:], "AWS::SNS"
		}
		return "SNS", "AWS::SNS"
	case "s3":
		if c.bucket != "" {
			return c.bucket, "AWS::S3"
		}
		return "S3", "AWS::S3"
	case "sqs":
		if c.queue != "" {
			return c.queue, "AWS::SQS::Queue"
		}
		return "SQS", "AWS::SQS"
	case "lambda":
		if c.function != "" {
			return functionName(c.function), "AWS::Lambda"
		}
		return "Lambda", "AWS::Lambda"
	}
	short := strings.TrimPrefix(strings.TrimPrefix(via.Name, "AWS.SDK."), "AWS::")
	return short, "AWS::" + short
}

// awsService is a service's name without case, punctuation and prefixes.
func awsService(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "AWS.SDK."), "AWS::")
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			out = append(out, c)
		}
	}
	for _, prefix := range []string{"amazon", "aws"} {
		if rest, ok := strings.CutPrefix(string(out), prefix); ok && rest != "" {
			return rest
		}
	}
	return string(out)
}

// functionName takes the name out of a function's ARN.
func functionName(text string) string {
	if _, name, ok := strings.Cut(text, ":function:"); ok {
		name, _, _ = strings.Cut(name, ":")
		return name
	}
	return text
}

// sum finds the root and the bounds.
func (b *Builder) sum() {
	t := b.trace
	var missing *Part
	for _, s := range t.Segments {
		switch {
		case s.Inferred:
		case s.Segment && s.ParentID == "":
			if t.Root == nil {
				t.Root = s
			}
		case s.Via == nil && missing == nil:
			missing = s
		}
	}
	if t.Root == nil {
		t.Root = missing
	}
	if t.Root == nil && len(t.Segments) > 0 { // a circle of callers
		t.Root = t.Segments[0]
	}
	for i, p := range b.parts {
		if i == 0 || p.Start < t.Start {
			t.Start = p.Start
		}
		t.End = max(t.End, p.End)
		if p.Flags.Has(InProgress) {
			t.Partial = true
		}
	}
}
