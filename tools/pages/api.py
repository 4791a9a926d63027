"""The API reference: one page for each public module, made by pdoc from its docstrings."""

import functools
import importlib
import inspect
import pathlib
import re
import types
import warnings

import pdoc
from pygments.formatters import HtmlFormatter

MODULES = ("course_lr", "course_lr.interop")
EXAMPLE = re.compile(r"^(>>> .*(?:\n.+)*)", re.MULTILINE)
TEMPLATES = pathlib.Path(__file__).resolve().parent / "templates" / "api"


@functools.cache
def pages() -> dict[str, str]:
    """The pages of all ``MODULES`` by the paths of their files; each loads nothing."""
    pdoc.render.configure(
        docformat="google",
        include_undocumented=False,
        search=False,
        show_source=False,
        template_directory=TEMPLATES,
    )
    dark = HtmlFormatter(style="github-dark").get_style_defs(".pdoc-code")
    pdoc.render.env.globals["dark"] = dark
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a framework in an annotation need not be installed
        modules = {name: documented(name) for name in MODULES}
        return {
            f"api/{name.replace('.', '/')}.html": pdoc.render.html_module(module, modules)
            for name, module in modules.items()
        }


def documented(name: str) -> pdoc.doc.Module:
    """A module's public names, those it loads on first use included, sorted by their origin."""
    module = importlib.import_module(name)
    public = {each: getattr(module, each) for each in module.__all__}
    page = types.ModuleType(name, module.__doc__)
    page.__all__ = sorted(public, key=lambda each: (origin(public[each].__module__), each))
    vars(page).update(public)
    shown = pdoc.doc.Module(page)
    for member in shown.own_members:
        member.origin = origin(member.taken_from[0])
    prepare(shown)
    return shown


def origin(module: str) -> str:
    """The part of the package that a module belongs to.

    >>> origin("course_lr.schedules.decays")
    'schedules'
    """
    return module.split(".")[1]


def prepare(module: pdoc.doc.Module) -> None:
    """What pdoc reads, made fit for a page.

    Examples are fenced, members of a class say nothing that its base class has said, and defaults
    name no place on this machine.
    """
    members = [(each.obj, member) for each in module.classes for member in each.own_members]
    texts = {(cls, member.name): member.docstring for cls, member in members}
    for cls, member in members:
        if member.docstring in [texts.get((base, member.name)) for base in cls.__mro__[1:]]:
            member.docstring = ""
    for member in [*module.own_members, *(member for _, member in members)]:
        member.docstring = EXAMPLE.sub(r"```pycon\n\1\n```", member.docstring)
        if isinstance(member, pdoc.doc.Function):
            parameters = [without_place(each) for each in member.signature.parameters.values()]
            member.signature = member.signature.replace(parameters=parameters)


class Bare(str):
    """Text that is shown without quotation marks."""

    __repr__ = str.__str__


def without_place(parameter: inspect.Parameter) -> inspect.Parameter:
    """The same parameter; a module that is its default is shown by its name alone.

    >>> print(without_place(inspect.signature(lambda xp=re: xp).parameters["xp"]))
    xp=re
    """
    module = isinstance(parameter.default, types.ModuleType)
    return parameter.replace(default=Bare(parameter.default.__name__)) if module else parameter
