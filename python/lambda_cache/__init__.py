"""Keeps parameters, secrets, objects and results across the invocations of a Lambda function.

`lambda_cache.ssm`, `secrets_manager`, `s3` and `function` have the decorators and what reads,
`testing` a fake cloud; this package has what concerns the whole cache. Importing it reads no
configuration and starts nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambda_cache.context import Context as Context

try:
    from lambda_cache._native import __version__, clear_cache, is_snap_start, reset, stats
except ModuleNotFoundError as error:
    if error.name != "lambda_cache._native":
        raise
    import sys

    raise ImportError(
        "lambda_cache._native is not built for this Python "
        f"({sys.implementation.cache_tag}, {sys.platform}): the wheel is for CPython 3.12 and "
        "later on Linux, with the GIL. Was it installed for another version or architecture?",
        name="lambda_cache._native",
    ) from None

if is_snap_start():
    from lambda_cache._snapshot import register

    register()
    del register
del is_snap_start

__all__ = ["Context", "__version__", "clear_cache", "reset", "stats"]


def __getattr__(name: str) -> object:
    # Needed by few programs, and importing takes time at every cold start.
    if name == "Context":
        from lambda_cache.context import Context

        return Context
    if name == "exceptions":
        import lambda_cache.exceptions as module

        return module
    raise AttributeError(f"module 'lambda_cache' has no attribute {name!r}")
