package cloudwatch

func definitionOperations() map[string]operation {
	return map[string]operation{
		"PutQueryDefinition":       unserved("it is not built yet"),
		"DescribeQueryDefinitions": unserved("it is not built yet"),
		"DeleteQueryDefinition":    unserved("it is not built yet"),
	}
}
