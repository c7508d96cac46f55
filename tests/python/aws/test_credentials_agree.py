"""Shared files and environments lead to the credentials and settings that botocore takes."""

import configparser
import hashlib
import json
import os
import random
import shlex
from unittest import mock

import botocore.configloader
import botocore.configprovider
import botocore.credentials
import botocore.session
import botocore.utils
from botocore.exceptions import BotoCoreError

# --- INI files -------------------------------------------------------------------------------

PIECES = [
    "[a]",
    "[a]x",
    "[ b ]",
    "[default]",
    "[DEFAULT]",
    "[]",
    "[c",
    "[d]]",
    '[profile "x y"]',
    "key = value",
    "Key=",
    "other: value = more",
    "third :value",
    "s3 =",
    "nested = 1",
    "no delimiter",
    "= no name",
    "# comment",
    "; comment = 1",
    "fourth = a # not a comment ; nor this",
    "",
    "über = ä",
]
INDENTS = ["", "", "", "", " ", "  ", "\t", "    "]
ENDS = ["\n", "\n", "\n", "\r\n", "\n\n", "\r"]


def random_text(rng: random.Random) -> str:
    lines = ["[first]\n"] if rng.random() < 0.8 else []
    for _ in range(rng.randrange(9)):
        lines.append(rng.choice(INDENTS) + rng.choice(PIECES) + rng.choice(ENDS))
    return "".join(lines)


def botocores_sections(path):
    """raw_config_parse(), or nothing where it refuses."""
    try:
        return botocore.configloader.raw_config_parse(str(path))
    except (BotoCoreError, configparser.Error):
        return None


def test_files_are_read_as_botocore_reads_them(aws_probe, tmp_path):
    rng = random.Random(20260131)
    texts = [random_text(rng) for _ in range(3000)]
    answers = aws_probe({"op": "ini", "text": text.encode().hex()} for text in texts)
    path = tmp_path / "file"
    accepted = 0
    for text, answer in zip(texts, answers, strict=True):
        path.write_bytes(text.encode())
        expected = botocores_sections(path)
        assert answer.get("sections") == expected, (text, answer)
        accepted += expected is not None
    assert 400 < accepted < 2900, accepted


def test_commands_are_split_as_botocore_splits_them(aws_probe):
    rng = random.Random(7)
    texts = [
        "".join(rng.choice("ab \t\n\\\\\"\"''$`#=") for _ in range(rng.randrange(16)))
        for _ in range(3000)
    ]
    answers = aws_probe({"op": "split", "text": text} for text in texts)
    for text, answer in zip(texts, answers, strict=True):
        try:
            expected = shlex.split(text)
        except ValueError:
            expected = None
        assert answer["words"] == expected, text


# --- Profiles --------------------------------------------------------------------------------

NAMES = ["default", "a", "b", "c", "with space"]


def some(rng, likelihood, **options):
    return {name: value for name, value in options.items() if rng.random() < likelihood}


def keys(rng, tag):
    found = {}
    if rng.random() < 0.95:
        found["aws_access_key_id"] = f"AKID{tag}"
    if rng.random() < 0.95:
        found["aws_secret_access_key"] = f"secret+/{tag}"
    found |= some(rng, 0.3, aws_session_token=f"token{tag}")
    return found | some(rng, 0.05, aws_security_token=f"old{tag}")


def role(rng):
    found = {"role_arn": f"arn:aws:iam::123456789012:role/r{rng.randrange(3)}"}
    found |= some(rng, 0.8, source_profile=rng.choice([*NAMES, "nobody"]))
    if "source_profile" not in found or rng.random() < 0.05:
        source = ["Environment", "EcsContainer", "EcsContainer", "Ec2InstanceMetadata", "Moon"]
        found |= some(rng, 0.9, credential_source=rng.choice(source))
    found |= some(rng, 0.3, external_id="ext-1", role_session_name="session-1")
    found |= some(rng, 0.2, duration_seconds=rng.choice(["900", "3600", "long"]))
    found |= some(rng, 0.05, mfa_serial="arn:aws:iam::123456789012:mfa/x")
    return found | some(rng, 0.1, web_identity_token_file="/tmp/profile-token")


def sso(rng):
    return some(
        rng,
        0.85,
        sso_role_name="reader",
        sso_account_id="123456789012",
        sso_start_url="https://x.awsapps.com/start",
        sso_region="eu-central-1",
    ) | some(rng, 0.4, sso_session=rng.choice(["s1", "s2"]))


def settings(rng):
    found = some(rng, 0.5, region=rng.choice(["eu-west-1", "us-east-2"]))
    found |= some(rng, 0.15, endpoint_url=f"http://127.0.0.1:{rng.randrange(1, 9)}")
    found |= some(rng, 0.15, services=rng.choice(["v1", "v1", "v2"]))
    found |= some(rng, 0.1, ca_bundle="/tmp/roots.pem", max_attempts=str(rng.randrange(1, 9)))
    found |= some(rng, 0.1, use_fips_endpoint=rng.choice(["true", "False"]))
    found |= some(rng, 0.1, use_dualstack_endpoint=rng.choice(["TRUE", "false"]))
    return found | some(rng, 0.05, ignore_configured_endpoint_urls=rng.choice(["true", "false"]))


