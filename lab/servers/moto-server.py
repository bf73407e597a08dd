"""Moto's server, corrected where it is not like AWS.

Moto 5.2 moves the label AWSCURRENT, but a read without a label goes on giving the old version, and the next
plain write takes the old version for the one to become AWSPREVIOUS. It also lets a label be on two versions,
where AWS refuses to move a label whose holder is not named. A compare-and-swap rests on exactly that.

Where it enforces IAM policies (`POST /moto-api/reset-auth` with 0; with inf it does not) it looks at the resource only
for S3: of secrets and keys every action is one on `*`. Here it is one on the ARN of the secret or the key. And a
statement whose condition does not hold is a refusal for it, where AWS passes over the statement. No request here comes
through another service, which is the only condition that a role's policy of ours has. A refusal is XML; AWS answers
these services' clients with JSON.

KMS hashes what it signs also where the request says that it is a digest already (MessageType DIGEST), and signs messages
of any length; AWS takes 4096 bytes.
"""

import sys
from threading import RLock, local

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.core.exceptions import JsonRESTError
from moto.iam.access_control import IAMPolicyStatement, IAMRequest, PermissionResult
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey, _deserialize_ciphertext_blob
from moto.secretsmanager.exceptions import InvalidParameterException
from moto.secretsmanager.models import SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.server import main

lock = RLock()
move_label = SecretsManagerBackend.update_secret_version_stage
put_value = SecretsManagerBackend.put_secret_value


def holder_of(secret, label):
    """The id of the version that holds a label, or None."""
    holders = (id for id, version in secret.versions.items() if label in version["version_stages"])
    return next(holders, None)


def update_secret_version_stage(self, secret_id, version_stage, remove_from_version_id, move_to_version_id):
    with lock:
        secret = self.secrets[secret_id] if self._is_valid_identifier(secret_id) else None
        holder = holder_of(secret, version_stage) if secret else None
        if holder and move_to_version_id not in (None, holder) and remove_from_version_id != holder:
            raise InvalidParameterException(
                f"Staging label {version_stage} is currently attached to version {holder}, "
                "so you must explicitly reference that version in RemoveFromVersionId."
            )
        answer = move_label(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
        if version_stage == "AWSCURRENT":
            secret.set_default_version_id(holder_of(secret, "AWSCURRENT"))
        return answer


def put_secret_value(self, *arguments, **named):
    with lock:
        return put_value(self, *arguments, **named)


def secret_resource(self):
    """The ARN of the secret that a request is about; `*` where it names none that is there."""
    secret_id = self._get_param("SecretId")
    known = secret_id and self.backend._is_valid_identifier(secret_id)
    return self.backend.secrets[secret_id].arn if known else "*"


def key_resource(self):
    """The ARN of the key that a request is about: named, or within what is to be decrypted; `*` without any."""
    key_id, ciphertext = self._get_param("KeyId"), self._get_param("CiphertextBlob")
    if not key_id and ciphertext:
        key_id = _deserialize_ciphertext_blob(ciphertext).key_id
    return self.kms_backend.describe_key(key_id).arn if key_id else "*"


request = local()
sign_message, sign_bytes = KmsResponse.sign, ECDSAPrivateKey.sign
digests = {"ECDSA_SHA_256": hashes.SHA256(), "ECDSA_SHA_384": hashes.SHA384(), "ECDSA_SHA_512": hashes.SHA512()}


def sign(self):
    request.is_digest = self._get_param("MessageType") == "DIGEST"
    if len(self._get_param("Message")) > 4096:
        raise JsonRESTError("ValidationException", "Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096")
    return sign_message(self)


def sign_digest(self, message, signing_algorithm):
    if not getattr(request, "is_digest", False):
        return sign_bytes(self, message, signing_algorithm)
    return self.private_key.sign(message, ec.ECDSA(Prehashed(digests[signing_algorithm])))


judge_statement = IAMPolicyStatement.is_action_permitted


def is_action_permitted(self, action, resource="*", principal=None, incoming_condition_values=None):
    if principal is None and "Condition" in self._statement:
        return PermissionResult.NEUTRAL
    return judge_statement(self, action, resource, principal, incoming_condition_values)


def refuse(self):
    what = f"User: {self._access_key.arn} is not authorized to perform: {self._action}"
    raise JsonRESTError("AccessDeniedException", what)


IAMPolicyStatement.is_action_permitted = is_action_permitted
IAMRequest._raise_access_denied = refuse
SecretsManagerResponse._determine_resource = secret_resource
KmsResponse._determine_resource = key_resource
KmsResponse.sign = sign
ECDSAPrivateKey.sign = sign_digest
SecretsManagerBackend.update_secret_version_stage = update_secret_version_stage
SecretsManagerBackend.put_secret_value = put_secret_value

if __name__ == "__main__":
    main(sys.argv[1:])
