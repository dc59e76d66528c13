package rollbar

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
)

// reply is what a call is answered, in Rollbar's envelope: err 0 and a result.
type reply struct {
	status  int // 0 is 200
	result  any
	message string         // beside the result, or in its place
	bare    bool           // no result: {"err":0}, with the message if there is one
	also    map[string]any // members beside err and result
	header  http.Header    // more headers, nil for none
}

func (a reply) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	body := map[string]any{"err": 0}
	maps.Copy(body, a.also)
	if !a.bare {
		body["result"] = a.result
	}
	if a.message != "" {
		body["message"] = a.message
	}
	writeJSON(w, cmp.Or(a.status, http.StatusOK), body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"err":1,"message":"`+saysInternal+`"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller may have gone
}
