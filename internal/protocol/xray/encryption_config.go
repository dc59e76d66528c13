package xray

import "strings"

// encryption is the state that clients set and ask for. What is stored is encrypted
// by whatever the disk is, whatever this says.
type encryption struct {
	KeyID  string `json:"KeyId,omitempty"`
	Type   string
	Status string
}

// theOne is the name of settings of which an environment has one.
const theOne = "one"

func (f *Front) encryption() shelf[encryption] {
	return shelf[encryption]{settings: f.settings, kind: "encryption"}
}

func (f *Front) getEncryptionConfig(c *call) (any, error) {
	k, err := f.encryption().get(c.Context(), c.Who.Environment, theOne)
	if err != nil {
		return nil, err
	}
	e := encryption{Type: "NONE"}
	if k != nil {
		e = k.Body
	}
	e.Status = "ACTIVE"
	return map[string]any{"EncryptionConfig": e}, nil
}

func (f *Front) putEncryptionConfig(c *call) (any, error) {
	var in struct {
		KeyID string `json:"KeyId"`
		Type  string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	e := encryption{Type: in.Type}
	switch {
	case in.Type == "KMS" && in.KeyID == "":
		return nil, invalid("Type is KMS, and KeyId is missing: name the key by its id, its alias or its ARN.")
	case in.Type == "NONE" && in.KeyID != "":
		return nil, invalid("Type is NONE, and there is a KeyId: leave it out, or set Type to KMS.")
	case strings.HasPrefix(in.KeyID, "arn:"):
		e.KeyID = in.KeyID
	case strings.HasPrefix(in.KeyID, "alias/"):
		e.KeyID = "arn:aws:kms:" + c.Region + ":" + c.Account + ":" + in.KeyID
	case in.KeyID != "":
		e.KeyID = "arn:aws:kms:" + c.Region + ":" + c.Account + ":key/" + in.KeyID
	}
	_, err := f.encryption().put(c.Context(), c.Who.Environment, theOne, f.Clock().UnixNano(), func(*kept[encryption]) (encryption, error) { return e, nil })
	e.Status = "UPDATING"
	return map[string]any{"EncryptionConfig": e}, err
}
