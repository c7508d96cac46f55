from supplied import do_something

from lambda_cache import ssm


@ssm.cache(parameter="/prod/var")
def handler(event, context):

    if event.get("refresh"):
        # refresh parameter
        var = ssm.get_entry(parameter="/prod/var", ttl_seconds=0)
    else:
        var = context.get("var")

    response = do_something(var)
    return response
