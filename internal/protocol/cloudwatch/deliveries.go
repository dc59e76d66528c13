package cloudwatch

func deliveryOperations() map[string]operation {
	return map[string]operation{
		"CreateDelivery":                  unserved("it is not built yet"),
		"GetDelivery":                     unserved("it is not built yet"),
		"DescribeDeliveries":              unserved("it is not built yet"),
		"DeleteDelivery":                  unserved("it is not built yet"),
		"UpdateDeliveryConfiguration":     unserved("it is not built yet"),
		"PutDeliverySource":               unserved("it is not built yet"),
		"GetDeliverySource":               unserved("it is not built yet"),
		"DescribeDeliverySources":         unserved("it is not built yet"),
		"DeleteDeliverySource":            unserved("it is not built yet"),
		"PutDeliveryDestination":          unserved("it is not built yet"),
		"GetDeliveryDestination":          unserved("it is not built yet"),
		"DescribeDeliveryDestinations":    unserved("it is not built yet"),
		"DeleteDeliveryDestination":       unserved("it is not built yet"),
		"PutDeliveryDestinationPolicy":    unserved("it is not built yet"),
		"GetDeliveryDestinationPolicy":    unserved("it is not built yet"),
		"DeleteDeliveryDestinationPolicy": unserved("it is not built yet"),
		"DescribeConfigurationTemplates":  unserved("it is not built yet"),
	}
}
