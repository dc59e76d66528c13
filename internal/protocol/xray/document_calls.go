package xray

import (
	"bytes"

	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

func (w *rowWriter) httpPart(s *jsonscan.Scanner, group []byte) {
	response := string(group) == "response"
	w.each(value(s, '{'), func(s *jsonscan.Scanner, name []byte) { w.httpMember(s, response, name) })
}

func (w *rowWriter) httpMember(s *jsonscan.Scanner, response bool, name []byte) {
	if response {
		switch string(name) {
		case "status":
			w.number(s, "http.response.status_code")
		case "content_length":
			w.number(s, "http.response.body.size")
		default:
			s.Skip()
		}
		return
	}
	switch string(name) {
	case "method":
		w.scalar(s, "http.request.method")
	case "url":
		w.scalar(s, "url.full")
	case "user_agent":
		w.scalar(s, "user_agent.original")
	case "client_ip":
		w.scalar(s, "client.address")
	case "x_forwarded_for":
		w.scalar(s, "aws.xray.x_forwarded_for")
	case "traced":
		if w.texts.truth(s) {
			w.b.SetBool(w.b.Column(xraymodel.FieldTraced), true)
		}
	default:
		s.Skip()
	}
}

func (w *rowWriter) sqlMember(s *jsonscan.Scanner, name []byte) {
	switch string(name) {
	case "database_type":
		w.scalar(s, "db.system")
	case "sanitized_query":
		w.scalar(s, "db.statement")
	case "user":
		w.scalar(s, "db.user")
	case "connection_string":
		w.scalar(s, "db.connection_string")
	case "database_version", "driver_version", "preparation":
		w.scalar(s, "db."+string(name))
	case "url":
		text := w.texts.text(s)
		if len(text) == 0 {
			return
		}
		w.b.SetBytes(w.b.Column("db.url"), text)
		if at := bytes.LastIndexByte(text, '/'); at > 0 && at < len(text)-1 && text[at-1] != '/' {
			w.b.SetBytes(w.b.Column("db.name"), text[at+1:])
		}
	default:
		s.Skip()
	}
}
