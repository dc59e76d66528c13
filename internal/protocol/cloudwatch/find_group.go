package cloudwatch

import (
	"strings"
)

// group returns the group that a request names, by its name or by an identifier,
// which is a name or an ARN. The group may be virtual: lines that came by OTLP, or
// all spans; see [Groups.findVirtual].
func (c *call) group(name, identifier string) (*group, error) {
	switch {
	case name != "" && identifier != "":
		return nil, validation("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case name == "" && identifier == "":
		return nil, invalidParameter("Either logGroupName or logGroupIdentifier must be specified.")
	case identifier != "":
		var ours bool
		if name, ours = c.groupName(identifier); !ours {
			return nil, noSuchGroup()
		}
	}
	if g := c.f.groups.find(c.Who.Environment, c.Region, name); g != nil {
		return g, nil
	}
	return nil, noSuchGroup()
}

// ownGroup is group for requests that change it: what is only a view of lines
// that came otherwise can't be changed.
func (c *call) ownGroup(name, identifier string) (*group, error) {
	g, err := c.group(name, identifier)
	if err != nil {
		return nil, err
	}
	if g.virtual {
		return nil, invalidParameter("The log group " + g.name + " shows events that came by another protocol and can only be read.")
	}
	return g, nil
}

// groupName returns the name in an identifier, and whether an ARN is of the
// caller's account and region. The form that ends in :* is taken, too.
func (c *call) groupName(identifier string) (name string, ours bool) {
	if !strings.HasPrefix(identifier, "arn:") {
		return identifier, true
	}
	name, ours = strings.CutPrefix(identifier, c.arn("log-group:"))
	name = strings.TrimSuffix(name, ":*")
	return name, ours && name != ""
}

// groupARN is the ARN of a group, as its logGroupArn has it.
func (c *call) groupARN(name string) string { return c.arn("log-group:" + name) }

// namedGroup is ownGroup for operations that take a logGroupName and nothing else.
func (c *call) namedGroup() (*group, error) {
	var in struct{ LogGroupName string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	return c.ownGroup(in.LogGroupName, "")
}

// identifiedGroup is ownGroup for operations that take a logGroupIdentifier and
// nothing else.
func (c *call) identifiedGroup() (*group, error) {
	var in struct{ LogGroupIdentifier string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	return c.ownGroup("", in.LogGroupIdentifier)
}
