from supplied import hash_of as do_something

from lambda_cache import secrets_manager


@secrets_manager.cache(name="/prod/db/conn_string", max_age_in_seconds=30)
@secrets_manager.cache(name="/prod/app/elk_username_password", max_age_in_seconds=60)
def handler(event, context):
    var1 = getattr(context, "conn_string")  # noqa: B009 - as lambda-cache's users write it
    var2 = getattr(context, "elk_username_password")  # noqa: B009 - as lambda-cache's users write it
    response = do_something(var1, var2)
    return response
