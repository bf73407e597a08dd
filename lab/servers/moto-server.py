"""Moto's server, with Secrets Manager corrected where it is not like AWS.

Moto 5.2 moves the label AWSCURRENT, but a read without a label goes on giving the old version, and the next
plain write takes the old version for the one to become AWSPREVIOUS. It also lets a label be on two versions,
where AWS refuses to move a label whose holder is not named. A compare-and-swap rests on exactly that.
"""

import sys
from threading import RLock

from moto.secretsmanager.exceptions import InvalidParameterException
from moto.secretsmanager.models import SecretsManagerBackend
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


SecretsManagerBackend.update_secret_version_stage = update_secret_version_stage
SecretsManagerBackend.put_secret_value = put_secret_value

if __name__ == "__main__":
    main(sys.argv[1:])
