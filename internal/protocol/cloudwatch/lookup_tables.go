package cloudwatch

func lookupOperations() map[string]operation {
	return map[string]operation{
		"CreateLookupTable":    unserved("it is not built yet"),
		"UpdateLookupTable":    unserved("it is not built yet"),
		"GetLookupTable":       unserved("it is not built yet"),
		"DescribeLookupTables": unserved("it is not built yet"),
		"DeleteLookupTable":    unserved("it is not built yet"),
	}
}
