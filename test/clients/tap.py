"""Tests for `prove`."""
count = 0
failures = 0


def ok(condition, name, detail=""):
    global count, failures
    count += 1
    failures += not condition
    print(("ok" if condition else "not ok"), count, "-", name)
    if not condition and detail:
        print("#", detail)
    return condition


def is_(got, wanted, name):
    return ok(got == wanted, name, f"got {got!r}, wanted {wanted!r}")


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    return ok(False, f"no {kind.__name__}")


def done():
    print(f"1..{count}")
    raise SystemExit(failures > 0)
