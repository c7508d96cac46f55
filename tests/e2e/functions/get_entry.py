from supplied import do_something

from lambda_cache import ssm


def handler(event, context):
    var = ssm.get_entry(
        parameter="/production/app/var", max_age_in_seconds=300, entry_name="simple_name"
    )
    response = do_something(var)
    return response
