from supplied import do_something

from lambda_cache import ssm


@ssm.cache(parameter="/production/app/var")
def handler(event, context):
    var = getattr(context, "var")  # noqa: B009 - as lambda-cache's users write it
    response = do_something(var)
    return response
