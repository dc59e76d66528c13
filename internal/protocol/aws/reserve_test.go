package aws

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/body"
)

// Who needs too much alone must not be told to come back.
func TestReserve_TellsBusyFromTooLarge(t *testing.T) {
	t.Parallel()
	all := body.NewBudget(100)
	one, other := &Call{memory: &memory{all.Memory()}}, &Call{memory: &memory{all.Memory()}}
	if err := one.Reserve(101); !fault.Is(err, fault.TooLarge) {
		t.Errorf("more than there is: %v", err)
	}
	if err := one.Reserve(60); err != nil {
		t.Error(err)
	}
	if err := other.Reserve(60); !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) == 0 {
		t.Errorf("while another has it: %v", err)
	}
	one.End()
	if err := other.Reserve(60); err != nil {
		t.Errorf("once it was given back: %v", err)
	}
}
