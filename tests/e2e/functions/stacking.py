from supplied import do_something

from lambda_cache import ssm


@ssm.cache(parameter="/production/app/var1", ttl_seconds=30)
@ssm.cache(parameter="/production/app/var2", ttl_seconds=60)
def handler(event, context):
    var1 = context.get("var1")
    var2 = context.get("var2")
    response = do_something(var1, var2)
    return response
