from supplied import hash_of as do_something

from lambda_cache import secrets_manager


@secrets_manager.cache(name="/prod/db/conn_string", entry_name="new_var")
def handler(event, context):
    var = getattr(context, "new_var")  # noqa: B009 - as lambda-cache's users write it
    response = do_something(var)
    return response
