from supplied import hash_of as do_something

from lambda_cache import secrets_manager


@secrets_manager.cache(name="/prod/db/conn_string", max_age_in_seconds=300)
def handler(event, context):
    var = getattr(context, "conn_string")  # noqa: B009 - as lambda-cache's users write it
    response = do_something(var)
    return response
