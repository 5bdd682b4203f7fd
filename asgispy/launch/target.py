"""`module:attr` → an ASGI 3 callable, with errors that tell the user's mistakes from the user's exceptions.

What must not move in: the probe, the environment, and telling calling conventions apart (see interface).
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from asgispy.errors import ApplicationFailed, TargetError
from asgispy.launch.interface import INTERFACES, NoInterface, adapt, arity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from asgispy.launch.interface import ASGI3

HERE: Final = str(Path(__file__).parent)
IMPORTLIB: Final = (str(Path(importlib.__file__).parent), "<frozen importlib")
MOST_NAMES: Final = 5


class TargetRaised(ApplicationFailed):
    """The user's own code raised while it was imported or made; `traceback` is theirs alone."""

    def __init__(self, target: str, error: BaseException) -> None:
        name = type(error).__name__
        super().__init__(f"{target} raised {name}: see its traceback")
        self.traceback: Final = users_traceback(error)


def load_target(target: str, *, factory: bool, interface: str, app_dir: str) -> ASGI3:
    """The application that `target` names, imported from `app_dir` or the current folder."""
    if interface not in INTERFACES:
        raise TargetError(f"There is no interface {interface!r}: choose one of {', '.join(INTERFACES)}")
    module_name, attributes = split_target(target)
    folder = Path(app_dir).resolve()
    put_first(str(folder))
    found = walk(target, import_module(target, module_name, folder), attributes)
    if factory:
        found = make(target, found)
    if not callable(found):
        what = "The factory returned" if factory else "It is"
        raise TargetError(f"{target} is not an application. {what} {kind_of(found)}, which can't be called")
    try:
        return adapt(found, interface)
    except NoInterface as error:
        name = f"The application that {target} returned" if factory else target
        raise TargetError(f"{name} {error}") from None


def split_target(target: str) -> tuple[str, str]:
    """The module's and the attribute's name; a bare module means its `app`."""
    module, colon, attributes = target.partition(":")
    attributes = attributes if colon else "app"
    if "/" in module or "\\" in module or module.endswith(".py"):
        name = module.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
        raise TargetError(f"{module} is a path: name the module, as in {name}:{attributes or 'app'}")
    if not all(module.split(".")) or not all(attributes.split(".")) or ":" in attributes:
        raise TargetError(f"{target!r} does not name an application: write module:attribute, as in main:app")
    return module, attributes


def put_first(folder: str) -> None:
    """The user's folder goes before whatever the server put there, as it would be without asgispy."""
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)


def import_module(target: str, name: str, folder: Path) -> ModuleType:
    """The user's module; what it raises is theirs, that it is missing is a mistake in the target."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # Raised by the import system itself only when no code of the user's is on the stack.
        if error.name and f"{name}.".startswith(f"{error.name}.") and not users_frames(error):
            raise TargetError(missing_module(error.name, folder)) from None
        raise TargetRaised(target, error) from None
    except (Exception, SystemExit) as error:
        raise TargetRaised(target, error) from None


def missing_module(name: str, folder: Path) -> str:
    """Where it was looked for, and what it may have been meant to be."""
    close = difflib.get_close_matches(name, [each.name for each in pkgutil.iter_modules([str(folder)])], 1)
    advice = f"did you mean {close[0]}?" if close else "check the name, or name its folder with --app-dir"
    return f"There is no module {name!r} in {folder} or among the installed packages: {advice}"


def walk(target: str, module: ModuleType, attributes: str) -> object:
    """Follows the dotted attributes, one by one."""
    found: object = module
    path = module.__name__
    for name in attributes.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise TargetError(f"{path} has no attribute {name!r}{suggestion(found, name)}") from None
        except (Exception, SystemExit) as error:
            raise TargetRaised(target, error) from None
        path += f":{name}" if ":" not in path else f".{name}"
    return found


def suggestion(holder: object, name: str) -> str:
    """Names that were probably meant; without a near miss, everything that might be an application."""
    public = [each for each in vars_of(holder) if not each.startswith("_")]
    close = difflib.get_close_matches(name, public, 1)
    if close:
        return f": did you mean {close[0]!r}?"
    candidates = [each for each in public if is_candidate(holder, getattr(holder, each, None))]
    if not candidates:
        return ", nor anything else that can be called"
    shown = ", ".join(candidates[:MOST_NAMES]) + (", …" if len(candidates) > MOST_NAMES else "")
    return f": it has {shown}"


def vars_of(holder: object) -> Iterable[str]:
    """In the order of definition, which a reader of the module recognises."""
    return list(getattr(holder, "__dict__", ()))


def is_candidate(holder: object, value: object) -> bool:
    """Callables that the module made itself, not those that it imported."""
    home = getattr(value, "__module__", None) if hasattr(value, "__qualname__") else None
    return callable(value) and home in (None, getattr(holder, "__name__", None))


def make(target: str, factory: object) -> object:
    """What the factory returns."""
    if not callable(factory):
        raise TargetError(f"{target} is {kind_of(factory)}, which can't be called as a factory: leave out --factory")
    arity = arity_of(factory)
    if arity is not None and arity.required:
        raise TargetError(f"{target} takes {arity}, and a factory takes none: leave out --factory, or give defaults")
    try:
        return cast("Callable[[], object]", factory)()
    except (Exception, SystemExit) as error:
        raise TargetRaised(target, error) from None


def kind_of(value: object) -> str:
    """A value as a word: None, or the name of its type with an article."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def users_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of the traceback that are neither ours nor the import system's."""
    frames = traceback.extract_tb(error.__traceback__)
    return [each for each in frames if is_users(each)]


def is_users(frame: traceback.FrameSummary) -> bool:
    """Demo applications lie in asgispy too, so only this folder is ours."""
    return not frame.filename.startswith((HERE, *IMPORTLIB))


def users_traceback(error: BaseException) -> str:
    """The formatted traceback without the frames that led to the user's code."""
    summary = traceback.TracebackException.from_exception(error)
    trim(summary)
    return "".join(summary.format())


def trim(summary: traceback.TracebackException) -> None:
    """Takes our frames out of an exception, its causes and its group."""
    summary.stack = traceback.StackSummary.from_list([each for each in summary.stack if is_users(each)])
    for each in (summary.__cause__, summary.__context__, *(summary.exceptions or ())):
        if each is not None:
            trim(each)
