package cloudwatch

import (
	"testing"
)

// Each of the service's operations is served, or says why not; none twice.
func TestOperations_AreAllOfTheModel(t *testing.T) {
	t.Parallel()
	m, err := readModel()
	if err != nil {
		t.Fatal(err)
	}
	if len(m) != 118 {
		t.Errorf("the model has %d operations", len(m))
	}
	seen := map[string]bool{}
	for _, area := range areas() {
		for name, o := range area {
			if seen[name] {
				t.Errorf("%s is in two areas", name)
			}
			if seen[name] = true; m[name] == nil {
				t.Errorf("%s is no operation of the model", name)
			}
			ways := 0
			for _, is := range []bool{o.serve != nil, o.stream != nil, o.unserved != ""} {
				if is {
					ways++
				}
			}
			if ways != 1 {
				t.Errorf("%s is served in %d ways", name, ways)
			}
		}
	}
	for name := range m {
		if !seen[name] {
			t.Errorf("%s is in no area", name)
		}
	}
}
