package cloudwatch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// protection is a policy about identifiers.
func protection(more string, names ...string) string {
	quoted := `"` + strings.Join(names, `","`) + `"`
	return `{"Name":"p","Version":"2021-06-01",` + more + `"Statement":[{"Sid":"a","DataIdentifier":[` + quoted + `],"Operation":{"Audit":{"FindingsDestination":{}}}},
		{"Sid":"b","DataIdentifier":[` + quoted + `],"Operation":{"Deidentify":{"MaskConfig":{}}}}]}`
}

func TestMask_WhatIdentifiersFind(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]map[string]string{
		"EmailAddress":     {"to ada@example.com now": "to *************** now", "a@b": "a@b"},
		"IpAddress":        {"from 10.1.2.3:80": "from ********:80", "v1.2.3": "v1.2.3", "at fe80::1 x": "at ******* x", "10:20:30": "10:20:30"},
		"CreditCardNumber": {"card 4111 1111 1111 1111.": "card *******************.", "id 4111111111111112": "id 4111111111111112"},
		"AwsSecretKey":     {"k=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY1 x": "k=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY1 x", "k=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY x": "k=**************************************** x"},
		"Ssn-US":           {"123-45-6789": "***********"},
		"PkcsPrivateKey":   {"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----": strings.Repeat("*", 56)},
	} {
		m, err := compileProtection(protection("", "arn:aws:dataprotection::aws:data-identifier/"+name))
		must(t, err)
		for line, want := range lines {
			message := []byte(line)
			if m.mask(message); string(message) != want {
				t.Errorf("%s: %q became %q, want %q", name, line, message, want)
			}
		}
	}
}

// What is masked is nowhere on disk.
func TestDataProtection_MasksBeforeAnythingIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	r.put("g", "s", "before: eve@example.com")
	document := protection(`"Configuration":{"CustomDataIdentifier":[{"Name":"Token","Regex":"tok-[0-9]+"}]},`, "arn:aws:dataprotection::aws:data-identifier/EmailAddress", "Token")
	r.ok("PutDataProtectionPolicy", object{"logGroupIdentifier": "g", "policyDocument": document})
	r.restart()
	r.store.Take()
	r.put("g", "s", `{"user":"ada@secret.example","t":"tok-4711"}`)
	b := r.store.Take()[0]
	if got := b.Row(0).Get("body").Text() + b.Row(0).Get("user").Text() + b.Row(0).Get("t").Text(); got != `{"user":"******************","t":"********"}**************************` {
		t.Errorf("%s", got)
	}
	must(t, filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), "ada@secret") || strings.Contains(string(raw), "tok-4711") {
			t.Errorf("%s holds it", filepath.Base(path))
		}
		return err
	}))
	if g := first(t, r.ok("DescribeLogGroups", ""), "logGroups"); g["dataProtectionStatus"] != "ACTIVATED" {
		t.Errorf("%v", g)
	}
	if got := r.ok("GetDataProtectionPolicy", object{"logGroupIdentifier": "g"}); fmt.Sprint(got["policyDocument"]) != document {
		t.Errorf("%v", got)
	}
	r.ok("DeleteDataProtectionPolicy", object{"logGroupIdentifier": "g"})
	r.fails("ResourceNotFoundException", "no data protection policy", "DeleteDataProtectionPolicy", object{"logGroupIdentifier": "g"})
	for document, want := range map[string]string{
		"x": "not valid JSON", `{}`: "two statements", protection("", "arn:aws:dataprotection::aws:data-identifier/Nothing"): "'arn:aws:dataprotection::aws:data-identifier/Nothing' is not served",
		protection(`"Configuration":{"CustomDataIdentifier":[{"Name":"T","Regex":"("}]},`, "T"):                                 "expression of 'T'",
		strings.Replace(protection("", "Ssn-US"), `"FindingsDestination":{}`, `"FindingsDestination":{"S3":{"Bucket":"b"}}`, 1): "FindingsDestination must be empty",
	} {
		r.fails("InvalidParameterException", want, "PutDataProtectionPolicy", object{"logGroupIdentifier": "g", "policyDocument": document})
	}
}
