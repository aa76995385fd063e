"""Those who try a deployed shop out: `accounts.py POOL FILE [SHOPPER...]` makes one of each kind in the pool, and these, and writes
how they sign in."""

import json
import secrets
import sys

import boto3

GROUPS = {"shopper": [], "staff": ["staff"], "manager": ["staff", "manager"]}


def main(pool, file, *shoppers):
    cognito, accounts = boto3.client("cognito-idp"), {}
    for name, groups in (GROUPS | dict.fromkeys(shoppers, [])).items():
        email, password = f"{name}@garden.example", f"Aa1!{secrets.token_hex(12)}"
        attributes = [
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "name", "Value": name.capitalize()},
        ]
        cognito.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
        accounts[name] = {"email": email, "password": password}
    with open(file, "w") as out:
        json.dump(accounts, out)


main(*sys.argv[1:])
