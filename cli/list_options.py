"""Options that take any number of integers, as ``--hidden 64 128 256``, or one or none, as ``--fine-tune [STEPS]``."""

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


class OptionalNumbers(click.Command):
    """A command with options whose number may be left out: a word after one that is no number is another argument."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give the option its value of its own, which click would take from whatever comes next."""
        values = {
            name: parameter.flag_value
            for parameter in self.params
            if isinstance(parameter, click.Option) and not parameter.is_flag and isinstance(parameter.flag_value, int)
            for name in parameter.opts
        }
        given = [
            f"{word}={values[word]}" if word in values and not _is_number(following) else word
            for word, following in zip(args, [*args[1:], ""], strict=True)
        ]
        return super().parse_args(ctx, given)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
