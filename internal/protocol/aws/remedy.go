package aws

import "net/http"

const makeKey = "Make a key with oriel keys create --kind aws, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to it."

// RemedyText says in a sentence what a caller should change, "" where the message does.
func (e *Error) RemedyText() string {
	switch {
	case e.Remedy != "":
		return e.Remedy
	case e.Status == http.StatusInternalServerError && e.Code == "InternalServerException":
		return "See the server's log."
	}
	switch e.Code {
	case "UnrecognizedClientException":
		return "This server does not know the access key id. " + makeKey
	case "MissingAuthenticationTokenException":
		return "The request is not signed. " + makeKey
	case "InvalidSignatureException":
		return "Check AWS_SECRET_ACCESS_KEY: it must be the one that belongs to the access key id. A proxy in between must leave the Host header as it is."
	case "IncompleteSignatureException":
		return "Sign with Signature Version 4, as AWS's SDKs do: something between the sender and this server may have changed its headers."
	case "ExpiredTokenException":
		return "Sign the request again: it was valid for a time that is over."
	case "AccessDeniedException":
		return "Use a key of kind aws that may do this."
	case "ResourceNotFoundException":
		return "Create the log group and the log stream first, or let the sender do so (create_log_group, awslogs-create-group)."
	case "RequestEntityTooLargeException":
		return "Send smaller batches."
	case "ThrottlingException", "ServiceUnavailableException":
		return "The sender will try again. If it stays so, give the server more disk or memory."
	case "SerializationException", "InvalidParameterException", "InvalidRequestException", "ValidationException":
		return "Send what the message asks for: SDKs of AWS do, unless something between changes the body."
	}
	return ""
}