def profile(rng, tag):
    found = settings(rng)
    kinds = [
        (0.4, lambda: keys(rng, tag)),
        (0.3, lambda: role(rng)),
        (0.1, lambda: sso(rng)),
        (0.1, lambda: {"credential_process": rng.choice(["give keys", '\'a b\' "c\\"d" e'])}),
        (0.1, lambda: {"web_identity_token_file": "/tmp/other-token"}),
    ]
    for likelihood, make in kinds:
        if rng.random() < likelihood:
            found |= make()
    if rng.random() < 0.1:
        found["s3"] = {"addressing_style": "path", "role_arn": "not this one"}
    return found


def written(rng, sections):
    lines = []
    for name, options in sections:
        lines.append(f"[{name}]")
        for option, value in options.items():
            if isinstance(value, dict):
                lines.append(f"{option} =")
                lines += [f"    {key} = {text}" for key, text in value.items()]
            else:
                lines.append(rng.choice([f"{option} = {value}", f"{option}={value}"]))
        lines += rng.choice([[], ["# comment"], [""]])
    return "\n".join(lines) + "\n"


def random_files(rng, folder):
    """Writes the two files as a user would; returns what the environment says about them."""
    aws = folder / ".aws"
    aws.mkdir()
    if rng.random() < 0.9:
        sections = []
        for name in NAMES:
            if rng.random() < 0.75:
                heading = f'profile "{name}"' if " " in name else f"profile {name}"
                if name == "default" and rng.random() < 0.7:
                    heading = "default"
                sections.append((heading, profile(rng, f"C{len(sections)}")))
        if rng.random() < 0.7:
            shared = {"sso_start_url": "https://x.awsapps.com/start", "sso_region": "eu-central-1"}
            sections.append(("sso-session s1", some(rng, 0.9, **shared)))
        if rng.random() < 0.8:
            services = some(rng, 0.6, ssm={"endpoint_url": "http://127.0.0.1:11"})
            services |= some(rng, 0.6, sts={"endpoint_url": "http://127.0.0.1:12", "x": "y"})
            sections.append(("services v1", services))
        rng.shuffle(sections)
        (aws / "config").write_text(written(rng, sections))
    if rng.random() < 0.7:
        sections = [
            (name, keys(rng, f"K{number}") | some(rng, 0.1, region="ap-south-1"))
            for number, name in enumerate(NAMES)
            if rng.random() < 0.4
        ]
        (aws / "credentials").write_text(written(rng, sections))
    return {"HOME": str(folder)}


