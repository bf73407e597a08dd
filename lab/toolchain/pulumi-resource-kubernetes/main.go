// Command pulumi-resource-kubernetes is the real Kubernetes provider of Pulumi, built from its Go module
// because the release binary cannot be downloaded everywhere. The schema is the module's own, copied
// beside this file by the set-up before the build.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", "4.25.0", schema, terraformMapping)
}
