"""Says what the handler was given."""

from lambda_cache import ssm


@ssm.cache(parameter="/production/app/var")
def handler(event, context):
    return {
        "type": type(context).__name__,
        "request_id": context.aws_request_id,
        "remaining": context.get_remaining_time_in_millis(),
        "function_name": context.function_name,
        "var": [context.var, context["var"], context.get("var"), context.get("other", "default")],
    }
