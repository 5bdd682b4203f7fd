"""What the package promises to export."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import re

import asgispy


def test_everything_in_all_is_there_and_nothing_else_is_public() -> None:
    assert sorted(asgispy.__all__) == ["SpyMiddleware", "__version__"]
    assert all(hasattr(asgispy, name) for name in asgispy.__all__)
    namespace: dict[str, object] = {}
    exec("from asgispy import *", namespace)
    assert set(asgispy.__all__) <= namespace.keys()


def test_the_version_is_that_of_the_distribution() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", asgispy.__version__)
    assert importlib.metadata.version("asgispy") == asgispy.__version__


def test_the_package_is_typed() -> None:
    assert importlib.resources.files("asgispy").joinpath("py.typed").is_file()


def test_the_middleware_takes_the_usual_shape() -> None:
    import inspect

    parameters = inspect.signature(asgispy.SpyMiddleware).parameters
    assert next(iter(parameters)) == "app"
    rest = list(parameters.values())[1:]
    assert all(each.kind is each.KEYWORD_ONLY and each.default is not each.empty for each in rest)
