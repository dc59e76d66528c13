// Package sts answers the one question of AWS's Security Token Service that
// clients of the other services ask: whose account is this? A form post to
// whatever path, answered in XML. All its other actions are errors that name them.
package sts

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// Front is the front end. It is safe for concurrent use.
type Front struct{ gate *aws.Gate }

// New returns the front end.
func New(deps protocol.Deps) *Front {
	return &Front{gate: aws.NewGate(aws.Config{
		Keys: deps.Keys, Clock: deps.Clock, Log: deps.Log, Service: "sts", Form: aws.Query, NewID: deps.NewID, Bodies: deps.Bodies,
	})}
}

const namespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// Handles implements protocol.Front: posts of forms that are signed for this
// service, or to the root, where no other front end takes forms.
func (f *Front) Handles(r *http.Request) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.Method != http.MethodPost {
		return false
	}
	return aws.Service(r) == "sts" || r.URL.Path == "/" && r.Header.Get("Authorization") != ""
}

// Sends implements protocol.Front.
func (f *Front) Sends(*http.Request) bool { return false }

type identity struct {
	XMLName   xml.Name `xml:"GetCallerIdentityResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Arn       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := f.gate.Begin(w, r)
	defer c.End()
	if err := c.Admit(); err != nil {
		c.Fail(err)
		return
	}
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		c.Fail(&aws.Error{Code: "MalformedQueryString", Message: "The query string is malformed: " + err.Error()})
		return
	}
	if action := form.Get("Action"); action != "GetCallerIdentity" {
		c.Fail(&aws.Error{Code: "InvalidAction", Message: "Action " + action + " is not served by this version of Oriel; GetCallerIdentity is."})
		return
	}
	user := c.AccessKey
	if user == "" {
		user = "anonymous"
	}
	c.AnswerXML(http.StatusOK, identity{
		Namespace: namespace, Arn: "arn:aws:iam::" + c.Account + ":user/" + user, UserID: user, Account: c.Account, RequestID: c.RequestID,
	})
}
