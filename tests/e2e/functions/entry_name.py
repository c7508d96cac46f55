from supplied import do_something

from lambda_cache import ssm


@ssm.cache(parameter="/production/app/var", entry_name="new_var")
def handler(event, context):
    var = context.get("new_var")
    response = do_something(var)
    return response