def random_environment(rng):
    env = some(rng, 0.1, AWS_ACCESS_KEY_ID="AKIDE", AWS_SESSION_TOKEN="tokenE")
    if "AWS_ACCESS_KEY_ID" in env:
        env |= some(rng, 0.9, AWS_SECRET_ACCESS_KEY="secretE")
    env |= some(rng, 0.5, AWS_PROFILE=rng.choice([*NAMES, "nobody"]))
    env |= some(rng, 0.05, AWS_DEFAULT_PROFILE=rng.choice(NAMES))
    if rng.random() < 0.15:
        env |= some(rng, 0.9, AWS_WEB_IDENTITY_TOKEN_FILE="/tmp/token")
        env |= some(rng, 0.8, AWS_ROLE_ARN="arn:aws:iam::123456789012:role/web")
        env |= some(rng, 0.5, AWS_ROLE_SESSION_NAME="web-session")
    env |= some(rng, 0.2, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/keys")
    env |= some(rng, 0.3, AWS_EC2_METADATA_DISABLED="true")
    env |= some(rng, 0.1, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=rng.choice(["IPv6", "ipv4"]))
    env |= some(rng, 0.2, AWS_DEFAULT_REGION="sa-east-1")
    env |= some(rng, 0.1, AWS_ENDPOINT_URL="http://127.0.0.1:21")
    env |= some(rng, 0.1, AWS_ENDPOINT_URL_STS="http://127.0.0.1:22")
    env |= some(rng, 0.1, AWS_MAX_ATTEMPTS="4", AWS_CA_BUNDLE="/tmp/other.pem")
    return env | some(rng, 0.05, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true")


class NotOurs(Exception):
    """botocore goes on where we refuse, on purpose."""


def role_of(fetcher):
    arguments = fetcher._assume_kwargs
    if "SerialNumber" in arguments:
        raise NotOurs("nobody can type an MFA code")
    own_name = fetcher._using_default_session_name
    return {
        "role_arn": arguments["RoleArn"],
        "external_id": arguments.get("ExternalId", ""),
        "session_name": "lambda-cache-session" if own_name else arguments["RoleSessionName"],
        "duration": arguments.get("DurationSeconds"),
    }


def describe(found):
    """What botocore would do for its credentials, in the words of the probe."""
    if found.method == "env":
        return {"how": "environment"}
    if found.method == "container-role":
        return {"how": "container"}
    if found.method == "iam-role":
        return {"how": "instance"}
    if found.method in ("shared-credentials-file", "config-file"):
        return {
            "how": "file",
            "id": found.access_key,
            "secret": found.secret_key,
            "token": found.token or "",
        }
    if found.method == "custom-process":
        return {"how": "process", "words": json.loads(found.access_key)}
    refresh = found._refresh_using
    if not hasattr(refresh, "__self__"):
        raise NotOurs("nobody can type an MFA code")
    fetcher = refresh.__self__
    if found.method == "assume-role":
        base = describe(fetcher._source_credentials)
        return {"how": "role", "role": role_of(fetcher), "base": base}
    if found.method == "assume-role-with-web-identity":
        token_file = fetcher._web_identity_token_loader._web_identity_token_path
        return {"how": "web identity", "token_file": token_file, "role": role_of(fetcher)}
    assert found.method == "sso", found.method
    name = fetcher._sso_session_name or fetcher._start_url
    return {
        "how": "sso",
        "token_file": hashlib.sha1(name.encode()).hexdigest() + ".json",
        "region": fetcher._sso_region,
        "account": fetcher._account_id,
        "role_name": fetcher._role_name,
    }


FETCHED = {
    "AccessKeyId": "i",
    "SecretAccessKey": "s",
    "Token": "t",
    "Expiration": "2099-01-01T00:00:00Z",
}


def instance_keys(fetcher):
    if fetcher._disabled:
        return {}
    return {
        "role_name": "r",
        "access_key": "i",
        "secret_key": "s",
        "token": "t",
        "expiry_time": "2099-01-01T00:00:00Z",
    }


def process_keys(_, command):
    return {"access_key": json.dumps(shlex.split(command)), "secret_key": "s"}


def botocores_plan(session):
    try:
        found = session.get_credentials()
    except (BotoCoreError, ValueError) as refused:
        return {"error": str(refused)}
    return describe(found) if found else {"error": "none"}


def botocores_endpoint(session, service):
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return ""
    provider = botocore.configprovider.ConfiguredEndpointProvider(
        full_config=session.full_config,
        scoped_config=session.get_scoped_config(),
        client_name=service,
    )
    return provider.provide() or ""


def botocores_config(session):
    try:
        session.get_scoped_config()
        return {
            "region": session.get_config_variable("region") or "",
            "ssm": botocores_endpoint(session, "ssm"),
            "sts": botocores_endpoint(session, "sts"),
            "sso": botocores_endpoint(session, "sso"),
            "fips": bool(session.get_config_variable("use_fips_endpoint")),
            "dual_stack": bool(session.get_config_variable("use_dualstack_endpoint")),
            "ca_bundle": session.get_config_variable("ca_bundle") or "",
            "max_attempts": session.get_config_variable("max_attempts") or 3,
        }
    except BotoCoreError as refused:
        return {"error": str(refused)}


def asked(env):
    """botocore's plan and configuration for an environment."""
    with (
        mock.patch.dict(os.environ, env, clear=True),
        mock.patch.object(
            botocore.utils.ContainerMetadataFetcher,
            "retrieve_full_uri",
            lambda *_, **__: FETCHED,
        ),
        mock.patch.object(
            botocore.utils.InstanceMetadataFetcher, "retrieve_iam_role_credentials", instance_keys
        ),
        # Would parse all roots of the system each time.
        mock.patch("botocore.httpsession.URLLib3Session"),
        mock.patch.object(
            botocore.credentials.ProcessProvider, "_retrieve_credentials_using", process_keys
        ),
    ):
        session = botocore.session.Session()
        return botocores_plan(session), botocores_config(session)


def test_profiles_lead_to_what_botocore_takes(config_probe, tmp_path):
    rng = random.Random(3)
    environments = []
    for number in range(800):
        folder = tmp_path / str(number)
        folder.mkdir()
        environments.append(random_files(rng, folder) | random_environment(rng))
    seen: dict[str, int] = {}
    for env, answer in zip(environments, config_probe(environments), strict=True):
        try:
            plan, config = asked(env)
        except NotOurs as why:
            assert "error" in answer["plan"], (env, why)
            seen["not ours"] = seen.get("not ours", 0) + 1
            continue
        found = answer["plan"]
        kind = found.get("how", "error")
        seen[kind] = seen.get(kind, 0) + 1
        if "error" in plan:
            # A profile that does not exist ends the configuration, before any credentials.
            found = answer["config"] if "error" in answer["config"] else found
            assert "error" in found, (env, plan, found)
        else:
            for layer in (found, found.get("base", {}), found.get("base", {}).get("base", {})):
                layer.pop("endpoint", None)
            assert found == plan, env
        if "error" in config:
            assert "error" in answer["config"], (env, config, answer["config"])
        else:
            assert answer["config"] == config, env
    kinds = ("environment", "container", "file", "web identity", "sso", "process", "role", "error")
    assert all(seen.get(kind, 0) > 0 for kind in kinds), seen
