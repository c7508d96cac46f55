from supplied import AuthenticationError, db_connect

from lambda_cache import secrets_manager


@secrets_manager.cache(name="/prod/db/conn_string")
def handler(event, context):

    try:
        response = db_connect()
    except AuthenticationError:
        var = secrets_manager.get_entry(name="/prod/db/conn_string", max_age_in_seconds=0)  # noqa: F841
        response = db_connect()

    return response
