"""SnapStart: Lambda takes a snapshot of the initialised process and goes on from it many times.

Imported under SnapStart only.
"""

from lambda_cache import _native


def register() -> None:
    """Nothing of the cache goes into the snapshot, and nothing comes out of it.

    Lambda runs what is registered first before the snapshot last, and after the restore first: what
    other hooks read through the cache is dropped as well.
    """
    try:
        import snapshot_restore_py  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:  # not AWS's runtime: then nobody runs hooks
        return
    snapshot_restore_py.register_before_snapshot(_native.start_over)
    snapshot_restore_py.register_after_restore(_native.start_over)
