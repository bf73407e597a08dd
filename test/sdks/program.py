"""The component by its generated SDK, with Pulumi's mocks: prints what the engine would be asked to make."""

import json

import pulumi

asked = []


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        asked.append({"type": args.typ, "inputs": args.inputs})
        return [f"{args.name}-id", {**args.inputs, "secretsProvider": "awskms:///key"}]

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Mocks())

import pulumi_credential_rotation as credential_rotation  # noqa: E402


@pulumi.runtime.test
def program():
    rotation = credential_rotation.CredentialRotation(
        "rotation",
        namespace="openemr",
        region="eu-central-1",
        kubernetes={
            "deployment": "openemr",
            "secret": "openemr-db-credentials",
            "image": "registry.example.com/credential-rotation:1.0.0",
        },
    )
    return rotation.secrets_provider.apply(lambda provider: asked.append({"output": provider}))


program()
print(json.dumps(asked))
