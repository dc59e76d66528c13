package cloudwatch

import (
	"context"
)

// hasResource reports whether there is something of a kind that can have tags.
func (f *Front) hasResource(_ context.Context, _ resource, _, _ string) (bool, error) {
	return false, nil
}

func (f *Front) indexedFields(*call, *group) ([]string, error) { return nil, nil }
