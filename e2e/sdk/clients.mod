// Pins the vendor's programs that the tests build and run, apart from go.mod.
module github.com/oriel-dev/oriel/e2e/sdk

go 1.26.0

require (
	github.com/honeycombio/honeytail v1.11.0
	github.com/honeycombio/refinery v1.21.0
)
