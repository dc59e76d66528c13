package alert

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// toXML writes JSON as Rollbar's webhooks write XML: members are elements in the
// root rollbar, those of lists are called item, null is None, truths begin with a
// capital, and empty lists are empty elements.
func toXML(text []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := writeElement(&b, d, "rollbar"); err != nil {
		return "", err
	}
	return b.String(), nil
}

// writeElement writes the next value of JSON, in the order of its members.
func writeElement(b *bytes.Buffer, d *json.Decoder, name string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	name = elementName(name)
	b.WriteString("<" + name + ">")
	switch t := token.(type) {
	case json.Delim:
		for d.More() {
			child := "item"
			if t == '{' {
				key, err := d.Token()
				if err != nil {
					return err
				}
				child = fmt.Sprint(key)
			}
			if err := writeElement(b, d, child); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil { // its end
			return err
		}
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[t])
	default:
		if err := xml.EscapeText(b, []byte(fmt.Sprint(t))); err != nil {
			return err
		}
	}
	b.WriteString("</" + name + ">")
	return nil
}

// elementName makes any text a name of XML: what no name may hold becomes "_".
func elementName(key string) string {
	name := strings.Map(func(c rune) rune {
		if c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, key)
	if name == "" || name[0] == '-' || name[0] == '.' || name[0] >= '0' && name[0] <= '9' || strings.HasPrefix(strings.ToLower(name), "xml") {
		return "_" + name
	}
	return name
}
