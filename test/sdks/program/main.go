// The component by its generated SDK, with Pulumi's mocks: prints what the engine would be asked to make.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"example.com/pulumi-credential-rotation/sdk/go/credential-rotation"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var asked []map[string]any

type mocks struct{}

func (mocks) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	asked = append(asked, map[string]any{"type": args.TypeToken, "inputs": args.Inputs.Mappable()})
	outputs := args.Inputs.Copy()
	outputs["secretsProvider"] = resource.NewProperty("awskms:///key")
	return args.Name + "-id", outputs, nil
}

func (mocks) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

func main() {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		rotation, err := credentialrotation.NewCredentialRotation(ctx, "rotation", &credentialrotation.CredentialRotationArgs{
			Namespace: "openemr",
			Region:    "eu-central-1",
			Kubernetes: &credentialrotation.KubernetesArgs{
				Deployment: "openemr",
				Secret:     "openemr-db-credentials",
				Image:      "registry.example.com/credential-rotation:1.0.0",
			},
		})
		if err != nil {
			return err
		}
		rotation.SecretsProvider.ApplyT(func(provider *string) *string {
			asked = append(asked, map[string]any{"output": *provider})
			return provider
		})
		return nil
	}, pulumi.WithMocks("project", "stack", mocks{}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	text, err := json.Marshal(asked)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
