"""Options that take any number of integers: ``--hidden 64 128 256``."""

import re

import click


class ListOptions(click.Command):
    """A command whose repeatable options take several integers at once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before each further integer, which click then collects."""
        lists = {name for option in self.params if getattr(option, "multiple", False) for name in option.opts}
        repeated: list[str] = []
        option = None
        for argument in args:
            if option is not None and re.fullmatch(r"\d+", argument):
                repeated += [option] if repeated[-1] != option else []
                repeated.append(argument)
            else:
                option = argument if argument in lists else None
                repeated.append(argument)
        return super().parse_args(ctx, repeated)
