package grouping

import "testing"

func TestOwnFiles_TakesRelativePathsForTheProjects(t *testing.T) {
	t.Parallel()
	python := OwnFiles(map[string]any{"language": "python 3.11", "server": map[string]any{"root": "/srv/app"}})
	goes := OwnFiles(map[string]any{"language": "go", "server": map[string]any{"root": "example.com/shop"}})
	java := OwnFiles(map[string]any{"language": "java", "server": map[string]any{"root": "/srv/app"}})
	for _, c := range []struct {
		name string
		of   func(string) bool
		file string
		want bool
	}{
		{"under the root", python, "/srv/app/views.py", true},
		{"beside it", python, "/srv/apple/views.py", false},
		{"relative", python, "app/mod_1/views.py", true},
		{"relative with a dot", python, "./app/views.py", true},
		{"relative on Windows", python, `app\views.py`, true},
		{"a script", python, "manage.py", true},
		{"a relative environment of libraries", python, "venv/lib/python3.11/site-packages/flask/app.py", false},
		{"frozen", python, "<frozen importlib._bootstrap>", false},
		{"a drive", python, `C:\Python\lib\os.py`, false},
		{"an address", python, "https://cdn.example/app.js", false},
		{"nothing", python, "", false},
		{"Go's import path of the project", goes, "example.com/shop/cart.go", true},
		{"Go's import path of a library", goes, "github.com/lib/pq/conn.go", false},
		{"Java's name of a file", java, "Controller.java", false},
	} {
		if got := c.of(c.file); got != c.want {
			t.Errorf("%s: %q is own: %v, want %v", c.name, c.file, got, c.want)
		}
	}
}

func TestDecide_FingerprintsKeepRelativePathsApartFromTheProjects(t *testing.T) {
	t.Parallel()
	data := func(files ...string) map[string]any {
		frames := make([]any, len(files))
		for i, f := range files {
			frames[i] = map[string]any{"filename": f, "method": "run"}
		}
		return map[string]any{
			"language": "python", "server": map[string]any{"root": "/srv/app"},
			"body": map[string]any{"trace": map[string]any{"frames": frames, "exception": map[string]any{"class": "E", "message": "m"}}},
		}
	}
	rules := (*Rules)(nil)
	why := rules.Explain(data("lib/x.py", "/srv/app/a.py", "/opt/z.py"))
	if n := why.Frames[0]; n.Counted {
		t.Errorf("a relative path counts in version 1, where it never did: %+v", n)
	}
}
