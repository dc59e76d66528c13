package cloudwatch

func tailOperations() map[string]operation {
	return map[string]operation{
		"StartLiveTail": unserved("it is not built yet"),
	}
}
