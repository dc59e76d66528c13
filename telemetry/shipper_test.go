package telemetry

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"
)

// What is tried again: trouble that passes, also that of signatures which the next
// one does not have.
func TestShipper_KnowsWhatPasses(t *testing.T) {
	t.Parallel()
	answer := func(code string, fault smithy.ErrorFault) error {
		return &smithy.GenericAPIError{Code: code, Fault: fault}
	}
	for _, c := range []struct {
		err   error
		again bool
	}{
		{errors.New("connection refused"), true},
		{answer("ThrottlingException", smithy.FaultClient), true},
		{answer("LimitExceededException", smithy.FaultClient), true},
		{answer("ServiceUnavailableException", smithy.FaultServer), true},
		{answer("ExpiredTokenException", smithy.FaultClient), true},
		{answer("RequestExpired", smithy.FaultClient), true},
		{answer("RequestTimeTooSkewed", smithy.FaultClient), true},
		{answer("AccessDeniedException", smithy.FaultClient), false},
		{answer("InvalidParameterException", smithy.FaultClient), false},
		{answer("UnrecognizedClientException", smithy.FaultClient), false},
	} {
		if got := worthRetrying(c.err); got != c.again {
			t.Errorf("%v is tried again: %v", c.err, got)
		}
	}
}
