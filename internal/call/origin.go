package call

import "strings"

// OriginFields are the fields that OriginOf reads.
func OriginFields() [4]string {
	return [...]string{FieldOrigin, "cloud.platform", "cloud.provider", "aws.ecs.launchtype"}
}

// OriginOf says what kind of place a span's service runs in, in X-Ray's words, "" if
// the span does not say it, or says one that X-Ray has no word for.
func OriginOf(get Get) string {
	names := OriginFields()
	if told := get(names[0]).Text(); told != "" {
		return told
	}
	return OriginOfPlatform(get(names[1]).Text(), get(names[2]).Text(), get(names[3]).Text())
}

// OriginOfPlatform is OriginOf for a resource as OpenTelemetry describes it.
func OriginOfPlatform(platform, provider, launchType string) string {
	if provider != "" && provider != "aws" {
		return ""
	}
	switch strings.ReplaceAll(platform, "aws.", "aws_") {
	case "aws_ec2":
		return "AWS::EC2::Instance"
	case "aws_ecs":
		switch strings.ToLower(launchType) {
		case "ec2":
			return "AWS::ECS::EC2"
		case "fargate":
			return "AWS::ECS::Fargate"
		}
		return "AWS::ECS::Container"
	case "aws_eks":
		return "AWS::EKS::Container"
	case "aws_elastic_beanstalk":
		return "AWS::ElasticBeanstalk::Environment"
	case "aws_app_runner":
		return "AWS::AppRunner::Service"
	case "aws_lambda":
		return "AWS::Lambda::Function"
	}
	return ""
}
