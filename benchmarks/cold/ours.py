from measured import NAME, measure

from lambda_cache import ssm

is_first = True


def fetch():
    global is_first
    if is_first:
        is_first = False
        return ssm.get_entry(NAME)
    return ssm.get_entry(NAME, ttl_seconds=0)


measure(fetch)
