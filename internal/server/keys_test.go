package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/cli/usage"
)

func keysCommand(t *testing.T, data string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	environment := func(name string) string { return map[string]string{"ORIEL_DATA": data}[name] }
	err = Keys(t.Context(), args, environment, &out, &errs, func() time.Time { return time.Unix(1_800_000_000, 0).UTC() })
	return out.String(), errs.String(), err
}

func TestKeys_CreatesEveryKindAndListsItWithoutItsSecret(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, kind := range auth.Kinds() {
		out, _, err := keysCommand(t, data, "create", "--kind", string(kind), "--json", "--name", "for "+string(kind))
		var made map[string]string
		if err != nil || json.Unmarshal([]byte(out), &made) != nil {
			t.Fatalf("%s: %s, %v", kind, out, err)
		}
		secret := made["key"]
		if kind == auth.AWS {
			secret = made["secret_access_key"]
		}
		if secret == "" || made["id"] == "" || made["kind"] != string(kind) || made["name"] != "for "+string(kind) {
			t.Errorf("%s", out)
		}
		list, _, err := keysCommand(t, data, "list")
		if err != nil || !strings.Contains(list, made["id"]) || strings.Contains(list, secret) {
			t.Errorf("%v: %s", err, list)
		}
	}
}

func TestKeys_DisablesAndEnablesWithFlagsBehindTheID(t *testing.T) {
	t.Parallel()
	data, elsewhere := t.TempDir(), t.TempDir()
	out, hint, err := keysCommand(t, data, "create")
	if err != nil || strings.Count(out, "\n") != 1 || !strings.Contains(hint, "shown only now") {
		t.Fatalf("%q %q %v", out, hint, err)
	}
	var list []struct {
		ID       string `json:"id"`
		Disabled bool   `json:"disabled"`
	}
	read := func() bool {
		out, _, err := keysCommand(t, data, "list", "--json")
		if err != nil || json.Unmarshal([]byte(out), &list) != nil || len(list) != 1 {
			t.Fatalf("%s %v", out, err)
		}
		return list[0].Disabled
	}
	if read() {
		t.Error("a new key is disabled")
	}
	for _, verb := range []string{"disable", "enable"} {
		if _, _, err := keysCommand(t, elsewhere, verb, list[0].ID, "--data", data); err != nil {
			t.Fatal(err)
		}
		if read() != (verb == "disable") {
			t.Errorf("%s did nothing", verb)
		}
	}
}

func TestKeys_SaysWhatIsWrongAndLeavesNoFolder(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		args   string
		misuse bool
		want   string
	}{
		{"", true, "say what to do"},
		{"lst", true, "did you mean list?"},
		{"list all", true, `unexpected argument "all"`},
		{"disable", true, "wants the id"},
		{"create --kind gold", true, "honeycomb-ingest"},
		{"create --knd aws", true, "did you mean --kind?"},
		{"list", false, "--data"},
		{"disable x", false, "--data"},
	} {
		_, _, err := keysCommand(t, data, strings.Fields(c.args)...)
		var misuse *usage.Error
		if err == nil || errors.As(err, &misuse) != c.misuse || !strings.Contains(err.Error(), c.want) {
			t.Errorf("keys %s: %v", c.args, err)
		}
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a mistake made the data folder")
	}
	for _, name := range []string{"a\x1b[31mb", "a\nb", strings.Repeat("x", 300)} {
		if _, _, err := keysCommand(t, data, "create", "--name", name); err == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
}
