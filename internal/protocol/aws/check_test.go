package aws

import "testing"

func TestParseSeconds_IsExact(t *testing.T) {
	t.Parallel()
	f := func(text string, want int64) {
		t.Helper()
		if got, ok := ParseSeconds([]byte(text)); !ok || got != want {
			t.Errorf("%s: %d %t, want %d", text, got, ok, want)
		}
	}
	f("1499473411", 1499473411000000000)
	f("1499473411.562", 1499473411562000000)
	f("1.499473411562123E9", 1499473411562123000)
	f("1.499473411562123e+9", 1499473411562123000)
	f("14994734115.62123E-1", 1499473411562123000)
	f("1478293361.27199220657", 1478293361271992206)
	f("1795415070.85", 1795415070850000000)
	f("0", 0)
	f("-1.5", -1500000000)
	f("0.000000000000000000000001", 0)
	for _, text := range []string{"", "-", ".", "1e", "1x", "1e99", "12345678901234567890", "0x10", "1_0", "NaN"} {
		if got, ok := ParseSeconds([]byte(text)); ok {
			t.Errorf("%q: %d", text, got)
		}
	}
}
