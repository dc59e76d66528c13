package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

func TestKindOf_FindsTheClassThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("append: %w", Busy(Throttled, 3*time.Second, "queue of %d is full", 7))
	if got := KindOf(err); got != Throttled {
		t.Fatalf("KindOf = %v", got)
	}
	if got := RetryAfter(err); got != 3*time.Second {
		t.Fatalf("RetryAfter = %v", got)
	}
	if got := MessageOf(err); got != "queue of 7 is full" {
		t.Fatalf("MessageOf = %q", got)
	}
}

func TestMessageOf_HidesWhatWasNotClassified(t *testing.T) {
	t.Parallel()
	if got := MessageOf(errors.New("open /secret: denied")); got != "internal error" {
		t.Fatalf("MessageOf = %q", got)
	}
	if !errors.Is(Wrap(Invalid, io.EOF, "short body"), io.EOF) {
		t.Fatal("the cause is lost")
	}
	if Wrap(Invalid, nil, "x") != nil {
		t.Fatal("nil became an error")
	}
}
