from supplied import do_something

from lambda_cache import ssm


@ssm.cache(parameter="/production/app/var")
def handler(event, context):
    var = context.get("var")
    response = do_something(var)
    return response
