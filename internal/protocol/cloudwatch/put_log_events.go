package cloudwatch

func putOperations() map[string]operation {
	return map[string]operation{
		"PutLogEvents": unserved("it is not built yet"),
	}
}
