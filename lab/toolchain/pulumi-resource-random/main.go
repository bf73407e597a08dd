// Command pulumi-resource-random is the genuine random provider: HashiCorp's resources behind Pulumi's bridge, both
// from their Go modules.
package main

import (
	"context"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	sdkbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/terraform-providers/terraform-provider-random/labshim"
)

// The version of npm's @pulumi/random; the set-up gives it.
var version = "0.0.0"

func info() sdkbridge.ProviderInfo {
	made := sdkbridge.ProviderInfo{
		P:                           tfbridge.ShimProvider(labshim.New()),
		Name:                        "random",
		Version:                     version,
		MetadataInfo:                sdkbridge.NewProviderMetadata([]byte("{}")),
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
	name := func(module, name string) (string, error) {
		return tokens.MakeStandard("random")(module, "Random"+name)
	}
	made.MustComputeTokens(tokens.SingleModule("random_", "index", name))
	return made
}

// The engine asks for a schema only for programs in YAML and for generated packages: to make it, the build would need
// the generators of all languages, a third of its packages.
func schema() []byte { return []byte(`{"name":"random","version":"` + version + `"}`) }

func main() {
	tfbridge.Main(context.Background(), "random", info(), tfbridge.ProviderMetadata{PackageSchema: schema()})
}
