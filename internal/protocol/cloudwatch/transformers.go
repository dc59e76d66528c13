package cloudwatch

func transformerOperations() map[string]operation {
	return map[string]operation{
		"PutTransformer":    unserved("it is not built yet"),
		"GetTransformer":    unserved("it is not built yet"),
		"DeleteTransformer": unserved("it is not built yet"),
		"TestTransformer":   unserved("it is not built yet"),
	}
}
