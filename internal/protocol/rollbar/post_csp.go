package rollbar

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// violation is a report of a browser that a page did what its policy forbids, in
// either form that browsers have: report-uri's and the Reporting API's.
type violation struct {
	Document    string `json:"document-uri"`
	Blocked     string `json:"blocked-uri"`
	Directive   string `json:"effective-directive"`
	Violated    string `json:"violated-directive"`
	Disposition string `json:"disposition"`
	Source      string `json:"source-file"`
	Sample      string `json:"script-sample"`
	Line        int    `json:"line-number"`
	Column      int    `json:"column-number"`
	Policy      string `json:"original-policy"`

	DocumentURL  string `json:"documentURL"`
	BlockedURL   string `json:"blockedURL"`
	DirectiveNow string `json:"effectiveDirective"`
	SourceFile   string `json:"sourceFile"`
	SampleText   string `json:"sample"`
	LineNumber   int    `json:"lineNumber"`
	ColumnNumber int    `json:"columnNumber"`
	PolicyText   string `json:"originalPolicy"`

	agent string
}

// maxViolations bounds those of one request.
const maxViolations = 100

// postCSP is POST /csp, which Rollbar does not have: reports of a content security
// policy as browsers send them, each an item of its own.
func (f *Front) postCSP(w http.ResponseWriter, r *http.Request) {
	p := f.newPost(r)
	defer f.endPost(p)
	taken, err := p.violations(r.Context(), w)
	if err != nil {
		f.reject(r, p.token, p.secret, p.body, err)
		f.fail(w, r, err)
		return
	}
	reply{result: map[string]any{"accepted": taken}}.write(w)
}

func (p *post) violations(ctx context.Context, w http.ResponseWriter) (taken int, err error) {
	if err := p.letIn(ctx, w, maxPayload, 0); err != nil {
		return 0, err
	}
	list, err := readViolations(p.body)
	if err != nil {
		return 0, err
	}
	environment := cmp.Or(p.URL.Query().Get("environment"), "production")
	at := p.front.Clock().UnixNano()
	for _, v := range list {
		if err := p.count(w, 1); err != nil {
			return taken, err
		}
		text, err := json.Marshal(map[string]any{"data": v.data(environment, p.UserAgent())})
		if err != nil {
			return taken, err
		}
		if err := p.payload.readAll(text); err != nil {
			return taken, err
		}
		if _, err := p.add(at); err != nil {
			return taken, err
		}
		taken++
	}
	return taken, p.write(ctx, [16]byte{})
}

func readViolations(body []byte) (list []violation, err error) {
	if body[0] == '[' {
		var reports []struct {
			Type  string    `json:"type"`
			Agent string    `json:"user_agent"`
			Body  violation `json:"body"`
		}
		if err := json.Unmarshal(body, &reports); err != nil {
			return nil, refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, err)
		}
		for _, r := range reports {
			if r.Type == "csp-violation" && len(list) < maxViolations {
				r.Body.agent = r.Agent
				list = append(list, r.Body)
			}
		}
		return list, nil
	}
	var report struct {
		Violation *violation `json:"csp-report"`
	}
	if err := json.Unmarshal(body, &report); err != nil {
		return nil, refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, err)
	}
	if report.Violation == nil {
		return nil, invalid("Invalid format. The report must have a member csp-report, or be an array of reports of type csp-violation.")
	}
	return []violation{*report.Violation}, nil
}

// data makes the data of an item of a report: one item for each directive and host.
func (v *violation) data(environment, agent string) map[string]any {
	directive := cmp.Or(v.Directive, v.DirectiveNow, v.Violated, "unknown directive")
	blocked := cmp.Or(v.Blocked, v.BlockedURL, "inline")
	document := cmp.Or(v.Document, v.DocumentURL)
	host := blocked
	if u, err := url.Parse(blocked); err == nil && u.Host != "" {
		host = u.Host
	}
	return map[string]any{
		"environment": environment, "level": "warning", "platform": "browser", "framework": "browser-js", "language": "javascript",
		"fingerprint": "csp " + directive + " " + host, "title": "Content security policy: " + directive + " blocked " + host,
		"body": map[string]any{"message": map[string]any{"body": "Security Policy Violation: blockedURI: " + blocked + ", directive: " + directive}},
		"request": map[string]any{
			"url": document, "user_ip": "$remote_ip", "headers": map[string]any{"User-Agent": cmp.Or(v.agent, agent)},
		},
		"custom": map[string]any{
			"blocked_uri": blocked, "directive": directive, "disposition": v.Disposition, "source_file": cmp.Or(v.Source, v.SourceFile),
			"line": cmp.Or(v.Line, v.LineNumber), "column": cmp.Or(v.Column, v.ColumnNumber), "sample": cmp.Or(v.Sample, v.SampleText), "policy": cmp.Or(v.Policy, v.PolicyText),
		},
		"notifier": map[string]any{"name": "oriel-csp"},
	}
}
