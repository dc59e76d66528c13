package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/oriel-dev/oriel/internal/cli"
	"github.com/oriel-dev/oriel/internal/server"
)

// What the Dockerfile and compose.yaml name is there: no container is built here, so
// nothing else would notice.

func instructions(t *testing.T) (list [][]string) {
	t.Helper()
	raw, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), "\\\n", " ")
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 && words[0] != "#" {
			list = append(list, words)
		}
	}
	return list
}

func TestDockerfile_CopiesWhatIsThere(t *testing.T) {
	t.Parallel()
	ignore, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	allowed := strings.Fields(string(ignore))
	copied := 0
	for _, words := range instructions(t) {
		if words[0] != "COPY" || strings.HasPrefix(words[1], "--from") {
			continue
		}
		for _, source := range words[1 : len(words)-1] {
			copied++
			if _, err := os.Stat(filepath.Join("../..", source)); err != nil {
				t.Errorf("%s: %v", strings.Join(words, " "), err)
			}
			if top, _, _ := strings.Cut(source, "/"); top != "." && !slices.Contains(allowed, "!"+top) {
				t.Errorf("%s is kept out by .dockerignore", source)
			}
		}
	}
	if copied < 5 {
		t.Errorf("%d files are copied: is the Dockerfile still read here?", copied)
	}
	for _, name := range allowed {
		if path, kept := strings.CutPrefix(name, "!"); kept {
			if _, err := os.Stat(filepath.Join("../..", path)); err != nil {
				t.Errorf(".dockerignore lets %s in: %v", path, err)
			}
		}
	}
}

// settingsOf are the variables that the image sets.
func settingsOf(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, words := range instructions(t) {
		if words[0] == "ENV" {
			for _, pair := range words[1:] {
				name, value, _ := strings.Cut(pair, "=")
				env[name] = value
			}
		}
	}
	return env
}

// loads checks a command line in the image's environment.
func loads(t *testing.T, defaults server.Config, args ...string) server.Config {
	t.Helper()
	env := settingsOf(t)
	var all []string
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	lookup := func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
	c, err := defaults.Load("", args, lookup, all, io.Discard)
	if err != nil {
		t.Errorf("oriel %q in the container: %v", args, err)
	}
	return c
}

func TestDockerfile_SetsWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	c := loads(t, server.DefaultConfig())
	if c.Auth != server.AuthRequired {
		t.Errorf("a container takes any key: %s", c.Auth)
	}
	if c.Data != "/data" || c.Listen != "0.0.0.0:6743" {
		t.Errorf("data in %s, listening at %s", c.Data, c.Listen)
	}
	for _, words := range instructions(t) {
		if words[0] == "HEALTHCHECK" && !strings.Contains(strings.Join(words, " "), `"/usr/bin/oriel", "health"`) {
			t.Errorf("the health check is %q", words)
		}
	}
	if !cli.Handles("health") {
		t.Error("there is no command for the health check")
	}
}

func TestCompose_RunsWhatIsThere(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Build       string
			Command     []string
			Environment map[string]string
			Volumes     []string
			Ports       []string
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"oriel", "demo"} {
		s, ok := file.Services[name]
		if !ok || s.Build != "." {
			t.Fatalf("the service %s: %+v", name, s)
		}
		for _, v := range s.Volumes {
			volume, folder, _ := strings.Cut(v, ":")
			if _, ok := file.Volumes[volume]; !ok || folder != settingsOf(t)["ORIEL_DATA"] {
				t.Errorf("%s has the volume %s", name, v)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s is open to other machines by %s", name, p)
			}
		}
	}
	if command := file.Services["demo"].Command; len(command) == 0 || command[0] != "demo" {
		t.Errorf("the demo runs %q", command)
	} else if c := loads(t, demoConfig(), command[1:]...); c.Auth != server.AuthOpen {
		t.Errorf("the demo wants keys: %s", c.Auth)
	}
}
