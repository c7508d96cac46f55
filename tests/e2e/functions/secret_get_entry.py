from supplied import hash_of

from lambda_cache import secrets_manager


@secrets_manager.cache(name="/prod/db/conn_string")
def handler(event, context):
    if event.get("refresh"):
        var = secrets_manager.get_entry(name="/prod/db/conn_string", max_age_in_seconds=0)
    else:
        var = secrets_manager.get_entry(name="/prod/db/conn_string")
    return hash_of(var, getattr(context, "conn_string"))  # noqa: B009 - as lambda-cache's users write it
