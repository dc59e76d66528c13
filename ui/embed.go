// Package ui holds the built web pages. Without a build it holds nothing, and
// the server says how to build them.
package ui

import "embed"

// Dist is the folder dist as the UI's build leaves it.
//
//go:embed all:dist
var Dist embed.FS
