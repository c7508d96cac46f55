from supplied import do_something

from lambda_cache import ssm


@ssm.cache(parameter="/production/app/var", ttl_seconds=0)
def handler(event, context):
    var = context.get("var")
    response = do_something(var)
    return response
