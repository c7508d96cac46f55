from supplied import hash_of

from lambda_cache import secrets_manager


@secrets_manager.cache(name="/prod/db/conn_string")
def handler(event, context):
    conn_string = getattr(context, "conn_string")  # noqa: B009 - as lambda-cache's users write it
    return hash_of(conn_string)
