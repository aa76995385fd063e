"""Temporary credentials of people with accounts, as a program at AWS has them: by a sign-in at the user pool, and the identity
pool. `people.py WHO` writes theirs as an environment has them, in JSON."""

import json
import os
import sys
from pathlib import Path

import boto3

OUTPUTS = json.loads(os.environ.get("STACK", "{}"))
ACCOUNTS = Path(os.environ.get("SHOP_DATA", ".")) / "demo-accounts.json"


def account(who):
    return json.loads(ACCOUNTS.read_text())[who]


def id_token(who):
    by = account(who)
    return boto3.client("cognito-idp").admin_initiate_auth(
        UserPoolId=OUTPUTS["UserPool"],
        ClientId=OUTPUTS["ProgramsApp"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": by["email"], "PASSWORD": by["password"]},
    )["AuthenticationResult"]["IdToken"]


def identity(who):
    """Of the identity pool, and its proof."""
    logins = {f"cognito-idp.us-east-1.amazonaws.com/{OUTPUTS['UserPool']}": id_token(who)}
    identities = boto3.client("cognito-identity")
    return identities, identities.get_id(IdentityPoolId=OUTPUTS["Identities"], Logins=logins)["IdentityId"], logins


def credentials(who):
    """Of somebody who signs in, by the pool and the identity pool: those of customers."""
    identities, its_id, logins = identity(who)
    made = identities.get_credentials_for_identity(IdentityId=its_id, Logins=logins)["Credentials"]
    return made["AccessKeyId"], made["SecretKey"], made["SessionToken"]


if __name__ == "__main__":
    names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
    by = account(sys.argv[1])
    person = {"SHOP_EMAIL": by["email"], "SHOP_PASSWORD": by["password"]}
    print(json.dumps(dict(zip(names, credentials(sys.argv[1]))) | person))
