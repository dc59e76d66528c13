package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
)

// answerLines asks and returns the lines of the answer by type.
func (b *bench) answerLines(path, body string) map[string]map[string]any {
	b.t.Helper()
	status, _, raw := b.do(http.MethodPost, path, "", body)
	if status != http.StatusOK {
		b.t.Fatalf("%d %s", status, raw)
	}
	lines := map[string]map[string]any{}
	scan := bufio.NewScanner(bytes.NewReader(raw))
	for scan.Scan() {
		var line map[string]any
		b.must(json.Unmarshal(scan.Bytes(), &line))
		kind, _ := line["type"].(string)
		lines[kind] = line
	}
	return lines
}
