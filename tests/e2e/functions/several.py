from supplied import do_something

from lambda_cache import ssm


@ssm.cache(parameter=["/app/var1", "/app/var2"], entry_name="parameters")
def handler(event, context):
    var1 = context.get("parameters").get("var1")
    var2 = context.get("parameters").get("var2")
    response = do_something(var1, var2)
    return response
