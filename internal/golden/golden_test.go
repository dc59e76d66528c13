package golden

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDifference_NamesTheFirstLineThatDiffers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, got, out string }{
		{"a\nb\n", "a\nb\n", ""},
		{"a\nb\n", "a\nc\n", "line 2\nwant \"b\\n\"\ngot  \"c\\n\""},
		{"a\n", "a\nb", "line 2\nwant \"\"\ngot  \"b\""},
		{"", "a", "line 1\nwant \"\"\ngot  \"a\""},
	} {
		if got := Difference(c.want, c.got); got != c.out {
			t.Errorf("Difference(%q, %q) = %q, want %q", c.want, c.got, got, c.out)
		}
	}
}

func TestCheck_AcceptsTheFileAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "file.txt")
	if err := write(path, "text\n"); err != nil {
		t.Fatal(err)
	}
	Check(t, path, "text\n")
	if err := write(path, "other\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "other\n" {
		t.Fatalf("%q, %v", b, err)
	}
}
